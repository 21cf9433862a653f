//! What a person says of a reading that was wrong: it goes before what the engine reads, now and whenever the statement is
//! read again, and `hearback train` learns from it.

use anyhow::Result;
use tracing::info;

use super::Context;
use super::analyze::Shelf;
use crate::domain::correction::Correction;
use crate::domain::feedback::Feedback;
use crate::id::{FeedbackId, RolloutId};
use crate::store::{Tx, corrections, feedback, rollouts};

/// Keeps a correction, and has the statement read again under it. Gives whether there is such a statement.
pub async fn correct(ctx: &Context, id: &FeedbackId, correction: &Correction, who: &str) -> Result<bool> {
    let mut tx = ctx.db.write().await?;
    let Some((item, counted)) = locked(&mut tx, id).await? else { return Ok(false) };
    corrections::keep(&mut tx, id, correction, who, ctx.now()).await?;
    if item.annotation.is_some() {
        if let Some(rollout) = &item.rollout {
            let mut shelf = Shelf::load(&mut tx, rollout).await?;
            shelf.unread(&mut tx, &item, counted).await?;
            shelf.save(&mut tx, ctx.now()).await?;
        }
        feedback::read_again(&mut tx, id).await?;
    }
    tx.commit().await?;
    info!(feedback.id = %id, by = who, "a reading was corrected");
    ctx.bell.mind.notify_one();
    Ok(true)
}

/// A statement as it stands under the lock of its rollout: before, it may be read, corrected, or join another rollout.
async fn locked(tx: &mut Tx, id: &FeedbackId) -> Result<Option<(Feedback, bool)>> {
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
