//! Repositories: whether they are there, and where they went.

use octocrab::Octocrab;
use serde::Deserialize;

use super::GitHub;
use super::answers::Failure;
use super::call::Call;
use crate::domain::repo::RepoName;
use crate::http::RemoteError;

/// A repository as GitHub has it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Repo {
    /// Its name now.
    pub full_name: String,
    /// Whether issues are switched on.
    #[serde(default)]
    pub has_issues: bool,
    /// Whether it is read-only.
    #[serde(default)]
    pub archived: bool,
}

#[derive(Deserialize)]
struct Elsewhere {
    number: u64,
    repository_url: String,
}

impl GitHub {
    /// The repository, or why it is not there.
    pub async fn repo(&self, repo: &RepoName) -> Result<Repo, RemoteError> {
        let what = repo.to_string();
        let call = Call::get(format!("/repos/{repo}"), &what);
        let asked = self.asked(&call);
        Ok(self.in_repo(repo, call).await?.read(asked)?)
    }

    /// Whether we may write issues in `repo`, as far as GitHub tells before it is tried.
    pub async fn may_write_issues(&self, repo: &RepoName) -> Result<bool, RemoteError> {
        if !self.is_app() {
            return Ok(true);
        }
        let installation = self.look_up(repo).await?;
        Ok(installation.permissions.get("issues").is_some_and(|p| p == "write"))
    }

    /// Where a redirect of a request in `repo` leads: `acme/store` where the repository has another name now,
    /// `acme/store#7` where an issue was transferred. `None` where that can't be learned.
    pub(super) async fn whereabouts(
        &self,
        as_whom: &Octocrab,
        repo: &RepoName,
        location: &str,
    ) -> Result<Option<String>, Failure> {
        let what = repo.to_string();
        let call = Call::get(format!("/repos/{repo}"), &what);
        let heard = self.send(as_whom, &call).await?;
        if let Some(moved_to) = heard.location() {
            let there: Option<Repo> = self.follow(as_whom, moved_to).await?;
            return Ok(there.map(|t| t.full_name));
        }
        // The repository is where it was: what was asked for left it.
        let Some(there) = self.follow::<Elsewhere>(as_whom, location).await? else { return Ok(None) };
        let name = there.repository_url.rsplit('/').take(2).collect::<Vec<_>>();
        let [name, owner] = name.as_slice() else { return Ok(None) };
        Ok(Some(format!("{owner}/{name}#{}", there.number)))
    }

    /// What lies at an address that GitHub gave; `None` where it does not say. What may pass is an error: a place that is
    /// not told for a moment is not unknown.
    async fn follow<T: serde::de::DeserializeOwned>(
        &self,
        as_whom: &Octocrab,
        address: &str,
    ) -> Result<Option<T>, Failure> {
        let Some(path) = self.path_of(address) else { return Ok(None) };
        let call = Call::get(path, "what moved");
        let asked = self.asked(&call);
        let heard: Result<T, Failure> = async { self.send(as_whom, &call).await?.judge(asked)?.read(asked) }.await;
        match heard {
            Ok(there) => Ok(Some(there)),
            Err(failure) => match failure.error {
                RemoteError::NotSent { .. } | RemoteError::Wait { .. } | RemoteError::Unauthorized { .. } => {
                    Err(failure)
                }
                RemoteError::Unknown { .. }
                | RemoteError::Suspended { .. }
                | RemoteError::Refused { .. }
                | RemoteError::Gone { .. }
                | RemoteError::Moved { .. } => Ok(None),
            },
        }
    }
}
