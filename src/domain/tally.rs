//! How many people feel which way.

use serde::{Deserialize, Serialize};

use super::annotation::Sentiment;

/// Distinct people by the sentiment of their latest statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Unhappy people.
    pub negative: i64,
    /// People of two minds.
    pub mixed: i64,
    /// People who are neither.
    pub neutral: i64,
    /// Happy people.
    pub positive: i64,
}

impl Tally {
    /// All people together.
    pub fn people(&self) -> i64 {
        self.negative + self.mixed + self.neutral + self.positive
    }

    /// The count that belongs to `sentiment`.
    pub fn of(&self, sentiment: Sentiment) -> i64 {
        match sentiment {
            Sentiment::Negative => self.negative,
            Sentiment::Mixed => self.mixed,
            Sentiment::Neutral => self.neutral,
            Sentiment::Positive => self.positive,
        }
    }

    /// Adds `n` people (takes them away where negative).
    pub fn add(&mut self, sentiment: Sentiment, n: i64) {
        *match sentiment {
            Sentiment::Negative => &mut self.negative,
            Sentiment::Mixed => &mut self.mixed,
            Sentiment::Neutral => &mut self.neutral,
            Sentiment::Positive => &mut self.positive,
        } += n;
    }

    /// Positive less negative, as a share of all, from -1 to 1; 0 where nobody spoke.
    pub fn net(&self) -> f64 {
        match self.people() {
            0 => 0.0,
            n => (self.positive - self.negative) as f64 / n as f64,
        }
    }
}
