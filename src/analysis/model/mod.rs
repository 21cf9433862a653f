//! The learned part of the engine: a linear model over hashed words, pairs and pieces of words and over what the rules
//! say. It speaks of feelings and of what is wanted at once, from one pass over a text.
//!
//! [`learn`] makes it from labelled texts; [`check`] says how good it is.

mod calibration;
pub mod check;
mod features;
mod file;
pub mod learn;
pub mod texts;
mod weights;

use std::sync::LazyLock;

use self::calibration::Calibration;
pub(super) use self::calibration::Opinion;
pub(super) use self::features::{Features, WORDS_MAX};
pub use self::file::FileError;
pub(super) use self::weights::Sum;
use self::weights::Weights;
use super::hashing::name_of;
use super::intent;
use super::signs::Signs;
use crate::domain::annotation::Wanted;

/// Answers of the model, in this order: negative, neutral, positive; the intents as in
/// [`Intent::ALL`](crate::domain::annotation::Intent::ALL); spam.
pub(super) const OUTPUTS: usize = 10;
/// How many of them are feelings.
pub(super) const FEELINGS: usize = 3;
/// Where spam stands.
const SPAM: usize = 9;
/// Intents that are told where they are likely; the last, `other`, is what is left.
pub(super) const INTENTS: usize = 5;

static SHIPPED: LazyLock<Model> = LazyLock::new(|| {
    Model::from_static(include_bytes!("weights.bin"), SHIPPED_VERSION)
        .expect("the file in this crate is one that `to_bytes` wrote")
});

/// The name of the shipped weights, so that no start waits for it; a test holds it to them.
const SHIPPED_VERSION: &str = "model-75224a3b";

/// Weights with what makes their answers honest.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    version: String,
    weights: Weights,
    knobs: Knobs,
}

/// What makes a model's answers honest.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Knobs {
    /// What makes a confidence the share of answers that are right.
    calibration: Calibration,
    /// Logit from which each intent is told.
    from: [f32; INTENTS],
    /// Logit from which a statement is spam.
    spam_from: f32,
}

impl Model {
    /// The model in this binary.
    pub fn shipped() -> &'static Self {
        &SHIPPED
    }

    fn named(weights: Weights, knobs: Knobs) -> Self {
        let mut model = Self { version: String::new(), weights, knobs };
        model.version = name_of("model", &model.to_bytes());
        model
    }

    /// Its name: changes with every byte of it.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// What the pieces of a word say.
    pub(super) fn pieces(&self, word: &str) -> Sum<i16> {
        self.weights.pieces(word)
    }

    /// One logit for each answer to a text whose words' pieces say this.
    pub(super) fn ask(&self, signs: &Signs<'_>, numbers: &[f32], pieces: Sum<i32>) -> [f32; OUTPUTS] {
        let mut words = self.weights.adding();
        features::rows_of_words(signs, |row| words.add(row));
        self.weights.weigh([words.sum(), pieces], numbers)
    }

    /// One logit for each answer to a text in a language that nobody taught the model: words mean nothing to it.
    pub(super) fn ask_rules(&self, numbers: &[f32]) -> [f32; OUTPUTS] {
        self.weights.weigh([Sum::default(); 2], numbers)
    }

    /// What it thinks of the feeling, calibrated. `is_foreign` where the text is read with another file than English.
    pub(super) fn feelings(&self, numbers: &[f32], logits: &[f32; OUTPUTS], is_foreign: bool) -> Opinion {
        self.knobs.calibration.opinion(numbers, logits, is_foreign)
    }

    /// What is wanted, the main intent first.
    pub(super) fn intents(&self, logits: &[f32; OUTPUTS]) -> Vec<Wanted> {
        intent::read(*logits, self.knobs.from)
    }

    /// Whether nobody meant it.
    pub(super) fn is_spam(&self, logits: &[f32; OUTPUTS]) -> bool {
        logits[SPAM] > self.knobs.spam_from
    }
}

/// The share of a logit.
pub(super) fn sigmoid(logit: f32) -> f32 {
    1.0 / (1.0 + libm::expf(-logit))
}

/// Shares that sum to one.
pub(super) fn softmax(logits: [f32; FEELINGS]) -> [f32; FEELINGS] {
    let top = logits.iter().copied().fold(f32::MIN, f32::max);
    let parts = logits.map(|l| libm::expf(l - top));
    let sum: f32 = parts.iter().sum();
    parts.map(|p| p / sum)
}
