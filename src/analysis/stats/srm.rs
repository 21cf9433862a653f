//! Sample ratio mismatch: whether people went to the arms as planned, looked at as often as one likes.
//!
//! The Bayes factor of a multinomial whose shares are spread around the plan (Dirichlet) against the plan itself, an
//! e-process under the plan (Lindon and Malek 2022). Its logarithm beyond ln 1000 means that the allocation does not match.

use super::special::{chi2_sf, deviance, stirling_error};

/// How tightly the alternative keeps to the plan.
pub const CONCENTRATION_DEFAULT: f64 = 10_000.0;
/// By how much shares may miss 1 in sum.
const SUM_TOLERANCE: f64 = 1e-6;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SrmError {
    /// Counts and shares are not equally many, or fewer than two.
    Arms,
    /// A share is negative or above 1, or they do not add up to 1.
    Shares,
    /// The concentration is no positive number.
    Concentration,
}

/// ln of the Bayes factor. Infinite where somebody is in an arm that the plan leaves empty.
pub fn ln_bayes_factor(counts: &[u64], shares: &[f64], concentration: f64) -> Result<f64, SrmError> {
    check(counts, shares)?;
    if !(concentration > 0.0 && concentration.is_finite()) {
        return Err(SrmError::Concentration);
    }
    let n: f64 = counts.iter().map(|c| *c as f64).sum();
    if n == 0.0 {
        return Ok(0.0);
    }
    let total = concentration + n;
    // Gamma functions by Stirling, put together so that only deviances and logarithms of ratios are left.
    let mut ln = 0.5 * (n / concentration).ln_1p() + stirling_error(concentration) - stirling_error(total);
    let mut over = 0.0;
    for (count, share) in counts.iter().zip(shares) {
        let x = *count as f64;
        if *share == 0.0 {
            if x > 0.0 {
                return Ok(f64::INFINITY);
            }
            continue;
        }
        let prior = concentration * share;
        let (posterior, expected) = (prior + x, total * share);
        // The plan's part of both is the same, so they differ by what the counts differ.
        let by = x - n * share;
        ln += deviance(posterior, expected, by) - 0.5 * (x / prior).ln_1p();
        ln += stirling_error(posterior) - stirling_error(prior);
        over += by;
    }
    Ok(ln + over)
}

/// p of Pearson's chi-squared test at one look; 1 for no counts.
pub fn chi2_p(counts: &[u64], shares: &[f64]) -> Result<f64, SrmError> {
    check(counts, shares)?;
    let n: f64 = counts.iter().map(|c| *c as f64).sum();
    let mut statistic = 0.0;
    for (count, share) in counts.iter().zip(shares) {
        let expected = n * share;
        let by = *count as f64 - expected;
        if by != 0.0 {
            statistic += by * by / expected;
        }
    }
    Ok(chi2_sf(statistic, (counts.len() - 1) as f64))
}

fn check(counts: &[u64], shares: &[f64]) -> Result<(), SrmError> {
    if counts.len() != shares.len() || counts.len() < 2 {
        return Err(SrmError::Arms);
    }
    let fit =
        shares.iter().all(|s| (0.0..=1.0).contains(s)) && (shares.iter().sum::<f64>() - 1.0).abs() <= SUM_TOLERANCE;
    if fit { Ok(()) } else { Err(SrmError::Shares) }
}
