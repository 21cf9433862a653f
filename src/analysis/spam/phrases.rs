//! What advertisements and test data say, in the languages that are read: the phrases of a file, the longest at each place.

use std::collections::HashSet;
use std::hash::BuildHasherDefault;
use std::sync::LazyLock;

use super::super::hashing::{ByHash, Given, pair};
use super::super::words::{Kind, Words};

/// Longest text that can be test data, in words; letters where there are no spaces.
const TEST_WORDS_MAX: usize = 12;

/// Words in the longest phrase of the file; letters where there are no spaces.
const PHRASE_WORDS_MAX: usize = 10;

/// What an advertisement weighs: a pitch two, all else one.
const OFFER_FROM: usize = 3;

/// What the phrases of [`PHRASES`] say.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Phrase {
    Pitch,
    Lure,
    Ware,
    Contact,
    Test,
    Filler,
}

/// The phrases by the hashes of their words, and the words with which any of them begins.
struct Phrases {
    begins: HashSet<u64, BuildHasherDefault<Given>>,
    known: ByHash<Phrase>,
}

static PHRASES: LazyLock<Phrases> = LazyLock::new(|| {
    let mut phrases = Phrases { begins: HashSet::default(), known: ByHash::default() };
    for line in include_str!("phrases.txt").lines() {
        let Some((kind, phrase)) = line.split_once('\t') else { continue };
        let kind = match kind {
            "pitch" => Phrase::Pitch,
            "lure" => Phrase::Lure,
            "ware" => Phrase::Ware,
            "contact" => Phrase::Contact,
            "test" => Phrase::Test,
            _ => Phrase::Filler,
        };
        let words = Words::read(phrase);
        let mut hashes = words.all.iter().map(|w| w.hash);
        let Some(first) = hashes.next() else { continue };
        phrases.begins.insert(first);
        phrases.known.insert(hashes.fold(first, pair), kind);
    }
    phrases
});

/// How often a text says what.
#[derive(Default)]
pub(super) struct Said {
    pitches: usize,
    lures: usize,
    wares: usize,
    contacts: usize,
    /// Words in names of tests, and in what may stand beside them.
    tests: usize,
    fillers: usize,
}

impl Said {
    /// The longest phrase at each place, none over another.
    pub fn read(words: &Words) -> Self {
        let mut said = Self::default();
        let mut at = 0;
        while at < words.all.len() {
            let Some((kind, count)) = longest(words, at) else {
                at += 1;
                continue;
            };
            match kind {
                Phrase::Pitch => said.pitches += 1,
                Phrase::Lure => said.lures += 1,
                Phrase::Ware => said.wares += 1,
                Phrase::Contact => said.contacts += 1,
                Phrase::Test => said.tests += count,
                Phrase::Filler => said.fillers += count,
            }
            at += count;
        }
        said
    }

    pub fn is_offer(&self, text: &str, words: &Words) -> bool {
        let pages = if text.contains("://") || text.contains("www.") {
            text.matches("://").count() + text.matches("www.").count()
        } else {
            0
        };
        let reach = (self.contacts + pages).min(1);
        let weight = 2 * self.pitches + self.lures + self.wares.min(1) + reach;
        let promises = self.pitches > 0 || self.lures > 0 && reach > 0;
        promises && weight >= OFFER_FROM || pages >= 3 && words.count() < 4 * pages
    }

    /// Nothing but names of tests, numbers, and what may stand beside them.
    pub fn is_test(&self, words: &Words) -> bool {
        let numbers = words.all.iter().filter(|w| w.kind == Kind::Number).count();
        let count = words.count();
        let told = self.tests + self.fillers;
        (1..=TEST_WORDS_MAX).contains(&count) && self.tests > 0 && told + numbers >= count
            || (1..=2).contains(&count)
                && words.all.iter().enumerate().all(|(i, w)| w.kind != Kind::Word || is_numbered_test(words.lower(i)))
                && words.all.iter().any(|w| w.kind == Kind::Word)
    }
}

/// "test123", "test01".
fn is_numbered_test(word: &str) -> bool {
    word.trim_end_matches(char::is_numeric) == "test"
}

fn longest(words: &Words, first: usize) -> Option<(Phrase, usize)> {
    if !PHRASES.begins.contains(&words.all[first].hash) {
        return None;
    }
    let mut best = None;
    let mut hash: Option<u64> = None;
    for (i, word) in words.all[first..].iter().take(PHRASE_WORDS_MAX).enumerate() {
        if !matches!(word.kind, Kind::Word | Kind::Number) {
            break;
        }
        let all = hash.map_or(word.hash, |h| pair(h, word.hash));
        best = PHRASES.known.get(&all).map(|kind| (*kind, i + 1)).or(best);
        hash = Some(all);
    }
    best
}

/// Whether any phrase begins with the word or letter of this hash.
pub(super) fn may_begin(hash: u64) -> bool {
    PHRASES.begins.contains(&hash)
}
