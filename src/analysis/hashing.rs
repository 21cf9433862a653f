//! The one hash of everything that is looked up by words: FNV-1a over 64 bits, so that every machine and every release
//! agrees, and a file of weights means the same everywhere.
#![expect(clippy::cast_possible_truncation, reason = "the upper bits of a hash, fewer than a pointer has")]

use std::hash::{BuildHasherDefault, Hasher};

/// The hash of nothing.
pub(super) const EMPTY: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

/// The hash of what was hashed and one byte more.
pub(super) fn add_byte(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(PRIME)
}

/// The hash of what was hashed and more bytes.
pub(super) fn add_bytes(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |h, b| add_byte(h, *b))
}

/// The hash of two things in this order, out of theirs.
pub(super) fn pair(first: u64, second: u64) -> u64 {
    (first.rotate_left(23) ^ second).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// The upper `bits` of a hash, well mixed.
pub(super) fn bucket(hash: u64, bits: u32) -> usize {
    let mixed = (hash ^ (hash >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    (mixed >> (64 - bits)) as usize
}

/// A short name for bytes, such as `model-75224a3b`. It tells files apart and proves nothing, and every start waits for it.
pub(super) fn name_of(kind: &str, bytes: &[u8]) -> String {
    format!("{kind}-{:08x}", bucket(add_bytes(EMPTY, bytes), 32))
}

/// A map by hashes of ours.
pub(super) type ByHash<T> = std::collections::HashMap<u64, T, BuildHasherDefault<Given>>;

/// How a map by texts of ours hashes them.
pub(super) type ByBytes = BuildHasherDefault<Given>;

/// Takes a hash as it is given, once more mixed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Given(u64);

impl Hasher for Given {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = add_bytes(self.0 ^ EMPTY, bytes);
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}
