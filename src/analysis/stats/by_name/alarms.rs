//! Evidence that may be looked at always, and what a log comes to, by name.

use serde_json::{Value, json};

use super::given::{count, list, number, wrong};
use super::{ALPHA, ArgumentError, Function, Given, arg, opt};
use crate::analysis::stats::hex::{Hex, Tally};
use crate::analysis::stats::label::{self, Labels};
use crate::analysis::stats::mixture::Restarts;
use crate::analysis::stats::poisson::{self, Arrivals};
use crate::analysis::stats::rate_ratio;
use crate::analysis::stats::sigma_day::{DAYS, Drawn, Period, drift};
use crate::analysis::usage::{AssocInput, assoc};

/// Epochs in which a change may begin.
const HORIZON: super::Argument = opt("horizon", "epochs in which a change may begin, a count from 1; 14");
/// Most epochs that are taken: each start is followed by itself.
const HORIZON_MAX: u64 = 1_000;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        names: &["label_loge"],
        about: "evidence that exposed people speak up more often, against a control at the same time",
        arguments: &[arg("cells", "by epoch, lists of [events, of these by exposed people, share exposed]"), HORIZON],
        run: |g| {
            let epochs = epochs(g, "share exposed")?;
            let labels: Vec<Vec<Labels>> =
                epochs.iter().map(|cells| cells.iter().map(Cell::labels).collect()).collect();
            Ok(json!({ "ln_e": label::ln_e(&labels, restarts(g)?) }))
        },
    },
    Function {
        names: &["hex_loge"],
        about: "evidence that a share moved away from its baseline by more than windows and days drift",
        arguments: &[
            arg("cells", "by epoch, lists of [items, of these that count, baseline share]"),
            arg("s", "drift of the window, log odds, 0 or more"),
            arg("sd", "drift of an epoch, log odds, 0 or more"),
            HORIZON,
        ],
        run: hex,
    },
    Function {
        names: &["poisson_loge"],
        about: "evidence that something comes more often than expected",
        arguments: &[arg("cells", "by epoch, [how many came, how many were expected]"), HORIZON],
        run: |g| Ok(json!({ "ln_e": poisson::ln_e(&arrivals(g)?, restarts(g)?) })),
    },
    Function {
        names: &["label_cs"],
        about: "how much more often exposed people speak up, with an interval that holds at every look",
        arguments: &[arg("cells", "by epoch, lists of [events, of these by exposed people, share exposed]"), ALPHA],
        run: |g| {
            let cells: Vec<Labels> = epochs(g, "share exposed")?.iter().flatten().map(Cell::labels).collect();
            let found = rate_ratio::interval(&cells, g.alpha()?);
            Ok(json!({ "rr": found.ratio, "lo": found.low, "hi": found.high }))
        },
    },
    Function {
        names: &["sigma_day"],
        about: "how much a share drifts between days beyond what chance does to its counts, log odds",
        arguments: &[
            arg("k", "by day, statements that count"),
            arg("n", "by day, all statements"),
            opt("nu0", "days that the assumption is worth, 0 or more; 5"),
            opt("s0", "drift that is assumed, 0 or more; 0.15"),
            opt("infl", "a factor on the outcome, above 0; 1.1"),
        ],
        run: |g| {
            let not_negative = |x: f64| x >= 0.0;
            let drawn = Drawn {
                weight: g.number_or("nu0", DAYS.weight, "a number from 0", not_negative)?,
                towards: g.number_or("s0", DAYS.towards, "a number from 0", not_negative)?,
                inflation: g.number_or("infl", DAYS.inflation, "a number above 0", |x| x > 0.0)?,
            };
            let days: Vec<Period> =
                g.shares("k", "n")?.iter().map(|s| Period { hits: s.part(), items: s.whole() }).collect();
            Ok(json!({ "sigma_day": drift(&days, drawn) }))
        },
    },
    Function {
        names: &["assoc", "assoc_state"],
        about: "tables of event against negative statements out of a log, in any order and with any repeats",
        arguments: &[arg(
            "records",
            "lines such as {\"kind\": \"event\", \"user\", \"t\", \"event\"}; also exposure with stratum, and negative",
        )],
        run: |g| {
            let log = json!({ "records": g.list("records", "a list of lines")? });
            let log: AssocInput = serde_json::from_value(log).map_err(|e| wrong("records", e.to_string()))?;
            Ok(json!(assoc(&log)))
        },
    },
];

/// A cell: how many, how many of these, and a share.
struct Cell {
    all: u64,
    of_these: u64,
    share: f64,
}

impl Cell {
    fn labels(&self) -> Labels {
        Labels { events: self.all, exposed: self.of_these, share: self.share }
    }
}

fn restarts(g: Given<'_>) -> Result<Restarts, ArgumentError> {
    let default = Restarts::default().horizon;
    let horizon = g.count_or("horizon", default as u64)?;
    if !(1..=HORIZON_MAX).contains(&horizon) {
        return Err(wrong("horizon", format!("expected a count from 1 to {HORIZON_MAX}, got {horizon}")));
    }
    Ok(Restarts { horizon: usize::try_from(horizon).unwrap_or(default) })
}

fn epochs(g: Given<'_>, share: &str) -> Result<Vec<Vec<Cell>>, ArgumentError> {
    let expected = format!("a list of epochs, each a list of [count, count, {share}]");
    let all = g.list("cells", &expected)?;
    all.iter()
        .enumerate()
        .map(|(e, epoch)| {
            let at = format!("cells[{e}]");
            list(&at, epoch, "a list of cells")?
                .iter()
                .enumerate()
                .map(|(c, cell)| read(&format!("{at}[{c}]"), cell, share))
                .collect()
        })
        .collect()
}

fn read(at: &str, cell: &Value, share: &str) -> Result<Cell, ArgumentError> {
    let expected = format!("[count, count, {share}]");
    let [all, of_these, p] = list(at, cell, &expected)? else {
        return Err(wrong(at, format!("expected {expected}, got {cell}")));
    };
    let (all, of_these) = (count(&format!("{at}[0]"), all)?, count(&format!("{at}[1]"), of_these)?);
    let p = number(&format!("{at}[2]"), p)?;
    if of_these > all {
        return Err(wrong(format!("{at}[1]"), format!("expected no more than {all}, got {of_these}")));
    }
    if !(0.0..=1.0).contains(&p) {
        return Err(wrong(format!("{at}[2]"), format!("expected a number from 0 to 1, got {p}")));
    }
    Ok(Cell { all, of_these, share: p })
}

fn hex(g: Given<'_>) -> Result<Value, ArgumentError> {
    let epochs = epochs(g, "baseline share")?;
    let drift = |name: &str| g.number_that(name, "a number from 0 to 5", |x| (0.0..=5.0).contains(&x));
    let (spread, day) = (drift("s")?, drift("sd")?);
    // Strata are told apart by nothing but their baseline.
    let mut shares: Vec<f64> = Vec::new();
    let tallies: Vec<Vec<Tally>> = epochs
        .iter()
        .map(|cells| {
            let tally = |cell: &Cell| {
                let known = shares.iter().position(|s| s.to_bits() == cell.share.to_bits());
                let stratum = known.unwrap_or_else(|| {
                    shares.push(cell.share);
                    shares.len() - 1
                });
                Tally { stratum, items: cell.all, hits: cell.of_these }
            };
            cells.iter().map(tally).collect()
        })
        .collect();
    let Some((open, closed)) = tallies.split_last() else {
        return Ok(json!({ "ln_e": 0.0, "start_posterior": [] }));
    };
    let restarts = restarts(g)?;
    let mut process = Hex::new(&shares, spread, day, restarts);
    for counts in closed {
        process.close(counts);
    }
    let mut starts = process.starts(open);
    // No change is looked for that begins later.
    starts.truncate(restarts.horizon);
    Ok(json!({ "ln_e": process.ln_e(open), "start_posterior": starts }))
}

fn arrivals(g: Given<'_>) -> Result<Vec<Arrivals>, ArgumentError> {
    let expected = "[how many came, how many were expected]";
    let one = |(e, cell): (usize, &Value)| {
        let at = format!("cells[{e}]");
        let [came, expected_count] = list(&at, cell, expected)? else {
            return Err(wrong(at, format!("expected {expected}, got {cell}")));
        };
        let rate = number(&format!("{at}[1]"), expected_count)?;
        if rate < 0.0 {
            return Err(wrong(format!("{at}[1]"), format!("expected a number from 0, got {rate}")));
        }
        Ok(Arrivals { count: count(&format!("{at}[0]"), came)?, expected: rate })
    };
    g.list("cells", "a list of epochs")?.iter().enumerate().map(one).collect()
}
