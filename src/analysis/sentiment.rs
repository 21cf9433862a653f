//! How a statement feels: what the learned model makes of the words and of the rules' numbers. A mark that was given with
//! the text is weighed with it.

use super::model::Opinion;
use crate::domain::annotation::Sentiment;

/// From here a mark and a text that point apart contradict each other.
const CONTRADICTS: f64 = 0.3;
/// A mark is neither good nor bad up to here.
const MARK_NEUTRAL: f64 = 0.24;
/// Below this the engine would be wrong about as often as right.
const SURE_FROM: f64 = 0.5;

/// A reading of how a statement feels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Feeling {
    /// Which way.
    pub label: Sentiment,
    /// How much, -1 to 1.
    pub score: f64,
    /// How sure, 0 to 1: the share of statements with this confidence whose label is right.
    pub confidence: f64,
    /// A mark and the words point apart.
    pub contradicts: bool,
}

impl Feeling {
    /// Nothing is known.
    pub const UNKNOWN: Self = Self { label: Sentiment::Neutral, score: 0.0, confidence: 0.2, contradicts: false };
    /// Nothing was said.
    pub const NONE: Self = Self { confidence: 0.0, ..Self::UNKNOWN };

    /// Reads the model's opinion of a text.
    pub fn of_words(opinion: Opinion) -> Self {
        let [bad, neutral, good] = opinion.shares;
        let (label, share) = if opinion.is_mixed {
            // What is mixed or neutral is not plainly one of the two.
            (Sentiment::Mixed, 1.0 - (1.0 - opinion.mixed) * (1.0 - neutral))
        } else if good >= neutral && good >= bad {
            (Sentiment::Positive, good)
        } else if bad >= neutral {
            (Sentiment::Negative, bad)
        } else {
            (Sentiment::Neutral, neutral)
        };
        Self { label, score: f64::from(good - bad), confidence: f64::from(share), contradicts: false }
    }

    /// Reads a mark that came without words, -1 to 1.
    pub fn of_mark(polarity: f64) -> Self {
        let label = of_score(polarity, MARK_NEUTRAL);
        let confidence = if label == Sentiment::Neutral { 0.6 } else { 0.6 + 0.35 * polarity.abs() };
        Self { label, score: polarity, confidence, contradicts: false }
    }

    /// Weighs a mark with the words. Where they contradict each other, neither is believed whole.
    pub fn with_mark(self, polarity: f64) -> Self {
        let mark = Self::of_mark(polarity);
        let opposed = self.score * polarity < 0.0 && self.score.abs() >= CONTRADICTS && polarity.abs() >= CONTRADICTS;
        if opposed {
            let confidence = 0.5 * self.confidence.min(mark.confidence);
            let score = f64::midpoint(self.score, polarity);
            return Self { label: Sentiment::Mixed, score, confidence, contradicts: true };
        }
        let says_little = self.label == Sentiment::Neutral;
        let share = if says_little { 0.25 } else { 0.5 };
        let score = share * self.score + (1.0 - share) * polarity;
        if self.label == Sentiment::Mixed {
            return Self { score, ..self };
        }
        let confidence = if says_little { 0.85 * mark.confidence } else { 0.1 + self.confidence.max(mark.confidence) };
        Self { label: of_score(score, MARK_NEUTRAL), score, confidence: confidence.min(0.98), contradicts: false }
    }

    /// Whether the label is too doubtful to be acted on.
    pub fn abstains(self) -> bool {
        self.confidence < SURE_FROM
    }
}

fn of_score(score: f64, neutral_to: f64) -> Sentiment {
    if score >= neutral_to {
        Sentiment::Positive
    } else if score <= -neutral_to {
        Sentiment::Negative
    } else {
        Sentiment::Neutral
    }
}
