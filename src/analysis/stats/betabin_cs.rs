//! A confidence sequence for a share: an interval that may be looked at after every item and still holds.
//!
//! The shares p at which the beta-mixed likelihood is less than 1/α times the likelihood (Robbins 1970; Howard, Ramdas,
//! `McAuliffe` and Sekhon 2021): `B(½ + k, ½ + n − k) / B(½, ½) / (p^k (1−p)^(n−k)) < 1/α`.

use super::share::{Confidence, Interval, Share};
use super::special::{deviance, lbeta, ln_beta_kernel};

/// Halvings of a bracket of 0 to 1: all that a number can hold, near 0 too.
const HALVINGS: u32 = 1_100;

/// The interval with the mixture Beta(½, ½); each end from 0 to 1. All of it for an empty whole.
pub fn of(share: Share, confidence: Confidence) -> Interval {
    mixed(share, confidence.alpha(), 0.5, 0.5)
}

/// The interval with the mixture Beta(a, b), a and b > 0, at α between 0 and 1.
pub fn mixed(share: Share, alpha: f64, a: f64, b: f64) -> Interval {
    let Some(at) = share.value() else { return Interval { low: 0.0, high: 1.0 } };
    let n = share.whole() as f64;
    let (k, rest) = (share.part() as f64, (share.whole() - share.part()) as f64);
    let ln_threshold = -alpha.ln();
    if k == 0.0 {
        let ln_mixture = lbeta(a, b + n) - lbeta(a, b);
        return Interval { low: 0.0, high: -((ln_mixture - ln_threshold) / n).exp_m1() };
    }
    if rest == 0.0 {
        let ln_mixture = lbeta(a + n, b) - lbeta(a, b);
        return Interval { low: ((ln_mixture - ln_threshold) / n).exp(), high: 1.0 };
    }
    // ln(mixture / likelihood) at p is this constant plus the deviance of the counts from n p: nothing large is left over
    // at large n.
    let other = rest / n;
    let at_mean = a * at.ln() + b * other.ln() - lbeta(a, b) - ln_beta_kernel(a + k, b + rest, at, other);
    let reach = ln_threshold - at_mean;
    let inside = |p: f64| {
        let by = k - n * p;
        deviance(k, n * p, by) + deviance(rest, n * (1.0 - p), -by) < reach
    };
    Interval { low: edge(at, 0.0, inside), high: edge(at, 1.0, inside) }
}

/// Where `holds` ends between a point where it does and one where it does not.
#[expect(clippy::float_cmp, reason = "neighbouring numbers have no other between them")]
fn edge(mut inside: f64, mut outside: f64, holds: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..HALVINGS {
        let middle = 0.5 * (inside + outside);
        if middle == inside || middle == outside {
            break;
        }
        if holds(middle) {
            inside = middle;
        } else {
            outside = middle;
        }
    }
    0.5 * (inside + outside)
}
