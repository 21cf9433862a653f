//! Looks for what was missed: deliveries that failed while hearback was away, tickets that were filed twice all the same,
//! and what deliveries do not hold. Each sweep is a schedule that one process at a time may run.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use tracing::{info, warn};

use super::deliver::LOOK_BACK_MS;
use super::{Context, deliver, findings, mentions, pull, reconcile, usage};
use crate::domain::ticket::{Ticket, TicketState};
use crate::github::{GitHub, HookDelivery};
use crate::http::RemoteError;
use crate::render::markers::{Marker, MarkerKind};
use crate::store::{comments, deliveries, keys, permissions, posts, rollouts, schedules, tickets};
use crate::time::{DAY_MS, MINUTE_MS, UnixMs};

/// The schedule that asks GitHub for what it could not deliver.
const DELIVERIES: &str = "github.deliveries";
/// GitHub gives a delivery again for three days.
const REDELIVERY_MAX_MS: i64 = 3 * DAY_MS;
/// Wait before a delivery that failed is asked for again; doubles with each sending, to a day and a half.
const ASK_AGAIN_MS: i64 = 5 * MINUTE_MS;
/// Doublings of that wait.
const DOUBLINGS_MAX: usize = 9;
/// Deliveries asked for in one sweep.
const REDELIVERIES_MAX: usize = 100;
/// Tickets filed this long ago are still looked at for doubles.
const DOUBLES_MAX_MS: i64 = DAY_MS;
/// Tickets looked at in one sweep for doubles.
const DOUBLES_BATCH: i64 = 100;
/// How long a sweep may take before another process may begin it anew.
const LEASE_MS: i64 = 10 * MINUTE_MS;
/// The bodies of deliveries are kept for this long.
const BODIES_MAX_MS: i64 = 30 * DAY_MS;
/// Answers to repeated requests are kept for this long.
const ANSWERS_MAX_MS: i64 = 2 * DAY_MS;
/// How often what was given up gets another try: an outage may have been longer than the attempts last.
const REVIVE_EVERY_MS: i64 = DAY_MS;
/// How often rows of people that no count needs are let go.
const LET_GO_EVERY_MS: i64 = DAY_MS;
/// How often the findings of open rollouts are worked out anew: exposures come late, and hours pass.
const FINDINGS_EVERY_MS: i64 = 5 * MINUTE_MS;
/// How often old answers are forgotten.
const FORGET_EVERY_MS: i64 = DAY_MS;

/// Makes the look for missed deliveries due: who starts was away, perhaps since the middle of a sweep.
pub async fn hasten(ctx: &Context) -> Result<()> {
    let mut tx = ctx.db.write().await?;
    schedules::hasten(&mut tx, DELIVERIES, ctx.now()).await?;
    tx.commit().await
}

/// Runs every sweep that is due. Gives when the next one is.
pub async fn run_due(ctx: &Context) -> Result<UnixMs> {
    let config = &ctx.config;
    let files = match ctx.github.as_deref() {
        Some(github) => mentions::files::ask_due(ctx, github).await?,
        None => UnixMs::NEVER,
    };
    let missed = match ctx.github.as_deref().filter(|g| g.is_app()) {
        Some(github) => scheduled(ctx, DELIVERIES, config.github.sweep.ms(), || missed_deliveries(ctx, github)).await?,
        None => UnixMs::NEVER,
    };
    let doubled = scheduled(ctx, "tickets.doubles", config.outbox.sweep.ms(), || doubles(ctx)).await?;
    let forgotten = scheduled(ctx, "answers.forget", FORGET_EVERY_MS, || forget_answers(ctx)).await?;
    let revived = scheduled(ctx, "tickets.revive", REVIVE_EVERY_MS, || revive(ctx)).await?;
    let counted = scheduled(ctx, "usage.let_go", LET_GO_EVERY_MS, || usage::let_go(ctx)).await?;
    let found = scheduled(ctx, "findings.refresh", FINDINGS_EVERY_MS, || findings::refresh_open(ctx)).await?;
    let pulled = pull::pull_due(ctx).await?;
    Ok(files.min(counted).min(found).min(pulled).min(missed).min(doubled).min(forgotten).min(revived))
}

/// Runs `sweep` where `name` is due, and keeps what it has to say. `every_ms` 0 switches it off. Gives when it is due
/// next.
async fn scheduled<F: Future<Output = Result<String>>>(
    ctx: &Context,
    name: &str,
    every_ms: i64,
    sweep: impl FnOnce() -> F,
) -> Result<UnixMs> {
    going_on(ctx, name, every_ms, async |_| Ok((None, sweep().await?))).await
}

/// The same for a sweep that goes on from where it got to: it is given its cursor, and gives the next. One that fails begins
/// where it began.
pub(super) async fn going_on(
    ctx: &Context,
    name: &str,
    every_ms: i64,
    sweep: impl AsyncFnOnce(Option<String>) -> Result<(Option<String>, String)>,
) -> Result<UnixMs> {
    if every_ms == 0 {
        return Ok(UnixMs::NEVER);
    }
    let mut tx = ctx.db.read().await?;
    let due = schedules::due_at(&mut tx, name).await?;
    drop(tx);
    if due > ctx.now() {
        return Ok(due);
    }
    let lease_until = ctx.now().plus(LEASE_MS);
    let mut tx = ctx.db.write().await?;
    let taken = schedules::take(&mut tx, name, &ctx.owner, ctx.now(), lease_until).await?;
    tx.commit().await?;
    let Some(cursor) = taken else { return Ok(lease_until) };
    let (cursor, note) = match sweep(cursor.clone()).await {
        Ok(done) => done,
        Err(e) => {
            warn!(schedule = name, "a sweep failed and runs again when it is due: {e:#}");
            (cursor, format!("failed: {e:#}"))
        }
    };
    let mut tx = ctx.db.write().await?;
    let next = ctx.now().plus(every_ms);
    schedules::done(&mut tx, name, lease_until, next, cursor.as_deref(), &note).await?;
    tx.commit().await?;
    Ok(next)
}

/// Asks GitHub again for deliveries that failed and that are not here.
async fn missed_deliveries(ctx: &Context, github: &GitHub) -> Result<String> {
    let since = ctx.now().plus(-REDELIVERY_MAX_MS);
    let listed = github.hook_deliveries(since).await.context("asking GitHub for its deliveries")?;
    let mut asked = 0;
    for delivery in to_ask_for(&listed, ctx.now()).into_iter().take(REDELIVERIES_MAX) {
        let key = format!("{}/{}", delivery.event, delivery.guid);
        let mut tx = ctx.db.read().await?;
        let here = deliveries::known(&mut tx, "github", &key).await?;
        drop(tx);
        if here {
            continue;
        }
        match github.redeliver(delivery.id).await {
            Ok(()) => asked += 1,
            Err(e @ (RemoteError::Wait { .. } | RemoteError::Unauthorized { .. } | RemoteError::Suspended { .. })) => {
                return Err(e).context("asking GitHub to deliver again");
            }
            // One that can't be had again must not keep the others waiting.
            Err(e) => {
                warn!(source = "github", delivery.key = %delivery.guid, "could not ask for a delivery again: {e}");
                continue;
            }
        }
        info!(source = "github", event = %delivery.event, delivery.key = %delivery.guid, "asked for a delivery again");
    }
    Ok(format!("{} deliveries listed, {asked} asked for again", listed.len()))
}

/// Deliveries that never arrived and are due, oldest first: the latest sending for each of the sender's ids.
fn to_ask_for(listed: &[HookDelivery], now: UnixMs) -> Vec<&HookDelivery> {
    let mut by_guid: BTreeMap<&str, Vec<&HookDelivery>> = BTreeMap::new();
    for delivery in listed {
        by_guid.entry(&delivery.guid).or_default().push(delivery);
    }
    let mut missed: Vec<&HookDelivery> = by_guid
        .into_values()
        .filter(|sendings| sendings.iter().all(|d| !d.ok))
        .filter_map(|sendings| {
            let again = sendings.len().saturating_sub(1).min(DOUBLINGS_MAX);
            let latest = sendings.into_iter().max_by_key(|d| d.delivered_at)?;
            let wait = if again == 0 { 0 } else { ASK_AGAIN_MS << (again - 1) };
            (latest.delivered_at.plus(wait) <= now).then_some(latest)
        })
        .collect();
    missed.sort_by_key(|d| (d.delivered_at, d.id));
    missed
}

/// Looks whether two tickets carry one marker, and closes the younger.
async fn doubles(ctx: &Context) -> Result<String> {
    let since = ctx.now().plus(-DOUBLES_MAX_MS);
    let mut tx = ctx.db.read().await?;
    let recent = tickets::filed_since(&mut tx, since, DOUBLES_BATCH).await?;
    drop(tx);
    let mut closed = 0;
    for ticket in &recent {
        match close_doubles_of(ctx, ticket).await {
            Ok(n) => closed += n,
            Err(SweepError::Remote(RemoteError::Wait { reason, .. })) => {
                return Ok(format!("stopped, because the tracker asks to wait: {reason}; {closed} doubles closed"));
            }
            Err(e) => warn!(ticket.id = %ticket.id, "could not look for doubles: {e}"),
        }
    }
    Ok(format!("{} tickets looked at, {closed} doubles closed", recent.len()))
}

async fn close_doubles_of(ctx: &Context, ticket: &Ticket) -> Result<usize, SweepError> {
    let tracker = ctx.trackers.get(ticket.tracker)?;
    let name = ticket.tracker.as_str();
    let marker = Marker::sign(&ctx.secrets.marker, MarkerKind::Section, name, &ticket.rollout, ticket.subject());
    let since = ticket.created_at.plus(-LOOK_BACK_MS);
    let found = tracker.find(&ticket.target, &marker, since).await?;
    let Some((keeper, younger)) = found.split_first() else { return Ok(0) };
    let mut closed = 0;
    for double in younger.iter().filter(|d| d.open) {
        // It is said in a comment, which counts among what the account makes.
        if deliver::made_beside(ctx, &reconcile::scope(ticket)).await?.is_some() {
            break;
        }
        tracker.close_double(&ticket.target, &double.key, keeper).await?;
        closed += 1;
        ctx.telemetry.duplicate_closed();
        warn!(ticket.id = %ticket.id, "closed {}, a double of {}", double.url, keeper.url);
    }
    if !younger.is_empty() && ticket.key.as_deref() != Some(&keeper.key) {
        let mut tx = ctx.db.write().await?;
        rollouts::lock(&mut tx, &ticket.rollout).await?;
        if let Some(mut fresh) = tickets::get(&mut tx, &ticket.id).await?
            && fresh.state == TicketState::Filed
        {
            // The elder stays: what is wanted is written there at the next look.
            fresh.key = Some(keeper.key.clone());
            fresh.url = Some(keeper.url.clone());
            fresh.comment = None;
            fresh.section_hash = None;
            fresh.quotes_hash = None;
            tickets::save(&mut tx, &fresh).await?;
            rollouts::wake(&mut tx, &ticket.rollout, ctx.now()).await?;
        }
        tx.commit().await?;
    }
    Ok(closed)
}

/// Why a look for doubles failed.
enum SweepError {
    Remote(RemoteError),
    Store(anyhow::Error),
}

impl From<RemoteError> for SweepError {
    fn from(e: RemoteError) -> Self {
        Self::Remote(e)
    }
}

impl From<anyhow::Error> for SweepError {
    fn from(e: anyhow::Error) -> Self {
        Self::Store(e)
    }
}

impl std::fmt::Display for SweepError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Remote(e) => e.fmt(f),
            Self::Store(e) => write!(f, "{e:#}"),
        }
    }
}

async fn revive(ctx: &Context) -> Result<String> {
    let n = super::check::retry_failed(ctx).await?;
    Ok(format!("{n} tickets that were given up get another try"))
}

async fn forget_answers(ctx: &Context) -> Result<String> {
    let mut tx = ctx.db.write().await?;
    let n = keys::forget_answers(&mut tx, ctx.now().plus(-ANSWERS_MAX_MS)).await?;
    let emptied = deliveries::empty_old(&mut tx, ctx.now().plus(-BODIES_MAX_MS)).await?;
    comments::forget(&mut tx, ctx.now().plus(-BODIES_MAX_MS)).await?;
    permissions::forget(&mut tx, ctx.now().plus(-BODIES_MAX_MS)).await?;
    posts::forget_reactions(&mut tx, ctx.now().plus(-BODIES_MAX_MS)).await?;
    tx.commit().await?;
    Ok(format!("{n} answers forgotten, {emptied} old deliveries emptied"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::UnixMs;

    #[test]
    fn only_what_never_arrived_is_asked_for_and_ever_less_often() {
        let sent = |id, guid: &str, ok, at| HookDelivery {
            id,
            guid: guid.into(),
            event: "release".into(),
            delivered_at: UnixMs(at),
            ok,
        };
        let listed = [
            sent(1, "arrived", true, 10),
            sent(2, "failed", false, 20),
            sent(3, "again", false, 5),
            sent(4, "again", true, 30),
            sent(5, "often", false, 1),
            sent(6, "often", false, 2),
            sent(7, "often", false, 3),
            sent(8, "often", false, 4),
            sent(9, "twice", false, 6),
            sent(10, "twice", false, 7),
        ];
        let ids = |now| to_ask_for(&listed, UnixMs(now)).iter().map(|d| d.id).collect::<Vec<i64>>();
        assert_eq!(ids(20), [2], "the first time at once");
        assert_eq!(ids(7 + ASK_AGAIN_MS), [10, 2], "then after five minutes");
        assert_eq!(ids(4 + 4 * ASK_AGAIN_MS), [8, 10, 2], "then ever less often, as long as GitHub keeps it");
    }
}
