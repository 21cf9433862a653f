//! Flagsmith: the webhooks of an environment (`FLAG_UPDATED`, `FLAG_DELETED`, `NEW_VERSION_PUBLISHED`) and of an
//! organisation (the first two, and `AUDIT_LOG_CREATED`).
//!
//! `FLAG_UPDATED` holds one state of a flag, new and previous: the one of the environment, or that of a segment or a
//! single identity, which override it. The new state is the truth; the previous one is put together from histories and
//! may be older than the last. A percentage rollout is a segment whose share no webhook tells, so what is heard of
//! segments is a hint. A flag that is on reaches everybody whom no override catches. With variants it reaches those who get
//! one: their weights add up, and whoever is left gets the flag's own value, the control.
//!
//! `FLAG_DELETED` without an override means that the flag is gone; it carries the moment and the author of the last
//! change before. The audit log tells the rest in sentences, after `audit/constants.py`. Field names after
//! `features/tasks.py` and `generate_webhook_feature_state_data` of Flagsmith/flagsmith.

use serde::Deserialize;
use serde_json::Value;

use super::{
    BadBody, ChangeKind, Envelope, FlagChange, Hand, Incoming, Meaning, NAME_MAX, Source, UnixMs, Variant, clean,
    facts, key, percent, read_json, text,
};
use crate::sources::Fact;
use crate::sources::signature::schemes;

/// Flagsmith in the registry.
pub const SOURCE: Source = Source {
    name: "flagsmith",
    aliases: &[],
    // A hook without a secret is not signed.
    schemes: &[&schemes::FLAGSMITH, &schemes::SHARED],
    envelope,
    reads: |event| matches!(event, "FLAG_UPDATED" | "FLAG_DELETED" | "NEW_VERSION_PUBLISHED" | AUDIT),
    parse,
    keeps: &[],
};

const AUDIT: &str = "AUDIT_LOG_CREATED";
/// What those are called who get no variant.
const CONTROL: &str = "control";
/// Variants of one flag that are kept.
const VARIANTS_MAX: usize = 50;

/// What every body has, but for audit records as the documentation shows them: those come without an envelope.
#[derive(Deserialize)]
struct Head {
    event_type: Option<String>,
    log: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Hook<T> {
    data: T,
}

#[derive(Deserialize)]
struct Update {
    new_state: Option<State>,
    previous_state: Option<State>,
    changed_by: Option<String>,
    timestamp: Option<String>,
}

#[derive(Deserialize)]
struct State {
    feature: Feature,
    environment: Named,
    enabled: bool,
    feature_state_value: Option<Value>,
    identity: Option<Value>,
    identity_identifier: Option<Value>,
    feature_segment: Option<serde::de::IgnoredAny>,
    #[serde(rename = "multivariate_feature_state_values")]
    variants: Option<Vec<Weight>>,
}

#[derive(Deserialize)]
struct Feature {
    name: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    project: Option<Named>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize, PartialEq)]
struct Weight {
    #[serde(rename = "multivariate_feature_option")]
    option: Choice,
    percentage_allocation: f64,
}

#[derive(Deserialize, PartialEq)]
struct Choice {
    id: Option<i64>,
    value: Option<Value>,
}

#[derive(Deserialize)]
struct Record {
    id: Option<i64>,
    created_date: Option<String>,
    log: String,
    author: Option<Author>,
    environment: Option<Named>,
    project: Option<Named>,
    #[serde(rename = "related_object_type")]
    about: Option<String>,
}

#[derive(Deserialize)]
struct Author {
    email: Option<String>,
}

fn envelope(incoming: &Incoming<'_>) -> Result<Envelope, BadBody> {
    let head: Head = read_json(incoming.body)?;
    let event = match (head.event_type, head.log) {
        (Some(event), _) => clean(&event, NAME_MAX),
        (None, Some(_)) => AUDIT.to_owned(),
        (None, None) => return Err(BadBody::of("event_type", "expected the kind of event")),
    };
    Ok(Envelope::of_body(event, incoming.body))
}

fn parse(incoming: &Incoming<'_>) -> Result<Meaning, BadBody> {
    match incoming.event {
        "FLAG_UPDATED" => updated(read_json::<Hook<Update>>(incoming.body)?.data),
        "FLAG_DELETED" => deleted(read_json::<Hook<Update>>(incoming.body)?.data),
        AUDIT => {
            let head: Head = read_json(incoming.body)?;
            let record = if head.log.is_some() { read_json(incoming.body)? } else { inner(incoming.body)? };
            audited(&record)
        }
        // The states that it changed came as FLAG_UPDATED, but not the overrides that it left out.
        "NEW_VERSION_PUBLISHED" => Ok(hint(None, "a version may have removed a segment's override")),
        other => Ok(Meaning::Ignored(format!("{} tells of no flag", clean(other, NAME_MAX)))),
    }
}

fn inner(body: &[u8]) -> Result<Record, BadBody> {
    Ok(read_json::<Hook<Record>>(body)?.data)
}

fn hint(change: Option<FlagChange>, why: &str) -> Meaning {
    Meaning::Hint { facts: change.into_iter().map(|c| Fact::Flag(Box::new(c))).collect(), why: why.to_owned() }
}

fn updated(update: Update) -> Result<Meaning, BadBody> {
    let Some(now) = update.new_state else { return Err(BadBody::of("data.new_state", "expected the flag's state")) };
    let change = FlagChange {
        actor: text(update.changed_by),
        occurred_at: update.timestamp.as_deref().and_then(UnixMs::parse_rfc3339),
        ..now.change(ChangeKind::TargetingChanged, "data.new_state.feature.name")?
    };
    if now.is_of_a_person() {
        return Ok(Meaning::Ignored("an override for one identity".into()));
    }
    if now.feature_segment.is_some() {
        return Ok(hint(Some(change), "a segment's override: how many it reaches is not told"));
    }
    let before = update.previous_state.as_ref();
    // The previous state leaves out variants that were never changed.
    let same_variants = before.is_some_and(|s| s.choices() == now.choices());
    let whole = FlagChange {
        before: before.map(|s| s.enabled),
        after: Some(now.enabled),
        percent_before: before.filter(|_| same_variants).and_then(State::percent),
        percent_after: now.percent(),
        variants: now.variants(),
        ..change
    };
    let of = |kind| FlagChange { kind, ..whole.clone() };
    let Some(before) = before else { return Ok(facts(vec![of(ChangeKind::Created)], String::new)) };
    let mut changes = Vec::new();
    let moved = whole.percent_before.is_some() && whole.percent_before != whole.percent_after;
    if moved {
        changes.push(of(ChangeKind::RolloutChanged));
    }
    if before.enabled != now.enabled {
        changes.push(of(if now.enabled { ChangeKind::Enabled } else { ChangeKind::Disabled }));
    }
    let given = same_variants && before.variants != now.variants;
    let added = !same_variants && changes.is_empty();
    if before.feature_state_value != now.feature_state_value || (given && !moved) || added {
        changes.push(of(ChangeKind::VariantsChanged));
    }
    Ok(facts(changes, || "the state is what it was".into()))
}

fn deleted(update: Update) -> Result<Meaning, BadBody> {
    let Some(gone) = update.previous_state else {
        return Err(BadBody::of("data.previous_state", "expected the state that is gone"));
    };
    let field = "data.previous_state.feature.name";
    if gone.is_of_a_person() {
        return Ok(Meaning::Ignored("an override for one identity".into()));
    }
    if gone.feature_segment.is_some() {
        let change = gone.change(ChangeKind::TargetingChanged, field)?;
        return Ok(hint(Some(change), "a segment's override is gone: how many it reached is not told"));
    }
    let change = FlagChange {
        before: Some(gone.enabled),
        percent_before: gone.percent(),
        ..gone.change(ChangeKind::Deleted, field)?
    };
    Ok(facts(vec![change], String::new))
}

/// What a record of the audit log tells that no other webhook does.
fn audited(record: &Record) -> Result<Meaning, BadBody> {
    let about = record.about.as_deref().unwrap_or_default();
    let change = |name: &str, kind: ChangeKind| {
        Ok(FlagChange {
            project: record.project.as_ref().and_then(|p| text(Some(p.name.clone()))),
            environment: record.environment.as_ref().and_then(|e| text(Some(e.name.clone()))),
            actor: record.author.as_ref().and_then(|a| text(a.email.clone())),
            occurred_at: record.created_date.as_deref().and_then(UnixMs::parse_rfc3339),
            source_event_id: record.id.map(|id| id.to_string()),
            ..FlagChange::new("flagsmith", key(name, "log")?, kind)
        })
    };
    let one = |name, kind| Ok(facts(vec![change(name, kind)?], String::new));
    let after = |start: &str| record.log.strip_prefix(start);
    if let Some(name) = after("New Flag / Remote Config created: ").filter(|_| about == "FEATURE") {
        return one(name, ChangeKind::Created);
    }
    // Of a state: the environment went, and the flag with it there.
    if let Some(name) = after("Flag / Remote Config Deleted: ") {
        return one(name, ChangeKind::Deleted);
    }
    if let Some(name) = after("Flag / Remote Config updated: ") {
        return Ok(hint(Some(change(name, ChangeKind::MetadataChanged)?), "the flag may have been archived"));
    }
    if let Some(rest) = after("Flag state / Remote config value deleted for feature '")
        && let Some((name, _)) = rest.split_once("' and segment '")
    {
        let change = change(name, ChangeKind::TargetingChanged)?;
        return Ok(hint(Some(change), "a segment's override is gone: how many it reached is not told"));
    }
    if let Some(rest) = after("Segment rules updated for flag: ")
        && let Some((name, _)) = rest.rsplit_once(" in environment: ")
    {
        let change = change(name, ChangeKind::TargetingChanged)?;
        return Ok(hint(Some(change), "segments changed places: how many they reach is not told"));
    }
    if let Some((percents, name)) = after("Phased rollout split changed from '").and_then(phased) {
        let [percent_before, percent_after] = percents;
        let change =
            FlagChange { percent_before, percent_after, hand: Hand::Ramp, ..change(name, ChangeKind::RolloutChanged)? };
        return Ok(hint(Some(change), "a phased rollout moved: whether the flag is on is not told"));
    }
    Ok(match about {
        "SEGMENT" if after("New Segment created: ").is_none() => {
            hint(None, "a segment changed: which flags it carries is not told")
        }
        "EF_VERSION" => hint(None, "a version may have removed a segment's override"),
        "FEATURE_STATE" => Meaning::Ignored("the state is told by FLAG_UPDATED".into()),
        _ => Meaning::Ignored("the record is about no flag".into()),
    })
}

/// Reads `10%' to '20%' for feature 'new_checkout' by release pipeline 'Beta' (stage: 'Second')`.
fn phased(text: &str) -> Option<([Option<f64>; 2], &str)> {
    let (before, rest) = text.split_once("%' to '")?;
    let (after, rest) = rest.split_once("%' for feature '")?;
    let (name, _) = rest.split_once("' by release pipeline '")?;
    Some(([before, after].map(|p| percent(p.trim().parse().ok()?)), name))
}

impl State {
    fn change(&self, kind: ChangeKind, field: &str) -> Result<FlagChange, BadBody> {
        Ok(FlagChange {
            project: self.feature.project.as_ref().and_then(|p| text(Some(p.name.clone()))),
            environment: text(Some(self.environment.name.clone())),
            ..FlagChange::new("flagsmith", key(&self.feature.name, field)?, kind)
        })
    }

    fn choices(&self) -> Option<Vec<Option<i64>>> {
        Some(self.variants.as_ref()?.iter().map(|w| w.option.id).collect())
    }

    fn is_of_a_person(&self) -> bool {
        self.identity.is_some() || self.identity_identifier.is_some()
    }

    /// How many it reaches while on; unknown from servers that tell no variants.
    fn percent(&self) -> Option<f64> {
        match self.variants.as_deref()? {
            [] if self.feature.kind.as_deref() != Some("MULTIVARIATE") => Some(100.0),
            // Thirds need not add up to 100 to the last digit.
            list => percent(list.iter().map(|w| w.percentage_allocation).sum::<f64>().min(100.0)),
        }
    }

    fn variants(&self) -> Vec<Variant> {
        let list = self.variants.as_deref().unwrap_or_default();
        let name = |choice: &Choice| match choice.value.as_ref()? {
            Value::String(value) => text(Some(value.clone())),
            Value::Null => None,
            value => text(Some(value.to_string())),
        };
        let variants = list.iter().take(VARIANTS_MAX).map(|w| Variant {
            name: name(&w.option).unwrap_or_else(|| "variant".into()),
            percent: percent(w.percentage_allocation),
        });
        let rest = self.percent().filter(|_| !list.is_empty()).map(|p| 100.0 - p);
        variants.chain(rest.map(|p| Variant { name: CONTROL.into(), percent: Some(p) })).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::Headers;

    fn read(event: &str, body: &str) -> Result<Meaning, BadBody> {
        let headers = Headers::default();
        parse(&Incoming { event, ..Incoming::new(&headers, body.as_bytes(), UnixMs(0)) })
    }

    #[test]
    fn a_name_may_hold_what_separates_it() {
        for (log, name) in [
            ("Flag state / Remote config value deleted for feature 'it's' and segment 'a' and segment 'b'", "it's"),
            ("Segment rules updated for flag: x in environment: y in environment: z", "x in environment: y"),
            ("Flag / Remote Config Deleted: a: b", "a: b"),
        ] {
            let told = read(AUDIT, &format!(r#"{{"log": "{log}", "related_object_type": "FEATURE"}}"#));
            let Ok(Meaning::Facts(facts) | Meaning::Hint { facts, .. }) = told else { panic!("{log}: {told:?}") };
            assert!(matches!(&facts[..], [Fact::Flag(change)] if change.flag == name), "{log}: {facts:?}");
        }
    }

    #[test]
    fn what_lacks_its_state_is_refused_by_the_field() {
        let field = |event, body| read(event, body).map_err(|bad| bad.field);
        assert_eq!(field("FLAG_UPDATED", r#"{"data": {"new_state": null}}"#), Err("data.new_state".into()));
        assert_eq!(field("FLAG_DELETED", r#"{"data": {"new_state": null}}"#), Err("data.previous_state".into()));
        assert_eq!(field(AUDIT, r#"{"data": {"created_date": ""}}"#), Err("data".into()));
    }
}
