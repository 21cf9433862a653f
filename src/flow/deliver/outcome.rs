//! What an attempt comes to: kept in the ticket and in the action, together.

use anyhow::{Context as _, Result};
use tracing::{info, warn};

use super::Change;
use crate::crash_point;
use crate::domain::existing::Beside;
use crate::domain::ticket::{Ticket, TicketState, TrackerName};
use crate::flow::retry::{self, Next, Tries};
use crate::flow::{Context, desk};
use crate::http::RemoteError;
use crate::plan::sync::Told;
use crate::store::actions::{Action, ActionKind};
use crate::store::{Tx, actions, existing, pauses, rollouts, tickets};
use crate::time::UnixMs;

impl Change {
    fn apply(self, ticket: &mut Ticket, now: UnixMs) {
        match self {
            // Where a ticket stands is kept for all of its kind together.
            Self::None | Self::Settled { .. } => {}
            // Another worker filed or adopted it meanwhile: what is recorded stays, and the sweep sees to a double.
            Self::Filed { .. } | Self::Linked(_) if ticket.key.is_some() => {}
            Self::Filed { remote, hash, notes } => {
                ticket.state = TicketState::Filed;
                ticket.key = Some(remote.key);
                ticket.url = Some(remote.url);
                ticket.written_at = hash.is_some().then_some(now);
                ticket.section_hash = hash;
                ticket.error = (!notes.is_empty()).then(|| notes.join("; "));
            }
            Self::Linked(to) => {
                ticket.state = TicketState::Filed;
                ticket.key = Some(to.key);
                ticket.url = Some(to.url);
                ticket.error = None;
            }
            Self::Revised { hash } | Self::Said { hash, .. } => {
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
pub(super) async fn end(
    ctx: &Context,
    action: &Action,
    used: Option<&str>,
    change: Change,
    outcome: &'static str,
) -> Result<()> {
    let now = ctx.now();
    let mut tx = ctx.db.write().await?;
    rollouts::lock(&mut tx, &action.rollout).await?;
    let mut ticket = tickets::get(&mut tx, &action.ticket).await?.context("an action without its ticket")?;
    if let (Change::Settled { seen }, true) = (&change, ticket.key.as_deref() == used) {
        ticket.error = None;
        tickets::save(&mut tx, &ticket).await?;
        let told = Told { seen: *seen, settled: true, own: true, by: "" };
        desk::hear(ctx, &mut tx, &ticket, &told, true).await?;
        let why = format!("{}, as {} decided", seen.resolution.words(), ticket.handling.decided.by);
        desk::note(ctx, &mut tx, &ticket, outcome, &why).await?;
    } else {
        if ticket.key.as_deref() == used || matches!(change, Change::Filed { .. }) {
            stand_beside(&mut tx, &ticket, &change).await?;
            change.apply(&mut ticket, now);
        }
        tickets::save(&mut tx, &ticket).await?;
    }
    let spacing = ctx.config.github.write_spacing.ms();
    if ticket.tracker == TrackerName::GitHub
        && spacing > 0
        && matches!(outcome, "filed" | "revised" | "quoted" | "closed" | "reopened")
    {
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

/// Keeps how the ticket stands to people's own issues after a change.
async fn stand_beside(tx: &mut Tx, ticket: &Ticket, change: &Change) -> Result<()> {
    let beside = match change {
        Change::Linked(_) if ticket.key.is_none() => Beside { linked: true, ..Beside::default() },
        Change::Said { comment, .. } => {
            Beside { comment: Some(comment.clone()), ..existing::beside(tx, &ticket.id).await? }
        }
        Change::None
        | Change::Linked(_)
        | Change::Filed { .. }
        | Change::Revised { .. }
        | Change::Quoted { .. }
        | Change::Settled { .. }
        | Change::Dismissed => return Ok(()),
    };
    existing::put_beside(tx, &ticket.id, &beside).await
}

/// Records a bad end: wait, try again, follow, or give up by name.
pub(super) async fn fail(ctx: &Context, action: &Action, error: &RemoteError, sent: bool) -> Result<()> {
    let now = ctx.now();
    let said = error.to_string();
    let tries = Tries { failed: action.attempts, sent_at: action.sent_at };
    let next = retry::next(ctx, tries, error, sent);
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
                // A ticket that can't be closed is kept true all the same.
                if action.kind != ActionKind::Settle {
                    ticket.state = TicketState::Failed;
                }
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
