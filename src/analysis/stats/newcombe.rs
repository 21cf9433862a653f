//! The difference of two independent shares, with Newcombe's hybrid score interval (Newcombe 1998, method 10).

use super::share::{Confidence, Interval, Share};
use super::wilson;

/// A difference and its interval, in shares from −1 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// The first share minus the second.
    pub value: f64,
    /// Its interval.
    pub interval: Interval,
}

/// `share − of`; None where one of them has an empty whole.
pub fn difference(share: Share, of: Share, confidence: Confidence) -> Option<Difference> {
    let (p1, p0) = (share.value()?, of.value()?);
    let (i1, i0) = (wilson::of(share, confidence), wilson::of(of, confidence));
    let value = p1 - p0;
    let interval =
        Interval { low: value - (p1 - i1.low).hypot(i0.high - p0), high: value + (i1.high - p1).hypot(p0 - i0.low) };
    Some(Difference { value, interval })
}
