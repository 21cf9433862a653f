//! Asks flag platforms what no delivery told, and keeps it as deliveries of its own.
//!
//! A platform answers with events, in the bytes that its webhook would have brought, or with its flags as they are. An
//! event that is not here yet, and a flag that is not as it is known here, become a delivery and are read like any other.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context as _, Result};
use tracing::{info, warn};

use super::{Context, policies};
use crate::domain::flag::{FlagChange, FlagSeen};
use crate::flagapi::{After, Look, Platform};
use crate::http::RemoteError;
use crate::id::DeliveryId;
use crate::plan::flags as plan;
use crate::sources::{self, Envelope, Fact, Headers, Incoming, Meaning, Source, digest, flags};
use crate::store::deliveries::{self, Delivery, Provenance};
use crate::store::flags::{self as known_flags, Known};
use crate::store::{Tx, pauses, schedules};
use crate::time::{DAY_MS, MINUTE_MS, SECOND_MS, UnixMs};

/// The first time, events of this long ago are asked for, ms: as far back as a late delivery dates a window.
const LOOK_BACK_MS: i64 = 3 * DAY_MS;
/// How long asking may take before another process may begin it anew, ms.
const LEASE_MS: i64 = 5 * MINUTE_MS;
/// The longest that one look may take; well before the lease ends.
const LOOK_MAX: Duration = Duration::from_mins(4);
/// A change this young may still be on its way as a delivery, ms.
const ON_ITS_WAY_MS: i64 = 30 * SECOND_MS;
/// Flags in one delivery.
const SEEN_MAX: usize = 200;

/// The schedule of a platform.
pub(super) fn schedule(name: &str) -> String {
    format!("flags.{name}")
}

/// Has a platform asked as soon as may be. `false` where it can't be asked.
pub async fn ask_soon(ctx: &Context, tx: &mut Tx, name: &str) -> Result<bool> {
    let Some(platform) = ctx.platforms.get(name) else { return Ok(false) };
    schedules::hasten(tx, &schedule(name), ctx.now()).await?;
    // Rung before the transaction ends: whoever wakes too early looks again within the nap.
    platform.bell.notify_one();
    Ok(true)
}

/// Asks a platform where that is due. Gives when it is due next.
pub async fn ask_if_due(ctx: &Context, name: &'static str, platform: &Platform) -> Result<UnixMs> {
    let schedule = schedule(name);
    let mut tx = ctx.db.read().await?;
    let due = schedules::due_at(&mut tx, &schedule).await?;
    // What a delivery asks for does not go before what the platform asked for.
    let due = pauses::until(&mut tx, &schedule, ctx.now()).await?.map_or(due, |until| until.max(due));
    drop(tx);
    if due > ctx.now() {
        return Ok(due);
    }
    let lease_until = ctx.now().plus(LEASE_MS);
    let mut tx = ctx.db.write().await?;
    let taken = schedules::take(&mut tx, &schedule, &ctx.owner, ctx.now(), lease_until).await?;
    tx.commit().await?;
    let Some(cursor) = taken else { return Ok(lease_until) };
    let source = sources::source(name).with_context(|| format!("{name} is no source"))?;
    let after = After { cursor: cursor.as_deref(), since: ctx.now().plus(-LOOK_BACK_MS) };
    let began = ctx.now();
    let looked = match tokio::time::timeout(LOOK_MAX, platform.api.look(after)).await {
        Ok(looked) => looked,
        Err(_) => Err(RemoteError::NotSent { problem: "the platform took too long to answer".into() }),
    };
    let mut tx = ctx.db.write().await?;
    let (next, cursor, note) = match looked {
        Ok(look) => {
            let next_cursor = look.cursor.clone().or(cursor);
            let note = keep(ctx, &mut tx, source, look, began).await?;
            (ctx.now().plus(platform.every_ms), next_cursor, note)
        }
        Err(e) => {
            warn!(source = name, "the platform could not be asked: {e}");
            if let RemoteError::Wait { ms, reason } = &e {
                pauses::hold(&mut tx, &schedule, ctx.now().plus(*ms), reason).await?;
            }
            (ctx.now().plus(platform.every_ms), cursor, format!("failed: {e}"))
        }
    };
    schedules::done(&mut tx, &schedule, lease_until, next, cursor.as_deref(), &note).await?;
    let due = schedules::due_at(&mut tx, &schedule).await?;
    tx.commit().await?;
    ctx.bell.mind.notify_one();
    Ok(due)
}

/// Keeps what is news of what a platform told. Gives a sentence of it.
async fn keep(ctx: &Context, tx: &mut Tx, source: &'static Source, look: Look, began: UnixMs) -> Result<String> {
    let (listed, mut missed) = (look.events.len(), 0_u64);
    // What events tell of a flag is read first: the flag as it is tells no more.
    let mut told: BTreeSet<String> = BTreeSet::new();
    for body in look.events {
        if let Some(kept) = keep_event(ctx, tx, source, body).await? {
            told.extend(kept.flags);
            missed += u64::from(kept.missed);
        }
    }
    let known: BTreeMap<String, Known> =
        known_flags::of_platform(tx, source.name).await?.into_iter().map(|k| (k.subject.key(), k)).collect();
    let flags = look.seen.len();
    let watches = policies::anybody_watches(ctx, tx).await?;
    // What changed here since the question was asked is news to the answer.
    let before = known.values().filter(|k| k.changed_at < began).map(|k| (&k.subject, &k.state));
    let gone = plan::gone(&look.seen, &look.whole, look.environments_by_flag, before);
    let news: Vec<(FlagSeen, bool)> = look
        .seen
        .into_iter()
        .filter(|s| watches(s.environment.as_deref().unwrap_or_default()))
        .chain(gone)
        .filter(|s| !told.contains(&s.flag))
        .filter_map(|seen| {
            let state = known.get(&seen.subject().key()).map(|k| &k.state);
            plan::is_news(state, &seen).then(|| (seen, state.is_some_and(|s| s.exposure().is_some())))
        })
        .collect();
    // What a delivery of this moment told may not be read yet, and then nothing was missed.
    let quiet = deliveries::last_sent(tx, source.name).await?.is_none_or(|d| ctx.now().since(d.at) > ON_ITS_WAY_MS);
    missed += news.iter().filter(|(_, was_known)| *was_known && quiet).count() as u64;
    let seen: Vec<FlagSeen> = news.into_iter().map(|(seen, _)| seen).collect();
    for part in seen.chunks(SEEN_MAX) {
        let body = flags::seen_body(part);
        insert(ctx, tx, source, &Envelope::of_body(flags::SEEN, &body), body.clone()).await?;
    }
    ctx.telemetry.missed(source.name, missed);
    if missed > 0 {
        warn!(source = source.name, "{missed} changes were missed and are read now");
    }
    Ok(format!(
        "{listed} events and {flags} flags listed; {} flags were told by new events, {} are not as they were known; {missed} changes were missed",
        told.len(),
        seen.len()
    ))
}

/// An event that a platform told, and that is kept now.
struct KeptEvent {
    /// The flags that it is about.
    flags: Vec<String>,
    /// Whether a delivery should have told it by now.
    missed: bool,
}

/// Keeps an event, unless it was asked for before or nothing is to be done about it.
async fn keep_event(ctx: &Context, tx: &mut Tx, source: &'static Source, body: Vec<u8>) -> Result<Option<KeptEvent>> {
    let headers = Headers::default();
    let incoming = Incoming::new(&headers, &body, ctx.now());
    let envelope = match (source.envelope)(&incoming) {
        Ok(envelope) if (source.reads)(&envelope.event) => envelope,
        Ok(_) => return Ok(None),
        Err(bad) => {
            warn!(source = source.name, "an event of the platform's can't be read: {bad}");
            return Ok(None);
        }
    };
    let told = deliveries::known(tx, source.name, &envelope.key()).await?;
    let meaning = (source.parse)(&Incoming { event: &envelope.event, ..incoming });
    let changes: Vec<FlagChange> = match meaning {
        Ok(Meaning::Facts(facts) | Meaning::Hint { facts, .. }) => {
            facts.into_iter().filter_map(|f| if let Fact::Flag(change) = f { Some(*change) } else { None }).collect()
        }
        Ok(Meaning::Ignored(_)) | Err(_) => return Ok(None),
    };
    if !insert(ctx, tx, source, &envelope, body).await? {
        return Ok(None);
    }
    let happened = changes.iter().find_map(|c| c.occurred_at);
    let late = happened.is_none_or(|at| ctx.now().since(at) > ON_ITS_WAY_MS);
    Ok(Some(KeptEvent { flags: changes.into_iter().map(|c| c.flag).collect(), missed: !told && late }))
}

/// Keeps a delivery that nobody sent. `false` where it is here already.
async fn insert(ctx: &Context, tx: &mut Tx, source: &Source, envelope: &Envelope, body: Vec<u8>) -> Result<bool> {
    let now = ctx.now();
    let delivery = Delivery {
        id: DeliveryId::new(now, &*ctx.entropy),
        source: source.name.to_owned(),
        dedupe_key: format!("asked/{}", envelope.key()),
        body_hash: digest(&body),
        event: envelope.event.clone(),
        headers: "{}".to_owned(),
        body,
        received_at: now,
        proof: Provenance::Asked,
        connection: None,
    };
    let new = deliveries::insert(tx, &delivery).await?;
    if new {
        info!(source = source.name, event = %envelope.event, "the platform told what is not known here");
    }
    Ok(new)
}
