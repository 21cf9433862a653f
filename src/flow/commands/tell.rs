//! What is told of a rollout in a thread. In public repositories outsiders are told counts, never customers' words: names of
//! themes are made of these.

use anyhow::Result;

use super::Order;
use super::answer::Reply;
use crate::domain::rollout::Rollout;
use crate::domain::tally::Tally;
use crate::domain::window::Window;
use crate::flow::Context;
use crate::render::issue::counted;
use crate::render::{picture, report as words};
use crate::store::{Tx, decisions, rollouts, themes, windows};
use crate::time::UnixMs;

/// Themes that a report in a thread names.
const THEMES: usize = 5;
/// Decisions that are told.
const REASONS: usize = 5;
/// Themes of fewer people are one person's remark.
const PEOPLE_MIN: i64 = 2;

/// How it stands.
pub(super) async fn status(ctx: &Context, tx: &mut Tx, _: &Order<'_>, rollout: &Rollout) -> Result<Reply> {
    let mut reply = Reply::done(&rollout.id, standing(tx, rollout).await?);
    if let Some((verdict, why)) = held(tx, rollout).await? {
        reply.says.push(format!("{verdict}: {why}"));
    }
    reply.link = link(ctx, rollout);
    Ok(reply)
}

async fn standing(tx: &mut Tx, rollout: &Rollout) -> Result<String> {
    let window = windows::get(tx, &rollout.id).await?.unwrap_or_else(|| Window::unborn(rollout.id.clone()));
    let tally: Tally = rollouts::counts(tx, &rollout.id).await?.tally.into();
    Ok(format!("{}: {}. {}", rollout.label(), words::status(&window), picture::line(tally)))
}

/// The latest word on whether the rollout should go on.
async fn held(tx: &mut Tx, rollout: &Rollout) -> Result<Option<(String, String)>> {
    let all = decisions::of_rollout(tx, &rollout.id).await?;
    Ok(all.into_iter().rfind(|d| d.subject == "hold").map(|d| (d.verdict, d.why)))
}

/// What customers say, in short.
pub(super) async fn report(ctx: &Context, tx: &mut Tx, order: &Order<'_>, rollout: &Rollout) -> Result<Reply> {
    let mut reply = status(ctx, tx, order, rollout).await?;
    let mut all = themes::of_rollout(tx, &rollout.id).await?;
    all.retain(|t| t.tally.people() >= PEOPLE_MIN);
    all.sort_by(|a, b| b.tally.people().cmp(&a.tally.people()).then_with(|| a.id.cmp(&b.id)));
    if order.is_insider() {
        reply.says.extend(all.iter().take(THEMES).map(|t| {
            format!("“{}”: {} people, {} of them unhappy ({})", t.name, t.tally.people(), t.tally.negative, t.id)
        }));
        if all.len() > THEMES {
            reply.says.push(format!("and {} more", all.len() - THEMES));
        }
    } else {
        let count = i64::try_from(all.len()).unwrap_or(i64::MAX);
        reply.says.push(format!("{} of two people or more", counted(count, "theme", "themes")));
    }
    Ok(reply)
}

/// What was decided last, and why.
pub(super) async fn why(ctx: &Context, tx: &mut Tx, order: &Order<'_>, rollout: &Rollout) -> Result<Reply> {
    let history = windows::history(tx, &rollout.id).await?;
    let decided = decisions::of_rollout(tx, &rollout.id).await?;
    let mut reply = Reply::done(&rollout.id, standing(tx, rollout).await?);
    reply.link = link(ctx, rollout);
    if !order.is_insider() {
        reply.says.push(format!("{} steps of its window, {} decisions", history.len(), decided.len()));
        return Ok(reply);
    }
    reply.says.extend(history.iter().rev().take(REASONS).map(words::step));
    let of_tickets = decided.iter().rev().take(REASONS);
    reply.says.extend(
        of_tickets.map(|d| format!("{}: {} ({}), because {}", UnixMs(d.at_ms).human(), d.verdict, d.subject, d.why)),
    );
    Ok(reply)
}

/// The page of a rollout, where people can reach it.
fn link(ctx: &Context, rollout: &Rollout) -> Option<String> {
    let base = ctx.config.server.public_url.as_ref()?;
    base.join(&format!("rollouts/{}", rollout.id)).ok().map(String::from)
}
