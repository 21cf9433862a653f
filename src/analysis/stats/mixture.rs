//! What the evidence processes share: the sizes of change that they look for, how much of their stake goes to which
//! start, and sums of logarithms.
//!
//! Evidence is always kept as a natural logarithm: an e-value of a million items does not fit a float.

/// The step of the grid, in natural logarithms of a ratio.
pub const STEP: f64 = 0.1;
/// The changes that are looked for, in steps: ratios of 1.2, 1.5, 2.0, 3.0, 5.0 and 10.
pub const STEPS: [usize; 6] = [2, 4, 7, 11, 16, 23];
/// The largest of [`STEPS`].
pub const STEPS_MAX: usize = 23;
/// Below this, what is left of the stake is rounding.
const UNSPENT_MIN: f64 = 1e-15;

/// How the stake of 1 is shared among the epochs in which a change may begin: half for the first, the rest in equal
/// parts for each later one. An epoch beyond the horizon is judged, but no change is looked for that begins in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restarts {
    /// Epochs in which a change may begin, at least 1.
    pub horizon: usize,
}

impl Default for Restarts {
    fn default() -> Self {
        Self { horizon: 14 }
    }
}

impl Restarts {
    /// The stake on a change that begins in `epoch`; all of them are at most 1.
    pub fn stake(self, epoch: usize) -> f64 {
        match (epoch, self.horizon) {
            (0, 0 | 1) => 1.0,
            (0, _) => 0.5,
            (epoch, horizon) if epoch < horizon => 0.5 / (horizon - 1) as f64,
            _ => 0.0,
        }
    }
}

/// The natural logarithm of what is left of the stake, where anything is.
pub fn ln_unspent(unspent: f64) -> f64 {
    if unspent > UNSPENT_MIN { unspent.ln() } else { f64::NEG_INFINITY }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stake_is_spent_within_the_horizon() {
        for horizon in [1, 2, 14, 100] {
            let restarts = Restarts { horizon };
            let spent: f64 = (0..horizon + 50).map(|e| restarts.stake(e)).sum();
            assert!((spent - 1.0).abs() < 1e-12, "{horizon}: {spent}");
        }
    }
}
