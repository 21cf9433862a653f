//! What people ask of a window: close, extend, reopen.

use anyhow::Result;

use super::Context;
use crate::domain::window::Window;
use crate::id::RolloutId;
use crate::plan::windows::{self as rules, Wish};
use crate::store::{rollouts, windows};

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
    rollouts::lock(&mut tx, id).await?;
    let Some(window) = windows::get(&mut tx, id).await? else { return Ok(Steered::Unknown) };
    let step = match rules::asked(&window, wish, &ctx.config.policy(), actor, ctx.now()) {
        Ok(step) => step,
        Err(why) => return Ok(Steered::Refused(why)),
    };
    let after = window.after(&step);
    windows::record(&mut tx, &step, &after).await?;
    rollouts::wake(&mut tx, id, ctx.now()).await?;
    tx.commit().await?;
    ctx.bell.mind.notify_one();
    Ok(Steered::Done(after))
}
