//! A name that people gave without knowing it: of the phrases that they wrote, one that many wrote and that says what all
//! of them say.

use std::collections::{BTreeMap, BTreeSet};

use super::direction::direction;
use super::placing::{absorb, is_comparable, nearness_from};
use super::space::{Space, Text};
use crate::analysis::lexicon::Lexicon;
use crate::analysis::words::{Kind, Words};
use crate::domain::theme::ThemeVector;

/// Statements that are read for a name; the rest say the same.
pub const READ_MAX: usize = 64;
/// Words of each that are looked at.
const WORDS_MAX: usize = 120;
/// Words in the longest name.
const NAME_WORDS_MAX: usize = 6;
/// Letters in the longest name in a script without spaces.
const NAME_LETTERS_MAX: usize = 16;
/// Longest name, in characters.
const NAME_CHARS_MAX: usize = 60;
/// Phrases whose meaning is weighed, those that most wrote.
const WEIGHED_MAX: usize = 40;
/// Letters that forms of one word share, roughly.
const STEM_CHARS: usize = 5;
/// What a phrase of one word is worth beside longer ones.
const ONE_WORD: f64 = 0.45;
/// Square of the nearness that even a phrase gets that the word vectors know nothing of.
const NEAR_MIN: f64 = 0.01;

/// One statement of a theme.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// Its text, redacted.
    pub text: &'a str,
    /// Its language.
    pub language: &'a str,
    /// Equal for copies.
    pub print: u64,
}

/// A phrase, in lower case: its spellings, and how many wrote it.
#[derive(Debug, Default)]
struct Phrase<'a> {
    spellings: BTreeMap<&'a str, u32>,
    language: &'a str,
    written: u32,
    /// Its words that say something, as far as forms of one word share them.
    stems: Vec<String>,
}

/// A name for what these statements say; `vector` is what their theme remembers, and `middle` from where all themes are seen.
/// Empty only where nobody wrote a word.
///
/// Phrases are compared by the word vectors, whatever compares statements: of two or three words an encoder knows no more,
/// and asking it about dozens of them for each theme would take a thousand times as long. Where it placed the statements,
/// their own words stand in for what the theme remembers.
pub fn name(said: &[Said<'_>], vector: &ThemeVector, middle: &[f64]) -> String {
    let space = Space::of_words();
    let own;
    let (vector, middle) = if is_comparable(&space, vector) {
        (vector, middle)
    } else {
        own = in_words(said.iter().take(READ_MAX).map(|s| Text { text: s.text, language: s.language }));
        (&own, [].as_slice())
    };
    let mut phrases: BTreeMap<String, Phrase<'_>> = BTreeMap::new();
    let mut prints = BTreeSet::new();
    for one in said.iter().take(READ_MAX).filter(|s| prints.insert(s.print)) {
        read(one, &mut phrases);
    }
    let told = told(&phrases);
    let mut weighed: Vec<(f64, &String, &Phrase<'_>)> =
        phrases.iter().map(|(lower, p)| (support(p, &told), lower, p)).collect();
    if weighed.iter().any(|(_, _, p)| p.written > 1 && p.stems.len() > 1) {
        weighed.retain(|(_, _, p)| p.written > 1);
    }
    // Up to three words count: a longer phrase says more, and soon no more than that.
    let rank = |(support, _, p): &(f64, &String, &Phrase<'_>)| support * p.stems.len().min(3) as f64;
    weighed.sort_by(|a, b| rank(b).total_cmp(&rank(a)).then(a.1.cmp(b.1)));
    weighed.truncate(WEIGHED_MAX);
    let mut best: Option<(f64, &Phrase<'_>)> = None;
    for (support, lower, phrase) in weighed {
        let near = direction(lower, phrase.language).map_or(0.0, |d| nearness_from(&space, middle, &d, vector));
        let long = if phrase.stems.len() == 1 { ONE_WORD } else { 1.0 };
        let worth = support.ln_1p() * (NEAR_MIN + near * near) * long;
        if best.is_none_or(|(w, _)| worth > w) {
            best = Some((worth, phrase));
        }
    }
    let spelling = best.and_then(|(_, p)| p.spellings.iter().max_by_key(|(s, n)| (**n, std::cmp::Reverse(**s))));
    spelling.map_or_else(|| first_words(said), |(s, _)| (*s).to_owned())
}

/// What these texts say as the word vectors tell.
pub(in crate::analysis) fn in_words<'a>(texts: impl Iterator<Item = Text<'a>>) -> ThemeVector {
    let space = Space::of_words();
    let mut vector = ThemeVector::default();
    for direction in texts.filter_map(|one| direction(one.text, one.language)) {
        absorb(&space, &mut vector, &direction);
    }
    vector
}

/// How many wrote each word, in whatever form.
fn told(phrases: &BTreeMap<String, Phrase<'_>>) -> BTreeMap<String, u32> {
    let mut told = BTreeMap::new();
    for phrase in phrases.values().filter(|p| p.stems.len() == 1) {
        *told.entry(phrase.stems[0].clone()).or_default() += phrase.written;
    }
    told
}

/// Phrases that more than one statement holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Phrases {
    /// Each with the number of statements that hold it, in the order of the alphabet.
    pub shared: Vec<(String, u32)>,
    /// Statements that were read.
    pub statements: u32,
}

/// What people wrote more than once, in lower case.
pub fn phrases(said: &[Said<'_>]) -> Phrases {
    let mut phrases: BTreeMap<String, Phrase<'_>> = BTreeMap::new();
    for one in said {
        read(one, &mut phrases);
    }
    let shared = phrases.into_iter().filter(|(_, p)| p.written > 1).map(|(lower, p)| (lower, p.written)).collect();
    Phrases { shared, statements: u32::try_from(said.len()).unwrap_or(u32::MAX) }
}

/// Between how many wrote the very phrase and how many wrote each of its words.
fn support(phrase: &Phrase<'_>, told: &BTreeMap<String, u32>) -> f64 {
    let least = phrase.stems.iter().map(|s| told.get(s).copied().unwrap_or(1)).min().unwrap_or(1);
    f64::midpoint(f64::from(phrase.written), f64::from(least.max(phrase.written)))
}

/// All phrases of a statement that could be a name, each once.
fn read<'a>(said: &Said<'a>, phrases: &mut BTreeMap<String, Phrase<'a>>) {
    let words = Words::read(said.text);
    let lexicon = Lexicon::of(said.language).or_else(|| Lexicon::of("en"));
    let mut own: BTreeMap<String, (&'a str, Vec<String>)> = BTreeMap::new();
    let looked_at = words.all.len().min(WORDS_MAX);
    for first in 0..looked_at {
        if !begins(&words, first, lexicon) {
            continue;
        }
        let most = if words.all[first].unspaced { NAME_LETTERS_MAX } else { NAME_WORDS_MAX };
        for count in 1..=most {
            let Some(lower) = words.phrase(first, count) else { break };
            let last = first + count - 1;
            let shown = &said.text[words.all[first].at.start..words.all[last].at.end];
            if shown.chars().count() > NAME_CHARS_MAX || shown.contains(['[', '\n', '\t']) {
                break;
            }
            if ends(&words, last, lexicon) {
                let telling = (first..=last).filter(|i| counts(&words, *i, lexicon));
                let stems = telling.map(|i| words.lower(i).chars().take(STEM_CHARS).collect()).collect();
                own.entry(lower.to_owned()).or_insert((shown, stems));
            }
        }
    }
    for (lower, (shown, stems)) in own {
        let phrase = phrases.entry(lower).or_default();
        *phrase.spellings.entry(shown).or_default() += 1;
        phrase.language = said.language;
        phrase.written += 1;
        phrase.stems = stems;
    }
}

/// Whether a word says something: no stop word, no number, no lone Latin letter.
fn counts(words: &Words, at: usize, lexicon: Option<&'static Lexicon>) -> bool {
    let word = &words.all[at];
    if word.kind != Kind::Word {
        return false;
    }
    let lower = words.lower(at);
    word.unspaced || lower.chars().nth(1).is_some() && !lexicon.is_some_and(|l| l.is_stop(lower))
}

/// Whether a name may begin with this word; in scripts without spaces, whether a word begins here as far as can be seen.
fn begins(words: &Words, at: usize, lexicon: Option<&'static Lexicon>) -> bool {
    counts(words, at, lexicon) && (!words.all[at].unspaced || breaks(words, at))
}

/// Whether a name may end with this word. One letter of hiragana after other letters is a particle, before which a word
/// ends.
fn ends(words: &Words, at: usize, lexicon: Option<&'static Lexicon>) -> bool {
    if !counts(words, at, lexicon) {
        return false;
    }
    if !words.all[at].unspaced {
        // "but", "not", "very": what they speak of would follow.
        return lexicon.and_then(|l| l.get(words.lower(at))).is_none_or(|e| e.role.is_none());
    }
    let over = |at: usize| !together(words, at) || breaks(words, at + 1);
    if together(words, at) && is_particle(words, at + 1) {
        return over(at + 1);
    }
    over(at) && !is_particle(words, at)
}

fn is_particle(words: &Words, at: usize) -> bool {
    let letter = |i: usize| words.lower(i).chars().next().unwrap_or(' ');
    let follows = at > 0 && together(words, at - 1) && !is_hiragana(letter(at - 1));
    follows && matches!(letter(at), 'が' | 'を' | 'に' | 'は' | 'で' | 'と' | 'も' | 'の' | 'へ' | 'や')
}

/// Whether a letter and the next stand together.
fn together(words: &Words, at: usize) -> bool {
    words.all.get(at + 1).is_some_and(|next| next.unspaced && next.at.start == words.all[at].at.end)
}

/// Whether a word surely begins with this letter: after a space or a mark, and in Japanese where other letters follow on
/// hiragana, because endings and particles are written in hiragana and what they belong to hardly ever is. Chinese is cut at
/// spaces and marks only.
fn breaks(words: &Words, at: usize) -> bool {
    let Some(before) = at.checked_sub(1).map(|i| &words.all[i]) else { return true };
    if !before.unspaced || before.at.end != words.all[at].at.start {
        return true;
    }
    let letter = |i: usize| words.lower(i).chars().next().unwrap_or(' ');
    is_hiragana(letter(at - 1)) && !is_hiragana(letter(at)) && letter(at) != 'ー'
}

fn is_hiragana(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{309f}')
}

/// What a theme is called that no phrase speaks for: how its first statement with words begins.
fn first_words(said: &[Said<'_>]) -> String {
    for one in said {
        let words = Words::read(one.text);
        let Some(first) = words.all.iter().position(|w| w.kind == Kind::Word) else { continue };
        let most = if words.all[first].unspaced { NAME_CHARS_MAX } else { NAME_WORDS_MAX };
        let last = (1..=most).rev().find(|n| words.phrase(first, *n).is_some()).unwrap_or(1);
        let shown = &one.text[words.all[first].at.start..words.all[first + last - 1].at.end];
        return shown.chars().take(NAME_CHARS_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect();
    }
    String::new()
}
