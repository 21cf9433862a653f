//! Jeffreys' interval for a share: quantiles of Beta(k + ½, n − k + ½) (Brown, Cai and `DasGupta` 2001).

use super::share::{Confidence, Interval, Share};
use super::special::betaincinv;

/// The equal-tailed interval; each end from 0 to 1. The lower end of none and the upper end of all are exact, and an
/// empty whole leaves everything open.
pub fn of(share: Share, confidence: Confidence) -> Interval {
    let (part, rest) = (share.part() as f64, (share.whole() - share.part()) as f64);
    let quantile = |p| betaincinv(part + 0.5, rest + 0.5, p);
    let tail = confidence.alpha() / 2.0;
    Interval {
        low: if part == 0.0 { 0.0 } else { quantile(tail) },
        high: if rest == 0.0 { 1.0 } else { quantile(1.0 - tail) },
    }
}
