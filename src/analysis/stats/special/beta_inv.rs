//! Quantiles of the beta distribution.

use super::beta::{lbeta, ln_beta_kernel, ln_both};

/// Newton steps; the logarithm of the distribution function over the logit is concave, so that a handful is needed.
const STEPS_MAX: u32 = 100;
/// Logits beyond which x is no positive number.
const LOGIT_MAX: f64 = 745.0;

/// The p-quantile of Beta(a, b) for a, b > 0, p from 0 to 1.
pub fn betaincinv(a: f64, b: f64, p: f64) -> f64 {
    quantile(a, b, p).0
}

/// The p-quantile x and 1 − x, each to its own accuracy.
pub(super) fn quantile(a: f64, b: f64, p: f64) -> (f64, f64) {
    let valid = a > 0.0 && b > 0.0 && a.is_finite() && b.is_finite() && (0.0..=1.0).contains(&p);
    if !valid {
        return (f64::NAN, f64::NAN);
    }
    if p <= 0.0 {
        return (0.0, 1.0);
    }
    if p >= 1.0 {
        return (1.0, 0.0);
    }
    if p <= 0.5 {
        lower_half(a, b, p.ln())
    } else {
        let (y, x) = lower_half(b, a, (1.0 - p).ln());
        (x, y)
    }
}

/// x and 1 − x of a logit: the smaller of both is worked out, and the other is what is left, so that it is the nearest number.
fn from_logit(u: f64) -> (f64, f64) {
    let small = 1.0 / (1.0 + u.abs().exp());
    if u > 0.0 { (1.0 - small, small) } else { (small, 1.0 - small) }
}

/// The x at which the distribution function has this logarithm, by Newton's method on the logit of x within a bracket.
fn lower_half(a: f64, b: f64, ln_p: f64) -> (f64, f64) {
    let (mut low, mut high) = (-LOGIT_MAX, LOGIT_MAX);
    let mut u = (a / b).ln();
    if a < 1.0 {
        // Near 0 the distribution function is x^a / (a B(a, b)).
        u = u.min((ln_p + a.ln() + lbeta(a, b)) / a);
    }
    u = u.clamp(low, high);
    let mut before = f64::INFINITY;
    for _ in 0..STEPS_MAX {
        let (x, y) = from_logit(u);
        let ln_f = ln_both(a, b, x, y).0;
        if ln_f < ln_p {
            low = u;
        } else {
            high = u;
        }
        let step = (ln_p - ln_f) * (ln_f - ln_beta_kernel(a, b, x, y)).exp();
        // From the right Newton's first step goes too far to the left, from where it comes back slowly.
        let step = step.max(if a < 1.0 { f64::NEG_INFINITY } else { -2.0 });
        let next = u + step;
        // So close, the bracket's own ends are rounding.
        let close = step.abs() < 1e-6;
        if close || (next > low && next < high) {
            u = next;
        } else {
            u = 0.5 * (low + high);
        }
        // Short steps that no longer shrink are rounding too.
        if step.abs() <= 4e-16 * u.abs().max(1e-3) || (close && step.abs() >= 0.5 * before) {
            break;
        }
        before = step.abs();
    }
    from_logit(u)
}
