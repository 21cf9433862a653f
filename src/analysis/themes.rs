//! Which statements say the same thing. Incremental: a statement joins the nearest theme or begins one, and a theme keeps
//! its identity while items arrive.
//!
//! A statement is a small vector of hashed features (see `features.rs`); a theme is the sum of its statements' vectors.
//! Nearness is the cosine between the two, in which a feature that many themes share counts less. All weights are whole
//! multiples of [`GRAIN`], so that sums are exact and what is absorbed can be released again without a rest.

mod features;
mod naming;

pub use self::features::{Features, features};
pub use self::naming::name;
use crate::domain::theme::{Theme, ThemeVector};
use crate::id::ThemeId;

/// Nearness from which a statement joins a theme.
const JOINS_FROM: f32 = 0.26;
/// Features that a theme remembers. Pruned to this number when there are twice as many, so that a newcomer has time to
/// grow.
const FEATURES_MAX: usize = 256;
/// Phrases that a theme remembers; pruned likewise.
const PHRASES_MAX: usize = 256;
/// Unit of a feature's weight. Sums of up to 2^24 units are exact in an `f32`.
const GRAIN: f32 = 1.0 / 256.0;

/// Where a statement goes.
#[derive(Clone, Debug, PartialEq)]
pub enum Placement {
    /// It says nothing that could be shared.
    Nothing,
    /// It says what a theme says.
    Join {
        /// Which.
        theme: ThemeId,
        /// How near, 0 to 1.
        similarity: f32,
    },
    /// Nobody said that yet.
    Start,
}

/// Finds the theme that says the same; of equally near ones the first.
pub fn place(features: &Features, themes: &[Theme]) -> Placement {
    if features.weights.is_empty() {
        return Placement::Nothing;
    }
    // A copy goes where its original went, however far that theme has moved since.
    if let Some(theme) = themes.iter().find(|t| t.vector.features.contains_key(&features.print)) {
        return Placement::Join { theme: theme.id.clone(), similarity: 1.0 };
    }
    match nearest(features, themes) {
        Some((theme, similarity)) if similarity >= JOINS_FROM => {
            Placement::Join { theme: theme.id.clone(), similarity: similarity.min(1.0) }
        }
        Some(_) | None => Placement::Start,
    }
}

fn nearest<'a>(features: &Features, themes: &'a [Theme]) -> Option<(&'a Theme, f32)> {
    // The weight of each feature in each theme, and in how many themes it is.
    let mut spread = vec![0_u32; features.weights.len()];
    let mut rows: Vec<(&Theme, Vec<(usize, f32)>)> = Vec::new();
    for theme in themes {
        let mut row = Vec::new();
        for (i, (feature, _)) in features.weights.iter().enumerate() {
            if let Some(sum) = theme.vector.features.get(feature) {
                row.push((i, *sum));
                spread[i] += 1;
            }
        }
        if !row.is_empty() {
            rows.push((theme, row));
        }
    }
    let all = themes.len() as f32;
    let weights: Vec<f32> = features
        .weights
        .iter()
        .zip(&spread)
        .map(|((_, w), n)| w * (1.0 + ((all + 1.0) / (*n as f32 + 1.0)).ln()))
        .collect();
    let length = weights.iter().map(|w| w * w).sum::<f32>().sqrt();
    let mut best: Option<(&Theme, f32)> = None;
    for (theme, row) in rows {
        let dot: f32 = row.iter().map(|(i, sum)| weights[*i] * sum).sum();
        let similarity = dot / (length * norm(&theme.vector)).max(f32::MIN_POSITIVE);
        if best.is_none_or(|(_, s)| similarity > s) {
            best = Some((theme, similarity));
        }
    }
    best
}

fn norm(vector: &ThemeVector) -> f32 {
    vector.features.values().map(|w| w * w).sum::<f32>().sqrt()
}

/// Adds a statement to a theme's memory.
pub fn absorb(vector: &mut ThemeVector, features: &Features) {
    vector.items = vector.items.saturating_add(1);
    for (feature, weight) in features.remembered() {
        *vector.features.entry(feature).or_default() += weight;
    }
    for phrase in &features.phrases {
        *vector.phrases.entry(phrase.clone()).or_default() += 1;
    }
    if vector.features.len() > 2 * FEATURES_MAX {
        let mut kept: Vec<(u32, f32)> = std::mem::take(&mut vector.features).into_iter().collect();
        kept.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        vector.features = kept.into_iter().take(FEATURES_MAX).collect();
    }
    if vector.phrases.len() > 2 * PHRASES_MAX {
        let mut kept: Vec<(String, u32)> = std::mem::take(&mut vector.phrases).into_iter().collect();
        kept.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        vector.phrases = kept.into_iter().take(PHRASES_MAX).collect();
    }
}

/// Takes a statement out of a theme's memory again. What was pruned since is not there to be taken.
pub fn release(vector: &mut ThemeVector, features: &Features) {
    vector.items = vector.items.saturating_sub(1);
    if vector.items == 0 {
        vector.features.clear();
        vector.phrases.clear();
        return;
    }
    for (feature, weight) in features.remembered() {
        if let Some(sum) = vector.features.get_mut(&feature) {
            *sum -= weight;
            if *sum <= 0.0 {
                vector.features.remove(&feature);
            }
        }
    }
    for phrase in &features.phrases {
        if let Some(count) = vector.phrases.get_mut(phrase) {
            *count -= 1;
            if *count == 0 {
                vector.phrases.remove(phrase);
            }
        }
    }
}

/// How near a statement is to a theme, 0 to 1, without regard to other themes.
pub(super) fn nearness(features: &Features, vector: &ThemeVector) -> f32 {
    let dot: f32 = features.weights.iter().filter_map(|(f, w)| vector.features.get(f).map(|sum| sum * w)).sum();
    (dot / (features.length() * norm(vector)).max(f32::MIN_POSITIVE)).clamp(0.0, 1.0)
}

/// How near two statements are, 0 to 1.
pub(super) fn likeness(a: &Features, b: &Features) -> f32 {
    let of_b = |feature: u32| b.weights.binary_search_by_key(&feature, |(f, _)| *f).ok().map(|i| b.weights[i].1);
    let dot: f32 = a.weights.iter().filter_map(|(f, w)| of_b(*f).map(|v| v * w)).sum();
    (dot / (a.length() * b.length()).max(f32::MIN_POSITIVE)).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests;
