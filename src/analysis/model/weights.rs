//! Weights as they lie in a file: eight bits for the table, four bytes for the few numbers that are dense.

use std::borrow::Cow;

use super::OUTPUTS;
use super::features::{BITS, Features, PIECES_MAX, rows_of_pieces};

/// A model that can be asked.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::analysis) struct Weights {
    /// Rows of [`OUTPUTS`] bytes, each a signed number.
    pub rows: Cow<'static, [u8]>,
    /// What one step of a row's bytes is worth.
    pub scale: [f32; OUTPUTS],
    /// A row of [`OUTPUTS`] for each dense number.
    pub dense: Vec<[f32; OUTPUTS]>,
    /// What is added to each answer.
    pub bias: [f32; OUTPUTS],
}

/// Sums of some rows, a column each, and how many rows they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::analysis) struct Sum<N> {
    columns: [N; OUTPUTS],
    members: N,
}

// A word's pieces fit: all of them at their largest.
const _: () = assert!(PIECES_MAX * (u8::MAX as usize / 2 + 1) <= i16::MAX as usize);

impl Sum<i16> {
    /// Of no rows.
    pub const NOTHING: Self = Self { columns: [0; OUTPUTS], members: 0 };
}

impl Default for Sum<i16> {
    fn default() -> Self {
        Self::NOTHING
    }
}

impl Default for Sum<i32> {
    fn default() -> Self {
        Self { columns: [0; OUTPUTS], members: 0 }
    }
}

impl Sum<i32> {
    /// Adds the sums of a word.
    pub fn add(&mut self, word: Sum<i16>) {
        for (sum, more) in self.columns.iter_mut().zip(word.columns) {
            *sum += i32::from(more);
        }
        self.members += i32::from(word.members);
    }
}

impl Weights {
    /// One logit for each answer.
    pub fn ask(&self, features: &Features) -> [f32; OUTPUTS] {
        let sum = |rows: &[u32]| {
            let mut adding = self.adding();
            for row in rows {
                adding.add(*row);
            }
            adding.sum()
        };
        self.weigh([sum(&features.words), sum(&features.pieces)], &features.numbers)
    }

    /// One logit for each answer, from the sums of words and of pieces, and from the numbers of the rules.
    pub fn weigh(&self, groups: [Sum<i32>; 2], numbers: &[f32]) -> [f32; OUTPUTS] {
        let mut logits = self.bias;
        for Sum { columns, members } in groups {
            let value = value_of(usize::try_from(members).unwrap_or_default());
            for ((logit, sum), scale) in logits.iter_mut().zip(columns).zip(self.scale) {
                *logit += sum as f32 * scale * value;
            }
        }
        for (number, row) in numbers.iter().zip(&self.dense) {
            for (logit, weight) in logits.iter_mut().zip(row) {
                *logit += number * weight;
            }
        }
        logits
    }

    /// Sums of no rows, to add to.
    pub fn adding(&self) -> Adding<'_> {
        Adding { rows: &self.rows, lanes: [0; LANES], members: 0 }
    }

    /// The sums of a word's pieces.
    #[expect(clippy::cast_possible_truncation, reason = "the sums of as many pieces as a word has fit")]
    pub fn pieces(&self, word: &str) -> Sum<i16> {
        let mut adding = self.adding();
        rows_of_pieces(word, |row| adding.add(row));
        let Sum { columns, members } = adding.sum();
        Sum { columns: columns.map(|sum| sum as i16), members: members as i16 }
    }
}

/// Bytes that are added at a stroke: a row and the beginning of the next, so that they fill a register.
const LANES: usize = 16;

/// Sums of rows while rows are added.
#[derive(Clone, Copy, Debug)]
pub(in crate::analysis) struct Adding<'a> {
    rows: &'a [u8],
    lanes: [i32; LANES],
    members: i32,
}

impl Adding<'_> {
    /// Adds a row.
    #[inline]
    pub fn add(&mut self, row: u32) {
        let at = row as usize * OUTPUTS;
        self.members += 1;
        if let Some(row) = self.rows.get(at..).and_then(|rest| rest.first_chunk::<LANES>()) {
            for (lane, weight) in self.lanes.iter_mut().zip(row) {
                *lane += i32::from(weight.cast_signed());
            }
            return;
        }
        // After the last row stands nothing.
        for (lane, weight) in self.lanes.iter_mut().zip(self.rows.get(at..).unwrap_or_default()) {
            *lane += i32::from(weight.cast_signed());
        }
    }

    /// The sums of the rows that were added.
    pub fn sum(&self) -> Sum<i32> {
        Sum { columns: std::array::from_fn(|i| self.lanes[i]), members: self.members }
    }
}

/// What each member of a group of features is worth, so that long texts are not louder.
pub(in crate::analysis) fn value_of(members: usize) -> f32 {
    1.0 / (members.max(1) as f32).sqrt()
}

/// Rows of the table.
pub(in crate::analysis) const ROWS: usize = 1 << BITS;
