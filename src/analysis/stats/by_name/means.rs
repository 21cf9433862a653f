//! Means by name.

use serde_json::{Map, Value, json};

use super::given::{count, integer, list, number, wrong};
use super::{ALPHA, ArgumentError, CONF, Function, Given, arg, fields, opt};
use crate::analysis::stats::moments::{Moments, Sums};
use crate::analysis::stats::share::{Confidence, Interval};
use crate::analysis::stats::{asymp_cs, welch};

/// What an arm's sums look like.
const SUMS: &str = "an object {n, sum_micro, sumsq_micro2}: people, Σ score·1e6, Σ (score·1e6)² as a decimal string";

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        names: &["welch", "asymp_cs"],
        about: "difference of two mean scores: Welch's test at one look, and an interval to peek at",
        arguments: &[
            arg("t", SUMS),
            arg("c", "the control's sums, alike"),
            opt("n_star", "items at which the sequence is tightest, above 0; 5000"),
            CONF,
            ALPHA,
        ],
        run: difference,
    },
    Function {
        names: &["moments_merge"],
        about: "count, mean and spread of parts put together",
        arguments: &[arg("parts", "a list of [n, mean, M2]")],
        run: merge,
    },
];

fn difference(g: Given<'_>) -> Result<Value, ArgumentError> {
    let (t, c) = (sums("t", g.object("t", SUMS)?)?, sums("c", g.object("c", SUMS)?)?);
    let n_star = g.number_or("n_star", asymp_cs::N_STAR_DEFAULT, "a number above 0", |x| x > 0.0)?;
    let confidence = g.confidence()?;
    let peeked = Confidence::new(1.0 - g.alpha()?).unwrap_or(Confidence::P95);
    let w = welch::test(&t, &c, confidence);
    let cs = asymp_cs::difference(&t, &c, n_star, peeked);
    let at = |of: fn(&welch::Welch) -> f64| w.as_ref().map(of);
    let end = |of: fn(&Interval) -> f64| cs.as_ref().map(of);
    Ok(json!({
        "diff": at(|w| w.difference), "lo": at(|w| w.interval.low), "hi": at(|w| w.interval.high),
        "t": at(|w| w.t), "df": at(|w| w.df), "p": at(|w| w.p),
        "acs_lo": end(|i| i.low), "acs_hi": end(|i| i.high),
    }))
}

fn sums(arm: &str, of: &Map<String, Value>) -> Result<Moments, ArgumentError> {
    let field = |name: &str| {
        let path = format!("{arm}.{name}");
        of.get(name).map(|v| (path.clone(), v)).ok_or_else(|| wrong(path, format!("missing; {arm} is {SUMS}")))
    };
    let (path, n) = field("n")?;
    let n = count(&path, n)?;
    let (path, sum) = field("sum_micro")?;
    let sum_micro = integer(&path, sum)?;
    let (path, squares) = field("sumsq_micro2")?;
    let sumsq_micro2 = integer(&path, squares)?;
    Sums { n, sum_micro, sumsq_micro2 }.moments().ok_or_else(|| wrong(path, "expected no negative sum of squares"))
}

/// Reads [n, mean, M2].
pub(super) fn moments(field: &str, value: &Value) -> Result<Moments, ArgumentError> {
    let [n, mean, m2] = list(field, value, "[n, mean, M2]")? else {
        return Err(wrong(field, format!("expected [n, mean, M2], got {value}")));
    };
    let m2 = number(&format!("{field}[2]"), m2)?;
    if m2 < 0.0 {
        return Err(wrong(format!("{field}[2]"), format!("expected a sum of squares, from 0, got {m2}")));
    }
    Ok(Moments { n: count(&format!("{field}[0]"), n)?, mean: number(&format!("{field}[1]"), mean)?, m2 })
}

fn merge(g: Given<'_>) -> Result<Value, ArgumentError> {
    let mut all = Moments::default();
    for (i, part) in g.list("parts", "a list of [n, mean, M2]")?.iter().enumerate() {
        all = all.merge(moments(&format!("parts[{i}]"), part)?);
    }
    let mut told = fields(["mean", "m2"], Some([all.mean, all.m2]));
    told["n"] = json!(all.n);
    Ok(told)
}
