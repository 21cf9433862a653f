//! Communities in a weighted graph by the Louvain method (Blondel et al. 2008): each node goes to the neighbouring
//! community that gains the most modularity, until none gains; then communities are nodes, and it begins again. Nodes are
//! visited in their order and ties go to the lower number, so that the same graph gives the same communities.

use std::collections::BTreeMap;

/// Rounds over all nodes at one level; the last ones hardly move anything.
const ROUNDS_MAX: usize = 20;
/// Levels; each at least halves the graph in practice.
const LEVELS_MAX: usize = 12;
/// Gain below which a node stays: what remains is rounding.
const GAIN_MIN: f64 = 1e-9;

/// An undirected graph; each edge stands at both its ends, a loop once with its whole weight.
#[derive(Clone, Debug, Default)]
pub(super) struct Graph {
    /// For each node its neighbours and the weights.
    pub edges: Vec<Vec<(u32, f64)>>,
    /// Weight within each node.
    pub loops: Vec<f64>,
}

impl Graph {
    /// A graph of these edges, each given once or from both ends; the weights of the same edge are summed.
    pub fn of(nodes: usize, edges: impl Iterator<Item = (u32, u32, f64)>) -> Self {
        let mut all: Vec<(u32, u32, f64)> = edges.filter(|(a, b, _)| a != b).collect();
        all.extend_from_within(..);
        let half = all.len() / 2;
        for edge in &mut all[half..] {
            (edge.0, edge.1) = (edge.1, edge.0);
        }
        // The third key makes sums come out the same in whatever order edges were given.
        all.sort_by(|x, y| (x.0, x.1).cmp(&(y.0, y.1)).then(x.2.total_cmp(&y.2)));
        let mut graph = Self { edges: vec![Vec::new(); nodes], loops: vec![0.0; nodes] };
        for (a, b, weight) in all {
            let row = &mut graph.edges[a as usize];
            match row.last_mut() {
                Some((last, sum)) if *last == b => *sum += weight,
                Some(_) | None => row.push((b, weight)),
            }
        }
        graph
    }

    fn degree(&self, node: usize) -> f64 {
        2.0 * self.loops[node] + self.edges[node].iter().map(|(_, w)| w).sum::<f64>()
    }
}

/// The community of each node, numbered from 0. The higher the resolution, the smaller the communities.
pub(super) fn find(graph: &Graph, resolution: f64) -> Vec<usize> {
    let mut whole: Vec<usize> = (0..graph.edges.len()).collect();
    let mut level = graph.clone();
    for _ in 0..LEVELS_MAX {
        let (dealt, count) = deal(&level, resolution);
        for at in &mut whole {
            *at = dealt[*at];
        }
        if count == level.edges.len() {
            break;
        }
        level = folded(&level, &dealt, count);
    }
    whole
}

/// One level: each node's community, and how many there are.
fn deal(graph: &Graph, resolution: f64) -> (Vec<usize>, usize) {
    let nodes = graph.edges.len();
    let degrees: Vec<f64> = (0..nodes).map(|n| graph.degree(n)).collect();
    let total: f64 = degrees.iter().sum::<f64>().max(f64::MIN_POSITIVE);
    let mut at: Vec<usize> = (0..nodes).collect();
    let mut sums = degrees.clone();
    // Weights from the node in hand to each community, and which of them are set.
    let mut towards = vec![0.0_f64; nodes];
    let mut seen: Vec<usize> = Vec::new();
    for _ in 0..ROUNDS_MAX {
        let mut moved = false;
        for node in 0..nodes {
            for (other, weight) in &graph.edges[node] {
                let community = at[*other as usize];
                if towards[community] == 0.0 {
                    seen.push(community);
                }
                towards[community] += weight;
            }
            let home = at[node];
            sums[home] -= degrees[node];
            let gain =
                |c: usize, towards: &[f64], sums: &[f64]| towards[c] - resolution * degrees[node] * sums[c] / total;
            let mut best = (gain(home, &towards, &sums), home);
            seen.sort_unstable();
            for community in &seen {
                let worth = gain(*community, &towards, &sums);
                if worth > best.0 + GAIN_MIN {
                    best = (worth, *community);
                }
            }
            sums[best.1] += degrees[node];
            moved |= best.1 != home;
            at[node] = best.1;
            for community in seen.drain(..) {
                towards[community] = 0.0;
            }
        }
        if !moved {
            break;
        }
    }
    renumber(&at)
}

/// Numbers in the order in which they first appear.
fn renumber(at: &[usize]) -> (Vec<usize>, usize) {
    let mut numbers = vec![usize::MAX; at.len()];
    let mut count = 0;
    let dealt = at
        .iter()
        .map(|c| {
            if numbers[*c] == usize::MAX {
                numbers[*c] = count;
                count += 1;
            }
            numbers[*c]
        })
        .collect();
    (dealt, count)
}

/// The graph whose nodes are the communities.
fn folded(graph: &Graph, dealt: &[usize], count: usize) -> Graph {
    let mut rows: Vec<BTreeMap<u32, f64>> = vec![BTreeMap::new(); count];
    let mut loops = vec![0.0; count];
    for (node, row) in graph.edges.iter().enumerate() {
        let from = dealt[node];
        loops[from] += graph.loops[node];
        for (other, weight) in row {
            let to = dealt[*other as usize];
            if to == from {
                // Seen from both ends.
                loops[from] += weight / 2.0;
            } else if let Ok(to) = u32::try_from(to) {
                *rows[from].entry(to).or_default() += weight;
            }
        }
    }
    Graph { edges: rows.into_iter().map(|r| r.into_iter().collect()).collect(), loops }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `count` rings of five that are all joined among themselves, each linked to the next by one edge.
    fn rings(count: u32) -> Graph {
        let within =
            (0..count).flat_map(|r| (0..5).flat_map(move |a| (0..a).map(move |b| (r * 5 + a, r * 5 + b, 1.0))));
        let between = (1..count).map(|r| (r * 5 - 1, r * 5, 0.5));
        Graph::of(count as usize * 5, within.chain(between))
    }

    #[test]
    fn what_is_densely_joined_is_one_community() {
        let found = find(&rings(7), 1.0);
        for (node, community) in found.iter().enumerate() {
            assert_eq!(*community, found[node / 5 * 5], "{node}");
        }
        let distinct: std::collections::BTreeSet<_> = found.iter().collect();
        assert_eq!(distinct.len(), 7);
    }

    #[test]
    fn the_order_of_edges_does_not_matter() {
        let edges = [(0, 1, 0.3), (1, 2, 0.2), (2, 0, 0.9), (3, 4, 0.1), (4, 3, 0.7), (2, 3, 0.05)];
        let there = Graph::of(5, edges.into_iter());
        let back = Graph::of(5, edges.into_iter().rev());
        assert_eq!(there.edges, back.edges);
        assert_eq!(find(&there, 1.0), [0, 0, 0, 1, 1]);
    }

    #[test]
    fn nodes_without_edges_stay_alone() {
        assert_eq!(find(&Graph::of(3, std::iter::empty()), 1.0), [0, 1, 2]);
        assert_eq!(find(&Graph::default(), 1.0), [] as [usize; 0]);
    }
}
