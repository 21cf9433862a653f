//! One seeded pass after another over the examples in a shuffled order (`AdaGrad`; Duchi, Hazan and Singer 2011).
#![expect(clippy::cast_possible_truncation, reason = "weights are brought to eight bits on purpose")]

use std::borrow::Cow;

use super::{Example, Settings};
use crate::analysis::model::weights::{ROWS, Weights, value_of};
use crate::analysis::model::{FEELINGS, OUTPUTS, sigmoid, softmax};

/// Least of the summed squares, so that a first step is no leap.
const CALM: f32 = 1e-3;
/// Pull of what a set adds of its own.
const PULL_SET: f32 = 1e-4;

type Row = [f32; OUTPUTS];

/// A weight for each answer, with the sum of the squares of its slopes.
#[derive(Clone, Copy, Debug)]
struct Learned {
    weights: Row,
    squares: Row,
}

/// Weights while they are learned.
struct Fit {
    rows: Vec<Learned>,
    dense: Vec<Learned>,
    bias: Learned,
    /// What each set adds of its own; not kept.
    of_set: Vec<Learned>,
    /// Only words learn: what all texts share stays as it is.
    words_alone: bool,
}

/// Weights that know nothing but the examples.
pub(super) fn from_nothing(
    examples: &[&Example],
    sets: usize,
    settings: Settings,
    progress: &mut dyn FnMut(usize),
) -> Weights {
    let numbers = examples.first().map_or(0, |e| e.features.numbers.len());
    let fit = Fit {
        rows: vec![Learned::at([0.0; OUTPUTS]); ROWS],
        dense: vec![Learned::at([0.0; OUTPUTS]); numbers],
        bias: Learned::at([0.0; OUTPUTS]),
        of_set: vec![Learned::at([0.0; OUTPUTS]); sets],
        words_alone: false,
    };
    fit.run(examples, settings, progress).quantised()
}

/// Weights that go on from what is known.
pub(super) fn from_known(known: &Weights, examples: &[&Example], settings: Settings) -> Weights {
    let row = |bytes: &[u8]| -> Row { std::array::from_fn(|i| f32::from(bytes[i].cast_signed()) * known.scale[i]) };
    let fit = Fit {
        rows: known.rows.chunks_exact(OUTPUTS).map(|bytes| Learned::at(row(bytes))).collect(),
        dense: known.dense.iter().copied().map(Learned::at).collect(),
        bias: Learned::at(known.bias),
        of_set: vec![Learned::at([0.0; OUTPUTS])],
        words_alone: true,
    };
    fit.run(examples, settings, &mut |_| {}).quantised()
}

impl Fit {
    fn run(mut self, examples: &[&Example], settings: Settings, progress: &mut dyn FnMut(usize)) -> Self {
        let mut order: Vec<usize> = (0..examples.len()).collect();
        let mut random = Random(settings.seed);
        for pass in 0..settings.passes {
            random.shuffle(&mut order);
            let step = settings.step / (1.0 + pass as f32 * 0.5);
            for at in &order {
                self.learn(examples[*at], step, settings);
            }
            progress(pass + 1);
        }
        self
    }

    fn ask(&self, example: &Example) -> Row {
        let mut logits = self.bias.weights;
        add(&mut logits, 1.0, &self.of_set[example.set].weights);
        for group in [&example.features.words, &example.features.pieces] {
            let value = value_of(group.len());
            for row in group {
                add(&mut logits, value, &self.rows[*row as usize].weights);
            }
        }
        for (number, row) in example.features.numbers.iter().zip(&self.dense) {
            add(&mut logits, *number, &row.weights);
        }
        logits
    }

    fn learn(&mut self, example: &Example, step: f32, settings: Settings) {
        let slopes = slopes(example, self.ask(example));
        for group in [&example.features.words, &example.features.pieces] {
            let value = value_of(group.len());
            for row in group {
                self.rows[*row as usize].descend(slopes.map(|s| s * value), step, settings.pull);
            }
        }
        if self.words_alone {
            return;
        }
        for (row, number) in self.dense.iter_mut().zip(&example.features.numbers).filter(|(_, n)| **n != 0.0) {
            row.descend(slopes.map(|s| s * number), step, settings.pull_dense);
        }
        self.bias.descend(slopes, step, 0.0);
        self.of_set[example.set].descend(slopes, step, PULL_SET);
    }

    fn quantised(&self) -> Weights {
        let mut scale: Row = [0.0; OUTPUTS];
        for row in &self.rows {
            for (most, weight) in scale.iter_mut().zip(row.weights) {
                *most = most.max(weight.abs());
            }
        }
        let scale = scale.map(|most| most.max(f32::MIN_POSITIVE) / 127.0);
        let rows = self
            .rows
            .iter()
            .flat_map(|row| row.weights.into_iter().zip(scale).map(|(w, s)| ((w / s).round() as i8).cast_unsigned()));
        let dense = self.dense.iter().map(|d| d.weights).collect();
        Weights { rows: Cow::Owned(rows.collect()), scale, dense, bias: self.bias.weights }
    }
}

impl Learned {
    fn at(weights: Row) -> Self {
        Self { weights, squares: [CALM; OUTPUTS] }
    }

    fn descend(&mut self, slopes: Row, step: f32, pull: f32) {
        for ((weight, squares), slope) in self.weights.iter_mut().zip(&mut self.squares).zip(slopes) {
            if slope == 0.0 {
                continue;
            }
            let slope = slope + pull * *weight;
            *squares += slope * slope;
            *weight -= step * slope / squares.sqrt();
        }
    }
}

fn add(logits: &mut Row, number: f32, weights: &Row) {
    for (logit, weight) in logits.iter_mut().zip(weights) {
        *logit += number * weight;
    }
}

/// How the loss grows with each logit.
fn slopes(example: &Example, logits: Row) -> Row {
    let mut slopes = [0.0; OUTPUTS];
    if let Some(feeling) = example.feeling {
        let said = softmax([logits[0], logits[1], logits[2]]);
        for (slope, (said, wanted)) in slopes.iter_mut().zip(said.into_iter().zip(feeling)) {
            *slope = (said - wanted) * example.weight;
        }
    }
    for (i, wanted) in example.wants.into_iter().enumerate() {
        let at = FEELINGS + i;
        let Some(wanted) = wanted else { continue };
        slopes[at] = (sigmoid(logits[at]) - f32::from(u8::from(wanted))) * example.weight;
    }
    slopes
}

/// A xorshift generator (Marsaglia 2003): what it gives depends on its seed alone.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn shuffle(&mut self, order: &mut [usize]) {
        for i in (1..order.len()).rev() {
            let other = (self.next() % (i as u64 + 1)) as usize;
            order.swap(i, other);
        }
    }
}
