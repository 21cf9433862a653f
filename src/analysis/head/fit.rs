//! Seeded passes over all examples in a shuffled order (`AdaGrad`; Duchi, Hazan and Singer 2011): the same examples and seed
//! give the same numbers on every machine.

use super::{Linear, scale};
use crate::analysis::model::{FEELINGS, softmax};
use crate::analysis::themes::Direction;

/// Passes over all examples.
const PASSES: usize = 8;
/// Size of a step.
const STEP: f32 = 0.05;
/// Pull of each weight towards nought.
const PULL: f32 = 1e-5;
/// Pull of what a set adds of its own.
const PULL_SET: f32 = 1e-4;
/// Least of the summed squares, so that a first step is no leap.
const CALM: f32 = 1e-2;

/// A direction with what it should be read as.
#[derive(Clone, Copy, Debug)]
pub(super) struct Example<'a> {
    pub direction: &'a Direction,
    pub shares: [f32; FEELINGS],
    /// Each set has its own idea of what is neutral; it is learned and not kept.
    pub set: usize,
    pub weight: f32,
}

/// Weights, each with the sum of the squares of its slopes.
#[derive(Clone, Copy, Debug)]
struct Learned {
    weights: [f32; FEELINGS],
    squares: [f32; FEELINGS],
}

impl Learned {
    const BLANK: Self = Self { weights: [0.0; FEELINGS], squares: [CALM; FEELINGS] };

    fn descend(&mut self, slopes: [f32; FEELINGS], pull: f32) {
        for ((weight, square), slope) in self.weights.iter_mut().zip(&mut self.squares).zip(slopes) {
            let slope = slope + pull * *weight;
            *square += slope * slope;
            *weight -= STEP * slope / square.sqrt();
        }
    }
}

/// A linear head for directions of `width` numbers.
pub(super) fn fit(examples: &[Example<'_>], width: usize, seed: u64) -> Linear {
    let sets = examples.iter().map(|e| e.set + 1).max().unwrap_or(0);
    let mut rows = vec![Learned::BLANK; width];
    let mut bias = Learned::BLANK;
    let mut of_set = vec![Learned::BLANK; sets];
    let scale = scale(width);
    let mut order: Vec<usize> = (0..examples.len()).collect();
    let mut random = seed;
    for _ in 0..PASSES {
        shuffle(&mut order, &mut random);
        for at in &order {
            let example = &examples[*at];
            let mut logits = std::array::from_fn(|i| bias.weights[i] + of_set[example.set].weights[i]);
            for (value, row) in example.direction.values().iter().zip(&rows) {
                let value = f32::from(*value) * scale;
                for (logit, weight) in logits.iter_mut().zip(row.weights) {
                    *logit += value * weight;
                }
            }
            let said = softmax(logits);
            let slopes: [f32; FEELINGS] = std::array::from_fn(|i| example.weight * (said[i] - example.shares[i]));
            for (value, row) in example.direction.values().iter().zip(&mut rows) {
                let value = f32::from(*value) * scale;
                row.descend(slopes.map(|s| s * value), PULL);
            }
            bias.descend(slopes, 0.0);
            of_set[example.set].descend(slopes, PULL_SET);
        }
    }
    Linear { weights: rows.into_iter().map(|r| r.weights).collect(), bias: bias.weights }
}

/// Fisher and Yates's shuffle by Knuth's generator.
fn shuffle(order: &mut [usize], random: &mut u64) {
    for last in (1..order.len()).rev() {
        *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        order.swap(last, (*random >> 33) as usize % (last + 1));
    }
}
