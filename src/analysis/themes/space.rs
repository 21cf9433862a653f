//! In which space statements are compared: who puts them there, and from which cosines on they say the same in it. What
//! another maker made is in another space, and is never compared.

use std::fmt;
use std::num::NonZeroUsize;

use super::direction::{Direction, direction};
use super::threads::in_parallel;

/// Where directions are comparable.
#[derive(Clone, Debug, PartialEq)]
pub struct Space {
    /// Which rules and vectors make directions here. It stands beside each sum of directions that is kept.
    pub made_by: String,
    /// From which cosines on statements say the same.
    pub cuts: Cuts,
}

/// From which cosines on statements say the same; each kind of vectors has its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cuts {
    /// Cosine from which a statement joins a theme.
    pub joins_from: f64,
    /// Cosine from which two themes may say the same.
    pub alike_from: f64,
    /// How far the view moves towards the middle of what everybody says, 0 to 1.
    pub to_the_middle: f64,
    /// Mean cosine of all statements at which they have one theme, and the view does not move at all.
    pub all_one_from: f64,
    /// Cosine below which two statements are no neighbours.
    pub near_from: f32,
    /// Resolution of the communities: rather too many than too few, because those that say the same are joined.
    pub resolution: f64,
    /// Mean cosine of two communities from which they are one theme.
    pub one_from: f32,
    /// Cosine from which two statements are copies with other words in a place or two.
    pub copy_from: f32,
}

impl Cuts {
    /// Of the word vectors in the binary.
    pub const WORDS: Self = Self {
        joins_from: 0.37,
        alike_from: 0.7,
        to_the_middle: 0.7,
        all_one_from: 0.33,
        near_from: 0.3,
        resolution: 5.0,
        one_from: 0.36,
        copy_from: 0.97,
    };
    /// Of a sentence encoder: those of the communities were found with all-MiniLM-L6-v2 on a third of the questions in
    /// banking77's training split; its cosines lie higher than those of the word vectors. Of those of placing one by one
    /// only the proportion is known.
    pub const SENTENCES: Self = Self {
        joins_from: 0.5,
        alike_from: 0.8,
        to_the_middle: 0.7,
        all_one_from: 0.33,
        near_from: 0.4,
        resolution: 5.0,
        one_from: 0.55,
        copy_from: 0.97,
    };
}

/// The rules of this file's folder; a sum that other rules made can't be compared.
const RULES: &str = "hearback-themes/1";

impl Space {
    /// The space of the word vectors in the binary.
    pub fn of_words() -> Self {
        Self { made_by: RULES.to_owned(), cuts: Cuts::WORDS }
    }

    /// The space of a sentence encoder; `version` changes with every byte of it.
    pub fn of_sentences(version: &str) -> Self {
        Self { made_by: format!("{RULES} {version}"), cuts: Cuts::SENTENCES }
    }
}

/// A (redacted) text in a language, as in an annotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text<'a> {
    /// What was said.
    pub text: &'a str,
    /// ISO 639-1, or `und`.
    pub language: &'a str,
}

/// Why nothing is known of some texts: the sums failed, as for want of memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotEmbedded(pub String);

impl fmt::Display for NotEmbedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "statements could not be placed: {}", self.0)
    }
}

impl std::error::Error for NotEmbedded {}

/// Puts statements into a space, so that those which say the same are near each other.
pub trait Embedder: fmt::Debug + Send + Sync {
    /// The space.
    fn space(&self) -> &Space;

    /// The direction of each text, in their order; `None` where it says nothing that could be shared. The same text has the
    /// same direction, whatever stands beside it and however many threads there are.
    ///
    /// # Errors
    /// Where the sums fail: nothing is known of any of the texts then.
    fn embed(&self, texts: &[Text<'_>], threads: NonZeroUsize) -> Result<Vec<Option<Direction>>, NotEmbedded>;

    /// Whether it takes milliseconds a text, so that no transaction should wait for it, and remembers what it made.
    fn is_slow(&self) -> bool {
        false
    }
}

/// The word vectors in the binary.
#[derive(Clone, Debug)]
pub struct WordVectors(Space);

impl Default for WordVectors {
    fn default() -> Self {
        Self(Space::of_words())
    }
}

impl Embedder for WordVectors {
    fn space(&self) -> &Space {
        &self.0
    }

    fn embed(&self, texts: &[Text<'_>], threads: NonZeroUsize) -> Result<Vec<Option<Direction>>, NotEmbedded> {
        Ok(in_parallel(texts.len(), threads, |i| direction(texts[i].text, texts[i].language)))
    }
}
