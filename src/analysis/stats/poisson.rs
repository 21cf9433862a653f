//! Whether something comes more often than expected: a Poisson process against its rate, with restarts.

use super::mixture::{Restarts, STEP, STEPS, ln_unspent};
use super::special::{logaddexp, logsumexp};

/// What one epoch brought.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arrivals {
    /// How many came.
    pub count: u64,
    /// How many were expected, 0 or more, fixed before they came.
    pub expected: f64,
}

/// The logarithm of the evidence that the rate is above what was expected, the last epoch perhaps open. 0 for no epochs.
///
/// It is a martingale under "each epoch is Poisson with its expected count", so it may be looked at as often as one
/// likes; an expectation that is itself a guess makes it a guess.
pub fn ln_e(epochs: &[Arrivals], restarts: Restarts) -> f64 {
    let mut ln_weights = [f64::NEG_INFINITY; STEPS.len()];
    let mut unspent = 1.0;
    for (epoch, arrived) in epochs.iter().enumerate() {
        let stake = restarts.stake(epoch);
        unspent -= stake;
        for (weight, m) in ln_weights.iter_mut().zip(STEPS) {
            let ln_ratio = m as f64 * STEP;
            *weight = logaddexp(*weight, stake.ln());
            *weight += arrived.count as f64 * ln_ratio - arrived.expected.max(0.0) * ln_ratio.exp_m1();
        }
    }
    logaddexp(logsumexp(ln_weights.iter().copied()) - (STEPS.len() as f64).ln(), ln_unspent(unspent))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    #[expect(clippy::unreadable_literal, reason = "values as another implementation printed them")]
    fn evidence_matches_independent_values() {
        // mpmath with 50 digits.
        let cases: [(&[(u64, f64)], f64); 3] = [
            (&[(12, 5.0)], 1.800085363071029),
            (&[(3, 2.5), (9, 3.0), (15, 3.2)], 10.48125147791763),
            (&[(0, 4.0), (0, 4.0)], -0.7318388286786356),
        ];
        for (epochs, want) in cases {
            let epochs: Vec<Arrivals> = epochs.iter().map(|&(count, expected)| Arrivals { count, expected }).collect();
            let got = ln_e(&epochs, Restarts::default());
            assert!((got - want).abs() <= 1e-9 * want.abs().max(1.0), "{epochs:?}: {got}, expected {want}");
        }
        assert!(ln_e(&[], Restarts::default()).abs() < 1e-15);
    }

    proptest! {
        #[test]
        fn evidence_is_a_number_at_any_size(
            epochs in prop::collection::vec((0_u64..1_000_000_000, 0.0..1e9_f64), 0..20)
        ) {
            let epochs: Vec<Arrivals> =
                epochs.iter().map(|&(count, expected)| Arrivals { count, expected }).collect();
            prop_assert!(ln_e(&epochs, Restarts::default()).is_finite());
        }
    }
}
