//! How often alarms are false, and how soon they find what happens, beside what the method is known to do. Every
//! statement is looked at as it comes. Prints Markdown tables, and ends with 1 where more than 5 % of quiet rollouts alarm,
//! or where something is found clearly more seldom than it should be.
//!
//!     cargo bench --bench alarms              10,000 rollouts a row; minutes
//!     cargo bench --bench alarms -- 1000      as many as you like
//!
//! The values to compare with are simulations with an independent implementation, of 10,000 quiet rollouts or 2,000 of
//! the others a row. Where there is a control, those were made without the guard against a misstated allocation, and so
//! is the first table here; and how their exposed share and incident ran is known in words only.

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::thread;

use hearback::analysis::simulate::{Cell, Row, row, watch};
use hearback::domain::alarm::AlarmRules;

/// The largest share of quiet rollouts that may alarm.
const FALSE_MAX: f64 = 0.05;
/// Rollouts behind the values for detection.
const KNOWN_ROLLOUTS: f64 = 2_000.0;
/// Differences below so many standard errors are chance: a row in some thousands is beyond by itself.
const ERRORS: f64 = 3.5;
const SEED: u64 = 1;

/// Scenario, volume, drift of days, and the share of quiet rollouts that alarm there, where it is known.
type Quiet = (&'static str, u32, f64, Option<f64>);
/// Scenario, volume, and what is known: the share that is found, and by how many hours half of all rollouts are.
type Found = (&'static str, u32, f64, Option<f64>);

const QUIET: &[Quiet] = &[
    ("null", 30, 0.0, Some(0.010)),
    ("null", 30, 0.2, None),
    ("null", 30, 0.4, None),
    ("null", 200, 0.0, Some(0.011)),
    ("null", 200, 0.2, Some(0.014)),
    ("null", 200, 0.4, Some(0.025)),
    ("null", 2000, 0.0, Some(0.009)),
    ("null", 2000, 0.2, Some(0.030)),
    ("null", 2000, 0.4, Some(0.034)),
    ("mix", 200, 0.0, Some(0.016)),
    ("mix", 2000, 0.0, Some(0.002)),
    ("null-new", 30, 0.0, None),
    ("null-new", 200, 0.2, None),
    ("null-new", 2000, 0.2, None),
    ("null-new", 2000, 0.4, None),
    ("brigade", 30, 0.0, None),
    ("brigade", 200, 0.0, None),
    ("brigade", 2000, 0.0, None),
    ("bots", 30, 0.0, None),
    ("bots", 200, 0.0, None),
    ("bots", 2000, 0.0, None),
];
const QUIET_CONTROL: &[Quiet] = &[
    ("null-control", 40, 0.0, Some(0.009)),
    ("null-control", 400, 0.0, Some(0.027)),
    ("null-control", 2000, 0.0, Some(0.035)),
    ("null-control", 30, 0.4, None),
    ("null-control", 200, 0.4, None),
    ("null-control", 2000, 0.4, None),
];
const FOUND: &[Found] = &[
    ("shift:35@0", 30, 0.87, Some(167.0)),
    ("shift:10@0", 200, 0.35, None),
    ("shift:20@0", 200, 0.96, Some(91.0)),
    ("shift:20@5", 200, 0.81, Some(127.0)),
    ("shift:35@5", 200, 1.00, Some(45.0)),
    ("shift:5@0", 2000, 0.12, None),
    ("shift:10@0", 2000, 0.92, Some(74.0)),
    ("shift:10@5", 2000, 0.94, Some(79.0)),
    ("shift:20@5", 2000, 1.00, Some(17.0)),
];
const FOUND_CONTROL: &[Found] = &[
    ("ratio:1.5@0", 40, 0.11, None),
    ("ratio:1.5@0", 400, 0.81, Some(203.0)),
    ("ratio:1.5@0", 2000, 1.00, Some(43.0)),
    ("ratio:2@0", 40, 0.36, None),
    ("ratio:2@0", 400, 1.00, Some(66.0)),
    ("ratio:2@0", 2000, 1.00, Some(25.0)),
    ("ratio:3@0", 40, 0.84, Some(188.0)),
    ("ratio:3@0", 400, 1.00, Some(32.0)),
    ("ratio:3@0", 2000, 1.00, Some(16.0)),
    ("ratio:2@6", 40, 0.13, None),
    ("ratio:2@6", 400, 0.98, Some(71.0)),
    ("ratio:2@6", 2000, 1.00, Some(26.0)),
];

fn main() -> ExitCode {
    let rollouts = std::env::args().skip(1).find_map(|a| a.parse().ok()).unwrap_or(10_000);
    let (rules, plain) = (AlarmRules::default(), AlarmRules { odds_guard: 1.0, ..AlarmRules::default() });
    let mut holds = true;
    println!("{rollouts} rollouts a row\n");
    holds &= quiet("false alarms, no control", &rules, QUIET, rollouts);
    holds &= quiet("false alarms with a control, without the guard", &plain, QUIET_CONTROL, rollouts);
    let guarded: Vec<Quiet> = QUIET_CONTROL.iter().map(|&(name, n, sd, _)| (name, n, sd, None)).collect();
    holds &= quiet("false alarms with a control, as configured", &rules, &guarded, rollouts);
    holds &= found("found, no control", &rules, FOUND, rollouts);
    holds &= found("found with a control, without the guard", &plain, FOUND_CONTROL, rollouts);
    // What the guard costs is known of one row.
    found("found with a control, as configured", &rules, &[("ratio:1.5@0", 400, 0.71, None)], rollouts);
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn quiet(title: &str, rules: &AlarmRules, rows: &[Quiet], rollouts: u32) -> bool {
    println!("**{title}**\n");
    println!("| scenario | volume | day sd | here, % (95 %) | known, % | all, acknowledged at once, % | at most 5 % |");
    println!("|---|---|---|---|---|---|---|");
    let mut all = true;
    for &(name, volume, day_sd, known) in rows {
        let r = drawn(rules, name, volume, day_sd, rollouts);
        let holds = r.rate <= FALSE_MAX;
        all &= holds;
        println!(
            "| {name} | {volume} | {day_sd} | {} ({} - {}) | {} | {} | {} |",
            percent(r.rate),
            percent(r.low),
            percent(r.high),
            known.map_or("-".into(), percent),
            percent(r.alarms_per_rollout),
            told(holds),
        );
    }
    println!();
    all
}

fn found(title: &str, rules: &AlarmRules, rows: &[Found], rollouts: u32) -> bool {
    println!("**{title}**\n");
    println!("| scenario | volume | here, % | known, % | half by, hours | known | no worse |");
    println!("|---|---|---|---|---|---|---|");
    let mut all = true;
    for &(name, volume, known, delay) in rows {
        let r = drawn(rules, name, volume, 0.0, rollouts);
        // The known values count every alarm, one before the change too.
        let rate = f64::from(r.alarmed + r.too_early) / f64::from(r.rollouts);
        let error = (known * (1.0 - known) * (1.0 / KNOWN_ROLLOUTS + 1.0 / f64::from(rollouts))).sqrt();
        // Two digits are known.
        let holds = rate >= known - 0.005 - ERRORS * error;
        all &= holds;
        let hours = |h: Option<f64>| h.map_or("-".into(), |h| format!("{h:.0}"));
        println!(
            "| {name} | {volume} | {} | {:.0} | {} | {} | {} |",
            percent(rate),
            known * 100.0,
            hours(r.median_delay_hours),
            hours(delay),
            told(holds),
        );
    }
    println!();
    all
}

fn drawn(rules: &AlarmRules, name: &str, volume: u32, day_sd: f64, rollouts: u32) -> Row {
    let cell = Cell { scenario: name.parse().expect("a scenario"), volume, day_sd };
    let threads = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN).get();
    let (cell, mut outcomes) = (&cell, Vec::new());
    thread::scope(|scope| {
        let part = |of: usize| (0..rollouts).filter(move |i| *i as usize % threads == of);
        let work: Vec<_> = (0..threads)
            .map(|of| scope.spawn(move || part(of).map(|i| watch(rules, cell, SEED, i)).collect::<Vec<_>>()))
            .collect();
        outcomes.extend(work.into_iter().flat_map(|w| w.join().expect("a thread that ends well")));
    });
    row(cell, &outcomes)
}

fn percent(share: f64) -> String {
    format!("{:.1}", share * 100.0)
}

fn told(holds: bool) -> &'static str {
    if holds { "yes" } else { "NO" }
}
