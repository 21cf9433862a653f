//! Mean and spread as sums that merge: replicas add up in any order and any grouping.
//!
//! [`Sums`] are integers and exact; [`Moments`] are what is read from them. Moments merge too (Chan, Golub and `LeVeque`
//! 1983), up to rounding.

/// One millionth, the unit of scores in sums.
const MICRO: f64 = 1e-6;

/// Exact sums of scores, each kept as an integer number of millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// How many.
    pub n: u64,
    /// Sum, in millionths.
    pub sum_micro: i128,
    /// Sum of squares, in millionths of millionths.
    pub sumsq_micro2: i128,
}

impl Sums {
    /// With one more score; −1 to 1 in hearback, anything that fits in general.
    #[must_use]
    pub fn with(self, score_micro: i64) -> Self {
        let x = i128::from(score_micro);
        Self { n: self.n + 1, sum_micro: self.sum_micro + x, sumsq_micro2: self.sumsq_micro2 + x * x }
    }

    /// Both together. Associative, commutative, with [`Sums::default`] as nothing.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        Self {
            n: self.n + other.n,
            sum_micro: self.sum_micro + other.sum_micro,
            sumsq_micro2: self.sumsq_micro2 + other.sumsq_micro2,
        }
    }

    /// Mean and spread in whole units. None for a negative sum of squares, which no numbers have; squares that fall
    /// short of what the mean demands are rounding and mean no spread.
    pub fn moments(self) -> Option<Moments> {
        if self.sumsq_micro2 < 0 {
            return None;
        }
        if self.n == 0 {
            return Some(Moments::default());
        }
        let n = self.n as f64;
        let sum = self.sum_micro as f64;
        // n Σx² − (Σx)², exact where it fits: the two are nearly the same where the spread is small.
        let exact = i128::from(self.n).checked_mul(self.sumsq_micro2).zip(self.sum_micro.checked_mul(self.sum_micro));
        let spread = match exact {
            Some((squares, square)) => (squares - square) as f64 / n,
            None => self.sumsq_micro2 as f64 - sum / n * sum,
        };
        Some(Moments { n: self.n, mean: sum / n * MICRO, m2: spread.max(0.0) * MICRO * MICRO })
    }
}

/// Count, mean, and sum of squared differences from the mean.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moments {
    /// How many.
    pub n: u64,
    /// Mean; 0 of none.
    pub mean: f64,
    /// Sum of squared differences from the mean.
    pub m2: f64,
}

impl Moments {
    /// Both together; associative and commutative up to rounding, with [`Moments::default`] as nothing.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        let n = self.n + other.n;
        if n == 0 {
            return Self::default();
        }
        let by = other.mean - self.mean;
        let (w, all) = (other.n as f64, n as f64);
        Self { n, mean: self.mean + by * (w / all), m2: self.m2 + other.m2 + by * by * (self.n as f64 / all) * w }
    }

    /// The mean's squared standard error, with n − 1. None for fewer than two.
    pub fn mean_variance(&self) -> Option<f64> {
        (self.n >= 2).then(|| self.m2 / (self.n - 1) as f64 / self.n as f64)
    }
}
