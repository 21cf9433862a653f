//! What the methods take: a share of a whole, and how sure an interval is to be.

use super::special;

/// So many of so many; never more than all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    part: u64,
    whole: u64,
}

impl Share {
    /// None where the part is larger than its whole. A whole of 0 is a share of which nothing is known.
    pub fn new(part: u64, whole: u64) -> Option<Self> {
        (part <= whole).then_some(Self { part, whole })
    }

    /// How many have it.
    pub fn part(self) -> u64 {
        self.part
    }

    /// Of how many.
    pub fn whole(self) -> u64 {
        self.whole
    }

    /// From 0 to 1; None for an empty whole.
    pub fn value(self) -> Option<f64> {
        (self.whole > 0).then(|| self.part as f64 / self.whole as f64)
    }

    /// The share of those that do not have it.
    #[must_use]
    pub fn other(self) -> Self {
        Self { part: self.whole - self.part, whole: self.whole }
    }
}

/// How often an interval covers the truth, between 0 and 1, both outside: 0.95 for most.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Confidence(f64);

impl Confidence {
    /// 90 %.
    pub const P90: Self = Self(0.90);
    /// 95 %.
    pub const P95: Self = Self(0.95);

    /// None outside of 0 to 1.
    pub fn new(confidence: f64) -> Option<Self> {
        (confidence > 0.0 && confidence < 1.0).then_some(Self(confidence))
    }

    /// As given.
    pub fn value(self) -> f64 {
        self.0
    }

    /// What is left, the α of the textbooks.
    pub fn alpha(self) -> f64 {
        1.0 - self.0
    }

    /// The two-sided normal quantile: 1.96 for 0.95.
    pub fn z(self) -> f64 {
        special::two_sided_z(self.0)
    }
}

/// The ends of an interval, the lower first; both belong to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Interval {
    /// `estimate ± half`.
    pub fn around(estimate: f64, half: f64) -> Self {
        Self { low: estimate - half, high: estimate + half }
    }

    /// `estimate · e^(± half)`: for ratios, which are symmetric on the log scale. An upper end beyond all numbers is the
    /// largest number.
    pub fn around_log(estimate: f64, half: f64) -> Self {
        Self { low: estimate * (-half).exp(), high: (estimate * half.exp()).min(f64::MAX) }
    }

    /// Whether it lies wholly on one side of a value.
    pub fn excludes(self, value: f64) -> bool {
        value < self.low || value > self.high
    }
}
