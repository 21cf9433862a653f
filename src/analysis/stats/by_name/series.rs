//! Series by name.

use serde_json::{Value, json};

use super::given::{same_length, wrong};
use super::{ArgumentError, Function, Given, arg, fields, opt};
use crate::analysis::stats::decay::Decayed;
use crate::analysis::stats::{ccf, circular_shift, kleinberg, poisson_midp};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        names: &["levinson", "ar_filter", "ccf"],
        about: "which of two series moves first: an autoregression of x filters both, then they are correlated",
        arguments: &[
            arg("x", "a list of numbers"),
            arg("y", "as many numbers"),
            arg("p", "order of the autoregression, a count below the series' length"),
            arg("L", "largest lag, a count; positive lags: x leads"),
        ],
        run: lags,
    },
    Function {
        names: &["circular_shift_test"],
        about: "whether bad hours bring bad feedback: exact over all rotations of the bad hours",
        arguments: &[
            arg("state", "1 for a bad hour, else 0, an hour each"),
            arg("neg", "negative items an hour, counts"),
            arg("tot", "items an hour, counts"),
            opt("hour0", "hour of day of the first, 0 to 23; 0"),
        ],
        run: bad_hours,
    },
    Function {
        names: &["poisson_midp"],
        about: "how unusual a count is against the rate that is expected: upper mid-p",
        arguments: &[arg("k", "a count"), arg("lam", "what is expected, from 0")],
        run: |g| {
            let mean = g.number_that("lam", "a number from 0", |x| x >= 0.0)?;
            Ok(json!({ "p": poisson_midp::upper(g.count("k")?, mean) }))
        },
    },
    Function {
        names: &["kleinberg2"],
        about: "bursts, for shading charts",
        arguments: &[
            arg("r", "relevant items a batch, counts"),
            arg("d", "items a batch, counts"),
            opt("scale", "how many times the usual share a burst has, above 1; 2"),
            opt("gamma", "what it costs to enter a burst, from 0; 1"),
        ],
        run: bursts,
    },
    Function {
        names: &["decay_add", "decay_merge"],
        about: "a share in which the past fades",
        arguments: &[
            arg("t_h", "times, hours"),
            arg("x", "a value for each time, 1 for negative, else 0"),
            opt("half_life_h", "hours, above 0; 24"),
        ],
        run: faded,
    },
];

/// Half-life of a trend line, hours.
const HALF_LIFE_H: f64 = 24.0;

fn length(name: &str, n: u64) -> Result<usize, ArgumentError> {
    // More than any series has.
    const MOST: u64 = 100_000;
    let fits = usize::try_from(n).ok().filter(|_| n <= MOST);
    fits.ok_or_else(|| wrong(name, format!("expected a count up to {MOST}, got {n}")))
}

fn lags(g: Given<'_>) -> Result<Value, ArgumentError> {
    let (x, y) = (g.numbers("x")?, g.numbers("y")?);
    same_length("y", y.len(), "x", x.len())?;
    let (order, lag) = (length("p", g.count("p")?)?, length("L", g.count("L")?)?);
    if order >= x.len() {
        return Err(wrong("p", format!("expected less than x has numbers, {}, got {order}", x.len())));
    }
    Ok(match ccf::prewhitened(&x, &y, order, lag) {
        Some(done) => json!({ "ar": done.fit.phi, "sigma2": done.fit.sigma2, "ccf": done.ccf }),
        None => json!({ "ar": null, "sigma2": null, "ccf": null }),
    })
}

fn bad_hours(g: Given<'_>) -> Result<Value, ArgumentError> {
    let (bad, negative, all) = (g.counts("state")?, g.counts("neg")?, g.counts("tot")?);
    if let Some(t) = bad.iter().position(|s| *s > 1) {
        return Err(wrong(format!("state[{t}]"), format!("expected 0 or 1, got {}", bad[t])));
    }
    same_length("neg", negative.len(), "state", bad.len())?;
    // Says which hour has more negative items than items.
    g.shares("neg", "tot")?;
    let hour0 = length("hour0", g.count_or("hour0", 0)? % 24)?;
    let bad: Vec<bool> = bad.into_iter().map(|s| s == 1).collect();
    let done = circular_shift::test(&bad, &negative, &all, hour0);
    Ok(fields(["T", "p", "log_or"], done.map(|s| [s.excess, s.p, s.log_odds_ratio])))
}

fn bursts(g: Given<'_>) -> Result<Value, ArgumentError> {
    let batches = g.shares("r", "d")?;
    let scale = g.number_or("scale", 2.0, "a number above 1", |x| x > 1.0)?;
    let gamma = g.number_or("gamma", 1.0, "a number from 0", |x| x >= 0.0)?;
    let states: Vec<u8> = kleinberg::bursts(&batches, scale, gamma).into_iter().map(u8::from).collect();
    Ok(json!({ "states": states }))
}

fn faded(g: Given<'_>) -> Result<Value, ArgumentError> {
    let (times, values) = (g.numbers("t_h")?, g.numbers("x")?);
    same_length("x", values.len(), "t_h", times.len())?;
    let half_life = g.number_or("half_life_h", HALF_LIFE_H, "a number above 0", |x| x > 0.0)?;
    let all = times.iter().zip(values).fold(Decayed::default(), |all, (t, x)| all.with(*t, x, half_life));
    Ok(json!({ "t_last": all.at, "num": all.num, "den": all.den, "share": all.share() }))
}
