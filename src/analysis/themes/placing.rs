//! Where one statement goes while statements arrive: to the theme whose middle is nearest, or it begins one. A theme's
//! vector is the exact sum of its statements' directions, so that what was added can be taken away again without a rest.

use super::direction::{Direction, UNIT};
use super::space::{Cuts, Space};
use crate::domain::theme::{Theme, ThemeVector};
use crate::id::ThemeId;

/// Pairs that are told.
const ALIKE_MAX: usize = 20;

/// Where a statement goes.
#[derive(Clone, Debug, PartialEq)]
pub enum Placement {
    /// It says what a theme says.
    Join {
        /// Which.
        theme: ThemeId,
        /// How near, 0 to 1.
        similarity: f64,
    },
    /// Nobody said that yet.
    Start,
}

/// Finds the theme that says the same; of equally near ones the first.
pub fn place<'a>(space: &Space, direction: &Direction, themes: impl Iterator<Item = &'a Theme> + Clone) -> Placement {
    let middle = middle_of(space, themes.clone());
    let Some(seen) = direction.less(&middle) else { return Placement::Start };
    let mut best: Option<(&Theme, f64)> = None;
    for theme in themes.filter(|t| is_comparable(space, &t.vector)) {
        let similarity = seen.cosine_to(seen_from(&middle, &theme.vector));
        if best.is_none_or(|(_, s)| similarity > s) {
            best = Some((theme, similarity));
        }
    }
    match best {
        Some((theme, similarity)) if similarity >= space.cuts.joins_from => {
            Placement::Join { theme: theme.id.clone(), similarity: similarity.min(1.0) }
        }
        Some(_) | None => Placement::Start,
    }
}

pub(super) fn is_comparable(space: &Space, vector: &ThemeVector) -> bool {
    vector.made_by == space.made_by && vector.items > 0
}

/// The middle of a theme as seen from another.
fn seen_from<'a>(middle: &'a [f64], vector: &'a ThemeVector) -> impl Iterator<Item = f64> + 'a {
    let items = f64::from(vector.items.max(1));
    let middle = middle.iter().copied().chain(std::iter::repeat(0.0));
    vector.sum.iter().zip(middle).map(move |(s, m)| *s as f64 / items - m)
}

/// From where all that is in these themes is seen; see [`middle`]. Of nothing comparable there is no middle, and what is
/// seen from there is not changed.
pub fn middle_of<'a>(space: &Space, themes: impl Iterator<Item = &'a Theme>) -> Vec<f64> {
    let mut sum = Vec::new();
    let mut items = 0_u64;
    for theme in themes.filter(|t| is_comparable(space, &t.vector)) {
        sum.resize(sum.len().max(theme.vector.sum.len()), 0_i64);
        sum.iter_mut().zip(&theme.vector.sum).for_each(|(s, v)| *s += v);
        items += u64::from(theme.vector.items);
    }
    middle(&space.cuts, &sum, items as f64)
}

/// Pairs of themes that may say the same, with their nearness from 0 to 1, the nearest first: for a person to judge.
pub fn alike(space: &Space, themes: &[Theme]) -> Vec<(ThemeId, ThemeId, f64)> {
    let middle = middle_of(space, themes.iter());
    let centre = |t: &Theme| Direction::of_sum(&t.vector.sum).and_then(|d| d.less(&middle));
    let known: Vec<(&Theme, Direction)> =
        themes.iter().filter(|t| is_comparable(space, &t.vector)).filter_map(|t| Some((t, centre(t)?))).collect();
    let mut pairs = Vec::new();
    for (i, (theme, direction)) in known.iter().enumerate() {
        for (other, towards) in &known[i + 1..] {
            let near = direction.cosine(towards);
            if near >= space.cuts.alike_from {
                pairs.push((theme.id.clone(), other.id.clone(), near));
            }
        }
    }
    pairs.sort_by(|a, b| b.2.total_cmp(&a.2).then_with(|| (&a.0, &a.1).cmp(&(&b.0, &b.1))));
    pairs.truncate(ALIKE_MAX);
    pairs
}

/// How near two themes are, both seen from `middle`, 0 to 1; 0 where they can't be compared.
pub fn resemblance(space: &Space, middle: &[f64], a: &Theme, b: &Theme) -> f64 {
    let seen = |t: &Theme| {
        let whole = Some(t).filter(|t| is_comparable(space, &t.vector))?;
        Direction::of_sum(&whole.vector.sum).and_then(|d| d.less(middle))
    };
    seen(a).zip(seen(b)).map_or(0.0, |(a, b)| a.cosine(&b).max(0.0))
}

/// How near a statement is to what a theme remembers, both seen from `middle`, 0 to 1.
pub(super) fn nearness_from(space: &Space, middle: &[f64], direction: &Direction, vector: &ThemeVector) -> f64 {
    let seen = direction.less(middle).filter(|_| is_comparable(space, vector));
    seen.map_or(0.0, |d| d.cosine_to(seen_from(middle, vector)).max(0.0))
}

/// From where statements are seen: towards the middle of all of them, because what everybody says tells nobody apart. The
/// more most of them say one thing, the less the view moves, or that thing would no longer be seen.
pub(super) fn middle(cuts: &Cuts, sum: &[i64], items: f64) -> Vec<f64> {
    let items = items.max(1.0);
    let alike = sum.iter().map(|s| (*s as f64 / items / f64::from(UNIT)).powi(2)).sum::<f64>();
    let share = cuts.to_the_middle * (1.0 - alike / cuts.all_one_from).max(0.0) / items;
    sum.iter().map(|s| share * *s as f64).collect()
}

/// Adds a statement to what a theme remembers. A copy of one that is in it is not to be added.
pub fn absorb(space: &Space, vector: &mut ThemeVector, direction: &Direction) {
    if vector.made_by != space.made_by || vector.sum.len() != direction.values().len() {
        *vector = ThemeVector { made_by: space.made_by.clone(), sum: vec![0; direction.values().len()], items: 0 };
    }
    direction.add_to(&mut vector.sum);
    vector.items = vector.items.saturating_add(1);
}

/// Takes a statement out of it again.
pub fn release(space: &Space, vector: &mut ThemeVector, direction: &Direction) {
    if vector.made_by != space.made_by || vector.items == 0 {
        return;
    }
    direction.take_from(&mut vector.sum);
    vector.items -= 1;
    if vector.items == 0 {
        *vector = ThemeVector::default();
    }
}

/// How near a statement is to what a theme remembers, 0 to 1.
pub fn nearness(space: &Space, direction: &Direction, vector: &ThemeVector) -> f64 {
    if !is_comparable(space, vector) {
        return 0.0;
    }
    direction.cosine_to(vector.sum.iter().map(|s| *s as f64)).max(0.0)
}
