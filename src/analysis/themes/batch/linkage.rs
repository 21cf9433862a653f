//! Joins groups of statements that are near as wholes: average linkage, down to the cut, by chains of nearest neighbours
//! (Benzécri 1982): each group is followed to its nearest until two are nearest to each other. The average cosine of all
//! pairs of two groups is the product of their sums.

use crate::analysis::themes::direction::{Direction, UNIT};

/// Groups that are compared with each other, the largest first: a table of all pairs of these has 64 MB.
const COMPARED_MAX: usize = 4_000;

/// For each group the one that it belongs to in the end, numbered from 0. `groups` gives the group of each statement.
pub(super) fn join(all: &[Direction], groups: &[usize], cut: f32) -> Vec<usize> {
    let count = groups.iter().max().map_or(0, |m| m + 1);
    let mut sizes = vec![0_usize; count];
    for group in groups {
        sizes[*group] += 1;
    }
    let mut compared: Vec<usize> = (0..count).collect();
    compared.sort_by_key(|g| (std::cmp::Reverse(sizes[*g]), *g));
    compared.truncate(COMPARED_MAX);
    compared.sort_unstable();
    let mut place = vec![None; count];
    for (i, group) in compared.iter().enumerate() {
        place[*group] = Some(i);
    }
    let joined = Table::of(all, groups, &place, &compared.iter().map(|g| sizes[*g]).collect::<Vec<_>>()).join(cut);
    super::numbered((0..count).map(|g| place[g].map_or(g, |i| compared[joined[i]])))
}

/// The mean cosines of all pairs of groups.
struct Table {
    sizes: Vec<f32>,
    cells: Vec<f32>,
    /// The group that each was joined to, itself where it lives.
    into: Vec<usize>,
}

impl Table {
    fn of(all: &[Direction], groups: &[usize], place: &[Option<usize>], sizes: &[usize]) -> Self {
        let width = all.first().map_or(0, |d| d.values().len());
        let mut means = vec![vec![0.0_f32; width]; sizes.len()];
        for (one, group) in all.iter().zip(groups) {
            let Some(at) = place[*group] else { continue };
            let share = 1.0 / f32::from(UNIT) / sizes[at] as f32;
            means[at].iter_mut().zip(one.values()).for_each(|(m, v)| *m += f32::from(*v) * share);
        }
        let count = sizes.len();
        let mut cells = vec![0.0; count * count];
        for a in 0..count {
            for b in 0..a {
                let near = dot(&means[a], &means[b]);
                cells[a * count + b] = near;
                cells[b * count + a] = near;
            }
        }
        Self { sizes: sizes.iter().map(|n| *n as f32).collect(), cells, into: (0..count).collect() }
    }

    fn near(&self, a: usize, b: usize) -> f32 {
        self.cells[a * self.into.len() + b]
    }

    fn join(mut self, cut: f32) -> Vec<usize> {
        let count = self.into.len();
        // Groups that may still be joined.
        let mut open: Vec<usize> = (0..count).collect();
        let mut chain: Vec<usize> = Vec::new();
        while let Some(first) = open.first() {
            let at = *chain.last().unwrap_or(first);
            if chain.is_empty() {
                chain.push(at);
            }
            let before = chain.len().checked_sub(2).map(|i| chain[i]);
            let Some((near, next)) = self.nearest(at, before, &open).filter(|(near, _)| *near >= cut) else {
                // Nothing is near enough, and joining others brings nothing nearer.
                open.retain(|g| *g != at);
                chain.pop();
                continue;
            };
            debug_assert!(near >= cut);
            if before != Some(next) {
                chain.push(next);
                continue;
            }
            chain.truncate(chain.len() - 2);
            let (keeps, goes) = (at.min(next), at.max(next));
            self.merge(keeps, goes, &open);
            open.retain(|g| *g != goes);
        }
        self.into
    }

    /// The nearest of the open ones; of equally near ones the one before in the chain, else the first.
    fn nearest(&self, of: usize, before: Option<usize>, open: &[usize]) -> Option<(f32, usize)> {
        let mut best = before.map(|b| (self.near(of, b), b));
        for other in open.iter().copied().filter(|o| *o != of) {
            let near = self.near(of, other);
            if best.is_none_or(|(n, _)| near > n) {
                best = Some((near, other));
            }
        }
        best
    }

    fn merge(&mut self, keeps: usize, goes: usize, open: &[usize]) {
        let count = self.into.len();
        let both = self.sizes[keeps] + self.sizes[goes];
        for other in open.iter().copied().filter(|o| *o != keeps && *o != goes) {
            let near = (self.sizes[keeps] * self.near(keeps, other) + self.sizes[goes] * self.near(goes, other)) / both;
            self.cells[keeps * count + other] = near;
            self.cells[other * count + keeps] = near;
        }
        self.sizes[keeps] = both;
        // All that were joined before follow.
        self.into.iter_mut().filter(|g| **g == goes).for_each(|g| *g = keeps);
    }
}

/// In eight sums, so that it is fast and the same everywhere.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 8];
    let (a, b) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f32 = a.remainder().iter().zip(b.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in a.zip(b) {
        for i in 0..8 {
            sums[i] += x[i] * y[i];
        }
    }
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(degrees: f64) -> Direction {
        let turned = degrees.to_radians();
        let mut sum = [0_i64; 8];
        for (place, share) in sum.iter_mut().zip([turned.cos(), turned.sin()]) {
            *place = format!("{:.0}", share * 4_096.0).parse().expect("a whole number");
        }
        Direction::of_sum(&sum).expect("a direction")
    }

    #[test]
    fn what_is_near_as_a_whole_is_joined_down_to_the_cut() {
        let all = [0.0, 2.0, 10.0, 12.0, 60.0, 62.0, 180.0].map(at);
        let groups = [0, 0, 1, 1, 2, 2, 3];
        assert_eq!(join(&all, &groups, 0.95), [0, 0, 1, 2]);
        assert_eq!(join(&all, &groups, 0.999), [0, 1, 2, 3]);
        assert_eq!(join(&all, &groups, 0.3), [0, 0, 0, 1]);
        assert_eq!(join(&all, &groups, -1.0), [0, 0, 0, 0]);
        assert_eq!(join(&[], &[], 0.5), [] as [usize; 0]);
    }
}
