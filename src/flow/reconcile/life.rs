//! The life of tickets once they are there: closed ones that are wanted again, themes that came back in a later rollout,
//! the other trackers that have to hear of it.

use anyhow::Result;

use super::super::{Context, desk};
use super::{Here, drop_stale, plan};
use crate::domain::handling::{Decided, Handling, Resolution};
use crate::domain::policy::TicketMode;
use crate::domain::rollout::Rollout;
use crate::domain::theme::Theme;
use crate::domain::ticket::{Ticket, TicketState};
use crate::domain::window::Window;
use crate::id::ThemeId;
use crate::plan::{returns as rules, sync, tickets as planning};
use crate::render::issue::counted;
use crate::render::living::{Elsewhere, Living, Return};
use crate::store::actions::ActionKind;
use crate::store::{Tx, existing, feedback, returns, rollouts, themes, tickets, windows};

/// Earlier rollouts whose tickets are looked at.
const EARLIER: i64 = 20;
/// Who acts where no person does.
const HEARBACK: &str = "hearback";

/// Finds themes that a ticket of an earlier rollout is about, and has that ticket's rollout looked at.
pub(super) async fn find_returns(ctx: &Context, tx: &mut Tx, here: Here<'_>, known: &[Theme]) -> Result<()> {
    let Here { rollout, policy, .. } = here;
    let own: Vec<Option<ThemeId>> = tickets::of_rollout(tx, &rollout.id).await?.into_iter().map(|t| t.theme).collect();
    let mut found = known_returns(tx, rollout).await?;
    let open: Vec<&Theme> = known
        .iter()
        .filter(|t| t.tally.people() >= policy.min_people && !planning::pleased(t))
        .filter(|t| !own.contains(&Some(t.id.clone())) && found.iter().all(|(id, _)| *id != t.id))
        .collect();
    if !open.is_empty() && policy.tickets != TicketMode::Off {
        let earlier = tickets::of_earlier(tx, rollout, EARLIER).await?;
        let mut said = Vec::new();
        for id in earlier.iter().filter_map(|t| t.theme.as_ref()) {
            if !said.iter().any(|t: &Theme| t.id == *id) {
                said.extend(themes::get(tx, id).await?);
            }
        }
        for theme in open {
            let Some(before) = rules::said_before(ctx.embedder.space(), theme, known, &said) else { continue };
            for ticket in earlier.iter().filter(|t| t.theme.as_ref() == Some(&before.id)) {
                returns::keep(tx, &ticket.id, &rollout.id, &theme.id, ctx.now()).await?;
                let why = format!("{} say it again in {}", people(theme.tally.people()), rollout.label());
                desk::note(ctx, tx, ticket, "came_back", &why).await?;
                found.push((theme.id.clone(), ticket.clone()));
            }
        }
    }
    // The later rollout waits for the earlier one, never the reverse.
    for (_, ticket) in &found {
        rollouts::wake(tx, &ticket.rollout, ctx.now()).await?;
    }
    Ok(())
}

/// The themes of a rollout that a ticket of an earlier one is about, each with that ticket.
pub(super) async fn known_returns(tx: &mut Tx, rollout: &Rollout) -> Result<Vec<(ThemeId, Ticket)>> {
    let mut found = Vec::new();
    for (theme, ticket) in returns::of_rollout(tx, &rollout.id).await? {
        let there = tickets::get(tx, &ticket).await?.filter(|t| t.state == TicketState::Filed);
        found.extend(there.map(|ticket| (theme, ticket)));
    }
    Ok(found)
}

fn people(n: i64) -> String {
    counted(n, "person", "people")
}

/// Opens again what enough others say after it was closed, and makes one decision hold for all that are kept in step.
pub(super) async fn review(ctx: &Context, tx: &mut Tx, here: Here<'_>) -> Result<()> {
    let Here { rollout, policy, .. } = here;
    let files = policy.tickets != TicketMode::Off && policy.listens_to(rollout);
    for ticket in tickets::of_rollout(tx, &rollout.id).await? {
        if ticket.state != TicketState::Filed || here.is_muted(ticket.theme.as_ref()) {
            continue;
        }
        // Somebody's own issue is theirs to open again.
        if existing::beside(tx, &ticket.id).await?.linked {
            continue;
        }
        let mut all = desk::topic(ctx, tx, &ticket).await?;
        let mut sides: Vec<Handling> = all.iter().map(|t| t.handling.clone()).collect();
        sync::align(&mut sides);
        let decided = sides.first().map(|s| s.decided.clone());
        let closed = decided.filter(|d| d.resolution == Resolution::Completed && files);
        if let (Some(theme), Some(decided)) = (&ticket.theme, closed) {
            let mut later = Vec::new();
            for one in &all {
                later.extend(returns::of_ticket(tx, &one.id).await?.into_iter().map(|(_, theme)| theme));
            }
            let n = feedback::people_after(tx, theme, &later, decided.at).await?;
            if rules::wanted_again(&decided, n, policy.reopen_people) {
                let verb = if n == 1 { "says" } else { "say" };
                let (by, done, at) = (&decided.by, decided.resolution.words(), decided.at.human());
                let why = format!("{} {verb} it since it was {done} by {by}, {at}", people(n));
                desk::note(ctx, tx, &ticket, "reopened", &why).await?;
                let again = Decided { resolution: Resolution::Open, at: ctx.now(), by: HEARBACK.into(), why };
                sync::decide(&mut sides, &again);
            }
        }
        desk::keep(tx, &mut all, sides).await?;
    }
    Ok(())
}

/// Plans that a ticket is closed or opened again, where it does not stand as is decided.
pub(super) async fn settle(ctx: &Context, tx: &mut Tx, ticket: &Ticket) -> Result<()> {
    let handling = &ticket.handling;
    // Somebody's own issue is theirs to close and to open.
    if sync::step(handling) == sync::Step::Rest || existing::beside(tx, &ticket.id).await?.linked {
        return drop_stale(ctx, tx, ticket, ActionKind::Settle).await;
    }
    let payload = handling.decided.resolution.as_str().to_owned();
    // What was given up once is tried again when something else is decided.
    let key = format!("settle:{}:{}:{}", ticket.id, handling.decided.at.0, handling.seen.version.0);
    plan(ctx, tx, ticket, ActionKind::Settle, payload, key, ctx.now()).await
}

/// What a ticket's life came to, for its section.
pub(super) async fn living(ctx: &Context, tx: &mut Tx, ticket: &Ticket) -> Result<Living> {
    let decided = &ticket.handling.decided;
    let is_again = decided.resolution.is_open() && decided.by == HEARBACK && !decided.why.is_empty();
    let mut living = Living { reopened: is_again.then(|| decided.why.clone()), ..Living::default() };
    for other in desk::topic(ctx, tx, ticket).await?.into_iter().filter(|t| t.id != ticket.id) {
        if let (TicketState::Filed, Some(key), Some(url)) = (other.state, other.key, other.url) {
            living.elsewhere.push(Elsewhere { tracker: other.tracker, target: other.target, key, url });
        }
    }
    for (id, theme) in returns::of_ticket(tx, &ticket.id).await? {
        let (rollout, theme) = (rollouts::get(tx, &id).await?, themes::get(tx, &theme).await?);
        let window = windows::get(tx, &id).await?.unwrap_or_else(|| Window::unborn(id));
        if let Some((rollout, theme)) = rollout.zip(theme) {
            living.returns.push(Return { rollout, window, people: theme.tally.people() });
        }
    }
    Ok(living)
}
