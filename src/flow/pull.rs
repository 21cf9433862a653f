//! Asks other systems for numbers that they have added up already, and keeps them by the hour. What is due is a pure
//! decision ([`plan::pulls`](crate::plan::pulls)); how far each system was asked about each rollout stands in the schedule's
//! cursor. Asking twice changes nothing: an hour that is told again takes the place of what was told before.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use serde::{Deserialize, Serialize};
use tracing::warn;

use super::{Context, findings, sweep};
use crate::domain::rollout::Rollout;
use crate::domain::series::Pulled;
use crate::domain::signal::Subject;
use crate::http::RemoteError;
use crate::id::RolloutId;
use crate::plan::pulls::{self, Mark, Pull, Source, Watched};
use crate::pull::About;
use crate::store::{Tx, metrics, rollouts, windows};
use crate::time::{DAY_MS, MINUTE_MS, UnixMs};

/// The schedule's name.
const NAME: &str = "usage.pull";
/// How often it is looked whether anybody is to be asked, ms; each system's own `every` says how often it is.
const EVERY_MS: i64 = MINUTE_MS;
/// Questions of one round.
const QUESTIONS_MAX: usize = 50;
/// Rollouts that are asked about: those that opened last.
const ROLLOUTS: i64 = 200;
/// So long after its window closed a rollout is asked about until all is known, ms.
const CLOSED_MS: i64 = DAY_MS;
/// A system that does not say how long it wants to rest is left alone for this long after an error, ms.
const REST_MS: i64 = 5 * MINUTE_MS;

/// How far everybody was asked, as the schedule keeps it.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Progress {
    marks: Vec<Mark>,
    /// By system, when it was asked last and until when it rests.
    asked: BTreeMap<String, Rest>,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Rest {
    asked_at: Option<UnixMs>,
    until: Option<UnixMs>,
}

/// Asks whom it is time to ask. Gives when to look again; never where nobody is configured.
pub async fn pull_due(ctx: &Context) -> Result<UnixMs> {
    if ctx.pullers.is_empty() {
        return Ok(UnixMs::NEVER);
    }
    sweep::going_on(ctx, NAME, EVERY_MS, async |cursor| {
        let mut progress: Progress = cursor.and_then(|c| serde_json::from_str(&c).ok()).unwrap_or_default();
        let note = round(ctx, &mut progress).await?;
        Ok((Some(serde_json::to_string(&progress)?), note))
    })
    .await
}

async fn round(ctx: &Context, progress: &mut Progress) -> Result<String> {
    let mut tx = ctx.db.read().await?;
    let watched = watched(&mut tx, ctx.now()).await?;
    tx.commit().await?;
    let known: BTreeSet<&RolloutId> = watched.iter().map(|(w, _)| &w.rollout).collect();
    progress.marks.retain(|m| known.contains(&m.rollout) && ctx.pullers.contains_key(&m.source));
    let plain: Vec<Watched> = watched.iter().map(|(w, _)| w.clone()).collect();
    let due = pulls::due(ctx.now(), &sources(ctx, progress), &plain, &progress.marks);
    let (mut answered, mut failed) = (0, 0);
    for pull in due.into_iter().take(QUESTIONS_MAX) {
        let Some((_, rollout)) = watched.iter().find(|(w, _)| w.rollout == pull.rollout) else { continue };
        let rest = progress.asked.get(&pull.source).copied().unwrap_or_default();
        if rest.until.is_some_and(|until| until > ctx.now()) {
            continue;
        }
        match ask(ctx, &pull, rollout).await {
            Ok(told) => {
                keep(ctx, &pull, &told).await?;
                if watched.iter().any(|(w, _)| w.rollout == pull.rollout && w.closed.is_some()) {
                    // Nothing else looks at it any more.
                    findings::refresh(ctx, &pull.rollout, true).await?;
                }
                answered += 1;
                progress.asked.insert(pull.source.clone(), Rest { asked_at: Some(ctx.now()), until: None });
                mark(progress, &pull, ctx.now(), true);
            }
            Err(e) => {
                warn!(source = %pull.source, rollout.id = %pull.rollout, "asking for numbers waits for another try: {e}");
                failed += 1;
                if let Some(ms) = rest_ms(&e) {
                    progress.asked.entry(pull.source.clone()).or_default().until = Some(ctx.now().plus(ms));
                }
                mark(progress, &pull, ctx.now(), false);
            }
        }
    }
    Ok(format!("{answered} questions answered, {failed} failed"))
}

fn sources(ctx: &Context, progress: &Progress) -> Vec<Source> {
    let of = |(name, puller): (&String, &std::sync::Arc<dyn crate::pull::Puller>)| {
        let every_ms = ctx.config.usage.get(name).map_or(0, crate::config::UsageSettings::every_ms);
        let rest = progress.asked.get(name).copied().unwrap_or_default();
        (every_ms > 0).then(|| Source {
            name: name.clone(),
            every_ms,
            spacing_ms: puller.spacing_ms(),
            needs_flag: puller.needs_flag(),
            asked_at: rest.asked_at,
            rests_until: rest.until,
        })
    };
    ctx.pullers.iter().filter_map(of).collect()
}

/// The rollouts that are asked about: whose windows collect, and whose closed lately, as the last hour is known only when it
/// is over.
async fn watched(tx: &mut Tx, now: UnixMs) -> Result<Vec<(Watched, Rollout)>> {
    let mut all = Vec::new();
    let mut ids = windows::collecting(tx, ROLLOUTS).await?;
    ids.extend(windows::closed_since(tx, now.plus(-CLOSED_MS), ROLLOUTS).await?);
    for id in ids {
        let Some(rollout) = rollouts::get(tx, &id).await? else { continue };
        let Some(began) = rollout.started_at else { continue };
        let closed = windows::get(tx, &id).await?.and_then(|w| w.closed_at);
        let of_flag = rollout.subject.flag().is_some();
        all.push((Watched { rollout: id, of_flag, began, closed }, rollout));
    }
    Ok(all)
}

fn environment(rollout: &Rollout) -> Option<&str> {
    match &rollout.subject {
        Subject::Flag { environment, .. } if !environment.is_empty() => Some(environment),
        Subject::Flag { .. } | Subject::FlagEverywhere { .. } | Subject::Release { .. } | Subject::Tag { .. } => None,
    }
}

/// For how long a system is left alone after an error, ms. A question that it refuses, or that a rollout has no name for,
/// says nothing against the next.
fn rest_ms(e: &RemoteError) -> Option<i64> {
    match e {
        RemoteError::Wait { ms, .. } => Some(*ms),
        RemoteError::Refused { .. } | RemoteError::Gone { .. } | RemoteError::Moved { .. } => None,
        RemoteError::NotSent { .. }
        | RemoteError::Unknown { .. }
        | RemoteError::Unauthorized { .. }
        | RemoteError::Suspended { .. } => Some(REST_MS),
    }
}

async fn ask(ctx: &Context, pull: &Pull, rollout: &Rollout) -> Result<Pulled, RemoteError> {
    let Some(puller) = ctx.pullers.get(&pull.source) else { return Ok(Pulled::default()) };
    let about =
        About { flag: rollout.subject.flag(), rollout: Some(rollout.id.as_str()), environment: environment(rollout) };
    puller.pull(about, pull.hours).await
}

/// Keeps an answer, hour by hour.
async fn keep(ctx: &Context, pull: &Pull, told: &Pulled) -> Result<()> {
    for warning in &told.warnings {
        warn!(source = %pull.source, rollout.id = %pull.rollout, "{warning}");
    }
    if !told.arms.is_empty() {
        warn!(source = %pull.source, rollout.id = %pull.rollout, "counts by variant are not kept yet: ask for hours, with columns hour and value");
    }
    let mut tx = ctx.db.write().await?;
    for hour in &told.hours {
        metrics::put(&mut tx, &pull.rollout, &hour.metric, UnixMs(hour.hour_ms), hour.sum, hour.n).await?;
    }
    tx.commit().await
}

fn mark(progress: &mut Progress, pull: &Pull, now: UnixMs, is_known: bool) {
    let at = progress.marks.iter().position(|m| m.source == pull.source && m.rollout == pull.rollout);
    let mark = if let Some(at) = at {
        &mut progress.marks[at]
    } else {
        let new = Mark { source: pull.source.clone(), rollout: pull.rollout.clone(), known_to: None, tried_at: None };
        progress.marks.push(new);
        progress.marks.last_mut().expect("it was just put there")
    };
    mark.tried_at = Some(now);
    if is_known {
        mark.known_to = Some(pull.hours.to);
    }
}
