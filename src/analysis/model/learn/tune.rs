//! What makes a model's answers honest, found on texts that it did not see.

use super::Example;
use crate::analysis::model::weights::Weights;
use crate::analysis::model::{FEELINGS, INTENTS, Knobs, SPAM, softmax};

/// Temperatures that are tried, in hundredths.
const TEMPERATURES: std::ops::RangeInclusive<u16> = 50..=250;
/// Logits that are tried as a beginning, in twentieths.
const FROM: std::ops::RangeInclusive<i16> = -40..=40;
/// The same for an intent: what is not at least two fifths likely is not told.
const FROM_INTENT: std::ops::RangeInclusive<i16> = -8..=40;
/// What a false alarm costs more than a miss, where a customer would not be heard.
const SPAM_FALSE_COST: f32 = 4.0;

/// Finds the temperature with the least surprise (Guo et al. 2017) and for each intent the beginning with the best F1.
pub(super) fn knobs(weights: &Weights, unseen: &[&Example]) -> Knobs {
    let asked: Vec<_> = unseen.iter().map(|e| (weights.ask(&e.features), *e)).collect();
    let surprise = |temperature: f32| -> f64 {
        let of = |(logits, e): &([f32; super::OUTPUTS], &Example)| {
            let feeling = e.feeling?;
            let said = softmax([logits[0], logits[1], logits[2]].map(|l| l / temperature));
            let log = |i: usize| f64::from(feeling[i]) * libm::log(f64::from(said[i].max(1e-9)));
            Some(-(0..FEELINGS).map(log).sum::<f64>() * f64::from(e.weight))
        };
        asked.iter().filter_map(of).sum()
    };
    let temperature = least(TEMPERATURES.map(|t| f32::from(t) / 100.0), surprise);
    let from = std::array::from_fn(|i| {
        least(FROM_INTENT.map(|f| f32::from(f) / 20.0), |from| -f1(&asked, FEELINGS + i, from, 1.0))
    });
    let spam_from = least(FROM.map(|f| f32::from(f) / 20.0), |from| -f1(&asked, SPAM, from, SPAM_FALSE_COST));
    Knobs { temperature, from, spam_from }
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

fn f1(asked: &[([f32; super::OUTPUTS], &Example)], at: usize, from: f32, false_cost: f32) -> f64 {
    let (mut hits, mut misses, mut falses) = (0.0, 0.0, 0.0);
    for (logits, e) in asked {
        match (e.wants[at - FEELINGS], logits[at] > from) {
            (Some(true), true) => hits += e.weight,
            (Some(true), false) => misses += e.weight,
            (Some(false), true) => falses += e.weight * false_cost,
            (Some(false), false) | (None, _) => {}
        }
    }
    f64::from(2.0 * hits / (2.0 * hits + misses + falses).max(f32::MIN_POSITIVE))
}

const _: () = assert!(INTENTS + 1 < super::WANTS, "other and spam stand after the intents that are told");
