//! Carries themes that were found in all statements at once over to those that there are. A theme goes on as the group with
//! which it has most in common; one that a person decided something about keeps what it has, one with a ticket never goes
//! away.

use std::collections::{BTreeMap, BTreeSet};

use super::direction::Direction;
use crate::id::ThemeId;

/// How firmly a theme stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hold {
    /// It is a finding, and may dissolve.
    Free,
    /// People know it from a ticket: it stays, and what it holds may change.
    Told,
    /// A person decided something about it: what is in it stays in it.
    Held,
}

/// A statement as it is placed.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    /// What it is about; `None` where it says nothing that could be shared.
    pub direction: Option<&'a Direction>,
    /// Its theme.
    pub placed: Option<&'a ThemeId>,
    /// The group in which it was found now.
    pub group: Option<usize>,
}

/// Where a statement belongs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In a theme that there is.
    In(ThemeId),
    /// In a new theme, by its number.
    New(usize),
    /// In none.
    Nowhere,
}

/// Which theme a group goes on as; the place of each statement, in their order.
pub fn regroup(items: &[Item<'_>], holds: &BTreeMap<ThemeId, Hold>) -> Vec<Place> {
    let hold = |id: &ThemeId| holds.get(id).copied().unwrap_or(Hold::Free);
    let common = Common::of(items);
    let heirs = common.heirs(&hold);
    let claims = common.claims(&hold);
    let sums = sums_of_claims(items, &claims);
    let mut numbers: BTreeMap<usize, usize> = BTreeMap::new();
    items
        .iter()
        .map(|item| {
            let stays = item.placed.filter(|id| match hold(id) {
                Hold::Held => true,
                // It has nothing in common with any group: what it has is all there is of it.
                Hold::Told => !claims.values().any(|c| c.contains(id)),
                Hold::Free => false,
            });
            if let Some(id) = stays {
                return Place::In(id.clone());
            }
            let Some(group) = item.group else {
                // Near nobody now: it stays where it is, if that is still there.
                let goes_on = item.placed.filter(|id| hold(id) != Hold::Free || heirs.values().any(|h| h == id));
                return goes_on.map_or(Place::Nowhere, |id| Place::In(id.clone()));
            };
            if let Some(theme) = claims.get(&group).and_then(|claimants| nearest(item, claimants, &sums)) {
                return Place::In(theme.clone());
            }
            if let Some(id) = heirs.get(&group) {
                return Place::In((*id).clone());
            }
            let next = numbers.len();
            Place::New(*numbers.entry(group).or_insert(next))
        })
        .collect()
}

/// How many statements groups and themes have in common.
struct Common<'a> {
    both: BTreeMap<(usize, &'a ThemeId), usize>,
    groups: BTreeMap<usize, usize>,
    themes: BTreeMap<&'a ThemeId, usize>,
}

impl<'a> Common<'a> {
    fn of(items: &[Item<'a>]) -> Self {
        let mut common = Self { both: BTreeMap::new(), groups: BTreeMap::new(), themes: BTreeMap::new() };
        for item in items {
            if let Some(group) = item.group {
                *common.groups.entry(group).or_default() += 1;
            }
            if let Some(theme) = item.placed {
                *common.themes.entry(theme).or_default() += 1;
            }
            if let Some(key) = item.group.zip(item.placed) {
                *common.both.entry(key).or_default() += 1;
            }
        }
        common
    }

    /// For each group the themes that stand and have most in common with it. A held theme claims only a group that is mostly
    /// its own, because its statements stay with it anyway.
    fn claims(&self, hold: &impl Fn(&ThemeId) -> Hold) -> BTreeMap<usize, BTreeSet<&'a ThemeId>> {
        let mut best: BTreeMap<&ThemeId, (usize, usize)> = BTreeMap::new();
        for ((group, theme), n) in &self.both {
            let most = best.entry(theme).or_insert((*n, *group));
            if *n > most.0 {
                *most = (*n, *group);
            }
        }
        let mut claims: BTreeMap<usize, BTreeSet<&ThemeId>> = BTreeMap::new();
        for (theme, (n, group)) in best {
            let claims_it = match hold(theme) {
                Hold::Free => false,
                Hold::Told => true,
                Hold::Held => 2 * n >= self.groups[&group],
            };
            if claims_it {
                claims.entry(group).or_default().insert(theme);
            }
        }
        claims
    }

    /// For other groups the free theme that goes on as it: each theme and each group once, those with most in common first.
    fn heirs(&self, hold: &impl Fn(&ThemeId) -> Hold) -> BTreeMap<usize, &'a ThemeId> {
        let mut pairs: Vec<(usize, usize, &ThemeId)> = self
            .both
            .iter()
            .filter(|((group, theme), n)| {
                // What kept less than half of itself, in a group of which it is less than half, is another theme.
                hold(theme) == Hold::Free && (2 * **n >= self.themes[theme] || 2 * **n >= self.groups[group])
            })
            .map(|((group, theme), n)| (*n, *group, *theme))
            .collect();
        pairs.sort_by(|a, b| b.0.cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        let mut heirs: BTreeMap<usize, &ThemeId> = BTreeMap::new();
        let mut taken = BTreeSet::new();
        for (_, group, theme) in pairs {
            if !heirs.contains_key(&group) && taken.insert(theme) {
                heirs.insert(group, theme);
            }
        }
        heirs
    }
}

/// What each theme that claims a group has in that group, summed.
fn sums_of_claims<'a>(
    items: &[Item<'a>],
    claims: &BTreeMap<usize, BTreeSet<&'a ThemeId>>,
) -> BTreeMap<&'a ThemeId, Vec<f64>> {
    let mut sums: BTreeMap<&ThemeId, Vec<f64>> = BTreeMap::new();
    for item in items {
        let (Some(group), Some(theme), Some(direction)) = (item.group, item.placed, item.direction) else { continue };
        if claims.get(&group).is_some_and(|c| c.len() > 1 && c.contains(theme)) {
            let sum = sums.entry(theme).or_insert_with(|| vec![0.0; direction.values().len()]);
            sum.iter_mut().zip(direction.values()).for_each(|(s, v)| *s += f64::from(*v));
        }
    }
    sums
}

/// The claimant that a statement is in, else the nearest.
fn nearest<'a>(
    item: &Item<'_>,
    claimants: &BTreeSet<&'a ThemeId>,
    sums: &BTreeMap<&ThemeId, Vec<f64>>,
) -> Option<&'a ThemeId> {
    let mut best: Option<(f64, &ThemeId)> = None;
    for theme in claimants.iter().copied() {
        if item.placed == Some(theme) {
            return Some(theme);
        }
        let near = match (item.direction, sums.get(theme)) {
            (Some(direction), Some(sum)) => direction.cosine_to(sum.iter().copied()),
            (Some(_) | None, Some(_) | None) => 0.0,
        };
        if best.is_none_or(|(n, _)| near > n) {
            best = Some((near, theme));
        }
    }
    best.map(|(_, theme)| theme)
}
