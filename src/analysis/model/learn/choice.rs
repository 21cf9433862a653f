//! Fitting a choice among a few alternatives, each told by numbers (conditional logit; `McFadden` 1974): the one that counts
//! most is the likeliest. Newton's method on a convex loss; the same numbers on every machine.

/// Steps of Newton's method; a handful is enough.
const STEPS: usize = 25;

/// One choice that was made.
pub(super) struct Choice<const K: usize, const D: usize> {
    /// The numbers of each alternative.
    pub numbers: [[f64; D]; K],
    /// The one that was chosen.
    pub chosen: usize,
    /// What it counts among others.
    pub weight: f64,
}

/// What each number counts. `pull` draws it towards where it began, against a total weight of 1.
pub(super) fn fit<const K: usize, const D: usize>(choices: &[Choice<K, D>], began: [f64; D], pull: f64) -> [f64; D] {
    let total: f64 = choices.iter().map(|c| c.weight).sum();
    let mut counts = began;
    if total <= 0.0 {
        return counts;
    }
    for _ in 0..STEPS {
        let mut slope: [f64; D] = std::array::from_fn(|i| pull * (counts[i] - began[i]));
        let mut bend: [[f64; D]; D] = std::array::from_fn(|i| std::array::from_fn(|j| if i == j { pull } else { 0.0 }));
        for choice in choices {
            let weight = choice.weight / total;
            let shares = shares(&choice.numbers, &counts);
            let mean: [f64; D] = std::array::from_fn(|i| (0..K).map(|k| shares[k] * choice.numbers[k][i]).sum());
            for i in 0..D {
                slope[i] += weight * (mean[i] - choice.numbers[choice.chosen][i]);
                for j in 0..D {
                    let both: f64 = (0..K).map(|k| shares[k] * choice.numbers[k][i] * choice.numbers[k][j]).sum();
                    bend[i][j] += weight * (both - mean[i] * mean[j]);
                }
            }
        }
        let step = solve(bend, slope);
        for (count, step) in counts.iter_mut().zip(step) {
            *count -= step;
        }
    }
    counts
}

fn shares<const K: usize, const D: usize>(numbers: &[[f64; D]; K], counts: &[f64; D]) -> [f64; K] {
    let logits = numbers.map(|n| n.iter().zip(counts).map(|(n, c)| n * c).sum::<f64>());
    let top = logits.iter().copied().fold(f64::MIN, f64::max);
    let parts = logits.map(|l| libm::exp(l - top));
    let sum: f64 = parts.iter().sum();
    parts.map(|p| p / sum)
}

/// Solves `a x = b` for a symmetric positive definite `a`, by elimination.
fn solve<const D: usize>(mut a: [[f64; D]; D], mut b: [f64; D]) -> [f64; D] {
    for i in 0..D {
        for below in i + 1..D {
            let times = a[below][i] / a[i][i];
            let above = a[i];
            for (cell, other) in a[below].iter_mut().zip(above).skip(i) {
                *cell -= times * other;
            }
            b[below] -= times * b[i];
        }
    }
    for i in (0..D).rev() {
        let known: f64 = (i + 1..D).map(|j| a[i][j] * b[j]).sum();
        b[i] = (b[i] - known) / a[i][i];
    }
    b
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_come_back_as_they_were_chosen() {
        // Three in four choose the second: its logit is ln 3 over the first.
        let choices: Vec<Choice<2, 1>> =
            (0..4).map(|i| Choice { numbers: [[0.0], [1.0]], chosen: usize::from(i > 0), weight: 2.0 }).collect();
        let [count] = fit(&choices, [0.0], 0.0);
        assert!((count - 3.0_f64.ln()).abs() < 1e-9, "{count}");
        let [kept] = fit::<2, 1>(&[], [1.5], 0.1);
        assert!((kept - 1.5).abs() < 1e-12, "nobody chose");
    }

    #[test]
    fn equations_are_solved() {
        let x = solve([[4.0, 1.0], [1.0, 3.0]], [1.0, 2.0]);
        assert!((x[0] - 1.0 / 11.0).abs() < 1e-12 && (x[1] - 7.0 / 11.0).abs() < 1e-12, "{x:?}");
    }
}
