//! What a team wants hearback to do by itself.

use serde::{Deserialize, Serialize};

use super::repo::RepoName;
use super::ticket::TrackerName;
use crate::time::{DAY_MS, MINUTE_MS};

/// How far tickets are filed without a hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TicketMode {
    /// Nothing is filed.
    Off,
    /// Would-be tickets stand in the report, which is filed.
    Suggest,
    /// The same, and each waits for a yes.
    Approve,
    /// Filed as soon as enough people say it.
    Auto,
}

/// What opens a release's window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OpensOn {
    /// Publishing it.
    Published,
    /// The first successful deployment of its tag to anywhere; until then it is planned.
    Deployed,
}

/// How the rules that close a window combine. A rollback and a deletion always close.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CloseWhen {
    /// The first rule that holds closes.
    Any,
    /// Every rule that is switched on must hold.
    All,
}

/// The rules in force for a rollout.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// Where tickets go.
    pub trackers: Vec<TrackerName>,
    /// Where tickets go that belong to no repository of their own.
    pub repository: Option<RepoName>,
    /// How far tickets are filed without a hand.
    pub tickets: TicketMode,
    /// What opens a release's window.
    pub opens_on: OpensOn,
    /// Length of a window, ms; 0 switches the date rule off.
    pub window_ms: i64,
    /// How long everybody must have had it before the window closes, ms; 0 switches the soak rule off.
    pub soak_ms: i64,
    /// Distinct people after whom the window closes; 0 switches the rule off.
    pub responses: i64,
    /// How the three rules above combine.
    pub close_when: CloseWhen,
    /// Distinct people before a theme becomes a ticket.
    pub min_people: i64,
    /// Mean confidence in the sentiments below which a theme waits, 0 to 1.
    pub min_confidence: f64,
    /// At most one write a ticket in this time, ms.
    pub coalesce_ms: i64,
    /// The environments that customers live in.
    pub environments: Vec<String>,
    /// Labels on every ticket.
    pub labels: Vec<String>,
}

impl Policy {
    /// Whether customers live in `environment`. A flag platform without environments is watched.
    pub fn watches(&self, environment: &str) -> bool {
        environment.is_empty() || self.environments.iter().any(|e| e.eq_ignore_ascii_case(environment))
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            trackers: vec![TrackerName::Local],
            repository: None,
            tickets: TicketMode::Auto,
            opens_on: OpensOn::Published,
            window_ms: 7 * DAY_MS,
            soak_ms: 2 * DAY_MS,
            responses: 0,
            close_when: CloseWhen::Any,
            min_people: 5,
            min_confidence: 0.3,
            coalesce_ms: MINUTE_MS,
            environments: vec!["production".into()],
            labels: vec!["hearback".into()],
        }
    }
}
