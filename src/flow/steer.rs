//! What people ask: to close, extend or reopen a window, and to file, or not to file, what waits for a yes.

use anyhow::{Result, bail};

use super::suggest::{self, Word};
use super::{Context, policies};
use crate::domain::suggestion::Said;
use crate::domain::window::Window;
use crate::id::{RolloutId, ThemeId};
use crate::plan::windows::{self as rules, Wish};
use crate::store::{Tx, rollouts, windows};

/// What became of a wish.
#[derive(Clone, Debug, PartialEq)]
pub enum Steered {
    /// Done; the window as it is now.
    Done(Window),
    /// There is no such rollout.
    Unknown,
    /// It can't be done; the sentence says why and what can.
    Refused(String),
}

/// Does what a person asks of a rollout's window.
pub async fn steer(ctx: &Context, id: &RolloutId, wish: Wish, actor: &str) -> Result<Steered> {
    let mut tx = ctx.db.write().await?;
    let steered = steer_in(ctx, &mut tx, id, wish, actor).await?;
    tx.commit().await?;
    ctx.bell.mind.notify_one();
    Ok(steered)
}

/// The same within a transaction, so that whatever asked for it is recorded with it.
pub(super) async fn steer_in(ctx: &Context, tx: &mut Tx, id: &RolloutId, wish: Wish, actor: &str) -> Result<Steered> {
    rollouts::lock(tx, id).await?;
    let Some(window) = windows::get(tx, id).await? else { return Ok(Steered::Unknown) };
    let policy = match rollouts::get(tx, id).await? {
        Some(rollout) => policies::of(ctx, tx, &rollout).await?,
        None => ctx.config.policy(),
    };
    let step = match rules::asked(&window, wish, &policy, actor, ctx.now()) {
        Ok(step) => step,
        Err(why) => return Ok(Steered::Refused(why)),
    };
    let after = window.after(&step);
    windows::record(tx, &step, &after).await?;
    rollouts::wake(tx, id, ctx.now()).await?;
    Ok(Steered::Done(after))
}

/// What became of a word on a ticket that would be filed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// It counts; how many tickets are wanted now that were not before.
    Done(usize),
    /// The rollout has no such theme.
    Unknown,
    /// It can't be done; the sentence says why and what can.
    Refused(String),
}

/// Files what waits for a person's yes: the ticket of a theme, in every tracker of the policy. Gives how many are wanted
/// now that were not before.
pub async fn approve(ctx: &Context, id: &RolloutId, theme: &ThemeId, actor: &str) -> Result<usize> {
    match accept(ctx, id, theme, actor, "").await? {
        Answered::Done(wanted) => Ok(wanted),
        Answered::Unknown => {
            bail!("the rollout {id} has no theme {theme}; `hearback report {id} --json` lists them")
        }
        Answered::Refused(why) => bail!(why),
    }
}

/// The same, with a reason and an answer that can be matched.
pub async fn accept(ctx: &Context, id: &RolloutId, theme: &ThemeId, actor: &str, reason: &str) -> Result<Answered> {
    answer(ctx, id, theme, Said::Yes, actor, reason).await
}

/// A person says no to the ticket of a theme: it is not filed, nor offered again until the policy's `min_people` new people
/// say it.
pub async fn refuse(ctx: &Context, id: &RolloutId, theme: &ThemeId, actor: &str, reason: &str) -> Result<Answered> {
    answer(ctx, id, theme, Said::No, actor, reason).await
}

async fn answer(
    ctx: &Context,
    id: &RolloutId,
    theme: &ThemeId,
    said: Said,
    actor: &str,
    reason: &str,
) -> Result<Answered> {
    let mut tx = ctx.db.write().await?;
    let word = Word { theme, said, actor, reason, at: ctx.now() };
    let answered = suggest::answer(ctx, &mut tx, id, &word).await?;
    if let Answered::Done(_) = answered {
        tx.commit().await?;
        ctx.bell.mind.notify_one();
    }
    Ok(answered)
}
