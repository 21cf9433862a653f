//! People's own issues first: before a ticket about a theme is filed, its tracker is looked through for one that people wrote
//! about the same.
//!
//! The look is bounded and never stops filing: what fails is told, and ours is filed as if nothing had been found.

use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::json;
use tracing::{info, warn};

use super::{Context, policies};
use crate::domain::existing::{Beside, Existing, Listed, Related};
use crate::domain::theme::Theme;
use crate::domain::ticket::Ticket;
use crate::id::DecisionId;
use crate::plan::likely::{self, About, Choice, Likely};
use crate::store::decisions::{self, Decision};
use crate::store::{existing, feedback, rollouts, themes, tickets};
use crate::time::{DAY_MS, MINUTE_MS};
use crate::trackers::IssueTracker;

/// A list is looked through again for this long before it is asked for anew, ms.
const FRESH_MS: i64 = 5 * MINUTE_MS;
/// Lists are kept no longer than this, ms.
const KEPT_MS: i64 = DAY_MS;
/// Statements of a theme that an issue is compared with.
const SAMPLES: i64 = 20;

/// Looks for people's own issues about what `ticket` is about. Where the setting says so and one surely says the same, that
/// one is the ticket.
pub(super) async fn look(ctx: &Context, tracker: &dyn IssueTracker, ticket: &Ticket) -> Result<Choice> {
    let nothing = Choice::Mention(Vec::new());
    let Some(theme) = &ticket.theme else { return Ok(nothing) };
    let mut tx = ctx.db.read().await?;
    let setting = match rollouts::get(&mut tx, &ticket.rollout).await? {
        Some(rollout) => policies::of(ctx, &mut tx, &rollout).await?.existing,
        None => ctx.config.policy().existing,
    };
    if setting == Existing::Off {
        return Ok(nothing);
    }
    let Some(theme) = themes::get(&mut tx, theme).await? else { return Ok(nothing) };
    let said = feedback::of_theme(&mut tx, &theme.id, SAMPLES).await?;
    drop(tx);
    let listed = match list(ctx, tracker, ticket).await? {
        Ok(listed) => listed,
        Err(why) => {
            warn!(ticket.id = %ticket.id, "people's own issues could not be looked through: {why}");
            tell(ctx, ticket, "file", &format!("people's own issues could not be looked through: {why}"), &[]).await?;
            return Ok(nothing);
        }
    };
    let samples: Vec<(&str, &str)> =
        said.iter().filter_map(|f| Some((f.text.as_deref()?, f.annotation.as_ref()?.language.as_str()))).collect();
    let (choice, best) = weigh(setting, &theme, &samples, &listed, ctx);
    let choice = match choice {
        Choice::Link(to) if is_a_ticket(ctx, ticket, &to.key).await? => Choice::Mention(vec![to]),
        choice => choice,
    };
    match &choice {
        Choice::Link(to) => {
            tell(ctx, ticket, "link", &format!("{} says the same already", to.key), &best).await?;
        }
        Choice::Mention(named) if !named.is_empty() => {
            let keys: Vec<&str> = named.iter().map(|n| n.key.as_str()).collect();
            tell(ctx, ticket, "mention", &format!("{} may say the same", keys.join(", ")), &best).await?;
        }
        Choice::Mention(_) => {}
    }
    Ok(choice)
}

/// Whether an issue is the ticket of something else already.
async fn is_a_ticket(ctx: &Context, ticket: &Ticket, key: &str) -> Result<bool> {
    let mut tx = ctx.db.read().await?;
    Ok(tickets::by_key(&mut tx, ticket.tracker, &ticket.target, key).await?.is_some())
}

/// Ranks and chooses; gives the scores of the likeliest too, for whoever asks why.
fn weigh(
    setting: Existing,
    theme: &Theme,
    samples: &[(&str, &str)],
    listed: &[Listed],
    ctx: &Context,
) -> (Choice, Vec<(String, f64)>) {
    let about = About { name: &theme.name, samples, intent: theme.intent() };
    let ranked: Vec<Likely<'_>> = likely::rank(&about, listed, ctx.now());
    let best = ranked.iter().take(3).map(|l| (l.issue.key.clone(), (l.score * 100.0).round() / 100.0)).collect();
    (likely::choose(setting, &ranked), best)
}

/// The issues of the ticket's place: as they were listed a moment ago, else as the tracker lists them now. The inner error is
/// for people.
async fn list(ctx: &Context, tracker: &dyn IssueTracker, ticket: &Ticket) -> Result<Result<Vec<Listed>, String>> {
    let mut tx = ctx.db.read().await?;
    let since = ctx.now().plus(-FRESH_MS);
    let kept = existing::listing(&mut tx, ticket.tracker, &ticket.target, since).await?;
    drop(tx);
    if let Some(kept) = kept {
        return Ok(Ok(kept));
    }
    // Half of the time that one request may take: the lease has to last for the filing as well.
    let ms = ctx.config.outbox.request_timeout.ms() / 2;
    let patience = Duration::from_millis(ms.unsigned_abs());
    let listed = match tokio::time::timeout(patience, tracker.others(&ticket.target)).await {
        Ok(Ok(listed)) => listed,
        Ok(Err(e)) => return Ok(Err(e.to_string())),
        Err(_) => return Ok(Err(format!("{} took too long", ticket.tracker.as_str()))),
    };
    let mut tx = ctx.db.write().await?;
    let (now, old) = (ctx.now(), ctx.now().plus(-KEPT_MS));
    existing::put_listing(&mut tx, ticket.tracker, &ticket.target, &listed, now, old).await?;
    tx.commit().await?;
    Ok(Ok(listed))
}

/// Records what came of the look.
async fn tell(ctx: &Context, ticket: &Ticket, verdict: &str, why: &str, best: &[(String, f64)]) -> Result<()> {
    let scores: Vec<_> = best.iter().map(|(key, score)| json!({"issue": key, "likeness": score})).collect();
    let decision = Decision {
        subject: format!("people's own issues beside {} in {}", ticket.subject(), ticket.tracker.as_str()),
        verdict: verdict.into(),
        why: why.into(),
        evidence: json!({ "likeliest": scores }).to_string(),
        at_ms: ctx.now().0,
    };
    let mut tx = ctx.db.write().await?;
    let id = DecisionId::new(ctx.now(), &*ctx.entropy);
    decisions::record(&mut tx, &id, &ticket.rollout, &decision).await.context("recording a decision")?;
    tx.commit().await?;
    info!(ticket.id = %ticket.id, "{verdict}: {why}");
    Ok(())
}

/// How a ticket stands to people's own issues.
pub(super) async fn beside(ctx: &Context, ticket: &Ticket) -> Result<Beside> {
    let mut tx = ctx.db.read().await?;
    existing::beside(&mut tx, &ticket.id).await
}

/// Keeps which of people's own issues the text of a ticket names, before it leaves: whoever adopts it later has to know.
pub(super) async fn name(ctx: &Context, ticket: &Ticket, related: &[Related]) -> Result<()> {
    let before = beside(ctx, ticket).await?;
    if before.related == related {
        return Ok(());
    }
    let mut tx = ctx.db.write().await?;
    let beside = Beside { related: related.to_vec(), ..before };
    existing::put_beside(&mut tx, &ticket.id, &beside).await?;
    tx.commit().await
}
