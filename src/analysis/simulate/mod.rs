//! What the alarms would do: rollouts are drawn by the thousand under named scenarios, and every statement is looked at as
//! it comes, with the rules that are in force.
//!
//! What is drawn is made up; what judges it is the code of [`super::alarm`] itself. Each rollout has a stream of random
//! numbers of its own, so the outcome depends neither on the number of threads nor on what else is drawn.

mod draw;
mod rollout;
pub mod scenario;

use serde::Serialize;

use super::stats::wilson;
use crate::domain::alarm::AlarmRules;
use rollout::Outcome;
use scenario::Scenario;

/// The normal quantile of the intervals: 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// One kind of rollout.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// What happens in it.
    pub scenario: Scenario,
    /// People who speak in a window of 14 days; in scenarios with a control, those of them who are unhappy.
    pub volume: u32,
    /// Standard deviation of the days' drift, log odds (with a control: of the logarithm of how many come).
    pub day_sd: f64,
}

/// What came of the rollouts of one kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// What happened in them.
    pub scenario: String,
    /// As in [`Cell::volume`].
    pub volume: u32,
    /// As in [`Cell::day_sd`].
    pub day_sd: f64,
    /// Whether nothing happened, so that every alarm is false.
    pub quiet: bool,
    /// Rollouts that were drawn.
    pub rollouts: u32,
    /// Those with an alarm; where something happens, with one after it began.
    pub alarmed: u32,
    /// Their share, 0 to 1.
    pub rate: f64,
    /// The lower end of its 95 % interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// Where something happens, those with an alarm before it began: false ones.
    pub too_early: u32,
    /// Alarms a rollout where nothing happens, had each been acknowledged at once and armed anew.
    pub alarms_per_rollout: f64,
    /// Hours from its beginning to the alarm that half of all rollouts have by then; `None` where fewer than half have one.
    pub median_delay_hours: Option<f64>,
}

/// Draws rollout number `index` of a kind and watches it.
pub fn watch(rules: &AlarmRules, cell: &Cell, seed: u64, index: u32) -> Outcome {
    let mut draw = draw::Draw::new(seed, &format!("{} {} {}", cell.scenario, cell.volume, cell.day_sd), index);
    rollout::watch(rules, cell, &mut draw)
}

/// Adds up what came of all rollouts of a kind.
pub fn row(cell: &Cell, outcomes: &[Outcome]) -> Row {
    let onset = cell.scenario.onset_hours();
    let mut delays: Vec<f64> = outcomes.iter().filter_map(|o| o.alarm_hours).map(|at| at - onset).collect();
    delays.retain(|delay| *delay >= 0.0);
    delays.sort_by(f64::total_cmp);
    let any = outcomes.iter().filter(|o| o.alarm_hours.is_some()).count();
    let (all, alarmed) = (count(outcomes.len()), count(delays.len()));
    let (low, high) = wilson::interval(i64::from(alarmed), i64::from(all), Z);
    let quiet = cell.scenario.is_quiet();
    let alarms: u32 = outcomes.iter().map(|o| o.alarms).sum();
    let part = |n: u32| if all == 0 { 0.0 } else { f64::from(n) / f64::from(all) };
    let half = outcomes.len().div_ceil(2).saturating_sub(1);
    Row {
        scenario: cell.scenario.to_string(),
        volume: cell.volume,
        day_sd: cell.day_sd,
        quiet,
        rollouts: all,
        alarmed,
        rate: part(alarmed),
        low,
        high,
        too_early: count(any) - alarmed,
        alarms_per_rollout: part(alarms),
        median_delay_hours: delays.get(half).copied().filter(|_| !quiet).map(|h| (h * 10.0).round() / 10.0),
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
