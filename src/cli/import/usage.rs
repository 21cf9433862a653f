//! `hearback import --usage`: exposures and events that another tool exported.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::LINE_MAX_BYTES;
use crate::cli::Done;
use crate::flow::Context;
use crate::flow::usage::{Told, take};
use crate::sources::usage::Reading;
use crate::sources::usage::parse_part;
use crate::sources::usage::table::{Heads, delimiter};

/// Rows taken at one time.
const ROWS: usize = 5_000;
/// Bytes of lines from which on they are taken, however few: a line can hold many records.
const BLOCK_BYTES: usize = 4_194_304;

/// Reads the file and counts what is new in it.
pub async fn run(ctx: &Context, file: &Path, as_json: bool) -> Result<Done> {
    let size = std::fs::metadata(file).map_or(0, |m| m.len());
    let style = ProgressStyle::with_template("{spinner} {bar:30} {bytes}/{total_bytes} {msg} {elapsed}")?;
    let bar = ProgressBar::new(size).with_style(style);
    let mut sum = Sum::default();
    let is_csv = file.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"));
    let done = if is_csv { table(ctx, file, &bar, &mut sum).await } else { lines(ctx, file, &bar, &mut sum).await };
    bar.finish_and_clear();
    done.with_context(|| format!("{} records were counted before", sum.counted))?;
    for refusal in &sum.refusals {
        eprintln!("refused: {refusal}");
    }
    let told = json!({"read": sum.read, "counted": sum.counted, "waiting": sum.waiting, "ignored": sum.ignored,
                      "refused": sum.refused});
    if as_json {
        put!("{told}");
    } else {
        eprintln!(
            "{} records read: {} count, {} wait for a rollout that is not known yet, {} refused",
            sum.read, sum.counted, sum.waiting, sum.refused
        );
        for (why, n) in &sum.ignored {
            eprintln!("{n} count nowhere: {why}");
        }
    }
    Ok(Done::Well)
}

/// Refusals that are shown.
const SHOWN_MAX: usize = 20;

#[derive(Default)]
struct Sum {
    read: usize,
    counted: usize,
    waiting: usize,
    refused: usize,
    ignored: BTreeMap<String, usize>,
    refusals: Vec<String>,
}

impl Sum {
    async fn add(&mut self, ctx: &Context, mut reading: Reading) -> Result<()> {
        for refusal in reading.refusals.iter().take(SHOWN_MAX.saturating_sub(self.refusals.len())) {
            let field = if refusal.field.is_empty() { String::new() } else { format!(", {}", refusal.field) };
            self.refusals.push(format!("record {}{field}: {}", self.read + refusal.record + 1, refusal.problem));
        }
        self.read += reading.sent;
        self.refused += reading.refused;
        for (why, n) in &reading.ignored {
            *self.ignored.entry((*why).to_owned()).or_default() += n;
        }
        for told in take(ctx, std::mem::take(&mut reading.records), None).await? {
            match told {
                Told::Counted(_) => self.counted += 1,
                Told::Waits => self.waiting += 1,
                Told::Ignored(why) => *self.ignored.entry(why).or_default() += 1,
            }
        }
        Ok(())
    }
}

async fn table(ctx: &Context, path: &Path, bar: &ProgressBar, sum: &mut Sum) -> Result<()> {
    let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    let mut file = BufReader::new(file);
    let delimiter = delimiter(file.fill_buf()?);
    let mut reader = csv::ReaderBuilder::new().flexible(true).delimiter(delimiter).from_reader(file);
    let heads: Vec<String> = reader
        .headers()
        .with_context(|| format!("reading {}", path.display()))?
        .iter()
        .map(|h| h.trim_start_matches('\u{feff}').to_owned())
        .collect();
    let heads = Heads::read(&heads.iter().map(String::as_str).collect::<Vec<_>>())
        .map_err(|bad| anyhow::anyhow!("{}: {bad}", path.display()))?;
    let mut row = csv::StringRecord::new();
    let mut reading = Reading::without_limits();
    while reader.read_record(&mut row).with_context(|| format!("reading {}", path.display()))? {
        heads.take(&row, ctx.now(), &mut reading);
        if reading.sent >= ROWS {
            bar.set_position(reader.position().byte());
            sum.add(ctx, std::mem::replace(&mut reading, Reading::without_limits())).await?;
        }
    }
    sum.add(ctx, reading).await
}

async fn lines(ctx: &Context, path: &Path, bar: &ProgressBar, sum: &mut Sum) -> Result<()> {
    let reader: Box<dyn std::io::Read> = if path.as_os_str() == "-" {
        Box::new(std::io::stdin())
    } else {
        Box::new(File::open(path).with_context(|| format!("opening {}", path.display()))?)
    };
    let mut reader = BufReader::new(reader);
    let mut block = Vec::new();
    let mut rows = 0;
    loop {
        let before = block.len();
        let n = (&mut reader).take(LINE_MAX_BYTES).read_until(b'\n', &mut block)?;
        if n as u64 == LINE_MAX_BYTES {
            bail!("{}: a line is longer than {LINE_MAX_BYTES} bytes; expected an object a line", path.display());
        }
        bar.inc(n as u64);
        rows += usize::from(block[before..].iter().any(|b| !b.is_ascii_whitespace()));
        if rows >= ROWS || block.len() >= BLOCK_BYTES || (n == 0 && rows > 0) {
            let reading = parse_part(&block, ctx.now()).map_err(|bad| anyhow::anyhow!("{}: {bad}", path.display()))?;
            sum.add(ctx, reading).await?;
            block.clear();
            rows = 0;
        }
        if n == 0 {
            return Ok(());
        }
    }
}
