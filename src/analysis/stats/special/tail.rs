//! Integrals of a density's tail, outward from a point, by Gauss-Legendre panels.
//!
//! At large shapes the densities are smooth on the scale of their own spread, so a few panels give all digits however
//! large the shapes are; series and continued fractions take a number of steps that grows with them.

/// The positive nodes and the weights of the Gauss-Legendre rule of 16 points on [−1, 1].
#[expect(clippy::unreadable_literal, clippy::excessive_precision, reason = "computed with 40 digits")]
const RULE: [(f64, f64); 8] = [
    (0.0950125098376374402, 0.189450610455068496),
    (0.281603550779258913, 0.182603415044923589),
    (0.458016777657227386, 0.169156519395002538),
    (0.617876244402643748, 0.149595988816576732),
    (0.755404408355003034, 0.124628971255533872),
    (0.865631202387831744, 0.0951585116824927848),
    (0.944575023073232576, 0.0622535239386478929),
    (0.989400934991649933, 0.0271524594117540949),
];
/// Panels are at most this many: growth of their length, by the distance to a singularity, reaches any scale before.
const PANELS_MAX: u32 = 400;

/// `ln ∫ exp(ln_density)` between `from` and `to`, which may be infinite, for a density that falls from `from` towards
/// `to` after at most a short rise. `step` gives the length of the panel that starts at a point: a length over which the
/// density is smooth.
pub(super) fn ln_integral(from: f64, to: f64, step: impl Fn(f64) -> f64, ln_density: impl Fn(f64) -> f64) -> f64 {
    let sign = if to > from { 1.0 } else { -1.0 };
    let top = ln_density(from);
    if !top.is_finite() {
        return f64::NEG_INFINITY;
    }
    let mut sum = 0.0;
    let mut at = from;
    for _ in 0..PANELS_MAX {
        let length = step(at).min((to - at).abs());
        // At an end that is reached in ever shorter steps, nothing is left.
        if length.is_nan() || length <= at.abs() * f64::EPSILON {
            break;
        }
        let half = 0.5 * length;
        let middle = at + sign * half;
        let mut panel = 0.0;
        for (node, weight) in RULE {
            let offset = half * node;
            panel += weight * ((ln_density(middle - offset) - top).exp() + (ln_density(middle + offset) - top).exp());
        }
        panel *= half;
        sum += panel;
        at += sign * length;
        if panel <= sum * 1e-17 {
            break;
        }
    }
    top + sum.ln()
}
