//! `hearback simulate`: how often the alarms that are configured would be false, and how soon they would find something.

use std::num::NonZeroUsize;
use std::thread;
use std::time::Duration;

use anyhow::Result;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use super::{Done, WrongCall};
use crate::analysis::simulate::scenario::{NAMED, Scenario};
use crate::analysis::simulate::{Cell, Row, row, watch};
use crate::analysis::themes::in_parallel;
use crate::config::Config;
use crate::domain::alarm::AlarmRules;

/// Rollouts that a thread draws before the bar moves.
const STRIDE: usize = 50;
/// A run that is over by then shows no bar.
const BAR_AFTER: Duration = Duration::from_secs(2);
/// Standard deviations of days beyond this are none that anybody has seen.
const DAY_SD_MAX: f64 = 2.0;

/// What `simulate` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What happens: `all`, a name such as null, null-control, mix, brigade, bots, shift-20, late-20 or ratio-2, or
    /// shift:POINTS[@DAY] (percentage points) or ratio:TIMES[@DAY] (against a control); several with commas.
    #[arg(long, default_value = "all", value_delimiter = ',', value_name = "NAME")]
    scenario: Vec<String>,
    /// Rollouts of each kind.
    #[arg(long, default_value_t = 1_000, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    rollouts: u32,
    /// People who speak in the window of 14 days; with a control, those of them who are unhappy.
    #[arg(long, default_value = "30,200,2000", value_delimiter = ',', value_name = "N,…",
          value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    volume: Vec<u32>,
    /// How much days drift: standard deviation of log odds.
    #[arg(long, default_value = "0,0.2,0.4", value_delimiter = ',', value_name = "SD,…", value_parser = day_sd)]
    day_sd: Vec<f64>,
    /// What the random numbers begin with: the same seed gives the same bytes, with any number of threads.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Draw with this many threads, rather than one a core.
    #[arg(long, value_name = "T", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

fn day_sd(text: &str) -> Result<f64, String> {
    let sd = text.parse::<f64>().ok().filter(|sd| (0.0..=DAY_SD_MAX).contains(sd));
    sd.ok_or_else(|| format!("expected a number from 0 to {DAY_SD_MAX}"))
}

/// Draws, watches, and prints a row for each kind of rollout.
pub fn run(config: &Config, args: &Args) -> Result<Done> {
    let cells = cells(args)?;
    let rules = config.alarms();
    let threads = args.threads.map_or_else(thread::available_parallelism, |t| {
        Ok(NonZeroUsize::new(usize::from(t)).unwrap_or(NonZeroUsize::MIN))
    });
    let rows = drawn(&rules, &cells, args, threads.unwrap_or(NonZeroUsize::MIN))?;
    if args.json {
        put!("{}", serde_json::to_string_pretty(&json!({"seed": args.seed, "rules": rules, "rows": rows}))?);
    } else {
        table(&rows)?;
    }
    Ok(Done::Well)
}

fn cells(args: &Args) -> Result<Vec<Cell>> {
    let mut scenarios: Vec<Scenario> = Vec::new();
    for name in &args.scenario {
        if name == "all" {
            scenarios.extend(NAMED.iter().map(|(_, scenario)| *scenario));
        } else {
            scenarios.push(name.trim().parse().map_err(|problem| WrongCall(format!("--scenario: {problem}")))?);
        }
    }
    let of = |scenario: Scenario| {
        let volumes = args.volume.iter();
        volumes.flat_map(move |v| args.day_sd.iter().map(move |sd| Cell { scenario, volume: *v, day_sd: *sd }))
    };
    Ok(scenarios.into_iter().flat_map(of).collect())
}

fn drawn(rules: &AlarmRules, cells: &[Cell], args: &Args, threads: NonZeroUsize) -> Result<Vec<Row>> {
    let bar = ProgressBar::with_draw_target(
        Some(cells.len() as u64 * u64::from(args.rollouts)),
        ProgressDrawTarget::hidden(),
    )
    .with_style(ProgressStyle::with_template("{spinner} {bar:30} {pos}/{len} rollouts {msg} {elapsed}, {eta} left")?);
    let mut hidden = true;
    let mut rows = Vec::with_capacity(cells.len());
    for cell in cells {
        bar.set_message(cell.scenario.to_string());
        let mut outcomes = Vec::new();
        let all: Vec<u32> = (0..args.rollouts).collect();
        for part in all.chunks(STRIDE * threads.get()) {
            outcomes.extend(in_parallel(part.len(), threads, |i| watch(rules, cell, args.seed, part[i])));
            bar.inc(part.len() as u64);
            if hidden && bar.elapsed() > BAR_AFTER {
                bar.set_draw_target(ProgressDrawTarget::stderr());
                hidden = false;
            }
        }
        rows.push(row(cell, &outcomes));
    }
    bar.finish_and_clear();
    Ok(rows)
}

/// The rows for people: false alarms first, then what is found.
fn table(rows: &[Row]) -> Result<()> {
    let percent = |share: f64| format!("{:.1}", share * 100.0);
    for quiet in [true, false] {
        let part: Vec<&Row> = rows.iter().filter(|r| r.quiet == quiet).collect();
        if part.is_empty() {
            continue;
        }
        let (what, last) = if quiet {
            ("false alarms, % of rollouts", "  all, acknowledged at once")
        } else {
            ("found, % of rollouts", "  half by, hours   too early, %")
        };
        put!("{what}");
        put!(
            "{:16}{:>8}{:>8}{:>10}{:>8}  {:13}{last}",
            "scenario",
            "volume",
            "day sd",
            "rollouts",
            "%",
            "95 % interval"
        );
        for r in part {
            let interval = format!("{} - {}", percent(r.low), percent(r.high));
            let delay = r.median_delay_hours.map_or_else(|| "-".to_owned(), |h| format!("{h:.0}"));
            let early = percent(f64::from(r.too_early) / f64::from(r.rollouts));
            let rest = if quiet {
                format!("{:>27}", percent(r.alarms_per_rollout))
            } else {
                format!("{delay:>15}{early:>15}")
            };
            let line = format!(
                "{:16}{:>8}{:>8}{:>10}{:>8}  {interval:13}{rest}",
                r.scenario,
                r.volume,
                r.day_sd,
                r.rollouts,
                percent(r.rate)
            );
            put!("{}", line.trim_end());
        }
        put!("");
    }
    Ok(())
}
