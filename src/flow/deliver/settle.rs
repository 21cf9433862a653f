//! Closing a ticket, or opening it again. The tracker is asked first: what a person did in the meantime is heard, and
//! nothing is written where the ticket stands as it should already.

use anyhow::Result;

use super::super::{desk, existing as others};
use super::leave::{Leave, leaves};
use super::{Attempt, Change};
use crate::crash_point;
use crate::domain::handling::Resolution;
use crate::domain::ticket::Ticket;
use crate::flow::Context;
use crate::plan::sync::{self, News, Step, Told};
use crate::store::actions::Action;
use crate::store::{rollouts, tickets};
use crate::time::SECOND_MS;
use crate::trackers::IssueTracker;

/// How long to wait before a tracker is asked again whose answer was behind what was heard, ms.
const BEHIND_MS: i64 = 5 * SECOND_MS;

/// Brings a ticket to what is decided of it.
pub(super) async fn settle(
    ctx: &Context,
    tracker: &dyn IssueTracker,
    action: &Action,
    ticket: &Ticket,
    key: &str,
) -> Result<Attempt> {
    match tracker.us().await {
        Ok(us) => desk::remember_us(ctx, ticket.tracker, &us).await?,
        Err(error) => return Ok(Attempt::Failed { error, sent: false }),
    }
    if others::beside(ctx, ticket).await?.linked {
        return Ok(Attempt::Obsolete);
    }
    let seen = match tracker.stands(&ticket.target, key).await {
        Ok(Some(seen)) => seen,
        Ok(None) => return Ok(Attempt::Done(Change::Dismissed, "dismissed")),
        Err(error) => return Ok(Attempt::Failed { error, sent: false }),
    };
    crash_point!("hb.deliver.looked");
    // What an attempt sent whose answer was lost is ours, where it shows.
    let sent = action.sent_at.and_then(|_| Resolution::parse(&action.payload));
    let told = Told { seen, settled: false, own: sent.is_some_and(|r| r.agrees(seen.resolution)), by: "" };
    let mut tx = ctx.db.write().await?;
    rollouts::lock(&mut tx, &action.rollout).await?;
    let Some(fresh) = tickets::get(&mut tx, &ticket.id).await?.filter(|t| t.key == ticket.key) else {
        return Ok(Attempt::Obsolete);
    };
    let (news, heard) = desk::hear(ctx, &mut tx, &fresh, &told, true).await?;
    tx.commit().await?;
    if news == News::Old {
        return Ok(Attempt::NotYet(ctx.now().plus(BEHIND_MS), "the tracker's answer is behind what was heard of it"));
    }
    let Step::Write(to) = sync::step(&heard) else { return Ok(Attempt::Done(Change::None, "agreed")) };
    match leaves(ctx, action, false).await? {
        Leave::Now => {}
        Leave::Taken => return Ok(Attempt::LostLease),
        Leave::At(at) => return Ok(Attempt::NotYet(at, "the account makes no more for now")),
    }
    crash_point!("hb.deliver.checked");
    let written = match to {
        Resolution::Open => tracker.reopen(&ticket.target, key).await,
        reason @ (Resolution::Completed | Resolution::Duplicate | Resolution::NotPlanned) => {
            tracker.close(&ticket.target, key, reason).await
        }
    };
    crash_point!("hb.deliver.sent");
    Ok(match written {
        Ok(Some(seen)) => Attempt::Done(Change::Settled { seen }, if to.is_open() { "reopened" } else { "closed" }),
        Ok(None) => Attempt::Done(Change::Dismissed, "dismissed"),
        Err(error) => Attempt::Failed { error, sent: true },
    })
}
