//! Issues and their comments.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;
use url::form_urlencoded::byte_serialize;

use super::GitHub;
use super::answers::Failure;
use super::call::{Call, Whom};
use crate::domain::repo::RepoName;
use crate::time::UnixMs;

/// An issue as GitHub has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// Its number in the repository.
    pub number: u64,
    /// Where people open it.
    pub url: String,
    /// The login of who wrote it; empty where the account is gone.
    pub author: String,
    /// The text.
    pub body: String,
    /// Whether it is open.
    pub open: bool,
    /// `completed`, `not_planned`, `duplicate`, `reopened`.
    pub reason: Option<String>,
    /// Names of its labels.
    pub labels: Vec<String>,
    /// When it last changed.
    pub updated_at: Option<UnixMs>,
    /// When it was closed, where it is.
    pub closed_at: Option<UnixMs>,
}

/// A comment as GitHub has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Its id.
    pub id: u64,
    /// The login of who wrote it; empty where the account is gone.
    pub author: String,
    /// The text.
    pub body: String,
}

/// Why an issue is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateReason {
    /// What was to be done is done.
    Completed,
    /// It says what another says.
    Duplicate,
    /// Nothing will be done about it.
    NotPlanned,
}

impl StateReason {
    fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Duplicate => "duplicate",
            Self::NotPlanned => "not_planned",
        }
    }
}

#[derive(Deserialize)]
struct WireIssue {
    number: u64,
    html_url: String,
    user: Option<WireUser>,
    body: Option<String>,
    state: String,
    state_reason: Option<String>,
    #[serde(default)]
    labels: Vec<WireLabel>,
    pull_request: Option<IgnoredAny>,
    updated_at: Option<String>,
    closed_at: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct WireUser {
    pub login: String,
}

/// A label, as one of the forms in which issues name it.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum WireLabel {
    Whole { name: Option<String> },
    Name(String),
}

impl WireLabel {
    pub fn name(self) -> Option<String> {
        match self {
            Self::Whole { name } => name,
            Self::Name(name) => Some(name),
        }
    }
}

#[derive(Deserialize)]
struct WireComment {
    id: u64,
    user: Option<WireUser>,
    body: Option<String>,
}

impl From<WireIssue> for Issue {
    fn from(wire: WireIssue) -> Self {
        Self {
            number: wire.number,
            url: wire.html_url,
            author: wire.user.map(|u| u.login).unwrap_or_default(),
            body: wire.body.unwrap_or_default(),
            open: wire.state == "open",
            reason: wire.state_reason,
            labels: wire.labels.into_iter().filter_map(WireLabel::name).collect(),
            updated_at: wire.updated_at.as_deref().and_then(UnixMs::parse_rfc3339),
            closed_at: wire.closed_at.as_deref().and_then(UnixMs::parse_rfc3339),
        }
    }
}

impl From<WireComment> for Comment {
    fn from(wire: WireComment) -> Self {
        Self {
            id: wire.id,
            author: wire.user.map(|u| u.login).unwrap_or_default(),
            body: wire.body.unwrap_or_default(),
        }
    }
}

impl GitHub {
    /// The issues by `author` that changed since `since`, oldest first. A list, which shows what is there;
    /// search lags behind and does not see HTML comments.
    pub async fn issues_by(&self, repo: &RepoName, author: &str, since: UnixMs) -> Result<Vec<Issue>, Failure> {
        let what = format!("the issues of {repo}");
        let author: String = byte_serialize(author.as_bytes()).collect();
        let since = since.rfc3339();
        let path = format!(
            "/repos/{repo}/issues?state=all&sort=created&direction=asc&per_page=100&creator={author}&since={since}"
        );
        let listed: Vec<WireIssue> = self.pages(Whom::In(repo), &path, &what, |_| true).await?;
        Ok(listed.into_iter().filter(|i| i.pull_request.is_none()).map(Issue::from).collect())
    }

    /// Whether the newest issues by `author` list this one. A new issue shows in lists and by its number at different
    /// times.
    pub async fn lists_among_newest(&self, repo: &RepoName, author: &str, number: u64) -> Result<bool, Failure> {
        let author: String = byte_serialize(author.as_bytes()).collect();
        let what = format!("the issues of {repo}");
        let path = format!("/repos/{repo}/issues?state=all&sort=created&direction=desc&per_page=100&creator={author}");
        let call = Call::get(path, &what);
        let asked = self.asked(&call);
        let listed: Vec<WireIssue> = self.in_repo(repo, call).await?.read(asked)?;
        Ok(listed.iter().any(|i| i.number == number))
    }

    /// One issue.
    pub async fn issue(&self, repo: &RepoName, number: u64) -> Result<Issue, Failure> {
        let what = format!("{repo}#{number}");
        let call = Call::get(format!("/repos/{repo}/issues/{number}"), &what);
        let asked = self.asked(&call);
        Ok(self.in_repo(repo, call).await?.read::<WireIssue>(asked)?.into())
    }

    /// Makes an issue: one POST.
    pub async fn create_issue(
        &self,
        repo: &RepoName,
        title: &str,
        body: &str,
        labels: &[String],
    ) -> Result<Issue, Failure> {
        let what = format!("a new issue in {repo}");
        let mut asked_for = json!({"title": title, "body": body});
        if !labels.is_empty() {
            asked_for["labels"] = json!(labels);
        }
        let call = Call::post(format!("/repos/{repo}/issues"), asked_for, &what);
        let asked = self.asked(&call);
        Ok(self.in_repo(repo, call).await?.read::<WireIssue>(asked)?.into())
    }

    /// Gives an issue another text; nothing else of it changes.
    pub async fn edit_body(&self, repo: &RepoName, number: u64, body: &str) -> Result<(), Failure> {
        self.patch_issue(repo, number, json!({"body": body})).await?;
        Ok(())
    }

    /// Closes an issue. Gives it as it is then.
    pub async fn close(&self, repo: &RepoName, number: u64, reason: StateReason) -> Result<Issue, Failure> {
        self.patch_issue(repo, number, json!({"state": "closed", "state_reason": reason.as_str()})).await
    }

    /// Opens an issue again. Gives it as it is then.
    pub async fn reopen(&self, repo: &RepoName, number: u64) -> Result<Issue, Failure> {
        self.patch_issue(repo, number, json!({"state": "open", "state_reason": "reopened"})).await
    }

    async fn patch_issue(&self, repo: &RepoName, number: u64, change: serde_json::Value) -> Result<Issue, Failure> {
        let what = format!("{repo}#{number}");
        let call = Call::patch(format!("/repos/{repo}/issues/{number}"), change, &what);
        let asked = self.asked(&call);
        Ok(self.in_repo(repo, call).await?.read::<WireIssue>(asked)?.into())
    }

    /// The comments on an issue, oldest first.
    pub async fn comments(&self, repo: &RepoName, number: u64) -> Result<Vec<Comment>, Failure> {
        let path = format!("/repos/{repo}/issues/{number}/comments?per_page=100");
        let listed: Vec<WireComment> = self.pages(Whom::In(repo), &path, &format!("{repo}#{number}"), |_| true).await?;
        Ok(listed.into_iter().map(Comment::from).collect())
    }

    /// One comment.
    pub async fn comment(&self, repo: &RepoName, id: u64) -> Result<Comment, Failure> {
        let what = format!("comment {id} in {repo}");
        let call = Call::get(format!("/repos/{repo}/issues/comments/{id}"), &what);
        let asked = self.asked(&call);
        Ok(self.in_repo(repo, call).await?.read::<WireComment>(asked)?.into())
    }

    /// Comments on an issue: one POST. Gives the comment's id.
    pub async fn create_comment(&self, repo: &RepoName, number: u64, body: &str) -> Result<u64, Failure> {
        let what = format!("{repo}#{number}");
        let call = Call::post(format!("/repos/{repo}/issues/{number}/comments"), json!({"body": body}), &what);
        let asked = self.asked(&call);
        Ok(self.in_repo(repo, call).await?.read::<WireComment>(asked)?.id)
    }

    /// Gives a comment another text.
    pub async fn edit_comment(&self, repo: &RepoName, id: u64, body: &str) -> Result<(), Failure> {
        let what = format!("comment {id} in {repo}");
        let call = Call::patch(format!("/repos/{repo}/issues/comments/{id}"), json!({"body": body}), &what);
        let asked = self.asked(&call);
        self.in_repo(repo, call).await?.read::<WireComment>(asked)?;
        Ok(())
    }
}
