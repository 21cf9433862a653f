//! What the counters of a rollout say, as findings.
//!
//! [`work_out`] is a pure function of counters: the same facts give the same findings, whoever asks and whenever. Each
//! method has its smallest sample; below it a finding says that there are too few, and how many it takes. Where chance
//! alone could explain what is seen, the finding says that, with the smallest shift that would have been seen by now. Only
//! alarms, which hold however often somebody looks, page anybody; everything here explains.
//!
//! ```text
//! Cells, baseline, series, past rollouts, themes  ->  alarms, shares, events, people, metrics, themes, outlook  ->  Vec<Finding>
//! ```

mod alarms;
mod build;
mod bursts;
mod events;
mod metrics;
mod outlook;
mod people;
mod shares;
#[cfg(test)]
mod tests;
mod themes;

use std::collections::BTreeMap;

pub use self::alarms::{BETTER, Judged, Look, WHOLE, Watch, look};
pub use self::bursts::bursts;
pub use self::metrics::Series;
pub use self::themes::{Pair, ThemeFacts};
use super::alarm::cells::Baseline;
use super::usage::{Cells, RolloutClock, Share};
use crate::domain::alarm::AlarmRules;
use crate::domain::finding::Finding;
use crate::id::FeedbackId;
use crate::time::UnixMs;

/// What findings are worked out from.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// When it is looked at.
    pub now: UnixMs,
    /// Where epochs and cohorts begin.
    pub clock: &'a RolloutClock,
    /// The counters.
    pub cells: &'a Cells,
    /// Stages in the order in which they began.
    pub stages: &'a [Share],
    /// Names of tracked events by number.
    pub events: &'a BTreeMap<u32, String>,
    /// Names of segments by number.
    pub segments: &'a BTreeMap<u32, String>,
    /// What was usual before.
    pub usual: &'a Baseline,
    /// The rules of alarms.
    pub rules: &'a AlarmRules,
    /// The alarms, looked at.
    pub judged: &'a [Judged],
    /// The largest evidence so far that a stage is not allocated as planned.
    pub mismatch: &'a BTreeMap<String, f64>,
    /// Hourly metrics.
    pub series: &'a [Series],
    /// Themes of the rollout.
    pub themes: &'a [ThemeFacts],
    /// Pairs of rollouts with people in common.
    pub pairs: &'a [Pair],
    /// Negative people and all, of past rollouts at their end.
    pub past: &'a [(i64, i64)],
    /// Engines that read the statements.
    pub engines: &'a [String],
    /// Negative statements, the latest first.
    pub negative: &'a [FeedbackId],
}

/// All findings of a rollout, in an order that does not change: alarms, shares, stages, events, people, metrics, themes, outlook.
pub fn work_out(facts: &Facts<'_>) -> Vec<Finding> {
    [
        alarms::all(facts),
        shares::all(facts),
        events::all(facts),
        people::all(facts),
        metrics::all(facts),
        themes::all(facts),
        outlook::all(facts),
    ]
    .concat()
}
