//! The 2×2 table: risk ratio (Katz), odds ratio (Woolf) and their intervals for one stratum.

use super::share::{Confidence, Interval};
use super::special::norm_sf;

/// People by whether something happened to them and whether they are negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Negative, with the event.
    pub a: u64,
    /// Not negative, with the event.
    pub b: u64,
    /// Negative, without the event.
    pub c: u64,
    /// Not negative, without the event.
    pub d: u64,
}

/// How the negative share differs with the event, as ratios: 1 is no difference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratios {
    /// Odds with the event over odds without.
    pub odds_ratio: f64,
    /// Woolf's interval.
    pub odds_interval: Interval,
    /// Risk with the event over risk without: "so many times as likely".
    pub risk_ratio: f64,
    /// Katz' interval.
    pub risk_interval: Interval,
    /// Two-sided p of the odds ratio (Wald).
    pub p_wald: f64,
    /// Whether ½ was added to every cell, because one was 0 (Haldane, Anscombe).
    pub corrected: bool,
}

impl Table {
    /// From (a, b, c, d).
    pub fn new([a, b, c, d]: [u64; 4]) -> Self {
        Self { a, b, c, d }
    }

    /// All people.
    pub fn n(&self) -> u64 {
        self.a + self.b + self.c + self.d
    }

    /// Ratios within this table alone. Always finite: an empty cell adds ½ to all. An empty table gives 1 and an interval
    /// that is as good as none.
    pub fn ratios(&self, confidence: Confidence) -> Ratios {
        let corrected = self.a.min(self.b).min(self.c).min(self.d) == 0;
        let half = if corrected { 0.5 } else { 0.0 };
        let [a, b, c, d] = [self.a, self.b, self.c, self.d].map(|cell| cell as f64 + half);
        let z = confidence.z();
        let odds_ratio = a / b * (d / c);
        let odds_se = (1.0 / a + 1.0 / b + 1.0 / c + 1.0 / d).sqrt();
        let risk_ratio = a / (a + b) / (c / (c + d));
        // 1/a − 1/(a+b), without the cancellation where nearly all are negative.
        let risk_se = (b / a / (a + b) + d / c / (c + d)).sqrt();
        Ratios {
            odds_ratio,
            odds_interval: Interval::around_log(odds_ratio, z * odds_se),
            risk_ratio,
            risk_interval: Interval::around_log(risk_ratio, z * risk_se),
            p_wald: (2.0 * norm_sf(odds_ratio.ln().abs() / odds_se)).min(1.0),
            corrected,
        }
    }
}
