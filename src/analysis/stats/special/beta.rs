//! The beta function and the incomplete beta function.

use std::f64::consts::TAU;

use super::gamma::{LN_SQRT_2PI, QUADRATURE_FROM, STEPS_MAX, deviance, stirling_error};
use super::tail;

/// Lower shapes up to which the tail towards 0 is a series of a few hundred positive terms.
const SERIES_TO: f64 = 1_000.0;

/// `ln B(a, b)` for a, b > 0, without the cancellation of `lnΓ(a) + lnΓ(b) − lnΓ(a + b)` at large arguments.
pub fn lbeta(a: f64, b: f64) -> f64 {
    let (p, q) = if a <= b { (a, b) } else { (b, a) };
    if p >= 10.0 {
        let rest = stirling_error(p) + stirling_error(q) - stirling_error(p + q);
        return -0.5 * q.ln() + LN_SQRT_2PI + rest + (p - 0.5) * (p / (p + q)).ln() + q * (-p / (p + q)).ln_1p();
    }
    if q >= 10.0 {
        let rest = stirling_error(q) - stirling_error(p + q);
        return libm::lgamma(p) + rest + p - p * (p + q).ln() + (q - 0.5) * (-p / (p + q)).ln_1p();
    }
    libm::lgamma(p) + libm::lgamma(q) - libm::lgamma(p + q)
}

/// `ln (x^a y^b / B(a, b))` with y = 1 − x, by Loader's saddle point: accurate where `a ln x + b ln y − ln B` has lost
/// its digits. Takes both, because the smaller of the two is often known more exactly than 1 minus the other.
pub fn ln_beta_kernel(a: f64, b: f64, x: f64, y: f64) -> f64 {
    if x <= 0.0 || y <= 0.0 {
        return f64::NEG_INFINITY;
    }
    let by = a * y - b * x;
    ln_beta_scale(a, b) - deviance(a, (a + b) * x, by) - deviance(b, (a + b) * y, -by)
}

/// [`ln_beta_kernel`] at its most, at x = a / (a + b).
pub fn ln_beta_scale(a: f64, b: f64) -> f64 {
    stirling_error(a + b) - stirling_error(a) - stirling_error(b) + 0.5 * (a / TAU * (b / (a + b))).ln()
}

/// The regularised incomplete beta function `I_x(a, b)` for a, b > 0 and x from 0 to 1. Shapes up to 1e9 cost a few
/// microseconds.
pub fn betainc(a: f64, b: f64, x: f64) -> f64 {
    let (lower, upper) = ln_both(a, b, x, 1.0 - x);
    if lower <= upper { lower.exp() } else { 1.0 - upper.exp() }
}

/// `(ln I_x(a, b), ln (1 − I_x(a, b)))` with y = 1 − x; the smaller of the two is computed, so both tails keep their
/// relative accuracy.
pub(super) fn ln_both(a: f64, b: f64, x: f64, y: f64) -> (f64, f64) {
    let valid = a > 0.0 && b > 0.0 && a.is_finite() && b.is_finite() && !x.is_nan() && !y.is_nan();
    if !valid {
        return (f64::NAN, f64::NAN);
    }
    if x <= 0.0 {
        return (f64::NEG_INFINITY, 0.0);
    }
    if y <= 0.0 {
        return (0.0, f64::NEG_INFINITY);
    }
    let lower_is_small = if a.max(b) <= QUADRATURE_FROM { x <= (a + 1.0) / (a + b + 2.0) } else { a * y >= b * x };
    let rest = |ln: f64| (-ln.exp()).ln_1p();
    if lower_is_small {
        let lower = ln_lower(a, b, x, y).min(0.0);
        (lower, rest(lower))
    } else {
        let upper = ln_lower(b, a, y, x).min(0.0);
        (rest(upper), upper)
    }
}

/// `ln I_x(a, b)` for x at or below the middle.
fn ln_lower(a: f64, b: f64, x: f64, y: f64) -> f64 {
    if a.max(b) <= QUADRATURE_FROM {
        ln_beta_kernel(a, b, x, y) + fraction(a, b, x).ln() - a.ln()
    } else if a <= SERIES_TO {
        ln_beta_kernel(a, b, x, y) + series(a, b, x).ln() - a.ln()
    } else {
        ln_by_quadrature(a, b, x, y)
    }
}

/// `₂F₁(a + b, 1; a + 1; x)`: positive terms, which fall like those of a Poisson tail.
fn series(a: f64, b: f64, x: f64) -> f64 {
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 0..STEPS_MAX {
        let k = f64::from(k);
        term *= (a + b + k) / (a + 1.0 + k) * x;
        sum += term;
        if term <= sum * 1e-17 {
            break;
        }
    }
    sum
}

/// The continued fraction, by Lentz's method.
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    let floor = |v: f64| if v.abs() < 1e-300 { 1e-300 } else { v };
    let mut c = 1.0;
    let mut d = 1.0 / floor(1.0 - (a + b) * x / (a + 1.0));
    let mut h = d;
    for m in 1..=STEPS_MAX {
        let m = f64::from(m);
        let at = a + 2.0 * m;
        let even = m * (b - m) * x / ((at - 1.0) * at);
        d = 1.0 / floor(1.0 + even * d);
        c = floor(1.0 + even / c);
        h *= d * c;
        let odd = -(a + m) * (a + b + m) * x / (at * (at + 1.0));
        d = 1.0 / floor(1.0 + odd * d);
        c = floor(1.0 + odd / c);
        h *= d * c;
        if (d * c - 1.0).abs() < 1e-16 {
            break;
        }
    }
    h
}

/// The tail below x as an integral over `w = a − (a + b) t`, in which the deviances are written without cancellation:
/// `(a + b) t = a − w` and `(a + b)(1 − t) = b + w`.
fn ln_by_quadrature(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let n = a + b;
    let sigma = (a * (b / n)).sqrt();
    let ln_density = |w: f64| -deviance(a, a - w, w) - deviance(b, b + w, -w) - ((a - w) * ((b + w) / n)).ln();
    let step = |w: f64| {
        let decay = w / (a - w) * (n / (b + w));
        sigma.min(4.0 / decay.abs()).min(b + w).min(0.5 * (a - w))
    };
    ln_beta_scale(a, b) + tail::ln_integral(a * y - b * x, a, step, ln_density)
}
