//! Which languages know a word, told from the files' lines of one word alone: a text's language is asked for before any file
//! is needed whole.

use std::collections::HashMap;

use super::{ByBytes, ByHash, SOURCES, Words, forms, lines};

/// Words of all files, about.
const WORDS: usize = 40_000;

/// For each word of any file the languages that know it, a bit each in their order. Words that are only lent do not count.
pub(super) fn read() -> ByHash<u16> {
    let mut speakers = ByHash::with_capacity_and_hasher(WORDS, std::hash::BuildHasherDefault::default());
    let mut words = Words::default();
    for (i, files) in SOURCES.iter().enumerate() {
        // Whether each phrase is lent: several lines may speak of one.
        let mut phrases: HashMap<&str, usize, ByBytes> = HashMap::default();
        let mut order: Vec<(&str, bool)> = Vec::new();
        for line in files.iter().flat_map(|f| lines(f)) {
            let (phrase, said) = line.split_once('\t').unwrap_or((line, ""));
            if phrase.contains(' ') {
                continue;
            }
            let at = *phrases.entry(phrase).or_insert_with(|| {
                order.push((phrase, false));
                order.len() - 1
            });
            order[at].1 |= said.split('\t').any(|field| field == "lent");
        }
        let mut own: ByHash<bool> = ByHash::default();
        let mut meet = |word: &str, lent: bool| {
            words.read_again(word);
            if let [one] = words.all.as_slice() {
                own.entry(one.hash).or_insert(lent);
            }
        };
        for (phrase, lent) in &order {
            meet(phrase, *lent);
        }
        for (phrase, lent) in &order {
            for other in forms::unmarked(phrase) {
                meet(&other, *lent);
            }
        }
        for (hash, _) in own.iter().filter(|(_, lent)| !**lent) {
            *speakers.entry(*hash).or_default() |= 1 << i;
        }
    }
    speakers
}
