//! Something of hearback's on GitHub that is no ticket: an answer in a thread, a reaction, a check run.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::repo::RepoName;
use crate::id::{PostId, RolloutId};
use crate::time::UnixMs;

/// What a post should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Content {
    /// One comment in a thread, edited whenever it should say something else.
    Comment {
        /// The number of the issue or pull request.
        number: u64,
        /// Markdown, without markers.
        text: String,
    },
    /// One comment in a discussion.
    DiscussionComment {
        /// GitHub's global id of the discussion.
        discussion: String,
        /// Markdown, without markers.
        text: String,
    },
    /// A sign that something was heard.
    Reaction {
        /// To what.
        to: Reactable,
        /// Which sign.
        with: Reaction,
    },
    /// What is wrong with a file of a commit, or that nothing is.
    CheckRun(CheckRun),
}

/// What takes reactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reactable {
    /// An issue or pull request by its number.
    Issue(u64),
    /// A comment on one of these by its id.
    IssueComment(u64),
    /// A comment on a line of a pull request by its id.
    ReviewComment(u64),
}

/// The reactions that hearback uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reaction {
    /// It was seen and is being worked on.
    Eyes,
    /// It was done.
    ThumbsUp,
    /// It could not be done; the answer says why.
    Confused,
}

impl Reaction {
    /// What GitHub calls it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Eyes => "eyes",
            Self::ThumbsUp => "+1",
            Self::Confused => "confused",
        }
    }
}

/// A check run that is over when it is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckRun {
    /// What it is called in the list of checks.
    pub name: String,
    /// The commit.
    pub sha: String,
    /// How it ended.
    pub conclusion: Conclusion,
    /// One line.
    pub title: String,
    /// Markdown.
    pub summary: String,
    /// What is said of lines of files.
    pub notes: Vec<Note>,
}

/// How a check run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conclusion {
    /// All is well.
    Success,
    /// Something must be mended.
    Failure,
    /// Something is worth knowing; nothing is blocked.
    Neutral,
}

impl Conclusion {
    /// What GitHub calls it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Neutral => "neutral",
        }
    }
}

/// Something that is said of lines of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The file's path in the repository.
    pub path: String,
    /// First line, from 1.
    pub from_line: u64,
    /// Last line.
    pub to_line: u64,
    /// The column where it is one line, from 1.
    #[serde(default)]
    pub column: Option<u64>,
    /// How bad it is.
    pub level: NoteLevel,
    /// What is wrong and what helps.
    pub message: String,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteLevel {
    /// Worth knowing.
    Notice,
    /// Worth a look.
    Warning,
    /// Must be mended.
    Failure,
}

impl NoteLevel {
    /// What GitHub calls it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Failure => "failure",
        }
    }
}

impl Content {
    /// The name of its kind that is stored and counted.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Comment { .. } => "comment",
            Self::DiscussionComment { .. } => "discussion_comment",
            Self::Reaction { .. } => "reaction",
            Self::CheckRun(_) => "check_run",
        }
    }

    /// Where in the repository it is.
    pub fn place(&self) -> String {
        match self {
            Self::Comment { number, .. } => number.to_string(),
            Self::DiscussionComment { discussion, .. } => discussion.clone(),
            Self::Reaction { to, .. } => match to {
                Reactable::Issue(number) => number.to_string(),
                Reactable::IssueComment(id) => format!("comment {id}"),
                Reactable::ReviewComment(id) => format!("review comment {id}"),
            },
            Self::CheckRun(run) => run.sha.clone(),
        }
    }
}

/// A post that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedPost {
    /// One place, one post: the same key with other content changes what is there. `answer:acme/shop#12`.
    pub key: String,
    /// The repository.
    pub repo: RepoName,
    /// The rollout that it is about, where it is about one.
    pub rollout: Option<RolloutId>,
    /// What it should be.
    pub content: Content,
}

impl WantedPost {
    /// Its id: the same for the same key, so that a comment is known again after a restore.
    pub fn id(&self) -> PostId {
        PostId::of_key(&self.key)
    }

    /// What a pause holds back: GitHub limits an installation, which is an account.
    pub fn scope(&self) -> String {
        format!("github:{}", self.repo.owner().to_lowercase())
    }
}

/// The name of what is wanted: equal for equal content.
pub fn hash(payload: &str) -> String {
    hex::encode(Sha256::digest(payload.as_bytes()))
}

/// A post as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// Its id here.
    pub id: PostId,
    /// One place, one post.
    pub key: String,
    /// The repository.
    pub repo: RepoName,
    /// What a pause holds back.
    pub scope: String,
    /// What it should be, as JSON; empty once that is done.
    pub payload: String,
    /// The name of what it should be.
    pub wanted_hash: String,
    /// The name of what was last written.
    pub written_hash: Option<String>,
    /// GitHub's id of it.
    pub remote: Option<String>,
    /// Failures so far.
    pub attempts: i64,
    /// Who holds the lease.
    pub owner: Option<String>,
    /// Until when.
    pub lease_until: UnixMs,
    /// When the latest request whose outcome is unknown began.
    pub sent_at: Option<UnixMs>,
}
