//! Compares what is with what is wanted, and plans the difference. It takes no hint of what changed: run twice, it does
//! nothing the second time.

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use tracing::{error, info};

use super::summaries::{self, OfTheme};
use super::{Context, mentions, rephrase, reports};
use crate::crash_point;
use crate::domain::repo::RepoName;
use crate::domain::rollout::Rollout;
use crate::domain::theme::Theme;
use crate::domain::ticket::{Severity, Ticket, TicketState, TrackerName};
use crate::domain::window::{Window, WindowState};
use crate::id::{ActionId, DecisionId, RolloutId, TicketId};
use crate::plan::tickets::{self as planning, Decision, Picture, Verdict};
use crate::plan::windows::{self as rules, Heard};
use crate::render::doc::Doc;
use crate::render::{issue, report};
use crate::store::actions::{Action, ActionKind};
use crate::store::{Tx, actions, decisions, feedback, rollouts, themes, tickets, windows};
use crate::time::{MINUTE_MS, UnixMs};

/// Rollouts looked at in one round.
const ROUND: i64 = 50;
/// When a rollout that could not be looked at is tried again, ms.
const AGAIN_MS: i64 = MINUTE_MS;
/// Steps of a window in one round; more would mean that the rules go in a circle.
const STEPS_MAX: usize = 8;
/// Variants named in an issue.
const VARIANTS: i64 = 6;

/// What a ticket should say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wanted {
    /// For the day it is filed; never rewritten later, because people edit titles.
    pub title: String,
    /// The section or the quotes.
    pub body: Doc,
    /// Equal where `body` is.
    pub hash: String,
    /// How much it hurts.
    pub severity: Severity,
}

impl Wanted {
    fn new(title: String, body: Doc, severity: Severity) -> Result<Self> {
        let text = serde_json::to_string(&body).context("writing a document as JSON")?;
        Ok(Self { title, body, hash: hex::encode(&Sha256::digest(text.as_bytes())[..12]), severity })
    }
}

/// Looks at every rollout that wants it. Gives how many were looked at.
pub async fn reconcile_due(ctx: &Context) -> Result<usize> {
    let mut tx = ctx.db.read().await?;
    let due = rollouts::due(&mut tx, ctx.now(), ROUND).await?;
    tx.commit().await?;
    for id in &due {
        if let Err(e) = one(ctx, id).await {
            // One rollout that can't be looked at must not keep the others waiting.
            error!(rollout.id = %id, "a rollout waits for another look: {e:#}");
            let mut tx = ctx.db.write().await?;
            rollouts::set_due(&mut tx, id, ctx.now().plus(AGAIN_MS)).await?;
            tx.commit().await?;
        }
    }
    Ok(due.len())
}

/// Brings one rollout's window and tickets to what is wanted.
pub async fn one(ctx: &Context, id: &RolloutId) -> Result<()> {
    let mut tx = ctx.db.write().await?;
    rollouts::lock(&mut tx, id).await?;
    let Some(rollout) = rollouts::get(&mut tx, id).await? else { return Ok(()) };
    // One moment for the steps and for when to look again: a date between two would be slept through.
    let now = ctx.now();
    let window = step_window(ctx, &mut tx, &rollout, now).await?;
    plan_tickets(ctx, &mut tx, &rollout, &window).await?;
    let wake = rules::wakes_at(&window, &rollout, &ctx.config.policy(), now).unwrap_or(UnixMs::NEVER);
    rollouts::set_due(&mut tx, id, wake).await?;
    crash_point!("hb.reconcile.planned");
    tx.commit().await?;
    crash_point!("hb.reconcile.committed");
    ctx.bell.hands.notify_one();
    Ok(())
}

/// Takes every step that is due and keeps it.
async fn step_window(ctx: &Context, tx: &mut Tx, rollout: &Rollout, now: UnixMs) -> Result<Window> {
    let policy = ctx.config.policy();
    let mut window = windows::get(tx, &rollout.id).await?.unwrap_or_else(|| Window::unborn(rollout.id.clone()));
    let people = crate::domain::tally::Tally::from(rollouts::counts(tx, &rollout.id).await?.tally).people();
    let heard = Heard { people, unread: feedback::has_unread(tx, &rollout.id).await? };
    for _ in 0..STEPS_MAX {
        let Some(step) = rules::next(&window, rollout, &policy, heard, now) else { return Ok(window) };
        window = window.after(&step);
        windows::record(tx, &step, &window).await?;
        info!(rollout.id = %rollout.id, window.state = window.state.as_str(), "the window of {} is {}: {}", rollout.label(), window.state.as_str(), step.cause);
    }
    anyhow::bail!("the window of {} takes no rest after {STEPS_MAX} steps", rollout.id)
}

/// Plans what the tickets need.
async fn plan_tickets(ctx: &Context, tx: &mut Tx, rollout: &Rollout, window: &Window) -> Result<()> {
    let policy = ctx.config.policy();
    let counts = rollouts::counts(tx, &rollout.id).await?;
    let mut known = themes::of_rollout(tx, &rollout.id).await?;
    known.sort_by(|a, b| b.tally.people().cmp(&a.tally.people()).then_with(|| a.id.cmp(&b.id)));
    let before = tickets::of_rollout(tx, &rollout.id).await?;
    let home = mentions::home(tx, rollout).await?;
    let picture = Picture {
        policy: &policy,
        repo: home.as_ref(),
        jira_project: ctx.config.jira.project.as_deref().filter(|_| ctx.config.jira.is_configured()),
        window,
        tally: counts.tally.into(),
        themes: &known,
        tickets: &before,
    };
    let decided = planning::plan(&picture);
    for d in &decided {
        explain(ctx, tx, rollout, d).await?;
        if d.verdict == Verdict::File {
            want(ctx, tx, rollout, d).await?;
        }
    }
    for mut ticket in tickets::of_rollout(tx, &rollout.id).await? {
        match ticket.state {
            TicketState::Wanted => {
                retarget(ctx, tx, home.as_ref(), &mut ticket).await?;
                keep_true(ctx, tx, rollout, window, &ticket, &known, &decided).await?;
            }
            TicketState::Filed => keep_true(ctx, tx, rollout, window, &ticket, &known, &decided).await?,
            TicketState::Dismissed | TicketState::Failed => {}
        }
    }
    Ok(())
}

/// Where tickets of a rollout with this repository go in a tracker, by the settings of now.
pub fn target(ctx: &Context, home: Option<&RepoName>, tracker: TrackerName) -> Option<String> {
    let jira = ctx.config.jira.project.as_deref().filter(|_| ctx.config.jira.is_configured());
    planning::target(&ctx.config.policy(), home, jira, tracker)
}

/// A ticket that was never sent goes where the settings and the flag's releases say now: a wrong project or repository
/// can be mended.
async fn retarget(ctx: &Context, tx: &mut Tx, home: Option<&RepoName>, ticket: &mut Ticket) -> Result<()> {
    let Some(target) = target(ctx, home, ticket.tracker).filter(|t| *t != ticket.target) else { return Ok(()) };
    if let Some(waiting) = actions::waiting(tx, &ticket.id, ActionKind::File).await? {
        if waiting.sent_at.is_some() || waiting.lease_until > ctx.now() {
            return Ok(());
        }
        actions::supersede(tx, &waiting.id, ctx.now()).await?;
    }
    ticket.target = target;
    tickets::save(tx, ticket).await
}

async fn explain(ctx: &Context, tx: &mut Tx, rollout: &Rollout, d: &Decision) -> Result<()> {
    let subject = d.theme.as_ref().map_or("report", |t| t.as_str());
    let mut evidence = d.why.evidence();
    evidence["target"] = json!(d.target);
    let decision = decisions::Decision {
        subject: format!("{subject} in {}", d.tracker.as_str()),
        verdict: d.verdict.as_str().into(),
        why: d.why.sentence(),
        evidence: evidence.to_string(),
        at_ms: ctx.now().0,
    };
    let id = DecisionId::new(ctx.now(), &*ctx.entropy);
    if decisions::record(tx, &id, &rollout.id, &decision).await? {
        info!(rollout.id = %rollout.id, subject = %decision.subject, "{}: {}", decision.verdict, decision.why);
    }
    Ok(())
}

async fn want(ctx: &Context, tx: &mut Tx, rollout: &Rollout, d: &Decision) -> Result<()> {
    let id = TicketId::new(ctx.now(), &*ctx.entropy);
    let ticket = Ticket::wanted(id, &rollout.id, d.theme.as_ref(), d.tracker, d.target.clone(), ctx.now());
    tickets::want(tx, &ticket).await?;
    Ok(())
}

/// Plans the actions that a ticket needs, and drops those that it needs no more.
async fn keep_true(
    ctx: &Context,
    tx: &mut Tx,
    rollout: &Rollout,
    window: &Window,
    ticket: &Ticket,
    known: &[Theme],
    decided: &[Decision],
) -> Result<()> {
    let theme = match &ticket.theme {
        Some(id) => match known.iter().find(|t| t.id == *id) {
            Some(theme) => Some(theme),
            None => return Ok(()),
        },
        None => None,
    };
    let of_theme = match theme {
        Some(theme) => Some((theme, summaries::of_theme(tx, ctx, rollout, theme).await?)),
        None => None,
    };
    let wanted = match &of_theme {
        Some((theme, of)) => {
            summaries::want_words(tx, ctx, rollout, theme, of, rephrase::SPACING_MS).await?;
            about_theme(ctx, tx, rollout, window, theme, of).await?
        }
        None => about_rollout(ctx, tx, rollout, ticket.tracker, known, decided).await?,
    };
    let due = ticket.written_at.map_or(ctx.now(), |at| at.plus(ctx.config.policy().coalesce_ms));
    if ticket.state == TicketState::Wanted {
        return plan(ctx, tx, ticket, ActionKind::File, &wanted, ctx.now()).await;
    }
    if ticket.section_hash.as_deref() == Some(&wanted.hash) {
        drop_stale(ctx, tx, ticket, ActionKind::Revise).await?;
    } else {
        plan(ctx, tx, ticket, ActionKind::Revise, &wanted, due).await?;
    }
    if let Some((_, of)) = of_theme
        && ticket.comment.as_deref() != Some(super::deliver::COMMENT_DELETED)
    {
        let quotes = Wanted::new(String::new(), issue::quotes(&of.told), Severity::Low)?;
        if ticket.quotes_hash.as_deref() == Some(&quotes.hash) {
            drop_stale(ctx, tx, ticket, ActionKind::Quote).await?;
        } else {
            let due = if ticket.comment.is_none() { ctx.now() } else { due };
            plan(ctx, tx, ticket, ActionKind::Quote, &quotes, due).await?;
        }
    }
    Ok(())
}

/// The ticket says what is wanted: an action that waits to make it say something else is out of date.
async fn drop_stale(ctx: &Context, tx: &mut Tx, ticket: &Ticket, kind: ActionKind) -> Result<()> {
    match actions::waiting(tx, &ticket.id, kind).await? {
        Some(stale) if stale.sent_at.is_none() && stale.lease_until <= ctx.now() => {
            actions::supersede(tx, &stale.id, ctx.now()).await
        }
        Some(_) | None => Ok(()),
    }
}

/// Plans an action, or gives the one that waits the newer content.
async fn plan(
    ctx: &Context,
    tx: &mut Tx,
    ticket: &Ticket,
    kind: ActionKind,
    wanted: &Wanted,
    due: UnixMs,
) -> Result<()> {
    let payload = serde_json::to_string(wanted).context("writing an action as JSON")?;
    if let Some(waiting) = actions::waiting(tx, &ticket.id, kind).await? {
        if waiting.payload != payload {
            actions::replace_payload(tx, &waiting.id, &payload, ctx.now()).await?;
        }
        return Ok(());
    }
    let action = Action {
        id: ActionId::new(ctx.now(), &*ctx.entropy),
        // One of a kind waits for a ticket; the key is free again once it ended.
        dedupe_key: format!("{}:{}", kind.as_str(), ticket.id),
        ticket: ticket.id.clone(),
        rollout: ticket.rollout.clone(),
        kind,
        payload,
        scope: scope(ticket),
        attempts: 0,
        owner: None,
        lease_until: UnixMs(0),
        sent_at: None,
        created_at: ctx.now(),
    };
    actions::plan(tx, &action, due).await?;
    Ok(())
}

/// What a pause holds back: GitHub limits an installation, which is an account; Jira limits a site.
pub fn scope(ticket: &Ticket) -> String {
    match ticket.tracker {
        TrackerName::GitHub => {
            let owner = ticket.target.split('/').next().unwrap_or_default();
            format!("github:{}", owner.to_lowercase())
        }
        TrackerName::Jira => "jira".into(),
        TrackerName::Local => "local".into(),
    }
}

async fn about_theme(
    ctx: &Context,
    tx: &mut Tx,
    rollout: &Rollout,
    window: &Window,
    theme: &Theme,
    of: &OfTheme,
) -> Result<Wanted> {
    let counts = rollouts::counts(tx, &rollout.id).await?;
    let answered = crate::domain::tally::Tally::from(counts.tally).people();
    let variants = feedback::variants_of_theme(tx, &theme.id, VARIANTS).await?;
    let severity = planning::severity(theme, &ctx.config.policy());
    let brought_by = mentions::brought_by(tx, rollout).await?;
    let body = issue::section(&issue::About {
        rollout,
        window,
        theme,
        severity,
        answered,
        asked: None,
        variants: &variants,
        concentrated: &of.facts.concentrated,
        phrases: &of.phrases,
        brought_by: &brought_by,
        engine: ctx.reader.engine(),
    });
    Wanted::new(issue::title(&theme.name, rollout), body, severity)
}

async fn about_rollout(
    ctx: &Context,
    tx: &mut Tx,
    rollout: &Rollout,
    tracker: TrackerName,
    known: &[Theme],
    decided: &[Decision],
) -> Result<Wanted> {
    let suggested: Vec<String> = decided
        .iter()
        .filter(|d| d.verdict == Verdict::Suggest && d.tracker == tracker)
        .filter_map(|d| known.iter().find(|t| Some(&t.id) == d.theme.as_ref()).map(|t| (t, d)))
        .map(|(t, d)| format!("{} ({})", t.name, d.why.sentence()))
        .collect();
    let full = reports::load(tx, ctx, rollout, suggested).await?;
    let account = full.account();
    let severity = if account.window.state == WindowState::Closed { Severity::Low } else { Severity::Medium };
    Wanted::new(report::title(rollout), report::section(&account), severity)
}
