//! `hearback correct`.

use anyhow::{Result, bail};
use clap::Args as ClapArgs;

use super::{Done, WrongCall};
use crate::domain::annotation::{Intent, Sentiment};
use crate::domain::correction::Correction;
use crate::flow::{Context, correct};
use crate::id::FeedbackId;
use crate::jobs;

/// Which statement, and what it means.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// The statement, fb_….
    #[arg(value_name = "FEEDBACK_ID")]
    id: String,
    /// How it feels: negative, neutral, positive or mixed.
    #[arg(long, value_name = "LABEL", value_parser = sentiment)]
    sentiment: Option<Sentiment>,
    /// What it wants, the main thing first: bug, request, usability, question, praise or other, joined by commas.
    #[arg(long, value_name = "LABELS", value_delimiter = ',', value_parser = intent)]
    intent: Vec<Intent>,
    /// Whether nobody meant it.
    #[arg(long, value_name = "true|false")]
    spam: Option<bool>,
    /// Who says so; it is recorded.
    #[arg(long, value_name = "NAME")]
    who: String,
}

fn sentiment(text: &str) -> Result<Sentiment, String> {
    Sentiment::parse(text).ok_or_else(|| "expected negative, neutral, positive or mixed".into())
}

fn intent(text: &str) -> Result<Intent, String> {
    Intent::parse(text).ok_or_else(|| "expected bug, request, usability, question, praise or other".into())
}

/// Keeps the correction and reads the statement again under it.
pub async fn run(ctx: &Context, args: &Args) -> Result<Done> {
    let intents = Some(args.intent.clone()).filter(|i| !i.is_empty());
    let correction = Correction { sentiment: args.sentiment, intents, spam: args.spam };
    if correction == Correction::default() {
        return Err(WrongCall("nothing to correct: expected --sentiment, --intent or --spam".into()).into());
    }
    if args.who.trim().is_empty() {
        return Err(WrongCall("--who: expected a name; it is recorded".into()).into());
    }
    let id = FeedbackId(args.id.clone());
    if !correct::correct(ctx, &id, &correction, args.who.trim()).await? {
        bail!("there is no statement {id}");
    }
    jobs::read_and_plan(ctx).await?;
    eprintln!("{id} is read so from now on; `hearback train` learns from it");
    Ok(Done::Well)
}
