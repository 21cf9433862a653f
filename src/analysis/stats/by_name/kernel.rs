//! Special functions by name.

use serde_json::{Value, json};

use super::{Argument, Function, Given, arg};
use crate::analysis::stats::special;

/// Those that share a file of vectors.
pub(super) const NAMES: &[&str] = &[
    "lbeta",
    "betainc",
    "betaincinv",
    "norm_cdf",
    "norm_sf",
    "norm_ppf",
    "t_sf",
    "t_ppf",
    "gammq",
    "chi2_sf",
    "logaddexp",
    "logsumexp",
];

const A: Argument = arg("a", "first shape, above 0");
const B: Argument = arg("b", "second shape, above 0");
const P: Argument = arg("p", "probability, 0 to 1");
const DF: Argument = arg("df", "degrees of freedom, above 0");

fn v(value: f64) -> Value {
    json!({ "v": value })
}

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        names: &["lbeta"],
        about: "ln of the beta function",
        arguments: &[A, B],
        run: |g| Ok(v(special::lbeta(g.positive("a")?, g.positive("b")?))),
    },
    Function {
        names: &["betainc"],
        about: "regularised incomplete beta function, the beta distribution's probability below x",
        arguments: &[A, B, arg("x", "0 to 1")],
        run: |g| Ok(v(special::betainc(g.positive("a")?, g.positive("b")?, g.rate("x")?))),
    },
    Function {
        names: &["betaincinv"],
        about: "quantile of the beta distribution",
        arguments: &[A, B, P],
        run: |g| Ok(v(special::betaincinv(g.positive("a")?, g.positive("b")?, g.rate("p")?))),
    },
    Function {
        names: &["norm_cdf"],
        about: "normal probability below z",
        arguments: &[arg("z", "standard deviations")],
        run: |g| Ok(v(special::norm_cdf(g.number("z")?))),
    },
    Function {
        names: &["norm_sf"],
        about: "normal probability above z",
        arguments: &[arg("z", "standard deviations")],
        run: |g| Ok(v(special::norm_sf(g.number("z")?))),
    },
    Function {
        names: &["norm_ppf"],
        about: "normal quantile",
        arguments: &[P],
        run: |g| Ok(v(special::norm_ppf(g.rate("p")?))),
    },
    Function {
        names: &["t_sf"],
        about: "Student's t probability above t",
        arguments: &[arg("t", "the statistic"), DF],
        run: |g| Ok(v(special::t_sf(g.number("t")?, g.positive("df")?))),
    },
    Function {
        names: &["t_ppf"],
        about: "Student's t quantile",
        arguments: &[P, DF],
        run: |g| Ok(v(special::t_ppf(g.rate("p")?, g.positive("df")?))),
    },
    Function {
        names: &["gammq"],
        about: "upper regularised incomplete gamma function",
        arguments: &[arg("a", "shape, above 0"), arg("x", "from 0")],
        run: |g| Ok(v(special::gammq(g.positive("a")?, from_zero(g, "x")?))),
    },
    Function {
        names: &["chi2_sf"],
        about: "chi-squared probability above x",
        arguments: &[arg("x", "the statistic, from 0"), DF],
        run: |g| Ok(v(special::chi2_sf(from_zero(g, "x")?, g.positive("df")?))),
    },
    Function {
        names: &["logaddexp"],
        about: "ln(e^a + e^b)",
        arguments: &[arg("a", "a logarithm"), arg("b", "a logarithm")],
        run: |g| Ok(v(special::logaddexp(g.number("a")?, g.number("b")?))),
    },
    Function {
        names: &["logsumexp"],
        about: "ln of a sum of exponentials",
        arguments: &[arg("v", "logarithms")],
        run: |g| Ok(v(special::logsumexp(g.numbers("v")?.into_iter()))),
    },
];

fn from_zero(given: Given<'_>, name: &str) -> Result<f64, super::ArgumentError> {
    given.number_that(name, "a number from 0", |x| x >= 0.0)
}
