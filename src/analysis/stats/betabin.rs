//! The beta-binomial distribution: counts whose share itself varies from rollout to rollout.

use super::share::Share;
use super::special::{deviance, ln_beta_scale, ln_binomial_at_mean};

/// Bounds on the correlation within a rollout, which is 1 / (a + b + 1).
const RHO: (f64, f64) = (1e-4, 0.5);

/// A beta distribution of shares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beta {
    /// Pseudo-count of negative ones, > 0.
    pub a: f64,
    /// Pseudo-count of the others, > 0.
    pub b: f64,
}

impl Beta {
    /// Mean share.
    pub fn mean(self) -> f64 {
        self.a / (self.a + self.b)
    }

    /// `ln P(k of n)`. Accurate at counts and shapes of 1e9: written around the posterior mean p, as the binomial
    /// probability of the counts times the prior's density over the posterior's, only costs are left, and nothing cancels.
    pub fn ln_pmf(self, share: Share) -> f64 {
        let Self { a, b } = self;
        let (k, rest) = (share.part() as f64, (share.whole() - share.part()) as f64);
        let (n, strength) = (k + rest, a + b);
        let (p, q) = ((a + k) / (strength + n), (b + rest) / (strength + n));
        // k − n p; the prior differs from its expectation by as much the other way.
        let by = (k * b - rest * a) / (strength + n);
        let counts = ln_binomial_at_mean(k, n) - deviance(k, n * p, by) - deviance(rest, n * q, -by);
        let prior = ln_beta_scale(a, b) - deviance(a, strength * p, -by) - deviance(b, strength * q, by);
        counts + prior - ln_beta_scale(a + k, b + rest)
    }

    /// The distribution that past rollouts' shares came from, by moments with Kleinman's weights (Kleinman 1973). None
    /// for fewer than two rollouts with feedback, where all say the same, or where each has a single item.
    pub fn of_past(past: &[Share]) -> Option<Self> {
        let past: Vec<Share> = past.iter().copied().filter(|s| s.whole() > 0).collect();
        let all: f64 = past.iter().map(|s| s.whole() as f64).sum();
        let p = past.iter().map(|s| s.part() as f64).sum::<f64>() / all;
        if past.len() < 2 || p <= 0.0 || p >= 1.0 {
            return None;
        }
        let between = (past.len() - 1) as f64;
        let (mut spread, mut squares) = (0.0, 0.0);
        for share in &past {
            let n = share.whole() as f64;
            spread += n * (share.part() as f64 / n - p).powi(2);
            squares += n / all * n;
        }
        let scale = all - squares - between;
        if scale <= 0.0 {
            return None;
        }
        let rho = ((spread / (p * (1.0 - p)) - between) / scale).clamp(RHO.0, RHO.1);
        let strength = (1.0 - rho) / rho;
        Some(Self { a: p * strength, b: (1.0 - p) * strength })
    }
}
