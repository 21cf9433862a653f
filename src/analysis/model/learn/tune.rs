//! What makes a model's answers honest, found on texts in the eyes of models that did not see them.
#![expect(clippy::cast_possible_truncation, reason = "a file holds four bytes of each number")]

use super::choice::{Choice, fit};
use super::{Example, OUTPUTS, WANTS};
use crate::analysis::model::calibration::{Calibration, MIXED_SIGNS, TONGUES, mixed_signs};
use crate::analysis::model::{FEELINGS, INTENTS, Knobs, SPAM};
use crate::domain::annotation::Sentiment;

/// Logits that are tried as a beginning, in twentieths.
const FROM: std::ops::RangeInclusive<i16> = -40..=40;
/// The same for an intent: what is not at least two fifths likely is not told.
const FROM_INTENT: std::ops::RangeInclusive<i16> = -8..=40;
/// What a false alarm costs more than a miss, where a customer would not be heard.
const SPAM_FALSE_COST: f64 = 10.0;
/// How hard what is fitted is drawn to where it began.
const PULL: f64 = 2e-3;
/// What a set that knows no mixed feelings counts beside all that do: enough that a long text which is good on the whole
/// is not called mixed for a word.
const UNMIXED_SHARE: f64 = 0.05;

/// A text, and what a model that did not see it says.
pub(super) type Asked<'a> = ([f32; OUTPUTS], &'a Example);

/// Finds the calibration, and for each want the beginning with the best F1.
pub(super) fn knobs(asked: &[Asked<'_>], sets: usize) -> Knobs {
    let calibration = mixed(asked, sets, scaled(asked, sets));
    let want = |at: usize, from: f32, cost: f64| {
        // What the rules call spam the model need not find.
        let open = asked.iter().filter(|(_, e)| at != SPAM || !e.is_ruled_spam);
        let told = |(logits, e): &Asked<'_>| Some((logits[at] > from, e.wants[at - FEELINGS]?, f64::from(e.weight)));
        f1(open.filter_map(told), cost)
    };
    let from =
        std::array::from_fn(|i| least(FROM_INTENT.map(|f| f32::from(f) / 20.0), |from| -want(FEELINGS + i, from, 1.0)));
    let spam_from = least(FROM.map(|f| f32::from(f) / 20.0), |from| -want(SPAM, from, SPAM_FALSE_COST));
    Knobs { calibration, from, spam_from }
}

/// The scale and shift with the least surprise for each tongue. Each set counts the same, since each has its own idea of
/// what is neutral; one that has none tells nothing of it.
fn scaled(asked: &[Asked<'_>], sets: usize) -> Calibration {
    let mut calibration = Calibration::NONE;
    let felt = || asked.iter().filter_map(|(logits, e)| Some((logits, *e, plain(e.sentiment?))));
    let mut counts = vec![[0_u32; FEELINGS]; sets];
    felt().for_each(|(_, e, feeling)| counts[e.set][feeling] += 1);
    for tongue in 0..TONGUES {
        let choices: Vec<Choice<FEELINGS, 3>> = felt()
            .filter(|(_, e, _)| usize::from(e.is_foreign) == tongue && counts[e.set].iter().all(|n| *n > 0))
            .map(|(logits, e, feeling)| {
                let [bad, neutral, good] = [logits[0], logits[1], logits[2]].map(f64::from);
                let numbers = [[bad, 1.0, 0.0], [neutral, 0.0, 0.0], [good, 0.0, 1.0]];
                Choice { numbers, chosen: feeling, weight: 1.0 / f64::from(counts[e.set].iter().sum::<u32>()) }
            })
            .collect();
        let [scale, bad, good] = fit(&choices, [1.0, 0.0, 0.0], PULL);
        calibration.scale[tongue] = (scale as f32).max(f32::MIN_POSITIVE);
        calibration.shift[tongue] = [bad as f32, good as f32];
    }
    calibration
}

/// What speaks for mixed feelings, learned from the sets that know them, with a little of what the others call plainly good
/// or bad.
fn mixed(asked: &[Asked<'_>], sets: usize, calibration: Calibration) -> Calibration {
    let mut knows = vec![false; sets];
    let mut plains = vec![0_u32; sets];
    for (_, e) in asked {
        knows[e.set] |= e.sentiment == Some(Sentiment::Mixed);
        plains[e.set] += u32::from(matches!(e.sentiment, Some(Sentiment::Negative | Sentiment::Positive)));
    }
    let knowing = asked.iter().filter(|(_, e)| e.sentiment.is_some() && knows[e.set]).count() as f64;
    let choice = |(logits, e): &Asked<'_>| {
        let sentiment = e.sentiment?;
        let weight = match sentiment {
            _ if knows[e.set] => 1.0,
            Sentiment::Neutral => return None,
            Sentiment::Negative | Sentiment::Positive | Sentiment::Mixed => {
                UNMIXED_SHARE * knowing / f64::from(plains[e.set])
            }
        };
        let shares = calibration.shares(logits, e.is_foreign);
        let signs = mixed_signs(&e.features.numbers, logits, shares, e.is_foreign).map(f64::from);
        let chosen = usize::from(sentiment == Sentiment::Mixed);
        Some(Choice { numbers: [[0.0; MIXED_SIGNS], signs], chosen, weight })
    };
    let choices: Vec<Choice<2, MIXED_SIGNS>> = asked.iter().filter_map(choice).collect();
    if !knows.contains(&true) {
        return calibration;
    }
    let weights = fit(&choices, [0.0; MIXED_SIGNS], PULL / 10.0);
    let said = |c: &Choice<2, MIXED_SIGNS>| c.numbers[1].iter().zip(weights).map(|(n, w)| n * w).sum::<f64>();
    let told: Vec<(f64, bool, f64)> = choices.iter().map(|c| (said(c), c.chosen == 1, c.weight)).collect();
    let mixed_from = least(FROM.map(|f| f32::from(f) / 20.0), |from| {
        -f1(told.iter().map(|(logit, wanted, weight)| (*logit > f64::from(from), *wanted, *weight)), 1.0)
    });
    Calibration { mixed: weights.map(|w| w as f32), mixed_from, ..calibration }
}

/// Where a feeling stands among the model's answers; mixed counts as neutral.
fn plain(sentiment: Sentiment) -> usize {
    match sentiment {
        Sentiment::Negative => 0,
        Sentiment::Neutral | Sentiment::Mixed => 1,
        Sentiment::Positive => 2,
    }
}

/// The first of the values with the least loss.
fn least(values: impl Iterator<Item = f32>, loss: impl Fn(f32) -> f64) -> f32 {
    let mut best = (1.0, f64::INFINITY);
    for value in values {
        let loss = loss(value);
        if loss < best.1 {
            best = (value, loss);
        }
    }
    best.0
}

/// F1 of what was told, wanted, and counts so much.
fn f1(told: impl Iterator<Item = (bool, bool, f64)>, false_cost: f64) -> f64 {
    let (mut hits, mut misses, mut falses) = (0.0, 0.0, 0.0);
    for (told, wanted, weight) in told {
        match (wanted, told) {
            (true, true) => hits += weight,
            (true, false) => misses += weight,
            (false, true) => falses += weight * false_cost,
            (false, false) => {}
        }
    }
    2.0 * hits / (2.0 * hits + misses + falses).max(f64::MIN_POSITIVE)
}

const _: () = assert!(INTENTS + 1 < WANTS, "other and spam stand after the intents that are told");
