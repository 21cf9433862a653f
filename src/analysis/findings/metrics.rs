//! Whether feedback turns bad when a metric does.

use std::collections::BTreeMap;

use serde_json::json;

use super::Facts;
use super::build::{count, evidence, finding, too_few};
use crate::analysis::stats::{ccf, circular_shift, fdr};
use crate::domain::finding::{Finding, Of, What};
use crate::domain::series::Bad;
use crate::time::HOUR_MS;

/// Hours that a metric must have.
const HOURS_MIN: usize = 72;
/// Hours that are looked at, the latest: two weeks.
const HOURS_MAX: i64 = 336;
/// Negative statements that it takes.
const NEGATIVE_MIN: i64 = 50;
/// An hour is bad for itself and the two after it.
const AFTER_HOURS: usize = 2;
/// Of ten hours the worst is bad.
const BAD_SHARE: f64 = 0.1;
/// Hours by which one may go before the other.
const LAG_MAX: usize = 12;
/// False discoveries among metrics.
const FDR_MAX: f64 = 0.10;
/// Order of the autoregression that takes out what each series says of itself.
const ORDER: usize = 2;
const DAY_HOURS: i64 = 24;

/// An hourly metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Its name.
    pub metric: String,
    /// On which side it is bad.
    pub bad: Bad,
    /// Its mean by the hour since 1970; hours without data are left out.
    pub hours: BTreeMap<i64, f64>,
}

pub(super) fn all(facts: &Facts<'_>) -> Vec<Finding> {
    let said = facts.cells.hours();
    let mut few = Vec::new();
    let mut looked = Vec::new();
    for series in facts.series {
        let hours = aligned(series, &said, facts.clock.origin.0.div_euclid(HOUR_MS));
        let negative: i64 = hours.iter().map(|h| h.negative).sum();
        let rests = || {
            let rows: Vec<_> = hours.iter().map(|h| json!([h.at, h.value, h.negative, h.all])).collect();
            evidence(facts, METHOD, [("hour_value_negative_all", json!(rows))])
        };
        if hours.len() < HOURS_MIN {
            let have = i64::try_from(hours.len()).unwrap_or(i64::MAX);
            few.push(too_few("performance", &series.metric, "hours of it", have, 72, rests()));
        } else if negative < NEGATIVE_MIN {
            few.push(too_few("performance", &series.metric, "negative statements", negative, NEGATIVE_MIN, rests()));
        } else {
            looked.extend(look(series, &hours).map(|l| (l, rests())));
        }
    }
    let q = fdr::bh(&looked.iter().map(|(l, _)| l.p).collect::<Vec<_>>());
    let told = looked.into_iter().zip(q).map(|((l, rests), q)| {
        let what = What::Performance {
            metric: l.metric.clone(),
            bad: l.bad,
            other: l.other,
            odds: l.odds,
            p: l.p,
            q,
            lag_hours: l.lag,
        };
        finding(what, &l.metric, q <= FDR_MAX && l.odds > 1.0, rests)
    });
    told.chain(few).collect()
}

const METHOD: &str =
    "exact p over all circular shifts; lag by cross-correlation of prewhitened series (Box and Jenkins)";

struct Hour {
    at: i64,
    /// `None` where it is not known.
    value: Option<f64>,
    negative: i64,
    all: i64,
}

struct Looked {
    metric: String,
    bad: Of,
    other: Of,
    odds: f64,
    p: f64,
    lag: Option<i64>,
}

/// Each hour of the rollout from the first to the last for which the metric is known, at most the latest two weeks, with
/// what was said in it: what is compared hour by hour must have no gaps.
fn aligned(series: &Series, said: &BTreeMap<i64, (i64, i64)>, opened: i64) -> Vec<Hour> {
    let known: BTreeMap<i64, f64> =
        series.hours.range(opened..).filter(|(_, v)| v.is_finite()).map(|(hour, v)| (*hour, *v)).collect();
    let (Some((first, _)), Some((last, _))) = (known.first_key_value(), known.last_key_value()) else {
        return Vec::new();
    };
    (*first.max(&(last - HOURS_MAX + 1))..=*last)
        .map(|hour| {
            let (negative, all) = said.get(&hour).copied().unwrap_or_default();
            let value = known.get(&hour).map(|v| if series.bad == Bad::High { *v } else { -v });
            Hour { at: hour, value, negative, all }
        })
        .collect()
}

fn look(series: &Series, hours: &[Hour]) -> Option<Looked> {
    let flat = without_time_of_day(hours, |h| h.value);
    let bad = bad_hours(&flat);
    let negative: Vec<u64> = hours.iter().map(|h| count(h.negative)).collect();
    let all: Vec<u64> = hours.iter().map(|h| count(h.all)).collect();
    let tested = circular_shift::test(&bad, &negative, &all, slot(hours[0].at))?;
    let of = |wanted: bool| {
        let chosen = || hours.iter().zip(&bad).filter(move |(_, b)| **b == wanted).map(|(h, _)| h);
        Of { part: chosen().map(|h| h.negative).sum(), whole: chosen().map(|h| h.all).sum() }
    };
    let (worse, other) = (of(true), of(false));
    let shares: Vec<f64> = without_time_of_day(hours, |h| (h.all > 0).then(|| h.negative as f64 / h.all as f64));
    let lag = ccf::prewhitened(&flat, &shares, ORDER, LAG_MAX).and_then(|c| c.lag());
    Some(Looked {
        metric: series.metric.clone(),
        bad: worse,
        other,
        odds: tested.log_odds_ratio.exp(),
        p: tested.p,
        lag: lag.filter(|lag| *lag > 0),
    })
}

fn slot(hour: i64) -> usize {
    usize::try_from(hour.rem_euclid(DAY_HOURS)).unwrap_or(0)
}

/// A number of each hour less its mean at that time of day; 0 where it is not known.
fn without_time_of_day(hours: &[Hour], of: impl Fn(&Hour) -> Option<f64>) -> Vec<f64> {
    let mut sums = [(0.0, 0.0); 24];
    for h in hours {
        if let Some(value) = of(h) {
            let (sum, n) = &mut sums[slot(h.at)];
            *sum += value;
            *n += 1.0;
        }
    }
    hours.iter().map(|h| of(h).map_or(0.0, |value| value - sums[slot(h.at)].0 / sums[slot(h.at)].1)).collect()
}

/// Whether each hour, or one of the two before it, is among the worst tenth.
fn bad_hours(flat: &[f64]) -> Vec<bool> {
    let mut sorted = flat.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index into the list")]
    let cut = sorted[((1.0 - BAD_SHARE) * (sorted.len() - 1) as f64).ceil() as usize];
    (0..flat.len()).map(|i| flat[i.saturating_sub(AFTER_HOURS)..=i].iter().any(|x| *x >= cut)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_begin_with_the_rollout_and_have_no_gaps() {
        let hours = BTreeMap::from([(95, 9.0), (100, 1.0), (102, 3.0), (103, f64::NAN), (104, 2.0)]);
        let series = Series { metric: "p95".into(), bad: Bad::Low, hours };
        let said = BTreeMap::from([(95, (5, 5)), (101, (1, 4)), (102, (0, 2))]);
        let rows: Vec<(i64, Option<f64>, i64)> =
            aligned(&series, &said, 100).into_iter().map(|h| (h.at, h.value, h.all)).collect();
        let want = [(100, Some(-1.0), 0), (101, None, 4), (102, Some(-3.0), 2), (103, None, 0), (104, Some(-2.0), 0)];
        assert_eq!(rows, want);
    }

    #[test]
    fn an_hour_that_is_not_known_is_neither_good_nor_bad() {
        let hour = |at, value| Hour { at, value, negative: 0, all: 0 };
        let flat = without_time_of_day(&[hour(0, Some(4.0)), hour(1, None), hour(24, Some(6.0))], |h| h.value);
        assert!(flat.iter().zip([-1.0, 0.0, 1.0]).all(|(got, want)| (got - want).abs() < 1e-12), "{flat:?}");
    }
}
