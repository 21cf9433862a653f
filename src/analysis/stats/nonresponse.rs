//! What the silent may think: the negative share among all exposed people, if the odds of those who said nothing are so
//! many times the odds of those who did.

use super::share::Share;

/// Multiples of the responders' odds that are shown: a quarter, a half, the same.
pub const TILTS: [f64; 3] = [0.25, 0.5, 1.0];

/// A share for each tilt ≥ 0, ascending where the tilts are. None without an answer, or with more answers than people.
pub fn shares(answered: Share, exposed: u64, tilts: &[f64]) -> Option<Vec<f64>> {
    let p = answered.value()?;
    let spoke = Share::new(answered.whole(), exposed)?.value()?;
    let silent = |tilt: f64| {
        let odds = tilt * p;
        if odds == 0.0 { 0.0 } else { odds / (1.0 - p + odds) }
    };
    Some(tilts.iter().map(|tilt| spoke * p + (1.0 - spoke) * silent(*tilt)).collect())
}
