//! How alike two themes are: the cosine of their centroids, from running sums of directions, which merge by adding.

/// From −1 to 1. None where the lengths differ or a sum has no direction.
pub fn of_sums(one: &[f64], other: &[f64]) -> Option<f64> {
    let largest = |v: &[f64]| v.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
    let (s1, s0) = (largest(one), largest(other));
    let usable = |s: f64| s > 0.0 && s.is_finite();
    if one.len() != other.len() || !usable(s1) || !usable(s0) {
        return None;
    }
    // Scaled, so that squares neither overflow nor vanish.
    let (mut both, mut first, mut second) = (0.0, 0.0, 0.0);
    for (x, y) in one.iter().zip(other) {
        let (x, y) = (x / s1, y / s0);
        both += x * y;
        first += x * x;
        second += y * y;
    }
    let cosine: f64 = both / (first.sqrt() * second.sqrt());
    (!cosine.is_nan()).then(|| cosine.clamp(-1.0, 1.0))
}
