//! Performs planned actions, one at a time, and records what came of each.
//!
//! Trackers have no idempotency key, so an issue is filed once by looking first: intent is durable before a request
//! leaves, the lease is read again immediately before, and after an answer that was lost nothing is sent until the
//! settle time is over and a look at the tracker's list, which lags behind its writes, found no marker of ours. What is
//! found is adopted.

use anyhow::{Context as _, Result};
use tracing::{info, warn};

use super::{Context, reconcile};
use crate::crash_point;
use crate::domain::ticket::{Ticket, TicketState, TrackerName};
use crate::flow::reconcile::Wanted;
use crate::http::RemoteError;
use crate::id::Entropy;
use crate::render::markers::{Marker, MarkerKind};
use crate::store::actions::{Action, ActionKind};
use crate::store::{actions, pauses, rollouts, tickets};
use crate::time::{HOUR_MS, MINUTE_MS, UnixMs};
use crate::trackers::{Draft, IssueTracker, Revised};

/// Stands in a ticket for a comment that a person deleted: it is not made again.
pub const COMMENT_DELETED: &str = "deleted";
/// Issues are looked for from this long before the ticket was first wanted: clocks differ, ms.
const LOOK_BACK_MS: i64 = 5 * MINUTE_MS;
/// How long a scope waits whose App is suspended, before it is tried again, ms.
const SUSPENDED_MS: i64 = HOUR_MS;

/// Performs what is due. Gives how many actions were tried.
pub async fn deliver_due(ctx: &Context) -> Result<usize> {
    let mut tried = 0;
    loop {
        let now = ctx.now();
        let mut tx = ctx.db.write().await?;
        let lease_until = now.plus(ctx.config.outbox.lease.ms());
        let claimed = actions::claim(&mut tx, &ctx.owner, now, lease_until, 1).await?;
        tx.commit().await?;
        let Some(action) = claimed.into_iter().next() else { return Ok(tried) };
        crash_point!("hb.deliver.claimed");
        perform(ctx, &action).await?;
        tried += 1;
    }
}

/// How an attempt ended.
enum Attempt {
    /// The ticket as it is now, and what to call it.
    Done(Box<Ticket>, &'static str),
    /// Not yet; nothing was sent.
    NotYet(UnixMs),
    /// The lease went to somebody else: whatever follows is theirs.
    LostLease,
    /// The call failed; `sent` where it may have had an effect.
    Failed { error: RemoteError, sent: bool },
}

async fn perform(ctx: &Context, action: &Action) -> Result<()> {
    let mut tx = ctx.db.read().await?;
    let ticket = tickets::get(&mut tx, &action.ticket).await?.context("an action without its ticket")?;
    drop(tx);
    if !matches!(ticket.state, TicketState::Wanted | TicketState::Filed) {
        return end(ctx, action, None, "obsolete").await;
    }
    let wanted: Wanted = serde_json::from_str(&action.payload).context("reading an action's payload")?;
    let attempt = match action.kind {
        ActionKind::File if ticket.key.is_some() => Attempt::Done(Box::new(ticket.clone()), "known"),
        kind => match ctx.trackers.get(ticket.tracker) {
            Err(error) => Attempt::Failed { error, sent: false },
            Ok(tracker) => match kind {
                ActionKind::File => file(ctx, tracker, action, &ticket, &wanted).await?,
                ActionKind::Revise => revise(ctx, tracker, action, &ticket, &wanted).await?,
                ActionKind::Quote => quote(ctx, tracker, action, &ticket, &wanted).await?,
            },
        },
    };
    match attempt {
        Attempt::Done(ticket, outcome) => end(ctx, action, Some(*ticket), outcome).await,
        Attempt::LostLease => {
            warn!(action.id = %action.id, "left an action to the worker that holds its lease now");
            Ok(())
        }
        Attempt::NotYet(at) => {
            let mut tx = ctx.db.write().await?;
            let why = "waiting until the tracker's list can show what an earlier attempt may have made";
            actions::retry(&mut tx, action, at, action.sent_at, false, why).await?;
            tx.commit().await
        }
        Attempt::Failed { error, sent } => fail(ctx, action, ticket, &error, sent).await,
    }
}

fn marker(ctx: &Context, ticket: &Ticket, kind: MarkerKind) -> Marker {
    Marker::sign(&ctx.secrets.marker, kind, ticket.tracker.as_str(), &ticket.rollout, ticket.subject())
}

/// Notes that a request leaves, and makes sure that nobody else may send it.
async fn may_send(ctx: &Context, action: &Action) -> Result<bool> {
    let until = ctx.now().plus(ctx.config.outbox.request_timeout.ms());
    let mut tx = ctx.db.write().await?;
    let marked = actions::mark_sent(&mut tx, &action.id, &ctx.owner, ctx.now(), until).await?;
    tx.commit().await?;
    crash_point!("hb.deliver.intent");
    if !marked {
        return Ok(false);
    }
    // Read again immediately before the request: this process may have been stopped in between.
    holds(ctx, action).await
}

async fn holds(ctx: &Context, action: &Action) -> Result<bool> {
    let until = ctx.now().plus(ctx.config.outbox.request_timeout.ms());
    let mut tx = ctx.db.read().await?;
    actions::holds(&mut tx, &action.id, &ctx.owner, until).await
}

/// When an earlier request of unknown outcome has settled; `None` where there is none or it has.
fn settles_at(ctx: &Context, action: &Action) -> Option<UnixMs> {
    action.sent_at.map(|sent| sent.plus(ctx.config.outbox.settle.ms())).filter(|at| *at > ctx.now())
}

async fn file(
    ctx: &Context,
    tracker: &dyn IssueTracker,
    action: &Action,
    ticket: &Ticket,
    wanted: &Wanted,
) -> Result<Attempt> {
    if let Some(at) = settles_at(ctx, action) {
        return Ok(Attempt::NotYet(at));
    }
    let marker = marker(ctx, ticket, MarkerKind::Section);
    let since = ticket.created_at.plus(-LOOK_BACK_MS);
    let found = match tracker.find(&ticket.target, &marker, since).await {
        Ok(found) => found,
        Err(error) => return Ok(Attempt::Failed { error, sent: action.sent_at.is_some() }),
    };
    crash_point!("hb.deliver.looked");
    if let Some(remote) = found.into_iter().next() {
        // What it says was wanted when it was made; the next look brings it to what is wanted now.
        let adopted =
            Ticket { state: TicketState::Filed, key: Some(remote.key), url: Some(remote.url), ..ticket.clone() };
        return Ok(Attempt::Done(Box::new(adopted), "adopted"));
    }
    if !may_send(ctx, action).await? {
        return Ok(Attempt::LostLease);
    }
    crash_point!("hb.deliver.checked");
    let labels = ctx.config.policy().labels;
    let draft =
        Draft { marker: &marker, title: &wanted.title, body: &wanted.body, labels: &labels, severity: wanted.severity };
    let created = tracker.create(&ticket.target, &draft).await;
    crash_point!("hb.deliver.sent");
    match created {
        Ok(written) => {
            for note in &written.notes {
                warn!(ticket.id = %ticket.id, "{note}");
            }
            let error = (!written.notes.is_empty()).then(|| written.notes.join("; "));
            Ok(Attempt::Done(
                Box::new(Ticket {
                    state: TicketState::Filed,
                    key: Some(written.remote.key),
                    url: Some(written.remote.url),
                    section_hash: Some(wanted.hash.clone()),
                    written_at: Some(ctx.now()),
                    error,
                    ..ticket.clone()
                }),
                "filed",
            ))
        }
        Err(error) => Ok(Attempt::Failed { error, sent: true }),
    }
}

async fn revise(
    ctx: &Context,
    tracker: &dyn IssueTracker,
    action: &Action,
    ticket: &Ticket,
    wanted: &Wanted,
) -> Result<Attempt> {
    let Some(key) = ticket.key.as_deref() else { return Ok(Attempt::Done(Box::new(ticket.clone()), "obsolete")) };
    if ticket.section_hash.as_deref() == Some(&wanted.hash) {
        return Ok(Attempt::Done(Box::new(ticket.clone()), "unchanged"));
    }
    let marker = marker(ctx, ticket, MarkerKind::Section);
    let draft =
        Draft { marker: &marker, title: &wanted.title, body: &wanted.body, labels: &[], severity: wanted.severity };
    if !holds(ctx, action).await? {
        return Ok(Attempt::LostLease);
    }
    crash_point!("hb.deliver.checked");
    let revised = tracker.revise(&ticket.target, key, &draft).await;
    crash_point!("hb.deliver.sent");
    Ok(match revised {
        // The same content written twice is the same: nothing has to settle.
        Err(error) => Attempt::Failed { error, sent: false },
        Ok(Revised::Deleted) => {
            let error = Some("a person deleted the issue".to_owned());
            Attempt::Done(Box::new(Ticket { state: TicketState::Dismissed, error, ..ticket.clone() }), "dismissed")
        }
        Ok(Revised::Written | Revised::Unchanged) => Attempt::Done(
            Box::new(Ticket {
                section_hash: Some(wanted.hash.clone()),
                written_at: Some(ctx.now()),
                error: None,
                ..ticket.clone()
            }),
            "revised",
        ),
    })
}

async fn quote(
    ctx: &Context,
    tracker: &dyn IssueTracker,
    action: &Action,
    ticket: &Ticket,
    wanted: &Wanted,
) -> Result<Attempt> {
    let Some(key) = ticket.key.as_deref() else { return Ok(Attempt::Done(Box::new(ticket.clone()), "obsolete")) };
    if ticket.quotes_hash.as_deref() == Some(&wanted.hash) {
        return Ok(Attempt::Done(Box::new(ticket.clone()), "unchanged"));
    }
    if let Some(at) = settles_at(ctx, action) {
        return Ok(Attempt::NotYet(at));
    }
    let creates = ticket.comment.is_none();
    let may = if creates { may_send(ctx, action).await? } else { holds(ctx, action).await? };
    if !may {
        return Ok(Attempt::LostLease);
    }
    crash_point!("hb.deliver.checked");
    let marker = marker(ctx, ticket, MarkerKind::Quotes);
    let put = tracker.put_comment(&ticket.target, key, &marker, ticket.comment.as_deref(), &wanted.body).await;
    crash_point!("hb.deliver.sent");
    let quoted = |comment: String| Ticket {
        comment: Some(comment),
        quotes_hash: Some(wanted.hash.clone()),
        written_at: ticket.written_at.max(Some(ctx.now())),
        ..ticket.clone()
    };
    Ok(match put {
        Ok(id) => Attempt::Done(Box::new(quoted(id)), "quoted"),
        // It was there, and a person deleted it: that is a decision.
        Err(RemoteError::Gone { .. }) if !creates => {
            Attempt::Done(Box::new(quoted(COMMENT_DELETED.into())), "dismissed")
        }
        Err(error) => Attempt::Failed { error, sent: creates },
    })
}

/// Records a good end: the ticket, the action and the wish for another look, together.
async fn end(ctx: &Context, action: &Action, ticket: Option<Ticket>, outcome: &'static str) -> Result<()> {
    let now = ctx.now();
    let mut tx = ctx.db.write().await?;
    if let Some(ticket) = &ticket {
        tickets::save(&mut tx, ticket).await?;
        let spacing = ctx.config.github.write_spacing.ms();
        if ticket.tracker == TrackerName::GitHub && spacing > 0 && matches!(outcome, "filed" | "revised" | "quoted") {
            pauses::hold(&mut tx, &action.scope, now.plus(spacing), "one write at a time").await?;
        }
    }
    actions::finish(&mut tx, &action.id, outcome, now).await?;
    rollouts::wake(&mut tx, &action.rollout, now).await?;
    crash_point!("hb.deliver.recorded");
    tx.commit().await?;
    crash_point!("hb.deliver.committed");
    ctx.telemetry.action(action.kind.as_str(), outcome);
    let url = ticket.as_ref().and_then(|t| t.url.as_deref()).unwrap_or("-");
    info!(ticket.id = %action.ticket, rollout.id = %action.rollout, "{outcome}: {url}");
    ctx.bell.mind.notify_one();
    Ok(())
}

/// Records a bad end: wait, try again, or give up by name.
async fn fail(ctx: &Context, action: &Action, mut ticket: Ticket, error: &RemoteError, sent: bool) -> Result<()> {
    let now = ctx.now();
    let outbox = &ctx.config.outbox;
    let said = error.to_string();
    let unknown = matches!(error, RemoteError::Unknown { .. });
    // A known failure had no effect. Where an earlier request is still unsettled, that stays so.
    let unsettled = if unknown && sent { Some(now) } else { action.sent_at };
    let backoff = backoff(action.attempts, outbox.retry_min.ms(), outbox.retry_max.ms(), &*ctx.entropy);
    let mut tx = ctx.db.write().await?;
    let given_up = match error {
        RemoteError::Wait { ms, reason } => {
            pauses::hold(&mut tx, &action.scope, now.plus(*ms), reason).await?;
            actions::retry(&mut tx, action, now.plus(*ms), action.sent_at, false, &said).await?;
            false
        }
        RemoteError::Suspended { .. } => {
            pauses::hold(&mut tx, &action.scope, now.plus(SUSPENDED_MS), &said).await?;
            actions::retry(&mut tx, action, now.plus(SUSPENDED_MS), action.sent_at, false, &said).await?;
            false
        }
        RemoteError::Refused { .. } | RemoteError::Gone { .. } | RemoteError::Moved { .. } => true,
        RemoteError::NotSent { .. } | RemoteError::Unknown { .. } | RemoteError::Unauthorized { .. } => {
            let over = action.attempts + 1 >= i64::from(outbox.attempts_max);
            if !over {
                let settle = if unsettled.is_some() { outbox.settle.ms() } else { 0 };
                actions::retry(&mut tx, action, now.plus(backoff.max(settle)), unsettled, true, &said).await?;
            }
            over
        }
    };
    let given_up = given_up && actions::give_up(&mut tx, action, &said, now).await?;
    if given_up {
        ticket.state = TicketState::Failed;
        ticket.error = Some(said.clone());
        tickets::save(&mut tx, &ticket).await?;
        rollouts::wake(&mut tx, &action.rollout, now).await?;
    }
    tx.commit().await?;
    let outcome = if given_up { "given_up" } else { "retried" };
    ctx.telemetry.action(action.kind.as_str(), outcome);
    warn!(ticket.id = %ticket.id, scope = %reconcile::scope(&ticket), "{} a ticket, {outcome}: {said}", action.kind.as_str());
    Ok(())
}

/// How long to wait after `attempts` failures: doubling from `min` to `max` ms, a quarter more or less by chance, so
/// that workers that failed together do not return together.
fn backoff(attempts: i64, min: i64, max: i64, entropy: &dyn Entropy) -> i64 {
    let doubled = min.saturating_mul(1_i64 << attempts.clamp(0, 30)).min(max);
    let jitter = i64::try_from(entropy.bits() % 501).unwrap_or(250) - 250;
    doubled.saturating_add(doubled.saturating_mul(jitter) / 1_000)
}
