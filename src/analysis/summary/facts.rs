//! The numbers of a summary, and what the people in it have in common.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::redact::redact;
use crate::analysis::stats::wilson;
use crate::domain::annotation::Intent;
use crate::domain::feedback::Feedback;
use crate::domain::tally::Tally;
use crate::time::UnixMs;

/// People who must share a value before it is told: fewer could be told apart by it.
const PEOPLE_MIN: i64 = 3;
/// Share of those who tell it that must have the value.
const SHARE_MIN: f64 = 0.6;
/// The same where there is nobody else to compare with.
const ALONE_MIN: f64 = 0.8;
/// Others who must tell it before they are compared with.
const OTHERS_MIN: i64 = 5;
/// The normal quantile of a two-sided 95 % interval.
const Z_95: f64 = 1.959_963_984_540_054;
/// Longest value that is told, in characters.
const VALUE_MAX: usize = 40;

/// What people may have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trait {
    /// What a flag showed them.
    Variant,
    /// Of the product.
    Version,
    /// Device, browser or operating system.
    Platform,
    /// What they pay for.
    Plan,
    /// Where they are.
    Country,
}

impl Trait {
    /// All, the most telling first.
    pub const ALL: [Self; 5] = [Self::Variant, Self::Version, Self::Platform, Self::Plan, Self::Country];

    /// The name that is shown and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Variant => "variant",
            Self::Version => "version",
            Self::Platform => "platform",
            Self::Plan => "plan",
            Self::Country => "country",
        }
    }

    /// Attributes that tell it, the first that is there counts.
    fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Variant => &["variant"],
            Self::Version => &["version", "app_version", "appversion", "release", "build"],
            Self::Platform => &["platform", "os", "device", "browser", "client"],
            Self::Plan => &["plan", "tier"],
            Self::Country => &["country", "region"],
        }
    }

    fn of(self, feedback: &Feedback) -> Option<&str> {
        let own = feedback.variant.as_deref().filter(|_| self == Self::Variant);
        let told = || {
            self.keys().iter().find_map(|k| {
                feedback.attributes.iter().find(|(name, _)| name.eq_ignore_ascii_case(k)).map(|(_, v)| v.as_str())
            })
        };
        own.or_else(told).map(str::trim).filter(|v| !v.is_empty())
    }
}

/// A value that the people of a theme have more often than others do.
#[derive(Clone, Debug, PartialEq)]
pub struct Concentration {
    /// What they have in common.
    pub about: Trait,
    /// The value, as most of them write it.
    pub value: String,
    /// People who have it.
    pub part: i64,
    /// People of whom the trait is known.
    pub whole: i64,
    /// The same two numbers of the rollout's other people, where there are enough to compare with.
    pub others: Option<(i64, i64)>,
}

/// The numbers of a theme or a rollout.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// Distinct people by how they feel.
    pub tally: Tally,
    /// Statements.
    pub statements: i64,
    /// What most want, and how many do.
    pub intent: Option<(Intent, i64)>,
    /// When the first statement was made, and the last.
    pub span: Option<(UnixMs, UnixMs)>,
    /// What people have in common.
    pub concentrated: Vec<Concentration>,
}

/// What the people of `pool` have in common and the people of `others` have not: at most one value of each trait. The order
/// of statements does not matter; a person counts once.
pub fn concentrations(pool: &[Feedback], others: &[Feedback]) -> Vec<Concentration> {
    let members: BTreeSet<&str> = pool.iter().map(|f| f.person.as_str()).collect();
    let outside: Vec<&Feedback> = others.iter().filter(|f| !members.contains(f.person.as_str())).collect();
    let inside: Vec<&Feedback> = pool.iter().collect();
    Trait::ALL.into_iter().filter_map(|about| concentration(about, &inside, &outside)).collect()
}

fn concentration(about: Trait, inside: &[&Feedback], outside: &[&Feedback]) -> Option<Concentration> {
    let mine = by_value(about, inside);
    let whole = people(&mine);
    let (key, forms) = mine.iter().max_by_key(|(key, forms)| (forms.len(), std::cmp::Reverse(*key)))?;
    let part = count(forms.len());
    let share = part as f64 / whole.max(1) as f64;
    if part < PEOPLE_MIN || share < SHARE_MIN {
        return None;
    }
    let theirs = by_value(about, outside);
    let (their_part, their_whole) = (theirs.get(key).map_or(0, |f| count(f.len())), people(&theirs));
    let others = (their_whole >= OTHERS_MIN).then_some((their_part, their_whole));
    let stands_out = match others {
        Some((k, n)) => wilson::interval(part, whole, Z_95).0 > k as f64 / n as f64,
        None => share >= ALONE_MIN,
    };
    let value = most_written(forms);
    let shown = value.chars().count() <= VALUE_MAX && !value.contains(char::is_control) && redact(value).text == value;
    (stands_out && shown).then(|| Concentration { about, value: value.to_owned(), part, whole, others })
}

/// For each value in lower case, how each person writes it.
fn by_value<'a>(about: Trait, all: &[&'a Feedback]) -> BTreeMap<String, BTreeMap<&'a str, &'a str>> {
    let mut latest: BTreeMap<&str, &Feedback> = BTreeMap::new();
    for f in all.iter().filter(|f| about.of(f).is_some()) {
        let kept = latest.entry(&f.person).or_insert(f);
        if (f.occurred_at, &f.id) > (kept.occurred_at, &kept.id) {
            *kept = f;
        }
    }
    let mut by_value: BTreeMap<String, BTreeMap<&str, &str>> = BTreeMap::new();
    for (person, feedback) in latest {
        if let Some(value) = about.of(feedback) {
            by_value.entry(value.to_lowercase()).or_default().insert(person, value);
        }
    }
    by_value
}

fn people(by_value: &BTreeMap<String, BTreeMap<&str, &str>>) -> i64 {
    by_value.values().map(|p| count(p.len())).sum()
}

/// The form of a value that most people write; of equally frequent ones the first.
fn most_written<'a>(forms: &BTreeMap<&str, &'a str>) -> &'a str {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for form in forms.values() {
        *counts.entry(form).or_default() += 1;
    }
    let most = counts.values().copied().max().unwrap_or(0);
    let form = counts.into_iter().find(|(_, n)| *n == most).map(|(form, _)| form).unwrap_or_default();
    forms.values().find(|f| **f == form).copied().unwrap_or_default()
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
