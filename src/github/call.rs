//! One request out, one answer in; and once more with a new token, where the old one is not taken.

use http::header::IF_NONE_MATCH;
use http::{Method, Request};
use octocrab::Octocrab;
use serde_json::Value;

use super::GitHub;
use super::answers::{Asked, Failure, Heard};
use crate::domain::repo::RepoName;
use crate::http::{RemoteError, classify_transport, lost, read_body_capped};

/// The longest answer that is read: a hundred issues whose texts are as long as GitHub lets them be, bytes.
const ANSWER_MAX_BYTES: usize = 64 << 20;

/// A request before it is sent.
#[derive(Clone, Debug)]
pub(super) struct Call<'a> {
    pub method: Method,
    /// From the first slash on, with the query.
    pub path: String,
    pub body: Option<Value>,
    /// What it is about, for people.
    pub what: &'a str,
    /// Whether it has an effect that matters.
    pub writes: bool,
    /// The tag of an earlier answer: no other is wanted than a newer one.
    pub unless: Option<&'a str>,
}

impl<'a> Call<'a> {
    pub fn get(path: impl Into<String>, what: &'a str) -> Self {
        Self { method: Method::GET, path: path.into(), body: None, what, writes: false, unless: None }
    }

    pub fn post(path: impl Into<String>, body: Value, what: &'a str) -> Self {
        Self { method: Method::POST, path: path.into(), body: Some(body), what, writes: true, unless: None }
    }

    pub fn patch(path: impl Into<String>, body: Value, what: &'a str) -> Self {
        Self { method: Method::PATCH, ..Self::post(path, body, what) }
    }
}

/// As whom a call is made.
#[derive(Clone, Copy, Debug)]
pub(super) enum Whom<'a> {
    /// As the App itself, or with the token.
    Root,
    /// As the installation on a repository, or with the token.
    In(&'a RepoName),
}

impl GitHub {
    /// What was asked, for judging its answer.
    pub(super) fn asked<'a>(&self, call: &Call<'a>) -> Asked<'a> {
        Asked { what: call.what, writes: call.writes, now: self.clock.now() }
    }

    /// Sends one request; whatever status comes back is an answer.
    pub(super) async fn send(&self, as_whom: &Octocrab, call: &Call<'_>) -> Result<Heard, Failure> {
        let writes = call.writes;
        let mut request = Request::builder().method(call.method.clone()).uri(call.path.as_str());
        if let Some(etag) = call.unless {
            request = request.header(IF_NONE_MATCH, etag);
        }
        let request = as_whom.build_request(request, call.body.as_ref()).map_err(|e| not_built(&e))?;
        let answer = as_whom.execute(request).await.map_err(|e| Failure::from(transport(&e, writes)))?;
        let (parts, body) = answer.into_parts();
        let body = read_body_capped(body, ANSWER_MAX_BYTES).await.map_err(|e| e.classify(writes))?;
        Ok(Heard { status: parts.status, headers: parts.headers, body })
    }

    /// Makes a call and passes its answer where that is a good one.
    pub(super) async fn call(&self, whom: Whom<'_>, call: Call<'_>) -> Result<Heard, Failure> {
        match whom {
            Whom::Root => self.as_root(call).await,
            Whom::In(repo) => self.in_repo(repo, call).await,
        }
    }

    /// As the App itself, or with the token.
    pub(super) async fn as_root(&self, call: Call<'_>) -> Result<Heard, Failure> {
        self.send(&self.root, &call).await?.judge(self.asked(&call))
    }

    /// As the installation on `repo`, or with the token. A redirect tells where the repository or the issue went.
    pub(super) async fn in_repo(&self, repo: &RepoName, call: Call<'_>) -> Result<Heard, Failure> {
        let mut as_whom = self.acting_in(repo).await?;
        let mut heard = self.send(&as_whom, &call).await?;
        if heard.status == 401 && self.is_app {
            // Refused before anything was done: the same request may go out with a new token.
            self.forget_token(repo);
            as_whom = self.acting_in(repo).await?;
            heard = self.send(&as_whom, &call).await?;
        }
        if let Some(location) = heard.location() {
            let to = self.whereabouts(&as_whom, repo, location).await?;
            return Err(Failure { status: Some(heard.status.as_u16()), ..RemoteError::Moved { to }.into() });
        }
        heard.judge(self.asked(&call))
    }

    /// The path and query of an address that GitHub gave, if it leads to the same GitHub: a token is shown to no other.
    pub(super) fn path_of(&self, address: &str) -> Option<String> {
        let url = self.api_url.join(address).ok()?;
        let query = url.query().map(|q| format!("?{q}")).unwrap_or_default();
        (url.origin() == self.api_url.origin()).then(|| format!("{}{query}", url.path()))
    }
}

fn not_built(error: &octocrab::Error) -> Failure {
    RemoteError::Refused { problem: format!("a request to GitHub could not be built: {error}") }.into()
}

/// octocrab wraps what went wrong on the wire, at times twice.
fn transport(error: &octocrab::Error, writes: bool) -> RemoteError {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(e) = next {
        if let Some(on_the_wire) = e.downcast_ref::<reqwest::Error>() {
            return classify_transport(on_the_wire, writes);
        }
        if let Some(octocrab::Error::JWT { source, .. }) = e.downcast_ref::<octocrab::Error>() {
            return RemoteError::Unauthorized {
                remedy: format!("signing with the App's key failed ({source}): check github.private_key_file"),
            };
        }
        next = e.source();
    }
    lost("the request to GitHub failed within this program".into(), writes)
}
