//! Where tickets live: GitHub, Jira, or a local folder, behind one trait.
//!
//! A tracker knows nothing of the database, and repeats nothing by itself.

mod github;
mod jira;
mod local;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::domain::existing::Listed;
use crate::domain::handling::{Resolution, Seen};
use crate::domain::ticket::{Severity, TrackerName};
use crate::http::RemoteError;
use crate::render::doc::Doc;
use crate::render::markers::{self, Marker};
use crate::time::UnixMs;
pub use github::GitHubTracker;
pub use jira::{Fields as JiraFields, JiraTracker};
pub use local::LocalTracker;

/// Characters of others' texts that are read: what an issue is about stands in its beginning.
const OTHERS_TEXT_MAX: usize = 2_000;

/// A new ticket.
#[derive(Clone, Copy, Debug)]
pub struct Draft<'a> {
    /// Begins our section.
    pub marker: &'a Marker,
    /// One line.
    pub title: &'a str,
    /// Our section.
    pub body: &'a Doc,
    /// Labels to set when it is made.
    pub labels: &'a [String],
    /// How much it hurts; trackers with priorities map it.
    pub severity: Severity,
}

/// A ticket as its tracker has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// The tracker's name of it: `41`, `SHOP-7`, a file's name.
    pub key: String,
    /// Where people open it.
    pub url: String,
    /// Whether it is open.
    pub open: bool,
}

/// What came of making a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The ticket.
    pub remote: Remote,
    /// What could not be set and was left out, and what helps; for people.
    pub notes: Vec<String>,
}

/// What came of bringing a ticket to what is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revised {
    /// It was changed.
    Written,
    /// It said so already.
    Unchanged,
    /// A person deleted it.
    Deleted,
}

/// A place where tickets live. `target` is the repository, the project, or empty for the folder.
#[async_trait]
pub trait IssueTracker: Send + Sync + fmt::Debug {
    /// Tickets of ours with this marker made since `since`, oldest first: by our account, with the right MAC, in the
    /// right place. By listing, not by search, wherever the tracker can list.
    async fn find(&self, target: &str, marker: &Marker, since: UnixMs) -> Result<Vec<Remote>, RemoteError>;

    /// Makes a ticket. Sends exactly one request that has an effect, unless the tracker refused a field: then once more
    /// without it, and says so in the notes.
    async fn create(&self, target: &str, draft: &Draft<'_>) -> Result<Written, RemoteError>;

    /// Brings our section in a ticket to what is wanted; what people wrote around it stays byte for byte.
    async fn revise(&self, target: &str, key: &str, draft: &Draft<'_>) -> Result<Revised, RemoteError>;

    /// Brings our comment on a ticket to what is wanted. `known` is its id; where it is `None`, ours is looked for by its
    /// marker first, and made where there is none. `Gone` where a known comment is not there any more. Gives its id.
    async fn put_comment(
        &self,
        target: &str,
        key: &str,
        marker: &Marker,
        known: Option<&str>,
        body: &Doc,
    ) -> Result<String, RemoteError>;

    /// Closes a ticket that doubles `keeper`, and says so in it.
    async fn close_double(&self, target: &str, key: &str, keeper: &Remote) -> Result<(), RemoteError>;

    /// Issues that others wrote there, the ones that changed last: open ones, and closed ones too. None where people write
    /// no issues of their own. Bounded: it takes a few requests, however many there are.
    async fn others(&self, target: &str) -> Result<Vec<Listed>, RemoteError> {
        let _ = target;
        Ok(Vec::new())
    }

    /// Where a ticket stands with people; `None` where a person deleted it.
    async fn stands(&self, target: &str, key: &str) -> Result<Option<Seen>, RemoteError>;

    /// Closes a ticket that is open, for `reason` where the tracker knows reasons; one that is closed stays as it is. Gives
    /// where it stands then; `None` where a person deleted it.
    async fn close(&self, target: &str, key: &str, reason: Resolution) -> Result<Option<Seen>, RemoteError>;

    /// Opens a ticket that is closed; one that is open stays as it is. Gives where it stands then; `None` where a person
    /// deleted it.
    async fn reopen(&self, target: &str, key: &str) -> Result<Option<Seen>, RemoteError>;

    /// What deliveries call the account under which we write; empty where there are none.
    async fn us(&self) -> Result<String, RemoteError>;

    /// Tries whether tickets could be filed in `target`. Gives a line for people: who we are there.
    async fn check(&self, target: &str) -> Result<String, RemoteError>;
}

/// A comment of ours with other words in it; what people added around them stays. A comment is ours as a whole: where
/// its markers are damaged, nothing of its old words may stay, because somebody may have asked for that.
fn reworded(comment: &str, marker: &Marker, section: &str) -> String {
    if markers::holds(comment, marker) && comment.contains(markers::END) {
        markers::splice(comment, marker, section)
    } else {
        markers::wrap(marker, section)
    }
}

/// The trackers that are configured.
#[derive(Clone, Debug, Default)]
pub struct Trackers {
    by_name: BTreeMap<TrackerName, Arc<dyn IssueTracker>>,
}

impl Trackers {
    /// Adds a tracker.
    #[must_use]
    pub fn with(mut self, name: TrackerName, tracker: Arc<dyn IssueTracker>) -> Self {
        self.by_name.insert(name, tracker);
        self
    }

    /// The tracker of that name, or what is missing.
    pub fn get(&self, name: TrackerName) -> Result<&dyn IssueTracker, RemoteError> {
        self.by_name.get(&name).map(AsRef::as_ref).ok_or_else(|| RemoteError::Refused {
            problem: format!("the tracker {0} is not configured; fill in [{0}] in the settings", name.as_str()),
        })
    }

    /// The trackers by name.
    pub fn all(&self) -> impl Iterator<Item = (TrackerName, &dyn IssueTracker)> {
        self.by_name.iter().map(|(name, tracker)| (*name, tracker.as_ref()))
    }
}
