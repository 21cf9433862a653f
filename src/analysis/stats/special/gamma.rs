//! The gamma function's family: Stirling's remainder, Loader's deviance, the incomplete gamma function.
//!
//! Loader, "Fast and accurate computation of binomial probabilities" (2000): probabilities are written with the deviance
//! of the count from its expectation, so that nothing large is subtracted from something large.

use std::f64::consts::{PI, TAU};

use super::tail;

/// ln √(2π).
pub(super) const LN_SQRT_2PI: f64 = 0.918_938_533_204_672_8;
/// Steps of a series or continued fraction: below [`QUADRATURE_FROM`] a few hundred suffice.
pub(super) const STEPS_MAX: u32 = 20_000;
/// Shapes from which the tails are integrated: a series would take a number of steps that grows with √shape.
pub(super) const QUADRATURE_FROM: f64 = 3_000.0;

/// Stirling's remainder `ln Γ(x) − (x − ½) ln x + x − ln √(2π)` for x > 0; below 1e-17 off for x ≥ 15.
pub fn stirling_error(x: f64) -> f64 {
    if x < 15.0 {
        return libm::lgamma(x) - (x - 0.5) * x.ln() + x - LN_SQRT_2PI;
    }
    let i = 1.0 / x;
    let i2 = i * i;
    let tail = 1.0 / 1188.0 + i2 * (-691.0 / 360_360.0 + i2 * (1.0 / 156.0));
    i * (1.0 / 12.0 + i2 * (-1.0 / 360.0 + i2 * (1.0 / 1260.0 + i2 * (-1.0 / 1680.0 + i2 * tail))))
}

/// The deviance `x ln(x / m) + m − x` of x ≥ 0 from its expectation m ≥ 0, never negative; stable where the two are
/// close. Takes x − m as well, `by`, because the caller often knows it more exactly.
pub fn deviance(x: f64, m: f64, by: f64) -> f64 {
    if x <= 0.0 {
        return m.max(0.0);
    }
    if m <= 0.0 {
        return f64::INFINITY;
    }
    if by.abs() >= 0.1 * (x + m) {
        return (x * (x / m).ln() - by).max(0.0);
    }
    let v = by / (x + m);
    let v2 = v * v;
    let mut sum = by * v;
    let mut term = 2.0 * x * v;
    // v² < 0.01: ten terms bring 1e-20.
    for j in 1..=12 {
        term *= v2;
        sum += term / f64::from(2 * j + 1);
        if term.abs() <= sum.abs() * 1e-17 {
            break;
        }
    }
    sum.max(0.0)
}

/// `ln Γ(a + x) − ln Γ(a)` for a > 0, x ≥ 0: the logarithm of the rising factorial.
pub fn lpoch(a: f64, x: f64) -> f64 {
    if x == 0.0 {
        return 0.0;
    }
    if a >= 10.0 {
        let to = a + x;
        return (to - 0.5) * (x / a).ln_1p() + x * a.ln() - x + stirling_error(to) - stirling_error(a);
    }
    libm::lgamma(a + x) - libm::lgamma(a)
}

/// `ln P(Poisson(mean) = k)` for k ≥ 0 and mean ≥ 0.
pub fn ln_poisson(k: f64, mean: f64) -> f64 {
    if k == 0.0 {
        return -mean;
    }
    if mean == 0.0 {
        return f64::NEG_INFINITY;
    }
    -stirling_error(k) - deviance(k, mean, k - mean) - 0.5 * (TAU * k).ln()
}

/// `ln (n! / (k! (n−k)!) p^k (1−p)^(n−k))` at p = k / n, the most that a binomial probability of k can be; 0 ≤ k ≤ n.
pub fn ln_binomial_at_mean(k: f64, n: f64) -> f64 {
    let rest = n - k;
    if k <= 0.0 || rest <= 0.0 {
        return 0.0;
    }
    stirling_error(n) - stirling_error(k) - stirling_error(rest) + 0.5 * (n / (TAU * k) / rest).ln()
}

/// `ln (x^a e^−x / Γ(a))`.
fn ln_gamma_kernel(a: f64, x: f64) -> f64 {
    0.5 * (a / (2.0 * PI)).ln() - stirling_error(a) - deviance(a, x, a - x)
}

/// The lower regularised incomplete gamma function P(a, x) for a > 0, x ≥ 0.
pub fn gammp(a: f64, x: f64) -> f64 {
    both(a, x).0
}

/// The upper regularised incomplete gamma function Q(a, x) for a > 0, x ≥ 0; small values keep their relative accuracy.
pub fn gammq(a: f64, x: f64) -> f64 {
    both(a, x).1
}

/// P and Q; the smaller is computed, the other is what is left.
fn both(a: f64, x: f64) -> (f64, f64) {
    if a.is_nan() || x.is_nan() || a <= 0.0 || x < 0.0 || a.is_infinite() {
        return (f64::NAN, f64::NAN);
    }
    if x == 0.0 {
        return (0.0, 1.0);
    }
    if x.is_infinite() {
        return (1.0, 0.0);
    }
    if a >= QUADRATURE_FROM {
        return by_quadrature(a, x);
    }
    let kernel = ln_gamma_kernel(a, x);
    if x < a + 1.0 {
        let p = (kernel.exp() * series(a, x)).min(1.0);
        (p, 1.0 - p)
    } else {
        let q = (kernel.exp() * fraction(a, x)).min(1.0);
        (1.0 - q, q)
    }
}

fn series(a: f64, x: f64) -> f64 {
    let mut term = 1.0 / a;
    let mut sum = term;
    for k in 1..=STEPS_MAX {
        term *= x / (a + f64::from(k));
        sum += term;
        if term <= sum * 1e-17 {
            break;
        }
    }
    sum
}

/// Lentz's evaluation of the continued fraction.
fn fraction(a: f64, x: f64) -> f64 {
    let floor = |v: f64| if v.abs() < 1e-300 { 1e-300 } else { v };
    let mut b = x + 1.0 - a;
    let mut c = 1e300;
    let mut d = 1.0 / floor(b);
    let mut h = d;
    for i in 1..=STEPS_MAX {
        let i = f64::from(i);
        let an = -i * (i - a);
        b += 2.0;
        d = 1.0 / floor(an * d + b);
        c = floor(b + an / c);
        h *= d * c;
        if (d * c - 1.0).abs() < 1e-16 {
            break;
        }
    }
    h
}

fn by_quadrature(a: f64, x: f64) -> (f64, f64) {
    let ln_scale = 0.5 * (a / (2.0 * PI)).ln() - stirling_error(a);
    let sigma = a.sqrt();
    let ln_density = |t: f64| -deviance(a, t, a - t) - t.ln();
    let decay = |t: f64| (a / t - 1.0).abs();
    if x < a {
        let step = |t: f64| sigma.min(4.0 / decay(t)).min(0.5 * t);
        let p = (ln_scale + tail::ln_integral(x, 0.0, step, ln_density)).exp().min(1.0);
        (p, 1.0 - p)
    } else {
        let step = |t: f64| sigma.min(4.0 / decay(t));
        let q = (ln_scale + tail::ln_integral(x, f64::INFINITY, step, ln_density)).exp().min(1.0);
        (1.0 - q, q)
    }
}
