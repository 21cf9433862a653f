//! A confidence sequence for the difference of two means: an interval that may be looked at after every item.
//!
//! Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central limit theory" (arXiv 2103.06476), equation 9,
//! as GrowthBook uses it. Asymptotic: with day effects it alarms too often, so it is shown and never pages anybody.

use super::moments::Moments;
use super::share::{Confidence, Interval};

/// Items at which the sequence is tightest where nothing else is planned.
pub const N_STAR_DEFAULT: f64 = 5_000.0;

/// The interval for `one − other`, tightest at `n_star` > 0 items of both together. None where a side has fewer than two
/// items or `n_star` is no positive number.
pub fn difference(one: &Moments, other: &Moments, n_star: f64, confidence: Confidence) -> Option<Interval> {
    if !(n_star > 0.0 && n_star.is_finite()) {
        return None;
    }
    let variance = one.mean_variance()? + other.mean_variance()?;
    let n = (one.n + other.n) as f64;
    let alpha = confidence.alpha();
    let la = -2.0 * alpha.ln();
    let rho2 = (la + la.ln_1p()) / n_star;
    let scale = n * rho2 + 1.0;
    let half = (variance * n).sqrt() * (2.0 * scale / (n * n * rho2) * (scale.sqrt() / alpha).ln()).sqrt();
    Some(Interval::around(one.mean - other.mean, half))
}
