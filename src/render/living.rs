//! What a section tells of its ticket's own life: where else it lives, that it came back, and in which later rollouts.

use super::doc::Inline;
use super::issue::{counted, one_line};
use super::report;
use crate::domain::rollout::Rollout;
use crate::domain::ticket::TrackerName;
use crate::domain::window::Window;

/// A later rollout in which people say the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Return {
    /// The rollout.
    pub rollout: Rollout,
    /// Its window.
    pub window: Window,
    /// People who say it there.
    pub people: i64,
}

/// A ticket about the same in another tracker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// In which.
    pub tracker: TrackerName,
    /// Where in it.
    pub target: String,
    /// What it is called there.
    pub key: String,
    /// Where people open it.
    pub url: String,
}

/// What a ticket's life came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Living {
    /// Where else it lives.
    pub elsewhere: Vec<Elsewhere>,
    /// Why hearback opened it again, where it did.
    pub reopened: Option<String>,
    /// Later rollouts in which people say the same, the first first.
    pub returns: Vec<Return>,
}

/// A line for each, label and value.
pub(super) fn lines(living: &Living) -> Vec<(&'static str, Vec<Inline>)> {
    let text = |t: String| Inline::Text(t);
    let mut lines = Vec::new();
    if let Some(why) = &living.reopened {
        lines.push(("Open again", vec![text(one_line(why, 300))]));
    }
    for back in &living.returns {
        let people = counted(back.people, "person says", "people say");
        let told = format!(": {people} the same; {}", report::status(&back.window));
        let id = vec![text(", rollout ".into()), Inline::Code(back.rollout.id.0.clone())];
        lines.push(("Came back with", [report::rolled_out(&back.rollout), vec![text(told)], id].concat()));
    }
    if !living.elsewhere.is_empty() {
        let mut places = Vec::new();
        for place in &living.elsewhere {
            if !places.is_empty() {
                places.push(text(", ".into()));
            }
            let name = match place.tracker {
                TrackerName::GitHub => format!("{}#{}", place.target, place.key),
                TrackerName::Jira | TrackerName::Local => place.key.clone(),
            };
            places.push(Inline::Link { text: one_line(&name, 120), url: place.url.clone() });
        }
        places.push(text(", kept in step with this one".into()));
        lines.push(("Also in", places));
    }
    lines
}
