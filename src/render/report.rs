//! The readable account of a rollout: as an issue, as Markdown, as a page, as data.

use serde_json::{Value, json};

use super::doc::{Block, Doc, Inline};
use super::issue::{footer, one_line, wants};
use super::picture;
use crate::domain::rollout::Rollout;
use crate::domain::tally::Tally;
use crate::domain::theme::Theme;
use crate::domain::ticket::Ticket;
use crate::domain::window::{Transition, Window, WindowState};
use crate::plan::verdict::{self, Share};
use crate::time::UnixMs;

/// Themes that a report names.
const THEMES_MAX: usize = 20;

/// Everything that a report tells.
#[derive(Clone, Copy, Debug)]
pub struct Account<'a> {
    /// The rollout.
    pub rollout: &'a Rollout,
    /// Its window.
    pub window: &'a Window,
    /// How the window came to be as it is.
    pub history: &'a [Transition],
    /// How people feel.
    pub tally: Tally,
    /// Of these, people whose sender did not say who they are.
    pub anonymous: i64,
    /// Statements read, revisions included.
    pub items: i64,
    /// Statements that are spam.
    pub spam: i64,
    /// Themes, the largest first.
    pub themes: &'a [Theme],
    /// Tickets filed or wanted.
    pub tickets: &'a [Ticket],
    /// Themes that wait for a person's yes.
    pub suggested: &'a [String],
    /// Distinct people that a ticket asks for.
    pub min_people: i64,
}

/// `Customer feedback on v1.4.0`.
pub fn title(rollout: &Rollout) -> String {
    format!("Customer feedback on {}", one_line(&rollout.label(), 80))
}

/// The report as a document.
pub fn section(a: &Account<'_>) -> Doc {
    let heading = |text: &str| Block::Heading { level: 4, text: vec![Inline::Text(text.into())] };
    let text = |t: String| Block::Paragraph(vec![Inline::Text(t)]);
    let mut blocks = vec![
        Block::Paragraph(vec![Inline::Strong(verdict::sentence(a.rollout, a.tally, a.min_people))]),
        text(format!("{}  {}", picture::bar(a.tally), picture::legend(a.tally))),
        text(status(a.window)),
    ];
    if a.themes.is_empty() {
        blocks.push(text("No theme: nobody said the same as somebody else.".into()));
    } else {
        blocks.push(heading("What they say"));
        blocks.push(themes_table(a));
        if a.themes.len() > THEMES_MAX {
            blocks.push(text(format!("{} smaller themes are not shown.", a.themes.len() - THEMES_MAX)));
        }
    }
    if !a.suggested.is_empty() {
        blocks.push(heading("Would be filed"));
        blocks.push(text("The policy wants a person's yes before these become tickets of their own:".into()));
        blocks.push(Block::Bullets(a.suggested.iter().map(|s| vec![Inline::Text(s.clone())]).collect()));
    }
    blocks.push(heading("Stages"));
    blocks.push(stages_table(a.rollout));
    blocks.push(heading("The window"));
    blocks.push(Block::Bullets(a.history.iter().map(|t| vec![Inline::Text(step(t))]).collect()));
    blocks.push(heading("How sure this is"));
    blocks.push(text(how_sure(a)));
    blocks.push(footer(a.rollout, None));
    Doc { blocks }
}

fn status(window: &Window) -> String {
    let until =
        if window.closes_at == UnixMs::NEVER { String::new() } else { format!(" until {}", window.closes_at.human()) };
    match window.state {
        WindowState::Planned => "The window is planned: nobody is exposed yet.".into(),
        WindowState::Open => format!("The window is open{until}."),
        WindowState::Soaking => format!("Everybody has it; the window is soaking and open{until}."),
        WindowState::Reopened => format!("The window was reopened{until}."),
        WindowState::Closing => "The window is closing: what came in is still being read.".into(),
        WindowState::Closed => {
            format!("The window is closed since {}.", window.closed_at.map_or_else(String::new, UnixMs::human))
        }
        WindowState::Cancelled => "The window was cancelled: nobody was ever exposed.".into(),
    }
}

fn themes_table(a: &Account<'_>) -> Block {
    let rows = a
        .themes
        .iter()
        .take(THEMES_MAX)
        .map(|t| {
            let ticket = a.tickets.iter().find(|k| k.theme.as_ref() == Some(&t.id));
            let link = match ticket.and_then(|k| Some((k.key.clone()?, k.url.clone()))) {
                Some((key, Some(url))) => Inline::Link { text: key, url },
                Some((key, None)) => Inline::Text(key),
                None => Inline::Text("-".into()),
            };
            vec![
                vec![Inline::Text(t.name.clone())],
                vec![Inline::Text(wants(t.intent()).into())],
                vec![Inline::Text(t.tally.people().to_string())],
                vec![Inline::Text(picture::legend(t.tally))],
                vec![link],
            ]
        })
        .collect();
    let head = ["Theme", "What", "People", "Feeling", "Ticket"].map(ToOwned::to_owned).to_vec();
    Block::Table { head, rows }
}

fn stages_table(rollout: &Rollout) -> Block {
    let rows = rollout
        .stages
        .iter()
        .map(|s| {
            let until = s.until.map_or_else(|| "now".to_owned(), UnixMs::human);
            [s.name.clone(), s.exposure.words(), s.from.human(), until].map(|t| vec![Inline::Text(t)]).to_vec()
        })
        .collect();
    Block::Table { head: ["Stage", "Exposure", "From", "Until"].map(ToOwned::to_owned).to_vec(), rows }
}

/// One step of a window's history for people.
pub fn step(t: &Transition) -> String {
    let what = match t.from {
        Some(from) if from == t.to => format!("{} until {}", t.to.as_str(), t.closes_at.human()),
        Some(_) | None => t.to.as_str().to_owned(),
    };
    format!("{}: {what}, because {} ({})", t.at.human(), t.cause, t.actor)
}

fn how_sure(a: &Account<'_>) -> String {
    let people = a.tally.people();
    format!(
        "{people} distinct people in {} statements; each person counts once, with the latest statement. {} of them did not \
         say who they are: of these, the same words count as one person. {} statements were set aside as spam. How many \
         were asked is not known, so no response rate is claimed.",
        a.items, a.anonymous, a.spam
    )
}

/// The report as data: the same numbers, with the ids behind them.
pub fn data(a: &Account<'_>) -> Value {
    let people = a.tally.people();
    let share = Share::of(a.tally.negative, people);
    json!({
        "rollout": a.rollout.id,
        "label": a.rollout.label(),
        "verdict": {
            "leaning": verdict::leaning(a.tally, a.min_people).as_str(),
            "sentence": verdict::sentence(a.rollout, a.tally, a.min_people),
        },
        "window": {
            "state": a.window.state,
            "opened_at": a.window.opened_at.map(UnixMs::rfc3339),
            "closes_at": (a.window.closes_at != UnixMs::NEVER).then(|| a.window.closes_at.rfc3339()),
            "closed_at": a.window.closed_at.map(UnixMs::rfc3339),
        },
        "people": people,
        "anonymous": a.anonymous,
        "statements": a.items,
        "spam": a.spam,
        "sentiment": a.tally,
        "negative_share": {"low": share.low, "high": share.high, "part": share.part, "whole": share.whole},
        "themes": a.themes.iter().map(|t| json!({
            "id": t.id,
            "name": t.name,
            "intent": t.intent(),
            "people": t.tally.people(),
            "sentiment": t.tally,
            "confidence": t.confidence(),
            "first_at": t.first_at.rfc3339(),
            "last_at": t.last_at.rfc3339(),
        })).collect::<Vec<_>>(),
        "tickets": a.tickets.iter().map(|t| json!({
            "id": t.id,
            "theme": t.theme,
            "tracker": t.tracker,
            "state": t.state,
            "key": t.key,
            "url": t.url,
            "error": t.error,
        })).collect::<Vec<_>>(),
        "stages": a.rollout.stages.iter().map(|s| json!({
            "name": s.name,
            "exposure": s.exposure.words(),
            "from": s.from.rfc3339(),
            "until": s.until.map(UnixMs::rfc3339),
        })).collect::<Vec<_>>(),
        "history": a.history.iter().map(|t| json!({
            "from": t.from,
            "to": t.to,
            "at": t.at.rfc3339(),
            "cause": t.cause.to_string(),
            "actor": t.actor,
        })).collect::<Vec<_>>(),
    })
}
