//! Lists rollouts, finds one by the name that people have for it, and tells its history with the reasons.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Serialize;

use super::{Context, findings};
use crate::domain::finding::Finding;
use crate::domain::rollout::{End, Rollout, Stage};
use crate::domain::tally::Tally;
use crate::domain::window::{Transition, Window};
use crate::id::RolloutId;
use crate::store::decisions::{self, Decision};
use crate::store::{Tx, rollouts, windows};
use crate::time::UnixMs;

/// A rollout as it stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The rollout.
    pub rollout: Rollout,
    /// Its window.
    pub window: Window,
    /// How people feel.
    pub sentiment: Tally,
}

/// A rollout in a list, as data.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Its id.
    pub id: RolloutId,
    /// What people call it.
    pub label: String,
    /// Where its window stands.
    pub window: Window,
    /// How people feel.
    pub sentiment: Tally,
    /// 1 for the first time that customers had it, 2 for the second.
    pub generation: u32,
    /// The rollout of the same before this one.
    pub parent: Option<RolloutId>,
    /// How many had it, and since when.
    pub stages: Vec<Stage>,
    /// When and how it ended.
    pub ended: Option<(UnixMs, End)>,
}

impl From<Standing> for Row {
    fn from(Standing { rollout, window, sentiment }: Standing) -> Self {
        Self {
            label: rollout.label(),
            id: rollout.id,
            window,
            sentiment,
            generation: rollout.generation,
            parent: rollout.parent,
            stages: rollout.stages,
            ended: rollout.ended,
        }
    }
}

/// The latest rollouts, newest first.
pub async fn latest(ctx: &Context, limit: i64) -> Result<Vec<Standing>> {
    let mut tx = ctx.db.read().await?;
    let ids = rollouts::page(&mut tx, None, limit).await?.into_iter().map(|(id, _)| id).collect();
    standing(&mut tx, ids).await
}

/// The rollouts of a flag's key or a release's tag, newest first.
pub async fn of_name(ctx: &Context, name: &str, limit: i64) -> Result<Vec<Standing>> {
    let mut tx = ctx.db.read().await?;
    let mut ids = rollouts::of_flag(&mut tx, name, None, limit).await?;
    ids.extend(rollouts::of_tag(&mut tx, name, limit).await?);
    standing(&mut tx, ids).await
}

async fn standing(tx: &mut Tx, ids: Vec<RolloutId>) -> Result<Vec<Standing>> {
    let mut all = Vec::new();
    for id in ids {
        let Some(rollout) = rollouts::get(tx, &id).await? else { continue };
        let window = windows::get(tx, &id).await?.unwrap_or_else(|| Window::unborn(id.clone()));
        all.push(Standing { rollout, window, sentiment: rollouts::counts(tx, &id).await?.tally.into() });
    }
    Ok(all)
}

/// The rollout that `name` means: its id, else the latest of a release's tag or a flag's key.
pub async fn named(ctx: &Context, name: &str) -> Result<Option<RolloutId>> {
    let mut tx = ctx.db.read().await?;
    if let Some(rollout) = rollouts::get(&mut tx, &RolloutId(name.to_owned())).await? {
        return Ok(Some(rollout.id));
    }
    if let Some(id) = rollouts::of_tag(&mut tx, name, 1).await?.into_iter().next() {
        return Ok(Some(id));
    }
    Ok(rollouts::of_flag(&mut tx, name, None, 1).await?.into_iter().next())
}

/// A rollout's history with its reasons.
#[derive(Clone, Debug)]
pub struct Reasons {
    /// The rollout.
    pub rollout: Rollout,
    /// The steps of its window.
    pub history: Vec<Transition>,
    /// The decisions about its tickets and alarms.
    pub decisions: Vec<Decision>,
    /// What its counters say.
    pub findings: Vec<Finding>,
    /// The names of its themes by id.
    pub themes: BTreeMap<String, String>,
}

/// Everything that was decided about a rollout, and why. `None` where there is no such rollout.
pub async fn reasons(ctx: &Context, id: &RolloutId) -> Result<Option<Reasons>> {
    let mut tx = ctx.db.read().await?;
    let Some(rollout) = rollouts::get(&mut tx, id).await? else { return Ok(None) };
    Ok(Some(Reasons {
        history: windows::history(&mut tx, id).await?,
        decisions: decisions::of_rollout(&mut tx, id).await?,
        findings: findings::of_rollout(&mut tx, id).await?,
        themes: findings::theme_names(&mut tx, id).await?,
        rollout,
    }))
}
