//! Statsig's exposures and events, as its generic webhook sends them in batches.
//!
//! A gate's variant is whether it was passed; an experiment's is the group. Changes of gates come through the same webhook
//! and belong to `/hooks/statsig`. After Statsig's documentation, *Event Webhook*.

use serde_json::Value;

use super::pick::{self, Fields};
use super::when::{self, Clocks};
use super::{Document, ID_MAX, NAME_MAX, Reading, Shape, USER_MAX, flags};
use crate::domain::feedback::Belongs;
use crate::domain::usage::{EVENT_NAME_MAX_CHARS, Usage, UsageRecord};
use crate::sources::BadBody;
use crate::time::UnixMs;

/// Statsig in the registry.
pub(super) const SHAPE: Shape = Shape { name: "statsig", fits, read };

fn fits(d: Document<'_>) -> bool {
    d.get("eventName").is_some()
        || d.list("data").and_then(|l| l.first()).is_some_and(|first| first.get("eventName").is_some())
}

fn read(d: Document<'_>, reading: &mut Reading) {
    let Some(events) = d.list("data") else {
        if reading.begin() {
            reading.take_one(event(d.fields, d.received_at));
        }
        return;
    };
    for item in events {
        if !reading.begin() {
            continue;
        }
        match item {
            Value::Object(fields) => reading.take_one(event(fields, d.received_at)),
            _ => reading.refuse("", "expected an object"),
        }
    }
}

/// One event, or why it is ignored.
fn event(fields: &Fields, received_at: UnixMs) -> Result<Result<UsageRecord, &'static str>, BadBody> {
    let name = pick::first(fields, &["eventName"], "", EVENT_NAME_MAX_CHARS)?
        .ok_or_else(|| BadBody::of("eventName", "expected the event's name"))?;
    let none = Fields::new();
    let metadata = pick::object(fields, "metadata")?.unwrap_or(&none);
    let flag = |names: &[&str]| {
        let of = |flag| Belongs { flag: Some(flag), ..Belongs::default() };
        let missing = || BadBody::of("metadata", format!("expected {}", names.join(" or ")));
        pick::first(metadata, names, "metadata.", NAME_MAX)?.map(of).ok_or_else(missing)
    };
    let variant = |names: &[&str]| pick::first(metadata, names, "metadata.", NAME_MAX);
    let (belongs, what) = match name.as_str() {
        "statsig::gate_exposure" => {
            let variant = variant(&["gateValue"])?;
            (flag(&["gate", "gateName"])?, Usage::Exposure { variant })
        }
        "statsig::experiment_exposure" | "statsig::config_exposure" | "statsig::layer_exposure" => {
            let names = &["config", "experiment", "configName", "allocatedExperiment"];
            let variant = variant(&["groupName", "group", "ruleName", "ruleID"])?;
            (flag(names)?, Usage::Exposure { variant })
        }
        "statsig::config_change" => return Ok(Err("changes of gates belong to /hooks/statsig")),
        internal if internal.starts_with("statsig::") => return Ok(Err("events of Statsig's about itself")),
        _ => {
            let value = fields.get("value").and_then(pick::number).or_else(|| flags::value(metadata));
            (Belongs::default(), Usage::Event { name, value })
        }
    };
    let of_user = fields.get("user").and_then(Value::as_object);
    let user = match of_user {
        Some(user) => pick::first(user, &["userID", "customID"], "user.", USER_MAX)?,
        None => None,
    };
    let user = match user {
        Some(user) => Some(user),
        None => pick::first(fields, &["userID", "userId", "unitID", "stableID", "stableId"], "", USER_MAX)?,
    };
    let environment = of_user
        .and_then(|u| u.get("statsigEnvironment"))
        .and_then(Value::as_object)
        .and_then(|e| pick::perhaps(e, &["tier"], NAME_MAX));
    let time = ["timestamp", "time"].iter().find_map(|n| fields.get(*n).filter(|v| !v.is_null()));
    let at = match time {
        None => None,
        Some(value) => Some(when::read(value).ok_or_else(|| BadBody::of("timestamp", when::EXPECTED))?),
    };
    let occurred_at =
        when::happened(Clocks { at, sent: None }, received_at).map_err(|problem| BadBody::of("timestamp", problem))?;
    let message_id = pick::first(fields, &["timeUUID"], "", ID_MAX)?;
    Ok(Ok(UsageRecord { user, belongs, environment, what, occurred_at, message_id }))
}
