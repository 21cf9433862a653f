//! Reads kept statements: what they feel and want, which theme they belong to, and what that does to the counts. One
//! transaction a batch of one rollout; what is counted is exactly what is marked as read.

mod shelf;

use std::collections::HashMap;

use anyhow::Result;
use tracing::{error, info};

pub(super) use self::shelf::{Shelf, is_stale};
use super::{Context, findings, themes as gathering, usage};
use crate::crash_point;
use crate::domain::annotation::Annotation;
use crate::domain::feedback::Feedback;
use crate::id::{FeedbackId, RolloutId};
use crate::store::{Tx, corrections, feedback, rollouts};

/// Statements read in one transaction.
const BATCH: i64 = 200;
/// Rollouts looked at in one round.
const ROLLOUTS: i64 = 50;

/// Reads what waits. Gives how many statements were read.
pub async fn analyze_waiting(ctx: &Context) -> Result<usize> {
    let mut tx = ctx.db.read().await?;
    let waiting = feedback::unread_rollouts(&mut tx, ROLLOUTS).await?;
    tx.commit().await?;
    let mut read = 0;
    for rollout in waiting {
        let done = match &rollout {
            Some(id) => of_rollout(ctx, id).await,
            None => unattributed(ctx).await,
        };
        match done {
            Ok(n) => read += n,
            // One rollout that can't be read must not keep the others waiting.
            Err(e) => error!("statements wait for another reading: {e:#}"),
        }
    }
    Ok(read)
}

/// Statements without a rollout are read too, so that they can be looked at; they count nowhere.
async fn unattributed(ctx: &Context) -> Result<usize> {
    let readings = readings(ctx, None).await?;
    let mut tx = ctx.db.write().await?;
    let items = feedback::unread(&mut tx, None, BATCH).await?;
    let read = corrected(ctx, &mut tx, items, readings).await?;
    for (item, reading) in &read {
        feedback::keep_reading(&mut tx, item, reading, false).await?;
    }
    usage::hear(ctx, &mut tx, None, &read.iter().map(|(item, _)| item).collect::<Vec<_>>()).await?;
    tx.commit().await?;
    Ok(read.len())
}

/// What is read in the statements that wait, by id: before the transaction, because the database's only writer must not
/// wait for it.
async fn readings(ctx: &Context, id: Option<&RolloutId>) -> Result<HashMap<FeedbackId, Annotation>> {
    let mut tx = ctx.db.read().await?;
    let items = feedback::unread(&mut tx, id, BATCH).await?;
    drop(tx);
    let reader = ctx.reader.clone();
    let read = move |items: Vec<(Feedback, Option<String>)>| -> Vec<(Feedback, Annotation)> {
        let annotate = |(item, locale): (Feedback, Option<String>)| {
            let reading = reader.annotate(item.text.as_deref(), item.rating, locale.as_deref());
            (item, reading)
        };
        items.into_iter().map(annotate).collect()
    };
    if !ctx.embedder.is_slow() {
        return Ok(read(items).into_iter().map(|(item, reading)| (item.id, reading)).collect());
    }
    // No other task waits for an encoder.
    let mut read = tokio::task::spawn_blocking(move || read(items)).await?;
    for (item, reading) in &mut read {
        item.annotation = Some(reading.clone());
    }
    let (items, readings): (Vec<_>, Vec<_>) = read.into_iter().unzip();
    let ids: Vec<FeedbackId> = items.iter().map(|item| item.id.clone()).collect();
    if let Some(id) = id {
        gathering::read_ahead(ctx, items).await?;
        gathering::read_ahead_where_stale(ctx, id).await?;
    }
    Ok(ids.into_iter().zip(readings).collect())
}

fn annotate(ctx: &Context, item: &Feedback, locale: Option<&str>) -> Annotation {
    ctx.reader.annotate(item.text.as_deref(), item.rating, locale)
}

/// A statement that waits, with its sender's idea of the language.
type Waiting = (Feedback, Option<String>);

/// Each statement with what is read in it; what a person said of one goes before what the engine reads.
async fn corrected(
    ctx: &Context,
    tx: &mut Tx,
    items: Vec<Waiting>,
    mut readings: HashMap<FeedbackId, Annotation>,
) -> Result<Vec<(Feedback, Annotation)>> {
    let mut said = corrections::of_all(tx, items.iter().map(|(item, _)| &item.id)).await?;
    let read = items.into_iter().map(|(item, locale)| {
        let reading = readings.remove(&item.id).unwrap_or_else(|| annotate(ctx, &item, locale.as_deref()));
        let reading = match said.remove(&item.id) {
            Some(kept) => kept.correction.apply(reading),
            None => reading,
        };
        (item, reading)
    });
    Ok(read.collect())
}

async fn of_rollout(ctx: &Context, id: &RolloutId) -> Result<usize> {
    let readings = readings(ctx, Some(id)).await?;
    let mut tx = ctx.db.write().await?;
    rollouts::lock(&mut tx, id).await?;
    let items = feedback::unread(&mut tx, Some(id), BATCH).await?;
    if items.is_empty() {
        return Ok(0);
    }
    let count = items.len();
    read_all(ctx, &mut tx, id, items, readings).await?;
    crash_point!("hb.analyze.read");
    tx.commit().await?;
    crash_point!("hb.analyze.committed");
    info!(rollout.id = %id, feedback.read = count, "read statements");
    gathering::gather_where_due(ctx, id).await?;
    findings::refresh(ctx, id, i64::try_from(count).is_ok_and(|n| n < BATCH)).await?;
    Ok(count)
}

/// Reads one statement of a rollout where it waits: a person looks at what comes of it, and must not wait for all others.
pub async fn read_at_once(ctx: &Context, rollout: &RolloutId, id: &FeedbackId) -> Result<()> {
    let mut tx = ctx.db.write().await?;
    rollouts::lock(&mut tx, rollout).await?;
    let item = feedback::waiting(&mut tx, id).await?.filter(|(item, _)| item.rollout.as_ref() == Some(rollout));
    if let Some(item) = item {
        read_all(ctx, &mut tx, rollout, vec![item], HashMap::new()).await?;
    }
    tx.commit().await?;
    findings::refresh(ctx, rollout, true).await?;
    Ok(())
}

/// Reads statements of a rollout, and counts them. What is not among `readings` is read now.
async fn read_all(
    ctx: &Context,
    tx: &mut Tx,
    rollout: &RolloutId,
    items: Vec<Waiting>,
    readings: HashMap<FeedbackId, Annotation>,
) -> Result<()> {
    let mut shelf = Shelf::load(ctx, tx, rollout).await?;
    let read = corrected(ctx, tx, items, readings).await?;
    let mut voices = feedback::voices_of(tx, rollout, read.iter().map(|(item, _)| item.person.as_str())).await?;
    let heard: Vec<Feedback> = read.iter().map(|(item, _)| item.clone()).collect();
    for (item, reading) in read {
        count(ctx, tx, item, reading, &mut shelf, &mut voices).await?;
    }
    shelf.save(tx, ctx.now()).await?;
    usage::hear(ctx, tx, Some(rollout), &heard.iter().collect::<Vec<_>>()).await
}

/// Counts one statement that was read. `voices` holds the statement that counts for each person, and is kept true.
async fn count(
    ctx: &Context,
    tx: &mut Tx,
    mut item: Feedback,
    reading: Annotation,
    shelf: &mut Shelf,
    voices: &mut HashMap<String, Feedback>,
) -> Result<()> {
    shelf.counts.items += 1;
    if reading.spam {
        shelf.counts.spam += 1;
        return feedback::keep_reading(tx, &item, &reading, false).await;
    }
    // One person counts once: the latest statement stands. One that comes late and was said earlier changes nothing.
    let before = voices.get(&item.person);
    let stands = before.is_none_or(|b| (b.occurred_at, &b.id) < (item.occurred_at, &item.id));
    if !stands {
        return feedback::keep_reading(tx, &item, &reading, false).await;
    }
    if let Some(old) = before {
        feedback::silence(tx, &old.id).await?;
        shelf.take_back(tx, old).await?;
    }
    item.annotation = Some(reading.clone());
    let placed = shelf.take_in(ctx, tx, &mut item).await?;
    feedback::keep_placed(tx, &item, &reading, placed.as_ref(), true).await?;
    voices.insert(item.person.clone(), item);
    Ok(())
}
