//! `hearback policy`: what a policy may say, what is wrong with one, and what it would have filed.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde_json::json;

use super::{Done, WrongCall};
use crate::domain::policy_fault::Fault;
use crate::domain::repo::RepoName;
use crate::flow::Context;
use crate::flow::policies::preview;
use crate::plan::preview::Preview;
use crate::sources::policy as reader;

/// What `policy` does.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Print the JSON Schema of .github/hearback.yml, for editors and checks.
    Schema,
    /// Read a policy, tell all that is wrong with it, and what it would have filed.
    Test(TestArgs),
}

/// What `policy test` takes.
#[derive(Debug, clap::Args)]
pub struct TestArgs {
    /// The file; - for stdin.
    file: PathBuf,
    /// Try it on this repository's rollouts, as owner/name, rather than on all.
    #[arg(long, value_name = "OWNER/NAME")]
    repo: Option<String>,
    /// How far back to look.
    #[arg(long, default_value_t = preview::DAYS, value_name = "DAYS", value_parser = clap::value_parser!(i64).range(1..=3_650))]
    days: i64,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Prints the schema.
pub fn schema() -> Result<Done> {
    put!("{}", serde_json::to_string_pretty(&reader::schema())?);
    Ok(Done::Well)
}

/// Reads the file and prints what it would have come to; fails where it is faulty.
pub async fn test(ctx: &Context, args: &TestArgs) -> Result<Done> {
    let repo = match &args.repo {
        None => None,
        Some(name) => Some(RepoName::parse(name).ok_or_else(|| WrongCall("--repo: expected owner/name".into()))?),
    };
    let policy = match reader::read(&text(args)?) {
        Ok(policy) => policy,
        Err(faults) => return faulty(args, &faults),
    };
    let preview = preview::of(ctx, repo.as_ref(), &policy, args.days).await?;
    if args.json {
        put!("{}", serde_json::to_string_pretty(&told(&preview))?);
    } else {
        put!("{}", preview.sentence());
        for outcome in &preview.outcomes {
            let issues = outcome.deaf.clone().unwrap_or_else(|| {
                let before = outcome.filed.iter().filter(|w| w.before_rollback).count();
                format!("{} filed, {before} before the rollback, {} suggested", outcome.filed.len(), outcome.suggested)
            });
            put!("  {}: {issues}", outcome.label);
        }
    }
    Ok(Done::Well)
}

fn text(args: &TestArgs) -> Result<String> {
    if args.file.as_os_str() == "-" {
        return std::io::read_to_string(std::io::stdin()).context("reading a policy from stdin");
    }
    std::fs::read_to_string(&args.file).with_context(|| format!("reading the policy {}", args.file.display()))
}

fn faulty(args: &TestArgs, faults: &[Fault]) -> Result<Done> {
    if args.json {
        put!("{}", serde_json::to_string_pretty(&json!({"ok": false, "faults": faults}))?);
    } else {
        for fault in faults {
            put!("{}:{fault}", args.file.display());
        }
    }
    Ok(Done::Failed)
}

fn told(preview: &Preview) -> serde_json::Value {
    let outcomes = preview.outcomes.iter().map(|o| {
        let filed: Vec<_> = o
            .filed
            .iter()
            .map(|w| json!({"theme": w.theme, "at": w.at.rfc3339(), "before_rollback": w.before_rollback}))
            .collect();
        json!({"rollout": o.label, "not_watched": o.deaf, "filed": filed, "suggested": o.suggested})
    });
    json!({
        "ok": true,
        "says": preview.sentence(),
        "days": preview.days,
        "filed": preview.filed(),
        "before_rollback": preview.before_rollback(),
        "suggested": preview.suggested(),
        "rollouts": outcomes.collect::<Vec<_>>(),
    })
}
