//! What in a statement is good and what is bad: each phrase that feels, with the thing beside it.

use super::lexicon::Found;
use super::signs::{Signs, curve};
use super::words::Kind;
use crate::domain::annotation::Aspect;

/// Things of one statement that are told.
const TOLD_MAX: usize = 8;
/// Words that may stand between a thing and what is felt about it.
const REACH: usize = 5;
/// Feeling from which it is told.
const FEELS_FROM: f32 = 0.8;
/// Letters below which a word is no thing.
const LETTERS_MIN: usize = 3;

/// Reads a text's aspects in their order; a thing that is felt about twice is told once, with the sum.
pub(super) fn read(signs: &Signs<'_>) -> Vec<Aspect> {
    let mut told: Vec<(String, f32)> = Vec::new();
    for (i, f) in signs.found.iter().enumerate() {
        let feel = signs.feel(i);
        if feel.abs() < FEELS_FROM || signs.words.all[f.first].kind == Kind::Picture {
            continue;
        }
        let Some(about) = thing(signs, f) else { continue };
        if let Some((_, sum)) = told.iter_mut().find(|(known, _)| *known == about) {
            *sum += feel;
        } else if told.len() < TOLD_MAX {
            told.push((about, feel));
        }
    }
    told.into_iter()
        .map(|(about, sum)| Aspect { about, score: (f64::from(curve(sum)) * 10_000.0).round() / 10_000.0 })
        .collect()
}

/// The thing that a phrase speaks of: what follows directly ("great design"), else what stands before it in the clause
/// ("the design is great"), else what follows at all.
fn thing(signs: &Signs<'_>, f: &Found) -> Option<String> {
    let last = f.first + f.count - 1;
    let clause = |at: usize| signs.places.get(at).is_some_and(|p| p.clause == signs.places[f.first].clause);
    let next = Some(last + 1).filter(|at| clause(*at) && is_thing(signs, *at));
    let before = || (f.first.saturating_sub(REACH)..f.first).rev().find(|at| clause(*at) && is_thing(signs, *at));
    let after = || (last + 2..=last + REACH).find(|at| clause(*at) && is_thing(signs, *at));
    let at = next.or_else(before).or_else(after)?;
    // Two words that stand together are one thing: "dark mode".
    let first = if at > 0 && at - 1 != last && clause(at - 1) && is_thing(signs, at - 1) { at - 1 } else { at };
    let end = if first == at && clause(at + 1) && is_thing(signs, at + 1) { at + 1 } else { at };
    signs.words.phrase(first, end - first + 1).map(str::to_owned)
}

/// Whether a word may name a thing: neither small nor a feeling, nor one that works on others.
fn is_thing(signs: &Signs<'_>, at: usize) -> bool {
    let Some(word) = signs.words.all.get(at).filter(|w| w.kind == Kind::Word && !w.unspaced) else { return false };
    // Phrases stand in order and apart.
    let before = signs.found.partition_point(|f| f.first <= at).checked_sub(1).map(|i| &signs.found[i]);
    let known = before.filter(|f| at < f.first + f.count).map(|f| f.entry);
    let says = known.is_some_and(|e| e.stop || e.role.is_some() || e.feel.abs() >= FEELS_FROM);
    !says && word.at.len() >= LETTERS_MIN
}
