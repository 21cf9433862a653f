//! What a report says of themes.

use super::{Account, THEMES_MAX};
use crate::domain::ticket::{TicketState, TrackerName};
use crate::id::ThemeId;
use crate::render::doc::{Block, Inline};
use crate::render::issue::wants;
use crate::render::{picture, summary};

/// The themes, a line each.
pub(super) fn themes_table(a: &Account<'_>) -> Block {
    let rows = a
        .themes
        .iter()
        .take(THEMES_MAX)
        .map(|t| {
            vec![
                vec![Inline::Text(t.name.clone())],
                vec![Inline::Text(wants(t.intent()).into())],
                vec![Inline::Text(t.tally.people().to_string())],
                vec![Inline::Text(picture::legend(t.tally))],
                tickets_of(a, &t.id),
            ]
        })
        .collect();
    let head = ["Theme", "What", "People", "Feeling", "Tickets"].map(ToOwned::to_owned).to_vec();
    Block::Table { head, rows }
}

/// What the largest themes come to, with what some wrote.
pub(super) fn in_their_words(a: &Account<'_>) -> Vec<Block> {
    let named = |id: &ThemeId| a.themes.iter().find(|t| t.id == *id).map(|t| t.name.as_str());
    let told = a.told.map(|t| t.themes.as_slice()).unwrap_or_default();
    told.iter().filter_map(|(id, told)| Some(summary::theme(named(id)?, told))).flatten().collect()
}

/// A theme's tickets, each as a link where it is there, and as what became of it where it is not.
fn tickets_of(a: &Account<'_>, theme: &ThemeId) -> Vec<Inline> {
    let mut cell = Vec::new();
    for ticket in a.tickets.iter().filter(|k| k.theme.as_ref() == Some(theme)) {
        if !cell.is_empty() {
            cell.push(Inline::Text(", ".into()));
        }
        let name = ticket.tracker.as_str();
        cell.push(match (ticket.state, &ticket.key, &ticket.url) {
            (TicketState::Dismissed, ..) => Inline::Text(format!("{name}: a person deleted it")),
            (_, Some(key), Some(url)) => Inline::Link { text: shown(ticket.tracker, key), url: url.clone() },
            (_, Some(key), None) => Inline::Text(shown(ticket.tracker, key)),
            (TicketState::Failed, None, _) => Inline::Text(format!("{name}: could not be filed")),
            (TicketState::Wanted | TicketState::Filed, None, _) => Inline::Text(format!("{name}: on its way")),
        });
    }
    if cell.is_empty() { vec![Inline::Text("none".into())] } else { cell }
}

/// A ticket's key as its tracker's people write it.
pub fn shown(tracker: TrackerName, key: &str) -> String {
    match tracker {
        TrackerName::GitHub => format!("#{key}"),
        TrackerName::Jira | TrackerName::Local => key.to_owned(),
    }
}
