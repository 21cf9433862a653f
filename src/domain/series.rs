//! Numbers about a rollout that another system has already added up: an error ratio by the hour, conversions by variant.

use serde::{Deserialize, Serialize};

use crate::time::{HOUR_MS, UnixMs};

/// What a metric came to in one hour. Hours are those of UTC.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HourPoint {
    /// The metric's name.
    pub metric: String,
    /// When the hour began, ms since 1970.
    pub hour_ms: i64,
    /// The samples of the hour added up, in the metric's unit.
    pub sum: f64,
    /// How many they are, from 1: the mean is `sum / n`.
    pub n: i64,
}

/// How many of the people with one variant did what is counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arm {
    /// The variant; `None` where people had none.
    pub variant: Option<String>,
    /// The kind of people, where the source tells them apart: a plan, a country.
    pub segment: Option<String>,
    /// People who were shown it, from 0.
    pub exposed: i64,
    /// Those of them who did it, from 0.
    pub events: i64,
    /// Those of them who met something bad, from 0, where the source counts that.
    pub negatives: Option<i64>,
}

/// What a system told about a rollout.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pulled {
    /// A series, oldest first, with at most one point an hour; hours without data are not in it.
    pub hours: Vec<HourPoint>,
    /// Counts by variant, in the order in which they were told.
    pub arms: Vec<Arm>,
    /// What the system said beside, for people.
    pub warnings: Vec<String>,
}

/// The systems that can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PullKind {
    /// Prometheus, or what answers as it does: Mimir, Thanos, `VictoriaMetrics`.
    Prometheus,
    /// `PostHog`'s query API.
    PostHog,
    /// `ClickHouse`, or a warehouse that takes SQL over HTTP and answers with rows as JSON.
    Sql,
}

/// How names get into SQL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Binding {
    /// As parameters of the request, apart from the query.
    #[default]
    Params,
    /// As literals in the query: for `ClickHouse` before 20.1, and warehouses without parameters.
    Literals,
}

/// Which way a metric hurts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Bad {
    /// More of it is worse: errors, latency.
    High,
    /// Less of it is worse: conversions, revenue.
    Low,
}

/// A span of whole hours of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hours {
    /// When the first began.
    pub from: UnixMs,
    /// When the last ended, which is no part of it.
    pub to: UnixMs,
}

impl Hours {
    /// The whole hours from the one that holds `from` up to the one that holds `to`, without it.
    pub fn between(from: UnixMs, to: UnixMs) -> Self {
        Self { from: hour_of(from), to: hour_of(to) }
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.to <= self.from
    }

    /// How long it is, ms.
    pub fn ms(self) -> i64 {
        self.to.since(self.from)
    }

    /// Whether a moment lies in it.
    pub fn holds(self, at: UnixMs) -> bool {
        self.from <= at && at < self.to
    }
}

/// When the hour that holds a moment began.
pub fn hour_of(at: UnixMs) -> UnixMs {
    at.plus(-at.0.rem_euclid(HOUR_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_whole_on_both_sides_of_1970() {
        for (at, hour) in [(0, 0), (1, 0), (HOUR_MS - 1, 0), (HOUR_MS, HOUR_MS), (-1, -HOUR_MS)] {
            assert_eq!(hour_of(UnixMs(at)), UnixMs(hour), "{at}");
        }
        let hours = Hours::between(UnixMs(1), UnixMs(2 * HOUR_MS + 5));
        assert_eq!((hours.ms(), hours.holds(UnixMs(0)), hours.holds(UnixMs(2 * HOUR_MS))), (2 * HOUR_MS, true, false));
        assert!(Hours::between(UnixMs(5), UnixMs(6)).is_empty());
    }
}
