//! An issue in a tracker that hearback keeps true.

use serde::{Deserialize, Serialize};

use super::handling::Handling;
use crate::id::{RolloutId, ThemeId, TicketId};
use crate::time::UnixMs;

/// A place where tickets live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TrackerName {
    /// Issues of a repository.
    GitHub,
    /// Issues of a Jira project.
    Jira,
    /// Markdown files in a folder.
    Local,
}

impl TrackerName {
    /// The name that is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GitHub => "github",
            Self::Jira => "jira",
            Self::Local => "local",
        }
    }

    /// Reads [`Self::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::GitHub, Self::Jira, Self::Local].into_iter().find(|t| t.as_str() == text)
    }
}

/// How much a finding hurts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Low,
    /// Worth planning.
    Medium,
    /// Worth stopping for.
    High,
}

impl Severity {
    /// The name that is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// Where a ticket stands, as far as hearback knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TicketState {
    /// Wanted, and not there yet.
    Wanted,
    /// There, and kept true.
    Filed,
    /// A person deleted it: it is not filed again.
    Dismissed,
    /// It can't be filed or kept: the error says why and what helps.
    Failed,
}

impl TicketState {
    /// The name that is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wanted => "wanted",
            Self::Filed => "filed",
            Self::Dismissed => "dismissed",
            Self::Failed => "failed",
        }
    }

    /// Reads [`Self::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Wanted, Self::Filed, Self::Dismissed, Self::Failed].into_iter().find(|s| s.as_str() == text)
    }
}

/// A ticket as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Ticket {
    /// Its id here.
    pub id: TicketId,
    /// The rollout that it is about.
    pub rollout: RolloutId,
    /// The theme that it is about; `None` for the rollout's report.
    pub theme: Option<ThemeId>,
    /// The kind of tracker.
    pub tracker: TrackerName,
    /// Repository, project, or empty for the local folder.
    pub target: String,
    /// Where it stands.
    pub state: TicketState,
    /// The tracker's name of it: `41`, `SHOP-7`, a file's path.
    pub key: Option<String>,
    /// Where people open it.
    pub url: Option<String>,
    /// The tracker's id of the comment that holds the quotes.
    pub comment: Option<String>,
    /// Hash of the section that was last written.
    pub section_hash: Option<String>,
    /// Hash of the quotes that were last written.
    pub quotes_hash: Option<String>,
    /// When it was last written.
    pub written_at: Option<UnixMs>,
    /// What went wrong, for people.
    pub error: Option<String>,
    /// When it was first wanted.
    pub created_at: UnixMs,
    /// What people did with it.
    pub handling: Handling,
}

impl Ticket {
    /// A ticket that is wanted and not there yet.
    #[must_use]
    pub fn wanted(
        id: TicketId,
        rollout: &RolloutId,
        theme: Option<&ThemeId>,
        tracker: TrackerName,
        target: String,
        now: UnixMs,
    ) -> Self {
        Self {
            id,
            rollout: rollout.clone(),
            theme: theme.cloned(),
            tracker,
            target,
            state: TicketState::Wanted,
            key: None,
            url: None,
            comment: None,
            section_hash: None,
            quotes_hash: None,
            written_at: None,
            error: None,
            created_at: now,
            handling: Handling::default(),
        }
    }

    /// What the marker names: `report` or the theme's id.
    pub fn subject(&self) -> &str {
        self.theme.as_ref().map_or("report", ThemeId::as_str)
    }
}
