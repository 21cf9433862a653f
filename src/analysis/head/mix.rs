//! How two opinions become one: a weighted mean of their log-odds, made as sure as it is right.

use crate::analysis::model::{FEELINGS, softmax};

/// What the model's logits and the head's are multiplied by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Mix {
    pub model: f32,
    pub head: f32,
}

/// What a text should be read as, and what both said of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opinions {
    pub shares: [f32; FEELINGS],
    pub weight: f32,
    pub model: [f32; FEELINGS],
    pub head: [f32; FEELINGS],
}

/// Shares of the head that are tried, in twentieths.
const SHARES: std::ops::RangeInclusive<u8> = 0..=20;
/// Temperatures that are tried, in twentieths.
const TEMPERATURES: std::ops::RangeInclusive<u8> = 8..=50;

impl Mix {
    /// The model alone.
    pub const MODEL: Self = Self { model: 1.0, head: 0.0 };

    /// Both together.
    pub fn of(self, model: [f32; FEELINGS], head: [f32; FEELINGS]) -> [f32; FEELINGS] {
        std::array::from_fn(|i| self.model * model[i] + self.head * head[i])
    }

    /// How much the head counts, 0 to 1.
    pub fn share(self) -> f32 {
        self.head / (self.head + self.model).max(f32::MIN_POSITIVE)
    }

    /// The mix with the least surprise about these texts; the model alone where there are none.
    pub fn fitted(texts: &[Opinions]) -> Self {
        Self::best(texts, SHARES)
    }

    /// The model alone with the least surprise about these texts.
    pub fn alone(texts: &[Opinions]) -> Self {
        Self::best(texts, 0..=0)
    }

    fn best(texts: &[Opinions], shares: std::ops::RangeInclusive<u8>) -> Self {
        if texts.is_empty() {
            return Self::MODEL;
        }
        let mut best = (f64::INFINITY, Self::MODEL);
        for share in shares.map(|s| f32::from(s) / 20.0) {
            for temperature in TEMPERATURES.map(|t| f32::from(t) / 20.0) {
                let mix = Self { model: (1.0 - share) / temperature, head: share / temperature };
                let surprise = mix.surprise(texts);
                if surprise < best.0 {
                    best = (surprise, mix);
                }
            }
        }
        best.1
    }

    /// Mean surprise about what a text is read as, in nats.
    pub fn surprise(self, texts: &[Opinions]) -> f64 {
        let mut sum = 0.0;
        let mut weights = 0.0;
        for text in texts {
            let said = softmax(self.of(text.model, text.head));
            let log = |i: usize| f64::from(text.shares[i]) * libm::log(f64::from(said[i].max(1e-9)));
            sum -= f64::from(text.weight) * (0..FEELINGS).map(log).sum::<f64>();
            weights += f64::from(text.weight);
        }
        sum / weights.max(f64::MIN_POSITIVE)
    }
}
