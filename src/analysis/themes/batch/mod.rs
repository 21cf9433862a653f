//! All themes of many statements at once: copies count once, a graph joins each statement to its nearest neighbours,
//! communities in it are found, and communities that say the same are joined. How many themes there are is found.

mod communities;
mod linkage;
mod neighbours;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use self::communities::Graph;
use self::neighbours::Neighbour;
use super::direction::Direction;
use super::placing::middle;
use super::space::Cuts;

/// Statements that a theme needs to be told.
const SHARED_MIN: usize = 2;

/// What a copy is known by, and what a statement is about.
pub type Said<'a> = (u64, &'a Direction);

/// The theme of each statement, numbered in the order in which they begin; `None` where nobody else says the same, and where
/// nothing is said. The answer does not depend on the number of threads.
pub fn themes(cuts: &Cuts, all: &[Option<Said<'_>>], threads: NonZeroUsize) -> Vec<Option<usize>> {
    let (nodes, node_of) = originals(all);
    let nodes = from_the_middle(cuts, &nodes);
    let near = neighbours::nearest(&nodes, threads);
    let at = groups(cuts, &nodes, &near);
    told(&node_of, |node| at[node])
}

/// Directions as seen from the middle of all of them.
fn from_the_middle(cuts: &Cuts, nodes: &[&Direction]) -> Vec<Direction> {
    let Some(first) = nodes.first() else { return Vec::new() };
    let mut sum = vec![0_i64; first.values().len()];
    for node in nodes {
        node.add_to(&mut sum);
    }
    let middle = middle(cuts, &sum, nodes.len() as f64);
    nodes.iter().map(|n| n.less(&middle).unwrap_or_else(|| (*n).clone())).collect()
}

/// Which group each node is in.
fn groups(cuts: &Cuts, nodes: &[Direction], near: &[Vec<Neighbour>]) -> Vec<usize> {
    let alike = near_copies(near, cuts.copy_from);
    let alike = &alike;
    let edges = near.iter().enumerate().flat_map(|(i, row)| {
        row.iter().filter(|n| n.similarity >= cuts.near_from).filter_map(move |n| {
            let (from, to) = (u32::try_from(alike[i]).ok()?, u32::try_from(alike[n.at as usize]).ok()?);
            Some((from, to, f64::from(n.similarity * n.similarity)))
        })
    });
    let graph = Graph::of(nodes.len(), edges);
    let found = communities::find(&graph, cuts.resolution);
    // A copy is where its original is.
    let found = numbered(alike.iter().map(|original| found[*original]));
    let joined = linkage::join(nodes, &found, cuts.one_from);
    found.into_iter().map(|c| joined[c]).collect()
}

/// Numbers from 0 in the order in which they first appear.
fn numbered(all: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut numbers = BTreeMap::new();
    let number = |one| {
        let next = numbers.len();
        *numbers.entry(one).or_insert(next)
    };
    all.map(number).collect()
}

/// The first of each set of copies, and for each statement where its first stands among them.
fn originals<'a>(all: &[Option<Said<'a>>]) -> (Vec<&'a Direction>, Vec<Option<usize>>) {
    let mut known: BTreeMap<u64, usize> = BTreeMap::new();
    let mut nodes = Vec::new();
    let node_of = all.iter().map(|one| {
        let (print, direction) = (*one)?;
        Some(*known.entry(print).or_insert_with(|| {
            nodes.push(direction);
            nodes.len() - 1
        }))
    });
    let node_of = node_of.collect();
    (nodes, node_of)
}

/// For each node the first that it is a near copy of, itself where there is none.
fn near_copies(near: &[Vec<Neighbour>], copy_from: f32) -> Vec<usize> {
    let mut roots: Vec<usize> = (0..near.len()).collect();
    for (i, row) in near.iter().enumerate() {
        for copy in row.iter().take_while(|n| n.similarity >= copy_from) {
            let (a, b) = (root(&mut roots, i), root(&mut roots, copy.at as usize));
            let (low, high) = (a.min(b), a.max(b));
            roots[high] = low;
        }
    }
    (0..near.len()).map(|i| root(&mut roots, i)).collect()
}

fn root(roots: &mut [usize], of: usize) -> usize {
    let mut at = of;
    while roots[at] != at {
        roots[at] = roots[roots[at]];
        at = roots[at];
    }
    at
}

/// Themes that more than one statement shares, numbered in order.
fn told(node_of: &[Option<usize>], theme_of: impl Fn(usize) -> usize) -> Vec<Option<usize>> {
    let mut sizes: BTreeMap<usize, usize> = BTreeMap::new();
    for node in node_of.iter().flatten() {
        *sizes.entry(theme_of(*node)).or_default() += 1;
    }
    let mut numbers: BTreeMap<usize, usize> = BTreeMap::new();
    node_of
        .iter()
        .map(|node| {
            let theme = theme_of((*node)?);
            if sizes[&theme] < SHARED_MIN {
                return None;
            }
            let next = numbers.len();
            Some(*numbers.entry(theme).or_insert(next))
        })
        .collect()
}
