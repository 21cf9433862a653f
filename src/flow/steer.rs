//! What people ask: to close, extend or reopen a window, and to file what waits for a yes.

use anyhow::{Context as _, Result, bail};

use super::{Context, mentions, reconcile};
use crate::domain::ticket::Ticket;
use crate::domain::window::Window;
use crate::id::{DecisionId, RolloutId, ThemeId, TicketId};
use crate::plan::windows::{self as rules, Wish};
use crate::store::decisions::Decision;
use crate::store::{decisions, rollouts, themes, tickets, windows};

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

/// Files what waits for a person's yes: the ticket of a theme, in every tracker of the policy. Gives how many are wanted
/// now that were not before.
pub async fn approve(ctx: &Context, id: &RolloutId, theme: &ThemeId, actor: &str) -> Result<usize> {
    let now = ctx.now();
    let mut tx = ctx.db.write().await?;
    rollouts::lock(&mut tx, id).await?;
    if !themes::of_rollout(&mut tx, id).await?.iter().any(|t| t.id == *theme) {
        bail!("the rollout {id} has no theme {theme}; `hearback report {id} --json` lists them");
    }
    let rollout = rollouts::get(&mut tx, id).await?.context("the rollout is gone")?;
    let home = mentions::home(&mut tx, &rollout).await?;
    let mut wanted = 0;
    for tracker in ctx.config.policy().trackers {
        let target = reconcile::target(ctx, home.as_ref(), tracker)
            .with_context(|| format!("the tracker {} needs to know where: see `hearback check`", tracker.as_str()))?;
        let ticket = Ticket::wanted(TicketId::new(now, &*ctx.entropy), id, Some(theme), tracker, target, now);
        if tickets::want(&mut tx, &ticket).await? {
            wanted += 1;
            let decision = Decision {
                subject: format!("{theme} in {}", tracker.as_str()),
                verdict: "file".into(),
                why: format!("{actor} said yes"),
                evidence: serde_json::json!({"actor": actor}).to_string(),
                at_ms: now.0,
            };
            decisions::record(&mut tx, &DecisionId::new(now, &*ctx.entropy), id, &decision).await?;
        }
    }
    rollouts::wake(&mut tx, id, now).await?;
    tx.commit().await?;
    ctx.bell.mind.notify_one();
    Ok(wanted)
}
