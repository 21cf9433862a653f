//! Performs planned actions, one at a time, and records what came of each.
//!
//! Trackers have no idempotency key, so an issue is filed once by looking first: intent is durable before a request
//! leaves, the lease is read again immediately before, and after an answer that was lost nothing is sent until the
//! settle time is over and a look at the tracker's list, which lags behind its writes, found no marker of ours. What is
//! found is adopted.

use anyhow::{Context as _, Result};
use tracing::warn;

mod leave;
mod outcome;
mod settle;
mod write;

pub(super) use self::leave::made_beside;
use self::outcome::{end, fail};
use self::write::Writing;
use super::{Context, retry};
use crate::crash_point;
use crate::domain::existing::Related;
use crate::domain::handling::{Resolution, Seen};
use crate::domain::ticket::{Ticket, TicketState};
use crate::flow::reconcile::Wanted;
use crate::http::RemoteError;
use crate::store::actions::{Action, ActionKind};
use crate::store::{actions, rollouts, tickets};
use crate::time::{DAY_MS, UnixMs};
use crate::trackers::{IssueTracker, Remote};

/// Stands in a ticket for a comment that a person deleted: it is not made again.
pub const COMMENT_DELETED: &str = "deleted";
/// Issues are looked for from this long before the ticket was first wanted: clocks differ, ms.
pub const LOOK_BACK_MS: i64 = DAY_MS;
/// What an action waits for whose earlier request may have had an effect.
pub(super) const SETTLES: &str = "waiting until the tracker's list can show what an earlier attempt may have made";
/// What an action waits for that would make something new.
pub(super) const FULL: &str = "as many issues and comments were made in the account as may be";

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
    /// An issue that somebody wrote is the ticket from now on; nothing is said there yet.
    Linked(Related),
    /// It says what was wanted.
    Revised { hash: String },
    /// What was wanted is said in a comment on somebody's own issue.
    Said { comment: String, hash: String },
    /// Its quotes are what was wanted.
    Quoted { comment: String, hash: String },
    /// It stands as was decided.
    Settled { seen: Seen },
    /// A person deleted it.
    Dismissed,
}

/// How an attempt ended.
enum Attempt {
    /// The change, and what to call it.
    Done(Change, &'static str),
    /// There is nothing to do it to.
    Obsolete,
    /// Not yet, and why; nothing was sent.
    NotYet(UnixMs, &'static str),
    /// The lease went to somebody else: whatever follows is theirs.
    LostLease,
    /// The call failed; `sent` where it may have had an effect.
    Failed { error: RemoteError, sent: bool },
}

async fn perform(ctx: &Context, action: &Action) -> Result<()> {
    let mut tx = ctx.db.read().await?;
    let ticket = tickets::get(&mut tx, &action.ticket).await?.context("an action without its ticket")?;
    drop(tx);
    let attempt = match (ctx.trackers.get(ticket.tracker), ticket.state) {
        (_, TicketState::Dismissed | TicketState::Failed) => Attempt::Obsolete,
        _ if is_left_alone(action.kind, &ticket) => Attempt::Obsolete,
        (Err(error), _) => Attempt::Failed { error, sent: false },
        (Ok(tracker), TicketState::Wanted | TicketState::Filed) => attempt(ctx, tracker, action, &ticket).await?,
    };
    match attempt {
        Attempt::Done(change, outcome) => end(ctx, action, ticket.key.as_deref(), change, outcome).await,
        Attempt::Obsolete => supersede(ctx, action).await,
        Attempt::LostLease => {
            let wait = retry::wait(ctx, action.attempts);
            let why = "looking in the tracker took longer than the lease (outbox.lease)";
            let mut tx = ctx.db.write().await?;
            let ours = actions::retry(&mut tx, action, ctx.now().plus(wait), action.sent_at, true, why).await?;
            tx.commit().await?;
            warn!(action.id = %action.id, "{}", if ours { why } else { "left an action to the worker that took it over" });
            Ok(())
        }
        Attempt::NotYet(at, why) => {
            let mut tx = ctx.db.write().await?;
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

async fn attempt(ctx: &Context, tracker: &dyn IssueTracker, action: &Action, ticket: &Ticket) -> Result<Attempt> {
    let (kind, key) = (action.kind, ticket.key.as_deref());
    if let (ActionKind::Settle, Some(key)) = (kind, key) {
        return settle::settle(ctx, tracker, action, ticket, key).await;
    }
    let Ok(wanted) = serde_json::from_str::<Wanted>(&action.payload) else {
        // Written by another version: what is wanted now is planned anew.
        warn!(action.id = %action.id, "dropped an action that can't be read");
        return Ok(Attempt::Obsolete);
    };
    let writing = Writing { ctx, tracker, action, ticket, wanted: &wanted };
    match (kind, key) {
        (ActionKind::File, Some(_)) => Ok(Attempt::Done(Change::None, "known")),
        (ActionKind::File, None) => writing.file().await,
        (ActionKind::Revise, Some(key)) => writing.revise(key).await,
        (ActionKind::Quote, Some(key)) => writing.quote(key).await,
        (ActionKind::Settle, _) | (ActionKind::Revise | ActionKind::Quote, None) => Ok(Attempt::Obsolete),
    }
}

/// Whether a person decided that this is not to be done any more, after it was planned.
fn is_left_alone(kind: ActionKind, ticket: &Ticket) -> bool {
    let decided = ticket.handling.decided.resolution;
    match kind {
        ActionKind::File => ticket.key.is_none() && !decided.is_open(),
        ActionKind::Revise | ActionKind::Quote => decided == Resolution::NotPlanned,
        ActionKind::Settle => false,
    }
}
