//! The table as a file: little endian, everything found by its place, so that nothing is unpacked when it is opened.
//!
//! ```text
//! "HBVT" | format u32 | rows u32 | dimensions u32 | slots u32 (a power of two)
//! mean dimensions x f32 | slots x u64 | rows x u16 (weights) | rows x dimensions x i8
//! ```
//!
//! A slot is 0 where it is empty, or the upper 48 bits of the hash of a piece (FNV-1a of its bytes; one inside of a word
//! begins with `##`) and in the lower 16 its row. A piece is looked for from its hash's slot onwards to the first empty
//! one; two pieces with the same 48 bits do not go into one file. A row's numbers are its bytes times its weight.

#![expect(clippy::cast_possible_truncation, reason = "rows are fewer than 65,535, and slots hold 16 bits of them")]

use std::borrow::Cow;
use std::fmt;

use super::DIM;
use super::pieces::hash_of;
use crate::analysis::hashing::bucket;

const MAGIC: &[u8; 4] = b"HBVT";
const FORMAT: u32 = 1;
const HEADER: usize = 20;
/// Rows that a file may have: their numbers have 16 bits, and 0 is kept from use.
const ROWS_MAX: usize = 65_535;
/// Heaviest that a row may be: sums of [`super::pieces::PIECES_MAX`] of them stay below 2^31.
pub const WEIGHT_MAX: u16 = 8_191;
/// Fewest and most slots, in bits.
const SLOT_BITS: std::ops::RangeInclusive<u32> = 1..=20;
/// The part of a slot that is the piece's.
const TAG: u64 = !0xffff;

/// Why a file is no table, or a table no file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileError {
    /// It begins otherwise.
    NoTable,
    /// It was written by another version of hearback.
    OtherFormat,
    /// It ends too early or too late, or holds what is no number.
    Damaged,
    /// More pieces than a file can hold, or two that it cannot tell apart.
    Pieces,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoTable => "no vectors of hearback's: expected a file that `hearback distill` wrote",
            Self::OtherFormat => "vectors of another version of hearback: run `hearback distill` again",
            Self::Damaged => "vectors that are cut or damaged: run `hearback distill` again",
            Self::Pieces => "more than 65,535 pieces, or two alike: leave some out",
        })
    }
}

impl std::error::Error for FileError {}

/// Vectors of pieces of words.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// What is common to all sentences.
    pub(super) mean: [f32; DIM],
    bits: u32,
    rows: usize,
    bytes: Cow<'static, [u8]>,
}

impl Table {
    /// Reads a file.
    ///
    /// # Errors
    /// Where the bytes are no file of this version.
    pub fn from_bytes(bytes: Cow<'static, [u8]>) -> Result<Self, FileError> {
        let head = bytes.strip_prefix(MAGIC).ok_or(FileError::NoTable)?;
        let number =
            |i: usize| head.as_chunks::<4>().0.get(i).copied().map(u32::from_le_bytes).ok_or(FileError::Damaged);
        if number(0)? != FORMAT || number(2)? != DIM as u32 {
            return Err(FileError::OtherFormat);
        }
        let (rows, slots) = (number(1)? as usize, number(3)?);
        let bits = slots.trailing_zeros();
        if rows >= ROWS_MAX || !slots.is_power_of_two() || !SLOT_BITS.contains(&bits) || rows >= slots as usize {
            return Err(FileError::Damaged);
        }
        if bytes.len() != HEADER + DIM * 4 + (slots as usize) * 8 + rows * (2 + DIM) {
            return Err(FileError::Damaged);
        }
        let mut mean = [0.0; DIM];
        for (mean, word) in mean.iter_mut().zip(bytes[HEADER..].as_chunks::<4>().0) {
            *mean = f32::from_le_bytes(*word);
        }
        let table = Self { mean, bits, rows, bytes };
        let slots = table.slots();
        let light = |row: u16| table.row(row).is_some_and(|(weight, _)| weight <= WEIGHT_MAX);
        let sound = table.mean.iter().all(|m| m.abs() <= 1.0)
            && slots.contains(&[0; 8])
            && slots
                .iter()
                .map(|s| u64::from_le_bytes(*s))
                .all(|s| s == 0 || (1..=rows).contains(&usize::from(row_of(s))));
        let sound = sound && (0..rows as u16).all(light);
        if sound { Ok(table) } else { Err(FileError::Damaged) }
    }

    fn slots(&self) -> &[[u8; 8]] {
        &self.bytes[HEADER + DIM * 4..].as_chunks().0[..1 << self.bits]
    }

    /// The row of the piece with this hash.
    pub(super) fn find(&self, hash: u64) -> Option<u16> {
        let slots = self.slots();
        let mut at = bucket(hash, self.bits);
        loop {
            let slot = u64::from_le_bytes(slots[at]);
            if slot == 0 {
                return None;
            }
            if (slot ^ hash) & TAG == 0 {
                return Some(row_of(slot) - 1);
            }
            at = (at + 1) & (slots.len() - 1);
        }
    }

    /// A row's weight, and its bytes as they lie there.
    pub(super) fn row(&self, row: u16) -> Option<(u16, &[u8; DIM])> {
        let weights = HEADER + DIM * 4 + self.slots().len() * 8;
        let (weights, table) = self.bytes[weights..].split_at(self.rows * 2);
        let row = usize::from(row);
        let weight = weights.as_chunks().0.get(row).copied().map(u16::from_le_bytes)?;
        Some((weight, table.as_chunks().0.get(row)?))
    }

    /// The file of pieces with their rows, a mean and nothing else.
    ///
    /// # Errors
    /// [`FileError::Pieces`] where there are too many or two have one hash.
    pub fn write(mean: &[f32; DIM], pieces: &[(String, u16, [i8; DIM])]) -> Result<Vec<u8>, FileError> {
        if pieces.len() >= ROWS_MAX {
            return Err(FileError::Pieces);
        }
        if pieces.iter().any(|(_, weight, _)| *weight > WEIGHT_MAX) {
            return Err(FileError::Damaged);
        }
        let slots = (pieces.len() * 2).next_power_of_two().max(2);
        let table = fill(slots, pieces.iter().map(|(piece, ..)| hash_of(piece)))?;
        let mut bytes = Vec::with_capacity(HEADER + DIM * 4 + slots * 8 + pieces.len() * (DIM + 2));
        bytes.extend(MAGIC);
        for number in [FORMAT, pieces.len() as u32, DIM as u32, slots as u32] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(mean.iter().flat_map(|m| m.to_le_bytes()));
        bytes.extend(table.iter().flat_map(|s| s.to_le_bytes()));
        bytes.extend(pieces.iter().flat_map(|(_, weight, _)| weight.to_le_bytes()));
        bytes.extend(pieces.iter().flat_map(|(_, _, row)| row).map(|b| b.cast_unsigned()));
        Ok(bytes)
    }
}

/// The slots for pieces with these hashes, in this order.
fn fill(slots: usize, hashes: impl Iterator<Item = u64>) -> Result<Vec<u64>, FileError> {
    let bits = slots.trailing_zeros();
    let mut table = vec![0_u64; slots];
    for (row, hash) in (1_u64..).zip(hashes) {
        let mut at = bucket(hash, bits);
        while table[at] != 0 {
            if (table[at] ^ hash) & TAG == 0 {
                return Err(FileError::Pieces);
            }
            at = (at + 1) & (slots - 1);
        }
        table[at] = hash & TAG | row;
    }
    Ok(table)
}

/// What is in the lower 16 bits of a slot: 0 for none, else a row and 1.
fn row_of(slot: u64) -> u16 {
    (slot & !TAG) as u16
}
