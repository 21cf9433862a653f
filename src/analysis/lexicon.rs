//! What words say, a file a language. A line is a phrase and, after tabs, what it says: a number (how it feels, -4 to 4),
//! `not` (turns what follows), `but` (what follows weighs more), `x1.3` (makes the next stronger or weaker), `stop` (says
//! nothing by itself), or an intent with its weight (`bug:2`). `#` begins a comment.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::words::{Kind, Words};
use crate::domain::annotation::Intent;

/// Words in the longest phrase that is looked up.
const PHRASE_MAX: usize = 6;

/// Languages that have a file, the likeliest first.
pub(super) const LANGUAGES: [&str; 7] = ["en", "de", "fr", "es", "pt", "it", "nl"];

static FILES: LazyLock<[Lexicon; 7]> = LazyLock::new(|| {
    [
        Lexicon::parse(&[include_str!("lexicon/en.txt"), include_str!("lexicon/en_learned.txt")]),
        Lexicon::parse(&[include_str!("lexicon/de.txt")]),
        Lexicon::parse(&[include_str!("lexicon/fr.txt")]),
        Lexicon::parse(&[include_str!("lexicon/es.txt")]),
        Lexicon::parse(&[include_str!("lexicon/pt.txt")]),
        Lexicon::parse(&[include_str!("lexicon/it.txt")]),
        Lexicon::parse(&[include_str!("lexicon/nl.txt")]),
    ]
});

/// Pictures are understood in every language.
static PICTURES: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::parse(&[include_str!("lexicon/pictures.txt")]));

/// How a phrase works on what stands around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Role {
    /// Turns what follows.
    Not,
    /// What follows weighs more than what went before.
    But,
    /// Makes the next stronger or weaker.
    Times(f64),
}

/// What a phrase says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Entry {
    /// How it feels, -4 to 4; 0 where it does not.
    pub feel: f64,
    /// How it works on its neighbours.
    pub role: Option<Role>,
    /// Whether it says nothing by itself.
    pub stop: bool,
    /// What it speaks for, and how much.
    pub intents: Vec<(Intent, f64)>,
}

/// The phrases of one language.
#[derive(Debug)]
pub(super) struct Lexicon {
    entries: HashMap<&'static str, Entry>,
    /// Words in the longest phrase that begins with a word, where it is more than one.
    longest: HashMap<&'static str, usize>,
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
        for line in files.iter().flat_map(|f| f.lines()).filter(|l| !l.is_empty() && !l.starts_with('#')) {
            let mut fields = line.split('\t');
            let entry = entries.entry(fields.next().unwrap_or_default()).or_default();
            fields.for_each(|field| entry.learn(field));
        }
        let mut longest: HashMap<&'static str, usize> = HashMap::new();
        for phrase in entries.keys() {
            let Some((first, rest)) = phrase.split_once(' ') else { continue };
            let count = 2 + rest.matches(' ').count();
            let most = longest.entry(first).or_default();
            *most = count.min(PHRASE_MAX).max(*most);
        }
        Self { entries, longest }
    }

    /// What a word says, in its own form or its stem's.
    pub fn get(&'static self, word: &str) -> Option<&'static Entry> {
        self.entries.get(word).or_else(|| self.of_stem(word))
    }

    /// Forms of the same word that the file may hold: crashes and crashing for crash, stopped for stop, baad for bad.
    fn of_stem(&'static self, word: &str) -> Option<&'static Entry> {
        let ended = ENDINGS.iter().find_map(|(ending, by)| {
            let stem = word.strip_suffix(ending).filter(|s| s.len() >= STEM_MIN)?;
            if by.is_empty() { self.entries.get(stem) } else { self.entries.get(format!("{stem}{by}").as_str()) }
        });
        ended.or_else(|| {
            let undoubled = |ending: &str| {
                let stem = word.strip_suffix(ending)?;
                let mut letters: Vec<char> = stem.chars().collect();
                letters.dedup();
                let single: String = letters.into_iter().collect();
                (single.len() < stem.len()).then(|| self.entries.get(single.as_str())).flatten()
            };
            ["", "ed", "ing"].into_iter().find_map(undoubled)
        })
    }

    /// Whether a word says nothing by itself.
    pub fn is_stop(&self, word: &str) -> bool {
        self.entries.get(word).is_some_and(|e| e.stop)
    }

    /// How many words are known as they stand.
    pub fn known(&self, words: &Words) -> usize {
        (0..words.all.len())
            .filter(|i| words.all[*i].kind == Kind::Word && self.entries.contains_key(words.lower(*i)))
            .count()
    }

    /// The phrases in a text from left to right, the longest first, none over another.
    pub fn find(&'static self, words: &Words) -> Vec<Found> {
        let mut found = Vec::new();
        let mut first = 0;
        while first < words.all.len() {
            let longest = self.longest.get(words.lower(first)).copied().unwrap_or(1);
            let hit = (1..=longest).rev().find_map(|count| Some((count, self.look(words, first, count)?)));
            if let Some((count, entry)) = hit {
                found.push(Found { first, count, entry });
            }
            first += hit.map_or(1, |(count, _)| count);
        }
        found
    }

    fn look(&'static self, words: &Words, first: usize, count: usize) -> Option<&'static Entry> {
        let phrase = words.phrase(first, count)?;
        match (count, words.all[first].kind) {
            (1, Kind::Picture) => PICTURES.entries.get(phrase),
            (1, Kind::Word) => self.get(phrase),
            _ => self.entries.get(phrase),
        }
    }
}

impl Entry {
    fn learn(&mut self, field: &str) {
        let number = |s: &str| s.parse::<f64>().ok();
        match field {
            "not" => self.role = Some(Role::Not),
            "but" => self.role = Some(Role::But),
            "stop" => self.stop = true,
            _ => {
                if let Some(times) = field.strip_prefix('x').and_then(number) {
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

/// Shortest stem, in bytes.
const STEM_MIN: usize = 3;

/// Endings, and what stands in their place in the form that the file may hold.
const ENDINGS: [(&str, &str); 10] = [
    ("'s", ""),
    ("s", ""),
    ("es", ""),
    ("d", ""),
    ("ed", ""),
    ("ing", ""),
    ("ing", "e"),
    ("ly", ""),
    ("ies", "y"),
    ("ied", "y"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_every_file_says_something() {
        for (language, file) in LANGUAGES.iter().zip(FILES.iter()) {
            assert!(file.entries.len() > 100, "{language}: {}", file.entries.len());
            for (phrase, entry) in &file.entries {
                let says = entry.feel != 0.0 || entry.role.is_some() || entry.stop || !entry.intents.is_empty();
                assert!(says || *language == "en", "{language}: {phrase:?} says nothing");
                assert!(phrase.split(' ').count() <= PHRASE_MAX && !phrase.contains("  "), "{language}: {phrase:?}");
                assert_eq!(*phrase, phrase.to_lowercase(), "{language}");
                assert!(entry.feel.abs() <= 4.0, "{language}: {phrase:?}");
            }
        }
    }

    #[test]
    fn a_word_is_known_in_its_forms() {
        let english = Lexicon::of("en").expect("there is an English file");
        for form in ["crash", "crashes", "crashed", "crashing", "craash"] {
            assert!(english.get(form).is_some_and(|e| e.feel < 0.0), "{form}");
        }
        assert!(english.get("zzyzx").is_none());
        assert!(Lexicon::of("xx").is_none());
    }

    #[test]
    fn the_longest_phrase_is_taken() {
        let words = Words::read("it is not bad at all");
        let english = Lexicon::of("en").expect("there is an English file");
        assert!(english.find(&words).iter().any(|f| f.count == 2 && f.entry.feel > 0.0), "not bad is praise");
    }
}
