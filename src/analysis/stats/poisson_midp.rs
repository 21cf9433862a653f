//! How unusual a count is against the rate that is expected: the upper mid-p of a Poisson count.

use super::special::{gammp, ln_poisson};

/// `P(X > count) + P(X = count) / 2` for X Poisson with a mean ≥ 0. From 0 to 1; small means that it is unusually much.
/// The mean is a number, not NaN; an infinite one gives 1.
pub fn upper(count: u64, mean: f64) -> f64 {
    if mean.is_infinite() {
        return 1.0;
    }
    let k = count as f64;
    (gammp(k + 1.0, mean.max(0.0)) + 0.5 * ln_poisson(k, mean.max(0.0)).exp()).clamp(0.0, 1.0)
}
