//! People: what somebody may in a repository.

use serde::Deserialize;
use url::form_urlencoded::byte_serialize;

use super::GitHub;
use super::answers::Failure;
use super::call::Call;
use crate::domain::repo::RepoName;
use crate::http::RemoteError;

#[derive(Deserialize)]
struct Wire {
    permission: String,
    role_name: Option<String>,
}

#[derive(Deserialize)]
struct Membership {
    state: String,
}

impl GitHub {
    /// Whether somebody is in a team of an organisation, asked as who may act in `repo`. Takes the permission Members: read.
    pub async fn is_in_team(
        &self,
        repo: &RepoName,
        organisation: &str,
        team: &str,
        login: &str,
    ) -> Result<bool, RemoteError> {
        let what = format!("whether {login} is in {organisation}/{team}");
        let part = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let path = format!("/orgs/{}/teams/{}/memberships/{}", part(organisation), part(team), part(login));
        let call = Call::get(path, &what);
        let asked = self.asked(&call);
        match self.in_repo(repo, call).await {
            Ok(heard) => Ok(heard.read::<Membership>(asked)?.state == "active"),
            Err(Failure { error: RemoteError::Gone { .. }, .. }) => Ok(false),
            Err(failure) => Err(failure.error),
        }
    }

    /// The role that somebody has in `repo`: `admin`, `maintain`, `write`, `triage`, `read` or `none`; in roles that an
    /// organisation made itself, the one that it comes to.
    pub async fn role(&self, repo: &RepoName, login: &str) -> Result<String, RemoteError> {
        let what = format!("what {login} may in {repo}");
        let name: String = byte_serialize(login.as_bytes()).collect();
        let call = Call::get(format!("/repos/{repo}/collaborators/{name}/permission"), &what);
        let asked = self.asked(&call);
        let wire: Wire = match self.in_repo(repo, call).await {
            Ok(heard) => heard.read(asked)?,
            // GitHub says 404 of accounts that are gone, and of those that are no collaborators.
            Err(Failure { error: RemoteError::Gone { .. }, .. }) => return Ok("none".into()),
            Err(failure) => return Err(failure.error),
        };
        let known = ["admin", "maintain", "write", "triage", "read", "none"];
        Ok(wire.role_name.filter(|role| known.contains(&role.as_str())).unwrap_or(wire.permission))
    }
}
