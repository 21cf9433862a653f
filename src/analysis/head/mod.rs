//! A second opinion on how a statement feels: a linear head over the direction that a sentence encoder gives it. Its
//! log-odds and those of the model are weighed together, by weights that were fitted to texts that neither had learned
//! from.
//!
//! A head fits one encoder, to the byte; [`learn`] makes it.

mod file;
mod fit;
pub mod learn;
mod mix;

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;

pub use self::file::HeadFileError;
use self::mix::Mix;
use super::model::FEELINGS;
use super::themes::{Direction, Embedder, Text, UNIT};

/// Weights over the numbers of a direction.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    version: String,
    encoder: String,
    linear: Linear,
    mixes: [Mix; 2],
}

/// A logit for each feeling out of a direction.
#[derive(Clone, Debug, PartialEq)]
struct Linear {
    weights: Vec<[f32; FEELINGS]>,
    bias: [f32; FEELINGS],
}

impl Linear {
    fn ask(&self, direction: &Direction) -> [f32; FEELINGS] {
        let mut logits = self.bias;
        let scale = scale(self.weights.len());
        for (value, row) in direction.values().iter().zip(&self.weights) {
            let value = f32::from(*value) * scale;
            for (logit, weight) in logits.iter_mut().zip(row) {
                *logit += value * weight;
            }
        }
        logits
    }
}

/// Makes the numbers of a direction about 1 on average, however many they are.
fn scale(width: usize) -> f32 {
    (width as f32).sqrt() / f32::from(UNIT)
}

/// Why a head is not for an encoder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// It weighs another count of numbers than the encoder gives.
    Width {
        /// Numbers that the head weighs.
        head: usize,
        /// Numbers that the encoder gives.
        encoder: usize,
    },
    /// It was made for another encoder.
    Encoder {
        /// For which.
        head: String,
        /// Which there is.
        encoder: String,
    },
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Width { head, encoder } => write!(f, "it weighs {head} numbers, and the encoder gives {encoder}")?,
            Self::Encoder { head, encoder } => write!(f, "it was made for {head}, and this is {encoder}")?,
        }
        f.write_str(": run `hearback train --encoder` again, or take the file away")
    }
}

impl std::error::Error for Misfit {}

impl Head {
    /// Its name: changes with every byte of it.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// How much the head counts beside the model for statements in English, and for others; 0 to 1.
    pub fn shares(&self) -> [f32; 2] {
        self.mixes.map(Mix::share)
    }

    /// Whether it was made for an encoder of this version, which gives this count of numbers.
    ///
    /// # Errors
    /// Says what does not fit.
    pub fn check(&self, encoder: &str, width: usize) -> Result<(), Misfit> {
        if self.linear.weights.len() != width {
            return Err(Misfit::Width { head: self.linear.weights.len(), encoder: width });
        }
        if self.encoder != encoder {
            return Err(Misfit::Encoder { head: self.encoder.clone(), encoder: encoder.to_owned() });
        }
        Ok(())
    }
}

/// Which of the two mixes is for a language: what is in no English reaches the encoder word by word.
fn mix_of(language: &str) -> usize {
    usize::from(language != "en")
}

/// A head with its encoder.
#[derive(Clone, Debug)]
pub struct Second {
    head: Head,
    embedder: Arc<dyn Embedder>,
}

impl Second {
    /// Of a head that fits the encoder behind `embedder`; see [`Head::check`].
    pub fn new(head: Head, embedder: Arc<dyn Embedder>) -> Self {
        Self { head, embedder }
    }

    /// Which head and which encoder.
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.head.encoder, self.head.version)
    }

    /// The model's logits weighed with the head's; `None` where the encoder says nothing.
    pub(super) fn weigh(&self, text: &str, language: &str, model: [f32; FEELINGS]) -> Option<[f32; FEELINGS]> {
        let directions = self.embedder.embed(&[Text { text, language }], NonZeroUsize::MIN).ok()?;
        let own = self.head.linear.ask(directions.first()?.as_ref()?);
        Some(self.head.mixes[mix_of(language)].of(model, own))
    }
}

#[cfg(test)]
mod tests;
