//! A share corrected for what the classifier gets wrong (Rogan and Gladen 1978).

use super::share::{Confidence, Interval, Share};

/// How well a classifier knows what it looks for, measured on a labelled set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Classifier {
    /// Share of the true ones that it finds, 0 to 1.
    pub sensitivity: f64,
    /// True ones in the labelled set.
    pub positives: u64,
    /// Share of the others that it leaves alone, 0 to 1.
    pub specificity: f64,
    /// Others in the labelled set.
    pub negatives: u64,
}

/// A corrected share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Corrected {
    /// Between 0 and 1: what falls outside is cut off.
    pub share: f64,
    /// Standard error, of counts and of the labelled set together; not cut off.
    pub se: f64,
    /// Normal interval, cut to 0 and 1.
    pub interval: Interval,
}

/// `(share + specificity − 1) / (sensitivity + specificity − 1)`. None where nothing was counted or labelled, where a
/// rate is outside of 0 to 1, or where the classifier is no better than chance (sensitivity + specificity ≤ 1).
pub fn correct(seen: Share, by: Classifier, confidence: Confidence) -> Option<Corrected> {
    let apparent = seen.value()?;
    let rate = |r: f64| (0.0..=1.0).contains(&r);
    let Classifier { sensitivity, specificity, .. } = by;
    let youden = sensitivity + specificity - 1.0;
    if !rate(sensitivity) || !rate(specificity) || youden <= 0.0 || by.positives == 0 || by.negatives == 0 {
        return None;
    }
    let p = (apparent + specificity - 1.0) / youden;
    let of_counts = apparent * (1.0 - apparent) / seen.whole() as f64;
    let of_sensitivity = p * p * sensitivity * (1.0 - sensitivity) / by.positives as f64;
    let of_specificity = (1.0 - p) * (1.0 - p) * specificity * (1.0 - specificity) / by.negatives as f64;
    let se = (of_counts + of_sensitivity + of_specificity).sqrt() / youden;
    let half = confidence.z() * se;
    let interval = Interval { low: (p - half).clamp(0.0, 1.0), high: (p + half).clamp(0.0, 1.0) };
    Some(Corrected { share: p.clamp(0.0, 1.0), se, interval })
}
