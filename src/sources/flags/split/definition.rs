//! A flag's definition as the text that Split shows of it: `if user is in segment qa then split 100:on else if user is in
//! segment all then split 10:on,90:off`. The first clause that holds decides. What is not of this form tells nothing: its
//! grammar is nowhere written down.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::super::{percent, text};
use crate::domain::flag::Variant;

/// Longest text that is read, in bytes, and the clauses in it. Each clause may be looked for up to the end.
const TEXT_MAX: usize = 100_000;
const CLAUSES_MAX: usize = 100;
/// The treatment of those who don't get the feature, by Split's convention.
const OFF: &str = "off";

static CLAUSE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?is)(?:\bif\s+(?P<who>.+?)\s+then\s+)?\bsplit\s+(?P<shares>"#,
        r#"[0-9.]+\s*%?\s*:\s*[\w.-]+(?:\s*,\s*[0-9.]+\s*%?\s*:\s*[\w.-]+)*)"#,
    ))
    .expect("a fixed expression")
});

/// Who gets what.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Definition {
    clauses: Vec<Clause>,
}

/// What those get whom it is for.
#[derive(Debug, PartialEq)]
pub(super) struct Clause {
    /// Whom it is for; `None` for everybody.
    who: Option<String>,
    /// Treatments with how many get them, in percent of those.
    shares: Vec<(String, f64)>,
}

impl Definition {
    /// Reads a definition; one that is not wholly understood is empty, and tells nothing.
    pub(super) fn read(definition: &str) -> Self {
        Self { clauses: clauses(definition).unwrap_or_default() }
    }

    /// Whether it was understood.
    pub(super) fn is_told(&self) -> bool {
        !self.clauses.is_empty()
    }

    /// Whether it gives anybody anything but `off`; `None` where that can't be told.
    pub(super) fn on(&self) -> Option<bool> {
        let shares: Vec<Option<f64>> = self.clauses.iter().map(Clause::share).collect();
        (!shares.is_empty()).then(|| shares.iter().any(|share| *share != Some(0.0)))
    }

    /// How many of those whom no single rule catches don't get `off`.
    pub(super) fn everybody(&self) -> Option<f64> {
        self.clauses.last().filter(|c| c.who.is_none()).and_then(Clause::share)
    }

    /// How many it reaches; `None` where it reaches those of single rules alone.
    pub(super) fn percent(&self) -> Option<f64> {
        self.everybody().filter(|share| *share > 0.0)
    }

    /// The treatments beside `off`, where there are several, with how many of those who are reached get each.
    pub(super) fn variants(&self) -> Vec<Variant> {
        let Some(last) = self.clauses.last().filter(|c| c.who.is_none()) else { return Vec::new() };
        let on: Vec<_> = last.shares.iter().filter(|(name, share)| !is_off(name) && *share > 0.0).collect();
        let all: f64 = on.iter().map(|(_, share)| share).sum();
        if on.len() < 2 && last.share().is_some() {
            return Vec::new();
        }
        let variant =
            |(name, share): &&(String, f64)| Variant { name: name.clone(), percent: percent(share / all * 100.0) };
        on.iter().map(variant).collect()
    }

    /// The names of all treatments but `off`.
    pub(super) fn treatments(&self) -> BTreeSet<&str> {
        self.clauses.iter().flat_map(|c| &c.shares).map(|(name, _)| name.as_str()).filter(|n| !is_off(n)).collect()
    }

    /// The clauses ahead of the one for everybody.
    pub(super) fn rules(&self) -> Vec<&Clause> {
        self.clauses.iter().filter(|c| c.who.is_some()).collect()
    }
}

impl Clause {
    /// How many don't get `off`; `None` where the treatments don't tell which of them that is.
    fn share(&self) -> Option<f64> {
        let told = self.shares.iter().any(|(name, _)| is_off(name))
            || self.shares.iter().all(|(name, _)| name.eq_ignore_ascii_case("on"));
        let off: f64 = self.shares.iter().filter(|(name, _)| is_off(name)).map(|(_, share)| share).sum();
        if told { percent(100.0 - off) } else { None }
    }
}

fn is_off(treatment: &str) -> bool {
    treatment.eq_ignore_ascii_case(OFF)
}

fn clauses(definition: &str) -> Option<Vec<Clause>> {
    if definition.len() > TEXT_MAX {
        return None;
    }
    let mut list = Vec::new();
    let mut end = 0;
    for found in CLAUSE.captures_iter(definition).take(CLAUSES_MAX + 1) {
        let all = found.get(0)?;
        joins(&definition[end..all.start()])?;
        end = all.end();
        let shares: Option<Vec<_>> = found["shares"].split(',').map(share).collect();
        let shares = shares.filter(|s| (s.iter().map(|(_, share)| share).sum::<f64>() - 100.0).abs() < 0.01)?;
        let who = found.name("who").map(|w| w.as_str().split_whitespace().collect::<Vec<_>>().join(" "));
        list.push(Clause { who: who.filter(|w| !w.to_ascii_lowercase().ends_with(" in segment all")), shares });
    }
    joins(&definition[end..])?;
    (list.len() <= CLAUSES_MAX).then_some(list)
}

/// Whether nothing stands between two clauses but what joins them.
fn joins(text: &str) -> Option<()> {
    let bare = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '.'));
    (bare.is_empty() || bare.eq_ignore_ascii_case("else")).then_some(())
}

fn share(pair: &str) -> Option<(String, f64)> {
    let (share, name) = pair.split_once(':')?;
    let share = share.trim().trim_end_matches('%').trim().parse().ok()?;
    Some((text(Some(name.to_owned()))?, percent(share)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_on_for_whom_it_does_not_give_off() {
        for (definition, on, percent) in [
            ("if user is in segment all then split 50:on,50:off", Some(true), Some(50.0)),
            ("if user is in segment all then split 12.5%:on, 87.5%:off", Some(true), Some(12.5)),
            ("if user is in segment all then split 100:on", Some(true), Some(100.0)),
            ("if user is in segment all then split 100:off", Some(false), None),
            ("split 30:v1,30:v2,40:off", Some(true), Some(60.0)),
            // Nobody says which of the two is the old one.
            ("split 50:v1,50:v2", Some(true), None),
            (
                "if user is in segment qa then split 100:on\nelse if user is in segment all then split 10:on,90:off",
                Some(true),
                Some(10.0),
            ),
            ("if user is in segment beta then split 100:on else split 100:off", Some(true), None),
            ("if user is in list [\"a\", \"b\"] then split 100:on", Some(true), None),
            ("", None, None),
            ("{\"treatments\": []}", None, None),
            ("killed; if user is in segment all then split 50:on,50:off", None, None),
            ("if user is in segment all then split 50:on,40:off", None, None),
            ("if user is in segment all then split 50:on,50:off unless it rains", None, None),
            ("if user is in segment all then split 500:on", None, None),
        ] {
            let read = Definition::read(definition);
            assert_eq!((read.on(), read.percent()), (on, percent), "{definition}");
        }
    }

    #[test]
    fn several_treatments_share_those_who_are_reached() {
        let named = |d: &str| -> Vec<(String, Option<f64>)> {
            Definition::read(d).variants().into_iter().map(|v| (v.name, v.percent)).collect()
        };
        let (v1, v2) = ("v1".to_owned(), "v2".to_owned());
        assert_eq!(named("split 30:v1,10:v2,60:off"), [(v1.clone(), Some(75.0)), (v2.clone(), Some(25.0))]);
        assert_eq!(named("split 50:v1,50:v2"), [(v1, Some(50.0)), (v2, Some(50.0))]);
        assert_eq!(named("split 50:on,50:off"), []);
    }

    #[test]
    fn a_text_without_an_end_tells_nothing() {
        let clauses = "if split 100:on ".repeat(TEXT_MAX / 16);
        assert_eq!(Definition::read(&clauses), Definition::default());
        assert_eq!(Definition::read(&"if ".repeat(TEXT_MAX)), Definition::default());
    }
}
