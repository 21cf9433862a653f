//! A text as the learned part of the engine sees it: hashed words, pairs of words and pieces of words, and the numbers of
//! the rules.
#![expect(clippy::cast_possible_truncation, reason = "a row has fewer bits than 32")]

use crate::analysis::hashing::{EMPTY, add_byte, bucket, pair};
use crate::analysis::signs::{NUMBERS, Signs};
use crate::analysis::words::{Kind, Words};

/// Rows of the table, as a power of two.
pub(in crate::analysis) const BITS: u32 = 18;
/// Words of a text that are looked at; what a long letter wants stands in its beginning.
const WORDS_MAX: usize = 400;
/// Letters of a word whose pieces are looked at.
const WORD_BYTES_MAX: usize = 24;
/// Sizes of pieces, in bytes, its two ends included.
const PIECES: [usize; 3] = [3, 4, 5];

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
        let words = signs.words;
        let looked_at = words.all.len().min(WORDS_MAX);
        let mut features = Self {
            words: Vec::with_capacity(3 * looked_at + 2),
            pieces: Vec::with_capacity(12 * looked_at),
            numbers: Vec::with_capacity(NUMBERS),
        };
        features.read_words(words, looked_at);
        features.read_turned(signs);
        features.numbers.extend(signs.numbers());
        features
    }

    /// Reads what the rules say alone: in a language that nobody taught the model, words mean nothing to it.
    pub fn of_rules(signs: &Signs<'_>) -> Self {
        Self { numbers: signs.numbers().to_vec(), ..Self::default() }
    }

    fn read_words(&mut self, words: &Words, looked_at: usize) {
        let mut last: Option<u64> = None;
        let mut before: Option<u64> = None;
        for (i, word) in words.all[..looked_at].iter().enumerate() {
            let hash = match word.kind {
                Kind::Number => pair(EMPTY, 1),
                Kind::Word | Kind::Picture => word.hash,
                Kind::Pause => pair(EMPTY, 2),
                Kind::Stop => pair(EMPTY, 3),
                Kind::Shout => pair(EMPTY, 4),
                Kind::Ask => pair(EMPTY, 5),
            };
            self.words.push(row(hash));
            let before_it = last.unwrap_or_else(|| pair(EMPTY, BEGINS));
            self.words.push(row(pair(pair(before_it, hash), PAIRED)));
            if let Some(skipped) = before {
                self.words.push(row(pair(pair(skipped, hash), SKIPPED)));
            }
            if word.kind == Kind::Word && !word.unspaced {
                self.read_pieces(words.lower(i));
            }
            before = last;
            last = Some(hash);
        }
        if let Some(last) = last {
            self.words.push(row(pair(last, ENDS)));
        }
    }

    fn read_pieces(&mut self, word: &str) {
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
                    self.pieces.push(row(hash));
                }
            }
        }
    }

    /// Words that a negation turns are other words.
    fn read_turned(&mut self, signs: &Signs<'_>) {
        for (f, times) in signs.found.iter().zip(&signs.times) {
            if *times < 0.0 {
                self.words.push(row(pair(signs.words.all[f.first].hash, TURNED)));
            }
        }
    }
}

fn row(hash: u64) -> u32 {
    bucket(hash, BITS) as u32
}
