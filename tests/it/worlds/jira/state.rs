//! What Jira remembers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hearback::time::{Clock, UnixMs};
use serde_json::{Map, Value};

use super::text::Text;
use super::{Call, gone};
use crate::worlds::ask::Answer;
use crate::worlds::post::{Heard, Hook};
use crate::worlds::server::Books;

/// Which Jira it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// REST v3 with ADF (v2 with strings too), Basic auth, `search/jql`.
    Cloud,
    /// REST v2 with wiki markup, Bearer auth, `search`.
    DataCenter,
}

/// Everything.
pub struct State {
    /// Requests and faults.
    pub books: Books<Call>,
    /// The time here.
    pub clock: Arc<dyn Clock>,
    /// Which Jira it is.
    pub flavour: Flavour,
    /// Own base address.
    pub base: String,
    /// Projects by key.
    pub projects: BTreeMap<String, Project>,
    /// Issues by id.
    pub issues: BTreeMap<u64, Issue>,
    /// Fields that answer "cannot be set".
    pub refused_fields: BTreeSet<String>,
    /// Fields without which nothing is created.
    pub required_fields: BTreeSet<String>,
    /// Transitions, each from anywhere.
    pub transitions: Vec<Transition>,
    /// For how long a new issue is missing from search.
    pub search_lag_ms: i64,
    /// Who acts now.
    pub actor: &'static str,
    /// Where webhooks go.
    pub hook: Option<Hook>,
    /// What was sent to it, and what came back.
    pub sent: Vec<(String, Heard)>,
    /// Links between issues: type, inward key, outward key.
    pub links: Vec<(String, u64, u64)>,
    /// Counts ids of every kind.
    pub last_id: u64,
}

/// A project.
#[derive(Debug)]
pub struct Project {
    /// Never changes.
    pub id: u64,
    /// The key.
    pub key: String,
    /// Names of issue types.
    pub issue_types: Vec<String>,
    /// The last issue's number.
    pub last_number: u64,
}

/// A workflow's step.
#[derive(Clone, Debug)]
pub struct Transition {
    /// Its id.
    pub id: String,
    /// The status that it leads to, also its own name.
    pub to: String,
    /// `new`, `indeterminate`, `done`.
    pub category: &'static str,
    /// Fields that its screen demands.
    pub demands: Vec<String>,
}

/// An issue.
#[derive(Clone, Debug)]
pub struct Issue {
    /// Never changes.
    pub id: u64,
    /// The key now.
    pub key: String,
    /// Keys that lead here.
    pub old_keys: Vec<String>,
    /// The project's key.
    pub project: String,
    /// The type's name.
    pub kind: String,
    /// One line.
    pub summary: String,
    /// The text.
    pub description: Option<Text>,
    /// Every description that it had before: the history shows them.
    pub revisions: Vec<Text>,
    /// Labels.
    pub labels: Vec<String>,
    /// The status and its category.
    pub status: (String, &'static str),
    /// Other fields as they were given.
    pub fields: Map<String, Value>,
    /// Entity properties.
    pub properties: BTreeMap<String, Value>,
    /// Comments, oldest first.
    pub comments: Vec<Comment>,
    /// Remote links by id.
    pub remote_links: BTreeMap<u64, Value>,
    /// Who made it.
    pub creator: &'static str,
    /// When.
    pub created_at: UnixMs,
    /// When it last changed.
    pub updated_at: UnixMs,
}

/// A comment.
#[derive(Clone, Debug)]
pub struct Comment {
    /// Never changes.
    pub id: u64,
    /// The text.
    pub body: Text,
    /// Who wrote it.
    pub author: &'static str,
    /// Entity properties, as they were given.
    pub properties: Value,
    /// Whether the test has looked at it.
    pub read: bool,
    /// When it was made.
    pub created_at: UnixMs,
    /// When it last changed.
    pub updated_at: UnixMs,
}

impl State {
    /// A number that was never given before.
    pub fn next_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// The issue by id, key or former key, or 404: also what a person may not see answers so.
    pub fn issue(&mut self, id_or_key: &str) -> Result<&mut Issue, Answer> {
        let id = self.issue_id(id_or_key)?;
        self.issues.get_mut(&id).ok_or_else(gone)
    }

    /// The issue's id by id, key or former key.
    pub fn issue_id(&self, id_or_key: &str) -> Result<u64, Answer> {
        let named = |issue: &&Issue| {
            issue.id.to_string() == id_or_key
                || issue.key.eq_ignore_ascii_case(id_or_key)
                || issue.old_keys.iter().any(|old| old.eq_ignore_ascii_case(id_or_key))
        };
        self.issues.values().find(named).map(|issue| issue.id).ok_or_else(gone)
    }

    /// Whether search does not know the issue yet.
    pub fn lags(&self, issue: &Issue) -> bool {
        self.search_lag_ms > 0 && self.clock.now().since(issue.created_at) < self.search_lag_ms
    }
}
