//! The chi-squared distribution.

use super::gamma::gammq;

/// The upper tail P(X > x) with `df` > 0 degrees of freedom; 1 for x ≤ 0.
#[expect(clippy::float_cmp, reason = "one degree of freedom has a form of its own")]
pub fn chi2_sf(x: f64, df: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    if df == 1.0 { libm::erfc((0.5 * x).sqrt()) } else { gammq(0.5 * df, 0.5 * x) }
}
