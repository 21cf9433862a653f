//! A release or a merged pull request that names flags: what brought a flag's rollout.

use super::repo::RepoName;
use super::signal::Subject;
use crate::time::UnixMs;

/// What names a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MentionKind {
    /// A release by its notes.
    Release,
    /// A merged pull request by its title, its text, or what it adds to `.github/hearback.yml`.
    Pull,
}

impl MentionKind {
    /// The name that is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Pull => "pull",
        }
    }

    /// Reads [`Self::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Release, Self::Pull].into_iter().find(|k| k.as_str() == text)
    }

    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Pull => "pull request",
        }
    }
}

/// Which release or pull request it is, whatever it and its repository are called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MentionId {
    /// The platform and repository, such as `github:186853002`.
    pub origin: String,
    /// What it is.
    pub kind: MentionKind,
    /// The platform's id of a release, the number of a pull request.
    pub id: String,
}

impl MentionId {
    /// The subject of the release's own rollout; `None` for a pull request, which has none.
    pub fn subject(&self) -> Option<Subject> {
        match self.kind {
            MentionKind::Release => Some(Subject::Release { origin: self.origin.clone(), release: self.id.clone() }),
            MentionKind::Pull => None,
        }
    }
}

/// The latest commit of a merged pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullHead {
    /// Which pull request.
    pub of: MentionId,
    /// The repository's name.
    pub repo: RepoName,
    /// The commit's hash.
    pub sha: String,
}

/// A release or a pull request, and the flags that it may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// Which.
    pub of: MentionId,
    /// The repository's name.
    pub repo: RepoName,
    /// What people call it there: the tag, or the number.
    pub key: String,
    /// Its title; empty where it has none.
    pub title: String,
    /// Where people read it.
    pub url: Option<String>,
    /// When it was published or merged.
    pub at: UnixMs,
    /// When it was last written, by the platform's clock: an older text does not replace a newer one.
    pub written_at: UnixMs,
    /// What may be a flag's key. It counts where there is a flag of exactly that key.
    pub flags: Vec<String>,
}

impl Mention {
    /// `v1.4.0`, `#41`.
    pub fn label(&self) -> String {
        match self.of.kind {
            MentionKind::Release => self.key.clone(),
            MentionKind::Pull => format!("#{}", self.key),
        }
    }
}
