//! Sums of numbers that are kept as natural logarithms, without overflow.

/// `ln(e^a + e^b)`; minus infinity stands for nothing.
pub fn logaddexp(a: f64, b: f64) -> f64 {
    if a == f64::NEG_INFINITY {
        return b;
    }
    if b == f64::NEG_INFINITY {
        return a;
    }
    let top = a.max(b);
    if top == f64::INFINITY { top } else { top + (-(a - b).abs()).exp().ln_1p() }
}

/// `ln Σ e^v`; minus infinity for none.
pub fn logsumexp(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let top = values.clone().fold(f64::NEG_INFINITY, f64::max);
    if top.is_infinite() {
        return top;
    }
    top + values.map(|v| (v - top).exp()).sum::<f64>().ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::float_cmp, reason = "exact")]
    fn sums_neither_overflow_nor_vanish() {
        let ln2 = std::f64::consts::LN_2;
        for base in [-1e9, -800.0, 0.0, 800.0, 1e9] {
            assert!((logaddexp(base, base) - base - ln2).abs() < 1e-6);
            assert!((logsumexp([base, base, f64::NEG_INFINITY].into_iter()) - base - ln2).abs() < 1e-6);
        }
        assert_eq!(logaddexp(f64::NEG_INFINITY, f64::NEG_INFINITY), f64::NEG_INFINITY);
        assert_eq!(logaddexp(f64::INFINITY, f64::INFINITY), f64::INFINITY);
        assert_eq!(logsumexp(std::iter::empty()), f64::NEG_INFINITY);
        assert_eq!(logsumexp([f64::INFINITY, 0.0].into_iter()), f64::INFINITY);
    }

    #[test]
    fn nothing_adds_nothing() {
        let none = f64::NEG_INFINITY;
        assert_eq!((logaddexp(none, 3.0), logaddexp(3.0, none)), (3.0, 3.0));
        assert!(logaddexp(0.0, -800.0).abs() < 1e-300);
    }
}
