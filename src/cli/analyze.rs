//! `hearback analyze`: JSON lines in, JSON lines out, in the same order; no database.

use std::io::{BufRead as _, BufWriter, Write as _};

use anyhow::{Context as _, Result};

use super::Done;
use crate::analysis::lines;

/// What `analyze` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Also place each statement in a theme; answers come when the whole input is read.
    #[arg(long)]
    themes: bool,
}

/// Reads stdin to its end. A line that is no statement ends the run with its number, the field and what was expected.
pub fn run(args: &Args) -> Result<Done> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut kept = Vec::new();
    for (i, line) in std::io::stdin().lock().lines().enumerate() {
        let line = line.with_context(|| format!("line {}: expected UTF-8", i + 1))?;
        let line = line.trim_start_matches('\u{feff}');
        if line.trim().is_empty() {
            continue;
        }
        let item = lines::read_line(line).map_err(|e| anyhow::anyhow!("line {}: {e}", i + 1))?;
        if args.themes {
            kept.push(item);
        } else {
            writeln!(out, "{}", lines::answer(&item, None))?;
        }
    }
    let themes = lines::assign(&kept);
    for (item, theme) in kept.iter().zip(&themes) {
        writeln!(out, "{}", lines::answer(item, Some(theme.as_deref())))?;
    }
    out.flush()?;
    Ok(Done::Well)
}
