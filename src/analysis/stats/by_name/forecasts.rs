//! Forecasts and priority by name.

use serde_json::{Value, json};

use super::given::wrong;
use super::{ArgumentError, Function, Given, arg, fields, opt};
use crate::analysis::stats::betabin::Beta;
use crate::analysis::stats::forecast::{self, Prior};
use crate::analysis::stats::priority::{self, Problem};
use crate::analysis::stats::share::Confidence;

/// A share from which a rollout counts as bad.
const BAD: f64 = 0.35;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        names: &["betabin_logpmf"],
        about: "ln probability of k of n where the share itself is Beta(a, b)",
        arguments: &[
            arg("k", "a count"),
            arg("n", "a count"),
            arg("a", "first shape, above 0"),
            arg("b", "second shape, above 0"),
        ],
        run: |g| {
            let beta = Beta { a: g.positive("a")?, b: g.positive("b")? };
            Ok(json!({ "v": beta.ln_pmf(g.share("k", "n")?) }))
        },
    },
    Function {
        names: &["betabin_mom"],
        about: "the beta distribution that past rollouts' shares came from",
        arguments: &[arg("k", "negative ones a rollout, counts"), arg("n", "items a rollout, counts")],
        run: |g| Ok(fields(["a", "b"], Beta::of_past(&g.shares("k", "n")?).map(|beta| [beta.a, beta.b]))),
    },
    Function {
        names: &["forecast_prior"],
        about: "what is known before a rollout: past rollouts, weakened where they are few, or the default",
        arguments: &[arg("k", "negative ones a rollout, counts"), arg("n", "items a rollout, counts")],
        run: |g| {
            let prior = Prior::of_past(&g.shares("k", "n")?);
            Ok(json!({ "a": prior.beta.a, "b": prior.beta.b, "from_past": prior.from_past }))
        },
    },
    Function {
        names: &["forecast"],
        about: "the share of the whole audience that will be negative",
        arguments: &[
            arg("k", "negative ones at the early stage, a count"),
            arg("n", "items at the early stage, a count"),
            arg("a", "first shape of the prior, above 0"),
            arg("b", "second shape of the prior, above 0"),
            arg("discount", "what an early item counts for, 0 to 1"),
            arg("n_future", "items that are expected, a count from 1"),
        ],
        run: forecast,
    },
    Function {
        names: &["forecast_discount"],
        about: "what an early item counts for, so that all together count for less than a cap",
        arguments: &[arg("n", "items at the early stage, a count"), opt("cap", "items, above 0; 20")],
        run: |g| {
            let cap = g.number_or("cap", forecast::CAP_DEFAULT, "a number above 0", |x| x > 0.0)?;
            Ok(json!({ "discount": forecast::discount(g.count("n")?, cap) }))
        },
    },
    Function {
        names: &["priority"],
        about: "how pressing a problem is, 0 to 100, with its parts",
        arguments: &[
            arg("k_users", "affected people, a count"),
            arg("n_exposed", "people exposed so far, a count"),
            arg("n_full", "audience at 100 %, a count"),
            arg("severity", "0 to 1: crash 1, wrong 0.8, slow 0.6, confusing 0.4, wish 0.2"),
            arg("mean_neg", "mean negativity, 0 to 1"),
            arg("paid_share", "share of paying people, 0 to 1"),
            arg("ln_e", "ln of the e-value behind it"),
            opt("conf", "confidence of the reach's lower end, between 0 and 1; 0.9"),
        ],
        run: priority,
    },
];

fn forecast(g: Given<'_>) -> Result<Value, ArgumentError> {
    let prior = Beta { a: g.positive("a")?, b: g.positive("b")? };
    let (early, discount, future) = (g.share("k", "n")?, g.rate("discount")?, g.count("n_future")?);
    let told = forecast::forecast(prior, early, discount, future, &[0.05, 0.5, 0.95], BAD)
        .ok_or_else(|| wrong("n_future", "expected a count from 1, got 0"))?;
    let q = told.quantiles;
    Ok(json!({ "mean": told.mean, "q05": q[0], "q50": q[1], "q95": q[2], "p_bad_35": told.above }))
}

fn priority(g: Given<'_>) -> Result<Value, ArgumentError> {
    let problem = Problem {
        affected: g.share("k_users", "n_exposed")?,
        audience: g.count("n_full")?,
        severity: g.rate("severity")?,
        negativity: g.rate("mean_neg")?,
        paid: g.rate("paid_share")?,
        ln_e: g.number("ln_e")?,
    };
    let p = priority::at(&problem, g.confidence_or(Confidence::P90)?);
    Ok(json!({ "score": p.score, "reach_lb": p.reach, "confidence": p.evidence }))
}
