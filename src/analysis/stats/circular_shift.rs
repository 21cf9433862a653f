//! Whether bad hours bring bad feedback: an exact test that keeps the hours' own order.
//!
//! The statistic is the negative feedback in bad hours beyond what their hours of day bring anyway; its p is the share of
//! all rotations of the bad hours that bring as much. Rotations keep both series' autocorrelation.

/// Hours of a day.
const DAY: usize = 24;

/// What bad hours brought.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shifted {
    /// Negative items in bad hours beyond expectation.
    pub excess: f64,
    /// One-sided: share of rotations with as much, at least 1 / hours.
    pub p: f64,
    /// Log odds ratio of negative in bad hours against the others, ½ added to each cell (Haldane); for showing.
    pub log_odds_ratio: f64,
}

/// `bad`, `negative` and `all` are hour by hour; `first_hour` is the hour of day of the first. None where lengths differ,
/// there is no hour, or an hour has more negative items than items.
pub fn test(bad: &[bool], negative: &[u64], all: &[u64], first_hour: usize) -> Option<Shifted> {
    let n = bad.len();
    if n == 0 || n != negative.len() || n != all.len() || negative.iter().zip(all).any(|(k, n)| k > n) {
        return None;
    }
    let hour = |t: usize| (first_hour % DAY + t % DAY) % DAY;
    let (mut negative_at, mut all_at) = ([0.0; DAY], [0.0; DAY]);
    for t in 0..n {
        negative_at[hour(t)] += negative[t] as f64;
        all_at[hour(t)] += all[t] as f64;
    }
    let beyond: Vec<f64> = (0..n)
        .map(|t| {
            let usual = if all_at[hour(t)] > 0.0 { negative_at[hour(t)] / all_at[hour(t)] } else { 0.0 };
            negative[t] as f64 - all[t] as f64 * usual
        })
        .collect();
    let bad_hours: Vec<usize> = (0..n).filter(|t| bad[*t]).collect();
    let rotated = |by: usize| -> f64 { bad_hours.iter().map(|t| beyond[(t + by) % n]).sum() };
    let excess = rotated(0);
    let slack = 1e-9 * excess.abs().max(1.0);
    let as_much = (0..n).filter(|by| rotated(*by) >= excess - slack).count();
    let sum = |v: &[u64]| v.iter().map(|x| *x as f64).sum::<f64>();
    let in_bad = |v: &[u64]| bad_hours.iter().map(|t| v[*t] as f64).sum::<f64>();
    let a = in_bad(negative);
    let b = in_bad(all) - a;
    let c = sum(negative) - a;
    let d = sum(all) - sum(negative) - b;
    Some(Shifted {
        excess,
        p: as_much as f64 / n as f64,
        log_odds_ratio: ((a + 0.5) / (b + 0.5)).ln() - ((c + 0.5) / (d + 0.5)).ln(),
    })
}
