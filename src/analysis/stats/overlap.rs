//! Whether two themes or features trouble the same people.

use super::special::norm_sf;

/// How two sets of people overlap. What has no value, such as the lift of an empty set, is None.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Overlap {
    /// In both over in either, 0 to 1.
    pub jaccard: Option<f64>,
    /// How many times as many in both as chance would bring.
    pub lift: Option<f64>,
    /// Correlation of the two, −1 to 1.
    pub phi: Option<f64>,
    /// Log odds ratio, ½ added to each cell (Haldane).
    pub log_odds_ratio: f64,
    /// Its standard error.
    pub se: f64,
}

impl Overlap {
    /// Two-sided p of the log odds ratio.
    pub fn p(&self) -> f64 {
        (2.0 * norm_sf(self.log_odds_ratio.abs() / self.se)).min(1.0)
    }
}

/// Of `users`, so many are in the first set, in the second, and in both. None where these numbers can't be: more in both
/// than in one, or more in either than there are.
pub fn of(first: u64, second: u64, both: u64, users: u64) -> Option<Overlap> {
    let only_first = first.checked_sub(both)?;
    let only_second = second.checked_sub(both)?;
    let either = first.checked_add(only_second)?;
    let neither = users.checked_sub(either)?;
    let [a, b, c, d] = [both, only_first, only_second, neither].map(|n| n as f64);
    let (m1, m2, n) = (first as f64, second as f64, users as f64);
    let ratio = |above: f64, below: f64| (below > 0.0).then(|| above / below);
    let cross = i128::from(both) * i128::from(neither) - i128::from(only_first) * i128::from(only_second);
    let scale = (m1 * (n - m1)).sqrt() * (m2 * (n - m2)).sqrt();
    let [ah, bh, ch, dh] = [a, b, c, d].map(|cell| cell + 0.5);
    Some(Overlap {
        jaccard: ratio(a, either as f64),
        lift: ratio(a * n, m1 * m2),
        phi: ratio(cross as f64, scale),
        log_odds_ratio: (ah / bh * (dh / ch)).ln(),
        se: (1.0 / ah + 1.0 / bh + 1.0 / ch + 1.0 / dh).sqrt(),
    })
}
