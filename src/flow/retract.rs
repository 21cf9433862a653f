//! A person says a statement in other words, or takes it back: what was counted of it is taken out of all counts first.

use anyhow::Result;
use tracing::info;

use super::analyze::Shelf;
use super::clean::Cleaner;
use super::correct::locked;
use super::seal::Keys;
use super::{Context, usage};
use crate::id::FeedbackId;
use crate::store::{Tx, corrections, feedback, sealed};

/// Gives a statement another text, under the same id. It is read again. `false` where it says that already.
pub(super) async fn reword(ctx: &Context, tx: &mut Tx, id: &FeedbackId, text: &str) -> Result<bool> {
    let mut cleaner = Cleaner::new(ctx.config.analysis.redact_names);
    let text = Some(cleaner.clean("/text", text)).filter(|t| !t.is_empty());
    let Some((item, _)) = locked(tx, id).await? else { return Ok(false) };
    if item.text == text {
        return Ok(false);
    }
    uncount(ctx, tx, id).await?;
    feedback::reword(tx, id, text.as_deref()).await?;
    sealed::remove(tx, id).await?;
    if let Some(kept) = Keys::of(&ctx.config.analysis.seal_key).seal(&cleaner.removed(), id, &*ctx.entropy)? {
        sealed::keep(tx, id, &kept, ctx.now()).await?;
    }
    usage::hear(ctx, tx, item.rollout.as_ref(), &[&item]).await?;
    ctx.bell.mind.notify_one();
    Ok(true)
}

/// Takes a statement back. An earlier one of its person counts again, where there is one. `false` where there is none, or
/// it was taken back before.
pub(super) async fn retract(ctx: &Context, tx: &mut Tx, id: &FeedbackId) -> Result<bool> {
    let Some((item, counted)) = locked(tx, id).await? else { return Ok(false) };
    if feedback::is_retracted(tx, id).await? {
        return Ok(false);
    }
    uncount(ctx, tx, id).await?;
    feedback::retract(tx, id, ctx.now()).await?;
    sealed::remove(tx, id).await?;
    if let (true, Some(rollout)) = (counted, &item.rollout)
        && let Some(earlier) = feedback::earlier_voice(tx, rollout, &item.person, id).await?
    {
        uncount(ctx, tx, &earlier).await?;
        feedback::read_again(tx, &earlier).await?;
    }
    usage::hear(ctx, tx, item.rollout.as_ref(), &[&item]).await?;
    info!(feedback.id = %id, "a statement was taken back");
    ctx.bell.mind.notify_one();
    Ok(true)
}

/// Takes a statement that was read out of the counts of its rollout and theme; what a person said of its reading was said
/// of other words.
async fn uncount(ctx: &Context, tx: &mut Tx, id: &FeedbackId) -> Result<()> {
    let Some((item, counted)) = locked(tx, id).await? else { return Ok(()) };
    corrections::remove(tx, id).await?;
    if let (Some(rollout), true) = (&item.rollout, item.annotation.is_some()) {
        let mut shelf = Shelf::load(ctx, tx, rollout).await?;
        shelf.unread(tx, &item, counted).await?;
        shelf.save(tx, ctx.now()).await?;
    }
    Ok(())
}
