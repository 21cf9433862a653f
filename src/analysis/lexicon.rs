//! What words say, a file a language. A line is a phrase and, after tabs, what it says: a number (how it feels, -4 to 4),
//! `not` (turns what follows), `not<` (turns what stands before), `not<>` (turns what follows, else what stands before),
//! `but` (what follows weighs more), `x1.3` (makes the next stronger or weaker), `stop` (says nothing by itself), an intent
//! with its weight (`bug:2`), what it means in English (`=log in`), by which themes are compared across languages, or
//! `lent` (a word of another language, by which this one can't be told). `#` begins a comment.
//!
//! A phrase is found as people write it without its marks too (`genial` for génial, `schoen` for schön), unless that is
//! a line of its own. A line is read as a statement is: what is found is the longest run of words that a line holds, in scripts without
//! spaces the longest run of letters.

mod forms;
mod speakers;

use std::collections::HashMap;
use std::sync::{LazyLock, OnceLock};

use super::hashing::{ByBytes, ByHash, EMPTY, add_bytes, pair};
use super::words::{Kind, Words};
use crate::domain::annotation::Intent;

/// Words in the longest phrase that is looked up; letters where there are no spaces.
const PHRASE_MAX: usize = 14;

/// Languages that have a file, the likeliest first.
pub(super) const LANGUAGES: [&str; 11] = ["en", "de", "fr", "es", "pt", "it", "nl", "ja", "zh", "ar", "hi"];

/// Each language's files.
const SOURCES: [&[&str]; 11] = [
    &[include_str!("lexicon/en.txt"), include_str!("lexicon/en_learned.txt")],
    &[include_str!("lexicon/de.txt"), include_str!("lexicon/de_phrases.txt")],
    &[include_str!("lexicon/fr.txt"), include_str!("lexicon/fr_phrases.txt")],
    &[include_str!("lexicon/es.txt"), include_str!("lexicon/es_phrases.txt")],
    &[include_str!("lexicon/pt.txt"), include_str!("lexicon/pt_phrases.txt")],
    &[include_str!("lexicon/it.txt"), include_str!("lexicon/it_phrases.txt")],
    &[include_str!("lexicon/nl.txt"), include_str!("lexicon/nl_phrases.txt")],
    &[include_str!("lexicon/ja.txt")],
    &[include_str!("lexicon/zh.txt")],
    &[include_str!("lexicon/ar.txt")],
    &[HINDI, include_str!("lexicon/hi_latin.txt")],
];
const HINDI: &str = include_str!("lexicon/hi.txt");

/// Each is read when the first text in its language comes.
static FILES: [OnceLock<Lexicon>; 11] = [const { OnceLock::new() }; 11];

fn file(at: usize) -> Option<&'static Lexicon> {
    let sources = SOURCES.get(at)?;
    FILES.get(at).map(|file| file.get_or_init(|| Lexicon::parse(sources)))
}

/// Pictures are understood in every language.
static PICTURES: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::parse(&[include_str!("lexicon/pictures.txt")]));

/// For each word of any file the languages that know it, a bit each.
static SPEAKERS: LazyLock<ByHash<u16>> = LazyLock::new(speakers::read);

/// How a phrase works on what stands around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Role {
    /// Turns what follows.
    Not,
    /// Turns what stands before it.
    NotBefore,
    /// Turns what follows, or where nothing does what stands before it.
    NotAround,
    /// What follows weighs more than what went before.
    But,
    /// Makes the next stronger or weaker.
    Times(f32),
}

/// What a phrase says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Entry {
    /// How it feels, -4 to 4; 0 where it does not.
    pub feel: f32,
    /// How it works on its neighbours.
    pub role: Option<Role>,
    /// Whether it says nothing by itself.
    pub stop: bool,
    /// What it speaks for, and how much.
    pub intents: Vec<(Intent, f32)>,
    /// Whether it holds its own negation: "not bad". One that stands before it turns it no more.
    pub denies: bool,
    /// What it means in English; empty where that is not told.
    pub gloss: &'static str,
    /// Whether it is a word of another language.
    lent: bool,
}

/// A run of words that begins or is a phrase.
#[derive(Clone, Copy, Debug, Default)]
struct Node {
    entry: Option<u32>,
    /// Words in the longest phrase that begins with this one word.
    longest: u8,
    single: bool,
}

/// The phrases of one language.
#[derive(Debug)]
pub(super) struct Lexicon {
    entries: Vec<Entry>,
    nodes: ByHash<Node>,
    /// Whether its people mix English in.
    borrows: bool,
}

/// A phrase in a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    /// Its first word.
    pub first: usize,
    /// Its words.
    pub count: usize,
    /// What it says.
    pub entry: &'static Entry,
}

impl Lexicon {
    /// The file of a language.
    pub fn of(language: &str) -> Option<&'static Self> {
        LANGUAGES.iter().position(|l| *l == language).and_then(file)
    }

    /// What is understood in every language.
    pub fn pictures() -> &'static Self {
        &PICTURES
    }

    fn parse(files: &[&'static str]) -> Self {
        let mut lexicon = Self { entries: Vec::new(), nodes: ByHash::default(), borrows: files.contains(&HINDI) };
        let size = files.iter().flat_map(|f| lines(f)).count();
        let mut known: HashMap<&'static str, u32, ByBytes> =
            HashMap::with_capacity_and_hasher(size, ByBytes::default());
        lexicon.entries.reserve(size);
        lexicon.nodes.reserve(2 * size);
        let mut order: Vec<&'static str> = Vec::with_capacity(size);
        for line in files.iter().flat_map(|f| lines(f)) {
            let (phrase, said) = line.split_once('\t').unwrap_or((line, ""));
            let at = *known.entry(phrase).or_insert_with(|| {
                order.push(phrase);
                lexicon.entries.push(Entry::default());
                number(order.len() - 1)
            });
            let Some(entry) = lexicon.entries.get_mut(at as usize) else { continue };
            said.split('\t').for_each(|field| entry.learn(field));
        }
        let mut words = Words::default();
        for (at, phrase) in order.iter().enumerate() {
            let denied = phrase.split_once(' ').and_then(|(first, _)| known.get(first)).copied();
            let is_denial = denied.is_some_and(|at| lexicon.entries[at as usize].role == Some(Role::Not));
            lexicon.entries[at].denies = is_denial;
            lexicon.point(phrase, number(at), &mut words);
        }
        // Only now, so that a word which differs by its marks alone keeps its own meaning.
        for (at, phrase) in order.iter().enumerate() {
            for other in forms::unmarked(phrase) {
                lexicon.point(&other, number(at), &mut words);
            }
        }
        lexicon
    }

    /// Makes a phrase mean an entry, where it means none yet.
    fn point(&mut self, phrase: &str, at: u32, words: &mut Words) {
        words.read_again(phrase);
        let count = words.all.len().min(PHRASE_MAX);
        let Some((first, hash)) = words.all.first().map(|w| w.hash).zip(hash_of(words, 0, count)) else { return };
        let node = self.nodes.entry(hash).or_default();
        node.entry = node.entry.or(Some(at));
        node.single |= count == 1;
        let begin = self.nodes.entry(first).or_default();
        begin.longest = begin.longest.max(u8::try_from(count).unwrap_or(u8::MAX));
    }

    /// What a word says, in its own form, its stem's, or in English where that is what people mix in.
    pub fn get(&'static self, word: &str) -> Option<&'static Entry> {
        let own = self.by_hash(add_bytes(EMPTY, word.as_bytes())).or_else(|| self.of_stem(word));
        own.or_else(|| self.lender(word).and_then(|l| l.get(word)))
    }

    /// The file that knows the Latin words in a text of another script: people write Hindi and English in one breath.
    fn lender(&'static self, word: &str) -> Option<&'static Self> {
        (self.borrows && word.is_ascii()).then(|| file(0)).flatten()
    }

    fn by_hash(&'static self, hash: u64) -> Option<&'static Entry> {
        self.entries.get(self.nodes.get(&hash)?.entry? as usize)
    }

    /// Forms of the same word that the file may hold: crashes and crashing for crash, stopped for stop, baad for bad.
    fn of_stem(&'static self, word: &str) -> Option<&'static Entry> {
        forms::stems(word).find_map(|hash| self.by_hash(hash))
    }

    /// Whether a word says nothing by itself.
    pub fn is_stop(&self, word: &str) -> bool {
        let node = self.nodes.get(&add_bytes(EMPTY, word.as_bytes()));
        node.and_then(|n| self.entries.get(n.entry? as usize)).is_some_and(|e| e.stop)
    }

    /// The phrases in a text from left to right, the longest first, none over another.
    pub fn find(&'static self, words: &Words) -> Vec<Found> {
        let mut found = Vec::with_capacity(words.all.len());
        let mut first = 0;
        while first < words.all.len() {
            let hit = self.longest(words, first);
            if let Some((count, entry)) = hit {
                found.push(Found { first, count, entry });
            }
            first += hit.map_or(1, |(count, _)| count);
        }
        found
    }

    fn longest(&'static self, words: &Words, first: usize) -> Option<(usize, &'static Entry)> {
        let word = &words.all[first];
        match word.kind {
            Kind::Picture => return PICTURES.by_hash(word.hash).map(|e| (1, e)),
            Kind::Word | Kind::Number => {}
            Kind::Pause | Kind::Stop | Kind::Shout | Kind::Ask => return None,
        }
        let own = self.run(words, first, word.hash).or_else(|| {
            let written = words.lower(first);
            let bare = forms::bare(written);
            let joined = bare.into_iter().find_map(|hash| self.run(words, first, hash));
            let stem = || (word.kind == Kind::Word).then(|| self.of_stem(written)).flatten().map(|e| (1, e));
            joined.or_else(stem)
        });
        own.or_else(|| self.lender(words.lower(first)).and_then(|l| l.longest(words, first)))
    }

    /// The longest phrase that begins with a word of this hash.
    fn run(&'static self, words: &Words, first: usize, hash: u64) -> Option<(usize, &'static Entry)> {
        let node = self.nodes.get(&hash).copied()?;
        let mut best = node.entry.and_then(|at| Some((1, self.entries.get(at as usize)?)));
        let mut hash = hash;
        for count in 2..=usize::from(node.longest) {
            let Some(next) = words.all.get(first + count - 1) else { break };
            if !matches!(next.kind, Kind::Word | Kind::Number) {
                break;
            }
            hash = pair(hash, next.hash);
            if let Some(entry) = self.by_hash(hash) {
                best = Some((count, entry));
            }
        }
        best
    }
}

/// The lines of a file that say something.
fn lines(file: &'static str) -> impl Iterator<Item = &'static str> {
    file.lines().filter(|l| !l.is_empty() && !l.starts_with('#'))
}

/// Where an entry stands.
fn number(at: usize) -> u32 {
    u32::try_from(at).expect("fewer lines than 2^32")
}

/// The hash of a run of words.
fn hash_of(words: &Words, first: usize, count: usize) -> Option<u64> {
    let mut hashes = words.all.get(first..first + count)?.iter().map(|w| w.hash);
    let begin = hashes.next()?;
    Some(hashes.fold(begin, pair))
}

/// The languages whose files know a word, a bit each.
pub(super) fn speakers(hash: u64) -> u16 {
    SPEAKERS.get(&hash).copied().unwrap_or(0)
}

/// Counts a word for the languages that know it; one that several know counts for each in part.
pub(super) fn count_speakers(speakers: u16, known: &mut [f32; LANGUAGES.len()]) {
    if speakers == 0 {
        return;
    }
    let part = 1.0 / speakers.count_ones() as f32;
    let mut left = speakers;
    while left != 0 {
        if let Some(n) = known.get_mut(left.trailing_zeros() as usize) {
            *n += part;
        }
        left &= left - 1;
    }
}

/// For each language how many of a text's words its file knows.
pub(super) fn known(words: &Words) -> [f32; LANGUAGES.len()] {
    let mut known = [0.0; LANGUAGES.len()];
    for word in words.all.iter().filter(|w| w.kind == Kind::Word && !w.unspaced) {
        count_speakers(speakers(word.hash), &mut known);
    }
    known
}

impl Entry {
    fn learn(&mut self, field: &'static str) {
        let number = |s: &str| s.parse::<f32>().ok();
        match field {
            "not" => self.role = Some(Role::Not),
            "not<" => self.role = Some(Role::NotBefore),
            "not<>" => self.role = Some(Role::NotAround),
            "but" => self.role = Some(Role::But),
            "stop" => self.stop = true,
            "lent" => self.lent = true,
            _ => {
                if let Some(gloss) = field.strip_prefix('=') {
                    self.gloss = gloss;
                } else if let Some(times) = field.strip_prefix('x').and_then(number) {
                    self.role = Some(Role::Times(times));
                } else if let Some((intent, weight)) = field.split_once(':') {
                    let intent = Intent::parse(intent).zip(number(weight));
                    self.intents.extend(intent);
                } else if let Some(feel) = number(field) {
                    self.feel = feel;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
