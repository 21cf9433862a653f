//! What people do with tickets in their trackers: heard, decided, and kept with who did it.

use anyhow::{Context as _, Result};
use serde_json::json;

use super::Context;
use crate::domain::handling::{Change, Handling, Resolution, Seen, TicketChange, closed_as};
use crate::domain::ticket::{Ticket, TicketState, TrackerName};
use crate::id::DecisionId;
use crate::plan::sync::{self, News, Told};
use crate::store::{Tx, decisions, meta, rollouts, tickets};

/// Where the account stands under which we write in a tracker: what it does is no news.
fn account(tracker: TrackerName) -> String {
    format!("account.{}", tracker.as_str())
}

/// Keeps which account writes for us. Known before anything is written, so that it is known when word of that comes.
pub(super) async fn remember_us(ctx: &Context, tracker: TrackerName, us: &str) -> Result<()> {
    let key = account(tracker);
    let mut tx = ctx.db.read().await?;
    let known = meta::get(&mut tx, &key).await?;
    drop(tx);
    if known.as_deref() != Some(us) {
        let mut tx = ctx.db.write().await?;
        meta::set(&mut tx, &key, us).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Hears that somebody did something with an issue. Gives a sentence of what followed.
pub(super) async fn changed(ctx: &Context, tx: &mut Tx, change: &TicketChange) -> Result<String> {
    let (tracker, target, key) = (change.tracker, &change.target, &change.key);
    let found = match tickets::by_key(tx, tracker, target, key).await? {
        Some(ticket) => Some(ticket),
        None => tickets::by_former_key(tx, tracker, target, key).await?,
    };
    let Some(found) = found else { return Ok(format!("{key} of {target} was none of ours")) };
    rollouts::lock(tx, &found.rollout).await?;
    let mut ticket = tickets::get(tx, &found.id).await?.context("a ticket that was there")?;
    if ticket.state == TicketState::Dismissed {
        return Ok(format!("{key} of {target} was deleted before"));
    }
    let us = meta::get(tx, &account(tracker)).await?;
    let by = change.by.as_ref();
    let own = by.zip(us.as_ref()).is_some_and(|(by, us)| by.id.eq_ignore_ascii_case(us));
    let who = by.map_or("somebody", |by| by.name.as_str());
    match &change.change {
        Change::Deleted => {
            ticket.state = TicketState::Dismissed;
            ticket.error = Some("a person deleted the issue".into());
            tickets::save(tx, &ticket).await?;
            note(ctx, tx, &ticket, "dismissed", &format!("{who} deleted it")).await?;
            rollouts::wake(tx, &ticket.rollout, ctx.now()).await?;
            return Ok(format!("a person deleted the issue of {}: it is not filed again", ticket.subject()));
        }
        Change::Moved { target, key, url } => move_to(tx, &mut ticket, target, key, url.as_deref()).await?,
        Change::Settled
        | Change::Labelled(_)
        | Change::Unlabelled(_)
        | Change::Assigned(_)
        | Change::Retitled(_)
        | Change::Other => {}
    }
    let is_deed = !matches!(change.change, Change::Settled | Change::Other);
    if is_deed && !own {
        let words = format!("{who} {}", change.change.words());
        note(ctx, tx, &ticket, change.change.as_str(), &words).await?;
    }
    let Some(seen) = change.seen.map(|seen| by_our_names(ctx, seen, &change.ended_as)) else {
        return Ok(format!("{key} of {target}: {}", change.change.as_str()));
    };
    let settled = change.change == Change::Settled;
    let told = Told { seen, settled, own: own && settled, by: by.map_or("", |by| by.name.as_str()) };
    let (news, _) = hear(ctx, tx, &ticket, &told, false).await?;
    Ok(format!("{key} of {target}: {}, {}", change.change.as_str(), words(news, seen)))
}

/// What a tracker's own name for an end means by the settings.
fn by_our_names(ctx: &Context, seen: Seen, ended_as: &[String]) -> Seen {
    if seen.resolution.is_open() || ended_as.is_empty() {
        return seen;
    }
    let names: Vec<&str> = ended_as.iter().map(String::as_str).collect();
    Seen { resolution: closed_as(&names, &ctx.config.jira.not_planned), ..seen }
}

fn words(news: News, seen: Seen) -> String {
    match news {
        News::Old => "which is older than what is known".into(),
        News::Nothing => "and it stands as it stood".into(),
        News::Unsure => "and the tracker is asked where it stands".into(),
        News::Noted => format!("{} as is wanted", seen.resolution.words()),
        News::Decided => seen.resolution.words().into(),
    }
}

/// A ticket lives elsewhere now. What it was called leads to it for as long as word of that may come.
async fn move_to(tx: &mut Tx, ticket: &mut Ticket, target: &str, key: &str, url: Option<&str>) -> Result<()> {
    let Some(old) = ticket.key.clone().filter(|old| old != key || ticket.target != target) else { return Ok(()) };
    tickets::rename(tx, &ticket.id, ticket.tracker, &ticket.target, &old).await?;
    // Jira names no address: its own ends with the key.
    let renamed = ticket.url.as_ref().and_then(|u| u.strip_suffix(&old).map(|base| format!("{base}{key}")));
    ticket.url = url.map(ToOwned::to_owned).or(renamed);
    target.clone_into(&mut ticket.target);
    ticket.key = Some(key.to_owned());
    if ticket.tracker == TrackerName::GitHub {
        // Comments get new ids; ours is found there by its marker.
        ticket.comment = None;
    }
    tickets::save(tx, ticket).await
}

/// Hears where a ticket stands, from a delivery or, where `asked`, from the tracker itself; its rollout is locked. Gives what
/// came of it and where the ticket stands now.
pub(super) async fn hear(
    ctx: &Context,
    tx: &mut Tx,
    ticket: &Ticket,
    told: &Told<'_>,
    asked: bool,
) -> Result<(News, Handling)> {
    let mut all = topic(ctx, tx, ticket).await?;
    let which = all.iter().position(|t| t.id == ticket.id).context("a ticket among its own")?;
    let mut sides: Vec<Handling> = all.iter().map(|t| t.handling.clone()).collect();
    sync::align(&mut sides);
    let news = if asked { sync::look(&mut sides, which, told) } else { sync::hear(&mut sides, which, told) };
    let heard = sides[which].clone();
    keep(tx, &mut all, sides).await?;
    if news == News::Decided {
        let verdict = match told.seen.resolution {
            Resolution::Open => "reopened",
            Resolution::NotPlanned => "muted",
            Resolution::Completed | Resolution::Duplicate => "closed",
        };
        let why = format!("{} {}", heard.decided.by, told.seen.resolution.words());
        note(ctx, tx, ticket, verdict, &why).await?;
    }
    if news != News::Old {
        rollouts::wake(tx, &ticket.rollout, ctx.now()).await?;
        ctx.bell.mind.notify_one();
    }
    Ok((news, heard))
}

/// The tickets that are about the same and kept in step with this one, itself among them.
pub(super) async fn topic(ctx: &Context, tx: &mut Tx, ticket: &Ticket) -> Result<Vec<Ticket>> {
    let in_step = ctx.config.policy().sync;
    let mut all = tickets::of_rollout(tx, &ticket.rollout).await?;
    all.retain(|t| {
        let alive = matches!(t.state, TicketState::Wanted | TicketState::Filed);
        t.id == ticket.id || (in_step && alive && t.theme == ticket.theme)
    });
    Ok(all)
}

/// Keeps what was made of tickets, where it differs.
pub(super) async fn keep(tx: &mut Tx, all: &mut [Ticket], sides: Vec<Handling>) -> Result<()> {
    for (ticket, side) in all.iter_mut().zip(sides) {
        if ticket.handling != side {
            ticket.handling = side;
            tickets::save(tx, ticket).await?;
        }
    }
    Ok(())
}

/// Keeps among the decisions what was done with a ticket.
pub(super) async fn note(ctx: &Context, tx: &mut Tx, ticket: &Ticket, verdict: &str, why: &str) -> Result<()> {
    let decision = decisions::Decision {
        subject: format!("{} in {}, as it is handled", ticket.subject(), ticket.tracker.as_str()),
        verdict: verdict.into(),
        why: why.into(),
        evidence: json!({"target": ticket.target, "key": ticket.key}).to_string(),
        at_ms: ctx.now().0,
    };
    decisions::record(tx, &DecisionId::new(ctx.now(), &*ctx.entropy), &ticket.rollout, &decision).await?;
    Ok(())
}
