//! A share in which the past fades: the trend line of a chart. Three numbers, which merge.

/// An exponentially decayed share. The unit of time is the caller's, the same everywhere; hearback's is the hour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decayed {
    /// Time of the newest item; minus infinity of none.
    pub at: f64,
    /// Decayed sum at that time.
    pub num: f64,
    /// Decayed count at that time.
    pub den: f64,
}

impl Default for Decayed {
    fn default() -> Self {
        Self { at: f64::NEG_INFINITY, num: 0.0, den: 0.0 }
    }
}

impl Decayed {
    /// With an item of value `x` (1 for a negative one, else 0) at `time`, which may be older than the newest.
    #[must_use]
    pub fn with(self, time: f64, x: f64, half_life: f64) -> Self {
        self.merge(Self { at: time, num: x, den: 1.0 }, half_life)
    }

    /// Both together, for a half-life > 0. Associative and commutative up to rounding, with the default as nothing.
    #[must_use]
    pub fn merge(self, other: Self, half_life: f64) -> Self {
        let (new, old) = if self.at >= other.at { (self, other) } else { (other, self) };
        if old.at == f64::NEG_INFINITY {
            return new;
        }
        let fade = (-(new.at - old.at) / half_life).exp2();
        Self { at: new.at, num: new.num + old.num * fade, den: new.den + old.den * fade }
    }

    /// The share, of items that are counted less the older they are; None of none. Shown from a `den` of 8 on.
    pub fn share(&self) -> Option<f64> {
        (self.den > 0.0).then(|| self.num / self.den)
    }
}
