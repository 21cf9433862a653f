//! Performs planned actions, one at a time, and records what came of each.
//!
//! Trackers have no idempotency key, so an issue is filed once by looking first: intent is durable before a request
//! leaves, the lease is read again immediately before, and after an answer that was lost nothing is sent until the
//! settle time is over and a look at the tracker's list, which lags behind its writes, found no marker of ours. What is
//! found is adopted.

use anyhow::{Context as _, Result};
use tracing::{info, warn};

use super::Context;
use crate::crash_point;
use crate::domain::ticket::{Ticket, TicketState, TrackerName};
use crate::flow::reconcile::Wanted;
use crate::http::RemoteError;
use crate::id::Entropy;
use crate::render::markers::{Marker, MarkerKind};
use crate::store::actions::{Action, ActionKind};
use crate::store::{actions, pauses, rollouts, tickets};
use crate::time::{DAY_MS, HOUR_MS, UnixMs};
use crate::trackers::{Draft, IssueTracker, Remote, Revised, Written};

/// Stands in a ticket for a comment that a person deleted: it is not made again.
pub const COMMENT_DELETED: &str = "deleted";
/// Issues are looked for from this long before the ticket was first wanted: clocks differ, ms.
pub const LOOK_BACK_MS: i64 = DAY_MS;
/// How long a scope waits whose App is suspended, before it is tried again, ms.
pub const SUSPENDED_MS: i64 = HOUR_MS;

/// Performs what is due, until `stopping` says to take nothing new. Gives how many actions were tried.
pub async fn deliver_due(ctx: &Context, stopping: &(dyn Fn() -> bool + Send + Sync)) -> Result<usize> {
    let mut tried = 0;
    loop {
        if stopping() {
            return Ok(tried);
        }
        let now = ctx.now();
        let mut tx = ctx.db.write().await?;
        let lease_until = now.plus(ctx.config.outbox.lease.ms());
        let claimed = actions::claim(&mut tx, &ctx.owner, now, lease_until, 1).await?;
        tx.commit().await?;
        let Some(action) = claimed.into_iter().next() else { return Ok(tried) };
        // There may be more, in other scopes.
        ctx.bell.hands.notify_one();
        crash_point!("hb.deliver.claimed");
        perform(ctx, &action).await?;
        tried += 1;
    }
}

/// What an attempt changes in the ticket; applied to the row as it is when the attempt is recorded, because other
/// workers and people move on while a call is under way.
enum Change {
    /// Nothing.
    None,
    /// It is there now. `hash` is what it says, where that is known.
    Filed { remote: Remote, hash: Option<String>, notes: Vec<String> },
    /// It says what was wanted.
    Revised { hash: String },
    /// Its quotes are what was wanted.
    Quoted { comment: String, hash: String },
    /// A person deleted it.
    Dismissed,
}

/// How an attempt ended.
enum Attempt {
    /// The change, and what to call it.
    Done(Change, &'static str),
    /// There is nothing to do it to.
    Obsolete,
    /// Not yet; nothing was sent.
    NotYet(UnixMs),
    /// The lease went to somebody else: whatever follows is theirs.
    LostLease,
    /// The call failed; `sent` where it may have had an effect.
    Failed { error: RemoteError, sent: bool },
}

async fn perform(ctx: &Context, action: &Action) -> Result<()> {
    let outbox = &ctx.config.outbox;
    let mut tx = ctx.db.read().await?;
    let ticket = tickets::get(&mut tx, &action.ticket).await?.context("an action without its ticket")?;
    drop(tx);
    let Ok(wanted) = serde_json::from_str::<Wanted>(&action.payload) else {
        // Written by another version: what is wanted now is planned anew.
        warn!(action.id = %action.id, "dropped an action that can't be read");
        return supersede(ctx, action).await;
    };
    let attempt = match (ctx.trackers.get(ticket.tracker), ticket.state) {
        (_, TicketState::Dismissed | TicketState::Failed) => Attempt::Obsolete,
        (Err(error), _) => Attempt::Failed { error, sent: false },
        (Ok(tracker), TicketState::Wanted | TicketState::Filed) => {
            attempt(ctx, tracker, action, &ticket, &wanted).await?
        }
    };
    match attempt {
        Attempt::Done(change, outcome) => end(ctx, action, ticket.key.as_deref(), change, outcome).await,
        Attempt::Obsolete => supersede(ctx, action).await,
        Attempt::LostLease => {
            let wait = backoff(action.attempts, outbox.retry_min.ms(), outbox.retry_max.ms(), &*ctx.entropy);
            let why = "looking in the tracker took longer than the lease (outbox.lease)";
            let mut tx = ctx.db.write().await?;
            let ours = actions::retry(&mut tx, action, ctx.now().plus(wait), action.sent_at, true, why).await?;
            tx.commit().await?;
            warn!(action.id = %action.id, "{}", if ours { why } else { "left an action to the worker that took it over" });
            Ok(())
        }
        Attempt::NotYet(at) => {
            let mut tx = ctx.db.write().await?;
            let why = "waiting until the tracker's list can show what an earlier attempt may have made";
            actions::retry(&mut tx, action, at, action.sent_at, false, why).await?;
            tx.commit().await
        }
        Attempt::Failed { error, sent } => fail(ctx, action, &error, sent).await,
    }
}

async fn supersede(ctx: &Context, action: &Action) -> Result<()> {
    let now = ctx.now();
    let mut tx = ctx.db.write().await?;
    actions::supersede(&mut tx, &action.id, now).await?;
    rollouts::wake(&mut tx, &action.rollout, now).await?;
    tx.commit().await?;
    ctx.bell.mind.notify_one();
    Ok(())
}

async fn attempt(
    ctx: &Context,
    tracker: &dyn IssueTracker,
    action: &Action,
    ticket: &Ticket,
    wanted: &Wanted,
) -> Result<Attempt> {
    match (action.kind, ticket.key.as_deref()) {
        (ActionKind::File, Some(_)) => Ok(Attempt::Done(Change::None, "known")),
        (ActionKind::File, None) => file(ctx, tracker, action, ticket, wanted).await,
        (ActionKind::Revise | ActionKind::Quote, None) => Ok(Attempt::Obsolete),
        (ActionKind::Revise, Some(key)) => revise(ctx, tracker, action, ticket, key, wanted).await,
        (ActionKind::Quote, Some(key)) => quote(ctx, tracker, action, ticket, key, wanted).await,
    }
}

fn marker(ctx: &Context, ticket: &Ticket, kind: MarkerKind) -> Marker {
    Marker::sign(&ctx.secrets.marker, kind, ticket.tracker.as_str(), &ticket.rollout, ticket.subject())
}

/// Notes that a request leaves, and makes sure that nobody else may send it.
async fn may_send(ctx: &Context, action: &Action) -> Result<bool> {
    let until = ctx.now().plus(ctx.config.outbox.request_timeout.ms());
    let mut tx = ctx.db.write().await?;
    let marked = actions::mark_sent(&mut tx, action, ctx.now(), until).await?;
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
    actions::holds(&mut tx, action, until).await
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
        Err(error) => return Ok(Attempt::Failed { error, sent: false }),
    };
    crash_point!("hb.deliver.looked");
    if let Some(remote) = found.into_iter().next() {
        // What it says was wanted when it was made; the next look brings it to what is wanted now.
        return Ok(Attempt::Done(Change::Filed { remote, hash: None, notes: Vec::new() }, "adopted"));
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
    Ok(match created {
        Ok(Written { remote, notes }) => {
            Attempt::Done(Change::Filed { remote, hash: Some(wanted.hash.clone()), notes }, "filed")
        }
        Err(error) => Attempt::Failed { error, sent: true },
    })
}

async fn revise(
    ctx: &Context,
    tracker: &dyn IssueTracker,
    action: &Action,
    ticket: &Ticket,
    key: &str,
    wanted: &Wanted,
) -> Result<Attempt> {
    if ticket.section_hash.as_deref() == Some(&wanted.hash) {
        return Ok(Attempt::Done(Change::None, "unchanged"));
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
    let hash = wanted.hash.clone();
    Ok(match revised {
        // The same content written twice is the same: nothing has to settle.
        Err(error) => Attempt::Failed { error, sent: false },
        Ok(Revised::Deleted) => Attempt::Done(Change::Dismissed, "dismissed"),
        Ok(Revised::Written) => Attempt::Done(Change::Revised { hash }, "revised"),
        Ok(Revised::Unchanged) => Attempt::Done(Change::Revised { hash }, "unchanged"),
    })
}

async fn quote(
    ctx: &Context,
    tracker: &dyn IssueTracker,
    action: &Action,
    ticket: &Ticket,
    key: &str,
    wanted: &Wanted,
) -> Result<Attempt> {
    if ticket.quotes_hash.as_deref() == Some(&wanted.hash) {
        return Ok(Attempt::Done(Change::None, "unchanged"));
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
    let hash = wanted.hash.clone();
    Ok(match put {
        Ok(comment) => Attempt::Done(Change::Quoted { comment, hash }, "quoted"),
        // It was there, and a person deleted it: that is a decision.
        Err(RemoteError::Gone { .. }) if !creates => {
            Attempt::Done(Change::Quoted { comment: COMMENT_DELETED.into(), hash }, "dismissed")
        }
        // No issue to comment on, in a place that is there: a person deleted it.
        Err(RemoteError::Gone { .. }) if tracker.check(&ticket.target).await.is_ok() => {
            Attempt::Done(Change::Dismissed, "dismissed")
        }
        Err(error) => Attempt::Failed { error, sent: creates },
    })
}

impl Change {
    fn apply(self, ticket: &mut Ticket, now: UnixMs) {
        match self {
            Self::None => {}
            // Another worker filed or adopted it meanwhile: what is recorded stays, and the sweep sees to a double.
            Self::Filed { .. } if ticket.key.is_some() => {}
            Self::Filed { remote, hash, notes } => {
                ticket.state = TicketState::Filed;
                ticket.key = Some(remote.key);
                ticket.url = Some(remote.url);
                ticket.written_at = hash.is_some().then_some(now);
                ticket.section_hash = hash;
                ticket.error = (!notes.is_empty()).then(|| notes.join("; "));
            }
            Self::Revised { hash } => {
                ticket.section_hash = Some(hash);
                ticket.written_at = Some(now);
            }
            Self::Quoted { comment, hash } => {
                ticket.comment = Some(comment);
                ticket.quotes_hash = Some(hash);
                ticket.written_at = Some(now);
            }
            Self::Dismissed => {
                ticket.state = TicketState::Dismissed;
                ticket.error = Some("a person deleted the issue".to_owned());
            }
        }
    }
}

/// Records a good end: the ticket, the action and the wish for another look, together.
///
/// `used` is the key that the attempt wrote to: where the ticket has another by now, what was written there says nothing
/// of it.
async fn end(ctx: &Context, action: &Action, used: Option<&str>, change: Change, outcome: &'static str) -> Result<()> {
    let now = ctx.now();
    let mut tx = ctx.db.write().await?;
    rollouts::lock(&mut tx, &action.rollout).await?;
    let mut ticket = tickets::get(&mut tx, &action.ticket).await?.context("an action without its ticket")?;
    if ticket.key.as_deref() == used || matches!(change, Change::Filed { .. }) {
        change.apply(&mut ticket, now);
    }
    tickets::save(&mut tx, &ticket).await?;
    let spacing = ctx.config.github.write_spacing.ms();
    if ticket.tracker == TrackerName::GitHub && spacing > 0 && matches!(outcome, "filed" | "revised" | "quoted") {
        pauses::hold(&mut tx, &action.scope, now.plus(spacing), "one write at a time").await?;
    }
    actions::finish(&mut tx, &action.id, outcome, now).await?;
    rollouts::wake(&mut tx, &action.rollout, now).await?;
    crash_point!("hb.deliver.recorded");
    tx.commit().await?;
    crash_point!("hb.deliver.committed");
    ctx.telemetry.action(action.kind.as_str(), outcome);
    let url = ticket.url.as_deref().unwrap_or("-");
    info!(ticket.id = %action.ticket, rollout.id = %action.rollout, "{outcome}: {url}");
    if let Some(note) = &ticket.error {
        warn!(ticket.id = %action.ticket, "{note}");
    }
    ctx.bell.mind.notify_one();
    Ok(())
}

/// What follows from a failure.
enum Next {
    /// The scope waits, and this action with it; it is no failure of the action.
    Hold { until: UnixMs },
    /// Try again then.
    Again { at: UnixMs, sent: Option<UnixMs> },
    /// The object lives there now; `key` where it is called something else there.
    Follow { target: String, key: Option<String> },
    /// Nothing helps but a person.
    GiveUp,
}

fn next(ctx: &Context, action: &Action, error: &RemoteError, sent: bool) -> Next {
    let (now, outbox) = (ctx.now(), &ctx.config.outbox);
    match error {
        RemoteError::Wait { ms, .. } => Next::Hold { until: now.plus(*ms) },
        RemoteError::Suspended { .. } => Next::Hold { until: now.plus(SUSPENDED_MS) },
        RemoteError::Moved { to: Some(to) } => match to.split_once('#') {
            Some((target, key)) => Next::Follow { target: target.to_owned(), key: Some(key.to_owned()) },
            None => Next::Follow { target: to.clone(), key: None },
        },
        RemoteError::Refused { .. } | RemoteError::Gone { .. } | RemoteError::Moved { to: None } => Next::GiveUp,
        RemoteError::NotSent { .. } | RemoteError::Unknown { .. } | RemoteError::Unauthorized { .. } => {
            if action.attempts + 1 >= i64::from(outbox.attempts_max) {
                return Next::GiveUp;
            }
            // A known failure had no effect. Where an earlier request is still unsettled, that stays so.
            let unknown = matches!(error, RemoteError::Unknown { .. }) && sent;
            let unsettled = if unknown { Some(now) } else { action.sent_at };
            let settle = if unsettled.is_some() { outbox.settle.ms() } else { 0 };
            let wait = backoff(action.attempts, outbox.retry_min.ms(), outbox.retry_max.ms(), &*ctx.entropy);
            Next::Again { at: now.plus(wait.max(settle)), sent: unsettled }
        }
    }
}

/// Records a bad end: wait, try again, follow, or give up by name.
async fn fail(ctx: &Context, action: &Action, error: &RemoteError, sent: bool) -> Result<()> {
    let now = ctx.now();
    let said = error.to_string();
    let next = next(ctx, action, error, sent);
    let mut tx = ctx.db.write().await?;
    rollouts::lock(&mut tx, &action.rollout).await?;
    let mut ticket = tickets::get(&mut tx, &action.ticket).await?.context("an action without its ticket")?;
    let outcome = match next {
        Next::Hold { until } => {
            pauses::hold(&mut tx, &action.scope, until, &said).await?;
            actions::retry(&mut tx, action, until, action.sent_at, false, &said).await?;
            "held"
        }
        Next::Again { at, sent } => {
            actions::retry(&mut tx, action, at, sent, true, &said).await?;
            "retried"
        }
        Next::Follow { target, key } => {
            ticket.target = target;
            if key.is_some() {
                // A transferred issue has a new address and new comments; ours is found there by its marker.
                ticket.key = key;
                ticket.url = None;
                ticket.comment = None;
            }
            tickets::save(&mut tx, &ticket).await?;
            actions::retry(&mut tx, action, now, action.sent_at, true, &said).await?;
            "followed"
        }
        Next::GiveUp => {
            // Whoever took the lease over decides by itself.
            if actions::give_up(&mut tx, action, &said, now).await? {
                ticket.state = TicketState::Failed;
                ticket.error = Some(said.clone());
                tickets::save(&mut tx, &ticket).await?;
                rollouts::wake(&mut tx, &action.rollout, now).await?;
            }
            "given_up"
        }
    };
    tx.commit().await?;
    ctx.telemetry.action(action.kind.as_str(), outcome);
    warn!(ticket.id = %ticket.id, scope = %action.scope, "{outcome}: could not {} a ticket: {said}", action.kind.as_str());
    Ok(())
}

/// How long to wait after `attempts` failures: doubling from `min` to `max` ms, a quarter more or less by chance, so
/// that workers that failed together do not return together.
fn backoff(attempts: i64, min: i64, max: i64, entropy: &dyn Entropy) -> i64 {
    let doubled = min.saturating_mul(1_i64 << attempts.clamp(0, 30)).min(max);
    let jitter = i64::try_from(entropy.bits() % 501).unwrap_or(250) - 250;
    doubled.saturating_add(doubled.saturating_mul(jitter) / 1_000)
}
