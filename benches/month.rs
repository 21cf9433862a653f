//! A month of what people do: how fast it is taken, how much memory that needs, and whether one more item costs more at
//! its end than at its beginning.
//!
//! `cargo bench --bench month -- 0.01` takes a hundredth of it: 100,000 events of 10,000 people, 1,000 statements, 50
//! rollouts. 1 is the whole: 10 million events of a million people, 100,000 statements. A second argument is the address of
//! a database; a fresh file by default.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::disallowed_methods,
    reason = "a program that measures itself"
)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result};
use hearback::domain::annotation::{Annotation, Details, Intent, Sentiment};
use hearback::domain::feedback::{AttributedBy, Belongs, Feedback, Rating};
use hearback::domain::policy::OpensOn;
use hearback::domain::rollout::fold;
use hearback::domain::signal::{About, Exposure, Signal, SignalKind, Subject};
use hearback::domain::usage::{Usage, UsageRecord};
use hearback::flow::{Context, usage};
use hearback::id::{CountingEntropy, FeedbackId, RolloutId};
use hearback::store::feedback::Incoming;
use hearback::store::{feedback, rollouts};
use hearback::time::{Clock as _, DAY_MS, HOUR_MS, ManualClock, UnixMs};
use hearback::{app, config};

const EVENTS: f64 = 10e6;
const PEOPLE: f64 = 1e6;
const STATEMENTS: f64 = 100e3;
const ROLLOUTS: i64 = 50;
const EVENT_NAMES: u64 = 40;
const DAYS: i64 = 30;
/// How long a flag stays between off and everybody.
const ROLLOUT_DAYS: i64 = 10;
/// Records of a request.
const REQUEST: usize = 2_000;
/// Linux tells processor time in hundredths of a second.
const TICKS_PER_S: f64 = 100.0;
/// Looks at the figures in a month.
const LOOKS: u64 = 10;

struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

fn main() -> Result<()> {
    let mut given = std::env::args().skip(1).filter(|a| !a.starts_with("--"));
    let scale: f64 = given.next().map_or(Ok(0.01), |s| s.parse()).context("expected a scale, such as 0.01")?;
    let folder = tempfile::tempdir()?;
    let url = given.next().unwrap_or_else(|| format!("sqlite://{}", folder.path().join("month.db").display()));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(month(scale, url, folder.path()))
}

async fn month(scale: f64, url: String, folder: &std::path::Path) -> Result<()> {
    let start = UnixMs(1_790_000_000_000 / DAY_MS * DAY_MS);
    let clock = ManualClock::at(start);
    let settings =
        [("HEARBACK__DATABASE__URL".to_owned(), url), ("HEARBACK__LOG__LEVEL".to_owned(), "error".to_owned())];
    let config = config::read(None, settings)?;
    let ctx = app::build(config, Arc::new(clock.clone()), Arc::new(CountingEntropy::default())).await?;
    let (events, people) = ((EVENTS * scale) as u64, (PEOPLE * scale) as u64);
    let statements = (STATEMENTS * scale) as u64;
    println!("{events} events, {people} people, {statements} statements, {ROLLOUTS} rollouts, on {}", ctx.db.kind());
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let (mut sent, mut said, mut begun) = (0, 0, 0);
    let (mut slice, mut counting, mut hearing, mut heard) = (Instant::now(), 0.0, 0.0, 0_u64);
    let mut worked = cpu_s();
    let whole = Instant::now();
    for look in 1..=LOOKS {
        let (from, until) = (events * (look - 1) / LOOKS, events * look / LOOKS);
        while sent < until {
            let passed = DAYS * DAY_MS * i64::try_from(sent)? / i64::try_from(events)?;
            clock.advance(start.plus(passed).since(clock.now()));
            while begun < ROLLOUTS && begun * (DAYS * DAY_MS - 5 * DAY_MS) / ROLLOUTS <= passed {
                begin(&ctx, begun).await?;
                begun += 1;
            }
            let n = (until - sent).min(REQUEST as u64);
            let records = (0..n).map(|_| record(&mut dice, clock.now(), people, begun)).collect();
            let at = Instant::now();
            usage::take(&ctx, records, None).await?;
            counting += at.elapsed().as_secs_f64();
            sent += n;
            while said * events < sent * statements {
                let at = Instant::now();
                speak(&ctx, &mut dice, said, people, begun).await?;
                hearing += at.elapsed().as_secs_f64();
                (said, heard) = (said + 1, heard + 1);
            }
        }
        println!(
            "{:3} %  {:7.0} events/s  {:4.0} us of CPU an event, statements included  {:6.2} ms a statement  {:5.0} MB of memory at most  {:7.1} MB on disk  {:6.1} s",
            look * 100 / LOOKS,
            (until - from) as f64 / counting,
            (cpu_s() - worked) * 1e6 / (until - from) as f64,
            hearing * 1e3 / heard.max(1) as f64,
            memory_mb(),
            on_disk(folder),
            slice.elapsed().as_secs_f64()
        );
        (slice, counting, hearing, heard) = (Instant::now(), 0.0, 0.0, 0);
        worked = cpu_s();
    }
    let mut tx = ctx.db.read().await?;
    let (mut cells, mut reading) = (0, 0.0_f64);
    for n in 0..begun {
        let at = Instant::now();
        cells += usage::counted(&mut tx, &id_of(n)).await?.map_or(0, |(_, cells)| cells.len());
        reading = reading.max(at.elapsed().as_secs_f64());
    }
    println!(
        "{cells} counters; the counters of one rollout are read in {:.1} ms at most; all of it in {:.0} s",
        reading * 1e3,
        whole.elapsed().as_secs_f64()
    );
    Ok(())
}

fn flag(n: i64) -> String {
    format!("flag-{n}")
}

fn subject(n: i64) -> Subject {
    let (platform, environment) = ("bench".to_owned(), "production".to_owned());
    Subject::Flag { platform, project: String::new(), environment, flag: flag(n) }
}

fn id_of(n: i64) -> RolloutId {
    RolloutId::of_key(&format!("{}#1", subject(n).key()))
}

async fn begin(ctx: &Context, n: i64) -> Result<()> {
    let now = ctx.now();
    let signal = |percent: f64, at: UnixMs| Signal {
        subject: subject(n),
        kind: SignalKind::Exposed { exposure: Exposure::Percent(percent) },
        occurred_at: Some(at),
        received_at: at,
        actor: None,
        about: About::default(),
    };
    let signals = [signal(5.0, now), signal(25.0, now.plus(DAY_MS)), signal(50.0, now.plus(3 * DAY_MS))];
    let mut tx = ctx.db.write().await?;
    for rollout in fold(&subject(n), &signals, OpensOn::Published, &|_| true) {
        rollouts::upsert(&mut tx, &rollout, now).await?;
    }
    tx.commit().await
}

fn live(dice: &mut Dice, begun: i64) -> i64 {
    let alive = (ROLLOUTS * ROLLOUT_DAYS / DAYS).min(begun).max(1);
    begun - 1 - dice.below(alive as u64) as i64
}

fn record(dice: &mut Dice, now: UnixMs, people: u64, begun: i64) -> UsageRecord {
    let user = format!("user-{}", dice.below(people));
    let what = match dice.below(100) {
        0..=19 => Usage::Exposure { variant: Some(if dice.below(4) == 0 { "on" } else { "off" }.to_owned()) },
        20..=21 => {
            Usage::Traits { attributes: BTreeMap::from([("plan".to_owned(), format!("plan-{}", dice.below(4)))]) }
        }
        _ => Usage::Event { name: format!("event_{}", dice.below(EVENT_NAMES)), value: None },
    };
    let belongs = match what {
        Usage::Exposure { .. } => Belongs { flag: Some(flag(live(dice, begun))), ..Belongs::default() },
        _ => Belongs::default(),
    };
    let late = dice.below(600) as i64 * 1_000;
    UsageRecord { user: Some(user), belongs, environment: None, what, occurred_at: now.plus(-late), message_id: None }
}

/// A statement is kept as read and counted; the reading itself is measured elsewhere.
async fn speak(ctx: &Context, dice: &mut Dice, n: u64, people: u64, begun: i64) -> Result<()> {
    let now = ctx.now();
    let rollout = id_of(live(dice, begun));
    let negative = dice.below(4) == 0;
    let item = Feedback {
        id: FeedbackId(format!("fb_{n:012}")),
        rollout: Some(rollout.clone()),
        person: ctx.secrets.pseudonym(&format!("user-{}", dice.below(people))),
        anonymous: false,
        text: Some("it is slow".into()),
        rating: Some(Rating { value: if negative { 1.0 } else { 4.0 }, scale: 5.0 }),
        variant: None,
        attributes: BTreeMap::from([("plan".to_owned(), "plan-1".to_owned())]),
        channel: "widget".into(),
        occurred_at: now.plus(-(dice.below(2) as i64) * HOUR_MS),
        annotation: None,
        theme: None,
    };
    let reading = Annotation {
        language: "en".into(),
        sentiment: if negative { Sentiment::Negative } else { Sentiment::Positive },
        score: if negative { -0.8 } else { 0.7 },
        confidence: 0.9,
        intent: Intent::Other,
        intent_confidence: 0.5,
        spam: false,
        fingerprint: n,
        engine: "bench".into(),
        details: Details::default(),
    };
    let incoming = Incoming {
        dedupe_key: item.id.0.clone(),
        by: AttributedBy::Flag,
        belongs: Belongs::default(),
        locale: None,
        url: None,
        metadata: None,
        received_at: now,
        feedback: item.clone(),
    };
    let mut tx = ctx.db.write().await?;
    rollouts::lock(&mut tx, &rollout).await?;
    feedback::insert(&mut tx, &incoming).await?;
    feedback::keep_reading(&mut tx, &item, &reading, false).await?;
    usage::hear(ctx, &mut tx, Some(&rollout), &[&item]).await?;
    tx.commit().await
}

/// The most memory that the process ever had, with what the database holds outside of Rust's allocator, MB.
fn memory_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kb =
        status.lines().find_map(|l| l.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok());
    kb.unwrap_or(f64::NAN) / 1e3
}

/// The processor time that the process has taken so far, seconds: what else runs on the machine does not show in it.
fn cpu_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: f64 = after_name.split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<f64>().ok()).sum();
    ticks / TICKS_PER_S
}

fn on_disk(folder: &std::path::Path) -> f64 {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter_map(|f| f.metadata().ok()).map(|m| m.len() as f64).sum::<f64>() / 1e6
}
