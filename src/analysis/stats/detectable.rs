//! What could have been seen: "no alarm" says little where the smallest shift that would be noticed is large.

use super::share::{Confidence, Share};
use super::special::norm_ppf;

/// Halvings of the range of shifts.
const HALVINGS: u32 = 60;
/// Power that is asked for by default.
pub const POWER_DEFAULT: f64 = 0.80;

/// The smallest rise of a share, 0 to 1, that a two-sided test of `n` items against `base` finds with this power, by the
/// normal approximation (Fleiss 1981). None where even a rise to 1 would not be found, or either side is empty. A test
/// that may be looked at all the time, as the alarms, needs a larger one.
pub fn smallest_rise(base: Share, n: u64, power: f64, confidence: Confidence) -> Option<f64> {
    let p0 = base.value()?;
    if n == 0 || !(power > 0.0 && power < 1.0) {
        return None;
    }
    let (n1, n0) = (n as f64, base.whole() as f64);
    let (z_test, z_power) = (confidence.z(), norm_ppf(power));
    let found = |rise: f64| {
        let p1 = p0 + rise;
        let pooled = (n1 * p1 + n0 * p0) / (n1 + n0);
        let under_null = (pooled * (1.0 - pooled)).max(0.0) * (1.0 / n1 + 1.0 / n0);
        let under_rise = (p1 * (1.0 - p1)).max(0.0) / n1 + p0 * (1.0 - p0) / n0;
        rise >= z_test * under_null.sqrt() + z_power * under_rise.sqrt()
    };
    let (mut missed, mut seen) = (0.0, 1.0 - p0);
    if seen <= 0.0 || !found(seen) {
        return None;
    }
    for _ in 0..HALVINGS {
        let middle = 0.5 * (missed + seen);
        if found(middle) {
            seen = middle;
        } else {
            missed = middle;
        }
    }
    Some(seen)
}

/// Answers after which asking can stop: `z² p (1 − p) / m²` for a half-width m, rounded up. `expected` is the share that
/// is expected, ½ where nothing is known. None for a half-width that is not between 0 and 1 or a share outside of 0 to 1.
pub fn answers_needed(expected: f64, half_width: f64, confidence: Confidence) -> Option<u64> {
    if !(half_width > 0.0 && half_width < 1.0 && (0.0..=1.0).contains(&expected)) {
        return None;
    }
    let z = confidence.z();
    let n = (z / half_width).powi(2) * expected * (1.0 - expected);
    // Beyond what anybody can ask; also keeps the cast exact.
    if n > 9e15 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 9e15")]
    Some(n.ceil() as u64)
}
