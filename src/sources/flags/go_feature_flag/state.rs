//! A flag of GO Feature Flag, and how it stands at a moment. The moment matters: a progressive rollout climbs with the
//! clock, scheduled steps come into force one by one, and an experiment runs from one date to another
//! (`internal_flag.go` and `rule.go` of `modules/core/flag`).
//!
//! Which variation is the new one is told by boolean values (`true`), and by the names that flags of the old format were
//! given (`True`). Of other flags only the variations' shares are known.
//!
//! Whom a query catches is not known. What everybody else gets counts; where that is nobody, and a query gives it to
//! some, the flag is on for some and nobody knows how many.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::super::{Variant, text};
use super::rule::{Rule, climbed, date, lies_ahead};
use crate::time::UnixMs;

/// Variations that are kept of one flag.
const VARIANTS_MAX: usize = 100;
/// The names that a flag of the old format is given in the new one; the first is the new value.
const OLD_NAMES: [&str; 3] = ["True", "False", "Default"];

/// How a flag stands.
#[derive(Debug, PartialEq)]
pub(super) struct State {
    pub(super) on: bool,
    /// How many it reaches while on, 0 to 100; `None` where that is not told.
    pub(super) percent: Option<f64>,
    /// Whether it reaches only those whom a query catches.
    pub(super) only_queries: bool,
    pub(super) variants: Vec<Variant>,
    /// Whether it will change by itself.
    pub(super) goes_on: bool,
}

/// A flag as it is written, in the present format or the old one.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct Flag {
    variations: Option<BTreeMap<String, Value>>,
    targeting: Option<Vec<Rule>>,
    #[serde(rename = "defaultRule")]
    default_rule: Option<Rule>,
    #[serde(rename = "scheduledRollout")]
    scheduled: Option<Schedule>,
    experimentation: Option<Span>,
    disable: Option<bool>,
    // The old format.
    rule: Option<String>,
    percentage: Option<f64>,
    #[serde(rename = "true")]
    on_value: Option<Value>,
    #[serde(rename = "false")]
    off_value: Option<Value>,
    #[serde(rename = "default")]
    default_value: Option<Value>,
    rollout: Option<OldRollout>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Schedule {
    Steps(Vec<Step>),
    Wrapped { steps: Vec<Step> },
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Step {
    date: Option<String>,
    disable: Option<bool>,
    targeting: Option<Vec<Rule>>,
    #[serde(rename = "defaultRule")]
    default_rule: Option<Rule>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Span {
    start: Option<String>,
    end: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct OldRollout {
    progressive: Option<OldProgressive>,
    experimentation: Option<Span>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct OldProgressive {
    percentage: Option<OldShares>,
    #[serde(rename = "releaseRamp")]
    ramp: Option<Span>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct OldShares {
    initial: Option<f64>,
    end: Option<f64>,
}

impl Flag {
    /// How it stands at `at`.
    pub(super) fn at(&self, at: UnixMs) -> State {
        let flag = self.present(at).settled(at);
        let span = flag.experimentation.as_ref();
        let runs =
            span.is_none_or(|s| !lies_ahead(s.start.as_ref(), at) && date(s.end.as_ref()).is_none_or(|end| end >= at));
        let (percent, only_queries) = match flag.shares(at) {
            Some((default, queries)) if default > 0.0 || queries <= 0.0 => (Some(default), false),
            Some(_) => (None, true),
            None => (None, false),
        };
        State {
            on: !flag.disable.unwrap_or(false) && runs,
            percent,
            only_queries,
            variants: flag.variants(at),
            goes_on: flag.goes_on(at),
        }
    }

    /// In the present format, as the platform itself converts the old one.
    fn present(&self, at: UnixMs) -> Self {
        if self.variations.is_some() {
            return self.clone();
        }
        let values = [&self.on_value, &self.off_value, &self.default_value];
        let named = OLD_NAMES.into_iter().zip(values).filter_map(|(n, v)| Some((n.to_owned(), v.clone()?)));
        let progressive = self.rollout.as_ref().and_then(|r| r.progressive.as_ref());
        let percent = progressive.and_then(|p| p.share(at)).or(self.percentage).unwrap_or_default();
        let [on, off, default] = OLD_NAMES.map(str::to_owned);
        let split =
            Rule { percentage: Some(BTreeMap::from([(on, percent), (off, 100.0 - percent)])), ..Rule::default() };
        let (targeting, default_rule) = match self.rule.as_deref().map(str::trim) {
            Some(query) if !query.is_empty() => (
                Some(vec![Rule { query: Some(query.to_owned()), ..split }]),
                Rule { variation: Some(default), ..Rule::default() },
            ),
            _ => (None, split),
        };
        Self {
            variations: Some(named.collect()),
            targeting,
            default_rule: Some(default_rule),
            experimentation: self.rollout.as_ref().and_then(|r| r.experimentation.clone()),
            rollout: self.rollout.clone(),
            disable: self.disable,
            ..Self::default()
        }
    }

    fn steps(&self) -> &[Step] {
        match &self.scheduled {
            Some(Schedule::Steps(steps) | Schedule::Wrapped { steps }) => steps,
            None => &[],
        }
    }

    /// With the scheduled steps that are in force. Steps name the rules that they change.
    fn settled(mut self, at: UnixMs) -> Self {
        let mut rules = self.targeting.take().unwrap_or_default();
        let named = |(i, r): (usize, &Rule)| Some((r.name.clone()?, i));
        let mut places: BTreeMap<String, usize> = rules.iter().enumerate().rev().filter_map(named).collect();
        for step in self.steps().to_vec() {
            if date(step.date.as_ref()).is_none_or(|d| d >= at) {
                continue;
            }
            self.disable = step.disable.or(self.disable);
            if let Some(rule) = &step.default_rule {
                self.default_rule.get_or_insert_default().merge(rule);
            }
            for rule in step.targeting.into_iter().flatten() {
                let known = rule.name.as_ref().and_then(|name| places.get(name)).and_then(|i| rules.get_mut(*i));
                if let Some(known) = known {
                    known.merge(&rule);
                } else {
                    places.extend(rule.name.clone().map(|name| (name, rules.len())));
                    rules.push(rule);
                }
            }
        }
        self.targeting = (!rules.is_empty()).then_some(rules);
        self
    }

    fn goes_on(&self, at: UnixMs) -> bool {
        let span = |s: &Span| lies_ahead(s.start.as_ref(), at) || lies_ahead(s.end.as_ref(), at);
        let old = self.rollout.as_ref().and_then(|r| r.progressive.as_ref()?.ramp.as_ref());
        self.steps().iter().any(|s| lies_ahead(s.date.as_ref(), at))
            || self.rules().chain(&self.default_rule).any(|r| r.goes_on(at))
            || self.experimentation.iter().chain(old).any(span)
    }

    /// The rules that count, in their order.
    fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.targeting.iter().flatten().filter(|r| r.disable != Some(true))
    }

    /// What everybody gets whom no query catches, and the rules that stand before it. A rule without a query catches
    /// everybody who is left.
    fn parts(&self) -> (Option<&Rule>, Vec<&Rule>) {
        let before: Vec<&Rule> = self.rules().take_while(|r| !r.catches_all()).collect();
        (self.rules().nth(before.len()).or(self.default_rule.as_ref()), before)
    }

    /// How many of those whom no query catches get the new variation, and at most how many of those whom one does.
    fn shares(&self, at: UnixMs) -> Option<(f64, f64)> {
        let new = self.new_names()?;
        let (default, before) = self.parts();
        let queries = before.iter().filter_map(|r| r.share(&new, at)).fold(0.0, f64::max);
        Some((default?.share(&new, at)?, queries))
    }

    /// The variations that are the new one.
    fn new_names(&self) -> Option<BTreeSet<&str>> {
        let values = self.variations.as_ref().filter(|v| !v.is_empty())?;
        if values.values().all(Value::is_boolean) {
            return Some(values.iter().filter(|(_, v)| **v == Value::Bool(true)).map(|(n, _)| n.as_str()).collect());
        }
        let old = values.contains_key(OLD_NAMES[0]) && values.keys().all(|n| OLD_NAMES.contains(&n.as_str()));
        old.then(|| BTreeSet::from([OLD_NAMES[0]]))
    }

    /// Every variation with its share of those whom no query catches. Where queries give it too, what is not given by
    /// default is not known.
    fn variants(&self, at: UnixMs) -> Vec<Variant> {
        let (default, before) = self.parts();
        let shares = default.map(|r| r.shares(at)).unwrap_or_default();
        let rest = before.is_empty().then_some(0.0);
        self.variations
            .iter()
            .flatten()
            .take(VARIANTS_MAX)
            .filter_map(|(name, _)| {
                let percent = shares.get(name.as_str()).copied().or(rest);
                Some(Variant { name: text(Some(name.clone()))?, percent })
            })
            .collect()
    }

    /// What goes on by itself.
    pub(super) fn plans(&self) -> impl PartialEq {
        let of = |r: &Rule| r.progressive.clone();
        let rules: Vec<_> = self.targeting.iter().flatten().chain(&self.default_rule).map(of).collect();
        (rules, self.scheduled.clone(), self.rollout.as_ref().and_then(|r| r.progressive.clone()))
    }

    /// The flag but for its plans.
    pub(super) fn without_plans(&self) -> Self {
        let mut flag = self.clone();
        flag.scheduled = None;
        if let Some(rollout) = &mut flag.rollout {
            rollout.progressive = None;
        }
        for rule in flag.targeting.iter_mut().flatten().chain(&mut flag.default_rule) {
            rule.progressive = None;
        }
        flag
    }

    /// Whom it is for: queries, and whether they count.
    pub(super) fn audience(&self) -> impl PartialEq {
        let rules: Vec<_> = self
            .targeting
            .iter()
            .flatten()
            .map(|r| (r.query.clone().unwrap_or_default(), r.disable.unwrap_or(false)))
            .collect();
        (rules, self.rule.clone())
    }

    /// Who gets what of those whom no query catches, and when.
    pub(super) fn default_shares(&self) -> impl PartialEq {
        let rule = self.default_rule.as_ref().map(Rule::given);
        (rule, self.percentage, self.rollout.clone(), self.scheduled.clone())
    }

    /// Who gets what of those whom a query catches.
    pub(super) fn rule_shares(&self) -> impl PartialEq {
        self.targeting.iter().flatten().map(Rule::given).collect::<Vec<_>>()
    }

    /// The values that it gives.
    pub(super) fn values(&self) -> impl PartialEq {
        let old = [&self.on_value, &self.off_value, &self.default_value].map(Option::as_ref);
        (self.variations.clone(), old.map(Option::<&Value>::cloned))
    }
}

impl OldProgressive {
    fn share(&self, at: UnixMs) -> Option<f64> {
        let (ramp, shares) = (self.ramp.as_ref()?, self.percentage.as_ref());
        let dates = (date(ramp.start.as_ref())?, date(ramp.end.as_ref())?);
        climbed(dates, (shares.and_then(|s| s.initial), shares.and_then(|s| s.end)), at)
    }
}

#[cfg(test)]
mod tests;
