//! Tries the sentence encoder, with words of our own.

use std::num::NonZeroUsize;
use std::time::Duration;

use anyhow::Result;

use super::super::Context;
use super::Line;
use crate::analysis::themes::Text;

/// Texts of the trial, each with a number that makes it another: what was encoded once is remembered.
const TRIED: u32 = 20;

/// A line where an encoder is configured; that it loads is known, or nothing would have started.
pub(super) async fn line(ctx: &Context, lines: &mut Vec<Line>) -> Result<()> {
    let Some(folder) = &ctx.config.analysis.encoder_dir else { return Ok(()) };
    let embedder = ctx.embedder.clone();
    let before = ctx.now();
    let texts: Vec<String> = (0..TRIED)
        .map(|n| format!("Since the update {n} the checkout crashes when I tap pay ({}).", before.0))
        .collect();
    let tried = tokio::task::spawn_blocking(move || {
        let texts: Vec<Text<'_>> = texts.iter().map(|text| Text { text, language: "en" }).collect();
        embedder.embed(&texts, NonZeroUsize::MIN)
    })
    .await?;
    let each = Duration::from_millis(u64::try_from(ctx.now().since(before)).unwrap_or(0)) / TRIED;
    let what = format!("encoder {}", folder.display());
    let width = match tried {
        Ok(directions) => {
            directions.iter().flatten().map(crate::analysis::themes::Direction::width).next().unwrap_or(0)
        }
        Err(e) => {
            lines.push(Line::wrong(what, format!("{e} (analysis.encoder_dir)")));
            return Ok(());
        }
    };
    let head = match ctx.reader.engine().split(' ').find(|part| part.starts_with("head-")) {
        Some(head) => format!("{head} is asked how statements feel"),
        None => "no hearback-head.bin is in it: how statements feel is read without it".to_owned(),
    };
    let made_by = &ctx.embedder.space().made_by;
    let speed = each.as_secs_f64() * 1_000.0;
    lines.push(Line::ok(what, format!("loads: {made_by}, {width} numbers, {speed:.1} ms for a text; {head}")));
    Ok(())
}
