//! Autoregression: what a series says of its own next value, and the series with that taken out.

/// An autoregression of order p, fitted to a series.
#[derive(Clone, Debug, PartialEq)]
pub struct Autoregression {
    /// Coefficients of the values 1 … p steps before.
    pub phi: Vec<f64>,
    /// Variance of what is left.
    pub sigma2: f64,
}

/// Fits by Levinson and Durbin's recursion on the biased autocovariances. None where the series is not longer than the
/// order or never changes: there is nothing to fit.
pub fn levinson(series: &[f64], order: usize) -> Option<Autoregression> {
    let n = series.len();
    if n <= order || series.iter().any(|v| !v.is_finite()) {
        return None;
    }
    let centred = centred(series);
    let covariance = |lag: usize| -> f64 {
        let later = centred.iter().skip(lag);
        centred.iter().zip(later).map(|(a, b)| a * b).sum::<f64>() / n as f64
    };
    let r: Vec<f64> = (0..=order).map(covariance).collect();
    let mut phi = vec![0.0; order];
    let mut left = r[0];
    for k in 0..order {
        if left <= 0.0 {
            return None;
        }
        let known: f64 = (0..k).map(|j| phi[j] * r[k - j]).sum();
        let reflection = (r[k + 1] - known) / left;
        let before = phi.clone();
        phi[k] = reflection;
        for j in 0..k {
            phi[j] = before[j] - reflection * before[k - 1 - j];
        }
        left *= 1.0 - reflection * reflection;
    }
    (left > 0.0).then_some(Autoregression { phi, sigma2: left })
}

/// The series less what the coefficients predict from the values before; shorter by their number.
pub fn filter(series: &[f64], phi: &[f64]) -> Vec<f64> {
    let y = centred(series);
    (phi.len()..y.len()).map(|t| y[t] - phi.iter().enumerate().map(|(i, c)| c * y[t - 1 - i]).sum::<f64>()).collect()
}

fn centred(series: &[f64]) -> Vec<f64> {
    let mean = series.iter().sum::<f64>() / series.len().max(1) as f64;
    series.iter().map(|v| v - mean).collect()
}
