//! Rollouts of one subject together: which came after which, what is known of a flag now, and what was done to it.

use std::cmp::Reverse;

use anyhow::Result;

use super::Context;
use super::account::{self, Standing};
use crate::domain::flag_state::{FlagState, Step, history};
use crate::domain::signal::Subject;
use crate::store::{flags, signals};

/// Subjects of one name that are shown: a flag has as many as it has environments.
const SUBJECTS_MAX: i64 = 50;

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

impl Lineage {
    fn of(subject: Subject, state: Option<FlagState>) -> Self {
        Self { subject, rollouts: Vec::new(), state, steps: Vec::new() }
    }
}

/// The latest rollouts by subject, the subject with the newest first.
pub async fn latest(ctx: &Context, limit: i64) -> Result<Vec<Lineage>> {
    let mut lineages = Vec::new();
    gather(&mut lineages, account::latest(ctx, limit).await?);
    let mut tx = ctx.db.read().await?;
    for lineage in &mut lineages {
        lineage.state = flags::get(&mut tx, &lineage.subject).await?.map(|k| k.state);
    }
    Ok(lineages)
}

/// Everything under a flag's key or a release's tag, flags that no rollout has among them.
pub async fn named(ctx: &Context, name: &str, limit: i64) -> Result<Vec<Lineage>> {
    let standing = account::of_name(ctx, name, limit).await?;
    let mut tx = ctx.db.read().await?;
    let known = flags::named(&mut tx, name, SUBJECTS_MAX).await?;
    let mut lineages = known.into_iter().map(|k| Lineage::of(k.subject, Some(k.state))).collect();
    gather(&mut lineages, standing);
    for lineage in lineages.iter_mut().filter(|l| l.subject.flag().is_some()) {
        let heard = signals::of_subject(&mut tx, &lineage.subject).await?;
        lineage.steps = history(&lineage.subject, &heard);
    }
    Ok(lineages)
}

/// Puts rollouts under their subjects, those of each the newest first.
fn gather(lineages: &mut Vec<Lineage>, standing: Vec<Standing>) {
    for one in standing {
        let subject = &one.rollout.subject;
        let at = lineages.iter().position(|l| l.subject == *subject).unwrap_or_else(|| {
            lineages.push(Lineage::of(subject.clone(), None));
            lineages.len() - 1
        });
        lineages[at].rollouts.push(one);
    }
    for lineage in lineages {
        lineage.rollouts.sort_by_key(|s| Reverse(s.rollout.generation));
    }
}
