//! The model as a file: little endian, the table last. Nothing of a file is believed before its size is.
//!
//! ```text
//! "HBRM" | format u32 | rows u32 | answers u32 | dense u32
//! calibration 17 x f32 | intents' from 5 x f32 | spam's from f32 | answers x f32
//! bias answers x f32 | dense x answers x f32 | rows x answers x i8
//! ```
#![expect(clippy::cast_possible_truncation, reason = "sizes of a file are far below 2^32")]

use std::borrow::Cow;
use std::fmt;

use super::calibration::Calibration;
use super::weights::{ROWS, Weights};
use super::{INTENTS, Knobs, Model, OUTPUTS};
use crate::analysis::hashing::name_of;

const MAGIC: &[u8; 4] = b"HBRM";
const FORMAT: u32 = 2;
/// Dense numbers that a file may have.
const DENSE_MAX: usize = 4_096;

/// Why a file is no model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileError {
    /// It begins otherwise.
    NoModel,
    /// It was written by another version of hearback.
    OtherFormat,
    /// It ends too early or too late, or holds what is no number.
    Damaged,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoModel => "no model of hearback's: expected a file that `hearback train` wrote",
            Self::OtherFormat => "a model of another version of hearback: run `hearback train` again",
            Self::Damaged => "a model that is cut or damaged: run `hearback train` again",
        })
    }
}

impl std::error::Error for FileError {}

impl Model {
    /// The file of a model.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.weights.rows.len() + 64 * 1024);
        bytes.extend(MAGIC);
        for number in [FORMAT, ROWS as u32, OUTPUTS as u32, self.weights.dense.len() as u32] {
            bytes.extend(number.to_le_bytes());
        }
        let c = &self.knobs.calibration;
        let calibration = c.scale.into_iter().chain(c.shift.into_iter().flatten()).chain(c.mixed).chain([c.mixed_from]);
        let knobs = calibration.chain(self.knobs.from).chain([self.knobs.spam_from]);
        let dense = self.weights.dense.iter().flatten().copied();
        for number in knobs.chain(self.weights.scale).chain(self.weights.bias).chain(dense) {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend_from_slice(&self.weights.rows);
        bytes
    }

    /// Reads [`Self::to_bytes`] back.
    ///
    /// # Errors
    /// Where the bytes are no model of this version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FileError> {
        Self::read(bytes, name_of("model", bytes), |rows| Cow::Owned(rows.to_vec()))
    }

    /// Reads a file of this binary, whose name is known, and leaves the table where it is.
    pub(super) fn from_static(bytes: &'static [u8], version: &str) -> Result<Self, FileError> {
        Self::read(bytes, version.to_owned(), Cow::Borrowed)
    }

    fn read<'a>(
        bytes: &'a [u8],
        version: String,
        table: impl FnOnce(&'a [u8]) -> Cow<'static, [u8]>,
    ) -> Result<Self, FileError> {
        let mut left = bytes.strip_prefix(MAGIC).ok_or(FileError::NoModel)?;
        let mut word = || -> Result<[u8; 4], FileError> {
            let (word, rest) = left.split_first_chunk::<4>().ok_or(FileError::Damaged)?;
            left = rest;
            Ok(*word)
        };
        let header = [word()?, word()?, word()?, word()?].map(u32::from_le_bytes);
        if header[..3] != [FORMAT, ROWS as u32, OUTPUTS as u32] {
            return Err(FileError::OtherFormat);
        }
        let dense_len = header[3] as usize;
        if dense_len > DENSE_MAX {
            return Err(FileError::Damaged);
        }
        let mut number = || word().map(f32::from_le_bytes).and_then(finite);
        let mut c = Calibration::NONE;
        let mut from = [0.0; INTENTS];
        let mut spam_from = [0.0];
        let mut scale = [0.0; OUTPUTS];
        let mut bias = [0.0; OUTPUTS];
        let mut dense = vec![[0.0; OUTPUTS]; dense_len];
        let calibration = c.scale.iter_mut().chain(c.shift.iter_mut().flatten()).chain(&mut c.mixed);
        let fields: [&mut [f32]; 4] = [&mut from, &mut spam_from, &mut scale, &mut bias];
        let rest = fields.into_iter().flatten().chain(dense.iter_mut().flatten());
        for field in calibration.chain([&mut c.mixed_from]).chain(rest) {
            *field = number()?;
        }
        if left.len() != ROWS * OUTPUTS || c.scale.iter().any(|s| *s <= 0.0) {
            return Err(FileError::Damaged);
        }
        let weights = Weights { rows: table(left), scale, dense, bias };
        let knobs = Knobs { calibration: c, from, spam_from: spam_from[0] };
        Ok(Self { version, weights, knobs })
    }
}

fn finite(number: f32) -> Result<f32, FileError> {
    if number.is_finite() { Ok(number) } else { Err(FileError::Damaged) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_comes_back_as_it_was_written() {
        let bytes = Model::shipped().to_bytes();
        // Where this fails after new weights were learned, `SHIPPED_VERSION` wants the new name.
        assert_eq!(Model::from_bytes(&bytes).as_ref(), Ok(Model::shipped()));
        assert_eq!(bytes, include_bytes!("weights.bin"));
    }

    #[test]
    fn what_is_no_model_is_refused_by_name() {
        let good = Model::shipped().to_bytes();
        let with = |at: usize, byte: u8| {
            let mut bytes = good.clone();
            bytes[at] = byte;
            bytes
        };
        let longer = [&good[..], &[0]].concat();
        for (bytes, want) in [
            (Vec::new(), FileError::NoModel),
            (b"HBR".to_vec(), FileError::NoModel),
            (with(0, b'X'), FileError::NoModel),
            (good[..10].to_vec(), FileError::Damaged),
            (with(4, 9), FileError::OtherFormat),
            (with(12, 3), FileError::OtherFormat),
            (with(19, 0xff), FileError::Damaged),
            (good[..good.len() - 1].to_vec(), FileError::Damaged),
            (longer, FileError::Damaged),
            (with(23, 0xbf), FileError::Damaged),
        ] {
            assert_eq!(Model::from_bytes(&bytes), Err(want), "{} bytes", bytes.len());
        }
    }
}
