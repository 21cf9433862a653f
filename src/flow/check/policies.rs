//! What each repository's policy is, and what is wrong with one that is not in force.

use anyhow::{Context as _, Result};

use super::super::Context;
use super::Line;
use crate::domain::policy_fault::Fault;
use crate::domain::repo_policy::PATH;
use crate::store::policies::{self, Kept};

/// Repositories that are named.
const NAMED_MAX: i64 = 50;
/// Failed attempts that may just have met a bad moment.
const TRIES_FINE: i64 = 3;

/// A line for each repository whose policy was asked for.
pub(super) async fn lines(ctx: &Context, lines: &mut Vec<Line>) -> Result<()> {
    let mut tx = ctx.db.read().await?;
    for kept in policies::all(&mut tx, NAMED_MAX).await? {
        lines.push(line(ctx, &kept)?);
    }
    Ok(())
}

fn line(ctx: &Context, kept: &Kept) -> Result<Line> {
    let what = format!("policy {}", kept.repo);
    let stands = match &kept.in_force {
        Some(f) => format!("{PATH} is in force since {}", f.since.human()),
        None => format!("there is no {PATH}: the service's settings are in force"),
    };
    if let Some(faults) = &kept.faults {
        let faults: Vec<Fault> = serde_json::from_str(faults).context("reading a policy's faults as JSON")?;
        let all: Vec<String> = faults.iter().map(|f| format!("{PATH}:{f}")).collect();
        let stays = match &kept.in_force {
            Some(f) => format!("what came in force at {} stays in force", f.since.human()),
            None => "the service's settings stay in force".to_owned(),
        };
        return Ok(Line::wrong(what, format!("{}; {stays}", all.join("; "))));
    }
    if let Some(problem) = &kept.problem {
        let line = if kept.attempts < TRIES_FINE { Line::ok } else { Line::wrong };
        return Ok(line(what, format!("{stands}; it could not be read: {problem}")));
    }
    let named = kept.in_force.as_ref().and_then(|f| f.policy.trackers.clone()).unwrap_or_default();
    let missing: Vec<&str> = named.iter().filter(|t| ctx.trackers.get(**t).is_err()).map(|t| t.as_str()).collect();
    if !missing.is_empty() {
        let says =
            format!("{stands}; it files to {}, and the service's settings have no such tracker", missing.join(", "));
        return Ok(Line::wrong(what, says));
    }
    Ok(match kept.read_at {
        Some(at) => Line::ok(what, format!("{stands}; read at {}", at.human())),
        None => Line::ok(what, "it was not read yet: the service does it"),
    })
}
