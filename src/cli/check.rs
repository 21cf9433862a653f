//! `hearback check`.

use std::sync::Arc;

use anyhow::Result;

use super::Done;
use crate::app;
use crate::config::Config;
use crate::flow::Context;
use crate::flow::check::{self, Line};
use crate::id::OsEntropy;
use crate::time::SystemClock;

/// What `check` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// First make what was given up wait for another try.
    #[arg(long)]
    retry: bool,
}

/// Prints a line for each thing that was tried; fails where anything is wrong. Settings or a database that do not open
/// are a line too.
pub async fn run(config: Result<Config>, args: &Args) -> Result<Done> {
    let mut lines = Vec::new();
    match config {
        Err(e) => lines.push(Line::wrong("settings", format!("{e:#}"))),
        Ok(config) => {
            let file = config.file.as_ref().map(|f| f.display().to_string());
            lines.push(Line::ok("settings", file.unwrap_or_else(|| "defaults and environment".to_owned())));
            match app::build(config, Arc::new(SystemClock), Arc::new(OsEntropy)).await {
                Err(e) => lines.push(Line::wrong("start", format!("{e:#}"))),
                Ok(ctx) => {
                    let tried = try_all(&ctx, args).await;
                    ctx.db.close().await;
                    lines.extend(tried?);
                }
            }
        }
    }
    if args.json {
        put!("{}", serde_json::to_string_pretty(&lines)?);
    } else {
        let width = lines.iter().map(|l| l.what.chars().count()).max().unwrap_or(0);
        for line in &lines {
            put!("{:5} {:width$}  {}", if line.ok { "ok" } else { "WRONG" }, line.what, line.says);
        }
    }
    Ok(if lines.iter().all(|l| l.ok) { Done::Well } else { Done::Failed })
}

async fn try_all(ctx: &Context, args: &Args) -> Result<Vec<Line>> {
    if args.retry {
        let n = check::retry_failed(ctx).await?;
        eprintln!("{n} tickets that were given up get another try");
    }
    check::check(ctx).await
}
