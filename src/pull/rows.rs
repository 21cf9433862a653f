//! Rows of a warehouse as numbers about a rollout: which they are is told by the columns.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::domain::series::{Arm, HourPoint, Hours, Pulled, hour_of};
use crate::sources::usage::moment;
use crate::time::UnixMs;

/// Rows of one answer that are read.
pub(super) const ROWS_MAX: usize = 50_000;

const HOUR: &[&str] = &["hour", "hour_ms", "time", "timestamp", "bucket", "ts"];
const SUM: &[&str] = &["sum", "value"];
const COUNT: &[&str] = &["n", "count", "samples"];
const EXPOSED: &[&str] = &["exposed", "people", "users"];
const EVENTS: &[&str] = &["events", "conversions"];
const NEGATIVES: &[&str] = &["negatives", "errors"];
const VARIANT: &[&str] = &["variant", "variation"];
const SEGMENT: &[&str] = &["segment"];

/// Reads rows; the error says which columns are expected.
pub(super) fn read(rows: &[Map<String, Value>], metric: &str, hours: Hours) -> Result<Pulled, String> {
    let Some(first) = rows.first() else { return Ok(Pulled::default()) };
    if rows.len() > ROWS_MAX {
        return Err(format!("expected at most {ROWS_MAX} rows: group by the hour or by the variant"));
    }
    let has = |names: &[&str]| find(first, names).is_some();
    if has(EXPOSED) && has(EVENTS) {
        let arms = rows.iter().enumerate().map(|(i, row)| arm(row).map_err(|e| format!("row {}: {e}", i + 1)));
        return Ok(Pulled { arms: arms.collect::<Result<_, _>>()?, ..Pulled::default() });
    }
    if has(HOUR) && has(SUM) {
        return Ok(Pulled { hours: series(rows, metric, hours)?, ..Pulled::default() });
    }
    let found: Vec<String> = first.keys().take(20).map(|k| k.chars().take(40).collect()).collect();
    Err(format!(
        "expected the columns hour and sum (and n), or exposed and events (and variant, segment, negatives); found {}",
        found.join(", ")
    ))
}

/// A column by any of its names, in any case.
fn find<'a>(row: &'a Map<String, Value>, names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|name| row.iter().find(|(k, _)| k.eq_ignore_ascii_case(name)).map(|(_, v)| v))
}

fn series(rows: &[Map<String, Value>], metric: &str, hours: Hours) -> Result<Vec<HourPoint>, String> {
    let mut points = Points::default();
    for (i, row) in rows.iter().enumerate() {
        let at = find(row, HOUR).and_then(moment).ok_or_else(|| format!("row {}: hour is no time", i + 1))?;
        // An hour without data is none of a sum of 0.
        let Some(sum) = number(find(row, SUM)).map_err(|e| format!("row {}: sum {e}", i + 1))? else { continue };
        let n = match find(row, COUNT) {
            None => 1,
            Some(n) => whole(n).map_err(|e| format!("row {}: n {e}", i + 1))?,
        };
        if n > 0 {
            points.add(at, sum, n, hours);
        }
    }
    Ok(points.finish(metric))
}

fn arm(row: &Map<String, Value>) -> Result<Arm, String> {
    let text = |names: &[&str]| match find(row, names) {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text.trim().to_owned()).filter(|t| !t.is_empty()),
        Some(other) => Some(other.to_string()),
    };
    let count = |names: &[&str]| find(row, names).map_or(Ok(0), whole).map_err(|e| format!("{} {e}", names[0]));
    let negatives = match find(row, NEGATIVES) {
        None | Some(Value::Null) => None,
        Some(n) => Some(whole(n).map_err(|e| format!("negatives {e}"))?),
    };
    Ok(Arm {
        variant: text(VARIANT),
        segment: text(SEGMENT),
        exposed: count(EXPOSED)?,
        events: count(EVENTS)?,
        negatives,
    })
}

/// A number, also one that is written as text, as `ClickHouse` does with long ones; `None` for null and for what is no
/// number by its own words.
fn number(value: Option<&Value>) -> Result<Option<f64>, &'static str> {
    let number = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(n)) => n.as_f64(),
        Some(Value::String(text)) => text.trim().parse::<f64>().ok(),
        Some(Value::Bool(_) | Value::Array(_) | Value::Object(_)) => None,
    };
    number.map(|n| Some(n).filter(|n| n.is_finite())).ok_or("is no number")
}

/// A whole number from 0.
fn whole(value: &Value) -> Result<i64, &'static str> {
    let n = number(Some(value))?.ok_or("is no number")?;
    if !(0.0..=1e15).contains(&n) || n.fract() != 0.0 {
        return Err("is no whole number from 0");
    }
    #[expect(clippy::cast_possible_truncation, reason = "whole, and below 1e15")]
    Ok(n as i64)
}

/// Adds samples up by the hour.
#[derive(Debug, Default)]
pub(super) struct Points(BTreeMap<UnixMs, (f64, i64)>);

impl Points {
    /// Adds `n` samples that come to `sum`; what lies outside of `hours` was not asked for.
    pub(super) fn add(&mut self, at: UnixMs, sum: f64, n: i64, hours: Hours) {
        if hours.holds(at) {
            let point = self.0.entry(hour_of(at)).or_default();
            *point = (point.0 + sum, point.1.saturating_add(n));
        }
    }

    /// The points, oldest first.
    pub(super) fn finish(self, metric: &str) -> Vec<HourPoint> {
        let point =
            |(at, (sum, n)): (UnixMs, (f64, i64))| HourPoint { metric: metric.to_owned(), hour_ms: at.0, sum, n };
        self.0.into_iter().map(point).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::time::HOUR_MS;

    const FROM: UnixMs = UnixMs(1_791_540_000_000);
    const HOURS: Hours = Hours { from: FROM, to: UnixMs(1_791_540_000_000 + 2 * HOUR_MS) };

    fn rows(rows: &Value) -> Vec<Map<String, Value>> {
        rows.as_array().unwrap().iter().map(|r| r.as_object().unwrap().clone()).collect()
    }

    #[test]
    fn hours_are_read_as_warehouses_write_them() {
        let told = rows(&json!([
            {"hour": "2026-10-09 10:00:00", "sum": 1.5, "n": "2"},
            {"hour": 1_791_540_000, "sum": "0.5", "n": 1},
            {"hour": "2026-10-09T11:00:00Z", "sum": null, "n": 3},
            {"hour": "2026-10-09T11:00:00Z", "sum": "nan", "n": 3},
            {"hour": "2026-10-09T12:00:00Z", "sum": 9, "n": 1},
        ]));
        let pulled = read(&told, "latency", HOURS).unwrap();
        assert_eq!(pulled.hours, [HourPoint { metric: "latency".into(), hour_ms: FROM.0, sum: 2.0, n: 3 }]);
    }

    #[test]
    fn counts_by_variant_are_read_and_null_is_no_variant() {
        let told = rows(&json!([
            {"Variant": "on", "exposed": "120", "events": 30, "segment": "pro", "negatives": 2},
            {"Variant": null, "exposed": 5, "events": 0, "segment": "", "negatives": null},
        ]));
        let pulled = read(&told, "m", HOURS).unwrap();
        let on = Arm {
            variant: Some("on".into()),
            segment: Some("pro".into()),
            exposed: 120,
            events: 30,
            negatives: Some(2),
        };
        assert_eq!(pulled.arms, [on, Arm { variant: None, segment: None, exposed: 5, events: 0, negatives: None }]);
    }

    #[test]
    fn what_is_missing_is_named() {
        for (told, said) in [
            (json!([{"a": 1, "b": 2}]), "expected the columns hour and sum (and n), or exposed and events"),
            (json!([{"hour": "soon", "sum": 1}]), "row 1: hour is no time"),
            (json!([{"hour": 1_791_540_000, "sum": "much"}]), "row 1: sum is no number"),
            (json!([{"exposed": 1.5, "events": 1}]), "row 1: exposed is no whole number from 0"),
            (json!([{"exposed": 1, "events": -1}]), "row 1: events is no whole number from 0"),
        ] {
            let found = read(&rows(&told), "m", HOURS).unwrap_err();
            assert!(found.starts_with(said), "{found}");
        }
        assert_eq!(read(&[], "m", HOURS), Ok(Pulled::default()));
    }
}
