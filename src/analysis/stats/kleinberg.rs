//! Bursts by a two-state automaton (Kleinberg 2002, the batched form), the cheapest path by Viterbi. For shading charts:
//! it has no bound on false alarms and alerts nobody.

use super::share::Share;

/// The state of each batch: true in a burst. `share` of a batch is how many of its items are relevant. `scale` > 1 is how
/// many times the usual share a burst has; `gamma` ≥ 0 is what it costs to enter one.
pub fn bursts(batches: &[Share], scale: f64, gamma: f64) -> Vec<bool> {
    let relevant: f64 = batches.iter().map(|s| s.part() as f64).sum();
    let all: f64 = batches.iter().map(|s| s.whole() as f64).sum();
    if relevant == 0.0 {
        return vec![false; batches.len()];
    }
    let usual = (relevant / all).min(0.9998);
    let burst = (usual * scale).min(0.9999);
    let enter = gamma * (batches.len() as f64).ln();
    let cost = |p: f64, s: &Share| {
        let part = s.part() as f64;
        -(part * p.ln() + (s.whole() as f64 - part) * (-p).ln_1p())
    };
    let (mut quiet, mut loud) = (0.0, f64::INFINITY);
    // Whether each state of a batch is reached best from a burst before it.
    let mut from = Vec::with_capacity(batches.len());
    for batch in batches {
        from.push((loud < quiet, loud <= quiet + enter));
        let next = quiet.min(loud) + cost(usual, batch);
        loud = loud.min(quiet + enter) + cost(burst, batch);
        quiet = next;
    }
    let mut states = vec![false; batches.len()];
    let mut state = loud < quiet;
    for (t, (to_quiet, to_loud)) in from.into_iter().enumerate().rev() {
        states[t] = state;
        state = if state { to_loud } else { to_quiet };
    }
    states
}
