//! Pull requests: what one changed in a file.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Deserialize;

use super::GitHub;
use super::answers::Failure;
use super::call::Whom;
use crate::domain::repo::RepoName;
use crate::http::RemoteError;

/// Pages of changed files that are looked through, a hundred files each. GitHub lists them by name, and names that begin
/// with a dot come first.
const PAGES_MAX: usize = 3;

#[derive(Deserialize)]
struct Changed {
    filename: String,
    patch: Option<String>,
}

impl GitHub {
    /// What a pull request changed in the file at `path`, as a unified diff without its head; `None` where it left the
    /// file alone, or GitHub shows no diff of it.
    pub async fn patch(&self, repo: &RepoName, number: &str, path: &str) -> Result<Option<String>, RemoteError> {
        let file = self.changed(repo, number, path).await?;
        Ok(file.and_then(|file| file.patch))
    }

    /// Whether a pull request changes the file at `path`, or proposes one there.
    pub async fn changes(&self, repo: &RepoName, number: &str, path: &str) -> Result<bool, RemoteError> {
        Ok(self.changed(repo, number, path).await?.is_some())
    }

    async fn changed(&self, repo: &RepoName, number: &str, path: &str) -> Result<Option<Changed>, RemoteError> {
        let what = format!("{repo}#{number}");
        let list = format!("/repos/{repo}/pulls/{number}/files?per_page=100");
        let pages = AtomicUsize::new(0);
        let more = |page: &[Changed]| {
            pages.fetch_add(1, Ordering::Relaxed) + 1 < PAGES_MAX && page.iter().all(|file| file.filename != path)
        };
        let files = self.pages(Whom::In(repo), &list, &what, more).await.map_err(|e| told(e, repo))?;
        Ok(files.into_iter().find(|file| file.filename == path))
    }
}

/// A refusal with the permission that is missing here.
fn told(failure: Failure, repo: &RepoName) -> RemoteError {
    match (failure.status, failure.error) {
        (Some(403), RemoteError::Refused { .. }) => RemoteError::Refused {
            problem: format!(
                "GitHub shows no pull requests of {repo}: hearback needs the permission Pull requests: read there, and an \
                 owner has to accept it in the installation"
            ),
        },
        (_, error) => error,
    }
}
