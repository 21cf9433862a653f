//! Weights as they lie in a file: eight bits for the table, four bytes for the few numbers that are dense.

use std::borrow::Cow;

use super::OUTPUTS;
use super::features::{BITS, Features};

/// A model that can be asked.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::analysis) struct Weights {
    /// Rows of [`OUTPUTS`] bytes.
    pub rows: Cow<'static, [i8]>,
    /// What one step of a row's bytes is worth.
    pub scale: [f32; OUTPUTS],
    /// A row of [`OUTPUTS`] for each dense number.
    pub dense: Vec<[f32; OUTPUTS]>,
    /// What is added to each answer.
    pub bias: [f32; OUTPUTS],
}

impl Weights {
    /// One logit for each answer.
    pub fn ask(&self, features: &Features) -> [f32; OUTPUTS] {
        let mut logits = self.bias;
        for group in [&features.words, &features.pieces] {
            let mut sums = [0_i32; OUTPUTS];
            for row in group {
                let at = *row as usize * OUTPUTS;
                let Some(row) = self.rows.get(at..at + OUTPUTS) else { continue };
                for (sum, weight) in sums.iter_mut().zip(row) {
                    *sum += i32::from(*weight);
                }
            }
            let value = value_of(group.len());
            for ((logit, sum), scale) in logits.iter_mut().zip(sums).zip(self.scale) {
                *logit += sum as f32 * scale * value;
            }
        }
        for (number, row) in features.numbers.iter().zip(&self.dense) {
            for (logit, weight) in logits.iter_mut().zip(row) {
                *logit += number * weight;
            }
        }
        logits
    }
}

/// What each member of a group of features is worth, so that long texts are not louder.
pub(in crate::analysis) fn value_of(members: usize) -> f32 {
    1.0 / (members.max(1) as f32).sqrt()
}

/// Rows of the table.
pub(in crate::analysis) const ROWS: usize = 1 << BITS;
