//! `hearback themes`.

use anyhow::{Result, anyhow};
use clap::{Args as ClapArgs, Subcommand};
use serde_json::json;

use super::rollouts::find;
use super::{Done, WrongCall};
use crate::flow::Context;
use crate::flow::themes::{self, Shown, Wish};
use crate::id::{FeedbackId, RolloutId, ThemeId};
use crate::jobs;

/// Which rollout, and what is to be done with its themes.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// The rollout, or the beginning of its id.
    rollout: String,
    /// JSON instead of words.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    wish: Option<Command>,
}

/// What is to be done; each can be undone.
#[derive(Debug, Subcommand)]
enum Command {
    /// Show what the first theme says in the second from now on.
    Merge {
        /// The theme that goes, th_….
        theme: String,
        /// The theme that stays.
        into: String,
    },
    /// Give statements a theme of their own.
    Split {
        /// The theme that they leave.
        theme: String,
        /// The statements, fb_….
        #[arg(required = true)]
        ids: Vec<String>,
    },
    /// Put a statement in another theme.
    Move {
        /// The statement, fb_….
        feedback: String,
        /// The theme, or `none`.
        theme: String,
    },
    /// Take the latest of these back.
    Undo,
}

impl Command {
    fn wish(&self) -> Wish {
        let theme = |id: &String| ThemeId(id.clone());
        match self {
            Self::Merge { theme: one, into } => Wish::Merge(theme(one), theme(into)),
            Self::Split { theme: one, ids } => Wish::Split(theme(one), ids.iter().cloned().map(FeedbackId).collect()),
            Self::Move { feedback, theme: to } => {
                Wish::Move(FeedbackId(feedback.clone()), Some(theme(to)).filter(|_| to != "none"))
            }
            Self::Undo => Wish::Undo,
        }
    }
}

/// Does what is wished, and shows the themes of a rollout.
pub async fn run(ctx: &Context, args: &Args) -> Result<Done> {
    let id: RolloutId = find(ctx, &args.rollout).await?;
    if let Some(command) = &args.wish {
        let done = themes::decide(ctx, &id, command.wish(), "a person at the command line").await;
        done.map_err(|e| match themes::refused(&e) {
            Some(refused) => anyhow!(WrongCall(refused.to_string())),
            None => e,
        })?;
        jobs::read_and_plan(ctx).await?;
    }
    let shown = themes::shown(ctx, &id).await?;
    if args.json { as_json(&shown) } else { in_words(&shown) }
}

fn as_json(shown: &Shown) -> Result<Done> {
    let themes: Vec<_> = shown
        .themes
        .iter()
        .map(|t| {
            json!({"theme": t.id, "name": t.name, "people": t.tally.people(), "tally": t.tally, "intent": t.intent(),
                   "first_at": t.first_at.rfc3339(), "last_at": t.last_at.rfc3339()})
        })
        .collect();
    let alike: Vec<_> = shown
        .alike
        .iter()
        .map(|(a, b, near)| json!({"themes": [a, b], "nearness": (near * 100.0).round() / 100.0}))
        .collect();
    put!("{}", serde_json::to_string_pretty(&json!({"themes": themes, "alike": alike}))?);
    Ok(Done::Well)
}

fn in_words(shown: &Shown) -> Result<Done> {
    for t in &shown.themes {
        put!("{}  {:>5}  {}", t.id, t.tally.people(), t.name);
    }
    if shown.themes.is_empty() {
        eprintln!("nobody said anything yet that could be shared");
    }
    for (a, b, near) in &shown.alike {
        eprintln!("{a} and {b} may say the same ({near:.2}): `hearback themes ROLLOUT merge {b} {a}`");
    }
    Ok(Done::Well)
}
