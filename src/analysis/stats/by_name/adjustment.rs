//! Response adjustment and time to action by name.

use serde_json::{Value, json};

use super::given::{count, list, number, wrong};
use super::{ArgumentError, CONF, Function, Given, arg, opt};
use crate::analysis::stats::km::{Curve, KmError};
use crate::analysis::stats::nonresponse;
use crate::analysis::stats::poststrat::{self, PoststratError, Stratum};
use crate::analysis::stats::rake::{self, RakeError};

/// What a class looks like.
const STRATUM: &str = "[population, responders, Σ y, Σ y²]";

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        names: &["poststrat"],
        about: "mean weighted by class, its standard error, what weighting costs, and how evenly people answered",
        arguments: &[arg("strata", "a list of [population, responders, Σ y, Σ y²], a class each"), CONF],
        run: weighted,
    },
    Function {
        names: &["rake"],
        about: "weights that bring a table of answers to the audience's margins",
        arguments: &[
            arg("cells", "answers, a list of rows"),
            arg("rows", "audience a row"),
            arg("cols", "audience a column"),
        ],
        run: raked,
    },
    Function {
        names: &["nonresponse_bounds"],
        about: "negative share among all exposed, if silent people's odds are so many times the others'",
        arguments: &[
            arg("k", "negative answers, a count"),
            arg("n", "answers, a count"),
            arg("N", "people exposed, a count"),
            opt("tilts", "multiples of the odds, from 0; [0.25, 0.5, 1]"),
        ],
        run: silent,
    },
    Function {
        names: &["km_quantile"],
        about: "time until an action, with what is still open (Kaplan and Meier)",
        arguments: &[
            arg("edges_h", "upper edges of the buckets, ascending"),
            arg("events", "actions a bucket, counts"),
            arg("censored", "still open a bucket, counts"),
            opt("q", "which quantile, between 0 and 1; 0.5"),
        ],
        run: time_to_action,
    },
];

fn weighted(g: Given<'_>) -> Result<Value, ArgumentError> {
    let mut strata = Vec::new();
    for (i, stratum) in g.list("strata", "a list of [population, responders, Σ y, Σ y²]")?.iter().enumerate() {
        let field = format!("strata[{i}]");
        let [population, responders, sum, sum_squares] = list(&field, stratum, STRATUM)? else {
            return Err(wrong(field, format!("expected {STRATUM}, got {stratum}")));
        };
        let at = |j: usize| format!("{field}[{j}]");
        strata.push(Stratum {
            population: count(&at(0), population)?,
            responders: count(&at(1), responders)?,
            sum: number(&at(2), sum)?,
            sum_squares: number(&at(3), sum_squares)?,
        });
    }
    let told = |e| match e {
        PoststratError::Empty => wrong("strata", "expected classes with at least two people together"),
        PoststratError::TooFew(i) => {
            wrong(format!("strata[{i}]"), "fewer than two answers; join it with another class")
        }
        PoststratError::TooMany(i) => wrong(format!("strata[{i}]"), "more answers than people"),
    };
    let w = poststrat::mean(&strata, g.confidence()?).map_err(told)?;
    Ok(json!({
        "mean": w.mean, "se": w.se, "lo": w.interval.low, "hi": w.interval.high,
        "n_eff": w.n_eff, "deff": w.deff, "r_indicator": w.r_indicator, "response_rate": w.response_rate,
    }))
}

fn raked(g: Given<'_>) -> Result<Value, ArgumentError> {
    let told = |e| match e {
        RakeError::Shape => wrong("cells", "expected a row for each of rows, each with a number for each of cols"),
        RakeError::Margins => wrong("rows", "expected numbers from 0 everywhere, and rows and cols with the same sum"),
        RakeError::EmptyRow(i) => wrong(format!("cells[{i}]"), "a row without answers; join it with another"),
        RakeError::EmptyColumn(j) => wrong(format!("cols[{j}]"), "a column without answers; join it with another"),
    };
    let done = rake::rake(&g.rows("cells")?, &g.numbers("rows")?, &g.numbers("cols")?).map_err(told)?;
    Ok(json!({ "weights": done.weights }))
}

fn silent(g: Given<'_>) -> Result<Value, ArgumentError> {
    let answered = g.share("k", "n")?;
    let exposed = g.count("N")?;
    if exposed < answered.whole() {
        return Err(wrong("N", format!("expected at least n, {}, got {exposed}", answered.whole())));
    }
    let tilts = if g.has("tilts") { g.numbers("tilts")? } else { nonresponse::TILTS.to_vec() };
    if let Some(i) = tilts.iter().position(|t| *t < 0.0) {
        return Err(wrong(format!("tilts[{i}]"), format!("expected a number from 0, got {}", tilts[i])));
    }
    let shares = nonresponse::shares(answered, exposed, &tilts);
    Ok(json!({ "share": shares.map_or_else(|| vec![None; tilts.len()], |s| s.into_iter().map(Some).collect()) }))
}

fn time_to_action(g: Given<'_>) -> Result<Value, ArgumentError> {
    let told = |e| match e {
        KmError::Shape => wrong("events", "expected as many as edges_h, and as many censored"),
        KmError::Edges => wrong("edges_h", "expected ascending numbers"),
    };
    let curve = Curve::of(&g.numbers("edges_h")?, &g.counts("events")?, &g.counts("censored")?).map_err(told)?;
    let q = g.number_or("q", 0.5, "a number between 0 and 1", |x| x > 0.0 && x < 1.0)?;
    Ok(json!({ "median": curve.quantile(q), "survival": curve.open }))
}
