//! The difference of two means with unequal spreads (Welch 1947, Satterthwaite's degrees of freedom).

use super::moments::Moments;
use super::share::{Confidence, Interval};
use super::special::{t_ppf, t_sf};

/// A difference of means; its unit is that of the scores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Welch {
    /// First minus second.
    pub difference: f64,
    /// Its interval at one look; peeking needs [`super::asymp_cs`].
    pub interval: Interval,
    /// Difference in standard errors.
    pub t: f64,
    /// Degrees of freedom, no whole number.
    pub df: f64,
    /// Two-sided p.
    pub p: f64,
}

/// None where a side has fewer than two items, or neither has any spread.
pub fn test(one: &Moments, other: &Moments, confidence: Confidence) -> Option<Welch> {
    let (v1, v0) = (one.mean_variance()?, other.mean_variance()?);
    let v = v1 + v0;
    if v <= 0.0 {
        return None;
    }
    let difference = one.mean - other.mean;
    let se = v.sqrt();
    // In shares of the whole variance, so that tiny variances do not vanish when squared.
    let (s1, s0) = (v1 / v, v0 / v);
    let df = 1.0 / (s1 * s1 / (one.n - 1) as f64 + s0 * s0 / (other.n - 1) as f64);
    let t = difference / se;
    let half = -t_ppf(confidence.alpha() / 2.0, df) * se;
    Some(Welch {
        difference,
        interval: Interval::around(difference, half),
        t,
        df,
        p: (2.0 * t_sf(t.abs(), df)).min(1.0),
    })
}
