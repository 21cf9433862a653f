//! What a repository says in its `.github/hearback.yml`.

use serde::{Deserialize, Serialize};

use super::existing::Existing;
use super::pattern::Pattern;
use super::policy::{CloseWhen, OpensOn, Policy, Steer, TicketMode};
use super::repo::RepoName;
use super::ticket::TrackerName;

/// Where a repository keeps it.
pub const PATH: &str = ".github/hearback.yml";

/// News that a repository's policy is to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyNews {
    /// Whose.
    pub repo: RepoName,
    /// Where it lies.
    pub place: PolicyPlace,
}

/// Where a policy lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyPlace {
    /// On the default branch, where it is in force once it is good.
    Branch {
        /// The commit that was pushed.
        sha: String,
    },
    /// In a pull request, which anybody may open: it is only judged.
    Pull {
        /// Its number.
        number: String,
        /// Its latest commit.
        sha: String,
    },
}

/// The rules that a repository sets for its own rollouts. What it leaves out is as the service is configured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RepoPolicy {
    /// The flags that are watched.
    pub flags: Option<Vec<Pattern>>,
    /// The releases that are watched, by their tags.
    pub releases: Option<Vec<Pattern>>,
    /// The environments that customers live in.
    pub environments: Option<Vec<String>>,
    /// What opens a release's window.
    pub opens_on: Option<OpensOn>,
    /// Length of a window, ms.
    #[serde(rename = "window")]
    pub window_ms: Option<i64>,
    /// How long everybody must have had it, ms.
    #[serde(rename = "soak")]
    pub soak_ms: Option<i64>,
    /// Distinct people after whom the window closes.
    pub responses: Option<i64>,
    /// How the rules that close a window combine.
    pub close_when: Option<CloseWhen>,
    /// How far tickets are filed without a hand.
    pub tickets: Option<TicketMode>,
    /// Distinct people before a theme becomes a ticket.
    pub min_people: Option<i64>,
    /// Mean confidence below which a theme waits.
    pub min_confidence: Option<f64>,
    /// At most one write a ticket in this time, ms.
    #[serde(rename = "coalesce")]
    pub coalesce_ms: Option<i64>,
    /// Where tickets go.
    pub trackers: Option<Vec<TrackerName>>,
    /// Labels on every ticket.
    pub labels: Option<Vec<String>>,
    /// What happens where people have an issue about the same already.
    pub existing: Option<Existing>,
    /// Distinct new people after a ticket was closed before it is opened again.
    pub reopen_people: Option<i64>,
    /// Who may steer.
    pub steer: Option<Steer>,
    /// Where alarms go, by the names that the service's settings give these places.
    pub alerts: Option<Vec<String>>,
}

impl RepoPolicy {
    /// The rules in force: what is said here, and for all else `configured`.
    #[must_use]
    pub fn over(self, configured: Policy) -> Policy {
        Policy {
            trackers: self.trackers.unwrap_or(configured.trackers),
            repository: configured.repository,
            tickets: self.tickets.unwrap_or(configured.tickets),
            opens_on: self.opens_on.unwrap_or(configured.opens_on),
            window_ms: self.window_ms.unwrap_or(configured.window_ms),
            soak_ms: self.soak_ms.unwrap_or(configured.soak_ms),
            responses: self.responses.unwrap_or(configured.responses),
            close_when: self.close_when.unwrap_or(configured.close_when),
            min_people: self.min_people.unwrap_or(configured.min_people),
            min_confidence: self.min_confidence.unwrap_or(configured.min_confidence),
            coalesce_ms: self.coalesce_ms.unwrap_or(configured.coalesce_ms),
            environments: self.environments.unwrap_or(configured.environments),
            labels: self.labels.unwrap_or(configured.labels),
            flags: self.flags.or(configured.flags),
            releases: self.releases.or(configured.releases),
            existing: self.existing.unwrap_or(configured.existing),
            reopen_people: self.reopen_people.or(self.min_people).unwrap_or(configured.reopen_people),
            sync: configured.sync,
            steer: self.steer.unwrap_or(configured.steer),
            alerts: self.alerts.or(configured.alerts),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_is_as_configured() {
        assert_eq!(RepoPolicy::default().over(Policy::default()), Policy::default());
        let said = RepoPolicy {
            tickets: Some(TicketMode::Off),
            flags: Some(Vec::new()),
            min_people: Some(2),
            ..RepoPolicy::default()
        };
        // Who is heard sooner is heard again sooner.
        let wanted = Policy {
            tickets: TicketMode::Off,
            flags: Some(Vec::new()),
            min_people: 2,
            reopen_people: 2,
            ..Policy::default()
        };
        assert_eq!(said.over(Policy::default()), wanted);
    }
}
