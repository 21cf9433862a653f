//! What a team wants hearback to do by itself.

use serde::{Deserialize, Serialize};

use super::existing::Existing;
use super::pattern::Pattern;
use super::repo::RepoName;
use super::rollout::Rollout;
use super::signal::Subject;
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

/// What somebody may do in a repository, as GitHub grades it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Permission {
    /// Read it.
    Read,
    /// Manage its issues.
    Triage,
    /// Write to it.
    Write,
    /// Manage it.
    Maintain,
    /// Everything.
    Admin,
}

/// Who may close, extend and reopen windows, and say yes to tickets: either is enough.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Steer {
    /// People with this permission or a higher one; `None` for nobody but the teams.
    pub permission: Option<Permission>,
    /// People of these teams, as `team` or `organisation/team`.
    pub teams: Vec<String>,
}

impl Default for Steer {
    fn default() -> Self {
        Self { permission: Some(Permission::Write), teams: Vec::new() }
    }
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
    /// Distinct new people after a ticket was closed before it is opened again.
    pub reopen_people: i64,
    /// Whether tickets about the same in several trackers are closed and opened together.
    pub sync: bool,
    /// What happens where people have an issue about the same already.
    pub existing: Existing,
    /// The flags that are watched; `None` for all.
    pub flags: Option<Vec<Pattern>>,
    /// The releases that are watched, by their tags; `None` for all.
    pub releases: Option<Vec<Pattern>>,
    /// Who may steer.
    pub steer: Steer,
    /// Where alarms go, by name; `None` for everywhere.
    pub alerts: Option<Vec<String>>,
}

impl Policy {
    /// Whether customers live in `environment`. A flag platform without environments is watched.
    pub fn watches(&self, environment: &str) -> bool {
        environment.is_empty() || self.environments.iter().any(|e| e.eq_ignore_ascii_case(environment))
    }

    /// Whether a rollout is listened to: one of a flag by its key, one of a release by its tag.
    pub fn listens_to(&self, rollout: &Rollout) -> bool {
        let (patterns, name) = match &rollout.subject {
            Subject::Flag { flag, .. } | Subject::FlagEverywhere { flag, .. } => (&self.flags, flag),
            Subject::Release { release, .. } => (&self.releases, rollout.about.tag.as_ref().unwrap_or(release)),
            Subject::Tag { tag, .. } => (&self.releases, tag),
        };
        let lives_there = match &rollout.subject {
            Subject::Flag { environment, .. } => self.watches(environment),
            Subject::FlagEverywhere { .. } | Subject::Release { .. } | Subject::Tag { .. } => true,
        };
        lives_there && patterns.as_ref().is_none_or(|all| all.iter().any(|p| p.matches(name)))
    }

    /// Why a rollout is not listened to, where it is not; for people.
    pub fn deaf_to(&self, rollout: &Rollout) -> Option<String> {
        if self.listens_to(rollout) {
            return None;
        }
        let named = |patterns: &Option<Vec<Pattern>>| match patterns.as_deref() {
            None | Some([]) => "none".to_owned(),
            Some(all) => all.iter().map(|p| p.0.as_str()).collect::<Vec<_>>().join(", "),
        };
        Some(match &rollout.subject {
            Subject::Flag { environment, .. } if !self.watches(environment) => {
                format!(
                    "no customers live in {environment}: the policy's environments are {}",
                    self.environments.join(", ")
                )
            }
            Subject::Flag { .. } | Subject::FlagEverywhere { .. } => {
                format!("the policy watches other flags: {}", named(&self.flags))
            }
            Subject::Release { .. } | Subject::Tag { .. } => {
                format!("the policy watches other releases: {}", named(&self.releases))
            }
        })
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
            reopen_people: 5,
            sync: true,
            existing: Existing::Mention,
            flags: None,
            releases: None,
            steer: Steer::default(),
            alerts: None,
        }
    }
}
