//! A rule of a flag: which share of those whom it catches gets which variation, at a moment.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::time::UnixMs;

/// The platform counts in thousandths of a percent.
const STEPS_PER_PERCENT: f64 = 1_000.0;

/// A rule as it is written.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct Rule {
    pub(super) name: Option<String>,
    pub(super) query: Option<String>,
    pub(super) variation: Option<String>,
    pub(super) percentage: Option<BTreeMap<String, f64>>,
    #[serde(rename = "progressiveRollout")]
    pub(super) progressive: Option<Progressive>,
    pub(super) disable: Option<bool>,
}

/// A share that climbs by itself, from one variation to another.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct Progressive {
    initial: Option<End>,
    end: Option<End>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct End {
    #[serde(alias = "Variation")]
    variation: Option<String>,
    #[serde(alias = "Percentage")]
    percentage: Option<f64>,
    #[serde(alias = "Date")]
    date: Option<String>,
}

/// A date where one is written.
pub(super) fn date(text: Option<&String>) -> Option<UnixMs> {
    UnixMs::parse_rfc3339(text?)
}

/// Whether a date is still to come.
pub(super) fn lies_ahead(text: Option<&String>, at: UnixMs) -> bool {
    date(text).is_some_and(|d| d > at)
}

impl Rule {
    /// Whether it has no query.
    pub(super) fn catches_all(&self) -> bool {
        self.query.as_deref().is_none_or(|q| q.trim().is_empty())
    }

    /// What it gives, as it is written.
    pub(super) fn given(&self) -> (Option<String>, Option<BTreeMap<String, f64>>, Option<Progressive>) {
        (self.variation.clone(), self.percentage.clone(), self.progressive.clone())
    }

    /// How many it gives one of `new` to; `None` where it gives nothing that can be read.
    pub(super) fn share(&self, new: &BTreeSet<&str>, at: UnixMs) -> Option<f64> {
        let shares = self.shares(at);
        (!shares.is_empty()).then(|| {
            let given = shares.iter().filter(|(name, _)| new.contains(*name)).map(|(_, p)| p);
            rounded(given.fold(0.0, |sum, p| sum + p)).clamp(0.0, 100.0)
        })
    }

    /// Each variation's share, in percent: of a progressive rollout, else of weights, else all of one variation.
    pub(super) fn shares(&self, at: UnixMs) -> BTreeMap<&str, f64> {
        if let Some(progressive) = &self.progressive {
            return progressive.shares(at).unwrap_or_default();
        }
        let weights = self.percentage.iter().flatten().filter(|(_, w)| **w > 0.0);
        let sum: f64 = weights.clone().map(|(_, w)| w).sum();
        if sum > 0.0 && sum.is_finite() {
            return weights.map(|(name, w)| (name.as_str(), rounded(w / sum * 100.0))).collect();
        }
        self.variation.as_deref().map(|v| (v, 100.0)).into_iter().collect()
    }

    /// Whether its share goes on climbing after `at`.
    pub(super) fn goes_on(&self, at: UnixMs) -> bool {
        let end = self.progressive.as_ref().and_then(|p| p.end.as_ref());
        end.is_some_and(|end| lies_ahead(end.date.as_ref(), at))
    }

    /// Takes what a scheduled step sets; a negative share removes one.
    pub(super) fn merge(&mut self, step: &Self) {
        self.query = step.query.clone().or(self.query.take());
        self.variation = step.variation.clone().or(self.variation.take());
        self.progressive = step.progressive.clone().or(self.progressive.take());
        self.disable = step.disable.or(self.disable);
        for (name, share) in step.percentage.iter().flatten() {
            let shares = self.percentage.get_or_insert_default();
            if *share < 0.0 {
                shares.remove(name);
            } else {
                shares.insert(name.clone(), *share);
            }
        }
    }
}

impl Progressive {
    fn shares(&self, at: UnixMs) -> Option<BTreeMap<&str, f64>> {
        let (initial, end) = (self.initial.as_ref()?, self.end.as_ref()?);
        let dates = (date(initial.date.as_ref())?, date(end.date.as_ref())?);
        let share = climbed(dates, (initial.percentage, end.percentage), at)?;
        let (from, to) = (initial.variation.as_deref()?, end.variation.as_deref()?);
        let mut shares = BTreeMap::from([(from, 100.0 - share)]);
        *shares.entry(to).or_default() += share;
        Some(shares)
    }
}

/// How far a progressive rollout is, in percent: nobody before it begins, then straight from the first share to the last,
/// which is 100 where none is given. `None` where it does not end after it begins.
pub(super) fn climbed(
    (begin, end): (UnixMs, UnixMs),
    (first, last): (Option<f64>, Option<f64>),
    at: UnixMs,
) -> Option<f64> {
    let last = last.filter(|p| *p > 0.0 && *p <= 100.0).unwrap_or(100.0);
    let first = first.unwrap_or_default().clamp(0.0, 100.0);
    if end <= begin {
        return None;
    }
    let way = (at.since(begin) as f64 / end.since(begin) as f64).min(1.0);
    Some(if way < 0.0 { 0.0 } else { rounded(first + (last - first) * way) })
}

fn rounded(percent: f64) -> f64 {
    (percent * STEPS_PER_PERCENT).round() / STEPS_PER_PERCENT
}
