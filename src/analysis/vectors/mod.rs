//! What a sentence is about, as 256 numbers: sentences that mean the same have vectors that point the same way.
//!
//! A vector is the sum of those of the sentence's pieces of words, which lie in a file of this crate; the file was made
//! from a sentence encoder (see `NOTICE` beside it), so that the sums come near to what the encoder says of whole
//! sentences. The order of words is not seen, nor are negation and irony: "it works" and "it does not work" are close.
//! The pieces are English; statements in other languages come near through the English words that the lexicon gives for
//! theirs, and an unknown word by the pieces that it is made of. Words in other scripts than the Latin one are passed over.
//!
//! Sums are of whole numbers, in no order that matters, so that every machine finds the same.

pub mod distil;
mod file;
pub mod fit;
pub mod pca;
mod pieces;

use std::sync::LazyLock;

pub use self::file::{FileError, Table};
use self::pieces::Seen;

/// Numbers in a vector.
pub const DIM: usize = 256;

/// Where a sentence points; its length is 1.
pub type Vector = [f32; DIM];

static SHIPPED: LazyLock<Table> =
    LazyLock::new(|| Table::from_bytes(include_bytes!("vectors.bin").into()).expect("the shipped vectors are whole"));

/// The vector of a sentence by the table that ships.
///
/// `words` are words or phrases in English or as they stand in the text, in lower case and in any order; each is cut at
/// everything that is no letter or digit. A word counts once, however often it stands there. `None` where there is
/// nothing that the table knows.
///
/// ```
/// use hearback::analysis::vectors::{nearness, sentence};
/// let refund = sentence(["my refund has not arrived"]).unwrap();
/// let money = sentence(["where", "is", "my", "money", "back"]).unwrap();
/// let crash = sentence(["the app crashes"]).unwrap();
/// assert!(nearness(&refund, &money) > nearness(&refund, &crash));
/// ```
pub fn sentence<'a>(words: impl IntoIterator<Item = &'a str>) -> Option<Vector> {
    SHIPPED.sentence(words)
}

/// The table that ships.
pub fn shipped() -> &'static Table {
    &SHIPPED
}

/// How near two sentences are: the cosine of the angle between them, -1 to 1.
pub fn nearness(a: &Vector, b: &Vector) -> f32 {
    // Eight sums side by side, which a compiler may not make of one by itself.
    let mut sums = [0.0_f32; 8];
    for (a, b) in a.chunks_exact(8).zip(b.chunks_exact(8)) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum()
}

/// A vector in one byte a number, for where many are kept: 1 becomes 256, and what is over 127 is cut, which numbers of a vector seldom are.
#[expect(clippy::cast_possible_truncation, reason = "cut to what fits")]
pub fn pack(vector: &Vector) -> [i8; DIM] {
    vector.map(|x| (x * PACKED).round().clamp(-127.0, 127.0) as i8)
}

/// How near two packed vectors are, -1 to 1; off from [`nearness`] by a thousandth or two as a rule.
pub fn packed_nearness(a: &[i8; DIM], b: &[i8; DIM]) -> f32 {
    let dot: i32 = a.iter().zip(b).map(|(a, b)| i32::from(i16::from(*a) * i16::from(*b))).sum();
    dot as f32 / (PACKED * PACKED)
}

/// What 1 is worth in a packed vector.
const PACKED: f32 = 256.0;

impl Table {
    /// The vector of a sentence, as [`sentence`].
    pub fn sentence<'a>(&self, words: impl IntoIterator<Item = &'a str>) -> Option<Vector> {
        let mut seen = Seen::default();
        for word in words {
            self.read(word, &mut seen);
        }
        self.vector(seen.rows())
    }

    /// The sum of rows, each once, less the mean and made 1 long.
    fn vector(&self, rows: &[u16]) -> Option<Vector> {
        let mut sums = [0_i32; DIM];
        for row in rows {
            let Some((weight, row)) = self.row(*row) else { continue };
            for (sum, byte) in sums.iter_mut().zip(row) {
                *sum += i32::from(weight) * i32::from(byte.cast_signed());
            }
        }
        let mut vector = unit(&sums.map(|s| s as f32))?;
        for (x, mean) in vector.iter_mut().zip(&self.mean) {
            *x -= mean;
        }
        unit(&vector)
    }
}

/// The same direction, 1 long; `None` where there is no direction.
fn unit(vector: &Vector) -> Option<Vector> {
    let length = nearness(vector, vector).sqrt();
    (length > f32::EPSILON).then(|| vector.map(|x| x / length))
}

#[cfg(test)]
mod tests;
