//! The nearest neighbours of each statement. Up to a few thousand statements all pairs are looked at; beyond it statements
//! are dealt into cells around centres (an inverted file, Sivic and Zisserman 2003), and those of the nearest cells are
//! looked at. Every row is worked out by itself, so that the answer does not depend on the number of threads.

use std::num::NonZeroUsize;

use crate::analysis::themes::direction::{Direction, UNIT};
use crate::analysis::themes::threads::in_parallel;

/// Neighbours that are kept of each statement.
pub(super) const KEPT: usize = 10;
/// Statements up to which all pairs are looked at.
const ALL_PAIRS_MAX: usize = 6_000;
/// Statements in a cell, on average.
const IN_A_CELL: usize = 128;
/// Cells that are looked into for each statement.
const LOOKED_INTO: usize = 8;
/// Statements that are enough to look at, where cells are crowded.
const LOOKED_AT: usize = 1_500;
/// Rounds of moving the centres to the middle of their cells.
const ROUNDS: usize = 4;
/// Statements for each centre from which its place is worked out.
const SAMPLE: usize = 12;

/// A neighbour and its cosine, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Neighbour {
    /// Which.
    pub at: u32,
    /// How near.
    pub similarity: f32,
}

/// The [`KEPT`] nearest of each, the nearest first; of equally near ones the earlier.
pub(super) fn nearest(all: &[Direction], threads: NonZeroUsize) -> Vec<Vec<Neighbour>> {
    if all.len() <= ALL_PAIRS_MAX {
        let everybody: Vec<u32> = (0..all.len()).filter_map(|i| u32::try_from(i).ok()).collect();
        return in_parallel(all.len(), threads, |i| among(all, i, [everybody.as_slice()].into_iter()));
    }
    let centres = centres(all, threads);
    let looked_into = in_parallel(all.len(), threads, |i| nearest_cells(&centres, &all[i]));
    let mut members = vec![Vec::new(); centres.len()];
    for (i, cells) in looked_into.iter().enumerate() {
        members[cells[0] as usize].extend(u32::try_from(i).ok());
    }
    in_parallel(all.len(), threads, |i| {
        let mut seen = 0;
        let cells = looked_into[i].iter().map(|c| members[*c as usize].as_slice());
        among(
            all,
            i,
            cells.take_while(|cell| {
                let enough = seen >= LOOKED_AT;
                seen += cell.len();
                !enough
            }),
        )
    })
}

fn among<'a>(all: &[Direction], of: usize, groups: impl Iterator<Item = &'a [u32]>) -> Vec<Neighbour> {
    let mut best: Vec<(i32, u32)> = Vec::with_capacity(KEPT + 1);
    let mut least = 0;
    for at in groups.flatten().copied() {
        let dot = all[of].dot(&all[at as usize]);
        if dot < least || dot <= 0 || at as usize == of {
            continue;
        }
        let place = best.partition_point(|(d, a)| (*d, std::cmp::Reverse(*a)) > (dot, std::cmp::Reverse(at)));
        best.insert(place, (dot, at));
        best.truncate(KEPT);
        if best.len() == KEPT {
            least = best[KEPT - 1].0;
        }
    }
    let unit = f32::from(UNIT) * f32::from(UNIT);
    best.into_iter().map(|(dot, at)| Neighbour { at, similarity: (dot as f32 / unit).min(1.0) }).collect()
}

/// The middles of cells, moved to where statements are dense.
fn centres(all: &[Direction], threads: NonZeroUsize) -> Vec<Direction> {
    let count = all.len() / IN_A_CELL;
    let sample: Vec<&Direction> = spread(all.len(), count * SAMPLE).map(|i| &all[i]).collect();
    let mut centres: Vec<Direction> = spread(sample.len(), count).map(|i| sample[i].clone()).collect();
    for _ in 0..ROUNDS {
        let dealt = in_parallel(sample.len(), threads, |i| nearest_centre(&centres, sample[i]));
        let mut sums = vec![vec![0_i64; sample[0].values().len()]; count];
        for (at, one) in dealt.into_iter().zip(&sample) {
            one.add_to(&mut sums[at]);
        }
        for (centre, sum) in centres.iter_mut().zip(&sums) {
            if let Some(moved) = Direction::of_sum(sum) {
                *centre = moved;
            }
        }
    }
    centres
}

/// The cells whose centres are nearest, the nearest first.
fn nearest_cells(centres: &[Direction], one: &Direction) -> Vec<u32> {
    let mut far: Vec<(i32, u32)> = centres.iter().zip(0..).map(|(c, i)| (-one.dot(c), i)).collect();
    let kept = LOOKED_INTO.min(far.len());
    if kept < far.len() {
        far.select_nth_unstable(kept);
    }
    far.truncate(kept);
    far.sort_unstable();
    // From a slice, so that what was only looked at is not kept.
    far.iter().map(|(_, i)| *i).collect()
}

fn nearest_centre(centres: &[Direction], one: &Direction) -> usize {
    let mut best = (i32::MIN, 0);
    for (i, centre) in centres.iter().enumerate() {
        let dot = one.dot(centre);
        if dot > best.0 {
            best = (dot, i);
        }
    }
    best.1
}

/// At most `count` of `all` places, evenly spread, each once.
fn spread(all: usize, count: usize) -> impl Iterator<Item = usize> {
    let count = count.min(all);
    (0..count).map(move |i| i * all / count)
}
