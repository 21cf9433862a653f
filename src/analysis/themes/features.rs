//! What a statement is about: stems and pairs of stems, hashed, and the phrases that people wrote. Words that only feel
//! ("terrible") count little, so that themes are about things.

use std::collections::{BTreeMap, BTreeSet};

use super::GRAIN;
use crate::analysis::lexicon::Lexicon;
use crate::analysis::normalize::fingerprint;
use crate::analysis::words::{Kind, Words};
use crate::domain::annotation::Intent;

/// Words of a statement that are looked at; what a long letter is about stands in its beginning.
const WORDS_MAX: usize = 120;
/// Phrases of a statement that are remembered.
const PHRASES_OF_ONE_MAX: usize = 120;
/// Words in the longest phrase.
const PHRASE_WORDS_MAX: usize = 5;
/// Longest phrase, in characters.
const PHRASE_CHARS_MAX: usize = 60;
/// Longest word in a phrase, in characters: anything longer is no word.
const WORD_CHARS_MAX: usize = 24;
/// Weight of a word that only feels.
const FEELS: f32 = 0.3;
/// Weight of a pair.
const PAIR: f32 = 0.7;
/// Letters below which a word is rarely about anything.
const SHORT: usize = 2;

/// Words for the same thing in software. The first stands for the rest.
const SAME: [&[&str]; 17] = [
    &["crash", "freeze", "froze", "frozen", "hang", "hung", "unresponsive"],
    &["login", "signin", "logon", "log-in"],
    &["signup", "register", "registration"],
    &["pay", "payment", "paid"],
    &["checkout", "basket", "cart"],
    &["slow", "lag", "laggy", "sluggish", "slowness"],
    &["photo", "picture", "image", "pic"],
    &["notification", "alert", "push"],
    &["delete", "remove", "erase"],
    &["advert", "ad", "advertisement", "advertising"],
    &["subscription", "subscribe", "subscrib"],
    &["verify", "verification", "verified"],
    &["identity", "id", "identification"],
    &["transfer", "transferred", "transferr"],
    &["topup", "top-up", "topped", "topping"],
    &["withdraw", "withdrawal", "withdrew", "withdrawn"],
    &["activate", "activation", "activat"],
];

/// What a statement is about, as weighted features and the phrases in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Features {
    /// Hashed features in order, each once; empty where nothing is said that could be shared.
    pub(super) weights: Vec<(u32, f32)>,
    /// The phrases, each once.
    pub(super) phrases: BTreeSet<String>,
    /// Equal for copies.
    pub(super) print: u32,
}

impl Features {
    /// What a theme keeps of it: its features, and that this very text was there.
    pub(super) fn remembered(&self) -> impl Iterator<Item = (u32, f32)> {
        self.weights.iter().copied().chain((!self.weights.is_empty()).then_some((self.print, GRAIN)))
    }

    pub(super) fn length(&self) -> f32 {
        self.weights.iter().map(|(_, w)| w * w).sum::<f32>().sqrt()
    }
}

/// A word that is about something.
struct Term {
    /// Where it stands among the words.
    at: usize,
    stem: String,
    weight: f32,
}

/// Reads the features of a (redacted) text.
pub fn features(text: &str, language: &str) -> Features {
    let words = Words::read(text);
    let lexicon = Lexicon::of(language).or_else(|| Lexicon::of("en"));
    let terms = terms(&words, language, lexicon);
    if terms.iter().all(|t| t.weight < 1.0) {
        return Features::default();
    }
    let mut sums: BTreeMap<u32, f32> = BTreeMap::new();
    for term in &terms {
        // Twice said is not twice as much about it.
        let sum = sums.entry(hash(&[&term.stem])).or_default();
        *sum = sum.max(term.weight);
    }
    for pair in terms.windows(2).filter(|p| p[0].stem != p[1].stem) {
        let mut both = [pair[0].stem.as_str(), pair[1].stem.as_str()];
        both.sort_unstable();
        let sum = sums.entry(hash(&both)).or_default();
        *sum = sum.max(PAIR * pair[0].weight.min(pair[1].weight));
    }
    // Every statement weighs the same, however long.
    let length = sums.values().map(|w| w * w).sum::<f32>().sqrt();
    let weights = sums.into_iter().map(|(f, w)| (f, ((w / length / GRAIN).round() * GRAIN).max(GRAIN))).collect();
    Features {
        weights,
        phrases: phrases(&words, &terms, lexicon),
        print: hash(&[&format!("={:016x}", fingerprint(text))]),
    }
}

fn terms(words: &Words, language: &str, lexicon: Option<&'static Lexicon>) -> Vec<Term> {
    let mut terms = Vec::new();
    for at in (0..words.all.len().min(WORDS_MAX)).filter(|i| words.all[*i].kind == Kind::Word) {
        let word = words.lower(at);
        let letters: Vec<char> = word.chars().filter(|c| !c.is_numeric() && *c != '\'').collect();
        if letters.iter().any(|c| is_unspaced(*c)) {
            // Scripts without spaces: neighbouring letters stand for words.
            terms.extend(letters.windows(2).map(|w| Term { at, stem: w.iter().collect(), weight: 1.0 }));
            continue;
        }
        if letters.len() < SHORT || lexicon.is_some_and(|l| l.is_stop(word)) {
            continue;
        }
        let plain: String = letters.into_iter().collect();
        let stem = same(stem(&plain, language));
        let weight = if lexicon.is_some_and(|l| only_feels(l, word)) { FEELS } else { 1.0 };
        terms.push(Term { at, stem, weight });
    }
    terms
}

/// Whether a word tells a feeling and nothing about what causes it.
fn only_feels(lexicon: &'static Lexicon, word: &str) -> bool {
    lexicon.get(word).is_some_and(|e| {
        let about = e.intents.iter().any(|(i, _)| matches!(i, Intent::Bug | Intent::Usability | Intent::Request));
        !about && (e.feel.abs() >= 1.4 || e.role.is_some())
    })
}

fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')
}

/// The stem, by cutting endings: rough, and the same for both sides of a comparison.
fn stem(word: &str, language: &str) -> String {
    let size = word.chars().count();
    if size <= 3 {
        return word.to_owned();
    }
    if language != "en" && language != "und" {
        let endings = ["en", "er", "es", "em", "os", "as", "is", "e", "n", "s", "a", "o", "i", "t"];
        let cut = endings.into_iter().find_map(|e| word.strip_suffix(e)).filter(|s| s.chars().count() >= 4);
        return cut.unwrap_or(word).to_owned();
    }
    let cut = |ending: &str, least: usize| word.strip_suffix(ending).filter(|s| s.chars().count() >= least);
    let stem = if let Some(s) = cut("ies", 2).or_else(|| cut("ied", 2)) {
        return format!("{s}y");
    } else if let Some(s) = cut("sses", 2) {
        return format!("{s}ss");
    } else if let Some(s) = cut("ing", 3).or_else(|| cut("ed", 3)).or_else(|| cut("ly", 3)).or_else(|| cut("er", 4)) {
        s
    } else if let Some(s) = cut("es", 3).filter(|s| s.ends_with(['x', 'h', 's', 'z'])) {
        s
    } else {
        cut("s", 3).filter(|s| !s.ends_with(['s', 'u', 'i'])).unwrap_or(word)
    };
    // chang(e), stopp(ed): a silent e goes, a doubled letter too.
    let stem = stem.strip_suffix('e').filter(|s| s.chars().count() >= 3).unwrap_or(stem);
    let mut back = stem.chars().rev();
    match (back.next(), back.next()) {
        (Some(a), Some(b)) if a == b && stem.len() < word.len() && !matches!(a, 'l' | 's') => {
            stem[..stem.len() - a.len_utf8()].to_owned()
        }
        _ => stem.to_owned(),
    }
}

/// The stem of a word as it stands in a phrase.
pub(super) fn stem_of(word: &str) -> String {
    same(stem(word, "en"))
}

/// What stands for words of the same meaning.
fn same(stemmed: String) -> String {
    let group = SAME.iter().find(|g| g.iter().any(|w| *w == stemmed || stem(w, "en") == stemmed));
    group.map_or(stemmed, |g| stem(g[0], "en"))
}

/// Runs of words as people wrote them, from the first word that is about something to the last.
fn phrases(words: &Words, terms: &[Term], lexicon: Option<&'static Lexicon>) -> BTreeSet<String> {
    let mut phrases = BTreeSet::new();
    let mut add = |phrase: &str| {
        if phrases.len() < PHRASES_OF_ONE_MAX {
            phrases.insert(phrase.to_owned());
        }
    };
    for term in terms {
        let word: String = words.lower(term.at).chars().take(WORD_CHARS_MAX).collect();
        if term.weight >= 1.0 {
            add(&word);
        }
        for count in 2..=PHRASE_WORDS_MAX {
            let Some(phrase) = words.phrase(term.at, count) else { break };
            let last = words.lower(term.at + count - 1);
            let ends = !lexicon.is_some_and(|l| l.is_stop(last)) && last.chars().any(char::is_alphabetic);
            let fits = phrase.chars().count() <= PHRASE_CHARS_MAX;
            let about = terms.iter().any(|t| t.weight >= 1.0 && (term.at..term.at + count).contains(&t.at));
            if ends && fits && about {
                add(phrase);
            }
        }
    }
    phrases
}

/// FNV-1a over the parts, so that every machine and every release agrees.
fn hash(parts: &[&str]) -> u32 {
    let mut hash = 0x811c_9dc5_u32;
    for part in parts {
        for byte in part.bytes().chain([0]) {
            hash = (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
        }
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_share_a_stem() {
        for forms in [
            &["crash", "crashes", "crashed", "crashing"][..],
            &["charge", "charged", "charges", "charging"],
            &["stop", "stops", "stopped", "stopping"],
            &["currency", "currencies"],
        ] {
            for form in forms {
                assert_eq!(stem(form, "en"), stem(forms[0], "en"), "{form}");
            }
        }
        assert_eq!(same(stem("payments", "en")), same(stem("paying", "en")));
    }

    #[test]
    fn what_only_feels_is_about_nothing() {
        for text in ["", "Terrible!!!", "I love it", "great app", "12345", "👍", "[email]"] {
            assert_eq!(features(text, "en"), Features::default(), "{text}");
        }
        assert!(!features("the checkout is terrible", "en").weights.is_empty());
    }

    #[test]
    fn phrases_are_the_words_people_wrote() {
        let phrases = features("The checkout crashes on Pay, always", "en").phrases;
        let shown: Vec<&str> = phrases.iter().map(String::as_str).collect();
        assert_eq!(
            shown,
            ["checkout", "checkout crashes", "checkout crashes on pay", "crashes", "crashes on pay", "pay"]
        );
    }
}
