//! Cross-correlation at lags, prewhitened: which of two series moves first, and by how much.
//!
//! Series that each follow themselves correlate by chance: raw cross-correlation cries wolf in half of all null series.
//! So an autoregression fitted to the first filters both (Box and Jenkins). It tells the lag only, never whether.

use super::autoregression::{self, Autoregression};
use super::special::norm_ppf;

/// Correlations of x, `lag` steps earlier, with y, for lag = −max … max: at positive lags x leads. None where the
/// lengths differ, a series is empty or never changes.
pub fn ccf(x: &[f64], y: &[f64], lag_max: usize) -> Option<Vec<f64>> {
    let n = x.len();
    if n == 0 || n != y.len() {
        return None;
    }
    let centred = |v: &[f64]| -> Vec<f64> {
        let mean = v.iter().sum::<f64>() / n as f64;
        v.iter().map(|a| a - mean).collect()
    };
    let (x, y) = (centred(x), centred(y));
    let size = |v: &[f64]| v.iter().map(|a| a * a).sum::<f64>().sqrt();
    let scale = size(&x) * size(&y);
    if !(scale > 0.0 && scale.is_finite()) {
        return None;
    }
    let at = |early: &[f64], late: &[f64], lag: usize| -> f64 {
        early.iter().zip(late.iter().skip(lag)).map(|(a, b)| a * b).sum::<f64>() / scale
    };
    let y_leads = (1..=lag_max).rev().map(|lag| at(&y, &x, lag));
    Some(y_leads.chain((0..=lag_max).map(|lag| at(&x, &y, lag))).collect())
}

/// A prewhitened cross-correlation.
#[derive(Clone, Debug, PartialEq)]
pub struct Prewhitened {
    /// What was fitted to x and filtered both.
    pub fit: Autoregression,
    /// Correlations at lags −max … max.
    pub ccf: Vec<f64>,
    /// Values that were left to correlate.
    pub n: usize,
}

impl Prewhitened {
    /// The lag of the largest correlation, where it clears the normal bound at 5 % for all lags together (Bonferroni);
    /// positive: x leads.
    pub fn lag(&self) -> Option<i64> {
        let lags = self.ccf.len();
        let bound = norm_ppf(1.0 - 0.025 / lags as f64) / (self.n as f64).sqrt();
        let largest = (0..lags).max_by(|i, j| self.ccf[*i].abs().total_cmp(&self.ccf[*j].abs()))?;
        let middle = i64::try_from(lags / 2).ok()?;
        (self.ccf[largest].abs() > bound).then(|| i64::try_from(largest).map(|at| at - middle).ok())?
    }
}

/// Fits an autoregression of `order` to x, filters both, and correlates. None where [`autoregression::levinson`] or
/// [`ccf`] has nothing to say.
pub fn prewhitened(x: &[f64], y: &[f64], order: usize, lag_max: usize) -> Option<Prewhitened> {
    if x.len() != y.len() {
        return None;
    }
    let fit = autoregression::levinson(x, order)?;
    let (x, y) = (autoregression::filter(x, &fit.phi), autoregression::filter(y, &fit.phi));
    let ccf = ccf(&x, &y, lag_max)?;
    Some(Prewhitened { fit, ccf, n: x.len() })
}
