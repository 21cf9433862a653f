//! Loads everything that a report tells.

use anyhow::Result;

use super::reconcile::{self, Here};
use super::{Context, findings, mentions, policies, suggest, summaries};
use crate::domain::finding::Finding;
use crate::domain::mention::Mention;
use crate::domain::rollout::Rollout;
use crate::domain::theme::Theme;
use crate::domain::ticket::Ticket;
use crate::domain::window::{Transition, Window};
use crate::id::RolloutId;
use crate::render::report::{Account, Summaries};
use crate::render::tasks::Suggestion;
use crate::store::rollouts::Counts;
use crate::store::{Tx, mutes, returns, rollouts, suggestions, themes, tickets, windows};

/// Themes of fewer people are one person's remark, not a theme of the rollout.
const PEOPLE_MIN: i64 = 2;

/// A report's facts, owned.
#[derive(Clone, Debug)]
pub struct Full {
    rollout: Rollout,
    window: Window,
    history: Vec<Transition>,
    counts: Counts,
    themes: Vec<Theme>,
    tickets: Vec<Ticket>,
    suggested: Vec<Suggestion>,
    brought_by: Vec<Mention>,
    brought: Vec<Rollout>,
    min_people: i64,
    findings: Vec<Finding>,
    told: Option<Summaries>,
}

impl Full {
    /// The facts as the renderer takes them.
    pub fn account(&self) -> Account<'_> {
        Account {
            rollout: &self.rollout,
            window: &self.window,
            history: &self.history,
            tally: self.counts.tally.into(),
            anonymous: self.counts.anonymous,
            asked: None,
            items: self.counts.items,
            spam: self.counts.spam,
            themes: &self.themes,
            tickets: &self.tickets,
            suggested: &self.suggested,
            brought_by: &self.brought_by,
            brought: &self.brought,
            min_people: self.min_people,
            findings: &self.findings,
            told: self.told.as_ref(),
        }
    }
}

/// Loads a rollout's report, as an issue tells it: without customers' words.
pub async fn load(tx: &mut Tx, ctx: &Context, rollout: &Rollout, suggested: Vec<Suggestion>) -> Result<Full> {
    let id = &rollout.id;
    let mut known = themes::of_rollout(tx, id).await?;
    known.retain(|t| t.tally.people() >= PEOPLE_MIN);
    known.sort_by(|a, b| b.tally.people().cmp(&a.tally.people()).then_with(|| a.id.cmp(&b.id)));
    Ok(Full {
        rollout: rollout.clone(),
        window: windows::get(tx, id).await?.unwrap_or_else(|| Window::unborn(id.clone())),
        history: windows::history(tx, id).await?,
        counts: rollouts::counts(tx, id).await?,
        themes: known,
        tickets: of_rollout(tx, id).await?,
        suggested,
        brought_by: mentions::brought_by(tx, rollout).await?,
        brought: mentions::brought(tx, rollout).await?,
        min_people: policies::of(ctx, tx, rollout).await?.min_people,
        findings: findings::of_rollout(tx, id).await?,
        told: None,
    })
}

/// The tickets of a rollout, and those of earlier ones that its themes came back to.
async fn of_rollout(tx: &mut Tx, id: &RolloutId) -> Result<Vec<Ticket>> {
    let mut all = tickets::of_rollout(tx, id).await?;
    for (theme, ticket) in returns::of_rollout(tx, id).await? {
        all.extend(tickets::get(tx, &ticket).await?.map(|ticket| Ticket { theme: Some(theme), ..ticket }));
    }
    Ok(all)
}

/// Loads the report of the rollout with this id, with what its themes come to; `None` where there is none.
pub async fn by_id(ctx: &Context, id: &RolloutId) -> Result<Option<Full>> {
    let mut tx = ctx.db.read().await?;
    let Some(rollout) = rollouts::get(&mut tx, id).await? else { return Ok(None) };
    let mut full = load(&mut tx, ctx, &rollout, Vec::new()).await?;
    full.suggested = suggested(&mut tx, ctx, &full).await?;
    full.told = Some(summaries::of_rollout(&mut tx, ctx, &rollout, &full.counts, &full.themes).await?);
    Ok(Some(full))
}

/// What waits for a yes and what got a no, as the first tracker of the policy has it; here nobody ticks a box.
async fn suggested(tx: &mut Tx, ctx: &Context, full: &Full) -> Result<Vec<Suggestion>> {
    let (rollout, known) = (&full.rollout, &full.themes);
    let home = mentions::home(tx, rollout).await?;
    let policy = policies::in_repo(ctx, tx, home.as_ref()).await?;
    let Some(tracker) = policy.trackers.first().copied() else { return Ok(Vec::new()) };
    let muted = mutes::of_rollout(tx, &rollout.id, ctx.now()).await?;
    let here = Here { rollout, window: &full.window, policy: &policy, home: home.as_ref(), muted: &muted };
    let planned = reconcile::decided(tx, ctx, here, known).await?;
    let answers = suggestions::answers(tx, &rollout.id).await?;
    let mut all = suggest::offered(ctx, here, tracker, &planned, &answers, known, &full.tickets);
    for one in &mut all {
        one.mark = None;
    }
    Ok(all)
}
