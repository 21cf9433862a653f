//! What the cells of a window come to.

use serde::{Deserialize, Serialize};

use super::cells::Picture;
use super::exposure::Exposure;
use super::guards::{self, Guard};
use super::share;
use crate::analysis::stats::rate_ratio::RateRatio;
use crate::analysis::stats::special::logaddexp;
use crate::domain::alarm::{AlarmRules, Grade};

/// Which way something changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// More people are unhappy.
    #[default]
    Worse,
    /// More people are happy.
    Better,
}

/// What the evidence rests on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Process {
    /// Nothing could be judged.
    #[default]
    None,
    /// Exposed people against the others.
    Label,
    /// The window against its baseline; the cause is not established.
    Share,
    /// The mean of both.
    Both,
}

/// The share of a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ShareNow {
    /// People who spoke where something is known to be usual.
    pub people: u64,
    /// Those who count: unhappy ones, or happy ones.
    pub hits: u64,
    /// Their usual share among people like these, 0 to 1.
    pub usual: Option<f64>,
}

/// What the cells come to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Which way.
    pub side: Side,
    /// `ln` of the evidence, by which the grade goes. An e-value: it ever reaches `x` by chance in at most one of `x`
    /// windows.
    pub ln_e: f64,
    /// The grade, before it is latched.
    pub grade: Grade,
    /// Distinct people behind it.
    pub people: u64,
    /// What it rests on.
    pub process: Process,
    /// `ln` of the evidence of the comparison of arms, where there is one.
    pub ln_e_label: Option<f64>,
    /// `ln` of the evidence against the baseline, where there is one.
    pub ln_e_share: Option<f64>,
    /// How likely the change began in each epoch, if there was one.
    pub starts: Vec<f64>,
    /// How much more often exposed people speak up, where there are others.
    pub rate_ratio: Option<RateRatio>,
    /// The share against what is usual.
    pub share: Option<ShareNow>,
    /// What has to be told with it.
    pub guards: Vec<Guard>,
}

/// Judges a window from epoch `from` on (0, or where an acknowledged alarm was armed anew), after `rearms` such times.
pub fn evaluate(rules: &AlarmRules, picture: &Picture, side: Side, from: u32, rearms: u32) -> Verdict {
    let mut guards = guards::of_arms(rules, &picture.allocations, &picture.linkage);
    let exposure = Exposure::read(rules, &picture.arms, &picture.allocations, &guards, side, from);
    let judged = share::judge(rules, &picture.shares, &picture.baseline, side, from);
    if judged.unjudged > 0 {
        guards.push(Guard::Unjudged { people: judged.unjudged });
    }
    if !judged.has_baseline {
        guards.push(Guard::NoBaseline);
    }
    // Where there is a control, a guess at what is usual would only blur what is known.
    let share = (judged.has_baseline || exposure.is_none()).then_some(&judged);
    let (label, evidence) = (exposure.as_ref().map(Exposure::ln_e), share.map(|s| s.ln_e));
    let (ln_e, process) = combined(label, evidence);
    let by_label = label.unwrap_or(f64::NEG_INFINITY) >= evidence.unwrap_or(f64::NEG_INFINITY);
    let leading = exposure.as_ref().filter(|_| by_label);
    let people = leading.map_or(judged.now.hits, Exposure::people);
    Verdict {
        side,
        ln_e,
        grade: rules.grade(ln_e, people, rearms),
        people,
        process,
        ln_e_label: label,
        ln_e_share: evidence,
        starts: leading.map_or_else(|| judged.starts.clone(), Exposure::starts),
        rate_ratio: exposure.as_ref().map(Exposure::rate_ratio),
        share: share.map(|s| s.now),
        guards,
    }
}

/// Both kinds of evidence together: their mean, which is evidence however they hang together.
pub fn combined(label: Option<f64>, share: Option<f64>) -> (f64, Process) {
    match (label, share) {
        (Some(label), Some(share)) => (logaddexp(label, share) - std::f64::consts::LN_2, Process::Both),
        (Some(label), None) => (label, Process::Label),
        (None, Some(share)) => (share, Process::Share),
        (None, None) => (0.0, Process::None),
    }
}

#[cfg(test)]
mod tests;
