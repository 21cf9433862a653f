//! Rollouts of one subject together: which came after which, what is known of a flag now, and what was done to it.

use anyhow::Result;
use serde::Serialize;

use super::{Context, account};
use crate::domain::flag_state::{FlagState, Step, history};
use crate::domain::rollout::Rollout;
use crate::domain::signal::Subject;
use crate::domain::tally::Tally;
use crate::domain::window::Window;
use crate::store::{Tx, flags, rollouts, signals};

/// Subjects of one name that are shown: a flag has as many as it has environments.
const SUBJECTS_MAX: i64 = 50;
/// Rollouts of one name that are looked at.
const ROLLOUTS_MAX: i64 = 500;

/// A rollout as it stands.
#[derive(Clone, Debug, Serialize)]
pub struct Standing {
    /// The rollout.
    pub rollout: Rollout,
    /// Its window.
    pub window: Window,
    /// How people feel.
    pub sentiment: Tally,
}

/// A subject with its rollouts, the newest first.
#[derive(Clone, Debug)]
pub struct Lineage {
    /// What is rolled out.
    pub subject: Subject,
    /// Its rollouts, the newest first.
    pub rollouts: Vec<Standing>,
    /// What is known of it now, where it is a flag.
    pub state: Option<FlagState>,
    /// What was done to it, oldest first, where it is a flag and one was asked for by name.
    pub steps: Vec<Step>,
}

/// The latest rollouts by subject, the subject with the newest first.
pub async fn latest(ctx: &Context, limit: i64) -> Result<Vec<Lineage>> {
    let mut tx = ctx.db.read().await?;
    let mut lineages: Vec<Lineage> = Vec::new();
    for (id, _) in rollouts::page(&mut tx, None, limit).await? {
        let Some(rollout) = rollouts::get(&mut tx, &id).await? else { continue };
        add(&mut tx, &mut lineages, rollout).await?;
    }
    sort(&mut lineages);
    Ok(lineages)
}

/// Everything under a flag's key or a release's tag, flags that no rollout has among them.
pub async fn named(ctx: &Context, name: &str) -> Result<Vec<Lineage>> {
    let mut tx = ctx.db.read().await?;
    let mut lineages: Vec<Lineage> = flags::named(&mut tx, name, SUBJECTS_MAX)
        .await?
        .into_iter()
        .map(|k| Lineage { subject: k.subject, rollouts: Vec::new(), state: Some(k.state), steps: Vec::new() })
        .collect();
    let mut ids = rollouts::of_flag(&mut tx, name, None, ROLLOUTS_MAX).await?;
    ids.extend(rollouts::of_tag(&mut tx, name, ROLLOUTS_MAX).await?);
    for id in ids {
        if let Some(rollout) = rollouts::get(&mut tx, &id).await? {
            add(&mut tx, &mut lineages, rollout).await?;
        }
    }
    for lineage in &mut lineages {
        if lineage.subject.flag().is_some() {
            let heard = signals::of_subject(&mut tx, &lineage.subject).await?;
            lineage.steps = history(&lineage.subject, &heard);
        }
    }
    sort(&mut lineages);
    Ok(lineages)
}

async fn add(tx: &mut Tx, lineages: &mut Vec<Lineage>, rollout: Rollout) -> Result<()> {
    let standing = Standing {
        window: account::window_of(tx, &rollout.id).await?,
        sentiment: rollouts::counts(tx, &rollout.id).await?.tally.into(),
        rollout,
    };
    let subject = standing.rollout.subject.clone();
    if let Some(lineage) = lineages.iter_mut().find(|l| l.subject == subject) {
        lineage.rollouts.push(standing);
    } else {
        let state = flags::get(tx, &subject).await?.map(|k| k.state);
        lineages.push(Lineage { subject, rollouts: vec![standing], state, steps: Vec::new() });
    }
    Ok(())
}

fn sort(lineages: &mut [Lineage]) {
    for lineage in lineages.iter_mut() {
        lineage.rollouts.sort_by_key(|s| std::cmp::Reverse(s.rollout.generation));
    }
}
