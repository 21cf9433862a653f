//! What a person says of a reading that was wrong: it goes before what the engine reads, now and whenever the statement is
//! read again, and `hearback train` learns from it.

use anyhow::Result;
use tracing::info;

use super::analyze::Shelf;
use super::{Context, usage};
use crate::domain::correction::Correction;
use crate::domain::feedback::Feedback;
use crate::id::{FeedbackId, RolloutId};
use crate::store::{Tx, corrections, feedback, rollouts};

/// Keeps a correction, and has the statement read again under it. Gives whether there is such a statement.
pub async fn correct(ctx: &Context, id: &FeedbackId, correction: &Correction, who: &str) -> Result<bool> {
    change(ctx, id, Some(correction), who).await
}

/// Takes a correction back, and has the statement read again as the engine reads it. Gives whether there is such a
/// statement.
pub async fn take_back(ctx: &Context, id: &FeedbackId, who: &str) -> Result<bool> {
    change(ctx, id, None, who).await
}

async fn change(ctx: &Context, id: &FeedbackId, correction: Option<&Correction>, who: &str) -> Result<bool> {
    let mut tx = ctx.db.write().await?;
    let Some((item, counted)) = locked(&mut tx, id).await? else { return Ok(false) };
    if let Some(correction) = correction {
        corrections::keep(&mut tx, id, correction, who, ctx.now()).await?;
    } else if !corrections::remove(&mut tx, id).await? {
        // Nothing to take back: nothing to read again.
        return Ok(true);
    }
    if item.annotation.is_some() {
        if let Some(rollout) = &item.rollout {
            let mut shelf = Shelf::load(ctx, &mut tx, rollout).await?;
            shelf.unread(&mut tx, &item, counted).await?;
            shelf.save(&mut tx, ctx.now()).await?;
        }
        feedback::read_again(&mut tx, id).await?;
        usage::hear(ctx, &mut tx, item.rollout.as_ref(), &[&item]).await?;
    }
    tx.commit().await?;
    let what = if correction.is_some() { "was corrected" } else { "is the engine's again" };
    info!(feedback.id = %id, by = who, "a reading {what}");
    ctx.bell.mind.notify_one();
    Ok(true)
}

/// A statement as it stands under the lock of its rollout: before, it may be read, corrected, or join another rollout.
pub(super) async fn locked(tx: &mut Tx, id: &FeedbackId) -> Result<Option<(Feedback, bool)>> {
    let mut held: Option<RolloutId> = None;
    loop {
        let Some((item, counted)) = feedback::get(tx, id).await? else { return Ok(None) };
        match &item.rollout {
            Some(rollout) if held.as_ref() != Some(rollout) => {
                rollouts::lock(tx, rollout).await?;
                held = Some(rollout.clone());
            }
            Some(_) | None => return Ok(Some((item, counted))),
        }
    }
}
