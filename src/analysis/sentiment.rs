//! How a statement feels: what the learned model makes of the words and of the rules' numbers. A mark that was given with
//! the text is weighed with it.

use super::model::{FEELINGS, softmax};
use super::signs::Signs;
use crate::domain::annotation::Sentiment;

/// Weight that both sides need for mixed feelings, and how near they must be.
const MIXED_MIN: f32 = 2.4;
const MIXED_BALANCE: f32 = 0.55;
/// Share that each side must have of the model's opinion besides.
const MIXED_SHARE: f32 = 0.22;
/// Weight that both sides need, and how near they must be, where the model's opinion does not matter.
const TORN_MIN: f32 = 5.0;
const TORN_BALANCE: f32 = 0.7;
/// How sure that is at the least.
const TORN_SHARE: f32 = 0.5;
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

    /// Reads a text's signs and the model's opinion of it.
    pub fn of_words(signs: &Signs<'_>, logits: [f32; FEELINGS]) -> Self {
        let [bad, neutral, good] = softmax(logits);
        let (sum_good, sum_bad) = signs.sums();
        let (less, more) = (sum_good.min(sum_bad), sum_good.max(sum_bad));
        let doubtful = less >= MIXED_MIN && less >= MIXED_BALANCE * more && good.min(bad) >= MIXED_SHARE;
        let torn = doubtful || less >= TORN_MIN && less >= TORN_BALANCE * more;
        let (label, share) = if torn {
            (Sentiment::Mixed, (1.0 - neutral.max((good - bad).abs())).max(if doubtful { 0.0 } else { TORN_SHARE }))
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
