//! Reactions: a sign under a comment that it was heard.

use serde_json::json;

use super::GitHub;
use super::call::Call;
use crate::domain::post::{Reactable, Reaction};
use crate::domain::repo::RepoName;
use crate::http::RemoteError;

impl GitHub {
    /// Adds a reaction. The same one twice is one.
    pub async fn react(&self, repo: &RepoName, to: Reactable, with: Reaction) -> Result<(), RemoteError> {
        let (path, what) = match to {
            Reactable::Issue(number) => (format!("issues/{number}"), format!("a reaction to {repo}#{number}")),
            Reactable::IssueComment(id) => {
                (format!("issues/comments/{id}"), format!("a reaction to comment {id} in {repo}"))
            }
            Reactable::ReviewComment(id) => {
                (format!("pulls/comments/{id}"), format!("a reaction to review comment {id} in {repo}"))
            }
        };
        let call = Call::post(format!("/repos/{repo}/{path}/reactions"), json!({"content": with.as_str()}), &what);
        self.in_repo(repo, call).await?;
        Ok(())
    }
}
