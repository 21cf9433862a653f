//! Unleash, open source and enterprise: the integration *webhook* with its default body, an event of its event log.
//!
//! Unleash signs nothing: it sends what is set as *Authorization*, so a delivery is as good as that secret. It sends an
//! event once, without a repetition, and several in any order; `id` counts them up. Percentages are those of one
//! strategy, as text, and a flag reaches as many as its widest strategy does. Field names after `event-store.ts` and
//! `webhook.ts` of Unleash/unleash.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{
    BadBody, ChangeKind, Envelope, FlagChange, Hand, Incoming, Meaning, NAME_MAX, Repeats, Scope, Source, UnixMs,
    Variant, clean, facts, key, name, percent, read_json, text,
};
use crate::sources::signature::schemes;

/// Unleash in the registry.
pub const SOURCE: Source = Source {
    name: "unleash",
    aliases: &[],
    schemes: &[&schemes::SHARED],
    envelope,
    reads: |event| event.starts_with("feature-"),
    parse,
    keeps: &["content-type"],
};

/// The user under which Unleash itself acts: release plans, schedules.
const SYSTEM_USER: i64 = -1337;
/// Variants' weights are thousandths.
const WEIGHTS_PER_PERCENT: f64 = 10.0;

#[derive(Deserialize)]
struct Event {
    id: i64,
    #[serde(rename = "type")]
    kind: String,
    #[serde(rename = "createdBy")]
    created_by: Option<String>,
    #[serde(rename = "createdByUserId")]
    user_id: Option<i64>,
    #[serde(rename = "createdAt")]
    created_at: Option<String>,
    #[serde(rename = "featureName")]
    feature: Option<String>,
    project: Option<String>,
    environment: Option<String>,
    data: Option<Strategy>,
    #[serde(rename = "preData")]
    before: Option<Strategy>,
}

/// A strategy as the API shows it, and as an event tells it that is about one; of other events nothing of it is read.
#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
pub struct Strategy {
    id: Option<String>,
    name: Option<String>,
    disabled: Option<bool>,
    parameters: Option<serde_json::Value>,
    constraints: Option<serde_json::Value>,
    segments: Option<serde_json::Value>,
    variants: Option<serde_json::Value>,
    #[serde(rename = "milestoneId")]
    milestone: Option<serde_json::Value>,
}

/// A body template may send the event as the text of one field.
#[derive(Deserialize)]
struct Wrapped {
    json: Option<String>,
}

/// What tells events apart; their data is of many forms, and not all concern flags.
#[derive(Deserialize)]
struct Head {
    id: i64,
    #[serde(rename = "type")]
    kind: String,
    #[serde(rename = "createdAt")]
    created_at: Option<String>,
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, BadBody> {
    let wrapped: Wrapped = read_json(body)?;
    match wrapped.json {
        Some(inner) => read_json(inner.as_bytes()),
        None => read_json(body),
    }
}

fn envelope(incoming: &Incoming<'_>) -> Result<Envelope, BadBody> {
    let e: Head = read(incoming.body)?;
    // The time too: a server that is set up anew counts from one again.
    let id = format!("{}@{}", e.id, clean(e.created_at.as_deref().unwrap_or_default(), NAME_MAX));
    Ok(Envelope { id, event: clean(&e.kind, NAME_MAX), repeats: Repeats::Id })
}

fn parse(incoming: &Incoming<'_>) -> Result<Meaning, BadBody> {
    let e: Event = read(incoming.body)?;
    let Some(feature) = e.feature.as_deref() else {
        return Ok(Meaning::Ignored(format!("{} names no flag", clean(&e.kind, NAME_MAX))));
    };
    let by_plan = e.user_id == Some(SYSTEM_USER) || e.data.as_ref().is_some_and(|d| d.milestone.is_some());
    let change = FlagChange {
        project: text(e.project),
        environment: text(e.environment),
        hand: if by_plan { Hand::Ramp } else { Hand::Person },
        actor: text(e.created_by),
        occurred_at: e.created_at.as_deref().and_then(UnixMs::parse_rfc3339),
        sequence: Some(e.id),
        source_event_id: Some(e.id.to_string()),
        ..FlagChange::new("unleash", key(feature, "featureName")?, ChangeKind::MetadataChanged)
    };
    let of = |kind| FlagChange { kind, ..change.clone() };
    let (now, before) = (e.data.unwrap_or_default(), e.before.unwrap_or_default());
    Ok(match e.kind.as_str() {
        // A new flag is off in every environment, a copied one too.
        "feature-created" => one(FlagChange { after: Some(false), ..of(ChangeKind::Created) }),
        "feature-archived" => one(of(ChangeKind::Archived)),
        // It comes back switched off in every environment, and no event of its own says so.
        "feature-revived" => one(FlagChange { after: Some(false), ..of(ChangeKind::Restored) }),
        "feature-deleted" => one(of(ChangeKind::Deleted)),
        "feature-environment-enabled" => one(FlagChange { after: Some(true), ..of(ChangeKind::Enabled) }),
        "feature-environment-disabled" => one(FlagChange { after: Some(false), ..of(ChangeKind::Disabled) }),
        "feature-strategy-add" => one(FlagChange {
            percent_before: Some(0.0),
            percent_after: now.reach(),
            scope: now.scope(),
            variants: now.variants(),
            ..of(ChangeKind::RolloutChanged)
        }),
        "feature-strategy-remove" => one(FlagChange {
            percent_before: before.reach(),
            percent_after: Some(0.0),
            scope: before.scope(),
            ..of(ChangeKind::RolloutChanged)
        }),
        "feature-strategy-update" => updated(&change, &before, &now),
        "feature-variants-updated" | "feature-environment-variants-updated" => one(of(ChangeKind::VariantsChanged)),
        "feature-updated"
        | "feature-metadata-updated"
        | "feature-stale-on"
        | "feature-stale-off"
        | "feature-potentially-stale-on"
        | "feature-completed"
        | "feature-uncompleted"
        | "feature-tagged"
        | "feature-untagged"
        | "feature-project-change" => one(of(ChangeKind::MetadataChanged)),
        other => Meaning::Ignored(format!("{} changes nothing that customers see", clean(other, NAME_MAX))),
    })
}

/// What an update of a strategy changed: each of its share, its variants and whom it is for, by itself.
fn updated(change: &FlagChange, before: &Strategy, now: &Strategy) -> Meaning {
    let whole = FlagChange {
        percent_before: before.reach(),
        percent_after: now.reach(),
        scope: now.scope(),
        variants: now.variants(),
        ..change.clone()
    };
    let mut changes = Vec::new();
    if whole.percent_before != whole.percent_after {
        changes.push(FlagChange { kind: ChangeKind::RolloutChanged, ..whole.clone() });
    }
    if before.variants != now.variants {
        changes.push(FlagChange { kind: ChangeKind::VariantsChanged, ..whole.clone() });
    }
    if before.audience() != now.audience() {
        changes.push(FlagChange { kind: ChangeKind::TargetingChanged, ..whole.clone() });
    }
    if changes.is_empty() {
        changes.push(FlagChange { kind: ChangeKind::MetadataChanged, ..whole });
    }
    facts(changes, String::new)
}

fn one(change: FlagChange) -> Meaning {
    facts(vec![change], String::new)
}

impl Strategy {
    /// How many the strategy reaches; `None` where it goes by names or addresses.
    pub fn reach(&self) -> Option<f64> {
        if self.disabled == Some(true) {
            return Some(0.0);
        }
        let parameter = match self.name.as_deref()? {
            "default" => return Some(100.0),
            "flexibleRollout" => "rollout",
            "gradualRolloutUserId" | "gradualRolloutSessionId" | "gradualRolloutRandom" => "percentage",
            _ => return None,
        };
        let value = self.parameters.as_ref()?.get(parameter)?;
        let told: f64 = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
        // The server takes any number, and shows the flag to everybody from 100 on.
        if told > 100.0 { Some(100.0) } else { percent(told) }
    }

    /// Its id; older servers send none, and then its name stands for it.
    pub fn key(&self) -> Option<String> {
        name(self.id.as_deref().or(self.name.as_deref())?)
    }

    fn scope(&self) -> Scope {
        self.key().map_or(Scope::Flag, Scope::Rule)
    }

    /// The variants that it gives.
    pub fn variants(&self) -> Vec<Variant> {
        let list = self.variants.as_ref().and_then(serde_json::Value::as_array);
        list.into_iter()
            .flatten()
            .filter_map(|v| {
                Some(Variant {
                    name: name(v.get("name")?.as_str()?)?,
                    percent: v.get("weight").and_then(|w| percent(w.as_f64()? / WEIGHTS_PER_PERCENT)),
                })
            })
            .collect()
    }

    /// For whom it is, but for how many.
    fn audience(&self) -> [Option<serde_json::Value>; 4] {
        let parameter = |name: &str| self.parameters.as_ref().and_then(|p| p.get(name)).cloned();
        [self.constraints.clone(), self.segments.clone(), parameter("stickiness"), parameter("groupId")]
    }
}
