//! Whom a flag of `PostHog` is for: condition sets joined by *or*, each with a share of its own, and the variants that those
//! get.

use serde::Deserialize;
use serde_json::Value;

use super::super::{percent, text};
use crate::domain::flag::{ChangeKind, Variant};

/// A flag's `filters`; of other versions than this nothing is told.
#[derive(Deserialize, PartialEq)]
pub struct Filters {
    groups: Option<Vec<Group>>,
    multivariate: Option<Multivariate>,
    payloads: Option<Value>,
    super_groups: Option<Value>,
    holdout: Option<Value>,
    holdout_groups: Option<Value>,
    aggregation_group_type_index: Option<Value>,
}

#[derive(Deserialize, PartialEq)]
struct Group {
    properties: Option<Value>,
    /// Null for everybody.
    rollout_percentage: Option<Value>,
    variant: Option<Value>,
}

#[derive(Deserialize, PartialEq)]
struct Multivariate {
    #[serde(default)]
    variants: Vec<OneOfMany>,
}

#[derive(Deserialize, PartialEq)]
struct OneOfMany {
    key: String,
    rollout_percentage: Option<Value>,
}

impl Filters {
    /// How many the flag reaches: as many as its widest condition set. Without any it reaches nobody, but for those who
    /// asked for it (`super_groups`).
    pub fn widest(&self) -> Option<f64> {
        let groups = self.groups.as_ref()?;
        if groups.is_empty() {
            return self.super_groups.is_none().then_some(0.0);
        }
        groups
            .iter()
            .map(|g| g.rollout_percentage.as_ref().map_or(Some(100.0), share))
            .try_fold(0.0, |widest, share| share.map(|share| f64::max(widest, share)))
    }

    /// The variants, with how many of those who are reached get each.
    pub fn variants(&self) -> Vec<Variant> {
        let list = self.multivariate.iter().flat_map(|m| &m.variants);
        list.filter_map(|v| {
            Some(Variant { name: text(Some(v.key.clone()))?, percent: v.rollout_percentage.as_ref().and_then(share) })
        })
        .collect()
    }

    /// Reads it. `None` for other forms: there were others, and there are newer ones.
    pub(super) fn read(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok().filter(|f: &Self| f.groups.is_some())
    }

    /// What became of it. `None` stands for what can't be read.
    pub(super) fn changed(before: Option<&Self>, now: Option<&Self>) -> Vec<ChangeKind> {
        let (before, now) = match (before, now) {
            (Some(before), Some(now)) => (before, now),
            (None, Some(_)) => return vec![ChangeKind::RolloutChanged, ChangeKind::TargetingChanged],
            (_, None) => return vec![ChangeKind::TargetingChanged],
        };
        let mut kinds = Vec::new();
        if before.widest() != now.widest() {
            kinds.push(ChangeKind::RolloutChanged);
        }
        if before.multivariate != now.multivariate || before.payloads != now.payloads {
            kinds.push(ChangeKind::VariantsChanged);
        }
        // One condition set may have nothing but its share changed, which is told above.
        let only_share = kinds.first() == Some(&ChangeKind::RolloutChanged) && before.audience() == now.audience();
        let rest = |f: &Self| {
            let of = |v: &Option<Value>| v.clone();
            [&f.super_groups, &f.holdout, &f.holdout_groups, &f.aggregation_group_type_index].map(of)
        };
        if (before.groups != now.groups && !only_share) || rest(before) != rest(now) {
            kinds.push(ChangeKind::TargetingChanged);
        }
        kinds
    }

    /// The condition sets but for their shares.
    fn audience(&self) -> Vec<(&Option<Value>, &Option<Value>)> {
        self.groups.iter().flatten().map(|g| (&g.properties, &g.variant)).collect()
    }
}

/// A percentage, as a number or as text.
fn share(value: &Value) -> Option<f64> {
    percent(value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?)
}
