//! Whether a request may leave: nobody else took the action over, and the account may make one more thing.

use anyhow::Result;

use super::super::Context;
use crate::crash_point;
use crate::domain::ticket::TrackerName;
use crate::plan::pace::Limits;
use crate::store::actions::Action;
use crate::store::{Tx, actions, creations, pauses};
use crate::time::UnixMs;

/// Whether a request may leave.
pub(super) enum Leave {
    /// Now.
    Now,
    /// Not from here: somebody else took the action over.
    Taken,
    /// Not before that: the account makes no more for now.
    At(UnixMs),
}

/// Notes that a request leaves, and makes sure that nobody else may send it. One that `makes` something new counts towards
/// what its account may make.
pub(super) async fn leaves(ctx: &Context, action: &Action, makes: bool) -> Result<Leave> {
    let now = ctx.now();
    let until = now.plus(ctx.config.outbox.request_timeout.ms());
    let mut tx = ctx.db.write().await?;
    if makes && let Some(at) = makes_no_more_until(ctx, &mut tx, &action.scope).await? {
        tx.commit().await?;
        return Ok(Leave::At(at));
    }
    let marked = actions::mark_sent(&mut tx, action, now, until).await?;
    if makes && marked {
        creations::note(&mut tx, &action.scope, now, now.plus(-Limits::MEMORY_MS)).await?;
    }
    tx.commit().await?;
    crash_point!("hb.deliver.intent");
    // Read again immediately before the request: this process may have been stopped in between.
    if marked && holds(ctx, action).await? { Ok(Leave::Now) } else { Ok(Leave::Taken) }
}

/// Until when nothing new may be made in a scope, and whatever would waits; `None` where it may at once.
async fn makes_no_more_until(ctx: &Context, tx: &mut Tx, scope: &str) -> Result<Option<UnixMs>> {
    if !scope.starts_with(TrackerName::GitHub.as_str()) {
        return Ok(None);
    }
    let (now, github) = (ctx.now(), &ctx.config.github);
    let most = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    let limits = Limits { a_minute: most(github.creates_per_minute), an_hour: most(github.creates_per_hour) };
    creations::lock(tx, scope).await?;
    let made = creations::after(tx, scope, now.plus(-Limits::MEMORY_MS)).await?;
    let at = limits.opens_at(&made, now);
    if at <= now {
        return Ok(None);
    }
    pauses::hold(tx, &actions::new_in(scope), at, "as many issues and comments as the account may make").await?;
    Ok(Some(at))
}

/// Counts something new that is made beside the outbox. Gives when the account may, where it may make no more for now.
pub async fn made_beside(ctx: &Context, scope: &str) -> Result<Option<UnixMs>> {
    let now = ctx.now();
    let mut tx = ctx.db.write().await?;
    let full = makes_no_more_until(ctx, &mut tx, scope).await?;
    if full.is_none() && scope.starts_with(TrackerName::GitHub.as_str()) {
        creations::note(&mut tx, scope, now, now.plus(-Limits::MEMORY_MS)).await?;
    }
    tx.commit().await?;
    Ok(full)
}

/// Whether this very claim of the action still holds for as long as a request takes.
pub(super) async fn holds(ctx: &Context, action: &Action) -> Result<bool> {
    let until = ctx.now().plus(ctx.config.outbox.request_timeout.ms());
    let mut tx = ctx.db.read().await?;
    actions::holds(&mut tx, action, until).await
}
