//! Tickets that would be filed, as a list of boxes; and what people ticked in it.
//!
//! A box is ours where its line stands in our section, outside of quotes and code, and ends with our mark: a MAC over the
//! rollout and the theme. Everything else that looks like a box is text.

use subtle::ConstantTimeEq as _;

use super::doc::{Block, Inline, Task};
use super::issue::counted;
use super::markers::{self, Marker, MarkerKind};
use super::tame::one_line;
use crate::id::{RolloutId, ThemeId};
use crate::time::UnixMs;

/// How a mark begins.
const SUGGEST: &str = "<!-- hearback:suggest ";
/// What is signed besides the rollout and the theme.
const KIND: &str = "suggest";
/// Longest reason and name of a person that are shown, in characters.
const WORDS_MAX: usize = 300;

/// By what a tick is known as ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The theme.
    pub theme: ThemeId,
    mac: String,
}

impl Mark {
    /// Signs a mark. `tracker` is part of what is signed, so that one copied from elsewhere does not pass.
    pub fn sign(secret: &[u8], tracker: &str, rollout: &RolloutId, theme: &ThemeId) -> Self {
        Self { theme: theme.clone(), mac: markers::mac(secret, KIND, tracker, rollout, theme.as_str()) }
    }

    /// The mark as it stands at the end of a line.
    pub fn line(&self) -> String {
        let theme: String = self.theme.as_str().chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        format!("{SUGGEST}{theme} {} -->", self.mac)
    }
}

/// A ticket that would be filed, or was because somebody said yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// The theme.
    pub theme: ThemeId,
    /// Its name.
    pub name: String,
    /// Distinct people in it.
    pub people: i64,
    /// By what a tick is known, where the tracker tells us of ticks.
    pub mark: Option<String>,
    /// How it stands.
    pub standing: Standing,
}

/// How a suggestion stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It waits for a yes.
    Open,
    /// It waits again: so many new people say what somebody refused.
    Again {
        /// How many.
        fresh: i64,
        /// Who refused it.
        actor: String,
        /// Why.
        reason: String,
    },
    /// Somebody said yes, and it is not there yet.
    OnItsWay,
    /// It is there.
    Filed {
        /// As its tracker's people write it.
        shown: String,
        /// Where people open it.
        url: Option<String>,
    },
    /// Somebody said no.
    Refused {
        /// Who.
        actor: String,
        /// Why.
        reason: String,
        /// When.
        at: UnixMs,
        /// New people after whom it is offered again.
        again_after: i64,
    },
}

impl Standing {
    /// The name that is sent.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Again { .. } => "offered_again",
            Self::OnItsWay => "on_its_way",
            Self::Filed { .. } => "filed",
            Self::Refused { .. } => "refused",
        }
    }
}

/// What a report says of suggestions; nothing where there is none.
pub fn blocks(all: &[Suggestion]) -> Vec<Block> {
    let text = |t: &str| Block::Paragraph(vec![Inline::Text(t.into())]);
    if all.is_empty() {
        return Vec::new();
    }
    let mut blocks = vec![Block::Heading { level: 3, text: vec![Inline::Text("Would be filed".into())] }];
    let tasks: Vec<Task> = all.iter().filter_map(task).collect();
    if !tasks.is_empty() {
        blocks.push(text("The policy wants a person's yes before these become tickets of their own:"));
        let ticked = tasks.iter().any(|t| t.mark.is_some());
        blocks.push(Block::Tasks(tasks));
        blocks.push(Block::Paragraph(how(ticked)));
    }
    let refused: Vec<Vec<Inline>> = all.iter().filter_map(refused).collect();
    if !refused.is_empty() {
        blocks.push(text("Not filed, because somebody said no:"));
        blocks.push(Block::Bullets(refused));
    }
    blocks
}

/// How people answer.
fn how(ticked: bool) -> Vec<Inline> {
    let text = |t: &str| Inline::Text(t.into());
    let (approve, refuse) = (Inline::Code("hearback approve".into()), Inline::Code("hearback refuse".into()));
    if ticked {
        return vec![
            text("Tick a box to file it; untick it before it is filed to take that back. "),
            refuse,
            text(" with the rollout, the theme and a reason says no."),
        ];
    }
    vec![approve, text(" with the rollout and the theme files one, "), refuse, text(" with a reason says no.")]
}

fn task(one: &Suggestion) -> Option<Task> {
    let says = if one.people == 1 { "says" } else { "say" };
    let people = format!("{} — {} {says} it", one.name, counted(one.people, "distinct person", "distinct people"));
    let id = [Inline::Text(", ".into()), Inline::Code(one.theme.0.clone())];
    let mut text = vec![Inline::Text(people)];
    text.extend(id);
    let (done, mark) = match &one.standing {
        Standing::Open => (false, one.mark.clone()),
        Standing::Again { fresh, actor, reason } => {
            let more = if *fresh == 1 { "1 more person says".into() } else { format!("{fresh} more people say") };
            text.push(Inline::Text(format!("; {more} it since {}", by(actor, reason))));
            (false, one.mark.clone())
        }
        Standing::OnItsWay => {
            text.push(Inline::Text("; on its way".into()));
            (true, one.mark.clone())
        }
        // It is there: what happens to it is said there.
        Standing::Filed { shown, url } => {
            text.push(Inline::Text(": ".into()));
            text.push(match url {
                Some(url) => Inline::Link { text: shown.clone(), url: url.clone() },
                None => Inline::Text(shown.clone()),
            });
            (true, None)
        }
        Standing::Refused { .. } => return None,
    };
    Some(Task { done, text, mark })
}

fn refused(one: &Suggestion) -> Option<Vec<Inline>> {
    let Standing::Refused { actor, reason, at, again_after } = &one.standing else { return None };
    let again = counted(*again_after, "more person says it", "more people say it");
    let said =
        format!("{} — refused by {}, {}; offered again once {again}, ", one.name, who(actor, reason), at.human());
    Some(vec![Inline::Text(said), Inline::Code(one.theme.0.clone())])
}

/// `ada refused it: known, see the run book`.
fn by(actor: &str, reason: &str) -> String {
    let reason = one_line(reason, WORDS_MAX);
    let actor = one_line(actor, WORDS_MAX);
    if reason.is_empty() { format!("{actor} refused it") } else { format!("{actor} refused it: “{reason}”") }
}

fn who(actor: &str, reason: &str) -> String {
    let reason = one_line(reason, WORDS_MAX);
    let actor = one_line(actor, WORDS_MAX);
    if reason.is_empty() { actor } else { format!("{actor}: “{reason}”") }
}

/// A box of ours as it stands in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticked {
    /// The theme.
    pub theme: ThemeId,
    /// Whether it is ticked.
    pub done: bool,
}

/// Our boxes in the text of a rollout's report, in their order. Of several about one theme the first counts.
pub fn read(text: &str, secret: &[u8], tracker: &str, rollout: &RolloutId) -> Vec<Ticked> {
    let report = Marker::sign(secret, MarkerKind::Section, tracker, rollout, "report");
    let mut found: Vec<Ticked> = Vec::new();
    for line in markers::plain_lines(text, &report) {
        let Some(one) = read_line(line, secret, tracker, rollout) else { continue };
        if found.iter().all(|f| f.theme != one.theme) {
            found.push(one);
        }
    }
    found
}

/// Whether a text may hold boxes at all: asked before any secret is.
pub fn may_hold(text: &str) -> bool {
    text.contains(SUGGEST)
}

fn read_line(line: &str, secret: &[u8], tracker: &str, rollout: &RolloutId) -> Option<Ticked> {
    let rest = line.strip_prefix(['-', '*', '+'])?.strip_prefix(" [")?;
    let done = match rest.chars().next()? {
        ' ' => false,
        'x' | 'X' => true,
        _ => return None,
    };
    let rest = rest[1..].strip_prefix("] ")?;
    let mark = &rest[rest.rfind(SUGGEST)? + SUGGEST.len()..];
    let (theme, mac) = mark.strip_suffix(" -->")?.split_once(' ')?;
    let theme = ThemeId(theme.to_owned());
    let ours = Mark::sign(secret, tracker, rollout, &theme);
    bool::from(ours.mac.as_bytes().ct_eq(mac.as_bytes())).then_some(Ticked { theme, done })
}

#[cfg(test)]
mod tests;
