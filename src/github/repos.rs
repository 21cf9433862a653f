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
    pub(super) async fn whereabouts(&self, as_whom: &Octocrab, repo: &RepoName, location: &str) -> Option<String> {
        let what = repo.to_string();
        let call = Call::get(format!("/repos/{repo}"), &what);
        let heard = self.send(as_whom, &call).await.ok()?;
        if let Some(moved_to) = heard.location() {
            let there: Repo = self.follow(as_whom, moved_to).await?;
            return Some(there.full_name);
        }
        // The repository is where it was: what was asked for left it.
        let there: Elsewhere = self.follow(as_whom, location).await?;
        let name = there.repository_url.rsplit('/').take(2).collect::<Vec<_>>();
        let [name, owner] = name.as_slice() else { return None };
        Some(format!("{owner}/{name}#{}", there.number))
    }

    async fn follow<T: serde::de::DeserializeOwned>(&self, as_whom: &Octocrab, address: &str) -> Option<T> {
        let call = Call::get(self.path_of(address)?, "what moved");
        let asked = self.asked(&call);
        let heard: Result<T, Failure> = async { self.send(as_whom, &call).await?.judge(asked)?.read(asked) }.await;
        heard.ok()
    }
}
