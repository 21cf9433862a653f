//! Logistic regression on covariate cells: people who look alike are one row with a count.
//!
//! Iteratively reweighted least squares (`McCullagh` and Nelder 1989), with step halving, and a ridge where a feature
//! separates the outcomes and the estimate would be infinite.

/// Newton steps.
const STEPS_MAX: u32 = 100;
/// Halvings of a step that makes the fit worse.
const HALVINGS_MAX: u32 = 30;
/// Ridge that is used where the outcomes are separated.
const RIDGE_ON_SEPARATION: f64 = 0.5;
/// A logit beyond which a fitted share is 0 or 1 for all that counts can tell.
const LOGIT_MAX: f64 = 30.0;

/// Rows of covariates (the first usually 1, the intercept) with how many of how many are negative.
#[derive(Clone, Debug, PartialEq)]
pub struct Cells {
    x: Vec<Vec<f64>>,
    negative: Vec<f64>,
    all: Vec<f64>,
}

/// Coefficients, on the log-odds scale.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// A coefficient a column.
    pub beta: Vec<f64>,
    /// Its standard error.
    pub se: Vec<f64>,
    /// Penalty on all coefficients but the first; 0 for the plain maximum of the likelihood.
    pub ridge: f64,
}

/// Why there is no fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogitError {
    /// Rows differ in length, or there are none, or other numbers of rows than of counts.
    Shape,
    /// More negative than there are, or a covariate that is not finite.
    Counts,
    /// A column is a sum of others.
    Singular,
    /// A feature separates the outcomes: some coefficient has no finite best value without a ridge.
    Separated,
}

impl Cells {
    /// Checks that rows and counts fit together.
    pub fn new(x: Vec<Vec<f64>>, negative: &[u64], all: &[u64]) -> Result<Self, LogitError> {
        let columns = x.first().map_or(0, Vec::len);
        if columns == 0 || x.len() != negative.len() || x.len() != all.len() || x.iter().any(|r| r.len() != columns) {
            return Err(LogitError::Shape);
        }
        if x.iter().flatten().any(|v| !v.is_finite()) || negative.iter().zip(all).any(|(k, n)| k > n) {
            return Err(LogitError::Counts);
        }
        let float = |counts: &[u64]| counts.iter().map(|c| *c as f64).collect();
        Ok(Self { x, negative: float(negative), all: float(all) })
    }

    /// The plain fit, or one with a ridge of ½ where the outcomes are separated; [`Fit::ridge`] tells which.
    pub fn fit(&self) -> Result<Fit, LogitError> {
        match self.fit_with(0.0) {
            Err(LogitError::Separated) => self.fit_with(RIDGE_ON_SEPARATION),
            done => done,
        }
    }

    /// The fit with a ridge ≥ 0 on all coefficients but the first.
    pub fn fit_with(&self, ridge: f64) -> Result<Fit, LogitError> {
        let mut beta = vec![0.0; self.x[0].len()];
        let mut reached = self.objective(&beta, ridge);
        let mut converged = false;
        for _ in 0..STEPS_MAX {
            let (gradient, information) = self.derivatives(&beta, ridge);
            let step = solve(information, gradient).ok_or_else(|| self.why_singular(&beta))?;
            let mut scale = 1.0;
            let mut next = moved(&beta, &step, scale);
            let mut there = self.objective(&next, ridge);
            for _ in 0..HALVINGS_MAX {
                if there >= reached - reached.abs() * 1e-12 {
                    break;
                }
                scale *= 0.5;
                next = moved(&beta, &step, scale);
                there = self.objective(&next, ridge);
            }
            (beta, reached) = (next, there);
            let most = step.iter().fold(0.0_f64, |most, s| most.max(s.abs()));
            if most < 1e-13 * (1.0 + beta.iter().fold(0.0_f64, |most, b| most.max(b.abs()))) {
                converged = true;
                break;
            }
        }
        // Rounding can keep the last step above the bound; a separation keeps it near 1 and the logits large.
        if self.is_extreme(&beta) && ridge == 0.0 {
            return Err(LogitError::Separated);
        }
        if !converged && beta.iter().any(|b| !b.is_finite()) {
            return Err(LogitError::Singular);
        }
        let (_, information) = self.derivatives(&beta, ridge);
        let variance = |i: usize| {
            let unit = (0..beta.len()).map(|j| if i == j { 1.0 } else { 0.0 }).collect();
            solve(information.clone(), unit).map(|column| column[i])
        };
        let se =
            (0..beta.len()).map(|i| variance(i).map(f64::sqrt)).collect::<Option<_>>().ok_or(LogitError::Singular)?;
        Ok(Fit { beta, se, ridge })
    }

    fn why_singular(&self, beta: &[f64]) -> LogitError {
        if self.is_extreme(beta) { LogitError::Separated } else { LogitError::Singular }
    }

    fn is_extreme(&self, beta: &[f64]) -> bool {
        self.x.iter().zip(&self.all).any(|(row, n)| *n > 0.0 && dot(row, beta).abs() > LOGIT_MAX)
    }

    fn objective(&self, beta: &[f64], ridge: f64) -> f64 {
        let mut sum = 0.0;
        for ((row, k), n) in self.x.iter().zip(&self.negative).zip(&self.all) {
            let eta = dot(row, beta);
            // ln(1 + e^η), without overflow.
            sum += k * eta - n * (eta.max(0.0) + (-eta.abs()).exp().ln_1p());
        }
        sum - 0.5 * ridge * beta.iter().skip(1).map(|b| b * b).sum::<f64>()
    }

    fn derivatives(&self, beta: &[f64], ridge: f64) -> (Vec<f64>, Vec<Vec<f64>>) {
        let columns = beta.len();
        let mut gradient = vec![0.0; columns];
        let mut information = vec![vec![0.0; columns]; columns];
        for ((row, k), n) in self.x.iter().zip(&self.negative).zip(&self.all) {
            let mu = 1.0 / (1.0 + (-dot(row, beta)).exp());
            let weight = n * mu * (1.0 - mu);
            for i in 0..columns {
                gradient[i] += (k - n * mu) * row[i];
                for j in 0..columns {
                    information[i][j] += weight * row[i] * row[j];
                }
            }
        }
        for i in 1..columns {
            gradient[i] -= ridge * beta[i];
            information[i][i] += ridge;
        }
        (gradient, information)
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn moved(from: &[f64], by: &[f64], scale: f64) -> Vec<f64> {
    from.iter().zip(by).map(|(b, s)| b + scale * s).collect()
}

/// Gaussian elimination with pivots; None for a matrix that is singular up to rounding.
fn solve(mut m: Vec<Vec<f64>>, mut v: Vec<f64>) -> Option<Vec<f64>> {
    let size = v.len();
    let largest = m.iter().flatten().fold(0.0_f64, |most, x| most.max(x.abs()));
    for i in 0..size {
        let pivot = (i..size).max_by(|r, s| m[*r][i].abs().total_cmp(&m[*s][i].abs()))?;
        m.swap(i, pivot);
        v.swap(i, pivot);
        if m[i][i].is_nan() || m[i][i].abs() <= largest * 1e-14 {
            return None;
        }
        for r in i + 1..size {
            let factor = m[r][i] / m[i][i];
            let above = m[i].clone();
            for (cell, pivot) in m[r].iter_mut().zip(&above).skip(i) {
                *cell -= factor * pivot;
            }
            v[r] -= factor * v[i];
        }
    }
    let mut x = vec![0.0; size];
    for i in (0..size).rev() {
        let known: f64 = (i + 1..size).map(|c| m[i][c] * x[c]).sum();
        x[i] = (v[i] - known) / m[i][i];
    }
    Some(x)
}
