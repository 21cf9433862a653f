//! Student's t distribution, with degrees of freedom that need be no whole number.

use super::beta::ln_both;
use super::beta_inv::quantile;

/// The upper tail P(T > t) with `df` > 0 degrees of freedom; small values keep their relative accuracy.
pub fn t_sf(t: f64, df: f64) -> f64 {
    let t2 = t * t;
    // 1 − x is given as well: it would vanish at many degrees of freedom.
    let ln_x =
        if t2.is_infinite() { f64::NEG_INFINITY } else { ln_both(0.5 * df, 0.5, df / (df + t2), t2 / (df + t2)).0 };
    let half = 0.5 * ln_x.exp();
    if t >= 0.0 { half } else { 1.0 - half }
}

/// The p-quantile with `df` > 0 degrees of freedom, p from 0 to 1.
pub fn t_ppf(p: f64, df: f64) -> f64 {
    if p > 0.5 {
        return -t_ppf(1.0 - p, df);
    }
    let (x, y) = quantile(0.5 * df, 0.5, 2.0 * p);
    // Zero is no negative zero.
    0.0 - (df * (y / x)).sqrt()
}
