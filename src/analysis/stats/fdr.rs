//! Many questions at once: how many of the answers may be wrong.
//!
//! [`bh`] (Benjamini and Hochberg 1995) is for tables that are looked at once. [`ebh`] (Wang and Ramdas 2022) takes
//! e-values, which may be looked at whenever one likes and depend on each other as they like: it is for notifications.

/// The q-value of each p, in the same order: the smallest false discovery rate at which it counts. p from 0 to 1, NaN
/// counts as 1.
pub fn bh(p: &[f64]) -> Vec<f64> {
    let p: Vec<f64> = p.iter().map(|p| if p.is_nan() { 1.0 } else { *p }).collect();
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|i, j| p[*i].total_cmp(&p[*j]));
    let mut q = vec![0.0; p.len()];
    let mut least = 1.0_f64;
    for (rank, i) in order.into_iter().enumerate().rev() {
        least = least.min(p[i] * q.len() as f64 / (rank + 1) as f64);
        q[i] = least;
    }
    q
}

/// Which e-values count at a false discovery rate of `alpha`, ascending. NaN counts as 0.
pub fn ebh(e: &[f64], alpha: f64) -> Vec<usize> {
    let ln_e: Vec<f64> = e.iter().map(|e| e.ln()).collect();
    ebh_ln(&ln_e, alpha)
}

/// The same from logarithms, which do not overflow.
pub fn ebh_ln(ln_e: &[f64], alpha: f64) -> Vec<usize> {
    let m = ln_e.len() as f64;
    let mut order: Vec<usize> = (0..ln_e.len()).filter(|i| !ln_e[*i].is_nan()).collect();
    order.sort_by(|i, j| ln_e[*j].total_cmp(&ln_e[*i]));
    // Rounding of the logarithms must not lose an e-value that is exactly at its threshold.
    let enough = |rank: usize| ln_e[order[rank]] >= (m / (alpha * (rank + 1) as f64)).ln() - 1e-12;
    let count = (0..order.len()).rev().find(|rank| enough(*rank)).map_or(0, |rank| rank + 1);
    order.truncate(count);
    order.sort_unstable();
    order
}
