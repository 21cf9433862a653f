//! The normal distribution.

use std::f64::consts::SQRT_2;

/// The standard normal distribution function.
pub fn norm_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z / SQRT_2)
}

/// The standard normal's upper tail; small values keep their relative accuracy.
pub fn norm_sf(z: f64) -> f64 {
    0.5 * libm::erfc(z / SQRT_2)
}

/// The quantile of a two-sided interval: 1.96 for a confidence of 0.95. Confidences from 0 to 1, both outside.
pub fn two_sided_z(confidence: f64) -> f64 {
    norm_ppf(0.5 + confidence / 2.0)
}

/// The standard normal's quantile, p from 0 to 1 (Wichura 1988, algorithm AS 241, PPND16: 16 digits).
#[expect(clippy::unreadable_literal, clippy::excessive_precision, reason = "coefficients as published")]
pub fn norm_ppf(p: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180625 - q * q;
        let above = [
            3.387132872796366608,
            133.14166789178437745,
            1971.5909503065514427,
            13731.693765509461125,
            45921.953931549871457,
            67265.770927008700853,
            33430.575583588128105,
            2509.0809287301226727,
        ];
        let below = [
            1.0,
            42.313330701600911252,
            687.1870074920579083,
            5394.1960214247511077,
            21213.794301586595867,
            39307.89580009271061,
            28729.085735721942674,
            5226.495278852545925,
        ];
        return q * polynomial(&above, r) / polynomial(&below, r);
    }
    let small = if q < 0.0 { p } else { 1.0 - p };
    if small == 0.0 {
        return if q < 0.0 { f64::NEG_INFINITY } else { f64::INFINITY };
    }
    let r = (-small.ln()).sqrt();
    let v = if r <= 5.0 {
        let r = r - 1.6;
        let above = [
            1.42343711074968357734,
            4.6303378461565452959,
            5.7694972214606914055,
            3.64784832476320460504,
            1.27045825245236838258,
            0.24178072517745061177,
            0.0227238449892691845833,
            7.7454501427834140764e-4,
        ];
        let below = [
            1.0,
            2.05319162663775882187,
            1.6763848301838038494,
            0.68976733498510000455,
            0.14810397642748007459,
            0.0151986665636164571966,
            5.475938084995344946e-4,
            1.05075007164441684324e-9,
        ];
        polynomial(&above, r) / polynomial(&below, r)
    } else {
        let r = r - 5.0;
        let above = [
            6.6579046435011037772,
            5.4637849111641143699,
            1.7848265399172913358,
            0.29656057182850489123,
            0.026532189526576123093,
            0.0012426609473880784386,
            2.71155556874348757815e-5,
            2.01033439929228813265e-7,
        ];
        let below = [
            1.0,
            0.59983220655588793769,
            0.13692988092273580531,
            0.0148753612908506148525,
            7.868691311456132591e-4,
            1.8463183175100546818e-5,
            1.4215117583164458887e-7,
            2.04426310338993978564e-15,
        ];
        polynomial(&above, r) / polynomial(&below, r)
    };
    if q < 0.0 { -v } else { v }
}

/// Coefficients from the constant upward.
fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}
