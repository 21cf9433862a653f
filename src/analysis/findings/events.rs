//! Which events go together with turning negative.

use serde_json::json;

use super::Facts;
use super::build::{evidence, finding, finite, stratified, tables, too_few};
use super::shares::matters;
use crate::analysis::stats::fdr;
use crate::analysis::stats::fisher;
use crate::analysis::stats::mantel_haenszel::Stratified;
use crate::analysis::stats::table::Table;
use crate::analysis::usage::Side;
use crate::domain::finding::{Finding, Interval, Of, What};

/// Negative people with the event.
const NEGATIVE_MIN: i64 = 5;
/// People with the event.
const WITH_MIN: i64 = 20;
/// False discoveries among what is told.
const FDR_MAX: f64 = 0.10;
/// Below this the ratio differs between strata.
const HOMOGENEITY_P: f64 = 0.05;
/// An expected count below this makes the exact test tell.
const EXPECTED_MIN: f64 = 5.0;

struct Looked<'a> {
    name: &'a str,
    strata: Vec<[i64; 4]>,
    with: Of,
    without: Of,
    found: Stratified,
    p: f64,
}

/// Every tracked event with enough people; those that tell something first, by the end of the interval that is nearer
/// to 1, never by the ratio.
pub(super) fn all(facts: &Facts<'_>) -> Vec<Finding> {
    let mut few = Vec::new();
    let mut looked = Vec::new();
    for event in facts.cells.events() {
        let Some(name) = facts.events.get(&event) else { continue };
        let strata: Vec<[i64; 4]> = facts.cells.tables_by_stratum(event, Side::Negative).into_values().collect();
        let sum = |i: usize| strata.iter().map(|t| t[i]).sum::<i64>();
        let with = Of { part: sum(0), whole: sum(0) + sum(1) };
        let without = Of { part: sum(2), whole: sum(2) + sum(3) };
        let rests = || evidence(facts, METHOD, [("strata", json!(strata))]);
        if with.whole < WITH_MIN {
            few.push(too_few("event", name, "people who met it", with.whole, WITH_MIN, rests()));
        } else if with.part < NEGATIVE_MIN {
            few.push(too_few("event", name, "negative people who met it", with.part, NEGATIVE_MIN, rests()));
        } else {
            let tables = tables(strata.iter().copied());
            let found = stratified(&tables);
            let p = p_of(&tables, &found);
            looked.push(Looked { name, strata, with, without, found, p });
        }
    }
    let q = fdr::bh(&looked.iter().map(|l| l.p).collect::<Vec<_>>());
    let mut found: Vec<(f64, Finding)> =
        looked.iter().zip(q).filter_map(|(looked, q)| told(facts, looked, q)).collect();
    found.sort_by(|(a, x), (b, y)| b.total_cmp(a).then_with(|| x.subject.cmp(&y.subject)));
    found.into_iter().map(|(_, f)| f).chain(few).collect()
}

const METHOD: &str = "Mantel-Haenszel risk ratio, Greenland and Robins 1985; homogeneity by Breslow and Day with Tarone's \
                      correction; Benjamini and Hochberg 1995 over events";

/// p of the association: Fisher's where one stratum expects too few, else Cochran, Mantel and Haenszel's.
fn p_of(tables: &[Table], found: &Stratified) -> f64 {
    if let [only] = tables
        && expected(only) < EXPECTED_MIN
    {
        return fisher::p_two_sided(only);
    }
    found.association.map_or(1.0, |a| a.p)
}

fn expected(t: &Table) -> f64 {
    let n = t.n() as f64;
    let (with, without) = ((t.a + t.b) as f64, (t.c + t.d) as f64);
    let (negative, other) = ((t.a + t.c) as f64, (t.b + t.d) as f64);
    with.min(without) * negative.min(other) / n.max(1.0)
}

/// The finding with what it is ranked by.
fn told(facts: &Facts<'_>, looked: &Looked<'_>, q: f64) -> Option<(f64, Finding)> {
    let alone = || {
        let whole = looked.strata.iter().fold([0; 4], |mut sum, t| {
            sum.iter_mut().zip(t).for_each(|(s, n)| *s += n);
            sum
        });
        tables([whole])[0].ratios(super::build::LEVEL)
    };
    // No negative person without the event: no risk to compare with, but half a person more in each cell gives a bound.
    let ratio =
        looked.found.risk_ratio.map_or_else(|| (alone().risk_ratio, alone().risk_interval), |r| (r.value, r.interval));
    let odds =
        looked.found.odds_ratio.map_or_else(|| (alone().odds_ratio, alone().odds_interval), |r| (r.value, r.interval));
    let (ratio, odds) = (finite(ratio.0, ratio.1)?, finite(odds.0, odds.1)?);
    let differs = looked.found.homogeneity.is_some_and(|h| h.p < HOMOGENEITY_P);
    let rests =
        evidence(facts, METHOD, [("strata", json!(looked.strata)), ("p", json!(looked.p)), ("looked_at", json!(q))]);
    let what =
        What::Event { event: looked.name.into(), with: looked.with, without: looked.without, ratio, odds, q, differs };
    Some((nearer(&ratio), finding(what, looked.name, q <= FDR_MAX && matters(&ratio), rests)))
}

/// How far the end of the interval that is nearer to 1 lies from 1, on the log scale; negative where 1 is within.
fn nearer(ratio: &Interval) -> f64 {
    if ratio.value >= 1.0 { ratio.low.max(f64::MIN_POSITIVE).ln() } else { -ratio.high.max(f64::MIN_POSITIVE).ln() }
}
