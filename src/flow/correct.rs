//! What a person says of a reading that was wrong: it goes before what the engine reads, now and whenever the statement is
//! read again, and `hearback train` learns from it.

use anyhow::Result;
use tracing::info;

use super::Context;
use super::analyze::Shelf;
use crate::domain::correction::Correction;
use crate::id::FeedbackId;
use crate::store::{corrections, feedback, rollouts};

/// Keeps a correction, and has the statement read again under it. Gives whether there is such a statement.
pub async fn correct(ctx: &Context, id: &FeedbackId, correction: &Correction, who: &str) -> Result<bool> {
    let mut tx = ctx.db.write().await?;
    let Some((item, _)) = feedback::get(&mut tx, id).await? else { return Ok(false) };
    if let Some(rollout) = &item.rollout {
        rollouts::lock(&mut tx, rollout).await?;
    }
    // Under the lock, as it is now: it may have been read or corrected in the meantime.
    let Some((item, counted)) = feedback::get(&mut tx, id).await? else { return Ok(false) };
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
