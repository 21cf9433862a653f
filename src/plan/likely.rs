//! Which of people's own issues say what a theme says.
//!
//! Customers and developers name the same thing in other words, so that neither words nor meaning alone decide: both are
//! counted, and each issue is compared with the others of its repository, where a word that stands in all of them tells
//! nothing. What is measured on labelled pairs stands in the test.

use std::collections::BTreeSet;

use crate::analysis::themes::{Direction, direction, likeness};
use crate::analysis::wording::{Rarity, stems};
use crate::domain::annotation::Intent;
use crate::domain::existing::{Existing, Listed, Related};
use crate::time::{DAY_MS, UnixMs};

/// Likeness from which an issue surely says the same.
pub const LINKS_FROM: f64 = 0.62;
/// Likeness from which an issue is worth a mention.
pub const MENTIONS_FROM: f64 = 0.42;
/// How far the likeliest issue must be ahead of the next to be the ticket: of two that say the same it is not known which.
const AHEAD: f64 = 0.04;
/// Issues that a ticket names.
const NAMED_MAX: usize = 3;
/// Closed issues that changed longer ago are over, ms.
const CLOSED_MAX_MS: i64 = 90 * DAY_MS;
/// Issues that changed longer ago are less likely, ms.
const OLD_MS: i64 = 180 * DAY_MS;

/// What a theme says.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// Its name.
    pub name: &'a str,
    /// Some of what people wrote, each with its language.
    pub samples: &'a [(&'a str, &'a str)],
    /// What most of them want.
    pub intent: Option<Intent>,
}

/// An issue with how likely it says the same, 0 to 1.
#[derive(Clone, Copy, Debug)]
pub struct Likely<'a> {
    /// The issue.
    pub issue: &'a Listed,
    /// How likely.
    pub score: f64,
}

/// What follows from people's own issues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// This one is the ticket.
    Link(Related),
    /// Ours names these; perhaps none.
    Mention(Vec<Related>),
}

/// Decides by the setting what follows; `ranked` the likeliest first.
pub fn choose(existing: Existing, ranked: &[Likely<'_>]) -> Choice {
    let related = |l: &Likely<'_>| Related { key: l.issue.key.clone(), url: l.issue.url.clone() };
    let next = ranked.get(1).map_or(0.0, |l| l.score);
    match (existing, ranked.first()) {
        (Existing::Off, _) => Choice::Mention(Vec::new()),
        // One that was closed is theirs to open again.
        (Existing::Link, Some(best)) if best.issue.open && best.score >= LINKS_FROM && best.score - next >= AHEAD => {
            Choice::Link(related(best))
        }
        (Existing::Link | Existing::Mention, _) => {
            let worth = ranked.iter().filter(|l| l.score >= MENTIONS_FROM).take(NAMED_MAX);
            Choice::Mention(worth.map(related).collect())
        }
    }
}

/// Issues by how likely they say what the theme says, the likeliest first; of equally likely ones the latest.
pub fn rank<'a>(about: &About<'_>, issues: &'a [Listed], now: UnixMs) -> Vec<Likely<'a>> {
    let read: Vec<Read> = issues.iter().map(Read::of).collect();
    let rarity = Rarity::of(read.iter().map(|r| &r.all));
    let theme = Theme::of(about);
    let open = |i: &Listed| i.open || now.since(i.updated_at) <= CLOSED_MAX_MS;
    let mut ranked: Vec<Likely<'a>> = issues
        .iter()
        .zip(&read)
        .filter(|(issue, _)| open(issue))
        .map(|(issue, read)| Likely {
            issue,
            score: (theme.likeness(read, &rarity) + leaning(about, issue, now)).clamp(0.0, 1.0),
        })
        .collect();
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| b.issue.updated_at.cmp(&a.issue.updated_at)));
    ranked
}

/// What labels and age add or take away.
fn leaning(about: &About<'_>, issue: &Listed, now: UnixMs) -> f64 {
    let labelled =
        |words: &[&str]| issue.labels.iter().any(|label| words.iter().any(|word| label.to_lowercase().contains(word)));
    let (bug, wish) = (labelled(&["bug", "regression", "defect"]), labelled(&["enhancement", "feature", "idea"]));
    let label = match about.intent {
        Some(Intent::Bug) if bug => 0.03,
        Some(Intent::Bug) if wish => -0.05,
        Some(Intent::Request) if wish => 0.03,
        Some(Intent::Request) if bug => -0.05,
        Some(Intent::Bug | Intent::Request | Intent::Usability | Intent::Question | Intent::Praise | Intent::Other)
        | None => 0.0,
    };
    let old = if now.since(issue.updated_at) > OLD_MS { -0.03 } else { 0.0 };
    let closed = if issue.open { 0.0 } else { -0.03 };
    label + old + closed
}

/// A theme, read.
struct Theme {
    name: Option<Direction>,
    said: Vec<Direction>,
    /// Words of its name and those that more than one wrote.
    stems: BTreeSet<String>,
}

impl Theme {
    fn of(about: &About<'_>) -> Self {
        let language = about.samples.first().map_or("en", |(_, language)| *language);
        let said: Vec<BTreeSet<String>> = about.samples.iter().map(|(text, language)| stems(text, language)).collect();
        let shared = |stem: &&String| said.iter().filter(|s| s.contains(*stem)).count() > 1;
        let shared: BTreeSet<String> = said.iter().flatten().filter(shared).cloned().collect();
        Self {
            name: direction(about.name, language),
            said: about.samples.iter().filter_map(|(text, language)| direction(text, language)).collect(),
            stems: stems(about.name, language).into_iter().chain(shared).collect(),
        }
    }

    /// How near an issue is, 0 to 1.
    fn likeness(&self, issue: &Read, rarity: &Rarity) -> f64 {
        let near = |one: Option<&Direction>| {
            let Some(one) = one else { return 0.0 };
            let said: Vec<f64> = self.said.iter().map(|s| likeness(s, one)).collect();
            let mean = said.iter().sum::<f64>() / said.len().max(1) as f64;
            self.name.as_ref().map_or(mean, |name| f64::midpoint(mean, likeness(name, one)))
        };
        let meaning = near(issue.title.as_ref()).max(near(issue.whole.as_ref()));
        let told = rarity.covered(&self.stems, &issue.all);
        let of_title = rarity.covered(&issue.head, &self.stems);
        0.5 * meaning + 0.35 * told + 0.15 * of_title
    }
}

/// An issue, read. Its own words are English, or taken for that.
struct Read {
    title: Option<Direction>,
    whole: Option<Direction>,
    head: BTreeSet<String>,
    all: BTreeSet<String>,
}

impl Read {
    fn of(issue: &Listed) -> Self {
        let whole = format!("{}\n{}", issue.title, issue.text);
        let language = crate::analysis::language_of(&whole);
        Self {
            title: direction(&issue.title, language),
            whole: direction(&whole, language),
            head: stems(&issue.title, language),
            all: stems(&whole, language),
        }
    }
}

#[cfg(test)]
mod tests;
