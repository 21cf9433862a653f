//! What somebody wrote in a thread of a repository: its opening text, or a comment below.

use serde::{Deserialize, Serialize};

use super::post::Reactable;
use super::repo::RepoName;
use crate::time::UnixMs;

/// A kind of thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThreadKind {
    /// An issue.
    Issue,
    /// A pull request.
    Pull,
    /// A discussion.
    Discussion,
}

/// Where people talk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thread {
    /// The platform and repository, such as `github:186853002`: it stays when the repository is renamed.
    pub origin: String,
    /// The repository's name.
    pub repo: RepoName,
    /// Whether only invited people see it.
    pub private: bool,
    /// What it is.
    pub kind: ThreadKind,
    /// Its number.
    pub number: u64,
    /// GitHub's global id of it; answers in discussions need it.
    pub node: String,
    /// Names of its labels.
    pub labels: Vec<String>,
}

impl Thread {
    /// `acme/shop#12`: one name for one thread.
    pub fn key(&self) -> String {
        format!("{}#{}", self.repo, self.number)
    }
}

/// What happened to a comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is new.
    Created,
    /// It says something else.
    Edited,
    /// It is gone.
    Deleted,
}

/// A comment, as it is after a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// One name for one comment, whatever happens to it.
    pub key: String,
    /// Where it is.
    pub thread: Thread,
    /// What can be reacted to; nothing in discussions.
    pub reactable: Option<Reactable>,
    /// The login of who wrote it.
    pub author: String,
    /// The login of who edited it: what is new in it is theirs.
    pub by: String,
    /// Whether that is a program: what is new in it is nobody's to ask for.
    #[serde(default)]
    pub by_program: bool,
    /// The text before an edit; `None` where that changed something else.
    pub before: Option<String>,
    /// Whether the author belongs to the repository, as far as GitHub tells with the comment. A hint, no proof.
    pub insider: bool,
    /// The text.
    pub text: String,
    /// Where people read it.
    pub url: Option<String>,
    /// What happened.
    pub change: Change,
    /// When it was written.
    pub written_at: UnixMs,
    /// When it changed last, by the platform's clock.
    pub changed_at: UnixMs,
}
