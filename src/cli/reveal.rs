//! `hearback reveal`.

use anyhow::Result;
use clap::Args as ClapArgs;
use serde_json::json;

use super::{Done, WrongCall};
use crate::flow::{Context, seal};
use crate::id::FeedbackId;

/// Whose words, for whom, and why.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// The statement, fb_….
    #[arg(value_name = "FEEDBACK_ID")]
    id: String,
    /// Who looks; it is recorded.
    #[arg(long, value_name = "NAME")]
    who: String,
    /// Why; it is recorded.
    #[arg(long, value_name = "TEXT")]
    why: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Prints the texts of a statement as they were given, those that lost something.
pub async fn run(ctx: &Context, args: &Args) -> Result<Done> {
    for (name, value) in [("--who", &args.who), ("--why", &args.why)] {
        if value.trim().is_empty() {
            return Err(WrongCall(format!("{name}: expected some words; they are recorded")).into());
        }
    }
    let id = FeedbackId(args.id.clone());
    let revealed = seal::reveal(ctx, &id, args.who.trim(), args.why.trim()).await?;
    if args.json {
        put!("{}", json!({"id": id, "at": revealed.at.rfc3339(), "texts": revealed.texts}));
        return Ok(Done::Well);
    }
    if let Some(text) = revealed.texts.get("text") {
        put!("{text}");
    }
    for (place, text) in revealed.texts.iter().filter(|(place, _)| *place != "text") {
        put!("{place}: {text}");
    }
    eprintln!("recorded: {} looked at {id}, {}", args.who.trim(), revealed.at.human());
    Ok(Done::Well)
}
