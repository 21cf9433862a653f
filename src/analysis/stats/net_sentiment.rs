//! Net sentiment, the reception index: the positive share minus the negative one, with its multinomial standard error.

use super::share::{Confidence, Interval};

/// An index from −1 (all negative) to 1 (all positive).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NetSentiment {
    /// (positive − negative) / all.
    pub net: f64,
    /// Standard error.
    pub se: f64,
    /// Normal interval; it can reach beyond −1 and 1 with few items.
    pub interval: Interval,
}

/// Of `all` items, the uncertain and neutral ones included. None without any, or where the parts exceed the whole.
pub fn of(positive: u64, negative: u64, all: u64, confidence: Confidence) -> Option<NetSentiment> {
    if all == 0 || positive.checked_add(negative)? > all {
        return None;
    }
    let n = all as f64;
    let (p, q) = (positive as f64 / n, negative as f64 / n);
    let net = p - q;
    let se = ((p + q - net * net).max(0.0) / n).sqrt();
    Some(NetSentiment { net, se, interval: Interval::around(net, confidence.z() * se) })
}
