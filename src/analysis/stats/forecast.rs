//! What share of the whole audience will be negative: past rollouts, an early stage, and the chance of the rest.
//!
//! Empirical Bayes. An early stage of any size is worth a bounded number of items, because early adopters differ from
//! everybody: the discount. The prediction is beta-binomial for the volume that is expected.

use super::betabin::Beta;
use super::share::Share;
use super::special::{betainc, betaincinv};

/// Items that an early stage is worth at most, until enough past rollouts tell.
pub const CAP_DEFAULT: f64 = 20.0;
/// With fewer past rollouts the default prior is used.
pub const PAST_MIN: usize = 3;
/// Future items up to which every count is looked at; beyond, counts are so fine that a beta distribution with the same
/// mean and variance takes their place.
const EXACT_TO: u64 = 2_000_000;

/// What is known before a rollout.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prior {
    /// The distribution of final shares.
    pub beta: Beta,
    /// Whether it comes from past rollouts; else it is the default prior, which is said where it is shown.
    pub from_past: bool,
}

impl Prior {
    /// Beta(2, 6): a quarter negative, loosely.
    pub const DEFAULT: Self = Self { beta: Beta { a: 2.0, b: 6.0 }, from_past: false };

    /// From the final shares of past rollouts, weakened by (m − 1) / (m + 5) because m of them are few.
    pub fn of_past(past: &[Share]) -> Self {
        let told = past.iter().filter(|s| s.whole() > 0).count();
        match Beta::of_past(past) {
            Some(beta) if told >= PAST_MIN => {
                let weaker = (told - 1) as f64 / (told + 5) as f64;
                Self { beta: Beta { a: beta.a * weaker, b: beta.b * weaker }, from_past: true }
            }
            _ => Self::DEFAULT,
        }
    }
}

/// What an item of an early stage counts for, 0 to 1: `1 / (1 + n / cap)`, so that all n together count less than `cap`.
pub fn discount(n: u64, cap: f64) -> f64 {
    if cap.is_infinite() { 1.0 } else { 1.0 / (1.0 + n as f64 / cap) }
}

/// A prediction of the share among future items.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    /// Mean share, 0 to 1.
    pub mean: f64,
    /// Shares below which the outcome lies with each probability that was asked for.
    pub quantiles: Vec<f64>,
    /// Probability of a share above the threshold.
    pub above: f64,
}

/// Predicts `future` ≥ 1 items after an early stage that counts with `discount` (0 to 1). `probabilities` are between 0
/// and 1, both outside, ascending. None for no future items or a discount outside of its range.
pub fn forecast(
    prior: Beta,
    early: Share,
    discount: f64,
    future: u64,
    probabilities: &[f64],
    threshold: f64,
) -> Option<Forecast> {
    if future == 0 || !(0.0..=1.0).contains(&discount) {
        return None;
    }
    let k = early.part() as f64;
    let rest = (early.whole() - early.part()) as f64;
    let posterior = Beta { a: prior.a + discount * k, b: prior.b + discount * rest };
    let (quantiles, above) = if future <= EXACT_TO {
        exact(posterior, future, probabilities, threshold)
    } else {
        smooth(posterior, future, probabilities, threshold)
    };
    Some(Forecast { mean: posterior.mean(), quantiles, above })
}

fn exact(beta: Beta, future: u64, probabilities: &[f64], threshold: f64) -> (Vec<f64>, f64) {
    let pmf = pmf(beta, future);
    let n = future as f64;
    let mut quantiles = Vec::with_capacity(probabilities.len());
    let (mut below, mut above) = (0.0, 0.0);
    for (x, p) in pmf.iter().enumerate() {
        below += p;
        let share = x as f64 / n;
        while quantiles.len() < probabilities.len() && below >= probabilities[quantiles.len()] - 1e-12 {
            quantiles.push(share);
        }
        if share > threshold {
            above += p;
        }
    }
    quantiles.resize(probabilities.len(), 1.0);
    (quantiles, above.min(1.0))
}

/// The probability of each count, by ratios of neighbours outward from the mean, where none is too small for a number.
fn pmf(beta: Beta, future: u64) -> Vec<f64> {
    let Beta { a, b } = beta;
    let n = future as f64;
    let start = (beta.mean() * n).floor().clamp(0.0, n);
    // Of x + 1 over x.
    let ratio = |x: f64| (n - x) * (a + x) / ((x + 1.0) * (b + n - x - 1.0));
    let at = |x: f64| Share::new(index(x) as u64, future).map_or(0.0, |share| beta.ln_pmf(share).exp());
    let mut pmf = vec![0.0; index(n) + 1];
    pmf[index(start)] = at(start);
    for x in index(start)..index(n) {
        pmf[x + 1] = pmf[x] * ratio(x as f64);
    }
    for x in (0..index(start)).rev() {
        pmf[x] = pmf[x + 1] / ratio(x as f64);
    }
    pmf
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count, at most EXACT_TO")]
fn index(x: f64) -> usize {
    x as usize
}

/// The beta distribution with the mean and the variance that the share among so many items has.
fn smooth(beta: Beta, future: u64, probabilities: &[f64], threshold: f64) -> (Vec<f64>, f64) {
    let n = future as f64;
    let strength = beta.a + beta.b;
    let matched = ((strength + 1.0) / (1.0 + strength / n) - 1.0).max(f64::MIN_POSITIVE);
    let (a, b) = (beta.mean() * matched, (1.0 - beta.mean()) * matched);
    let quantiles = probabilities.iter().map(|p| betaincinv(a, b, *p)).collect();
    (quantiles, 1.0 - betainc(a, b, threshold.clamp(0.0, 1.0)))
}
