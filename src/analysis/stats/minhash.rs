//! How much two large sets of people overlap, from 128 numbers each (Broder 1997).
//!
//! Sketches of parts merge by the minimum: in any order, any number of times. The Jaccard index they tell is off by at
//! most 0.044 (one standard error).

/// Numbers in a sketch.
const SLOTS: usize = 128;
/// The golden ratio's fraction as 64 bits: spreads the slots' seeds (Steele, Lea and Flood 2014, `SplitMix64`).
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// A sketch of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MinHash([u64; SLOTS]);

impl Default for MinHash {
    fn default() -> Self {
        Self([u64::MAX; SLOTS])
    }
}

impl MinHash {
    /// Adds a member by a 64-bit hash of it that is the same everywhere.
    pub fn insert(&mut self, member: u64) {
        let mut seed = 0_u64;
        for slot in &mut self.0 {
            seed = seed.wrapping_add(GOLDEN);
            *slot = (*slot).min(mix(member ^ mix(seed)));
        }
    }

    /// The sketch of both sets' union. Associative, commutative, idempotent, with the default as nothing.
    #[must_use]
    pub fn merge(&self, other: &Self) -> Self {
        let mut both = self.clone();
        for (slot, theirs) in both.0.iter_mut().zip(other.0) {
            *slot = (*slot).min(theirs);
        }
        both
    }

    /// The estimate of how many are in both over how many in either; None of two empty sets.
    pub fn jaccard(&self, other: &Self) -> Option<f64> {
        if self.is_empty() && other.is_empty() {
            return None;
        }
        let same = self.0.iter().zip(other.0).filter(|(a, b)| **a == *b).count();
        Some(same as f64 / SLOTS as f64)
    }

    /// Whether nobody was added.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|slot| *slot == u64::MAX)
    }
}

/// `SplitMix64`'s finaliser.
fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
