//! How a statement feels: words with weights, and the small rules that people write by: negation, emphasis, "but",
//! capitals, exclamation marks. A mark that was given with the text is weighed with it.

use std::cmp::Ordering;

use super::lexicon::{Found, Role};
use super::words::{Kind, Words};
use crate::domain::annotation::Sentiment;

/// Words that a negation reaches.
const NOT_REACH: usize = 4;
/// What a negation makes of a feeling: "not great" is less bad than "terrible".
const NOT_TIMES: f64 = -0.6;
/// Words that an emphasis reaches.
const TIMES_REACH: usize = 2;
/// What "but" makes of what stands before and after it.
const BUT_BEFORE: f64 = 0.6;
const BUT_AFTER: f64 = 1.3;
/// Capitals among other words, and drawn-out letters.
const SHOUTED_TIMES: f64 = 1.2;
/// Each exclamation mark, up to three.
const EXCLAIMED: f64 = 0.08;
/// How fast the score nears its ends: a sum of its root gives 0.71.
const CURVE: f64 = 12.0;
/// Score from which a statement is not neutral.
const POSITIVE_FROM: f64 = 0.24;
const NEGATIVE_FROM: f64 = -0.22;
/// Weight that both sides need for mixed feelings, and how near they must be.
const MIXED_MIN: f64 = 3.0;
const MIXED_BALANCE: f64 = 0.75;
/// From here a mark and a text that point apart contradict each other.
const CONTRADICTS: f64 = 0.3;

/// A reading of how a statement feels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Feeling {
    /// Which way.
    pub label: Sentiment,
    /// How much, -1 to 1.
    pub score: f64,
    /// How sure, 0 to 1.
    pub confidence: f64,
}

impl Feeling {
    /// Nothing is known.
    pub const UNKNOWN: Self = Self { label: Sentiment::Neutral, score: 0.0, confidence: 0.2 };
    /// Nothing was said.
    pub const NONE: Self = Self { label: Sentiment::Neutral, score: 0.0, confidence: 0.0 };

    /// Reads a mark that came without words, -1 to 1.
    pub fn of_mark(polarity: f64) -> Self {
        let label = label(polarity);
        let confidence = if label == Sentiment::Neutral { 0.6 } else { 0.6 + 0.35 * polarity.abs() };
        Self { label, score: polarity, confidence }
    }

    /// Weighs a mark with the words. Where they contradict each other, neither is believed whole.
    pub fn with_mark(self, polarity: f64) -> Self {
        let mark = Self::of_mark(polarity);
        let opposed = self.score * polarity < 0.0 && self.score.abs() >= CONTRADICTS && polarity.abs() >= CONTRADICTS;
        if opposed {
            let confidence = 0.5 * self.confidence.min(mark.confidence);
            return Self { label: Sentiment::Mixed, score: f64::midpoint(self.score, polarity), confidence };
        }
        let says_little = self.label == Sentiment::Neutral;
        let share = if says_little { 0.25 } else { 0.5 };
        let score = share * self.score + (1.0 - share) * polarity;
        if self.label == Sentiment::Mixed {
            return Self { score, ..self };
        }
        let confidence = if says_little { 0.85 * mark.confidence } else { 0.1 + self.confidence.max(mark.confidence) };
        Self { label: label(score), score, confidence: confidence.min(0.98) }
    }
}

/// Reads how the phrases found in a text feel together.
pub(super) fn read(words: &Words, found: &[Found]) -> Feeling {
    let weights = weights(words, found);
    let mut good = 0.0;
    let mut bad = 0.0;
    let mut hits = 0;
    for (f, times) in found.iter().zip(&weights).filter(|(f, _)| f.entry.feel != 0.0) {
        let feel = f.entry.feel * times;
        if feel > 0.0 {
            good += feel;
        } else {
            bad -= feel;
        }
        hits += 1;
    }
    if hits == 0 {
        return Feeling { confidence: 0.45, ..Feeling::UNKNOWN };
    }
    let shouts = words.all.iter().filter(|w| w.kind == Kind::Shout).take(3).count();
    let sum = (good - bad) * (1.0 + EXCLAIMED * shouts as f64);
    let score = sum / (sum * sum + CURVE).sqrt();
    let torn = good.min(bad) >= MIXED_MIN && good.min(bad) >= MIXED_BALANCE * good.max(bad);
    if torn {
        return Feeling { label: Sentiment::Mixed, score, confidence: 0.5 };
    }
    let label = label(score);
    let agreement = (good - bad).abs() / (good + bad).max(f64::MIN_POSITIVE);
    let confidence = match label {
        Sentiment::Neutral => 0.5 - score.abs(),
        Sentiment::Negative | Sentiment::Positive | Sentiment::Mixed => 0.4 + 0.35 * score.abs() + 0.2 * agreement,
    };
    Feeling { label, score, confidence }
}

fn label(score: f64) -> Sentiment {
    if score >= POSITIVE_FROM {
        Sentiment::Positive
    } else if score <= NEGATIVE_FROM {
        Sentiment::Negative
    } else {
        Sentiment::Neutral
    }
}

/// How many times each phrase counts where it stands; below 0 where it is turned.
pub(super) fn weights(words: &Words, found: &[Found]) -> Vec<f64> {
    let places = places(words);
    let calm = words.all.iter().any(|w| w.kind == Kind::Word && !w.shouted && w.at.len() > 1);
    let buts: Vec<usize> = found.iter().filter(|f| f.entry.role == Some(Role::But)).map(|f| f.first).collect();
    let mut weights = Vec::with_capacity(found.len());
    let mut not: Option<usize> = None;
    let mut emphasis: Option<(usize, f64)> = None;
    for f in found {
        let place = places[f.first];
        let reaches = |from: usize, reach: usize| places[from].clause == place.clause && f.first - from <= reach;
        let mut times = 1.0;
        if not.is_some_and(|from| reaches(from, NOT_REACH)) {
            times *= NOT_TIMES;
        }
        if let Some((from, by)) = emphasis
            && reaches(from, TIMES_REACH)
        {
            times *= by;
        }
        // The nearest "but" of the sentence; one that begins it says what the sentence before was worth.
        if let Some(but) = buts.iter().rev().find(|b| places[**b].sentence == place.sentence) {
            times *= match but.cmp(&f.first) {
                Ordering::Less => BUT_AFTER,
                Ordering::Greater => BUT_BEFORE,
                Ordering::Equal => 1.0,
            };
        }
        let word = &words.all[f.first];
        if calm && word.shouted || word.drawn_out {
            times *= SHOUTED_TIMES;
        }
        weights.push(times);
        let last = f.first + f.count - 1;
        match f.entry.role {
            Some(Role::Not) => not = Some(last),
            Some(Role::Times(by)) => emphasis = Some((last, by)),
            Some(Role::But) | None => {}
        }
    }
    weights
}

/// Which clause and which sentence a word stands in.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    clause: usize,
    sentence: usize,
}

fn places(words: &Words) -> Vec<Place> {
    let mut at = Place::default();
    let mut places = Vec::with_capacity(words.all.len());
    for word in &words.all {
        match word.kind {
            Kind::Word | Kind::Number | Kind::Picture => {}
            Kind::Pause => at.clause += 1,
            Kind::Stop | Kind::Shout | Kind::Ask => {
                at.clause += 1;
                at.sentence += 1;
            }
        }
        places.push(at);
    }
    places
}
