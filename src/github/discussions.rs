//! Discussions, which GitHub's REST API does not have: through GraphQL.
//!
//! Queries are constants; what differs travels in variables.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::GitHub;
use super::call::Call;
use crate::domain::repo::RepoName;
use crate::http::RemoteError;
use crate::time::MINUTE_MS;

/// Comments that are looked through for ours: the latest.
const LATEST: &str = "query($id: ID!) { node(id: $id) { ... on Discussion { comments(last: 100) { nodes { id body \
                      author { login } } } } } }";
const ADD: &str = "mutation($id: ID!, $body: String!) { addDiscussionComment(input: {discussionId: $id, body: $body}) { \
                   comment { id } } }";
const EDIT: &str = "mutation($id: ID!, $body: String!) { updateDiscussionComment(input: {commentId: $id, body: $body}) { \
                    comment { id } } }";

/// A comment in a discussion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscussionComment {
    /// GitHub's global id of it.
    pub id: String,
    /// The login of who wrote it, for an App without `[bot]`; empty where the account is gone.
    pub author: String,
    /// The text.
    pub body: String,
}

#[derive(Deserialize)]
struct Answer<T> {
    data: Option<T>,
    #[serde(default)]
    errors: Vec<Fault>,
}

#[derive(Deserialize)]
struct Fault {
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct Looked {
    node: Option<Node>,
}

#[derive(Deserialize)]
struct Node {
    comments: Option<Comments>,
}

#[derive(Deserialize)]
struct Comments {
    nodes: Vec<Wire>,
}

#[derive(Deserialize)]
struct Wire {
    id: String,
    body: String,
    author: Option<Author>,
}

#[derive(Deserialize)]
struct Author {
    login: String,
}

impl GitHub {
    /// The latest comments in a discussion, by its global id.
    pub async fn discussion_comments(
        &self,
        repo: &RepoName,
        discussion: &str,
    ) -> Result<Vec<DiscussionComment>, RemoteError> {
        let looked: Looked = self.graphql(repo, LATEST, json!({"id": discussion}), false).await?;
        let nodes = looked.node.and_then(|node| node.comments).map(|c| c.nodes).unwrap_or_default();
        Ok(nodes
            .into_iter()
            .map(|wire| DiscussionComment {
                id: wire.id,
                author: wire.author.map(|a| a.login).unwrap_or_default(),
                body: wire.body,
            })
            .collect())
    }

    /// Comments in a discussion: one request. Gives the comment's global id.
    pub async fn comment_in_discussion(
        &self,
        repo: &RepoName,
        discussion: &str,
        body: &str,
    ) -> Result<String, RemoteError> {
        let made: Value = self.graphql(repo, ADD, json!({"id": discussion, "body": body}), true).await?;
        let id = made.pointer("/addDiscussionComment/comment/id").and_then(Value::as_str);
        id.map(ToOwned::to_owned)
            .ok_or_else(|| RemoteError::Unknown { problem: "GitHub told no id of a new comment".into() })
    }

    /// Gives a comment in a discussion another text.
    pub async fn edit_in_discussion(&self, repo: &RepoName, comment: &str, body: &str) -> Result<(), RemoteError> {
        self.graphql::<Value>(repo, EDIT, json!({"id": comment, "body": body}), true).await?;
        Ok(())
    }

    async fn graphql<T: DeserializeOwned>(
        &self,
        repo: &RepoName,
        query: &str,
        variables: Value,
        writes: bool,
    ) -> Result<T, RemoteError> {
        let what = format!("a discussion of {repo}");
        let path = self.graphql_path();
        let call = Call { writes, ..Call::post(path, json!({"query": query, "variables": variables}), &what) };
        let asked = self.asked(&call);
        let answer: Answer<T> = self.in_repo(repo, call).await?.read(asked)?;
        match (answer.data, answer.errors.first()) {
            (Some(data), None) => Ok(data),
            (_, Some(fault)) if fault.r#type == "NOT_FOUND" => Err(RemoteError::Gone { what }),
            // GraphQL tells its limit within a good answer, and not until when.
            (_, Some(fault)) if fault.r#type == "RATE_LIMITED" => {
                Err(RemoteError::Wait { ms: MINUTE_MS, reason: format!("GitHub takes no more of {what} for now") })
            }
            (_, fault) => {
                let said = fault.map(|f| f.message.chars().take(200).collect::<String>()).unwrap_or_default();
                Err(RemoteError::Refused { problem: format!("GitHub refuses {what}: {said}") })
            }
        }
    }

    /// `/graphql` on github.com, `/api/graphql` beside the `/api/v3` of an Enterprise Server: below its base address, as
    /// every path of this client is, one step up.
    fn graphql_path(&self) -> String {
        let base = self.api_url.path().trim_end_matches('/');
        if base.ends_with("/v3") { format!("{base}/../graphql") } else { "/graphql".into() }
    }
}
