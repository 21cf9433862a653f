//! How far two texts use the same words, whatever their length: what they are about stands in rare words, so that these
//! weigh more.

use std::collections::{BTreeMap, BTreeSet};

use super::lexicon::Lexicon;
use super::themes::in_english;
use super::words::{Kind, Words};

/// Letters that forms of one word share, roughly.
const STEM_CHARS: usize = 6;
/// Words of a text that are looked at.
const WORDS_MAX: usize = 200;

/// The words of a text that say something, each once, as far as its forms share them. Words of other languages are read by
/// what they mean in English, where that is known.
pub fn stems(text: &str, language: &str) -> BTreeSet<String> {
    let read = in_english(text, language);
    let words = Words::read(&read);
    let stop = Lexicon::of("en");
    let mut stems = BTreeSet::new();
    for at in (0..words.all.len().min(WORDS_MAX)).filter(|at| words.all[*at].kind == Kind::Word) {
        let lower = words.lower(at);
        let short = lower.chars().count() < 2 && !words.all[at].unspaced;
        if !short && !stop.is_some_and(|l| l.is_stop(lower)) {
            stems.insert(stem(lower));
        }
    }
    stems
}

/// A word without its ending, as far as that is seen from outside.
fn stem(word: &str) -> String {
    let bare = ["ing", "ed", "es", "s"]
        .iter()
        .find_map(|ending| word.strip_suffix(ending).filter(|rest| rest.chars().count() >= 3))
        .unwrap_or(word);
    bare.trim_end_matches('e').chars().take(STEM_CHARS).collect()
}

/// How much each word tells among these texts: a word in every text tells next to nothing.
#[derive(Clone, Debug, Default)]
pub struct Rarity {
    texts: usize,
    within: BTreeMap<String, usize>,
}

impl Rarity {
    /// Of words in these texts.
    pub fn of<'a>(texts: impl IntoIterator<Item = &'a BTreeSet<String>>) -> Self {
        let mut rarity = Self::default();
        for text in texts {
            rarity.texts += 1;
            for stem in text {
                *rarity.within.entry(stem.clone()).or_default() += 1;
            }
        }
        rarity
    }

    /// What one word tells, above 0.
    pub fn weight(&self, stem: &str) -> f64 {
        let within = self.within.get(stem).copied().unwrap_or(0);
        ((self.texts as f64 + 1.0) / (within as f64 + 1.0)).ln() + 1.0
    }

    /// The part of what `own` tell that `other` hold, 0 to 1.
    pub fn covered(&self, own: &BTreeSet<String>, other: &BTreeSet<String>) -> f64 {
        let sum = |stems: &mut dyn Iterator<Item = &String>| stems.map(|s| self.weight(s)).sum::<f64>();
        let whole = sum(&mut own.iter());
        if whole > 0.0 { sum(&mut own.intersection(other)) / whole } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_are_one_and_words_that_say_nothing_are_none() {
        let of = |text: &str| stems(text, "en").into_iter().collect::<Vec<_>>().join(" ");
        assert_eq!(of("It crashes and crashed, the crash"), "crash");
        assert_eq!(of("Saving is the same as to save or saves"), of("save same"));
        assert_eq!(of(""), "");
    }

    #[test]
    fn a_rare_word_weighs_more_than_one_that_everybody_uses() {
        let texts: Vec<_> = ["checkout crash", "checkout slow", "checkout logo"].map(|t| stems(t, "en")).into();
        let rarity = Rarity::of(&texts);
        assert!(rarity.weight("crash") > rarity.weight("checko"));
        let (theme, same, other) = (&texts[0], stems("crash on start", "en"), stems("checkout colour", "en"));
        assert!(rarity.covered(theme, &same) > rarity.covered(theme, &other));
        assert!((rarity.covered(theme, theme) - 1.0).abs() < 1e-9);
        assert!(rarity.covered(&BTreeSet::new(), theme).abs() < 1e-9);
    }
}
