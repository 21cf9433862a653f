//! What a feature gives in an environment, and to how many.
//!
//! While on it reaches those who get something else than its default value, for a boolean those who get `true`. That is
//! the widest of its enabled rules: a `rollout` its `coverage`, a `force` rule without a condition everybody, an
//! `experiment` its coverage times the weights. How many a condition, a schedule, an experiment by reference or a running
//! safe rollout reaches is not told: a feature that reaches others only so has no share.

use serde::Deserialize;
use serde_json::Value;

use super::super::facts::{name, percent};
use crate::domain::flag::Variant;

/// Variants of one feature that are kept.
const VARIANTS_MAX: usize = 50;

/// A feature in one environment.
#[derive(Deserialize)]
pub(super) struct Environment {
    /// Whether it is on.
    pub enabled: Option<bool>,
    rules: Option<Vec<Rule>>,
}

#[derive(Deserialize)]
struct Rule {
    #[serde(rename = "type")]
    kind: Option<String>,
    enabled: Option<bool>,
    condition: Option<String>,
    #[serde(rename = "savedGroupTargeting")]
    groups: Option<Vec<Value>>,
    prerequisites: Option<Vec<Value>>,
    #[serde(rename = "scheduleRules")]
    schedule: Option<Vec<Value>>,
    #[serde(rename = "allProjects")]
    all_projects: Option<bool>,
    namespace: Option<Value>,
    value: Option<String>,
    coverage: Option<f64>,
    values: Option<Vec<Arm>>,
    variations: Option<Vec<Arm>>,
    #[serde(rename = "controlValue")]
    control: Option<String>,
    #[serde(rename = "variationValue")]
    variation: Option<String>,
    status: Option<String>,
}

#[derive(Deserialize)]
struct Arm {
    value: Option<String>,
    weight: Option<f64>,
    name: Option<String>,
    #[serde(rename = "variationId")]
    id: Option<String>,
}

/// What a feature gives to whom no rule catches, and what counts as not reached.
#[derive(Clone, Copy)]
pub(super) struct Basis<'a> {
    default: Option<&'a str>,
    off: Option<&'a str>,
}

impl<'a> Basis<'a> {
    /// Of a feature with this default value and type of values.
    pub fn of(default: Option<&'a str>, value_type: Option<&str>) -> Self {
        Self { default, off: if value_type == Some("boolean") { Some("false") } else { default } }
    }
}

impl Environment {
    /// How many the feature reaches while on.
    pub fn share(&self, basis: Basis<'_>) -> Option<f64> {
        let (mut widest, mut some, mut left) = (0.0_f64, false, 100.0_f64);
        for rule in self.rules() {
            match rule.reach(basis) {
                Some(reach) => widest = widest.max(reach),
                None => some = true,
            }
            left *= 1.0 - rule.keeps() / 100.0;
            if left <= 0.0 {
                break;
            }
        }
        if basis.default != basis.off {
            widest = widest.max(left);
        }
        // Four digits after the point: 0.29 of all is 29 %.
        (widest > 0.0 || !some).then(|| (widest * 1e4).round() / 1e4)
    }

    /// What the first rule with several values gives, and to how many.
    pub fn variants(&self) -> Vec<Variant> {
        let Some(rule) = self.rules().find(|r| r.arms().next().is_some()) else { return Vec::new() };
        let called = |arm: &Arm| [&arm.name, &arm.id, &arm.value].into_iter().find_map(|n| name(n.as_deref()?));
        let variant = |arm: &Arm| {
            let percent = arm.weight.and_then(|w| percent((w * 1e6).round() / 1e4));
            Some(Variant { name: called(arm)?, percent })
        };
        rule.arms().take(VARIANTS_MAX).filter_map(variant).collect()
    }

    fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().flatten().filter(|r| r.enabled != Some(false))
    }
}

impl Rule {
    /// How many of all it gives what counts as reached; `None` for some.
    fn reach(&self, basis: Basis<'_>) -> Option<f64> {
        let away = |value: &Option<String>| value.is_some() && value.as_deref() != basis.off;
        let whole = |away: bool| if away { self.is_open().then_some(100.0) } else { Some(0.0) };
        let part = |weight: f64| {
            let share = (weight * self.coverage() * 100.0).clamp(0.0, 100.0);
            (share == 0.0 || !self.is_scheduled()).then_some(share)
        };
        match (self.kind.as_deref(), self.status.as_deref()) {
            (Some("force"), _) => whole(away(&self.value)),
            (Some("rollout"), _) => part(if away(&self.value) { 1.0 } else { 0.0 }),
            (Some("experiment"), _) => {
                let arms = self.values.iter().flatten().filter(|a| away(&a.value));
                part(arms.filter_map(|a| a.weight).sum())
            }
            (Some("safe-rollout"), Some("released")) => whole(away(&self.variation)),
            (Some("safe-rollout"), Some("rolled-back")) => whole(away(&self.control)),
            (Some("safe-rollout"), _) => (!away(&self.variation) && !away(&self.control)).then_some(0.0),
            // By reference: the shares stand in the experiment.
            _ => (!self.arms().any(|a| away(&a.value))).then_some(0.0),
        }
    }

    /// How many of all it keeps from the rules after it, as far as is told.
    fn keeps(&self) -> f64 {
        match (self.kind.as_deref(), self.status.as_deref()) {
            _ if !self.is_open() => 0.0,
            (Some("force"), _) | (Some("safe-rollout"), Some("released" | "rolled-back")) => 100.0,
            (Some("rollout" | "experiment"), _) => self.coverage() * 100.0,
            _ => 0.0,
        }
    }

    /// Whether it meets everybody, at any time.
    fn is_open(&self) -> bool {
        let none = |list: &Option<Vec<Value>>| list.as_ref().is_none_or(Vec::is_empty);
        let condition = self.condition.as_deref().unwrap_or_default().trim();
        matches!(condition, "" | "{}")
            && none(&self.groups)
            && none(&self.prerequisites)
            && !self.is_scheduled()
            && self.all_projects != Some(false)
            && self.namespace.as_ref().and_then(|n| n.get("enabled")?.as_bool()) != Some(true)
    }

    /// Whether it holds only at some times, which nothing tells when they come.
    fn is_scheduled(&self) -> bool {
        self.schedule.as_ref().is_some_and(|s| !s.is_empty())
    }

    fn coverage(&self) -> f64 {
        self.coverage.unwrap_or(1.0).clamp(0.0, 1.0)
    }

    fn arms(&self) -> impl Iterator<Item = &Arm> {
        self.values.iter().chain(&self.variations).flatten()
    }
}
