//! Association by name.

use serde_json::{Map, Value, json};

use super::given::{counts, wrong};
use super::{ArgumentError, CONF, Function, Given, arg, opt};
use crate::analysis::stats::logit::{Cells, Fit, LogitError};
use crate::analysis::stats::table::Table;
use crate::analysis::stats::{fdr, fisher, mantel_haenszel};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        names: &["table_2x2", "fisher_two_sided"],
        about: "risk ratio, odds ratio and Fisher's exact p of one table; ½ is added to all cells where one is 0",
        arguments: &[
            arg("a", "negative, with the event, a count"),
            arg("b", "not negative, with the event, a count"),
            arg("c", "negative, without the event, a count"),
            arg("d", "not negative, without the event, a count"),
            CONF,
        ],
        run: table,
    },
    Function {
        names: &["mantel_haenszel"],
        about: "risk ratio and odds ratio over strata, whether there is an association, whether it differs",
        arguments: &[arg("tables", "a list of [a, b, c, d], a stratum each"), CONF],
        run: strata,
    },
    Function {
        names: &["bh"],
        about: "q-values of many p (Benjamini and Hochberg)",
        arguments: &[arg("p", "a list of numbers from 0 to 1")],
        run: q_values,
    },
    Function {
        names: &["ebh"],
        about: "which of many e-values count, at any time",
        arguments: &[
            arg("e", "a list of numbers from 0"),
            opt("alpha", "share of them that may be wrong, between 0 and 1; 0.05"),
        ],
        run: rejected,
    },
    Function {
        names: &["logit_grouped"],
        about: "logistic regression on covariate cells; a ridge of ½ where a feature separates the outcomes",
        arguments: &[
            arg("X", "a list of rows of covariates, the first usually 1"),
            arg("k", "negative ones a row, counts"),
            arg("n", "people a row, counts"),
            opt("ridge", "penalty on all coefficients but the first, from 0; 0"),
        ],
        run: logit,
    },
];

fn table(g: Given<'_>) -> Result<Value, ArgumentError> {
    let table = Table { a: g.count("a")?, b: g.count("b")?, c: g.count("c")?, d: g.count("d")? };
    let r = table.ratios(g.confidence()?);
    Ok(json!({
        "odds_ratio": r.odds_ratio, "or_lo": r.odds_interval.low, "or_hi": r.odds_interval.high,
        "risk_ratio": r.risk_ratio, "rr_lo": r.risk_interval.low, "rr_hi": r.risk_interval.high,
        "p_wald": r.p_wald, "fisher_p": fisher::p_two_sided(&table),
    }))
}

fn strata(g: Given<'_>) -> Result<Value, ArgumentError> {
    let mut tables = Vec::new();
    for (i, table) in g.list("tables", "a list of [a, b, c, d]")?.iter().enumerate() {
        let cells = counts(&format!("tables[{i}]"), table)?;
        let cells = <[u64; 4]>::try_from(cells)
            .map_err(|cells| wrong(format!("tables[{i}]"), format!("expected [a, b, c, d], got {cells:?}")))?;
        tables.push(Table::new(cells));
    }
    let s = mantel_haenszel::compare(&tables, g.confidence()?);
    // What has no value is left out: a single stratum has no heterogeneity, and none is claimed.
    let mut told = Map::new();
    let mut ratio = |r: Option<mantel_haenszel::Ratio>, names: [&str; 4]| {
        if let Some(r) = r {
            let values = [r.value, r.interval.low, r.interval.high, r.log_se];
            told.extend(names.into_iter().map(str::to_owned).zip(values.map(|v| json!(v))));
        }
    };
    ratio(s.odds_ratio, ["or_mh", "or_lo", "or_hi", "log_or_se"]);
    ratio(s.risk_ratio, ["rr_mh", "rr_lo", "rr_hi", "log_rr_se"]);
    if let Some(chi2) = s.association {
        told.insert("cmh_chi2".into(), json!(chi2.statistic));
        told.insert("cmh_p".into(), json!(chi2.p));
    }
    if let Some(h) = s.homogeneity {
        told.insert("bd_chi2".into(), json!(h.breslow_day));
        told.insert("bd_tarone".into(), json!(h.tarone));
        told.insert("bd_p".into(), json!(h.p));
    }
    Ok(Value::Object(told))
}

fn all_from(name: &str, values: &[f64], expected: &str, holds: impl Fn(f64) -> bool) -> Result<(), ArgumentError> {
    match values.iter().position(|x| !holds(*x)) {
        None => Ok(()),
        Some(i) => Err(wrong(format!("{name}[{i}]"), format!("expected {expected}, got {}", values[i]))),
    }
}

fn q_values(g: Given<'_>) -> Result<Value, ArgumentError> {
    let p = g.numbers("p")?;
    all_from("p", &p, "a number from 0 to 1", |x| (0.0..=1.0).contains(&x))?;
    Ok(json!({ "q": fdr::bh(&p) }))
}

fn rejected(g: Given<'_>) -> Result<Value, ArgumentError> {
    let e = g.numbers("e")?;
    all_from("e", &e, "a number from 0", |x| x >= 0.0)?;
    Ok(json!({ "rejected": fdr::ebh(&e, g.alpha()?) }))
}

fn logit(g: Given<'_>) -> Result<Value, ArgumentError> {
    let told = |e| match e {
        LogitError::Shape => wrong("X", "expected rows of one length, one for each of k and of n"),
        LogitError::Counts => wrong("k", "expected no more than n in each row"),
        LogitError::Singular => wrong("X", "a column is a sum of others, or a row short of data; leave one out"),
        LogitError::Separated => wrong("X", "a feature separates the outcomes; give a ridge, such as 0.5"),
    };
    let cells = Cells::new(g.rows("X")?, &g.counts("k")?, &g.counts("n")?).map_err(told)?;
    let ridge = g.number_or("ridge", 0.0, "a number from 0", |x| x >= 0.0)?;
    let fit = if ridge > 0.0 { cells.fit_with(ridge) } else { cells.fit() };
    let Fit { beta, se, .. } = fit.map_err(told)?;
    Ok(json!({ "beta": beta, "se": se }))
}
