//! What a flag serves in an environment, and to how many.
//!
//! Weights are thousandths of a percent. A flag that is on reaches those who get another variation than the off variation:
//! by the default rule (`fallthrough`), or by the widest percentage rollout among its rules. How many a rule with one
//! variation, or a list of targets, catches is not told: a flag that reaches others only so has no share, nor has one
//! without an off variation.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::super::facts::{name, percent};
use crate::domain::flag::Variant;

/// Weights are thousandths of a percent.
const WEIGHTS_PER_PERCENT: f64 = 1_000.0;
/// Variations of one flag that are kept.
const VARIATIONS_MAX: usize = 50;

/// A flag in the environments that were asked for.
#[derive(Deserialize)]
pub(super) struct Flag {
    /// Its key.
    pub key: String,
    /// Whether it is put away.
    #[serde(default)]
    pub archived: bool,
    #[serde(default)]
    variations: Vec<Variation>,
    /// By the environment's key.
    #[serde(default)]
    pub environments: BTreeMap<String, Config>,
}

#[derive(Deserialize)]
struct Variation {
    name: Option<String>,
    value: Option<Box<RawValue>>,
}

/// A flag in one environment.
#[derive(Deserialize)]
pub(super) struct Config {
    /// Whether its targeting is on.
    pub on: bool,
    #[serde(rename = "offVariation")]
    off: Option<i64>,
    fallthrough: Option<Serve>,
    rules: Option<Vec<Serve>>,
    targets: Option<Vec<Target>>,
    #[serde(rename = "contextTargets")]
    context_targets: Option<Vec<Target>>,
    /// Where people look at it.
    #[serde(rename = "_site")]
    pub site: Option<Link>,
}

/// What the default rule or another gives: one variation, or shares of several.
#[derive(Deserialize)]
struct Serve {
    variation: Option<i64>,
    rollout: Option<Rollout>,
}

#[derive(Deserialize)]
struct Rollout {
    variations: Vec<Weighted>,
}

#[derive(Deserialize)]
struct Weighted {
    variation: i64,
    weight: f64,
}

#[derive(Deserialize)]
struct Target {
    variation: Option<i64>,
    values: Option<Vec<IgnoredAny>>,
}

/// A path below LaunchDarkly's own address.
#[derive(Deserialize)]
pub(super) struct Link {
    /// From the first slash on.
    pub href: Option<String>,
}

impl Flag {
    /// What the flag gives in an environment, and to how many: by the rule that reaches most.
    pub fn variants(&self, config: &Config) -> Vec<Variant> {
        let Some(served) = config.widest().map(|(rule, _)| rule).or(config.fallthrough.as_ref()) else {
            return Vec::new();
        };
        let all = served.variation.map(|v| (v, 100.0 * WEIGHTS_PER_PERCENT));
        let mut weights: BTreeMap<i64, f64> = all.into_iter().collect();
        // An experiment lists a variation twice: those whom it watches, and the rest.
        for w in served.rollout.iter().flat_map(|r| &r.variations) {
            *weights.entry(w.variation).or_default() += w.weight;
        }
        let called = |index: i64| {
            let variation = usize::try_from(index).ok().and_then(|i| self.variations.get(i));
            variation.and_then(Variation::shown).unwrap_or_else(|| format!("variation {index}"))
        };
        let variant = |(v, w): (&i64, &f64)| Variant { name: called(*v), percent: percent(w / WEIGHTS_PER_PERCENT) };
        weights.iter().take(VARIATIONS_MAX).map(variant).collect()
    }
}

impl Config {
    /// How many the flag reaches while on.
    pub fn share(&self) -> Option<f64> {
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
            json => name(&serde_json::from_str::<String>(json).unwrap_or_else(|_| json.to_owned())),
        };
        self.name.as_deref().and_then(name).or_else(value)
    }
}
