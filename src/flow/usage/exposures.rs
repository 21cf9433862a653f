//! Exposures find their rollouts as statements do, or wait for one that comes.

use std::collections::HashMap;

use anyhow::Result;

use super::fold::Fold;
use super::prepare::{Ready, scope_of};
use super::{Told, rollouts, usage};
use crate::analysis::usage::{Arm, Share};
use crate::domain::feedback::{AttributedBy, Belongs};
use crate::domain::rollout::{CLOCK_SKEW_MAX_MS, Rollout};
use crate::domain::signal::Subject;
use crate::flow::{Context, feedback};
use crate::id::RolloutId;
use crate::plan::attribution::{Attribution, Candidates, attribute};
use crate::store::Tx;
use crate::store::usage::waiting::{self, Waiting};
use crate::time::UnixMs;

/// Exposures that join a rollout at one time when it begins.
const JOINED_MAX: usize = 20_000;

/// Rollouts of one flag that are looked through for the one in whose time an exposure was, the latest first.
const GENERATIONS_MAX: usize = 20;

/// Where exposures belong, looked up once for all that name the same.
#[derive(Default)]
pub struct Resolver(HashMap<(Belongs, Option<String>), Resolved>);

#[derive(Clone)]
enum Resolved {
    To(RolloutId),
    Waits(String),
    Nowhere(String),
}

impl Resolver {
    /// Takes an exposure.
    pub async fn expose(
        &mut self,
        ctx: &Context,
        tx: &mut Tx,
        fold: &mut Fold,
        record: &Ready,
        person: &str,
        variant: Option<&str>,
    ) -> Result<Told> {
        let key = (record.belongs.clone(), record.environment.clone());
        let resolved = if let Some(resolved) = self.0.get(&key) {
            resolved.clone()
        } else {
            let resolved = resolve(tx, &record.belongs, record.environment.as_deref(), record.at, ctx.now()).await?;
            self.0.insert(key, resolved.clone());
            resolved
        };
        match resolved {
            Resolved::Nowhere(why) => Ok(Told::Ignored(why)),
            Resolved::To(rollout) => {
                let rollout = if record.belongs.rollout.is_none() && record.belongs.flag.is_some() {
                    in_its_time(tx, fold, rollout, record.at).await?
                } else {
                    rollout
                };
                expose(ctx, tx, fold, person, &rollout, record.at, variant).await
            }
            Resolved::Waits(wanted) => {
                let arm = if is_control(ctx, variant) { "c" } else { "t" };
                let one = Waiting {
                    wanted,
                    person: person.to_owned(),
                    arm: arm.into(),
                    at_ms: record.at.0,
                    environment: record.environment.clone().unwrap_or_default(),
                };
                waiting::keep(tx, &one, ctx.now()).await?;
                fold.person(person).active(record.at);
                Ok(Told::Waits)
            }
        }
    }
}

async fn resolve(
    tx: &mut Tx,
    belongs: &Belongs,
    environment: Option<&str>,
    at: UnixMs,
    now: UnixMs,
) -> Result<Resolved> {
    let Some(wanted) = scope_of(belongs) else {
        return Ok(Resolved::Nowhere("an exposure names the rollout, the flag or the release that was seen".into()));
    };
    let mut found = feedback::look(tx, belongs, at, now).await?;
    if environment.is_some() {
        let mut here = Vec::new();
        for candidate in found.of_flag {
            if rollouts::get(tx, &candidate.rollout).await?.is_some_and(|r| lives_in(&r, environment)) {
                here.push(candidate);
            }
        }
        found.of_flag = here;
    }
    let unknown = found == Candidates::default();
    let Attribution { rollout, by, why } = attribute(belongs, &found);
    Ok(match rollout {
        Some(rollout) => Resolved::To(rollout),
        None if unknown && by == AttributedBy::Unattributed => Resolved::Waits(wanted),
        None => Resolved::Nowhere(why),
    })
}

/// Of a flag that was off and on again, the rollout in whose time a moment lies; where it lies in none, the one before it,
/// unless clocks that differ may have put it before the next.
async fn in_its_time(tx: &mut Tx, fold: &mut Fold, latest: RolloutId, at: UnixMs) -> Result<RolloutId> {
    let (mut here, mut next) = (latest, None);
    for _ in 0..GENERATIONS_MAX {
        let Some(rollout) = fold.meet(tx, &here).await? else { break };
        let start = rollout.started_at;
        if start.is_some_and(|start| start <= at) {
            let is_over = rollout.ended.is_some_and(|(end, _)| at > end);
            return Ok(match next {
                Some((after, begins)) if is_over && at.plus(CLOCK_SKEW_MAX_MS) >= begins => after,
                Some(_) | None => here,
            });
        }
        let Some(parent) = rollout.parent.clone() else { break };
        let after = std::mem::replace(&mut here, parent);
        next = start.map(|start| (after, start));
    }
    Ok(match next {
        Some((after, begins)) if at.plus(CLOCK_SKEW_MAX_MS) >= begins => after,
        Some(_) | None => here,
    })
}

async fn expose(
    ctx: &Context,
    tx: &mut Tx,
    fold: &mut Fold,
    person: &str,
    id: &RolloutId,
    at: UnixMs,
    variant: Option<&str>,
) -> Result<Told> {
    fold.person(person).active(at);
    let Some(rollout) = fold.meet(tx, id).await? else {
        let why = if fold.has_let_go(id) { "its window closed long ago" } else { "its rollout is gone" };
        return Ok(Told::Ignored(why.into()));
    };
    if rollout.started_at.is_some_and(|start| start.since(at) > CLOCK_SKEW_MAX_MS) {
        return Ok(Told::Ignored("it was before the rollout began".into()));
    }
    if rollout.ended.is_some_and(|(end, _)| at.since(end) > CLOCK_SKEW_MAX_MS) {
        return Ok(Told::Ignored("it was after the rollout ended".into()));
    }
    let is_flag = rollout.subject.flag().is_some();
    let arm = if is_flag && is_control(ctx, variant) { Arm::Control } else { Arm::Treated };
    let stage = stage_at(rollout, at);
    fold.row(person, id).expose(at, stage, arm);
    Ok(Told::Counted(Some(id.clone())))
}

/// The share that was configured at a moment; before the first stage, which clocks that differ make possible, that one.
fn stage_at(rollout: &Rollout, at: UnixMs) -> Share {
    rollout.stage_at(at).or(rollout.stages.first()).map_or(Share::UNTOLD, |s| Share::of(s.exposure))
}

/// Whether what happened in an environment, as far as it is told, can have happened in a rollout. A flag platform without
/// environments has one for all.
fn lives_in(rollout: &Rollout, environment: Option<&str>) -> bool {
    match (&rollout.subject, environment) {
        (Subject::Flag { environment: here, .. }, Some(there)) => here.is_empty() || here.eq_ignore_ascii_case(there),
        _ => true,
    }
}

/// Whether a variant means that the person did not get the change.
pub fn is_control(ctx: &Context, variant: Option<&str>) -> bool {
    variant.is_some_and(|v| ctx.config.people.control.iter().any(|c| c.eq_ignore_ascii_case(v.trim())))
}

/// Joins the exposures that waited for a rollout, now that it is there.
pub async fn join(ctx: &Context, tx: &mut Tx, rollout: &Rollout) -> Result<usize> {
    let mut wanted = vec![format!("rollout:{}", rollout.id)];
    wanted.extend(rollout.subject.flag().map(|flag| format!("flag:{flag}")));
    wanted.extend(rollout.about.tag.as_ref().map(|tag| format!("release:{tag}")));
    usage::alone(tx).await?;
    let environment = match &rollout.subject {
        Subject::Flag { environment, .. } => environment.as_str(),
        Subject::Release { .. } | Subject::FlagEverywhere { .. } | Subject::Tag { .. } => "",
    };
    let mut joined = 0;
    for wanted in wanted {
        loop {
            let found = waiting::take(tx, &wanted, environment, JOINED_MAX).await?;
            join_all(ctx, tx, rollout, &found).await?;
            joined += found.len();
            if found.len() < JOINED_MAX {
                break;
            }
        }
    }
    Ok(joined)
}

async fn join_all(ctx: &Context, tx: &mut Tx, rollout: &Rollout, found: &[Waiting]) -> Result<()> {
    if found.is_empty() {
        return Ok(());
    }
    let mut persons: Vec<&str> = found.iter().map(|w| w.person.as_str()).collect();
    persons.sort_unstable();
    persons.dedup();
    let mut fold = Fold::load(ctx, tx, &persons).await?;
    for w in found {
        let control = ctx.config.people.control.first().map(String::as_str).filter(|_| w.arm == "c");
        expose(ctx, tx, &mut fold, &w.person, &rollout.id, UnixMs(w.at_ms), control).await?;
    }
    fold.settle(tx).await?;
    fold.save(tx).await
}
