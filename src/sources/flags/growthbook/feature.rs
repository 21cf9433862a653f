//! A feature as events hold it and the API shows it: what it gives, and to how many.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::domain::flag::Variant;
use crate::sources::flags::{percent, text};

/// Variants of one feature that are kept.
const VARIANTS_MAX: usize = 50;

/// A feature; of a previous one only the fields that differ.
#[derive(Default, Deserialize)]
pub struct Feature {
    /// Its key.
    pub id: Option<String>,
    /// Whether it is put away.
    pub archived: Option<bool>,
    /// Its project, by id; empty for none.
    pub project: Option<String>,
    /// When it was last changed.
    #[serde(rename = "dateUpdated")]
    pub updated_at: Option<String>,
    #[serde(rename = "valueType")]
    value_type: Option<String>,
    #[serde(rename = "defaultValue")]
    default: Option<String>,
    /// By the environment's key.
    pub environments: Option<BTreeMap<String, Environment>>,
}

/// A feature in one environment.
#[derive(Deserialize)]
pub struct Environment {
    /// Whether it is on.
    pub enabled: Option<bool>,
    rules: Option<Vec<Rule>>,
}

#[derive(Deserialize)]
struct Rule {
    id: Option<String>,
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
    #[serde(rename = "hashAttribute")]
    hash: Option<String>,
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

#[derive(Deserialize, PartialEq)]
struct Arm {
    value: Option<String>,
    weight: Option<f64>,
    name: Option<String>,
    #[serde(rename = "variationId")]
    id: Option<String>,
}

/// What a feature gives to whom no rule catches, and what counts as not reached.
pub struct Basis<'a> {
    default: Option<&'a str>,
    off: Option<&'a str>,
}

impl Feature {
    /// The basis of this feature; what it leaves out is as in `now`.
    pub fn basis<'a>(&'a self, now: &'a Self) -> Basis<'a> {
        let default = self.default.as_deref().or(now.default.as_deref());
        let boolean = self.value_type.as_deref().or(now.value_type.as_deref()) == Some("boolean");
        Basis { default, off: if boolean { Some("false") } else { default } }
    }

    /// Whether `now` gives another default value than this feature, of which only what differs is known.
    pub fn default_differs(&self, now: &Self) -> bool {
        self.default.as_ref().is_some_and(|d| Some(d) != now.default.as_ref())
    }
}

impl Environment {
    /// How many the feature reaches while on.
    pub fn percent(&self, basis: &Basis<'_>) -> Option<f64> {
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
        let name = |arm: &Arm| [&arm.name, &arm.id, &arm.value].into_iter().find_map(|n| text(n.clone()));
        let variant = |arm: &Arm| {
            let percent = arm.weight.and_then(|w| percent((w * 1e6).round() / 1e4));
            Some(Variant { name: name(arm)?, percent })
        };
        rule.arms().take(VARIANTS_MAX).filter_map(variant).collect()
    }

    /// Whether its rules give what those of `other` give.
    pub fn gives_as(&self, other: &Self) -> bool {
        fn gives(r: &Rule) -> impl PartialEq {
            (&r.value, &r.values, &r.variations, &r.control, &r.variation)
        }
        self.rules().map(gives).eq(other.rules().map(gives))
    }

    /// Whether it is for those for whom `other` is.
    pub fn aims_as(&self, other: &Self) -> bool {
        fn aims(r: &Rule) -> impl PartialEq {
            let whom = (&r.condition, &r.groups, &r.prerequisites, &r.schedule, &r.all_projects, &r.namespace);
            (&r.id, &r.kind, &r.hash, whom)
        }
        self.rules().map(aims).eq(other.rules().map(aims))
    }

    /// Whether its safe rollouts are as far as those of `other`.
    pub fn is_as_safe(&self, other: &Self) -> bool {
        fn status(r: &Rule) -> Option<(&Option<String>, &Option<String>)> {
            (r.kind.as_deref() == Some("safe-rollout")).then_some((&r.id, &r.status))
        }
        self.rules().filter_map(status).eq(other.rules().filter_map(status))
    }

    fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().flatten().filter(|r| r.enabled != Some(false))
    }
}

impl Rule {
    /// How many of all it gives what counts as reached; `None` for some.
    fn reach(&self, basis: &Basis<'_>) -> Option<f64> {
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

    /// Whether it holds only at some times, which no event tells when they come.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn percent_of(kind: &str, default: &str, rules: &str) -> Option<f64> {
        let feature = format!(
            r#"{{"valueType": "{kind}", "defaultValue": "{default}",
                "environments": {{"production": {{"enabled": true, "rules": [{rules}]}}}}}}"#
        );
        let feature: Feature = serde_json::from_str(&feature).expect("a feature");
        feature.environments.as_ref().expect("environments")["production"].percent(&feature.basis(&feature))
    }

    #[test]
    fn the_widest_enabled_rule_counts() {
        let rollout = |coverage: f64, more: &str| {
            format!(r#"{{"type": "rollout", "enabled": true, "value": "true", "coverage": {coverage}{more}}}"#)
        };
        for (rules, percent) in [
            (String::new(), Some(0.0)),
            (rollout(0.07, ""), Some(7.0)),
            (format!("{},{}", rollout(0.2, ""), rollout(0.1, "")), Some(20.0)),
            (rollout(0.2, r#", "enabled": false"#).replacen(r#""enabled": true, "#, "", 1), Some(0.0)),
            (rollout(0.2, r#", "condition": "{\"country\": \"DE\"}""#), Some(20.0)),
            (rollout(0.2, r#", "scheduleRules": [{"timestamp": null, "enabled": true}]"#), None),
            (r#"{"type": "force", "value": "true", "condition": "{}"}"#.into(), Some(100.0)),
            (r#"{"type": "force", "value": "false"}"#.into(), Some(0.0)),
            (r#"{"type": "force", "value": "true", "savedGroupTargeting": [{"matchType": "all"}]}"#.into(), None),
            (r#"{"type": "force", "value": "true", "allProjects": false, "projects": []}"#.into(), None),
            // Nothing is left for what comes after a rule that meets everybody.
            (format!(r#"{{"type": "force", "value": "false"}},{}"#, rollout(0.2, "")), Some(0.0)),
            (r#"{"type": "experiment-ref", "variations": [{"value": "false"}, {"value": "true"}]}"#.into(), None),
            (
                r#"{"type": "safe-rollout", "controlValue": "false", "variationValue": "true", "status": "running"}"#
                    .into(),
                None,
            ),
        ] {
            assert_eq!(percent_of("boolean", "false", &rules), percent, "{rules}");
        }
    }

    #[test]
    fn a_boolean_that_is_true_by_default_reaches_whom_no_rule_takes_out() {
        let out = |coverage: f64| format!(r#"{{"type": "rollout", "value": "false", "coverage": {coverage}}}"#);
        assert_eq!(percent_of("boolean", "true", ""), Some(100.0));
        assert_eq!(percent_of("boolean", "true", &out(0.3)), Some(70.0));
        assert_eq!(percent_of("boolean", "true", &out(1.0)), Some(0.0));
        // Of other types the default value is what everybody had before.
        assert_eq!(percent_of("string", "true", ""), Some(0.0));
    }
}
