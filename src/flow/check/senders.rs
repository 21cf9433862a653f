//! What each source has sent so far, and whether it was believed. Nothing is sent to find out.

use anyhow::Result;

use super::super::{Context, poll};
use super::Line;
use crate::config::Config;
use crate::sources::{self, Source};
use crate::store::deliveries::{self, LastSent, Provenance};
use crate::store::refusals::{self, Refusals};
use crate::store::{Tx, schedules};
use crate::time::UnixMs;

/// A line for each source that is set up or was heard of, and one for the rest.
pub(super) async fn lines(ctx: &Context, lines: &mut Vec<Line>) -> Result<()> {
    let mut tx = ctx.db.read().await?;
    let mut silent = Vec::new();
    for source in sources::all() {
        let last = deliveries::last_sent(&mut tx, source.name).await?;
        let refused = refusals::of(&mut tx, source.name).await?;
        let has_secret = !ctx.config.secrets_of(source.name).is_empty();
        let own_section = matches!(source.name, "github" | "jira");
        if !has_secret && last.is_none() && refused.is_none() && !own_section {
            silent.push(source.name);
        } else {
            lines.push(line(ctx, source, has_secret, last.as_ref(), refused.as_ref()));
        }
        if ctx.platforms.get(source.name).is_some() {
            lines.push(asked(&mut tx, source.name).await?);
        }
    }
    if !silent.is_empty() {
        let says = format!(
            "nothing came and no secret is set (sources.NAME.secrets, and the address is /hooks/NAME): {}",
            silent.join(", ")
        );
        lines.push(Line::ok("other sources", says));
    }
    if let Some(note) = schedules::note(&mut tx, "github.deliveries").await? {
        let line = if note.starts_with("failed") { Line::wrong } else { Line::ok };
        lines.push(line("missed deliveries".to_owned(), note));
    }
    Ok(())
}

fn line(ctx: &Context, source: &Source, has_secret: bool, last: Option<&LastSent>, refused: Option<&Refusals>) -> Line {
    let what = format!("source {}", source.name);
    let key = Config::secrets_key(source.name);
    let turned_away = refused.map(|r| {
        let times = if r.times == 1 { "one delivery was".to_owned() } else { format!("{} deliveries were", r.times) };
        format!("{times} turned away, the last at {}: {}", UnixMs(r.last_ms).human(), r.why)
    });
    let came = last.map_or_else(|| "no delivery came yet".to_owned(), came);
    if !has_secret {
        return match turned_away {
            Some(turned_away) => Line::wrong(what, format!("{turned_away}: set {key}")),
            None if source.name == "github" && ctx.config.github.is_configured() => {
                Line::wrong(what, format!("every delivery is refused: set {key} to the secret of the App's webhook"))
            }
            None if last.is_some() => Line::ok(what, format!("switched off: {key} is empty; {came}")),
            None => Line::ok(what, format!("switched off: {key} is empty")),
        };
    }
    // What was turned away before a good delivery came is mended.
    match (turned_away, refused, last) {
        (Some(away), Some(r), last) if last.is_none_or(|l| l.at.0 < r.last_ms) => {
            Line::wrong(what, format!("{away}; {came}"))
        }
        _ => Line::ok(what, came),
    }
}

fn came(last: &LastSent) -> String {
    let proof = match last.proof {
        Provenance::Signed => "its signature held",
        Provenance::Shared => "it came with the secret and is not signed",
        Provenance::Asked => "it was asked for",
    };
    let outcome = last.outcome.as_deref().unwrap_or("waiting");
    let detail = last.detail.as_deref().map(|d| format!(": {d}")).unwrap_or_default();
    format!("the latest delivery was {} at {}; {proof}; {outcome}{detail}", last.event, last.at.human())
}

async fn asked(tx: &mut Tx, name: &str) -> Result<Line> {
    let what = format!("asking {name}");
    Ok(match schedules::note(tx, &poll::schedule(name)).await? {
        Some(note) if note.starts_with("failed") => Line::wrong(what, note),
        Some(note) => Line::ok(what, note),
        None => Line::ok(what, "it was not asked yet: the service does it"),
    })
}
