//! Jira, Cloud (REST v3, documents) and Data Center (REST v2, wiki markup). Knows no database and repeats nothing by
//! itself: one method is one request, apart from lists, which are read page by page.
//!
//! Texts go through as Jira takes them: an object in the Atlassian Document Format on Cloud, a string of wiki markup on
//! Data Center. What they say is the caller's affair.
//!
//! What can go wrong is told by what may be concluded from it, see [`Failure`] and [`RemoteError`]: an answer to a
//! write that was lost, cut, or is no JSON leaves its effect unknown; the same answer to a read does not matter.

mod answer;
mod comments;
mod issues;
mod meta;
mod others;
mod search;
mod workflow;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION};
use http::{Method, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use crate::http::{Reach, RemoteError, classify_transport, client, lost, read_capped};
use crate::time::Clock;
pub use answer::{Failure, FieldErrors};
pub use comments::Comment;
pub use issues::{Created, Ended, Issue, IssueFields, NewIssue};
pub use meta::{CreateField, IssueType, Project};
pub use workflow::{Demand, Step};

/// Name under which hearback keeps what only machines read, on issues and comments.
pub const PROPERTY: &str = "hearback";
/// Longest answer that is read: a page of a hundred comments of 32,767 characters, bytes.
const ANSWER_MAX_BYTES: usize = 16 * 1024 * 1024;
/// Pages of a list that are read before it is taken as endless.
const PAGES_MAX: usize = 100;

/// The two Jiras.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// REST v3, documents, e-mail and API token.
    Cloud,
    /// REST v2, wiki markup, a personal access token.
    DataCenter,
}

impl Flavour {
    /// What its makers call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cloud => "Jira Cloud",
            Self::DataCenter => "Jira Data Center",
        }
    }
}

/// What a client needs to know.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `https://acme.atlassian.net`, or `https://jira.acme.test/context`.
    pub base_url: Url,
    /// Which Jira it is.
    pub flavour: Flavour,
    /// The account's e-mail; with the token on Cloud. On Data Center a token stands alone.
    pub email: Option<String>,
    /// API token (Cloud) or personal access token (Data Center).
    pub token: SecretString,
    /// Longest time that one request may take, connecting and reading included.
    pub timeout: Duration,
    /// Tells how far away the moments are that Jira names.
    pub clock: Arc<dyn Clock>,
}

/// Who somebody is: Cloud knows accounts, Data Center names and keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Account {
    /// Cloud.
    pub account_id: Option<String>,
    /// Data Center; stays when the name changes.
    pub key: Option<String>,
    /// Data Center.
    pub name: Option<String>,
    /// For people.
    pub display_name: Option<String>,
}

impl Account {
    /// Whether both are one account. Nobody is nobody else.
    pub fn is(&self, other: &Self) -> bool {
        let both = |a: &Option<String>, b: &Option<String>| a.as_ref().zip(b.as_ref()).map(|(a, b)| a == b);
        both(&self.account_id, &other.account_id)
            .or_else(|| both(&self.key, &other.key))
            .or_else(|| both(&self.name, &other.name))
            .unwrap_or(false)
    }
}

/// A client.
pub struct Jira {
    client: reqwest::Client,
    base: Url,
    flavour: Flavour,
    authorization: HeaderValue,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for Jira {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jira")
            .field("base", &self.base.as_str())
            .field("flavour", &self.flavour)
            .finish_non_exhaustive()
    }
}

impl Jira {
    /// A client; connects to nothing yet. Fails where the address or the token cannot be used at all.
    pub fn new(settings: Settings) -> anyhow::Result<Self> {
        let Settings { base_url, flavour, email, token, timeout, clock } = settings;
        anyhow::ensure!(!base_url.cannot_be_a_base(), "jira.base_url: expected https://host, got {base_url}");
        let token = token.expose_secret();
        let said = match (flavour, email) {
            (Flavour::Cloud, Some(email)) => format!("Basic {}", STANDARD.encode(format!("{email}:{token}"))),
            (Flavour::Cloud, None) => anyhow::bail!("jira.email: Jira Cloud takes a token together with its e-mail"),
            (Flavour::DataCenter, _) => format!("Bearer {token}"),
        };
        let mut authorization = HeaderValue::from_str(&said)
            .map_err(|_| anyhow::anyhow!("jira.token: it holds characters that no header can carry"))?;
        authorization.set_sensitive(true);
        Ok(Self {
            client: client(Reach::Configured(&base_url), timeout)?,
            base: base_url,
            flavour,
            authorization,
            clock,
        })
    }

    /// Which Jira it is.
    pub fn flavour(&self) -> Flavour {
        self.flavour
    }

    /// Where people open an issue.
    pub fn browse(&self, key: &str) -> String {
        self.address(&["browse", key]).to_string()
    }

    fn address(&self, segments: &[&str]) -> Url {
        let mut url = self.base.clone();
        url.path_segments_mut().expect("checked when it was built").pop_if_empty().extend(segments);
        url.set_query(None);
        url
    }

    /// An address of the API; segments are escaped, so that a key never becomes a path.
    fn api(&self, segments: &[&str]) -> Url {
        let version = match self.flavour {
            Flavour::Cloud => "3",
            Flavour::DataCenter => "2",
        };
        self.address(&[&["rest", "api", version], segments].concat())
    }

    /// A request without effect.
    async fn read<T: DeserializeOwned>(&self, url: Url) -> Result<T, RemoteError> {
        Ok(document(&self.send(Method::GET, url, None, Effect::None).await?, Effect::None)?)
    }

    /// A request without effect whose question is a document.
    async fn ask<T: DeserializeOwned>(&self, url: Url, question: &Value) -> Result<T, RemoteError> {
        Ok(document(&self.send(Method::POST, url, Some(question), Effect::None).await?, Effect::None)?)
    }

    /// A request with an effect; its answer's document is needed.
    async fn write<T: DeserializeOwned>(&self, method: Method, url: Url, body: &Value) -> Result<T, Failure> {
        document(&self.send(method, url, Some(body), Effect::Some).await?, Effect::Some)
    }

    /// A request with an effect; any good status will do.
    async fn put(&self, method: Method, url: Url, body: &Value) -> Result<(), Failure> {
        let (status, bytes) = self.send(method, url, Some(body), Effect::Some).await?;
        // A page where nothing or a document belongs is somebody else's answer: a proxy's, a login form.
        let foreign = !bytes.is_empty() && serde_json::from_slice::<Value>(&bytes).is_err();
        if foreign { Err(lost(format!("Jira answered {status} without JSON"), true).into()) } else { Ok(()) }
    }

    async fn send(&self, method: Method, url: Url, body: Option<&Value>, effect: Effect) -> Result<Answer, Failure> {
        let mut request = self.client.request(method, url).header(AUTHORIZATION, self.authorization.clone());
        request = request.header(ACCEPT, "application/json");
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        let response = request.send().await.map_err(|e| classify_transport(&e, effect == Effect::Some))?;
        let (status, headers) = (response.status(), response.headers().clone());
        // What is refused by its status is refused, whether or not its words arrive.
        let read = read_capped(response, ANSWER_MAX_BYTES).await;
        if !status.is_success() {
            let refused = answer::Refused { status, headers: &headers, body: &read.unwrap_or_default(), effect };
            return Err(refused.failure(&self.base, self.clock.now()));
        }
        Ok((status, read.map_err(|e| e.classify(effect == Effect::Some))?))
    }
}

/// A good status and its body.
type Answer = (StatusCode, Bytes);

/// Whether a request changes anything: what a lost answer means depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    None,
    Some,
}

fn document<T: DeserializeOwned>((status, bytes): &Answer, effect: Effect) -> Result<T, Failure> {
    serde_json::from_slice(bytes)
        .map_err(|e| lost(format!("Jira answered {status} with something else: {e}"), effect == Effect::Some).into())
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|v| v.to_str().ok()).map(str::trim).filter(|v| !v.is_empty())
}

fn redirected_to(headers: &HeaderMap) -> &str {
    header(headers, LOCATION.as_str()).unwrap_or("somewhere else")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::SystemClock;

    fn jira(base: &str, email: Option<&str>, token: &str) -> anyhow::Result<Jira> {
        Jira::new(Settings {
            base_url: base.parse()?,
            flavour: Flavour::Cloud,
            email: email.map(ToOwned::to_owned),
            token: token.into(),
            timeout: Duration::from_secs(1),
            clock: Arc::new(SystemClock),
        })
    }

    #[test]
    fn a_base_address_keeps_its_path_and_a_key_never_becomes_one() {
        for base in ["https://jira.acme.test/context", "https://jira.acme.test/context/?x=1"] {
            let jira = jira(base, Some("bot@acme.test"), "t").unwrap();
            let api = jira.api(&["issue", "../A B?x#y"]);
            assert_eq!(api.as_str(), "https://jira.acme.test/context/rest/api/3/issue/..%2FA%20B%3Fx%23y");
            assert_eq!(jira.browse("SHOP-1"), "https://jira.acme.test/context/browse/SHOP-1");
        }
    }

    #[test]
    fn what_cannot_work_is_said_at_once_and_secrets_are_not_shown() {
        for (base, email, token, words) in
            [("https://acme.atlassian.net", None, "t", "jira.email"), ("mailto:a@b", Some("a"), "t", "jira.base_url")]
        {
            let said = jira(base, email, token).unwrap_err().to_string();
            assert!(said.contains(words), "{said}");
        }
        let shown = format!("{:?}", jira("https://acme.atlassian.net", Some("a@b.test"), "s3cret").unwrap());
        assert!(shown.contains("acme.atlassian.net") && !shown.contains("s3cret") && !shown.contains("a@b"), "{shown}");
    }
}
