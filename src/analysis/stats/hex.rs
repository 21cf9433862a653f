//! HEX, the hierarchical e-process: whether a share moved away from its baseline by more than windows and days drift by
//! themselves.
//!
//! Under "nothing happened" the log odds of each stratum are those of its baseline, plus a drift of the whole window,
//! normal with the standard deviation `spread`, plus a drift of each epoch, normal with `sigma_day`. A change adds one of
//! a few sizes from some epoch on. The evidence is the ratio of what both predicted, averaged over sizes and starts; it
//! is a martingale under the mixture that "nothing happened" stands for, so at most one of `1/x` windows ever reaches
//! `x` when nothing beyond the usual drift happened, however often anybody looks. That is as true as `spread` and
//! `sigma_day` are.
//!
//! Counts are all that it needs. Closed epochs are folded once; a reading costs only the open one.

mod grid;

use grid::Grid;

use super::mixture::{Restarts, STEPS, ln_unspent};
use super::special::{logaddexp, logsumexp};

/// Counts of one stratum in one epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Which stratum, in the order of their shares.
    pub stratum: usize,
    /// All items.
    pub items: u64,
    /// Items that count, such as negative ones.
    pub hits: u64,
}

/// The process: epochs that are closed, and an open one that every reading is given anew.
#[derive(Clone, Debug)]
pub struct Hex {
    grid: Grid,
    /// By stratum, what an item costs at each point of the grid.
    costs: Vec<Vec<f64>>,
    restarts: Restarts,
    /// `ln` of the weight of each drift of the window, by the closed epochs.
    ln_drifts: Vec<f64>,
    /// By epoch of the start: `ln` of the weights by size of the change, then by drift.
    starts: Vec<Vec<f64>>,
    /// All starts added up, the one in the open epoch included.
    ln_changed: Vec<f64>,
    /// What is left of the stake after the open epoch had its part.
    unspent: f64,
}

impl Hex {
    /// Before anything happened: strata with these baseline shares, each between 0 and 1.
    pub fn new(shares: &[f64], spread: f64, sigma_day: f64, restarts: Restarts) -> Self {
        let grid = Grid::new(spread, sigma_day);
        let costs = shares.iter().map(|share| grid.costs(*share)).collect();
        let ln_drifts = grid.ln_prior.clone();
        let ln_changed = vec![f64::NEG_INFINITY; ln_drifts.len() * STEPS.len()];
        let mut process = Self { grid, costs, restarts, ln_drifts, starts: Vec::new(), ln_changed, unspent: 1.0 };
        process.open();
        process
    }

    fn open(&mut self) {
        let epoch = self.starts.len();
        let stake = self.restarts.stake(epoch);
        self.unspent -= stake;
        let begins = self.ln_drifts.iter().map(|drift| stake.ln() + drift);
        let rows: Vec<f64> = std::iter::repeat_n(begins, STEPS.len()).flatten().collect();
        self.ln_changed.iter_mut().zip(&rows).for_each(|(all, begins)| *all = logaddexp(*all, *begins));
        self.starts.push(rows);
    }

    /// Closes the open epoch, which held `counts`.
    pub fn close(&mut self, counts: &[Tally]) {
        let likelihoods = self.grid.ln_likelihoods(&self.costs, counts);
        let drifts = self.grid.drifts();
        for rows in self.starts.iter_mut().chain([&mut self.ln_changed]) {
            for (row, m) in rows.chunks_exact_mut(drifts).zip(STEPS) {
                row.iter_mut().zip(&likelihoods[m..]).for_each(|(weight, l)| *weight += l);
            }
        }
        self.ln_drifts.iter_mut().zip(&likelihoods).for_each(|(weight, l)| *weight += l);
        self.open();
    }

    /// The logarithm of the evidence while the open epoch holds `open`.
    pub fn ln_e(&self, open: &[Tally]) -> f64 {
        let likelihoods = self.grid.ln_likelihoods(&self.costs, open);
        let changed = self.with(&self.ln_changed, &likelihoods);
        let quiet = logsumexp(self.ln_drifts.iter().zip(&likelihoods).map(|(weight, l)| weight + l));
        logaddexp(changed - (STEPS.len() as f64).ln() - quiet, ln_unspent(self.unspent))
    }

    /// How likely a change began in each epoch, the open one included, given that there was one; the parts add up to 1.
    pub fn starts(&self, open: &[Tally]) -> Vec<f64> {
        let likelihoods = self.grid.ln_likelihoods(&self.costs, open);
        let parts: Vec<f64> = self.starts.iter().map(|rows| self.with(rows, &likelihoods)).collect();
        let all = logsumexp(parts.iter().copied());
        parts.iter().map(|part| (part - all).exp()).collect()
    }

    /// `ln` of weights by size and drift, with the open epoch's likelihoods.
    fn with(&self, ln_weights: &[f64], likelihoods: &[f64]) -> f64 {
        let rows = ln_weights.chunks_exact(self.grid.drifts()).zip(STEPS);
        logsumexp(rows.flat_map(|(row, m)| row.iter().zip(&likelihoods[m..]).map(|(weight, l)| weight + l)))
    }
}

#[cfg(test)]
mod tests;
