//! Flipt, version 1: the audit webhook, one event a delivery. Version 2 has none.
//!
//! An event tells the state after the change; of what was deleted, the last one. It names no environment, since there are
//! none, and of a flag not whether it is boolean or has variants. Field names after `internal/server/audit` of
//! flipt-io/flipt.
//!
//! A boolean flag's `enabled` is what everybody gets whom no rollout catches; rollouts count whether it is true or false
//! (`internal/server/evaluation`: they are tried in order, and then `enabled` is the answer). So it is told as
//! [`Scope::Default`], and each threshold as a rule:
//!
//! | rollout | what the rule itself gives `true` to |
//! |---|---|
//! | threshold of p %, `value` true | p % |
//! | threshold of p %, `value` false | nobody: p % get `false`, all others what comes after it |
//! | segment | those in the segment; how many is not told |
//!
//! A threshold with `value` false takes p % from what stands behind it, which one event can't tell: it is a hint. The
//! same goes for a variant flag's `enabled`, which switches its rules: on for everybody, off for nobody.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{
    BadBody, ChangeKind, Envelope, Fact, FlagChange, Incoming, Meaning, NAME_MAX, Scope, Source, UnixMs, born, clean,
    facts, key, percent, read_json, text,
};
use crate::sources::signature::schemes;
use crate::time::MINUTE_MS;

/// Flipt in the registry.
pub const SOURCE: Source = Source {
    name: "flipt",
    aliases: &["flipt_v1"],
    schemes: &[&schemes::FLIPT, &schemes::SHARED],
    envelope,
    reads: |event| !matches!(event.split_once('.'), Some(("token", _) | (_, "read"))),
    parse,
    keeps: &["content-type"],
};

#[derive(Deserialize)]
struct Head {
    #[serde(rename = "type")]
    kind: String,
    action: String,
    timestamp: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    action: String,
    timestamp: Option<String>,
    status: Option<String>,
    #[serde(default)]
    metadata: Metadata,
    payload: Option<Payload>,
}

#[derive(Default, Deserialize)]
struct Metadata {
    actor: Option<Actor>,
}

#[derive(Deserialize)]
struct Actor {
    name: Option<String>,
    email: Option<String>,
}

/// The fields of every kind of payload that are read.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Payload {
    id: Option<String>,
    key: Option<String>,
    flag_key: Option<String>,
    namespace_key: Option<String>,
    enabled: Option<bool>,
    rank: Option<i64>,
    threshold: Option<Threshold>,
}

#[derive(Deserialize)]
struct Threshold {
    #[serde(default)]
    percentage: f64,
    #[serde(default)]
    value: bool,
}

/// No delivery has an id; the event holds its time. One without is the same for a minute.
fn envelope(incoming: &Incoming<'_>) -> Result<Envelope, BadBody> {
    let head: Head = read_json(incoming.body)?;
    let event = clean(&format!("{}.{}", head.kind, head.action), NAME_MAX);
    Ok(match head.timestamp {
        Some(_) => Envelope::of_body(event, incoming.body),
        None => Envelope::within(event, incoming.body, MINUTE_MS),
    })
}

fn parse(incoming: &Incoming<'_>) -> Result<Meaning, BadBody> {
    let e: Event = read_json(incoming.body)?;
    if e.status.as_deref() == Some("denied") {
        return Ok(Meaning::Ignored("the change was denied".into()));
    }
    let payload = e.payload.unwrap_or_default();
    let deleted = match e.action.as_str() {
        "created" | "updated" => false,
        "deleted" => true,
        other => return Ok(Meaning::Ignored(format!("{} changes nothing", clean(other, NAME_MAX)))),
    };
    let (of, field) = match e.kind.as_str() {
        "flag" => (&payload.key, "payload.key"),
        "variant" | "rule" | "rollout" => (&payload.flag_key, "payload.flag_key"),
        "distribution" => return Ok(hint(Vec::new(), "a distribution changed, and the event names no flag")),
        "segment" | "constraint" => {
            return Ok(hint(Vec::new(), "a segment changed, and the event names no flag that uses it"));
        }
        other => return Ok(Meaning::Ignored(format!("{} is about no flag", clean(other, NAME_MAX)))),
    };
    let actor = e.metadata.actor.and_then(|a| text(a.name).or_else(|| text(a.email)));
    let change = FlagChange {
        project: text(payload.namespace_key.clone()),
        actor,
        occurred_at: e.timestamp.as_deref().and_then(UnixMs::parse_rfc3339),
        ..FlagChange::new("flipt", key(of.as_deref().unwrap_or_default(), field)?, ChangeKind::MetadataChanged)
    };
    Ok(match e.kind.as_str() {
        "flag" => facts(flag(change, &payload, &e.action), String::new),
        "variant" => facts(vec![FlagChange { kind: ChangeKind::VariantsChanged, ..change }], String::new),
        "rule" => facts(vec![FlagChange { kind: ChangeKind::TargetingChanged, ..change }], String::new),
        _ => rollout(change, &payload, e.action == "created", deleted),
    })
}

/// An update says `enabled` whatever was edited: whether that is news, the last known state tells.
fn flag(change: FlagChange, payload: &Payload, action: &str) -> Vec<FlagChange> {
    if action == "deleted" {
        return vec![FlagChange { kind: ChangeKind::Deleted, ..change }];
    }
    let stands = match payload.enabled {
        Some(true) => ChangeKind::Enabled,
        Some(false) => ChangeKind::Disabled,
        None => ChangeKind::MetadataChanged,
    };
    let kind = if action == "created" { ChangeKind::Created } else { stands };
    let scope = if payload.enabled.is_some() { Scope::Default } else { Scope::Flag };
    born(FlagChange { kind, after: payload.enabled, scope, ..change })
}

fn rollout(change: FlagChange, payload: &Payload, created: bool, deleted: bool) -> Meaning {
    // Older servers send no id; then its place stands for it.
    let id = text(payload.id.clone()).unwrap_or_else(|| format!("rank {}", payload.rank.unwrap_or_default()));
    let reach = match &payload.threshold {
        Some(t) if t.value => percent(t.percentage),
        Some(_) => Some(0.0),
        None => None,
    };
    let change = FlagChange { scope: Scope::Rule(id), ..change };
    let change = match (deleted, &payload.threshold) {
        (true, _) => {
            FlagChange { kind: ChangeKind::RolloutChanged, percent_before: reach, percent_after: Some(0.0), ..change }
        }
        (false, Some(_)) => FlagChange {
            kind: ChangeKind::RolloutChanged,
            percent_before: created.then_some(0.0),
            percent_after: reach,
            ..change
        },
        (false, None) => FlagChange { kind: ChangeKind::TargetingChanged, ..change },
    };
    match &payload.threshold {
        Some(t) if !t.value => {
            hint(vec![change], "a threshold takes the flag from some, and of how many is left is not told")
        }
        _ => facts(vec![change], String::new),
    }
}

fn hint(changes: Vec<FlagChange>, why: &str) -> Meaning {
    Meaning::Hint { facts: changes.into_iter().map(|c| Fact::Flag(Box::new(c))).collect(), why: why.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::flag_state::FlagState;
    use crate::domain::signal::Exposure;
    use crate::sources::{Headers, Repeats};

    fn told(kind: &str, action: &str, payload: &str) -> Vec<FlagChange> {
        let body = format!(r#"{{"type": "{kind}", "action": "{action}", "payload": {payload}}}"#);
        match parse(&Incoming::new(&Headers::default(), body.as_bytes(), UnixMs(0))).unwrap() {
            Meaning::Facts(facts) | Meaning::Hint { facts, .. } => facts
                .into_iter()
                .map(|f| match f {
                    Fact::Flag(change) => *change,
                    other => panic!("{other:?}"),
                })
                .collect(),
            Meaning::Ignored(why) => panic!("{why}"),
        }
    }

    #[test]
    fn rollouts_count_whether_the_flag_is_enabled_or_not() {
        let mut state = FlagState::default();
        let flag = |on: bool| format!(r#"{{"key": "a", "enabled": {on}}}"#);
        let rollout = |percent: u8, value: bool| {
            format!(r#"{{"flag_key": "a", "id": "r", "threshold": {{"percentage": {percent}, "value": {value}}}}}"#)
        };
        for (kind, action, payload, exposure) in [
            ("flag", "created", flag(false), Exposure::Off),
            ("rollout", "created", rollout(25, true), Exposure::Percent(25.0)),
            ("flag", "updated", flag(true), Exposure::On),
            ("flag", "updated", flag(false), Exposure::Percent(25.0)),
            ("rollout", "updated", rollout(40, true), Exposure::Percent(40.0)),
            ("rollout", "updated", rollout(40, false), Exposure::Off),
            ("rollout", "deleted", rollout(40, true), Exposure::Off),
        ] {
            for change in told(kind, action, &payload) {
                state.hear(&change.signal(UnixMs(0)).kind);
            }
            assert_eq!(state.exposure(), Some(exposure), "{kind} {action} {payload}");
        }
    }

    #[test]
    fn what_is_about_no_flag_says_so_or_is_refused() {
        let read = |kind: &str, payload: &str| {
            let body = format!(r#"{{"type": "{kind}", "action": "updated", "payload": {payload}}}"#);
            parse(&Incoming::new(&Headers::default(), body.as_bytes(), UnixMs(0)))
        };
        assert!(matches!(read("distribution", "{}"), Ok(Meaning::Hint { facts, .. }) if facts.is_empty()));
        assert!(matches!(read("namespace", "{}"), Ok(Meaning::Ignored(_))));
        assert_eq!(read("flag", "{}").unwrap_err().field, "payload.key");
        assert_eq!(read("rollout", "null").unwrap_err().field, "payload.flag_key");
    }

    #[test]
    fn the_same_event_is_the_same_news_and_one_without_time_for_a_minute() {
        let sent = |body: &str| envelope(&Incoming::new(&Headers::default(), body.as_bytes(), UnixMs(0))).unwrap();
        let timed = sent(r#"{"type": "flag", "action": "updated", "timestamp": "2026-10-09T10:00:00Z"}"#);
        assert_eq!((timed.event.as_str(), timed.repeats), ("flag.updated", Repeats::Body));
        let untimed = sent(r#"{"type": "flag", "action": "updated"}"#);
        assert_eq!(untimed.repeats, Repeats::Within { ms: MINUTE_MS });
    }
}
