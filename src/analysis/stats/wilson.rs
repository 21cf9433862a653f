//! Wilson's score interval for a share (Wilson 1927).

use super::share::{Confidence, Interval, Share};

/// The interval for `part` of `whole` at the two-sided normal quantile `z`; each end from 0 to 1. `(0, 1)` for an empty
/// whole. A part outside of its whole is taken as the nearest that fits.
pub fn interval(part: i64, whole: i64, z: f64) -> (f64, f64) {
    if whole <= 0 {
        return (0.0, 1.0);
    }
    let part = part.clamp(0, whole).unsigned_abs();
    ends(part, whole.unsigned_abs(), z)
}

/// The interval for a share with a confidence; all of 0 to 1 for an empty whole.
pub fn of(share: Share, confidence: Confidence) -> Interval {
    if share.whole() == 0 {
        return Interval { low: 0.0, high: 1.0 };
    }
    let (low, high) = ends(share.part(), share.whole(), confidence.z());
    Interval { low, high }
}

fn ends(part: u64, whole: u64, z: f64) -> (f64, f64) {
    let n = whole as f64;
    let share = part as f64 / n;
    let spread = z * z / n;
    let centre = (share + spread / 2.0) / (1.0 + spread);
    let half = z * (share * (1.0 - share) / n + spread / (4.0 * n)).sqrt() / (1.0 + spread);
    // The ends of none and of all are exact; rounding would leave them a hair inside.
    let low = if part == 0 { 0.0 } else { (centre - half).max(0.0) };
    let high = if part == whole { 1.0 } else { (centre + half).min(1.0) };
    (low, high)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const Z_95: f64 = 1.959_963_984_540_054;

    #[test]
    #[expect(clippy::unreadable_literal, reason = "values as another implementation printed them")]
    fn intervals_match_independent_values() {
        // statsmodels' proportion_confint(method="wilson").
        for (part, whole, low, high) in [
            (0, 5, 0.0, 0.43448246478317476),
            (1, 5, 0.03622410863243014, 0.6244653702374747),
            (5, 5, 0.5655175352168251, 1.0),
            (3, 20, 0.052368745896216595, 0.36041886474075696),
            (13, 412, 0.018531083884309015, 0.05323054109970059),
            (120, 400, 0.25716767195619705, 0.34663724577752153),
            (250000, 1000000, 0.24915227214719252, 0.25084964857483955),
            (0, 1000, 0.0, 0.0038267584855551234),
        ] {
            let (l, h) = interval(part, whole, Z_95);
            assert!((l - low).abs() < 1e-9 && (h - high).abs() < 1e-9, "{part}/{whole}: {l} {h}");
        }
    }

    #[test]
    fn an_empty_whole_says_nothing() {
        assert_eq!(interval(0, 0, Z_95), (0.0, 1.0));
        assert_eq!(interval(3, -1, Z_95), (0.0, 1.0));
    }

    proptest! {
        #[test]
        fn the_share_lies_inside_of_its_interval(whole in 1_i64..1_000_000_000, part in 0_i64..1_000_000_000) {
            let part = part.min(whole);
            let (low, high) = interval(part, whole, Z_95);
            let share = part as f64 / whole as f64;
            prop_assert!((0.0..=share).contains(&low) && (share..=1.0).contains(&high), "{} {} {}", low, share, high);
        }
    }
}
