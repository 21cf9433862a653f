//! Files of a repository.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::ETAG;
use serde::Deserialize;

use super::GitHub;
use super::answers::Failure;
use super::call::Call;
use crate::domain::repo::RepoName;
use crate::http::RemoteError;

/// What lies at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contents {
    /// What lay there before.
    Same,
    /// Nothing, or nothing that may be seen.
    Absent,
    /// A file.
    File(File),
}

/// A file as GitHub has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The hash of its content.
    pub sha: String,
    /// What is in it; `None` where it is no text, or larger than a mebibyte.
    pub text: Option<String>,
    /// Its size, bytes.
    pub bytes: u64,
    /// With which it can be asked whether it is still the same.
    pub etag: Option<String>,
}

#[derive(Deserialize)]
struct Wire {
    #[serde(default)]
    sha: String,
    #[serde(default)]
    size: u64,
    #[serde(default)]
    encoding: String,
    #[serde(default)]
    content: String,
}

impl GitHub {
    /// The file at `path`, on the default branch or at a commit; with the `etag` of an earlier answer, whether it is
    /// still the same, which costs nothing of the hourly limit.
    pub async fn file(
        &self,
        repo: &RepoName,
        path: &str,
        at: Option<&str>,
        etag: Option<&str>,
    ) -> Result<Contents, RemoteError> {
        let what = format!("{path} of {repo}");
        let query = at.map(|sha| format!("?ref={sha}")).unwrap_or_default();
        let call = Call { unless: etag, ..Call::get(format!("/repos/{repo}/contents/{path}{query}"), &what) };
        let asked = self.asked(&call);
        let heard = match self.in_repo(repo, call).await {
            Ok(heard) => heard,
            Err(failure) if failure.status == Some(304) => return Ok(Contents::Same),
            Err(failure) if failure.status == Some(404) && failure.is_gone() => return Ok(Contents::Absent),
            Err(failure) => return Err(told(failure, repo)),
        };
        let etag = heard.headers.get(ETAG).and_then(|v| v.to_str().ok()).map(ToOwned::to_owned);
        if heard.body.trim_ascii_start().starts_with(b"[") {
            // A folder of that name.
            return Ok(Contents::Absent);
        }
        let wire: Wire = heard.read(asked)?;
        let bytes = (wire.encoding == "base64").then(|| {
            let packed: String = wire.content.split_ascii_whitespace().collect();
            STANDARD.decode(packed).ok()
        });
        let text = bytes.flatten().and_then(|bytes| String::from_utf8(bytes).ok());
        Ok(Contents::File(File { sha: wire.sha, text, bytes: wire.size, etag }))
    }
}

/// A refusal with the permission that is missing here.
fn told(failure: Failure, repo: &RepoName) -> RemoteError {
    match (failure.status, failure.error) {
        (Some(403), RemoteError::Refused { .. }) => RemoteError::Refused {
            problem: format!(
                "GitHub shows no files of {repo}: hearback needs the permission Contents: read there, and an owner has to \
                 accept it in the installation"
            ),
        },
        (_, error) => error,
    }
}
