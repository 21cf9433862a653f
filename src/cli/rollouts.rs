//! `hearback rollouts`, `report` and `why`.

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;
use serde_json::{Value, json};

use super::Done;
use crate::domain::flag_state::Step;
use crate::domain::signal::{Exposure, Subject};
use crate::domain::window::WindowState;
use crate::flow::account::{Row, Standing};
use crate::flow::lineage::Lineage;
use crate::flow::{Context, account, lineage, reports, steer};
use crate::id::{FeedbackId, RolloutId, ThemeId};
use crate::jobs;
use crate::render::{findings, html, markdown, picture, report as rendering, track};
use crate::time::UnixMs;

/// What `rollouts` takes.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// Only of this flag's key or release's tag, with everything that was done to the flag.
    name: Option<String>,
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

/// What `ack` takes.
#[derive(Debug, clap::Args)]
pub struct AcknowledgeArgs {
    /// The rollout's id, or a release's tag, or a flag's key.
    id: String,
    /// Which alarm: `rollout`, `better`, `segment/NAME` or `event/NAME`.
    #[arg(default_value = "rollout")]
    alarm: String,
}

/// Lists rollouts by what is rolled out: those of a flag that was switched off and on again stand together.
pub async fn list(ctx: &Context, args: &ListArgs) -> Result<Done> {
    if args.json {
        let standing = match &args.name {
            None => account::latest(ctx, args.limit).await?,
            Some(name) => account::of_name(ctx, name, args.limit).await?,
        };
        let rows: Vec<Row> = standing.into_iter().map(Row::from).collect();
        put!("{}", serde_json::to_string_pretty(&rows)?);
        return Ok(Done::Well);
    }
    let lineages = match &args.name {
        None => lineage::latest(ctx, args.limit).await?,
        Some(name) => lineage::named(ctx, name, args.limit).await?,
    };
    match (&args.name, lineages.is_empty()) {
        (None, true) => eprintln!("no rollout yet: one begins with a release or a flag that is switched on"),
        (Some(name), true) => bail!("neither a flag nor a release is called {name}; `hearback rollouts` lists them"),
        (_, false) => {}
    }
    for (i, one) in lineages.iter().enumerate() {
        if i > 0 {
            put!();
        }
        show(one, ctx.now())?;
    }
    Ok(Done::Well)
}

fn show(one: &Lineage, now: UnixMs) -> Result<()> {
    put!("{}", heading(one));
    for standing in &one.rollouts {
        put!("  {}", summary(standing));
        let track = track::line(&standing.rollout, now);
        if !track.is_empty() {
            put!("      {track}");
        }
        if standing.sentiment.people() > 0 {
            put!("      {}", picture::line(standing.sentiment));
        }
    }
    if one.rollouts.is_empty() {
        put!("  no rollout: customers got it before it was watched, live elsewhere, or never had it");
    }
    for step in &one.steps {
        put!("    {}", change(step));
    }
    Ok(())
}

/// What it is, where it comes from, and how it stands.
fn heading(one: &Lineage) -> String {
    let named = match one.rollouts.first() {
        Some(standing) => standing.rollout.label(),
        None => match &one.subject {
            Subject::Flag { environment, flag, .. } if !environment.is_empty() => format!("{flag} in {environment}"),
            Subject::Flag { flag, .. } | Subject::FlagEverywhere { flag, .. } => flag.clone(),
            Subject::Release { release, .. } => release.clone(),
            Subject::Tag { tag, .. } => tag.clone(),
        },
    };
    let origin = match &one.subject {
        Subject::Flag { platform, project, .. } | Subject::FlagEverywhere { platform, project, .. } => {
            if project.is_empty() { platform.clone() } else { format!("{platform}, project {project}") }
        }
        Subject::Release { origin, .. } | Subject::Tag { origin, .. } => {
            let repo = one.rollouts.first().and_then(|s| s.rollout.about.repo.as_ref());
            repo.map_or_else(|| origin.clone(), ToString::to_string)
        }
    };
    let state = match &one.state {
        Some(state) if state.archived => ", put away".to_owned(),
        Some(state) => state.exposure().map(|e| format!(", now {}", e.words())).unwrap_or_default(),
        None => String::new(),
    };
    format!("{named}  ({origin}{state})")
}

fn summary(standing: &Standing) -> String {
    let window = &standing.window;
    let until = match (window.state, window.closes_at) {
        (WindowState::Open | WindowState::Soaking | WindowState::Reopened, at) if at != UnixMs::NEVER => {
            format!(" until {}", at.human())
        }
        _ => String::new(),
    };
    let after = standing.rollout.parent.as_ref().map(|p| format!(", after {p}")).unwrap_or_default();
    let people = match standing.sentiment.people() {
        0 => "nobody answered yet".to_owned(),
        1 => "1 person".to_owned(),
        n => format!("{n} people"),
    };
    format!(
        "#{} {}  window {}{until}, {people}{after}",
        standing.rollout.generation,
        standing.rollout.id,
        window.state.as_str()
    )
}

/// A change with what was before and after it.
fn change(step: &Step) -> String {
    let words = |e: Option<Exposure>| e.map_or_else(|| "not known".to_owned(), Exposure::words);
    let percent = |p: Option<f64>| p.map_or_else(|| "nobody".to_owned(), |p| format!("{p} %"));
    let moved = match (step.before == step.after, step.percent_before == step.percent_after) {
        (false, _) => format!("{} → {}", words(step.before), words(step.after)),
        (true, true) => format!("stays {}", words(step.after)),
        // What it would reach once it is on.
        (true, false) => format!(
            "stays {}, set from {} to {}",
            words(step.after),
            percent(step.percent_before),
            percent(step.percent_after)
        ),
    };
    let by: Vec<&str> =
        [step.hand.words(), step.actor.as_deref().unwrap_or_default()].into_iter().filter(|w| !w.is_empty()).collect();
    let by = if by.is_empty() { String::new() } else { format!("  ({})", by.join(", ")) };
    format!("{}  {:17} {moved}{by}", step.at.human(), step.what)
}

pub(super) async fn find(ctx: &Context, name: &str) -> Result<RolloutId> {
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

/// Says that somebody has seen an alarm.
pub async fn acknowledge(ctx: &Context, args: &AcknowledgeArgs) -> Result<Done> {
    let id = find(ctx, &args.id).await?;
    if !crate::flow::findings::acknowledge(ctx, &id, &args.alarm, "a person at the command line").await? {
        bail!("no alarm {} is raised there; `hearback why {}` tells which are", args.alarm, args.id);
    }
    eprintln!("seen; it is armed anew and takes twice the evidence to be raised again");
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
        let name = |id: &str| told.themes.get(id).cloned().unwrap_or_else(|| id.to_owned());
        let findings: Vec<Value> = told.findings.iter().map(|f| rendering::finding(f, &name)).collect();
        let body = json!({"rollout": told.rollout.id, "label": told.rollout.label(), "window": told.history,
                          "decisions": decisions, "findings": findings});
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
    put!("\nThe findings");
    let name = |id: &str| told.themes.get(id).cloned().unwrap_or_else(|| id.to_owned());
    for f in &told.findings {
        put!("  {}", findings::line(f, &name));
        put!("      {}: {}", f.name(), f.evidence.method);
        for (counter, value) in &f.evidence.counters {
            put!("      {counter} = {}", findings::abridged(value));
        }
        let read: Vec<&str> = f.evidence.engines.iter().map(String::as_str).collect();
        if !read.is_empty() {
            put!("      read by {}", read.join(", "));
        }
        let ids: Vec<&str> = f.evidence.feedback.iter().map(FeedbackId::as_str).collect();
        if !ids.is_empty() {
            put!("      statements {}", ids.join(", "));
        }
    }
    if told.findings.is_empty() {
        put!("  nothing is counted yet");
    }
    Ok(Done::Well)
}
