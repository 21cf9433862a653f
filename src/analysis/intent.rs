//! What a statement wants: phrases speak for an intent, and the more urgent of near equals wins.

use super::lexicon::Found;
use super::sentiment::{Feeling, weights};
use super::words::{Kind, Words};
use crate::domain::annotation::{Intent, Sentiment};

/// Weight from which an intent is told.
const TOLD_FROM: f64 = 1.2;
/// A question mark speaks for a question.
const ASKED: f64 = 1.0;
/// What a happy text adds to praise, and an unhappy one to something that does not work.
const PLEASED: f64 = 1.2;
const DISPLEASED: f64 = 0.6;
/// What the third and further phrases for one intent still add: a long text is not a louder one.
const FURTHER: f64 = 0.3;

/// Reads what a text wants, and how sure that is (0 to 1).
pub(super) fn read(words: &Words, found: &[Found], feeling: Feeling) -> (Intent, f64) {
    let mut said = tally(words, found);
    if words.all.iter().any(|w| w.kind == Kind::Ask) {
        add(&mut said, Intent::Question, ASKED);
    }
    match feeling.label {
        Sentiment::Positive => add(&mut said, Intent::Praise, PLEASED * feeling.score),
        Sentiment::Negative if weight(&said, Intent::Bug) > 0.0 => {
            add(&mut said, Intent::Bug, DISPLEASED * -feeling.score);
        }
        Sentiment::Negative | Sentiment::Neutral | Sentiment::Mixed => {}
    }
    if feeling.label == Sentiment::Negative {
        let praise = weight(&said, Intent::Praise);
        add(&mut said, Intent::Praise, -praise);
    }
    // Intents stand most urgent first, so that a tie goes to the more urgent.
    let mut best = (Intent::Other, TOLD_FROM);
    for (intent, n) in &said {
        if *n > best.1 {
            best = (*intent, *n);
        }
    }
    let others: f64 = said.iter().filter(|(i, _)| *i != best.0).map(|(_, n)| n.max(0.0)).sum();
    let confidence =
        if best.0 == Intent::Other { 0.5 - 0.1 * others.min(3.0) } else { best.1 / (best.1 + others + 0.6) };
    (best.0, confidence.clamp(0.05, 0.95))
}

/// Summed weights, most urgent intent first.
type Said = [(Intent, f64); 6];

fn tally(words: &Words, found: &[Found]) -> Said {
    let mut said = Intent::ALL.map(|i| (i, 0.0));
    let mut counts = [0_u32; 6];
    for (f, times) in found.iter().zip(weights(words, found)) {
        for (intent, weight) in &f.entry.intents {
            let Some(at) = Intent::ALL.iter().position(|i| i == intent) else { continue };
            // "no bugs" is no report of one; "not great" is no praise.
            let turned = times < 0.0;
            counts[at] += u32::from(!turned);
            let further = if counts[at] > 2 { FURTHER } else { 1.0 };
            said[at].1 += if turned { -0.5 * weight } else { weight * further };
        }
    }
    said
}

fn add(said: &mut Said, intent: Intent, n: f64) {
    if let Some(at) = said.iter_mut().find(|(i, _)| *i == intent) {
        at.1 += n;
    }
}

fn weight(said: &Said, intent: Intent) -> f64 {
    said.iter().find(|(i, _)| *i == intent).map_or(0.0, |(_, n)| *n)
}
