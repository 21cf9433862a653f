//! Boxes that people tick in a report on GitHub.
//!
//! A delivery tells that a body changed, and from what. What turned over is kept in the delivery's transaction; whether
//! whoever did it may is asked of GitHub afterwards, and then the word counts, or nothing does. Between two deliveries that
//! came in another order, GitHub's time decides.

use anyhow::{Context as _, Result};
use serde_json::json;
use tracing::{info, warn};

use super::{Word, answer};
use crate::domain::repo::RepoName;
use crate::domain::suggestion::Said;
use crate::domain::ticket::{TicketState, TrackerName};
use crate::flow::steer::Answered;
use crate::flow::{Context, standing};
use crate::http::RemoteError;
use crate::id::DecisionId;
use crate::render::tasks::{self, Ticked};
use crate::sources::IssueEdited;
use crate::store::decisions::Decision;
use crate::store::suggestions::{self, Tick};
use crate::store::{Tx, decisions, rollouts, tickets};
use crate::time::{HOUR_MS, MINUTE_MS, SECOND_MS, UnixMs};

/// Boxes of one edit that are looked at.
const BOXES_MAX: usize = 100;
/// Ticks looked at in one round.
const ROUND: i64 = 20;
/// How often GitHub is asked whether somebody may, before the tick is let go.
const ATTEMPTS_MAX: i64 = 12;
/// Wait after GitHub could not be asked, ms; it doubles, to an hour.
const WAIT_MIN_MS: i64 = MINUTE_MS / 4;
/// GitHub's times are whole seconds, ms.
const SECOND_ENDS_MS: i64 = SECOND_MS - 1;

/// Keeps which boxes of ours an edit turned over. Gives a sentence of what followed.
pub(in crate::flow) async fn heard(ctx: &Context, tx: &mut Tx, edit: &IssueEdited, unique: &str) -> Result<String> {
    let place = format!("{}#{}", edit.repo, edit.number);
    if edit.bot {
        return Ok(format!("{} edited {place}: boxes are for people", edit.by));
    }
    let (target, key) = (edit.repo.to_string(), edit.number.to_string());
    let found = tickets::by_key(tx, TrackerName::GitHub, &target, &key).await?;
    let Some(report) = found.filter(|t| t.theme.is_none() && t.state == TicketState::Filed) else {
        return Ok(format!("{place} is no report of ours"));
    };
    let read = |text: &str| tasks::read(text, &ctx.secrets.marker, TrackerName::GitHub.as_str(), &report.rollout);
    let turned = turned_over(edit.before.as_deref().map(read).as_deref(), &read(&edit.body));
    for one in turned.iter().take(BOXES_MAX) {
        let tick = Tick {
            id: format!("{unique}/{}", one.theme),
            rollout: report.rollout.clone(),
            theme: one.theme.clone(),
            repo: target.clone(),
            actor: edit.by.clone(),
            ticked: one.done,
            at: edit.at,
            attempts: 0,
        };
        suggestions::tick(tx, &tick, ctx.now()).await?;
    }
    if turned.is_empty() {
        return Ok(format!("no box of ours was turned over in {place}"));
    }
    Ok(format!("{} of {place} turned over: it is asked whether {} may", turned.len(), edit.by))
}

/// The boxes that are not as they were. Where it is not told what was before, those that are ticked.
fn turned_over(before: Option<&[Ticked]>, after: &[Ticked]) -> Vec<Ticked> {
    let was = |one: &Ticked| before.and_then(|all| all.iter().find(|b| b.theme == one.theme)).is_some_and(|b| b.done);
    after.iter().filter(|one| was(one) != one.done).cloned().collect()
}

/// Lets every tick count that is due and whose hand may. Gives how many were looked at.
pub async fn count_due(ctx: &Context) -> Result<usize> {
    let mut tx = ctx.db.read().await?;
    let due = suggestions::due_ticks(&mut tx, ctx.now(), ROUND).await?;
    drop(tx);
    for tick in &due {
        match may(ctx, tick).await? {
            Ok(Hand::May) => count(ctx, tick).await?,
            Ok(Hand::Ours) => end(ctx, tick, None).await?,
            Ok(Hand::MayNot) => {
                let why = format!("{} may not write in {}, so the box counts for nothing", tick.actor, tick.repo);
                end(ctx, tick, Some(&why)).await?;
            }
            // A limit is no failure: it says when it is over.
            Err(RemoteError::Wait { ms, .. }) => again(ctx, tick, ms, false).await?,
            Err(e) if tick.attempts + 1 >= ATTEMPTS_MAX => {
                let why = format!("whether {} may write in {} could not be learned: {e}", tick.actor, tick.repo);
                end(ctx, tick, Some(&why)).await?;
            }
            Err(e) => {
                warn!(rollout.id = %tick.rollout, "whether somebody may tick a box is asked again: {e}");
                again(ctx, tick, (WAIT_MIN_MS << tick.attempts.clamp(0, 20)).min(HOUR_MS), true).await?;
            }
        }
    }
    Ok(due.len())
}

async fn again(ctx: &Context, tick: &Tick, wait_ms: i64, failure: bool) -> Result<()> {
    let mut tx = ctx.db.write().await?;
    suggestions::postpone_tick(&mut tx, &tick.id, ctx.now().plus(wait_ms), failure).await?;
    tx.commit().await
}

/// When the next tick is due.
pub async fn next_due(ctx: &Context) -> Result<Option<UnixMs>> {
    let mut tx = ctx.db.read().await?;
    suggestions::next_tick(&mut tx).await
}

/// Whose hand turned a box over.
enum Hand {
    /// Somebody's who may write.
    May,
    /// Somebody's who may not.
    MayNot,
    /// Our own account's: it wrote what it knew.
    Ours,
}

/// The inner error is GitHub's.
async fn may(ctx: &Context, tick: &Tick) -> Result<Result<Hand, RemoteError>> {
    if let Some(github) = ctx.github.as_deref() {
        match github.login().await {
            Ok(me) if me.eq_ignore_ascii_case(&tick.actor) => return Ok(Ok(Hand::Ours)),
            Ok(_) => {}
            Err(error) => return Ok(Err(error)),
        }
    }
    let Some(repo) = RepoName::parse(&tick.repo) else { return Ok(Ok(Hand::MayNot)) };
    let standing = standing::of(ctx, &repo, &tick.actor).await?;
    Ok(standing.map(|s| if s.steers { Hand::May } else { Hand::MayNot }))
}

/// Ends a tick that counts for nothing; `why` where people should know.
async fn end(ctx: &Context, tick: &Tick, why: Option<&str>) -> Result<()> {
    let mut tx = ctx.db.write().await?;
    rollouts::lock(&mut tx, &tick.rollout).await?;
    if suggestions::end_tick(&mut tx, &tick.id).await?
        && let Some(why) = why
    {
        record(ctx, &mut tx, tick, why).await?;
        set_right(ctx, &mut tx, tick).await?;
    }
    tx.commit().await
}

/// Lets a tick count. Another worker that is faster has ended it: then it counted already.
async fn count(ctx: &Context, tick: &Tick) -> Result<()> {
    let mut tx = ctx.db.write().await?;
    rollouts::lock(&mut tx, &tick.rollout).await?;
    if !suggestions::end_tick(&mut tx, &tick.id).await? {
        return Ok(());
    }
    let before = suggestions::answers(&mut tx, &tick.rollout).await?.into_iter().find(|a| a.theme == tick.theme);
    let older = before.as_ref().is_some_and(|b| b.at > tick.at);
    // A no stands: there was no yes any more that could be taken back.
    let after_no = !tick.ticked && before.as_ref().is_some_and(|b| b.said == Said::No);
    if older || after_no {
        info!(rollout.id = %tick.rollout, "what was said of a box is not the latest word on it");
        return tx.commit().await;
    }
    let stood = before.as_ref().is_some_and(|b| b.said == Said::Yes);
    let word = Word {
        theme: &tick.theme,
        said: if tick.ticked { Said::Yes } else { Said::TakenBack },
        actor: &tick.actor,
        reason: "",
        // What takes back a yes that is not here yet comes before it: that one is of the same second at the latest.
        at: if tick.ticked || stood { tick.at } else { tick.at.plus(SECOND_ENDS_MS) },
    };
    match answer(ctx, &mut tx, &tick.rollout, &word).await? {
        Answered::Done(_) => tx.commit().await?,
        // Nothing of it is kept but that it ended.
        Answered::Unknown => {
            drop(tx);
            end(ctx, tick, Some("the theme is gone, or says the same as another now")).await?;
        }
        Answered::Refused(why) => {
            drop(tx);
            end(ctx, tick, Some(&why)).await?;
        }
    }
    ctx.bell.mind.notify_one();
    Ok(())
}

async fn record(ctx: &Context, tx: &mut Tx, tick: &Tick, why: &str) -> Result<()> {
    let decision = Decision {
        subject: format!("{} in {}", tick.theme, TrackerName::GitHub.as_str()),
        verdict: "ignore".into(),
        why: why.into(),
        evidence: json!({"actor": tick.actor, "ticked": tick.ticked}).to_string(),
        at_ms: ctx.now().0,
    };
    let id = DecisionId::new(ctx.now(), &*ctx.entropy);
    decisions::record(tx, &id, &tick.rollout, &decision).await.context("recording a decision")?;
    Ok(())
}

/// The report is written again, so that its boxes stand as things are.
async fn set_right(ctx: &Context, tx: &mut Tx, tick: &Tick) -> Result<()> {
    let all = tickets::of_rollout(tx, &tick.rollout).await?;
    let report = all.into_iter().find(|t| t.theme.is_none() && t.tracker == TrackerName::GitHub);
    if let Some(mut report) = report.filter(|t| t.state == TicketState::Filed) {
        report.section_hash = None;
        tickets::save(tx, &report).await?;
        rollouts::wake(tx, &tick.rollout, ctx.now()).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ThemeId;

    #[test]
    fn only_what_turned_over_is_a_word() {
        let boxes = |text: &str| -> Vec<Ticked> {
            let one = |t: &str| Ticked { theme: ThemeId(t.trim_end_matches('-').into()), done: !t.ends_with('-') };
            text.split_whitespace().map(one).collect()
        };
        for (before, after, turned) in [
            (Some("a- b-"), "a b-", "a"),
            (Some("a b-"), "a- b-", "a-"),
            (Some("a b-"), "a b-", ""),
            (Some("a- b"), "a b-", "a b-"),
            (Some(""), "a b-", "a"),
            (Some("a b"), "", ""),
            (None, "a b-", "a"),
        ] {
            let found = turned_over(before.map(boxes).as_deref(), &boxes(after));
            assert_eq!(found, boxes(turned), "{before:?} {after}");
        }
    }
}
