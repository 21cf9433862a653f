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

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::hashing::{ByHash, EMPTY, add_bytes, pair};
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
    &[include_str!("lexicon/hi.txt"), include_str!("lexicon/hi_latin.txt")],
];

static FILES: LazyLock<[Lexicon; 11]> = LazyLock::new(|| SOURCES.map(Lexicon::parse));

/// Pictures are understood in every language.
static PICTURES: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::parse(&[include_str!("lexicon/pictures.txt")]));

/// For each word of any file the languages that know it, a bit each.
static SPEAKERS: LazyLock<ByHash<u16>> = LazyLock::new(|| {
    let mut speakers: ByHash<u16> = ByHash::default();
    for (i, file) in FILES.iter().enumerate() {
        for (hash, node) in &file.nodes {
            let lent = node.entry.and_then(|at| file.entries.get(at as usize)).is_none_or(|e| e.lent);
            if node.single && !lent {
                *speakers.entry(*hash).or_default() |= 1 << i;
            }
        }
    }
    speakers
});

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
        LANGUAGES.iter().position(|l| *l == language).map(|i| &FILES[i])
    }

    /// What is understood in every language.
    pub fn pictures() -> &'static Self {
        &PICTURES
    }

    fn parse(files: &[&'static str]) -> Self {
        let mut entries: HashMap<&'static str, Entry> = HashMap::new();
        let mut order = Vec::new();
        for line in files.iter().flat_map(|f| f.lines()).filter(|l| !l.is_empty() && !l.starts_with('#')) {
            let mut fields = line.split('\t');
            let phrase = fields.next().unwrap_or_default();
            let entry = entries.entry(phrase).or_insert_with(|| {
                order.push(phrase);
                Entry::default()
            });
            fields.for_each(|field| entry.learn(field));
        }
        let denials: HashSet<&str> =
            entries.iter().filter(|(_, e)| e.role == Some(Role::Not)).map(|(phrase, _)| *phrase).collect();
        let mut lexicon = Self { entries: Vec::with_capacity(order.len()), nodes: ByHash::default() };
        for phrase in &order {
            let Some(mut entry) = entries.remove(phrase) else { continue };
            entry.denies = phrase.split_once(' ').is_some_and(|(first, _)| denials.contains(first));
            let at = u32::try_from(lexicon.entries.len()).ok();
            lexicon.entries.push(entry);
            lexicon.point(phrase, at);
        }
        // Only now, so that a word which differs by its marks alone keeps its own meaning.
        for (at, phrase) in order.iter().enumerate() {
            for other in forms::unmarked(phrase) {
                lexicon.point(&other, u32::try_from(at).ok());
            }
        }
        lexicon
    }

    /// Makes a phrase mean an entry, where it means none yet.
    fn point(&mut self, phrase: &str, at: Option<u32>) {
        let words = Words::read(phrase);
        let count = words.all.len().min(PHRASE_MAX);
        let Some((first, hash)) = words.all.first().map(|w| w.hash).zip(hash_of(&words, 0, count)) else { return };
        let node = self.nodes.entry(hash).or_default();
        node.entry = node.entry.or(at);
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
        let (english, hindi) = (FILES.first()?, FILES.last()?);
        (std::ptr::eq(self, hindi) && word.is_ascii()).then_some(english)
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
        let mut found = Vec::with_capacity(words.all.len() / 2);
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

/// The hash of a run of words.
fn hash_of(words: &Words, first: usize, count: usize) -> Option<u64> {
    let mut hashes = words.all.get(first..first + count)?.iter().map(|w| w.hash);
    let begin = hashes.next()?;
    Some(hashes.fold(begin, pair))
}

/// For each language how many of a text's words its file knows; a word that several know counts for each in part.
pub(super) fn known(words: &Words) -> [f32; LANGUAGES.len()] {
    let mut known = [0.0; LANGUAGES.len()];
    for word in words.all.iter().filter(|w| w.kind == Kind::Word && !w.unspaced) {
        let Some(speakers) = SPEAKERS.get(&word.hash) else { continue };
        let part = 1.0 / speakers.count_ones() as f32;
        for (i, n) in known.iter_mut().enumerate() {
            *n += if speakers >> i & 1 == 1 { part } else { 0.0 };
        }
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
