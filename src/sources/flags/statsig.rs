//! Statsig: the generic webhook's *Config Changes*, in batches, signed with a time.
//!
//! A change says in a text for people what was done: `Updated Rule everyone rollout from 10.00% to 50.00%` is documented,
//! and percentages are those of that rule. How switching a gate on and off reads is not documented; what looks like it is
//! read, the rest is a change of whom it is for, or of what people read of it. A gate is one for all environments, and a
//! change names those that it is about. A new gate is in progress and has no rules, so that nobody passes; a launched one
//! always passes (Statsig's documentation, *Event Webhook*, *Create a Feature Gate*, *Managing Feature Gate lifecycles*).
//!
//! Exposures, which the same webhook can send, tell nothing of what changed.

use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{
    BadBody, CHANGES_MAX, ChangeKind, Envelope, FlagChange, Hand, Incoming, Meaning, NAME_MAX, Scope, Source, UnixMs,
    clean, facts, key, percent, read_json, text,
};
use crate::sources::signature::schemes;

/// Statsig in the registry.
pub const SOURCE: Source = Source {
    name: "statsig",
    aliases: &[],
    schemes: &[&schemes::STATSIG],
    envelope,
    reads: |event| event == CONFIG_CHANGE,
    parse,
    keeps: &["content-type"],
};

const CONFIG_CHANGE: &str = "statsig::config_change";
/// Environments that are read of one change.
const ENVIRONMENTS_MAX: usize = 50;
/// Lines that are read of one change's text.
const LINES_MAX: usize = 200;

/// A change of a rule's share; the name is whatever people called the rule.
static ROLLOUT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(Updated [Rr]ule )(.+)( rollout from )([0-9.]+)% to ([0-9.]+)%(.*)$").expect("a fixed expression")
});

#[derive(Deserialize)]
struct Batch {
    data: Vec<Event>,
}

/// One event. What customers' events hold in these fields is theirs, so that little is expected of it.
#[derive(Deserialize)]
struct Event {
    #[serde(rename = "eventName")]
    name: Option<String>,
    timestamp: Option<Value>,
    user: Option<Value>,
    #[serde(rename = "userID")]
    user_id: Option<Value>,
    #[serde(rename = "timeUUID")]
    id: Option<Value>,
    metadata: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    #[serde(rename = "type")]
    kind: Option<String>,
    name: Option<String>,
    description: Option<String>,
    action: Option<String>,
    environments: Option<String>,
    environment: Option<String>,
    project_name: Option<String>,
    #[serde(rename = "projectID")]
    project_id: Option<Value>,
}

fn read(body: &[u8]) -> Result<Vec<Event>, BadBody> {
    if body.trim_ascii_start().starts_with(b"[") {
        return read_json(body);
    }
    Ok(read_json::<Batch>(body)?.data)
}

fn envelope(incoming: &Incoming<'_>) -> Result<Envelope, BadBody> {
    let events = read(incoming.body)?;
    let changes = events.iter().any(|e| e.name.as_deref() == Some(CONFIG_CHANGE));
    let first = events.first().and_then(|e| e.name.as_deref()).map(|n| clean(n, NAME_MAX));
    let event = if changes { CONFIG_CHANGE.to_owned() } else { first.unwrap_or_else(|| "nothing".into()) };
    Ok(Envelope::of_body(event, incoming.body))
}

fn parse(incoming: &Incoming<'_>) -> Result<Meaning, BadBody> {
    let mut changes = Vec::new();
    for (i, event) in read(incoming.body)?.into_iter().enumerate() {
        if event.name.as_deref() == Some(CONFIG_CHANGE) && changes.len() <= CHANGES_MAX {
            let inside = |e: BadBody| {
                let field = format!("data[{i}].metadata.{}", e.field);
                BadBody { field: field.trim_end_matches('.').to_owned(), ..e }
            };
            changes.extend(told(&event).map_err(inside)?);
        }
    }
    Ok(facts(changes, || "no change of a gate or a dynamic config".into()))
}

/// What one event tells: each change in each environment.
fn told(event: &Event) -> Result<Vec<FlagChange>, BadBody> {
    let m: Metadata = read_json(event.metadata.as_deref().map_or("{}", RawValue::get).as_bytes())?;
    let gate = match m.kind.as_deref() {
        Some("Gate") => true,
        Some("DynamicConfig") => false,
        // Experiments, layers, segments, metrics.
        Some(_) | None => return Ok(Vec::new()),
    };
    let user = |field: &str| event.user.as_ref().and_then(|u| u.get(field));
    let change = FlagChange {
        project: text(m.project_name).or_else(|| m.project_id.as_ref().and_then(scalar)),
        actor: [user("name"), user("email"), user("userID"), event.user_id.as_ref()]
            .into_iter()
            .flatten()
            .find_map(scalar),
        occurred_at: event.timestamp.as_ref().and_then(millis),
        source_event_id: event.id.as_ref().and_then(scalar),
        ..FlagChange::new("statsig", key(m.name.as_deref().unwrap_or_default(), "name")?, ChangeKind::MetadataChanged)
    };
    let kinds = kinds(&change, gate, m.action.as_deref().unwrap_or_default(), m.description.as_deref());
    let named = m.environments.or(m.environment).unwrap_or_default();
    let mut environments: Vec<Option<String>> =
        named.split(',').take(ENVIRONMENTS_MAX).filter_map(|e| text(Some(e.to_owned()))).map(Some).collect();
    environments.dedup();
    if environments.is_empty() {
        environments.push(None);
    }
    let in_each = |kind: FlagChange| {
        environments.iter().map(move |e| FlagChange { environment: e.clone(), ..kind.clone() }).collect::<Vec<_>>()
    };
    Ok(kinds.into_iter().flat_map(in_each).collect())
}

/// What was done, by the action and else by the text.
fn kinds(change: &FlagChange, gate: bool, action: &str, description: Option<&str>) -> Vec<FlagChange> {
    let of = |kind| FlagChange { kind, ..change.clone() };
    match action.to_ascii_lowercase().as_str() {
        "created" if gate => {
            vec![FlagChange { after: Some(true), percent_after: Some(0.0), ..of(ChangeKind::Created) }]
        }
        "created" => vec![of(ChangeKind::Created)],
        "deleted" => vec![of(ChangeKind::Deleted)],
        "archived" => vec![of(ChangeKind::Archived)],
        "unarchived" | "restored" => vec![of(ChangeKind::Restored)],
        _ => by_text(change, description.unwrap_or_default()),
    }
}

fn by_text(change: &FlagChange, description: &str) -> Vec<FlagChange> {
    let lines = || description.lines().take(LINES_MAX).map(|l| l.trim().trim_start_matches("- ").trim());
    let change = FlagChange { hand: lines().map(hand).find(|h| !h.is_person()).unwrap_or_default(), ..change.clone() };
    let mut list = Vec::new();
    let mut targeting = false;
    for line in lines() {
        if let Some(rollout) = ROLLOUT.captures(line) {
            let share = |group: usize| percent(rollout[group].parse().ok()?);
            list.push(FlagChange {
                kind: ChangeKind::RolloutChanged,
                percent_before: share(4),
                percent_after: share(5),
                scope: text(Some(rollout[2].to_owned())).map_or(Scope::Flag, Scope::Rule),
                ..change.clone()
            });
        } else if let Some(switched) = switched(&change, line) {
            list.push(switched);
        } else {
            let line = line.to_ascii_lowercase();
            // What stands behind it are people's own words.
            targeting |= !line.starts_with("description") && (line.contains("rule") || line.contains("condition"));
        }
    }
    if targeting {
        list.push(FlagChange { kind: ChangeKind::TargetingChanged, ..change.clone() });
    }
    if list.is_empty() {
        list.push(FlagChange { kind: ChangeKind::MetadataChanged, ..change });
    }
    list
}

/// A line that is about the whole gate: `Enabled`, `Gate disabled`, `Launched gate new_checkout`.
fn switched(change: &FlagChange, line: &str) -> Option<FlagChange> {
    let line = line.strip_suffix(&change.flag).unwrap_or(line).trim_end_matches('.').trim();
    let words: Vec<String> = line.split_whitespace().take(4).map(str::to_ascii_lowercase).collect();
    let words: Vec<&str> =
        words.iter().map(String::as_str).filter(|w| !["feature", "gate", "was"].contains(w)).collect();
    let of = |kind, on| FlagChange { kind, after: Some(on), ..change.clone() };
    Some(match words[..] {
        ["enabled"] => of(ChangeKind::Enabled, true),
        ["disabled"] => of(ChangeKind::Disabled, false),
        ["launched"] => FlagChange { percent_after: Some(100.0), ..of(ChangeKind::Enabled, true) },
        _ => return None,
    })
}

/// Whose hand a line names; a safeguard or schedule that people set up is not yet one that acts.
fn hand(line: &str) -> Hand {
    let said = match ROLLOUT.captures(line) {
        Some(rollout) => rollout[6].to_ascii_lowercase(),
        None => line.to_ascii_lowercase(),
    };
    let of_people = ["added", "created", "updated", "changed", "removed", "deleted", "description"];
    if of_people.iter().any(|w| said.starts_with(w)) {
        Hand::Person
    } else if said.contains("safeguard") {
        Hand::Guard
    } else if said.contains("scheduled rollout") {
        Hand::Ramp
    } else {
        Hand::Person
    }
}

fn scalar(value: &Value) -> Option<String> {
    text(match value {
        Value::String(s) => Some(s.clone()),
        Value::Number(n) => Some(n.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    })
}

/// A time in ms since 1970, as a number or as text.
fn millis(value: &Value) -> Option<UnixMs> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok()).map(UnixMs)
}

#[cfg(test)]
mod tests {
    use super::super::Fact;
    use super::*;
    use crate::sources::Headers;

    fn read_all(body: &Value) -> Result<Meaning, BadBody> {
        parse(&Incoming::new(&Headers::default(), body.to_string().as_bytes(), UnixMs(0)))
    }

    fn change(name: &str, description: &str) -> Value {
        let metadata =
            serde_json::json!({"type": "Gate", "name": name, "action": "updated", "description": description});
        serde_json::json!({"eventName": CONFIG_CHANGE, "timestamp": "1791540000100", "metadata": metadata})
    }

    fn told(description: &str) -> Vec<FlagChange> {
        let Ok(Meaning::Facts(facts)) = read_all(&serde_json::json!([change("new_checkout", description)])) else {
            panic!("no facts: {description}")
        };
        facts.into_iter().map(|f| if let Fact::Flag(change) = f { *change } else { panic!("no change") }).collect()
    }

    #[test]
    fn only_a_line_about_the_whole_gate_switches_it() {
        for (line, kind) in [
            ("Enabled", ChangeKind::Enabled),
            ("- Gate was disabled.", ChangeKind::Disabled),
            ("- Disabled feature gate new_checkout", ChangeKind::Disabled),
            ("- Disabled rule everyone", ChangeKind::TargetingChanged),
            ("- Enabled rule gate", ChangeKind::TargetingChanged),
            ("- Updated tags", ChangeKind::MetadataChanged),
            ("Description: Enabled", ChangeKind::MetadataChanged),
            ("", ChangeKind::MetadataChanged),
            ("- Updated Rule everyone rollout from ten% to 50.00%", ChangeKind::TargetingChanged),
        ] {
            assert_eq!(told(line).iter().map(|c| c.kind).collect::<Vec<_>>(), [kind], "{line}");
        }
    }

    #[test]
    fn a_safeguard_acts_where_the_text_says_so_and_no_name_does() {
        let rollout = "- Updated Rule everyone rollout from 50.00% to 0.00%";
        for (text, hand) in [
            (format!("Safeguard triggered\n{rollout}"), Hand::Guard),
            (format!("{rollout} by safeguard"), Hand::Guard),
            (format!("- Added safeguard to rule everyone\n{rollout}"), Hand::Person),
            (rollout.replace("everyone", "safeguard rollout from here"), Hand::Person),
            (format!("Description: with a safeguard\n{rollout}"), Hand::Person),
        ] {
            assert_eq!(told(&text)[0].hand, hand, "{text}");
        }
        let odd = told(&rollout.replace("everyone", "a rollout from 1% to 2%"));
        assert_eq!(odd[0].scope, Scope::Rule("a rollout from 1% to 2%".into()));
        assert_eq!((odd[0].percent_before, odd[0].percent_after), (Some(50.0), Some(0.0)));
    }

    #[test]
    fn a_refusal_names_the_change_that_is_wrong() {
        let nameless = serde_json::json!({"eventName": CONFIG_CHANGE, "metadata": {"type": "Gate", "name": 7}});
        let bad = read_all(&serde_json::json!({"data": [change("a", ""), nameless]})).unwrap_err();
        assert_eq!(bad.to_string(), "data[1].metadata.name: expected a string");
        let nameless = serde_json::json!({"eventName": CONFIG_CHANGE, "metadata": {"type": "Gate"}});
        let bad = read_all(&serde_json::json!([nameless])).unwrap_err();
        assert_eq!(bad.to_string(), "data[0].metadata.name: expected the flag's key");
        // What is no flag needs none.
        let other = serde_json::json!([{"eventName": CONFIG_CHANGE, "metadata": {"type": "Project"}}]);
        assert!(matches!(read_all(&other), Ok(Meaning::Ignored(_))));
        assert!(read_all(&serde_json::json!({})).unwrap_err().problem.contains("data"));
    }

    #[test]
    fn of_more_changes_than_are_kept_the_platform_is_asked() {
        let many: Vec<Value> = (0..=CHANGES_MAX).map(|i| change(&format!("gate_{i}"), "")).collect();
        let Ok(Meaning::Hint { facts, .. }) = read_all(&Value::from(many)) else { panic!("no hint") };
        assert_eq!(facts.len(), CHANGES_MAX);
    }
}
