//! `hearback rollouts`, `report` and `why`.

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;
use serde_json::{Value, json};

use super::Done;
use crate::domain::window::WindowState;
use crate::flow::{Context, account, reports, steer};
use crate::id::{RolloutId, ThemeId};
use crate::jobs;
use crate::render::{html, markdown, picture, report as rendering};
use crate::time::UnixMs;

/// What `rollouts` takes.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// How many.
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    limit: i64,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What `report` takes.
#[derive(Debug, clap::Args)]
pub struct ReportArgs {
    /// The rollout's id, or a release's tag, or a flag's key.
    id: String,
    /// As what.
    #[arg(long, default_value = "md")]
    format: Format,
    /// The same as --format json.
    #[arg(long)]
    json: bool,
}

/// The forms of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Markdown.
    Md,
    /// A page.
    Html,
    /// Data.
    Json,
}

/// What `why` takes.
#[derive(Debug, clap::Args)]
pub struct WhyArgs {
    /// The rollout's id, or a release's tag, or a flag's key.
    id: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What `approve` takes.
#[derive(Debug, clap::Args)]
pub struct ApproveArgs {
    /// The rollout's id, or a release's tag, or a flag's key.
    id: String,
    /// The theme's id, as `report --json` and `why` show it.
    theme: String,
}

/// Lists rollouts.
pub async fn list(ctx: &Context, args: &ListArgs) -> Result<Done> {
    let rows = account::latest(ctx, args.limit).await?;
    if args.json {
        put!("{}", serde_json::to_string_pretty(&rows)?);
        return Ok(Done::Well);
    }
    if rows.is_empty() {
        eprintln!("no rollout yet: one begins with a release or a flag that is switched on");
    }
    for row in &rows {
        let until = match (row.window.state, row.window.closes_at) {
            (WindowState::Open | WindowState::Soaking | WindowState::Reopened, at) if at != UnixMs::NEVER => {
                format!("until {}", at.human())
            }
            _ => String::new(),
        };
        let people = row.sentiment.people();
        put!(
            "{}  {:9}  {}  {people} people ({})  {} {until}",
            row.id,
            row.window.state.as_str(),
            picture::bar(row.sentiment),
            picture::legend(row.sentiment),
            row.label,
        );
    }
    Ok(Done::Well)
}

async fn find(ctx: &Context, name: &str) -> Result<RolloutId> {
    match account::named(ctx, name).await? {
        Some(id) => Ok(id),
        None => bail!("no rollout {name}; `hearback rollouts` lists them"),
    }
}

/// Prints a rollout's report.
pub async fn report(ctx: &Context, args: &ReportArgs) -> Result<Done> {
    let id = find(ctx, &args.id).await?;
    let full = reports::by_id(ctx, &id).await?.context("the rollout is gone")?;
    let told = full.account();
    match if args.json { Format::Json } else { args.format } {
        Format::Md => {
            put!("{}", markdown::render(&rendering::document(&told)).trim_end());
        }
        Format::Html => {
            put!("{}", html::page(&rendering::title(told.rollout), &rendering::body(&told)).trim_end());
        }
        Format::Json => put!("{}", serde_json::to_string_pretty(&rendering::data(&told))?),
    }
    Ok(Done::Well)
}

/// Files the ticket of a theme; the service does it.
pub async fn approve(ctx: &Context, args: &ApproveArgs) -> Result<Done> {
    let id = find(ctx, &args.id).await?;
    let n = steer::approve(ctx, &id, &ThemeId(args.theme.clone()), "a person at the command line").await?;
    jobs::read_and_plan(ctx).await?;
    eprintln!("{n} tickets are wanted that were not before; `hearback serve` files them");
    Ok(Done::Well)
}

/// Explains each decision about a rollout.
pub async fn why(ctx: &Context, args: &WhyArgs) -> Result<Done> {
    let id = find(ctx, &args.id).await?;
    let told = account::reasons(ctx, &id).await?.context("the rollout is gone")?;
    if args.json {
        let decisions: Vec<Value> = told
            .decisions
            .iter()
            .map(|d| {
                json!({"subject": d.subject, "verdict": d.verdict, "why": d.why, "at": UnixMs(d.at_ms).rfc3339(),
                       "evidence": serde_json::from_str::<Value>(&d.evidence).unwrap_or_default()})
            })
            .collect();
        let body = json!({"rollout": told.rollout.id, "label": told.rollout.label(), "window": told.history, "decisions": decisions});
        put!("{}", serde_json::to_string_pretty(&body)?);
        return Ok(Done::Well);
    }
    put!("{} ({})\n\nThe window", told.rollout.label(), told.rollout.id);
    for step in &told.history {
        put!("  {}", rendering::step(step));
    }
    put!("\nThe tickets");
    for d in &told.decisions {
        put!("  {}: {} {}, because {} {}", UnixMs(d.at_ms).human(), d.verdict, d.subject, d.why, d.evidence);
    }
    if told.decisions.is_empty() {
        put!("  nothing was decided yet");
    }
    Ok(Done::Well)
}
