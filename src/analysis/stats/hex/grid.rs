//! The grid on which log odds are looked at, worked out once: what is assumed of them, how days blur them, and what each
//! stratum's share becomes at each point.

use super::super::mixture::{STEP, STEPS_MAX};
use super::Tally;
use crate::analysis::stats::special::logsumexp;

/// The drift of a window is looked at up to this many times its standard deviation.
const SPREADS: f64 = 4.0;
/// And that of a day.
const SIGMAS_DAY: f64 = 3.0;
/// Standard deviations beyond this tell nothing and cost memory.
const SPREAD_MAX: f64 = 3.0;
/// Below this a standard deviation is taken as none.
const SPREAD_MIN: f64 = 1e-9;
/// A share is at least this far from 0 and from 1.
const SHARE_MIN: f64 = 1e-12;
/// Likelihoods whose logarithms lie within this of each other can be added as they are.
const RANGE_MAX: f64 = 500.0;

/// The grid.
#[derive(Clone, Debug)]
pub(super) struct Grid {
    /// `ln` of the probability of each drift of the window.
    pub ln_prior: Vec<f64>,
    /// The probability of each drift of a day, and its `ln`.
    kernel: Vec<f64>,
    ln_kernel: Vec<f64>,
    /// Log odds at each point, against the baseline.
    points: Vec<f64>,
}

impl Grid {
    /// For windows that drift by `spread` and days that drift by `sigma_day`, both standard deviations of log odds.
    pub fn new(spread: f64, sigma_day: f64) -> Self {
        let spread = spread.clamp(SPREAD_MIN, SPREAD_MAX);
        let reach = steps(SPREADS * spread).max(1);
        let sigma_day = sigma_day.clamp(0.0, SPREAD_MAX);
        let reach_day = steps(SIGMAS_DAY * sigma_day);
        let prior = bell(reach, spread);
        let kernel = bell(reach_day, sigma_day.max(SPREAD_MIN));
        let lowest = -((reach + reach_day) as f64);
        let count = prior.len() + STEPS_MAX + 2 * reach_day;
        Self {
            ln_prior: prior.iter().map(|p| p.ln()).collect(),
            ln_kernel: kernel.iter().map(|p| p.ln()).collect(),
            kernel,
            points: (0..count).map(|q| (lowest + q as f64) * STEP).collect(),
        }
    }

    /// Drifts of the window.
    pub fn drifts(&self) -> usize {
        self.ln_prior.len()
    }

    /// What one item of a stratum with this share costs at each point: `ln(1 + p(e^θ - 1))`.
    pub fn costs(&self, share: f64) -> Vec<f64> {
        let share = share.clamp(SHARE_MIN, 1.0 - SHARE_MIN);
        self.points.iter().map(|theta| (share * theta.exp_m1()).ln_1p()).collect()
    }

    /// `ln` of the likelihood ratio of one epoch's counts at each drift of the window and beyond, up to the largest
    /// change that is looked for, blurred by the drift of the day.
    pub fn ln_likelihoods(&self, costs: &[Vec<f64>], counts: &[Tally]) -> Vec<f64> {
        let hits: f64 = counts.iter().map(|c| c.hits as f64).sum();
        let mut raw: Vec<f64> = self.points.iter().map(|theta| hits * theta).collect();
        for tally in counts.iter().filter(|c| c.items > 0) {
            if let Some(costs) = costs.get(tally.stratum) {
                raw.iter_mut().zip(costs).for_each(|(sum, cost)| *sum -= tally.items as f64 * cost);
            }
        }
        self.blurred(&raw)
    }

    fn blurred(&self, raw: &[f64]) -> Vec<f64> {
        let width = self.kernel.len();
        if width == 1 {
            return raw.to_vec();
        }
        let (least, most) = raw.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, m), v| (l.min(*v), m.max(*v)));
        if most - least < RANGE_MAX {
            let plain: Vec<f64> = raw.iter().map(|v| (v - most).exp()).collect();
            let blur = |part: &[f64]| part.iter().zip(&self.kernel).map(|(v, k)| v * k).sum::<f64>();
            return plain.windows(width).map(|part| blur(part).ln() + most).collect();
        }
        let blur = |part: &[f64]| logsumexp(part.iter().zip(&self.ln_kernel).map(|(v, k)| v + k));
        raw.windows(width).map(blur).collect()
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative, and at most 120")]
fn steps(width: f64) -> usize {
    (width / STEP).ceil() as usize
}

/// A normal distribution on `2 * reach + 1` points of the grid.
fn bell(reach: usize, sigma: f64) -> Vec<f64> {
    let reach = reach as f64;
    let mut at = -reach;
    let mut weights = Vec::new();
    while at <= reach {
        weights.push((-0.5 * (at * STEP / sigma).powi(2)).exp());
        at += 1.0;
    }
    let all: f64 = weights.iter().sum();
    weights.iter().map(|w| w / all).collect()
}
