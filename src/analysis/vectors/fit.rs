//! Fits the vectors of pieces so that the sum of a text's pieces points where an encoder says that the text does.
//!
//! The loss of a text is one less the cosine between both, and a pull of each piece back to where it began, so that what
//! is seldom met stays near its own meaning. Steps are Adam's (Kingma and Ba 2015, <https://arxiv.org/abs/1412.6980>),
//! taken only for pieces that a batch holds.

/// How the fit goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// Times that all texts are gone through.
    pub rounds: usize,
    /// Texts to a step.
    pub batch: usize,
    /// The first step's size; the last is a fiftieth of it.
    pub step: f32,
    /// How strongly a piece is pulled back to where it began.
    pub pull: f32,
    /// Decides the order of texts.
    pub seed: u64,
}

impl Default for Fit {
    fn default() -> Self {
        Self { rounds: 6, batch: 1_024, step: 0.005, pull: 2e-4, seed: 1 }
    }
}

/// A text: its pieces, each once, and where it points, 1 long.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// Rows of the table.
    pub pieces: Vec<u32>,
    /// The encoder's word for it.
    pub target: Vec<f32>,
}

const FIRST: f32 = 0.9;
const SECOND: f32 = 0.99;

impl Fit {
    /// Moves the rows of `table`, which is `width` wide, and tells `watch` the mean cosine after each round.
    pub fn run(&self, table: &mut [f32], width: usize, examples: &[Example], mut watch: impl FnMut(usize, f32)) {
        let rows = table.len() / width.max(1);
        let mut state = State {
            began: table.to_vec(),
            first: vec![0.0; table.len()],
            second: vec![0.0; table.len()],
            slope: vec![0.0; table.len()],
            touched: vec![false; rows],
        };
        let mut order: Vec<usize> = (0..examples.len()).collect();
        let mut seed = self.seed;
        let steps = (self.rounds * examples.len().div_ceil(self.batch.max(1))).max(1);
        let mut step = 0;
        for round in 0..self.rounds {
            shuffle(&mut order, &mut seed);
            let mut cosines = 0.0_f32;
            for batch in order.chunks(self.batch.max(1)) {
                let mut touched = Vec::new();
                for index in batch {
                    cosines += state.learn(table, width, &examples[*index], batch.len(), &mut touched);
                }
                let size = self.step * (1.02 - step as f32 / steps as f32);
                touched.sort_unstable();
                for row in touched {
                    state.step(table, row * width..(row + 1) * width, self.pull, size);
                    state.touched[row] = false;
                }
                step += 1;
            }
            watch(round + 1, cosines / examples.len().max(1) as f32);
        }
    }
}

/// What is kept between steps, a number for each of the table's.
struct State {
    began: Vec<f32>,
    first: Vec<f32>,
    second: Vec<f32>,
    slope: Vec<f32>,
    touched: Vec<bool>,
}

impl State {
    /// Adds what one text wants; gives back its cosine.
    fn learn(&mut self, table: &[f32], width: usize, text: &Example, batch: usize, touched: &mut Vec<usize>) -> f32 {
        let mut sum = vec![0.0_f32; width];
        for piece in &text.pieces {
            add(&mut sum, &table[*piece as usize * width..][..width], 1.0);
        }
        let length = dot(&sum, &sum).sqrt();
        if length < 1e-6 {
            return 0.0;
        }
        let cosine = dot(&sum, &text.target) / length;
        let share = 1.0 / (length * batch as f32);
        let slope: Vec<f32> = sum.iter().zip(&text.target).map(|(s, t)| (cosine * s / length - t) * share).collect();
        for piece in &text.pieces {
            let row = *piece as usize;
            if !self.touched[row] {
                self.touched[row] = true;
                self.slope[row * width..][..width].fill(0.0);
                touched.push(row);
            }
            add(&mut self.slope[row * width..][..width], &slope, 1.0);
        }
        cosine
    }

    fn step(&mut self, table: &mut [f32], at: std::ops::Range<usize>, pull: f32, size: f32) {
        for i in at {
            let slope = self.slope[i] + pull * (table[i] - self.began[i]);
            self.first[i] = FIRST * self.first[i] + (1.0 - FIRST) * slope;
            self.second[i] = SECOND * self.second[i] + (1.0 - SECOND) * slope * slope;
            table[i] -= size * self.first[i] / (self.second[i].sqrt() + 1e-8);
        }
    }
}

/// Adds a vector times a factor.
pub(super) fn add(sum: &mut [f32], vector: &[f32], factor: f32) {
    for (sum, x) in sum.iter_mut().zip(vector) {
        *sum += factor * x;
    }
}

/// The product of two vectors, summed in an order that is the same everywhere.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 8];
    for (a, b) in a.chunks(8).zip(b.chunks(8)) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum()
}

/// Mixes an order (Fisher and Yates) with the numbers of `SplitMix64` (Steele, Lea and Flood 2014).
fn shuffle(order: &mut [usize], seed: &mut u64) {
    for i in (1..order.len()).rev() {
        *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = *seed;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        order.swap(i, usize::try_from(z % (i as u64 + 1)).unwrap_or(i));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts of two of six pieces, whose targets are sums of vectors that are to be found.
    #[expect(clippy::cast_possible_truncation, reason = "a share of one needs no more")]
    fn examples() -> Vec<Example> {
        let truth = |piece: u32| [(f64::from(piece)).cos() as f32, (f64::from(piece)).sin() as f32];
        let mut all = Vec::new();
        for a in 0..5 {
            for b in 0..a {
                let (x, y) = (truth(a), truth(b));
                let sum = [x[0] + y[0], x[1] + y[1]];
                let length = dot(&sum, &sum).sqrt();
                all.push(Example { pieces: vec![a, b], target: sum.map(|s| s / length).to_vec() });
            }
        }
        all
    }

    fn fitted(fit: Fit) -> (Vec<f32>, Vec<f32>) {
        let mut table: Vec<f32> = (0..12_u8).map(|i| f32::from(i % 5) / 5.0 + 0.1).collect();
        let mut seen = Vec::new();
        fit.run(&mut table, 2, &examples(), |_, cosine| seen.push(cosine));
        (table, seen)
    }

    #[test]
    fn sums_come_to_point_where_they_should() {
        let (_, seen) = fitted(Fit { rounds: 200, batch: 4, step: 0.05, pull: 0.0, seed: 3 });
        assert!(seen[0] < 0.8 && seen[199] > 0.995, "{seen:?}");
    }

    #[test]
    fn what_is_never_met_stays_and_a_pull_holds_back() {
        let began: Vec<f32> = (0..12_u8).map(|i| f32::from(i % 5) / 5.0 + 0.1).collect();
        let free = fitted(Fit { rounds: 50, batch: 4, step: 0.05, pull: 0.0, seed: 3 }).0;
        let held = fitted(Fit { rounds: 50, batch: 4, step: 0.05, pull: 5.0, seed: 3 }).0;
        assert_eq!(free[10..], began[10..]);
        let moved = |table: &[f32]| table.iter().zip(&began).map(|(a, b)| (a - b).abs()).sum::<f32>();
        assert!(moved(&held) < moved(&free) / 4.0, "{} {}", moved(&held), moved(&free));
    }

    #[test]
    fn the_same_seed_gives_the_same_numbers() {
        let fit = Fit { rounds: 3, batch: 4, step: 0.05, pull: 0.01, seed: 9 };
        assert_eq!(fitted(fit), fitted(fit));
        assert_ne!(fitted(fit).0, fitted(Fit { seed: 10, ..fit }).0);
    }
}
