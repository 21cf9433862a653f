//! Digits, spaces and dashes of other scripts, read as plain ones.

use std::borrow::Cow;
use std::ops::Range;

/// First of the ten digits of each script that people write numbers in.
const ZEROS: [u32; 17] = [
    0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66, 0x0e50, 0x0ed0,
    0x0f20, 0x1040, 0x17e0,
];

/// A text in which every digit, space and dash is a plain one, and the way back.
pub(super) struct Folded<'a> {
    pub(super) text: Cow<'a, str>,
    /// Where each of its bytes came from, where that differs.
    origins: Vec<usize>,
}

impl<'a> Folded<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        if text.is_ascii() || is_plain(text) {
            return Self { text: Cow::Borrowed(text), origins: Vec::new() };
        }
        let mut folded = String::with_capacity(text.len());
        let mut origins = Vec::with_capacity(text.len() + 1);
        for (at, c) in text.char_indices() {
            folded.push(plain(c));
            origins.resize(folded.len(), at);
        }
        origins.push(text.len());
        Self { text: Cow::Owned(folded), origins }
    }

    /// The stretch of the original that a stretch of the folded text stands for.
    pub(super) fn origin(&self, range: Range<usize>) -> Range<usize> {
        if self.origins.is_empty() { range } else { self.origins[range.start]..self.origins[range.end] }
    }
}

/// Whether every digit, space and dash in a text is a plain one.
pub(super) fn is_plain(text: &str) -> bool {
    text.chars().all(|c| plain(c) == c)
}

fn plain(c: char) -> char {
    match c {
        // Nothing to fold among Latin, Greek, Cyrillic and Hebrew letters, nor among those of East Asia.
        '\0'..='\u{9f}' | '\u{a1}'..='\u{65f}' | '\u{3001}'..='\u{fe57}' => c,
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => ' ',
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' => '-',
        // The full-width forms repeat what is printable in ASCII.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => ZEROS
            .iter()
            .find_map(|zero| u32::from(c).checked_sub(*zero).filter(|digit| *digit < 10))
            .and_then(|digit| char::from_digit(digit, 10))
            .unwrap_or(c),
    }
}

/// Whether a number's neighbour makes it part of a word. Scripts without spaces put letters next to every number.
pub(super) fn joins(neighbour: Option<char>) -> bool {
    neighbour.is_some_and(|c| c == '_' || (c.is_alphanumeric() && !is_of_a_script_without_spaces(c)))
}

/// Thai, Lao, Tibetan, Burmese, Khmer, Chinese, Japanese; Korean, whose particles follow numbers directly.
fn is_of_a_script_without_spaces(c: char) -> bool {
    matches!(u32::from(c), 0x0e00..=0x109f | 0x1100..=0x11ff | 0x1780..=0x17ff | 0x2e80..=0xa4cf | 0xac00..=0xd7ff
        | 0xf900..=0xfaff | 0xff66..=0xffdc | 0x2_0000..=0x3_ffff)
}
