//! A name that people gave without knowing it: of all phrases that they wrote, the one that says most of what most of them
//! speak of.

use std::collections::BTreeMap;

use super::features::stem_of;
use crate::domain::theme::ThemeVector;

/// How much each further word that is about something is worth.
const LONGER: f64 = 0.75;
/// What it is worth that the very phrase is shared.
const SHARED: f64 = 0.25;

/// A name from phrases that people wrote. Empty only for a theme without words.
pub fn name(vector: &ThemeVector) -> String {
    let told = told(vector);
    let mut best: Option<(&str, f64)> = None;
    // In the order of the alphabet, so that the same theme has the same name on every machine.
    for (phrase, count) in &vector.phrases {
        let worth = worth(phrase, *count, &told);
        if best.is_none_or(|(_, w)| worth > w) {
            best = Some((phrase, worth));
        }
    }
    match best {
        Some((phrase, _)) => phrase.to_owned(),
        None if vector.features.is_empty() => String::new(),
        None => "unnamed".to_owned(),
    }
}

/// How many statements tell of each thing, whatever the form of the word.
fn told(vector: &ThemeVector) -> BTreeMap<String, u32> {
    let mut told = BTreeMap::new();
    for (word, count) in vector.phrases.iter().filter(|(p, _)| !p.contains(' ')) {
        *told.entry(stem_of(word)).or_default() += count;
    }
    told
}

/// As much as its least told thing, more with each thing that it tells of.
fn worth(phrase: &str, count: u32, told: &BTreeMap<String, u32>) -> f64 {
    let things: Vec<u32> = phrase.split(' ').filter_map(|w| told.get(&stem_of(w)).copied()).collect();
    let least = things.iter().min().copied().unwrap_or(0);
    (f64::from(least) + SHARED * f64::from(count)) * (things.len() as f64).powf(LONGER)
}
