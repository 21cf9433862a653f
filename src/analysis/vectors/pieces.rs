//! Words as pieces that the table knows: from the left the longest each time, as `WordPiece` does (Wu et al. 2016,
//! <https://arxiv.org/abs/1609.08144>), letters without their accents.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::Table;
use crate::analysis::hashing::{EMPTY, add_byte, add_bytes};

/// Longest word that is looked at, in bytes; what follows is passed over.
const WORD_MAX: usize = 96;
/// Longest piece that is looked for, in bytes.
const PIECE_MAX: usize = 24;
/// Pieces of a sentence that are looked at.
pub(super) const PIECES_MAX: usize = 2_048;
/// The hash of a piece inside of a word begins with that of this.
const INSIDE: &[u8] = b"##";

/// The rows that a sentence's pieces have.
#[derive(Debug, Default)]
pub(super) struct Seen(Vec<u16>);

impl Seen {
    /// Each once, in the order of the table.
    pub fn rows(&mut self) -> &[u16] {
        self.0.sort_unstable();
        self.0.dedup();
        &self.0
    }
}

/// The hash under which a piece is looked up.
pub(super) fn hash_of(piece: &str) -> u64 {
    add_bytes(EMPTY, piece.as_bytes())
}

impl Table {
    /// Adds the rows of a word or phrase.
    pub(super) fn read(&self, phrase: &str, seen: &mut Seen) {
        if phrase.is_ascii() && !phrase.bytes().any(|b| b.is_ascii_uppercase()) {
            for word in phrase.split(|c: char| !c.is_ascii_alphanumeric()) {
                self.cut(word, seen);
            }
            return;
        }
        let plain: String = phrase.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect();
        for word in plain.split(|c: char| !c.is_alphanumeric()) {
            self.cut(word, seen);
        }
    }

    /// Adds the rows of one word. What no piece matches is passed over letter by letter.
    fn cut(&self, word: &str, seen: &mut Seen) {
        let end = word.floor_char_boundary(WORD_MAX);
        let mut at = 0;
        while at < end && seen.0.len() < PIECES_MAX {
            let begun = if at == 0 { EMPTY } else { add_bytes(EMPTY, INSIDE) };
            let (len, row) = self.longest(&word[at..end], begun);
            if let Some(row) = row {
                seen.0.push(row);
            }
            at += len;
        }
    }

    /// The longest piece with which a text begins, in bytes, and its row; the first letter where there is none.
    fn longest(&self, text: &str, begun: u64) -> (usize, Option<u16>) {
        let mut found = (text.chars().next().map_or(text.len(), char::len_utf8), None);
        let mut hash = begun;
        for (i, byte) in text.bytes().take(PIECE_MAX).enumerate() {
            hash = add_byte(hash, byte);
            if let Some(row) = self.find(hash) {
                found = (i + 1, Some(row));
            }
        }
        found
    }
}
