//! A difference between arms with what was known before exposure taken out (CUPED: Deng, Xu, Kohavi and Walker 2013).

use super::share::{Confidence, Interval};

/// Sums over the people of an arm: x before exposure, y after. Arms' parts merge by adding.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PairSums {
    /// People.
    pub n: u64,
    /// Σ x.
    pub x: f64,
    /// Σ y.
    pub y: f64,
    /// Σ x².
    pub xx: f64,
    /// Σ y².
    pub yy: f64,
    /// Σ x y.
    pub xy: f64,
}

impl PairSums {
    /// Both together.
    #[must_use]
    pub fn merge(self, o: Self) -> Self {
        let Self { n, x, y, xx, yy, xy } = self;
        Self { n: n + o.n, x: x + o.x, y: y + o.y, xx: xx + o.xx, yy: yy + o.yy, xy: xy + o.xy }
    }

    fn spread(&self) -> Option<Spread> {
        if self.n < 2 {
            return None;
        }
        let (n, df) = (self.n as f64, (self.n - 1) as f64);
        Some(Spread {
            x: self.x / n,
            y: self.y / n,
            xx: ((self.xx - self.x / n * self.x) / df).max(0.0),
            yy: ((self.yy - self.y / n * self.y) / df).max(0.0),
            xy: (self.xy - self.x / n * self.y) / df,
            df,
        })
    }
}

/// Means, variances and covariance.
struct Spread {
    x: f64,
    y: f64,
    xx: f64,
    yy: f64,
    xy: f64,
    df: f64,
}

/// An adjusted difference, in the unit of y.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adjusted {
    /// How much y goes with x, pooled over the arms; 0 where x never varies.
    pub theta: f64,
    /// First minus second, adjusted.
    pub difference: f64,
    /// Standard error.
    pub se: f64,
    /// Normal interval.
    pub interval: Interval,
}

/// None where an arm has fewer than two people.
pub fn difference(one: &PairSums, other: &PairSums, confidence: Confidence) -> Option<Adjusted> {
    let (s1, s0) = (one.spread()?, other.spread()?);
    let varies = s1.df * s1.xx + s0.df * s0.xx;
    let theta = if varies > 0.0 { (s1.df * s1.xy + s0.df * s0.xy) / varies } else { 0.0 };
    let left = |s: &Spread| (s.yy - 2.0 * theta * s.xy + theta * theta * s.xx).max(0.0);
    let se = (left(&s1) / one.n as f64 + left(&s0) / other.n as f64).sqrt();
    let difference = s1.y - s0.y - theta * (s1.x - s0.x);
    Some(Adjusted { theta, difference, se, interval: Interval::around(difference, confidence.z() * se) })
}
