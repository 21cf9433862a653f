//! The directions in which a set of vectors differs most.
#![expect(clippy::cast_possible_truncation, reason = "sums have 64 bits, vectors 32")]
#![expect(clippy::many_single_char_names, reason = "as the book has them")]

/// Sweeps over all pairs of dimensions; six to ten are enough for hundreds.
const SWEEPS_MAX: usize = 30;

/// The mean of a set of vectors and the directions in which it spreads, widest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Axes {
    mean: Vec<f32>,
    directions: Vec<Vec<f32>>,
    spreads: Vec<f32>,
}

impl Axes {
    /// The `wanted` widest directions of `vectors`.
    pub fn of(vectors: &[Vec<f32>], wanted: usize) -> Self {
        let mean = mean_of(vectors);
        let (spreads, directions) = symmetric(covariance(vectors, &mean));
        let mut order: Vec<usize> = (0..spreads.len()).collect();
        order.sort_by(|a, b| spreads[*b].total_cmp(&spreads[*a]).then(a.cmp(b)));
        order.truncate(wanted);
        let axis = |i: &usize| directions.iter().map(|row| row[*i] as f32).collect();
        Self {
            mean: mean.iter().map(|m| *m as f32).collect(),
            directions: order.iter().map(axis).collect(),
            spreads: order.iter().map(|i| spreads[*i].max(0.0) as f32).collect(),
        }
    }

    /// The variance along each axis.
    pub fn spreads(&self) -> &[f32] {
        &self.spreads
    }

    /// A vector along the axes, seen from the mean.
    pub fn project(&self, vector: &[f32]) -> Vec<f32> {
        let along = |axis: &Vec<f32>| axis.iter().zip(vector).zip(&self.mean).map(|((a, x), m)| a * (x - m)).sum();
        self.directions.iter().map(along).collect()
    }

    /// The same axes, for vectors with a mean of their own.
    #[must_use]
    pub fn for_others(&self, vectors: &[Vec<f32>]) -> Self {
        Self { mean: mean_of(vectors).iter().map(|m| *m as f32).collect(), ..self.clone() }
    }
}

fn mean_of(vectors: &[Vec<f32>]) -> Vec<f64> {
    let mut mean = vec![0.0; vectors.first().map_or(0, Vec::len)];
    for vector in vectors {
        for (mean, x) in mean.iter_mut().zip(vector) {
            *mean += f64::from(*x) / vectors.len() as f64;
        }
    }
    mean
}

fn covariance(vectors: &[Vec<f32>], mean: &[f64]) -> Vec<Vec<f64>> {
    let mut sums = vec![vec![0.0; mean.len()]; mean.len()];
    let mut off = vec![0.0; mean.len()];
    for vector in vectors {
        for ((off, x), mean) in off.iter_mut().zip(vector).zip(mean) {
            *off = f64::from(*x) - mean;
        }
        for (i, row) in sums.iter_mut().enumerate() {
            let factor = off[i] / vectors.len() as f64;
            for (sum, x) in row[i..].iter_mut().zip(&off[i..]) {
                *sum += factor * x;
            }
        }
    }
    for i in 0..mean.len() {
        let (above, below) = sums.split_at_mut(i);
        for (x, row) in below[0].iter_mut().zip(above) {
            *x = row[i];
        }
    }
    sums
}

/// The eigenvalues of a symmetric matrix and its eigenvectors as columns, by Jacobi's cyclic rotations (Golub and Van
/// Loan, Matrix Computations, 8.5).
fn symmetric(mut a: Vec<Vec<f64>>) -> (Vec<f64>, Vec<Vec<f64>>) {
    let n = a.len();
    // Rows are eigenvectors until the end: rotations then run along memory.
    let mut vectors: Vec<Vec<f64>> = (0..n).map(|i| (0..n).map(|j| if i == j { 1.0 } else { 0.0 }).collect()).collect();
    let scale: f64 = a.iter().flatten().map(|x| x * x).sum();
    for _ in 0..SWEEPS_MAX {
        let off: f64 = (0..n).map(|i| a[i][i + 1..].iter().map(|x| x * x).sum::<f64>()).sum();
        if off <= scale * 1e-22 {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                if a[p][q].abs() > f64::MIN_POSITIVE {
                    rotate(&mut a, &mut vectors, p, q);
                }
            }
        }
    }
    let values = (0..n).map(|i| a[i][i]).collect();
    let columns = (0..n).map(|i| (0..n).map(|j| vectors[j][i]).collect()).collect();
    (values, columns)
}

/// One rotation, after which `a[p][q]` is 0.
fn rotate(a: &mut [Vec<f64>], vectors: &mut [Vec<f64>], p: usize, q: usize) {
    let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
    let t = theta.signum() / (theta.abs() + theta.hypot(1.0));
    let c = 1.0 / t.hypot(1.0);
    let s = t * c;
    for row in a.iter_mut() {
        (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
    }
    turn(a, p, q, c, s);
    turn(vectors, p, q, c, s);
}

/// Turns two rows into each other.
fn turn(rows: &mut [Vec<f64>], p: usize, q: usize, c: f64, s: f64) {
    let (head, tail) = rows.split_at_mut(q);
    for (x, y) in head[p].iter_mut().zip(&mut tail[0]) {
        (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_direction_comes_first() {
        // Spread along (3, 4), a little across it, around (1, 2, 7).
        let vectors: Vec<Vec<f32>> = (-50..=50)
            .map(|i| {
                let (along, across) = (i as f32 / 10.0, if i % 2 == 0 { 0.1 } else { -0.1 });
                vec![1.0 + 0.6 * along - 0.8 * across, 2.0 + 0.8 * along + 0.6 * across, 7.0]
            })
            .collect();
        let axes = Axes::of(&vectors, 2);
        let seen = axes.project(&[1.6, 2.8, 9.0]);
        assert!((seen[0].abs() - 1.0).abs() < 0.01 && seen[1].abs() < 0.02, "{seen:?}");
        for (i, spread) in axes.spreads().iter().enumerate() {
            let found: f32 = vectors.iter().map(|v| axes.project(v)[i].powi(2)).sum::<f32>() / vectors.len() as f32;
            assert!((found / spread - 1.0).abs() < 0.01, "axis {i}: {found}, not {spread}");
        }
    }

    #[test]
    fn axes_stand_upright_on_each_other() {
        let vectors: Vec<Vec<f32>> = (0..200_u32)
            .map(|i| (0..12).map(|j| ((i * 37 + j * j * 101 + i * j) % 97) as f32 / 97.0).collect())
            .collect();
        let axes = Axes::of(&vectors, 12);
        for (i, a) in axes.directions.iter().enumerate() {
            for (j, b) in axes.directions.iter().enumerate() {
                let dot: f32 = a.iter().zip(b).map(|(a, b)| a * b).sum();
                assert!((dot - if i == j { 1.0 } else { 0.0 }).abs() < 1e-4, "{i} {j}: {dot}");
            }
        }
    }

    #[test]
    fn too_few_vectors_have_no_axes_worth_naming() {
        assert_eq!(Axes::of(&[], 3).project(&[]), Vec::<f32>::new());
        assert_eq!(Axes::of(&[vec![1.0, 2.0]], 1).project(&[1.0, 2.0]), [0.0]);
    }
}
