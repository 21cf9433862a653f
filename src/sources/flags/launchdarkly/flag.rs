//! A flag as entries of the audit log hold it and the API shows it: what it gives, and to how many.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::domain::flag::Variant;
use crate::sources::flags::{percent, text};

/// Weights are thousandths of a percent.
const WEIGHTS_PER_PERCENT: f64 = 1_000.0;
/// Variations of one flag that are kept.
const VARIATIONS_MAX: usize = 50;

/// A flag in all environments, or in those that the entry is about or that were asked for.
#[derive(Deserialize)]
pub struct Flag {
    /// Its key.
    pub key: Option<String>,
    /// Counts the flag's changes.
    #[serde(rename = "_version")]
    pub version: Option<i64>,
    /// Whether it is put away.
    pub archived: Option<bool>,
    variations: Option<Vec<Variation>>,
    /// By the environment's key.
    pub environments: Option<BTreeMap<String, Setting>>,
}

#[derive(Deserialize)]
struct Variation {
    name: Option<String>,
    value: Option<Box<RawValue>>,
}

/// A flag in one environment.
#[derive(Deserialize)]
pub struct Setting {
    /// Whether its targeting is on.
    pub on: Option<bool>,
    #[serde(rename = "offVariation")]
    off: Option<i64>,
    /// What everybody gets whom no rule catches.
    pub fallthrough: Option<Serve>,
    rules: Option<Vec<Serve>>,
    targets: Option<Vec<Target>>,
    #[serde(rename = "contextTargets")]
    context_targets: Option<Vec<Target>>,
    /// Where people look at it.
    #[serde(rename = "_site")]
    pub site: Option<Link>,
}

/// A path below `LaunchDarkly`'s own address.
#[derive(Deserialize)]
pub struct Link {
    /// From the first slash on.
    pub href: Option<String>,
}

/// What the default rule or another gives: one variation, or shares of several.
#[derive(Deserialize, PartialEq)]
pub struct Serve {
    variation: Option<i64>,
    rollout: Option<Rollout>,
}

#[derive(Deserialize, PartialEq)]
struct Rollout {
    variations: Vec<Weighted>,
}

#[derive(Deserialize, PartialEq)]
struct Weighted {
    variation: i64,
    weight: f64,
}

#[derive(Deserialize)]
struct Target {
    variation: Option<i64>,
    values: Option<Vec<IgnoredAny>>,
}

impl Flag {
    /// The flag in an environment, where the entry holds it and is about that flag.
    pub fn setting(&self, flag: &str, environment: &str) -> Option<&Setting> {
        let is_it = self.key.as_deref().is_none_or(|key| key == flag);
        self.environments.as_ref().filter(|_| is_it)?.get(environment)
    }

    /// What the flag gives in an environment, and to how many: by the rule that reaches most.
    pub fn variants(&self, setting: &Setting) -> Vec<Variant> {
        let Some(served) = setting.widest().map(|(rule, _)| rule).or(setting.fallthrough.as_ref()) else {
            return Vec::new();
        };
        let named = self.variations.as_deref().unwrap_or_default();
        let all = served.variation.map(|v| (v, 100.0 * WEIGHTS_PER_PERCENT));
        let mut weights: BTreeMap<i64, f64> = all.into_iter().collect();
        // An experiment lists a variation twice: those whom it watches, and the rest.
        for w in served.rollout.iter().flat_map(|r| &r.variations) {
            *weights.entry(w.variation).or_default() += w.weight;
        }
        let name = |index: i64| {
            let variation = usize::try_from(index).ok().and_then(|i| named.get(i));
            variation.and_then(Variation::shown).unwrap_or_else(|| format!("variation {index}"))
        };
        let variant = |(v, w): (&i64, &f64)| Variant { name: name(*v), percent: percent(w / WEIGHTS_PER_PERCENT) };
        weights.iter().take(VARIATIONS_MAX).map(variant).collect()
    }
}

impl Setting {
    /// How many the flag reaches while on.
    pub fn percent(&self) -> Option<f64> {
        let (_, reach) = self.widest()?;
        let other = |v: Option<i64>| v.is_some() && v != self.off;
        let targets = self.targets.iter().chain(&self.context_targets).flatten();
        let some = self.rules.iter().flatten().any(|r| other(r.variation))
            || targets.filter(|t| t.values.as_ref().is_some_and(|v| !v.is_empty())).any(|t| other(t.variation));
        (reach > 0.0 || !some).then_some(reach)
    }

    /// Which reaches most of the default rule and the percentage rollouts, and how many.
    fn widest(&self) -> Option<(&Serve, f64)> {
        let off = self.off?;
        let default = self.fallthrough.as_ref()?;
        let ramps = self.rules.iter().flatten().filter(|r| r.variation.is_none());
        let reaches = ramps.filter_map(|r| Some((r, r.reach(off)?)));
        Some(reaches.fold((default, default.reach(off)?), |a, b| if b.1 > a.1 { b } else { a }))
    }
}

impl Serve {
    /// How many get another variation than the off variation.
    fn reach(&self, off: i64) -> Option<f64> {
        match (self.variation, &self.rollout) {
            (Some(v), _) => Some(if v == off { 0.0 } else { 100.0 }),
            (None, Some(rollout)) => {
                let others = rollout.variations.iter().filter(|w| w.variation != off);
                percent(others.map(|w| w.weight).sum::<f64>() / WEIGHTS_PER_PERCENT)
            }
            (None, None) => None,
        }
    }
}

impl Variation {
    /// Its name, or its value; objects and lists, which may be large, have to be named.
    fn shown(&self) -> Option<String> {
        let value = || match self.value.as_deref()?.get() {
            "null" => None,
            json if json.starts_with(['{', '[']) => None,
            json => text(Some(serde_json::from_str(json).unwrap_or_else(|_| json.to_owned()))),
        };
        text(self.name.clone()).or_else(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn percent_of(setting: &str) -> Option<f64> {
        serde_json::from_str::<Setting>(setting).expect("a setting").percent()
    }

    #[test]
    fn only_another_variation_than_the_off_variation_reaches() {
        let rollout =
            r#"{"rollout": {"variations": [{"variation": 0, "weight": 12500}, {"variation": 1, "weight": 87500}]}}"#;
        for (fallthrough, off, percent) in [
            (r#"{"variation": 0}"#, "1", Some(100.0)),
            (r#"{"variation": 1}"#, "1", Some(0.0)),
            (rollout, "1", Some(12.5)),
            (rollout, "0", Some(87.5)),
            (rollout, "null", None),
            ("{}", "1", None),
            ("null", "1", None),
        ] {
            let setting = format!(r#"{{"on": true, "offVariation": {off}, "fallthrough": {fallthrough}}}"#);
            assert_eq!(percent_of(&setting), percent, "{setting}");
        }
    }

    #[test]
    fn an_empty_list_of_targets_reaches_nobody() {
        let setting = |values: &str| {
            format!(
                r#"{{"on": true, "offVariation": 1, "fallthrough": {{"variation": 1}},
                    "contextTargets": [{{"variation": 0, "contextKind": "user", "values": {values}}}]}}"#
            )
        };
        assert_eq!(percent_of(&setting("[]")), Some(0.0));
        assert_eq!(percent_of(&setting(r#"["ann"]"#)), None);
    }

    #[test]
    fn a_variation_is_called_by_its_name_or_else_by_a_short_value() {
        for (variation, shown) in [
            (r#"{"name": "Blue", "value": "b"}"#, Some("Blue")),
            (r#"{"name": "", "value": "b\u00e9"}"#, Some("b\u{e9}")),
            (r#"{"value": 2.5}"#, Some("2.5")),
            (r#"{"value": {"colour": "blue"}}"#, None),
            (r#"{"value": null}"#, None),
            ("{}", None),
        ] {
            let variation: Variation = serde_json::from_str(variation).expect("a variation");
            assert_eq!(variation.shown().as_deref(), shown);
        }
    }
}
