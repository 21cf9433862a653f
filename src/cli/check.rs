//! `hearback check`.

use anyhow::Result;

use super::Done;
use crate::flow::{Context, check};

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

/// Prints a line for each thing that was tried; fails where anything is wrong.
pub async fn run(ctx: &Context, args: &Args) -> Result<Done> {
    if args.retry {
        let n = check::retry_failed(ctx).await?;
        eprintln!("{n} actions that were given up wait for another try");
    }
    let mut lines = check::check(ctx).await?;
    let file = ctx.config.file.as_ref().map_or_else(|| "defaults and environment".to_owned(), |f| f.display().to_string());
    lines.insert(0, check::Line { what: "settings".into(), ok: true, says: file });
    if args.json {
        println!("{}", serde_json::to_string_pretty(&lines)?);
    } else {
        let width = lines.iter().map(|l| l.what.chars().count()).max().unwrap_or(0);
        for line in &lines {
            println!("{:5} {:width$}  {}", if line.ok { "ok" } else { "WRONG" }, line.what, line.says);
        }
    }
    Ok(if lines.iter().all(|l| l.ok) { Done::Well } else { Done::Failed })
}
