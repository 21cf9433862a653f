//! `hearback import`: statements, or what people did, from a file. A second import of the same file adds nothing.

mod usage;

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::Done;
use crate::flow::feedback::{Sent, accept};
use crate::flow::{Context, account};
use crate::id::RolloutId;
use crate::jobs;
use crate::sources::feedback as reading;

/// Statements kept in one transaction.
const BATCH: usize = 200;
/// Longest line that is read, bytes.
const LINE_MAX_BYTES: u64 = 1_048_576;

/// What `import` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A CSV file with a head line, or a file of JSON lines; `-` reads JSON lines from stdin. A CSV's columns are those
    /// of a feedback object: text, rating, `rating_scale`, user, variant, `occurred_at`, locale, url, id, and
    /// attributes.NAME.
    file: PathBuf,
    /// The rollout that the statements are about: its id, or a release's tag, or a flag's key.
    #[arg(long, value_name = "ID", required_unless_present = "usage")]
    rollout: Option<String>,
    /// The channel of those that name none.
    #[arg(long, default_value = "import", value_name = "NAME")]
    channel: String,
    /// The file holds exposures and events, not statements: an export of a flag platform or an analytics tool, as CSV with
    /// a head line or as JSON lines. Each row names its own flag, release or rollout.
    #[arg(long, conflicts_with_all = ["rollout", "channel"])]
    usage: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Reads the file, keeps what is new in it, and plans what follows.
pub async fn run(ctx: &Context, args: &Args) -> Result<Done> {
    let Some(wanted) = args.rollout.as_deref().filter(|_| !args.usage) else {
        return usage::run(ctx, &args.file, args.json).await;
    };
    let Some(rollout) = account::named(ctx, wanted).await? else {
        bail!("no rollout {wanted}; `hearback rollouts` lists them");
    };
    let file = &args.file;
    let size = if file.as_os_str() == "-" { 0 } else { std::fs::metadata(file).map_or(0, |m| m.len()) };
    let bar = ProgressBar::new(size)
        .with_style(ProgressStyle::with_template("{spinner} {bar:30} {bytes}/{total_bytes} {msg} {elapsed}")?);
    let mut into =
        Import { ctx, rollout, channel: &args.channel, bar, seen: HashMap::new(), batch: Vec::new(), new: 0, all: 0 };
    let is_csv = file.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"));
    let done = if is_csv { from_csv(file, &mut into).await } else { from_lines(file, &mut into).await };
    let done = match done {
        Ok(()) => into.keep().await,
        Err(e) => Err(e),
    };
    into.bar.finish_and_clear();
    let told = json!({"read": into.all, "added": into.new, "known": into.all - into.new, "rollout": into.rollout});
    done.with_context(|| format!("{} statements were added before", into.new))?;
    jobs::read_and_plan(ctx).await?;
    if args.json {
        put!("{told}");
    } else {
        eprintln!(
            "{} statements read, {} added to {}, {} known already; `hearback serve` keeps the tickets true",
            into.all,
            into.new,
            into.rollout,
            into.all - into.new
        );
    }
    Ok(Done::Well)
}

struct Import<'a> {
    ctx: &'a Context,
    rollout: RolloutId,
    channel: &'a str,
    bar: ProgressBar,
    /// How often each statement stood in the file so far: the same line twice is two statements, the same file is not.
    seen: HashMap<[u8; 32], u64>,
    batch: Vec<Sent>,
    new: usize,
    all: usize,
}

impl Import<'_> {
    /// Takes one statement as JSON; `place` is where it stands, for people.
    async fn take(&mut self, mut item: Value, place: &str) -> Result<()> {
        let Some(fields) = item.as_object_mut() else { bail!("{place}: expected an object, a statement a line") };
        fields.insert("rollout".into(), json!(self.rollout));
        let bytes = item.to_string().into_bytes();
        let given = match reading::parse(&bytes, self.channel, self.ctx.now()) {
            Ok(given) => given,
            Err(faults) => {
                let all: Vec<String> = faults.iter().map(ToString::to_string).collect();
                bail!("{place}: {}", all.join("; "));
            }
        };
        for one in given {
            let dedupe_key = if let Some(id) = &one.id {
                format!("import|{}|id|{id}", self.rollout)
            } else {
                let hash: [u8; 32] = Sha256::digest(&bytes).into();
                let times = self.seen.entry(hash).or_default();
                *times += 1;
                format!("import|{}|{}|{times}", self.rollout, hex::encode(hash))
            };
            self.batch.push(Sent { statement: one.statement, dedupe_key: Some(dedupe_key), unproven: None });
            self.all += 1;
        }
        if self.batch.len() >= BATCH { self.keep().await } else { Ok(()) }
    }

    async fn keep(&mut self) -> Result<()> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let (_, accepted) = accept(self.ctx, std::mem::take(&mut self.batch), None).await?;
        self.new += accepted.iter().filter(|a| !a.duplicate).count();
        self.bar.set_message(format!("{} added", self.new));
        Ok(())
    }
}

async fn from_lines(path: &Path, into: &mut Import<'_>) -> Result<()> {
    let reader: Box<dyn std::io::Read> = if path.as_os_str() == "-" {
        Box::new(std::io::stdin())
    } else {
        Box::new(File::open(path).with_context(|| format!("opening {}", path.display()))?)
    };
    let mut reader = BufReader::new(reader);
    for number in 1.. {
        let mut line = Vec::new();
        let n = (&mut reader).take(LINE_MAX_BYTES).read_until(b'\n', &mut line)?;
        if n == 0 {
            return Ok(());
        }
        into.bar.inc(n as u64);
        let place = format!("{}:{number}", path.display());
        let text = String::from_utf8(line).with_context(|| format!("{place}: expected UTF-8"))?;
        let text = text.trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            continue;
        }
        let item: Value = serde_json::from_str(text).with_context(|| format!("{place}: expected an object a line"))?;
        into.take(item, &place).await?;
    }
    Ok(())
}

async fn from_csv(path: &Path, into: &mut Import<'_>) -> Result<()> {
    let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    let mut file = BufReader::new(file);
    let delimiter = delimiter(file.fill_buf()?);
    let mut reader = csv::ReaderBuilder::new().flexible(false).delimiter(delimiter).from_reader(file);
    let heads: Vec<String> = reader
        .headers()
        .with_context(|| format!("reading {}", path.display()))?
        .iter()
        .map(|h| h.trim_start_matches('\u{feff}').trim().to_owned())
        .collect();
    tell_how_heads_are_taken(&heads)?;
    let mut before = 0;
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).with_context(|| format!("reading {}", path.display()))? {
        let at = record.position().map_or(0, csv::Position::line);
        let place = format!("{}:{at}", path.display());
        if record.iter().all(|v| v.trim().is_empty()) {
            continue;
        }
        let item = from_row(&heads, &record).map_err(|e| anyhow::anyhow!("{place}: {e}"))?;
        let now = reader.position().byte();
        into.bar.inc(now - before);
        before = now;
        into.take(item, &place).await?;
    }
    Ok(())
}

/// What separates the columns of a file that begins like this: the most frequent of comma, semicolon and tab in its head.
fn delimiter(begin: &[u8]) -> u8 {
    let head = String::from_utf8_lossy(begin.split(|b| *b == b'\n').next().unwrap_or_default());
    let count = |d: u8| head.matches(char::from(d)).count();
    [b',', b';', b'\t'].into_iter().rev().max_by_key(|d| count(*d)).unwrap_or(b',')
}

/// Columns that are fields of a statement.
const FIELDS: &[&str] = &["text", "user", "variant", "occurred_at", "locale", "url", "id", "channel"];
/// Columns that hold a mark.
const MARKS: &[&str] = &["rating", "rating_value", "stars", "score"];
/// Columns that hold the best mark.
const SCALES: &[&str] = &["rating_scale", "scale"];

/// Says what is not taken by its name: a misspelt column must not be lost in silence.
fn tell_how_heads_are_taken(heads: &[String]) -> Result<()> {
    let lower: Vec<String> = heads.iter().map(|h| h.to_lowercase()).collect();
    let has = |names: &[&str]| lower.iter().any(|h| names.contains(&h.as_str()));
    if !has(&["text"]) && !has(MARKS) {
        bail!("expected a column text or rating, found {}", heads.join(", "));
    }
    if let Some(twice) = lower.iter().enumerate().find(|(i, h)| lower[..*i].contains(h)) {
        bail!("the column {} stands there twice", twice.1);
    }
    if has(MARKS) && !has(SCALES) {
        eprintln!("note: no column rating_scale, so marks are taken to be of 5");
    }
    let known = |h: &str| FIELDS.contains(&h) || MARKS.contains(&h) || SCALES.contains(&h);
    let others: Vec<&str> =
        lower.iter().filter(|h| !known(h) && !h.starts_with("attributes.")).map(String::as_str).collect();
    if !others.is_empty() {
        eprintln!("note: taken as attributes: {}", others.join(", "));
    }
    Ok(())
}

/// A CSV row as a feedback object. Columns that are none of its fields become attributes.
fn from_row(heads: &[String], record: &csv::StringRecord) -> Result<Value, String> {
    let mut item = Map::new();
    let mut attributes = Map::new();
    let mut rating = Map::new();
    for (head, value) in heads.iter().zip(record.iter()).filter(|(_, v)| !v.trim().is_empty()) {
        let number = || {
            let n: f64 = value.trim().parse().map_err(|_| format!("{head}: expected a number"))?;
            Ok::<Value, String>(json!(n))
        };
        match head.to_lowercase().as_str() {
            mark if MARKS.contains(&mark) => {
                rating.insert("value".into(), number()?);
            }
            scale if SCALES.contains(&scale) => {
                rating.insert("scale".into(), number()?);
            }
            field if FIELDS.contains(&field) => {
                item.insert(field.to_owned(), json!(value));
            }
            _ => {
                attributes.insert(head.strip_prefix("attributes.").unwrap_or(head).to_owned(), json!(value));
            }
        }
    }
    if rating.contains_key("value") {
        rating.entry("scale").or_insert_with(|| json!(5));
        item.insert("rating".into(), Value::Object(rating));
    }
    if !attributes.is_empty() {
        item.insert("attributes".into(), Value::Object(attributes));
    }
    Ok(Value::Object(item))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_a_statement_and_what_is_left_are_attributes() {
        let heads = ["text", "stars", "user", "attributes.plan", "country"].map(ToOwned::to_owned);
        let row = csv::StringRecord::from(vec!["Pay button hangs", "2", "u1", "pro", "DE"]);
        assert_eq!(
            from_row(&heads, &row).unwrap(),
            json!({"text": "Pay button hangs", "user": "u1", "rating": {"value": 2.0, "scale": 5},
                   "attributes": {"plan": "pro", "country": "DE"}})
        );
        let wrong = csv::StringRecord::from(vec!["x", "two", "", "", ""]);
        assert_eq!(from_row(&heads, &wrong).unwrap_err(), "stars: expected a number");
        for (head, separated_by) in [("text,a;b\n1;2;3;4", b','), ("text;rating;user\n", b';'), ("text\tuser", b'\t')] {
            assert_eq!(delimiter(head.as_bytes()), separated_by, "{head}");
        }
        let named =
            |heads: &[&str]| tell_how_heads_are_taken(&heads.iter().map(|h| (*h).to_owned()).collect::<Vec<_>>());
        assert!(named(&["Text", "User"]).is_ok());
        assert_eq!(named(&["ratng"]).unwrap_err().to_string(), "expected a column text or rating, found ratng");
        assert_eq!(named(&["text", "text"]).unwrap_err().to_string(), "the column text stands there twice");
    }
}
