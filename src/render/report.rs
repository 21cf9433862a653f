//! The readable account of a rollout: as an issue, as Markdown, as a page, as data.

use super::brought;
use super::doc::{Block, Doc, Inline};
use super::findings;
use super::issue::{counted, footer, one_line};
use super::picture;
use super::summary::{self, Told};
use super::tasks::{self, Suggestion};
use crate::domain::finding::Finding;
use crate::domain::mention::Mention;
use crate::domain::rollout::{End, Rollout};
use crate::domain::tally::Tally;
use crate::domain::theme::Theme;
use crate::domain::ticket::Ticket;
use crate::domain::window::{Transition, Window, WindowState};
use crate::id::ThemeId;
use crate::plan::verdict::{self, Share};
use crate::time::UnixMs;

mod data;
mod themes;
pub use data::{data, finding, mention, theme};
pub use themes::shown;
use themes::{in_their_words, themes_table};

/// Themes that a report names.
const THEMES_MAX: usize = 20;
/// Findings that a report tells; all of them stand under `/findings` and in `hearback why`.
const FINDINGS_MAX: usize = 12;
/// Steps of the window that a report names: the latest.
const STEPS_MAX: usize = 20;

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
    /// People who were asked, where that is known.
    pub asked: Option<i64>,
    /// Statements read, revisions included.
    pub items: i64,
    /// Statements that are spam.
    pub spam: i64,
    /// Themes, the largest first.
    pub themes: &'a [Theme],
    /// Tickets filed or wanted.
    pub tickets: &'a [Ticket],
    /// Tickets that would be filed if a person said yes, and what people said of them.
    pub suggested: &'a [Suggestion],
    /// The releases and pull requests that brought it, where it is a flag's.
    pub brought_by: &'a [Mention],
    /// The flags' rollouts that it brought, where it is a release's.
    pub brought: &'a [Rollout],
    /// Distinct people that a ticket asks for.
    pub min_people: i64,
    /// What the counters say.
    pub findings: &'a [Finding],
    /// What it comes to, and what its largest themes do; left out where customers' words may not stand.
    pub told: Option<&'a Summaries>,
}

/// What a rollout comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Summaries {
    /// The rollout.
    pub whole: Told,
    /// Its largest themes.
    pub themes: Vec<(ThemeId, Told)>,
}

/// `Customer feedback on v1.4.0`.
pub fn title(rollout: &Rollout) -> String {
    format!("Customer feedback on {}", one_line(&rollout.label(), 80))
}

/// The section that hearback keeps true in the issue about a rollout.
pub fn section(a: &Account<'_>) -> Doc {
    // An issue's body keeps every text that it ever had: customers' words don't belong there.
    let mut doc = body(&Account { told: None, ..*a });
    doc.blocks.push(footer(a.rollout, None));
    doc
}

/// The report as a document of its own, with its title.
pub fn document(a: &Account<'_>) -> Doc {
    let mut blocks = vec![Block::Heading { level: 1, text: vec![Inline::Text(title(a.rollout))] }];
    blocks.extend(body(a).blocks);
    Doc { blocks }
}

/// The report as a document that stands alone: a page, a file.
pub fn body(a: &Account<'_>) -> Doc {
    let heading = |text: &str| Block::Heading { level: 3, text: vec![Inline::Text(text.into())] };
    let text = |t: String| Block::Paragraph(vec![Inline::Text(t)]);
    let stop = || Inline::Text(".".into());
    let mut blocks = vec![Block::Paragraph(vec![Inline::Strong(verdict::sentence(a.rollout, a.tally, a.min_people))])];
    blocks.extend(findings::alarms(a.findings));
    if a.tally.people() > 0 {
        blocks.push(text(picture::line(a.tally)));
    }
    if let Some(told) = a.told.filter(|_| a.tally.people() > 0) {
        blocks.push(Block::Paragraph(summary::words(&told.whole)));
    }
    blocks.push(Block::Paragraph(standing(a)));
    if !a.brought_by.is_empty() {
        let label = Inline::Text("Brought by ".into());
        blocks.push(Block::Paragraph([vec![label], brought::by(a.brought_by, a.rollout), vec![stop()]].concat()));
    }
    if !a.brought.is_empty() {
        let label = Inline::Text("It brought ".into());
        blocks.push(Block::Paragraph([vec![label], brought::rollouts(a.brought), vec![stop()]].concat()));
    }
    if !a.themes.is_empty() {
        blocks.push(heading("What they say"));
        blocks.push(themes_table(a));
        if a.themes.len() > THEMES_MAX {
            let more = i64::try_from(a.themes.len() - THEMES_MAX).unwrap_or(i64::MAX);
            let are = if more == 1 { "is" } else { "are" };
            blocks.push(text(format!("{} {are} not shown.", counted(more, "smaller theme", "smaller themes"))));
        }
    } else if a.tally.people() > 0 {
        blocks.push(heading("What they say"));
        blocks.push(text("No theme yet: nobody said the same as somebody else.".into()));
    }
    blocks.extend(in_their_words(a));
    let name = |id: &str| data::theme_name(a, id);
    if let Some(found) = findings::bullets(a.findings, FINDINGS_MAX, &name) {
        blocks.push(heading("What they did, and whether it is real"));
        blocks.extend(findings::arms(a.findings));
        blocks.push(found);
    }
    blocks.extend(tasks::blocks(a.suggested));
    if !a.rollout.stages.is_empty() {
        blocks.push(heading("Stages"));
        blocks.push(stages_table(a.rollout));
    }
    blocks.push(heading("How sure this is"));
    blocks.push(text(how_sure(a)));
    if !a.history.is_empty() {
        blocks.push(heading("How the window went"));
        blocks.push(Block::Bullets(history(a.history)));
    }
    Doc { blocks }
}

/// What was rolled out since when, and whether more is to come.
fn standing(a: &Account<'_>) -> Vec<Inline> {
    let since = match (a.rollout.started_at, a.rollout.ended) {
        (None, _) => " is not rolled out yet".to_owned(),
        (Some(at), None) => format!(" reaches customers since {}", at.human()),
        (Some(at), Some((end, how))) => {
            format!(" reached customers from {} and was {} {}", at.human(), ended(how), end.human())
        }
    };
    let mut said = rolled_out(a.rollout);
    said.push(Inline::Text(format!("{since}. The window: {}.", status(a.window))));
    said
}

/// How a rollout ended, before its time.
pub fn ended(how: End) -> &'static str {
    match how {
        End::RolledBack => "rolled back",
        End::Deleted => "deleted",
        End::Archived => "archived",
    }
}

/// The rollout's name and repository, with a link to where people read more.
pub fn rolled_out(rollout: &Rollout) -> Vec<Inline> {
    let label = rollout.label();
    let mut named = vec![match &rollout.about.url {
        Some(url) => Inline::Link { text: label, url: url.clone() },
        None => Inline::Text(label),
    }];
    if let Some(repo) = &rollout.about.repo {
        named.push(Inline::Text(format!(" of {repo}")));
    }
    named
}

/// The latest steps, oldest first.
fn history(steps: &[Transition]) -> Vec<Vec<Inline>> {
    let skipped = steps.len().saturating_sub(STEPS_MAX);
    let mut shown = Vec::new();
    if skipped > 0 {
        shown.push(vec![Inline::Text(format!("{skipped} earlier steps are not shown"))]);
    }
    shown.extend(steps[skipped..].iter().map(|t| vec![Inline::Text(step(t))]));
    shown
}

/// Where a window stands: `open until 2026-10-16 10:00 UTC, so that the numbers may still move`.
pub fn status(window: &Window) -> String {
    let until =
        if window.closes_at == UnixMs::NEVER { String::new() } else { format!(" until {}", window.closes_at.human()) };
    let closed = window.closed_at.map_or_else(String::new, |at| format!(" since {}", at.human()));
    match window.state {
        WindowState::Planned => "planned, nobody is exposed yet".into(),
        WindowState::Open => format!("open{until}, so that the numbers may still move"),
        WindowState::Soaking => {
            format!("everybody has it; soaking and open{until}, so that the numbers may still move")
        }
        WindowState::Reopened => format!("reopened{until}, so that the numbers may still move"),
        WindowState::Closing => "closing, what came in is still being read".into(),
        WindowState::Closed => format!("closed{closed}"),
        WindowState::Cancelled => format!("cancelled{closed}, nobody was ever exposed"),
    }
}

fn stages_table(rollout: &Rollout) -> Block {
    let rows = rollout
        .stages
        .iter()
        .map(|s| {
            let until = s.until.map_or_else(|| "now".to_owned(), UnixMs::human);
            let name = match s.by.words() {
                "" => s.name.clone(),
                by => format!("{}, {by}", s.name),
            };
            [name, s.exposure.words(), s.from.human(), until].map(|t| vec![Inline::Text(t)]).to_vec()
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
    format!("{}: {what}; {} ({})", t.at.human(), t.cause, t.actor)
}

fn how_sure(a: &Account<'_>) -> String {
    let people = a.tally.people();
    let mut said = Vec::new();
    if people > 0 {
        let who = counted(people, "distinct person", "distinct people");
        let wrote = counted(a.items, "statement", "statements");
        said.push(format!("{who} in {wrote}: each person counts once, with the latest statement."));
    }
    if a.anonymous > 0 {
        let did = "did not say who they are: of these, the same words count as one person.";
        said.push(format!("{} of them {did}", a.anonymous));
    }
    if a.spam > 0 {
        let were = if a.spam == 1 { "was" } else { "were" };
        said.push(format!("{} {were} set aside as spam.", counted(a.spam, "statement", "statements")));
    }
    said.push(match a.asked {
        Some(asked) => format!("{} people who were asked answered.", Share::of(people, asked.max(people)).words()),
        None => "How many were asked is not known, so no response rate is claimed.".into(),
    });
    said.join(" ")
}

#[cfg(test)]
mod tests;
