//! The label process: whether people who are exposed send more of something than their share of people would have it.
//!
//! Among events of exposed and unexposed people, in the order in which they came, each is from an exposed person with the
//! probability `p` of being exposed, whatever the time of day, an outage or the news do to how many come (Lindon and
//! Malek 2022; Lindon, Kallus et al. 2022). For a rate ratio `r` that probability is `rp / (1 - p + rp)`; the evidence is
//! the mean of the likelihood ratios over a grid of `r`, with a part of the stake kept for a change that begins in each
//! later epoch. It is a martingale under "exposure changes nothing", so it may be looked at as often as one likes.
//!
//! Only counts matter, so cells add up across replicas and the order of events inside an epoch does not show.

use super::mixture::{Restarts, STEP, STEPS, ln_unspent};
use super::special::{logaddexp, logsumexp};

/// Events of one stratum in one epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Labels {
    /// All of them.
    pub events: u64,
    /// Those from people who are exposed.
    pub exposed: u64,
    /// The share of people who are exposed, 0 to 1, fixed before the events. At 0 and at 1 there is nothing to compare
    /// with, and the events tell nothing.
    pub share: f64,
}

impl Labels {
    /// The logarithm of the likelihood ratio for a rate ratio of `e^ln_ratio`.
    fn ln_likelihood_ratio(&self, ln_ratio: f64) -> f64 {
        if self.share > 0.0 && self.share < 1.0 {
            let spread = (self.share * ln_ratio.exp_m1()).ln_1p();
            self.exposed as f64 * ln_ratio - self.events as f64 * spread
        } else {
            0.0
        }
    }
}

/// A share whose odds may be misstated by up to the factor `odds`, at its worst for a false alarm: an allocation of
/// "5 %" that reaches 5.2 % would otherwise pass for harm. 1 leaves it as it is.
pub fn guarded(share: f64, odds: f64) -> f64 {
    if share >= 1.0 { 1.0 } else { odds * share / (1.0 + (odds - 1.0) * share) }
}

/// The process, folded epoch by epoch: what is closed, and an open epoch that every reading is given anew.
#[derive(Clone, Debug)]
pub struct Label {
    restarts: Restarts,
    /// `ln` of the weight of each rate ratio, the start in the open epoch included.
    ln_weights: [f64; STEPS.len()],
    /// What is left of the stake after the open epoch had its part.
    unspent: f64,
    /// Closed epochs.
    closed: usize,
}

impl Label {
    /// Before anything happened.
    pub fn new(restarts: Restarts) -> Self {
        let mut process = Self { restarts, ln_weights: [f64::NEG_INFINITY; STEPS.len()], unspent: 1.0, closed: 0 };
        process.open();
        process
    }

    fn open(&mut self) {
        let stake = self.restarts.stake(self.closed);
        self.unspent -= stake;
        if stake > 0.0 {
            for weight in &mut self.ln_weights {
                *weight = logaddexp(*weight, stake.ln());
            }
        }
    }

    /// Closes the open epoch, which held `cells`.
    pub fn close(&mut self, cells: &[Labels]) {
        for (weight, gain) in self.ln_weights.iter_mut().zip(gains(cells)) {
            *weight += gain;
        }
        self.closed += 1;
        self.open();
    }

    /// The logarithm of the evidence while the open epoch holds `open`.
    pub fn ln_e(&self, open: &[Labels]) -> f64 {
        let gains = gains(open);
        let alternatives = self.ln_weights.iter().zip(gains).map(|(w, g)| w + g);
        logaddexp(logsumexp(alternatives) - (STEPS.len() as f64).ln(), ln_unspent(self.unspent))
    }
}

fn gains(cells: &[Labels]) -> [f64; STEPS.len()] {
    STEPS.map(|m| cells.iter().map(|c| c.ln_likelihood_ratio(m as f64 * STEP)).sum())
}

/// The logarithm of the evidence of epochs, the last of which may be open. 0 for none.
pub fn ln_e<C: AsRef<[Labels]>>(epochs: &[C], restarts: Restarts) -> f64 {
    let Some((open, closed)) = epochs.split_last() else { return 0.0 };
    let mut process = Label::new(restarts);
    for cells in closed {
        process.close(cells.as_ref());
    }
    process.ln_e(open.as_ref())
}

/// How likely a change began in each epoch, given that there was one; the parts add up to 1. Empty for no epochs.
pub fn starts<C: AsRef<[Labels]>>(epochs: &[C], restarts: Restarts) -> Vec<f64> {
    let mut since = [0.0; STEPS.len()];
    let mut ln_parts: Vec<f64> = (0..epochs.len())
        .rev()
        .map(|epoch| {
            for (sum, gain) in since.iter_mut().zip(gains(epochs[epoch].as_ref())) {
                *sum += gain;
            }
            restarts.stake(epoch).ln() + logsumexp(since.iter().copied())
        })
        .collect();
    ln_parts.reverse();
    let all = logsumexp(ln_parts.iter().copied());
    ln_parts.iter().map(|part| (part - all).exp()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cell((events, exposed, share): (u64, u64, f64)) -> Labels {
        Labels { events, exposed, share }
    }

    #[test]
    #[expect(clippy::unreadable_literal, reason = "values as another implementation printed them")]
    fn evidence_matches_independent_values() {
        // mpmath with 50 digits, the direct sum over starts and rate ratios.
        type Case<'a> = (&'a [&'a [(u64, u64, f64)]], f64);
        let cases: [Case<'_>; 6] = [
            (&[&[(20, 1, 0.05)]], -0.26222557372249683),
            (&[&[(20, 1, 0.05)], &[(0, 0, 0.05)], &[(30, 14, 0.25)]], 1.4837656288154615),
            (&[&[(40, 2, 0.05)], &[(35, 12, 0.25)], &[(50, 31, 0.5)], &[(60, 33, 0.5)]], 0.5220546532788942),
            (&[&[(8, 5, 0.2), (12, 4, 0.3)], &[(10, 9, 0.5), (3, 0, 0.1)]], 2.3760604307820645),
            (&[&[(100000, 26000, 0.25)]], -std::f64::consts::LN_2),
            (&[&[(5, 5, 1.0)], &[(7, 7, 1.0)]], 0.0),
        ];
        for (epochs, want) in cases {
            let epochs: Vec<Vec<Labels>> = epochs.iter().map(|e| e.iter().copied().map(cell).collect()).collect();
            let got = ln_e(&epochs, Restarts::default());
            assert!((got - want).abs() <= 1e-9 * want.abs().max(1.0), "{epochs:?}: {got}, expected {want}");
        }
    }

    #[test]
    fn with_everybody_exposed_there_is_no_evidence_either_way() {
        let all = |events| vec![cell((events, events, 1.0))];
        assert_eq!(ln_e(&[all(1), all(1_000_000_000), all(0)], Restarts::default()).to_bits(), 0);
    }

    #[test]
    fn a_guard_raises_the_share_and_leaves_its_ends() {
        assert!((guarded(0.5, 1.05) - 1.05 / 2.05).abs() < 1e-15);
        assert_eq!((guarded(0.0, 1.05), guarded(1.0, 1.05), guarded(0.3, 1.0)), (0.0, 1.0, 0.3));
    }

    #[test]
    fn a_late_change_is_placed_late() {
        let quiet = vec![cell((40, 10, 0.25))];
        let loud = vec![cell((40, 25, 0.25))];
        let epochs = [quiet.clone(), quiet.clone(), quiet, loud.clone(), loud];
        let starts = starts(&epochs, Restarts::default());
        assert!((starts.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert!(starts[3] > 0.7, "{starts:?}");
    }

    fn counts() -> impl Strategy<Value = Vec<Vec<Labels>>> {
        let cell = (0_u64..1_000_000_000, 0.0..=1.0_f64, 0.0..=1.0_f64).prop_map(|(events, part, share)| {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of a count")]
            let exposed = (events as f64 * part) as u64;
            Labels { events, exposed, share }
        });
        prop::collection::vec(prop::collection::vec(cell, 0..4), 0..20)
    }

    proptest! {
        #[test]
        fn evidence_is_a_number_at_any_size(epochs in counts()) {
            let got = ln_e(&epochs, Restarts::default());
            prop_assert!(got.is_finite(), "{}", got);
            let starts = starts(&epochs, Restarts::default());
            prop_assert!(starts.iter().all(|p| (0.0..=1.0).contains(p)), "{:?}", starts);
        }

        #[test]
        fn folding_and_reading_at_every_step_changes_nothing(epochs in counts()) {
            let mut process = Label::new(Restarts::default());
            for (i, cells) in epochs.iter().enumerate() {
                prop_assert_eq!(process.ln_e(cells).to_bits(), ln_e(&epochs[..=i], Restarts::default()).to_bits());
                process.close(cells);
            }
        }

        #[test]
        fn counts_of_replicas_add_up(
            parts in prop::collection::vec((0_u64..1000, 0_u64..1000), 1..6), share in 0.01..0.99_f64
        ) {
            let whole = Labels {
                events: parts.iter().map(|(a, b)| a + b).sum(),
                exposed: parts.iter().map(|(a, _)| a).sum(),
                share,
            };
            let split: Vec<Labels> =
                parts.iter().map(|(a, b)| Labels { events: a + b, exposed: *a, share }).collect();
            let (one, many) = (ln_e(&[[whole]], Restarts::default()), ln_e(&[split], Restarts::default()));
            prop_assert!((one - many).abs() <= 1e-9 * one.abs().max(1.0), "{} {}", one, many);
        }
    }
}
