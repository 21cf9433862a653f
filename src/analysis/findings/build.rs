//! How findings are put together.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Facts;
use crate::analysis::stats::share::{self as stats, Confidence};
use crate::analysis::stats::table::Table;
use crate::analysis::stats::{detectable as shifts, mantel_haenszel, newcombe, wilson};
use crate::domain::finding::{Evidence, Finding, Interval, Of, STATEMENTS_MAX, Standing, What};

/// Intervals cover the truth this often.
pub(super) const LEVEL: Confidence = Confidence::P95;

/// A whole number that is never negative.
pub(super) fn count(n: i64) -> u64 {
    n.max(0).unsigned_abs()
}

/// A share as the methods take it; a part outside of its whole is taken as the nearest that fits.
pub(super) fn share(of: Of) -> Option<stats::Share> {
    let whole = count(of.whole);
    stats::Share::new(count(of.part).min(whole), whole)
}

/// A share with its Wilson interval; `None` for nobody.
pub(super) fn wilson(of: Of) -> Option<Interval> {
    let share = share(of)?;
    Some(interval(share.value()?, wilson::of(share, LEVEL)))
}

/// The difference of two shares by Newcombe.
pub(super) fn difference(one: Of, other: Of) -> Option<Interval> {
    let found = newcombe::difference(share(one)?, share(other)?, LEVEL)?;
    Some(interval(found.value, found.interval))
}

/// An estimate with its ends; `None` where one is not finite.
pub(super) fn finite(value: f64, ends: stats::Interval) -> Option<Interval> {
    [value, ends.low, ends.high].into_iter().all(f64::is_finite).then(|| interval(value, ends))
}

pub(super) fn interval(value: f64, ends: stats::Interval) -> Interval {
    Interval { value, low: ends.low, high: ends.high }
}

/// Tables as the methods take them.
pub(super) fn tables(cells: impl IntoIterator<Item = [i64; 4]>) -> Vec<Table> {
    cells.into_iter().map(|t| Table::new(t.map(count))).collect()
}

/// Strata compared like with like.
pub(super) fn stratified(tables: &[Table]) -> mantel_haenszel::Stratified {
    mantel_haenszel::compare(tables, LEVEL)
}

/// The smallest rise above a share that so many would have shown.
pub(super) fn detectable(base: Of, n: i64) -> Option<f64> {
    shifts::smallest_rise(share(base)?, count(n), shifts::POWER_DEFAULT, LEVEL)
}

/// A finding that says something, or that chance could explain it.
pub(super) fn finding(what: What, subject: &str, told: bool, evidence: Evidence) -> Finding {
    Finding {
        subject: subject.into(),
        kind: what.name().into(),
        what: Some(what),
        standing: if told { Standing::Told } else { Standing::Chance },
        detectable: None,
        evidence,
    }
}

/// A finding that says that there are too few.
pub(super) fn too_few(kind: &str, subject: &str, of: &str, have: i64, need: i64, evidence: Evidence) -> Finding {
    Finding {
        subject: subject.into(),
        kind: kind.into(),
        what: None,
        standing: Standing::TooFew { of: of.into(), have, need },
        detectable: None,
        evidence,
    }
}

/// What a finding rests on.
pub(super) fn evidence<const N: usize>(facts: &Facts<'_>, method: &str, counters: [(&str, Value); N]) -> Evidence {
    Evidence {
        counters: counters.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<BTreeMap<_, _>>(),
        method: method.into(),
        engines: facts.engines.to_vec(),
        feedback: facts.negative.iter().take(STATEMENTS_MAX).cloned().collect(),
    }
}

/// A share as evidence.
pub(super) fn of_value(of: Of) -> Value {
    json!([of.part, of.whole])
}
