//! What brought a flag's rollout, and what a release brought.

use super::doc::Inline;
use super::report::rolled_out;
use super::tame::one_line;
use crate::domain::mention::Mention;
use crate::domain::rollout::Rollout;

/// Longest title of a release or pull request that is shown, in characters.
const TITLE_MAX: usize = 80;

/// `release v1.4.0 of acme/shop, pull request #41 (Faster checkout) of acme/shop`, each with its link.
pub fn by(mentions: &[Mention], rollout: &Rollout) -> Vec<Inline> {
    listed(mentions.iter().map(|m| {
        let label = m.label();
        let title = one_line(&m.title, TITLE_MAX);
        let mut said = vec![Inline::Text(format!("{} ", m.of.kind.words()))];
        let mut behind = String::new();
        if !title.is_empty() && m.title != m.key {
            behind = format!(" ({title})");
        }
        if rollout.about.repo.as_ref() != Some(&m.repo) {
            behind = format!("{behind} of {}", m.repo);
        }
        said.push(match &m.url {
            Some(url) => Inline::Link { text: label, url: url.clone() },
            None => Inline::Text(label),
        });
        said.push(Inline::Text(behind));
        said
    }))
}

/// The names of rollouts, each with its link.
pub fn rollouts(all: &[Rollout]) -> Vec<Inline> {
    listed(all.iter().map(rolled_out))
}

/// Several things in a line.
fn listed(things: impl Iterator<Item = Vec<Inline>>) -> Vec<Inline> {
    let each: Vec<Vec<Inline>> = things.collect();
    each.join(&Inline::Text(", ".into()))
}
