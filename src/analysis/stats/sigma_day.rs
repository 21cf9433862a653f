//! How much a share drifts between days, or between windows, beyond what chance does to its counts: the moment estimator
//! of `DerSimonian` and Laird on the scale of log odds, drawn towards a typical value while there are few periods.

/// How few periods are helped out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drawn {
    /// The drift that is assumed where nothing is known, log odds.
    pub towards: f64,
    /// As many periods as that assumption is worth.
    pub weight: f64,
    /// A factor on the outcome: too small a drift costs false alarms, too large a one only patience.
    pub inflation: f64,
}

/// For days.
pub const DAYS: Drawn = Drawn { towards: 0.15, weight: 5.0, inflation: 1.1 };
/// For windows.
pub const WINDOWS: Drawn = Drawn { towards: 0.10, weight: 4.0, inflation: 1.1 };
/// Windows from which on their drift is estimated.
pub const WINDOWS_MIN: usize = 6;
/// The drift between windows until then, log odds.
pub const WINDOWS_DEFAULT: f64 = 0.10;

/// What one day, or one window, held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Period {
    /// Statements that count, such as negative ones.
    pub hits: u64,
    /// All statements.
    pub items: u64,
}

/// The drift between periods, log odds, above 0.
pub fn drift(periods: &[Period], drawn: Drawn) -> f64 {
    let (hits, items) = periods.iter().fold((0.0, 0.0), |(k, n), p| (k + p.hits as f64, n + p.items as f64));
    let share = (hits + 0.5) / (items + 1.0);
    let variance = share * (1.0 - share);
    let (mut heterogeneity, mut squares, mut known) = (0.0, 0.0, 0_u32);
    for period in periods.iter().filter(|p| p.items > 0) {
        let n = period.items as f64;
        heterogeneity += n * (period.hits as f64 / n - share).powi(2);
        squares += n * n;
        known += 1;
    }
    let freedom = f64::from(known.saturating_sub(1));
    let scale = if items > 0.0 { items - squares / items } else { 0.0 };
    let beyond_chance =
        if scale > 0.0 { ((heterogeneity / variance - freedom) / scale).max(0.0) / variance } else { 0.0 };
    let drawn_square = drawn.weight * drawn.towards * drawn.towards;
    drawn.inflation * ((freedom * beyond_chance + drawn_square) / (freedom + drawn.weight)).sqrt()
}

/// The drift between days of the baseline.
pub fn sigma_day(days: &[Period]) -> f64 {
    drift(days, DAYS)
}

/// The drift between windows: estimated once there are [`WINDOWS_MIN`] past ones that held anything.
pub fn sigma_window(past: &[Period]) -> f64 {
    if past.iter().filter(|w| w.items > 0).count() < WINDOWS_MIN { WINDOWS_DEFAULT } else { drift(past, WINDOWS) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    #[expect(clippy::unreadable_literal, reason = "values as another implementation printed them")]
    fn drift_of_days_matches_independent_values() {
        // numpy.
        let cases: [([u64; 28], [u64; 28], f64); 3] = [
            (
                [13, 9, 7, 7, 4, 2, 1, 2, 5, 10, 13, 9, 7, 7, 14, 14, 8, 5, 8, 11, 2, 13, 9, 2, 5, 18, 8, 0],
                [
                    51, 40, 33, 19, 21, 7, 9, 5, 14, 49, 40, 55, 32, 38, 58, 45, 39, 34, 35, 56, 20, 49, 41, 5, 26, 52,
                    35, 6,
                ],
                0.06522197674097283,
            ),
            (
                [5, 12, 12, 13, 2, 1, 15, 15, 7, 5, 9, 3, 2, 14, 7, 10, 15, 5, 0, 3, 17, 16, 10, 4, 14, 8, 9, 7],
                [
                    31, 33, 46, 57, 6, 12, 50, 57, 18, 22, 52, 28, 20, 50, 19, 27, 40, 35, 9, 6, 52, 46, 51, 34, 49,
                    23, 29, 48,
                ],
                0.3070513215719192,
            ),
            (
                [19, 4, 4, 3, 7, 6, 7, 0, 8, 11, 11, 19, 33, 4, 6, 2, 12, 4, 4, 11, 6, 7, 1, 6, 4, 5, 12, 21],
                [
                    51, 19, 11, 21, 27, 49, 29, 10, 23, 38, 49, 45, 59, 15, 53, 8, 35, 20, 16, 41, 21, 35, 19, 13, 46,
                    28, 42, 41,
                ],
                0.5901206137000499,
            ),
        ];
        for (hits, items, want) in cases {
            let days: Vec<Period> = hits.iter().zip(items).map(|(&hits, items)| Period { hits, items }).collect();
            let got = sigma_day(&days);
            assert!((got - want).abs() <= 1e-9, "{got}, expected {want}");
        }
    }

    #[test]
    fn without_periods_the_typical_drift_is_assumed() {
        assert!((sigma_day(&[]) - 0.165).abs() < 1e-12);
        assert!((sigma_day(&[Period { hits: 3, items: 10 }]) - 0.165).abs() < 1e-12);
    }

    #[test]
    fn windows_are_asked_once_there_are_six() {
        let wild = |i: u64| Period { hits: if i.is_multiple_of(2) { 10 } else { 300 }, items: 500 };
        let windows: Vec<Period> = (0..6).map(wild).collect();
        assert!((sigma_window(&windows[..5]) - WINDOWS_DEFAULT).abs() < 1e-15);
        assert!(sigma_window(&windows) > 1.0);
        let calm = [Period { hits: 125, items: 500 }; 20];
        assert!(sigma_window(&calm) < 0.06);
    }

    proptest! {
        #[test]
        fn drift_is_a_number_above_none(
            days in prop::collection::vec((0_u64..=1_000_000_000, 0_u64..=1_000_000_000), 0..40)
        ) {
            let days: Vec<Period> = days.iter().map(|&(a, b)| Period { hits: a.min(b), items: a.max(b) }).collect();
            let got = sigma_day(&days);
            prop_assert!(got.is_finite() && got > 0.0, "{}", got);
        }
    }
}
