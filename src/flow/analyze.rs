//! Reads kept statements: what they feel and want, which theme they belong to, and what that does to the counts. One
//! transaction a batch of one rollout; what is counted is exactly what is marked as read.

mod shelf;

use std::collections::HashMap;

use anyhow::Result;
use tracing::{error, info};

pub(super) use self::shelf::Shelf;
use super::{Context, themes as gathering};
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
    let mut readings = readings(ctx, None).await?;
    let mut tx = ctx.db.write().await?;
    let items = feedback::unread(&mut tx, None, BATCH).await?;
    for (item, locale) in &items {
        let reading = readings.remove(&item.id).unwrap_or_else(|| annotate(ctx, item, locale.as_deref()));
        let reading = corrected(&mut tx, item, reading).await?;
        feedback::keep_reading(&mut tx, item, &reading, false).await?;
    }
    tx.commit().await?;
    Ok(items.len())
}

/// What is read in the statements that wait, by id: before the transaction, because the database's only writer must not
/// wait for it.
async fn readings(ctx: &Context, id: Option<&RolloutId>) -> Result<HashMap<FeedbackId, Annotation>> {
    let mut tx = ctx.db.read().await?;
    let items = feedback::unread(&mut tx, id, BATCH).await?;
    drop(tx);
    Ok(items.into_iter().map(|(item, locale)| (item.id.clone(), annotate(ctx, &item, locale.as_deref()))).collect())
}

fn annotate(ctx: &Context, item: &Feedback, locale: Option<&str>) -> Annotation {
    ctx.reader.annotate(item.text.as_deref(), item.rating, locale)
}

/// What a person said of a statement goes before what the engine reads in it.
async fn corrected(tx: &mut Tx, item: &Feedback, reading: Annotation) -> Result<Annotation> {
    Ok(match corrections::of(tx, &item.id).await? {
        Some(correction) => correction.apply(reading),
        None => reading,
    })
}

async fn of_rollout(ctx: &Context, id: &RolloutId) -> Result<usize> {
    let mut readings = readings(ctx, Some(id)).await?;
    let mut tx = ctx.db.write().await?;
    rollouts::lock(&mut tx, id).await?;
    let items = feedback::unread(&mut tx, Some(id), BATCH).await?;
    if items.is_empty() {
        return Ok(0);
    }
    let mut shelf = Shelf::load(&mut tx, id).await?;
    for (item, locale) in &items {
        let reading = readings.remove(&item.id).unwrap_or_else(|| annotate(ctx, item, locale.as_deref()));
        let reading = corrected(&mut tx, item, reading).await?;
        read(ctx, &mut tx, id, item.clone(), reading, &mut shelf).await?;
    }
    shelf.save(&mut tx, ctx.now()).await?;
    crash_point!("hb.analyze.read");
    tx.commit().await?;
    crash_point!("hb.analyze.committed");
    info!(rollout.id = %id, feedback.read = items.len(), "read statements");
    gathering::gather_where_due(ctx, id).await?;
    Ok(items.len())
}

async fn read(
    ctx: &Context,
    tx: &mut Tx,
    rollout: &RolloutId,
    mut item: Feedback,
    reading: Annotation,
    shelf: &mut Shelf,
) -> Result<()> {
    shelf.counts.items += 1;
    if reading.spam {
        shelf.counts.spam += 1;
        return feedback::keep_reading(tx, &item, &reading, false).await;
    }
    let before = feedback::voice_of(tx, rollout, &item.person).await?;
    // One person counts once: the latest statement stands. One that comes late and was said earlier changes nothing.
    let stands = before.as_ref().is_none_or(|b| (b.occurred_at, &b.id) < (item.occurred_at, &item.id));
    if !stands {
        return feedback::keep_reading(tx, &item, &reading, false).await;
    }
    if let Some(old) = before {
        feedback::silence(tx, &old.id).await?;
        shelf.take_back(tx, &old).await?;
    }
    item.annotation = Some(reading.clone());
    let placed = shelf.take_in(ctx, tx, &mut item).await?;
    feedback::keep_placed(tx, &item, &reading, placed.as_ref(), true).await
}
