//! Tickets that would be filed if a person said yes: how a report offers them, and what a yes, a no and a yes taken back do.
//!
//! People say it by a box in the report ([`boxes`]), at the command line or over HTTP. The latest word counts, by the time
//! at which it was said; the same word told twice is one.

pub mod boxes;

use anyhow::{Context as _, Result};
use serde_json::json;
use tracing::info;

use super::reconcile::{self, Here};
use super::steer::Answered;
use super::{Context, mentions, policies};
use crate::domain::rollout::Rollout;
use crate::domain::suggestion::{Answer, Said};
use crate::domain::theme::Theme;
use crate::domain::ticket::{Ticket, TicketState, TrackerName};
use crate::id::{DecisionId, RolloutId, ThemeId, TicketId};
use crate::plan::tickets::{Decision as Planned, Verdict, Why};
use crate::render::report::shown;
use crate::render::tasks::{Mark, Standing, Suggestion};
use crate::store::decisions::Decision;
use crate::store::{Tx, decisions, rollouts, suggestions, themes, tickets};
use crate::time::UnixMs;

/// Suggestions that a report lists.
const LISTED_MAX: usize = 30;

/// What a person says of a theme.
#[derive(Clone, Copy, Debug)]
pub struct Word<'a> {
    /// The theme.
    pub theme: &'a ThemeId,
    /// What.
    pub said: Said,
    /// Who.
    pub actor: &'a str,
    /// Why; may be empty.
    pub reason: &'a str,
    /// When.
    pub at: UnixMs,
}

/// What a tracker's report offers: what waits for a yes, what got one, and what got a no; the largest first.
pub(super) fn offered(
    ctx: &Context,
    here: Here<'_>,
    tracker: TrackerName,
    planned: &[Planned],
    answers: &[Answer],
    known: &[Theme],
    filed: &[Ticket],
) -> Vec<Suggestion> {
    let (rollout, min) = (here.rollout, here.policy.min_people);
    let standing = |theme: &Theme| {
        let answer = answers.iter().find(|a| a.theme == theme.id);
        if let Some(ticket) = filed.iter().find(|t| t.tracker == tracker && t.theme.as_ref() == Some(&theme.id)) {
            // What was filed because of its size alone stands among the tickets.
            answer.filter(|a| a.said == Said::Yes)?;
            return match (ticket.state, &ticket.key) {
                (TicketState::Wanted, _) => Some(Standing::OnItsWay),
                (TicketState::Filed, Some(key)) => {
                    Some(Standing::Filed { shown: shown(tracker, key), url: ticket.url.clone() })
                }
                (TicketState::Filed | TicketState::Dismissed | TicketState::Failed, _) => None,
            };
        }
        let people = theme.tally.people();
        if let Some(no) = answer.filter(|a| a.refuses(people, min)) {
            return Some(Standing::Refused {
                actor: no.actor.clone(),
                reason: no.reason.clone(),
                at: no.at,
                again_after: min - no.fresh(people),
            });
        }
        let decision = planned.iter().find(|d| d.tracker == tracker && d.theme.as_ref() == Some(&theme.id))?;
        match (decision.verdict, &decision.why, answer) {
            (Verdict::Suggest, Why::OfferedAgain { fresh, .. }, Some(no)) => {
                Some(Standing::Again { fresh: *fresh, actor: no.actor.clone(), reason: no.reason.clone() })
            }
            (Verdict::Suggest, _, _) => Some(Standing::Open),
            (Verdict::File | Verdict::Keep | Verdict::Skip, _, _) => None,
        }
    };
    let suggestion = |theme: &Theme| {
        let mark = Mark::sign(&ctx.secrets.marker, tracker.as_str(), &rollout.id, &theme.id).line();
        Some(Suggestion {
            theme: theme.id.clone(),
            name: theme.name.clone(),
            people: theme.tally.people(),
            // Only GitHub tells who ticked.
            mark: (tracker == TrackerName::GitHub).then_some(mark),
            standing: standing(theme)?,
        })
    };
    known.iter().filter_map(suggestion).take(LISTED_MAX).collect()
}

/// Does what a person says of a theme. Nothing is to be kept of the transaction where it is not [`Answered::Done`].
pub(super) async fn answer(ctx: &Context, tx: &mut Tx, id: &RolloutId, word: &Word<'_>) -> Result<Answered> {
    rollouts::lock(tx, id).await?;
    let Some(rollout) = rollouts::get(tx, id).await? else { return Ok(Answered::Unknown) };
    let known = themes::of_rollout(tx, id).await?;
    let Some(theme) = known.iter().find(|t| t.id == *word.theme) else { return Ok(Answered::Unknown) };
    let mut wanted = 0;
    let (verdict, why) = match word.said {
        Said::Yes => {
            wanted = match want(ctx, tx, &rollout, word).await? {
                Ok(wanted) => wanted,
                Err(why) => return Ok(Answered::Refused(why)),
            };
            ("file", "said yes")
        }
        Said::No | Said::TakenBack => {
            if let Err(why) = withdraw(ctx, tx, id, word).await? {
                return Ok(Answered::Refused(why));
            }
            if word.said == Said::No { ("refuse", "said no") } else { ("wait", "took the yes back") }
        }
    };
    let answer = Answer {
        theme: theme.id.clone(),
        said: word.said,
        actor: word.actor.to_owned(),
        reason: word.reason.to_owned(),
        people: theme.tally.people(),
        at: word.at,
    };
    suggestions::answer(tx, id, &answer).await?;
    let because = if word.reason.is_empty() { String::new() } else { format!(": {}", word.reason) };
    let why = format!("{} {why}{because}", word.actor);
    // A yes that changes nothing is not told again.
    if word.said != Said::Yes || wanted > 0 {
        for tracker in policies::of(ctx, tx, &rollout).await?.trackers {
            decide(ctx, tx, id, word, tracker, verdict, &why).await?;
        }
    }
    rollouts::wake(tx, id, ctx.now()).await?;
    Ok(Answered::Done(wanted))
}

/// Wants the ticket of a theme in every tracker of the policy, or says what is missing.
async fn want(ctx: &Context, tx: &mut Tx, rollout: &Rollout, word: &Word<'_>) -> Result<Result<usize, String>> {
    let now = ctx.now();
    let home = mentions::home(tx, rollout).await?;
    let mut wanted = 0;
    for tracker in policies::in_repo(ctx, tx, home.as_ref()).await?.trackers {
        let Some(target) = reconcile::target(ctx, home.as_ref(), tracker) else {
            return Ok(Err(format!("the tracker {} needs to know where: see `hearback check`", tracker.as_str())));
        };
        let id = TicketId::new(now, &*ctx.entropy);
        let ticket = Ticket::wanted(id, &rollout.id, Some(word.theme), tracker, target, now);
        wanted += usize::from(tickets::want(tx, &ticket).await?);
    }
    Ok(Ok(wanted))
}

/// Takes back that the ticket of a theme is wanted, or says why that is too late.
async fn withdraw(ctx: &Context, tx: &mut Tx, id: &RolloutId, word: &Word<'_>) -> Result<Result<(), String>> {
    for ticket in tickets::of_rollout(tx, id).await?.iter().filter(|t| t.theme.as_ref() == Some(word.theme)) {
        if let Some(key) = &ticket.key {
            let where_it_is = ticket.url.as_deref().unwrap_or(key);
            return Ok(Err(format!("it is filed already: close {where_it_is}, or delete it, and it stays so")));
        }
        if !suggestions::withdraw(tx, &ticket.id, ctx.now()).await? {
            let name = ticket.tracker.as_str();
            return Ok(Err(format!("it is being filed in {name} right now: close it there once it is there")));
        }
    }
    Ok(Ok(()))
}

async fn decide(
    ctx: &Context,
    tx: &mut Tx,
    id: &RolloutId,
    word: &Word<'_>,
    tracker: TrackerName,
    verdict: &str,
    why: &str,
) -> Result<()> {
    let decision = Decision {
        subject: format!("{} in {}", word.theme, tracker.as_str()),
        verdict: verdict.into(),
        why: why.into(),
        evidence: json!({"actor": word.actor}).to_string(),
        at_ms: ctx.now().0,
    };
    let decided = DecisionId::new(ctx.now(), &*ctx.entropy);
    decisions::record(tx, &decided, id, &decision).await.context("recording a decision")?;
    info!(rollout.id = %id, subject = %decision.subject, "{verdict}: {why}");
    Ok(())
}
