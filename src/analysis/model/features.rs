//! A text as the learned part of the engine sees it: hashed words, pairs of words and pieces of words, and the numbers of
//! the rules.
#![expect(clippy::cast_possible_truncation, reason = "a row has fewer bits than 32")]

use crate::analysis::hashing::{EMPTY, add_byte, bucket, pair};
use crate::analysis::signs::Signs;
use crate::analysis::words::Kind;

/// Rows of the table, as a power of two.
pub(in crate::analysis) const BITS: u32 = 18;
/// Words of a text that are looked at; what a long letter wants stands in its beginning.
pub(in crate::analysis) const WORDS_MAX: usize = 400;
/// Letters of a word whose pieces are looked at.
const WORD_BYTES_MAX: usize = 24;
/// Sizes of pieces, in bytes, its two ends included.
const PIECES: [usize; 3] = [3, 4, 5];
/// Pieces of the longest word that is looked at.
pub(super) const PIECES_MAX: usize = PIECES.len() * (WORD_BYTES_MAX + 2);

/// What keeps the kinds of features apart.
const PAIRED: u64 = 0x51;
const SKIPPED: u64 = 0x52;
const PIECE: u64 = 0x53;
const BEGINS: u64 = 0x54;
const ENDS: u64 = 0x55;
const TURNED: u64 = 0x56;

/// A text as numbers.
#[derive(Clone, Debug, Default)]
pub(in crate::analysis) struct Features {
    /// Rows of its words and pairs.
    pub words: Vec<u32>,
    /// Rows of pieces of its words.
    pub pieces: Vec<u32>,
    /// What the rules say.
    pub numbers: Vec<f32>,
}

impl Features {
    /// Reads a text.
    pub fn read(signs: &Signs<'_>) -> Self {
        let looked_at = signs.words.all.len().min(WORDS_MAX);
        let mut features = Self {
            words: Vec::with_capacity(3 * looked_at + 2),
            pieces: Vec::with_capacity(12 * looked_at),
            numbers: signs.numbers().to_vec(),
        };
        rows_of_words(signs, |row| features.words.push(row));
        for (i, word) in signs.words.all[..looked_at].iter().enumerate() {
            if word.kind == Kind::Word && !word.unspaced {
                rows_of_pieces(signs.words.lower(i), |row| features.pieces.push(row));
            }
        }
        features
    }

    /// Reads what the rules say alone: in a language that nobody taught the model, words mean nothing to it.
    pub fn of_rules(signs: &Signs<'_>) -> Self {
        Self { numbers: signs.numbers().to_vec(), ..Self::default() }
    }
}

/// Tells the rows of a text's words and pairs. Words that a negation turns are other words.
pub(super) fn rows_of_words(signs: &Signs<'_>, mut tell: impl FnMut(u32)) {
    let mut last: Option<u64> = None;
    let mut before: Option<u64> = None;
    for word in signs.words.all.iter().take(WORDS_MAX) {
        let hash = match word.kind {
            Kind::Number => pair(EMPTY, 1),
            Kind::Word | Kind::Picture => word.hash,
            Kind::Pause => pair(EMPTY, 2),
            Kind::Stop => pair(EMPTY, 3),
            Kind::Shout => pair(EMPTY, 4),
            Kind::Ask => pair(EMPTY, 5),
        };
        tell(row(hash));
        let before_it = last.unwrap_or_else(|| pair(EMPTY, BEGINS));
        tell(row(pair(pair(before_it, hash), PAIRED)));
        if let Some(skipped) = before {
            tell(row(pair(pair(skipped, hash), SKIPPED)));
        }
        before = last;
        last = Some(hash);
    }
    if let Some(last) = last {
        tell(row(pair(last, ENDS)));
    }
    for (f, times) in signs.found.iter().zip(&signs.times) {
        if *times < 0.0 {
            tell(row(pair(signs.words.all[f.first].hash, TURNED)));
        }
    }
}

/// Tells the rows of a word's pieces, at most [`PIECES_MAX`].
pub(super) fn rows_of_pieces(word: &str, mut tell: impl FnMut(u32)) {
    let bytes = &word.as_bytes()[..word.len().min(WORD_BYTES_MAX)];
    let at = |i: usize| if i == 0 || i > bytes.len() { b' ' } else { bytes[i - 1] };
    let size = bytes.len() + 2;
    for start in 0..size {
        let mut hash = EMPTY ^ PIECE;
        for piece in 0..PIECES[PIECES.len() - 1] {
            if start + piece >= size {
                break;
            }
            hash = add_byte(hash, at(start + piece));
            if piece + 1 >= PIECES[0] {
                tell(row(hash));
            }
        }
    }
}

fn row(hash: u64) -> u32 {
    bucket(hash, BITS) as u32
}
