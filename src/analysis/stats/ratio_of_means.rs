//! How many times as often: the ratio of two means, with a delta-method interval on the log scale.

use super::moments::Moments;
use super::share::{Confidence, Interval};

/// A ratio; 1 is no difference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeanRatio {
    /// First mean over the second.
    pub ratio: f64,
    /// Its interval.
    pub interval: Interval,
}

/// None where a side has fewer than two people or a mean that is not above 0: the ratio would mean nothing.
pub fn compare(one: &Moments, other: &Moments, confidence: Confidence) -> Option<MeanRatio> {
    let (v1, v0) = (one.mean_variance()?, other.mean_variance()?);
    if !(one.mean > 0.0 && other.mean > 0.0) {
        return None;
    }
    let se = (v1.sqrt() / one.mean).hypot(v0.sqrt() / other.mean);
    let ratio = one.mean / other.mean;
    Some(MeanRatio { ratio, interval: Interval::around_log(ratio, confidence.z() * se) })
}
