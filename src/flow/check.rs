//! Tries everything that the service needs, and says what is wrong and how to mend it.

mod encoder;
mod model;
mod policies;
mod senders;

use std::collections::BTreeSet;

use anyhow::Result;
use serde::Serialize;

use super::{Context, mentions};
use crate::domain::ticket::TrackerName;
use crate::http::RemoteError;
use crate::id::RolloutId;
use crate::store::{actions, deliveries, installations, pauses, posts, rollouts, tickets};

/// Repositories that are tried, of the latest rollouts.
const REPOSITORIES_MAX: usize = 5;
/// Rollouts that are looked at for their repositories.
const ROLLOUTS: i64 = 50;
/// A ticket that failed less often may just have met a bad moment.
const TRIES_FINE: i64 = 3;
/// Troubles that are named, of each kind.
const NAMED_MAX: i64 = 10;

/// One line of the check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// What was tried.
    pub what: String,
    /// Whether it is as it should be.
    pub ok: bool,
    /// What was seen, or what is wrong and how to mend it.
    pub says: String,
}

impl Line {
    /// It is as it should be.
    pub fn ok(what: impl Into<String>, says: impl Into<String>) -> Self {
        Self { what: what.into(), ok: true, says: says.into() }
    }

    /// It is not, and this says how to mend it.
    pub fn wrong(what: impl Into<String>, says: impl Into<String>) -> Self {
        Self { what: what.into(), ok: false, says: says.into() }
    }
}

/// Tries the database, each tracker, each source, the language model, the encoder, where usage is counted, and what went
/// wrong before.
pub async fn check(ctx: &Context) -> Result<Vec<Line>> {
    let mut lines = vec![Line::ok("database", format!("{} answers and has the newest schema", ctx.db.kind()))];
    for tracker in ctx.config.policy().trackers {
        tracker_lines(ctx, tracker, &mut lines).await?;
    }
    if !ctx.config.policy().trackers.contains(&TrackerName::GitHub) && ctx.config.github.is_configured() {
        lines.push(Line::ok("github", "configured, and policy.trackers does not name it: nothing is filed there"));
    }
    model::line(ctx, &mut lines).await?;
    encoder::line(ctx, &mut lines).await?;
    senders::lines(ctx, &mut lines).await?;
    policies::lines(ctx, &mut lines).await?;
    usage_lines(ctx, &mut lines).await;
    past_lines(ctx, &mut lines).await?;
    Ok(lines)
}

async fn tracker_lines(ctx: &Context, tracker: TrackerName, lines: &mut Vec<Line>) -> Result<()> {
    let name = tracker.as_str();
    let targets = match tracker {
        TrackerName::Local => vec![String::new()],
        TrackerName::Jira => ctx.config.jira.project.clone().into_iter().collect(),
        TrackerName::GitHub => repositories(ctx).await?,
    };
    let found = match ctx.trackers.get(tracker) {
        Ok(found) => found,
        Err(e) => {
            lines.push(Line::wrong(name, e.to_string()));
            return Ok(());
        }
    };
    if targets.is_empty() {
        lines.push(Line::ok(name, "configured; no repository is known yet, so none was tried: set policy.repository"));
    }
    for target in targets {
        let what = if target.is_empty() { name.to_owned() } else { format!("{name} {target}") };
        lines.push(match found.check(&target).await {
            Ok(says) => Line::ok(what, says),
            Err(e @ RemoteError::Wait { .. }) => Line::ok(what, e.to_string()),
            Err(e @ RemoteError::Moved { to: Some(_) }) => {
                Line::ok(what, format!("{e}, and hearback follows it there"))
            }
            Err(e) => Line::wrong(what, e.to_string()),
        });
    }
    Ok(())
}

/// A line for each system that counts usage already.
async fn usage_lines(ctx: &Context, lines: &mut Vec<Line>) {
    for (name, puller) in &*ctx.pullers {
        let what = format!("usage {name}");
        lines.push(match puller.check().await {
            Ok(says) => Line::ok(what, says),
            Err(e @ RemoteError::Wait { .. }) => Line::ok(what, e.to_string()),
            Err(e) => Line::wrong(what, e.to_string()),
        });
    }
}

/// The repositories of the policy and of the latest rollouts.
async fn repositories(ctx: &Context) -> Result<Vec<String>> {
    let mut found: BTreeSet<String> = ctx.config.policy().repository.iter().map(ToString::to_string).collect();
    let mut tx = ctx.db.read().await?;
    for (id, _) in rollouts::page(&mut tx, None, ROLLOUTS).await? {
        let repo = match rollouts::get(&mut tx, &id).await? {
            Some(rollout) => mentions::home(&mut tx, &rollout).await?,
            None => None,
        };
        if found.len() < REPOSITORIES_MAX {
            found.extend(repo.map(|r| r.to_string()));
        }
    }
    Ok(found.into_iter().collect())
}

/// What went wrong before and is not mended.
async fn past_lines(ctx: &Context, lines: &mut Vec<Line>) -> Result<()> {
    let mut tx = ctx.db.read().await?;
    for (id, account, state) in installations::all(&mut tx).await? {
        if state != "active" {
            let says = format!("{state}: an owner of {account} can let the App in again in the account's settings");
            lines.push(Line::wrong(format!("installation {id}"), says));
        }
    }
    for (scope, until, reason) in pauses::standing(&mut tx, ctx.now()).await? {
        lines.push(Line::ok(format!("pause {scope}"), format!("until {}: {reason}", until.human())));
    }
    for ticket in tickets::failed(&mut tx, NAMED_MAX).await? {
        let what = format!("ticket {}", ticket.id);
        let label = label(&mut tx, &ticket.rollout).await?;
        let error = ticket.error.unwrap_or_else(|| "no reason was kept".into());
        let again = "mend it and run `hearback check --retry`";
        lines.push(Line::wrong(what, format!("{} about {label}: {error}; {again}", ticket.tracker.as_str())));
    }
    for (ticket, kind, attempts, error) in actions::troubled(&mut tx, NAMED_MAX).await? {
        let line = if attempts < TRIES_FINE { Line::ok } else { Line::wrong };
        lines.push(line(format!("ticket {ticket}"), format!("{kind} was tried {attempts} times: {error}")));
    }
    for (post, state, error) in posts::troubled(&mut tx, NAMED_MAX).await? {
        let line = if state == "failed" { Line::wrong } else { Line::ok };
        lines.push(line(post, format!("not written: {error}")));
    }
    let (waiting, all) = deliveries::counts(&mut tx).await?;
    lines.push(Line::ok("deliveries", format!("{all} received, {waiting} wait to be read")));
    Ok(())
}

async fn label(tx: &mut crate::store::Tx, id: &RolloutId) -> Result<String> {
    Ok(rollouts::get(tx, id).await?.map_or_else(|| id.to_string(), |r| r.label()))
}

/// Gives what was given up another try, for people who mended the cause. Gives how many tickets.
pub async fn retry_failed(ctx: &Context) -> Result<u64> {
    let mut tx = ctx.db.write().await?;
    let n = actions::revive_failed(&mut tx, ctx.now()).await?;
    tx.commit().await?;
    ctx.bell.mind.notify_one();
    Ok(n)
}
