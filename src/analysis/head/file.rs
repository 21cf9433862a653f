//! A head as a file. All numbers are little-endian:
//!
//! ```text
//! "HBHD" format width bytes-of-name   4 bytes each
//! name of the encoder                 UTF-8
//! mixes                               two times two f32: English, others
//! bias, weights                       f32, three a row
//! ```
#![expect(clippy::cast_possible_truncation, reason = "a head has at most 65,536 rows, a name at most 256 bytes")]

use std::fmt;

use super::mix::Mix;
use super::{Head, Linear};
use crate::analysis::hashing::name_of;
use crate::analysis::model::FEELINGS;

const MAGIC: &[u8; 4] = b"HBHD";
const FORMAT: u32 = 1;
/// Rows that a file may have; encoders give a few thousand numbers at most.
const WIDTH_MAX: usize = 65_536;
/// Bytes of an encoder's name.
const NAME_MAX: usize = 256;

/// Why a file is no head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadFileError {
    /// It begins otherwise.
    NoHead,
    /// It was written by another version of hearback.
    OtherFormat,
    /// It ends too early or too late, or holds what is no number.
    Damaged,
}

impl fmt::Display for HeadFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoHead => "no head of hearback's: expected a file that `hearback train --encoder` wrote",
            Self::OtherFormat => "a head of another version of hearback: run `hearback train --encoder` again",
            Self::Damaged => "a head that is cut or damaged: run `hearback train --encoder` again",
        })
    }
}

impl std::error::Error for HeadFileError {}

impl Head {
    pub(super) fn named(encoder: &str, linear: Linear, mixes: [Mix; 2]) -> Self {
        let mut head = Self { version: String::new(), encoder: encoder.to_owned(), linear, mixes };
        head.version = name_of("head", &head.to_bytes());
        head
    }

    /// The file of a head.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        for number in [FORMAT, self.linear.weights.len() as u32, self.encoder.len() as u32] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(self.encoder.bytes());
        let mixes = self.mixes.iter().flat_map(|m| [m.model, m.head]);
        let rows = self.linear.weights.iter().flatten().copied();
        for number in mixes.chain(self.linear.bias).chain(rows) {
            bytes.extend(number.to_le_bytes());
        }
        bytes
    }

    /// Reads [`Self::to_bytes`] back.
    ///
    /// # Errors
    /// Where the bytes are no head of this version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, HeadFileError> {
        let left = bytes.strip_prefix(MAGIC).ok_or(HeadFileError::NoHead)?;
        let (header, left) = left.split_first_chunk::<12>().ok_or(HeadFileError::Damaged)?;
        let word = |at: usize| u32::from_le_bytes(std::array::from_fn(|i| header[4 * at + i]));
        if word(0) != FORMAT {
            return Err(HeadFileError::OtherFormat);
        }
        let (width, name) = (word(1) as usize, word(2) as usize);
        if width > WIDTH_MAX || name > NAME_MAX {
            return Err(HeadFileError::Damaged);
        }
        let (name, left) = left.split_at_checked(name).ok_or(HeadFileError::Damaged)?;
        let encoder = String::from_utf8(name.to_vec()).map_err(|_| HeadFileError::Damaged)?;
        let (numbers, rest) = left.as_chunks::<4>();
        let numbers: Vec<f32> = numbers.iter().map(|n| f32::from_le_bytes(*n)).collect();
        if !rest.is_empty() || numbers.len() != 4 + FEELINGS * (width + 1) || numbers.iter().any(|n| !n.is_finite()) {
            return Err(HeadFileError::Damaged);
        }
        let (mixes, rows) = numbers.split_at(4);
        let mix = |at: usize| Mix { model: mixes[at], head: mixes[at + 1] };
        if mixes.iter().any(|m| *m < 0.0) {
            return Err(HeadFileError::Damaged);
        }
        let (rows, _) = rows.as_chunks::<FEELINGS>();
        let linear = Linear { bias: rows[0], weights: rows[1..].to_vec() };
        Ok(Self { version: name_of("head", bytes), encoder, linear, mixes: [mix(0), mix(2)] })
    }
}
