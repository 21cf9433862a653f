//! Compares what is with what is wanted, and plans the difference. It takes no hint of what changed: run twice, it does
//! nothing the second time.

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use tracing::{error, info};

mod life;

use super::summaries::{self, OfTheme};
use super::{Context, mentions, policies, reception, rephrase, reports, suggest};
use crate::crash_point;
use crate::domain::existing::Related;
use crate::domain::handling::Resolution;
use crate::domain::policy::Policy;
use crate::domain::repo::RepoName;
use crate::domain::rollout::Rollout;
use crate::domain::theme::Theme;
use crate::domain::ticket::{Severity, Ticket, TicketState, TrackerName};
use crate::domain::window::{Window, WindowState};
use crate::id::{ActionId, DecisionId, RolloutId, ThemeId, TicketId};
use crate::plan::tickets::{self as planning, Decision, Picture, Verdict};
use crate::plan::windows::{self as rules, Heard};
use crate::render::doc::Doc;
use crate::render::{issue, report};
use crate::store::actions::{Action, ActionKind};
use crate::store::mutes::{self, Mute};
use crate::store::{Tx, actions, decisions, existing, feedback, rollouts, suggestions, themes, tickets, windows};
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

    /// The same, with the issues named that people wrote and that may say the same.
    pub fn naming(self, related: &[Related]) -> Result<Self> {
        if related.is_empty() {
            return Ok(self);
        }
        Self::new(self.title, issue::naming(self.body, related), self.severity)
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
    let home = mentions::home(&mut tx, &rollout).await?;
    policies::sight(ctx, &mut tx, home.as_ref()).await?;
    let policy = policies::in_repo(ctx, &mut tx, home.as_ref()).await?;
    let window = step_window(ctx, &mut tx, &rollout, &policy, now).await?;
    let muted = mutes::of_rollout(&mut tx, id, now).await?;
    let here = Here { rollout: &rollout, window: &window, policy: &policy, home: home.as_ref(), muted: &muted };
    plan_tickets(ctx, &mut tx, here).await?;
    reception::tell(ctx, &mut tx, &rollout).await?;
    let wake = rules::wakes_at(&window, &rollout, &policy, now).unwrap_or(UnixMs::NEVER);
    let wake = muted.iter().map(|m| m.until.plus(1)).fold(wake, UnixMs::min);
    rollouts::set_due(&mut tx, id, wake).await?;
    crash_point!("hb.reconcile.planned");
    tx.commit().await?;
    crash_point!("hb.reconcile.committed");
    ctx.bell.hands.notify_one();
    Ok(())
}

/// Takes every step that is due and keeps it.
async fn step_window(ctx: &Context, tx: &mut Tx, rollout: &Rollout, policy: &Policy, now: UnixMs) -> Result<Window> {
    let mut window = windows::get(tx, &rollout.id).await?.unwrap_or_else(|| Window::unborn(rollout.id.clone()));
    let people = crate::domain::tally::Tally::from(rollouts::counts(tx, &rollout.id).await?.tally).people();
    let heard = Heard { people, unread: feedback::has_unread(tx, &rollout.id).await? };
    if let Some(why) = policy.deaf_to(rollout).filter(|_| window.opened_at.is_none()) {
        let decision = decisions::Decision {
            subject: "window".into(),
            verdict: "skip".into(),
            why: format!("it is not opened, because {why}"),
            evidence: json!({"flags": policy.flags, "releases": policy.releases, "environments": policy.environments})
                .to_string(),
            at_ms: now.0,
        };
        decisions::record(tx, &DecisionId::new(now, &*ctx.entropy), &rollout.id, &decision).await?;
    }
    for _ in 0..STEPS_MAX {
        let Some(step) = rules::next(&window, rollout, policy, heard, now) else { return Ok(window) };
        window = window.after(&step);
        windows::record(tx, &step, &window).await?;
        info!(rollout.id = %rollout.id, window.state = window.state.as_str(), "the window of {} is {}: {}", rollout.label(), window.state.as_str(), step.cause);
    }
    anyhow::bail!("the window of {} takes no rest after {STEPS_MAX} steps", rollout.id)
}

/// A rollout, its window, and the rules in force for it.
#[derive(Clone, Copy)]
pub(super) struct Here<'a> {
    /// The rollout.
    pub rollout: &'a Rollout,
    /// Its window.
    pub window: &'a Window,
    /// The rules in force.
    pub policy: &'a Policy,
    /// The repository that it belongs to.
    pub home: Option<&'a RepoName>,
    /// The themes of which people want to hear nothing for now.
    pub muted: &'a [Mute],
}

impl Here<'_> {
    fn is_muted(&self, theme: Option<&ThemeId>) -> bool {
        self.muted.iter().any(|m| Some(&m.theme) == theme)
    }
}

/// What is wanted of each ticket of a rollout, and why; nothing is written.
pub(super) async fn decided(tx: &mut Tx, ctx: &Context, here: Here<'_>, known: &[Theme]) -> Result<Vec<Decision>> {
    let Here { rollout, window, policy, home, .. } = here;
    let counts = rollouts::counts(tx, &rollout.id).await?;
    let before = tickets::of_rollout(tx, &rollout.id).await?;
    let answers = suggestions::answers(tx, &rollout.id).await?;
    let mut decided = planning::plan(&Picture {
        policy,
        watched: policy.listens_to(rollout),
        repo: home,
        jira_project: ctx.config.jira.project.as_deref().filter(|_| ctx.config.jira.is_configured()),
        window,
        tally: counts.tally.into(),
        themes: known,
        tickets: &before,
        answers: &answers,
        returned: &life::known_returns(tx, rollout).await?,
    });
    // A person asked for silence, and that stands among the decisions.
    decided.retain(|d| !here.is_muted(d.theme.as_ref()));
    Ok(decided)
}

/// Plans what the tickets need.
async fn plan_tickets(ctx: &Context, tx: &mut Tx, here: Here<'_>) -> Result<()> {
    let Here { rollout, home, policy, .. } = here;
    let answers = suggestions::answers(tx, &rollout.id).await?;
    let mut known = themes::of_rollout(tx, &rollout.id).await?;
    known.sort_by(|a, b| b.tally.people().cmp(&a.tally.people()).then_with(|| a.id.cmp(&b.id)));
    life::find_returns(ctx, tx, here, &known).await?;
    life::review(ctx, tx, here).await?;
    let decided = decided(tx, ctx, here, &known).await?;
    for d in &decided {
        explain(ctx, tx, rollout, d).await?;
        if d.verdict == Verdict::File {
            want(ctx, tx, rollout, d).await?;
        }
    }
    for mut ticket in tickets::of_rollout(tx, &rollout.id).await? {
        if here.is_muted(ticket.theme.as_ref()) {
            for kind in [ActionKind::File, ActionKind::Revise, ActionKind::Quote] {
                drop_stale(ctx, tx, &ticket, kind).await?;
            }
            continue;
        }
        match ticket.state {
            // What was decided before it could be filed holds for it, too, and so do the rules of now.
            TicketState::Wanted
                if !ticket.handling.decided.resolution.is_open()
                    || !planning::may_file(policy, policy.listens_to(rollout), ticket.theme.as_ref(), &answers) =>
            {
                drop_stale(ctx, tx, &ticket, ActionKind::File).await?;
            }
            TicketState::Wanted => {
                retarget(ctx, tx, home, &mut ticket).await?;
                keep_true(ctx, tx, here, &ticket, &known, &decided).await?;
            }
            TicketState::Filed => {
                life::settle(ctx, tx, &ticket).await?;
                if ticket.handling.decided.resolution == Resolution::NotPlanned {
                    drop_stale(ctx, tx, &ticket, ActionKind::Revise).await?;
                    drop_stale(ctx, tx, &ticket, ActionKind::Quote).await?;
                } else {
                    keep_true(ctx, tx, here, &ticket, &known, &decided).await?;
                }
            }
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
    here: Here<'_>,
    ticket: &Ticket,
    known: &[Theme],
    decided: &[Decision],
) -> Result<()> {
    let rollout = here.rollout;
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
            let wanted = about_theme(ctx, tx, here, ticket, theme, of).await?;
            // Which issues are named is found when it is filed.
            match ticket.state {
                TicketState::Filed => wanted.naming(&existing::beside(tx, &ticket.id).await?.related)?,
                TicketState::Wanted | TicketState::Dismissed | TicketState::Failed => wanted,
            }
        }
        None => about_rollout(ctx, tx, here, ticket.tracker, known, decided).await?,
    };
    let due = ticket.written_at.map_or(ctx.now(), |at| at.plus(here.policy.coalesce_ms));
    if ticket.state == TicketState::Wanted {
        return plan_words(ctx, tx, ticket, ActionKind::File, &wanted, ctx.now()).await;
    }
    if ticket.section_hash.as_deref() == Some(&wanted.hash) {
        drop_stale(ctx, tx, ticket, ActionKind::Revise).await?;
    } else {
        plan_words(ctx, tx, ticket, ActionKind::Revise, &wanted, due).await?;
    }
    // A closed ticket gets no new comment: that would call people to what is done.
    let quiet = ticket.comment.is_none() && !ticket.handling.decided.resolution.is_open();
    if let Some((_, of)) = of_theme
        && !quiet
        && ticket.comment.as_deref() != Some(super::deliver::COMMENT_DELETED)
    {
        let quotes = Wanted::new(String::new(), issue::quotes(&of.told), Severity::Low)?;
        if ticket.quotes_hash.as_deref() == Some(&quotes.hash) {
            drop_stale(ctx, tx, ticket, ActionKind::Quote).await?;
        } else {
            let due = if ticket.comment.is_none() { ctx.now() } else { due };
            plan_words(ctx, tx, ticket, ActionKind::Quote, &quotes, due).await?;
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

/// Plans that the ticket says what is wanted. One of a kind waits for a ticket; the key is free again once it ended.
async fn plan_words(
    ctx: &Context,
    tx: &mut Tx,
    ticket: &Ticket,
    kind: ActionKind,
    wanted: &Wanted,
    due: UnixMs,
) -> Result<()> {
    let payload = serde_json::to_string(wanted).context("writing an action as JSON")?;
    plan(ctx, tx, ticket, kind, payload, format!("{}:{}", kind.as_str(), ticket.id), due).await
}

/// Plans an action, or gives the one that waits the newer content.
async fn plan(
    ctx: &Context,
    tx: &mut Tx,
    ticket: &Ticket,
    kind: ActionKind,
    payload: String,
    dedupe_key: String,
    due: UnixMs,
) -> Result<()> {
    if let Some(waiting) = actions::waiting(tx, &ticket.id, kind).await? {
        if waiting.payload != payload {
            actions::replace_payload(tx, &waiting.id, &payload, ctx.now()).await?;
        }
        return Ok(());
    }
    let action = Action {
        id: ActionId::new(ctx.now(), &*ctx.entropy),
        dedupe_key,
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
    here: Here<'_>,
    ticket: &Ticket,
    theme: &Theme,
    of: &OfTheme,
) -> Result<Wanted> {
    let Here { rollout, window, policy, .. } = here;
    let counts = rollouts::counts(tx, &rollout.id).await?;
    let answered = crate::domain::tally::Tally::from(counts.tally).people();
    let variants = feedback::variants_of_theme(tx, &theme.id, VARIANTS).await?;
    let severity = planning::severity(theme, policy);
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
        living: &life::living(ctx, tx, ticket).await?,
        engine: ctx.reader.engine(),
    });
    Wanted::new(issue::title(&theme.name, rollout), body, severity)
}

async fn about_rollout(
    ctx: &Context,
    tx: &mut Tx,
    here: Here<'_>,
    tracker: TrackerName,
    known: &[Theme],
    decided: &[Decision],
) -> Result<Wanted> {
    let rollout = here.rollout;
    let answers = suggestions::answers(tx, &rollout.id).await?;
    let filed = tickets::of_rollout(tx, &rollout.id).await?;
    let suggested = suggest::offered(ctx, here, tracker, decided, &answers, known, &filed);
    let full = reports::load(tx, ctx, rollout, suggested).await?;
    let account = full.account();
    let severity = if account.window.state == WindowState::Closed { Severity::Low } else { Severity::Medium };
    Wanted::new(report::title(rollout), report::section(&account), severity)
}
