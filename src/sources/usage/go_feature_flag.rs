//! GO Feature Flag's exporter: which flag gave whom what, in batches, as its webhook exporter sends them.
//!
//! A default that is given because an evaluation failed is no exposure. `meta` may name the environment. Field names after
//! `exporter` of thomaspoignant/go-feature-flag; `creationDate` is in seconds.

use serde_json::Value;

use super::pick::{self, Fields};
use super::when::{self, Clocks};
use super::{Document, NAME_MAX, Reading, Shape, USER_MAX, flags};
use crate::domain::feedback::Belongs;
use crate::domain::usage::{EVENT_NAME_MAX_CHARS, Usage, UsageRecord};
use crate::sources::BadBody;
use crate::time::UnixMs;

/// GO Feature Flag in the registry.
pub(super) const SHAPE: Shape = Shape { name: "go_feature_flag", fits, read };

fn fits(d: Document<'_>) -> bool {
    let theirs = |e: &Value| e.get("userKey").is_some() || e.get("creationDate").is_some();
    d.get("userKey").is_some() && d.get("creationDate").is_some()
        || d.list("events").is_some_and(|events| d.get("meta").is_some() || events.first().is_some_and(theirs))
}

fn read(d: Document<'_>, reading: &mut Reading) {
    let meta = d.get("meta").and_then(Value::as_object);
    let environment = meta.and_then(|m| pick::perhaps(m, &["environment", "env"], NAME_MAX));
    let Some(events) = d.list("events") else {
        // Its file exporters write an event a line.
        if reading.begin() {
            reading.take_one(event(d.fields, None, d.received_at));
        }
        return;
    };
    for item in events {
        if !reading.begin() {
            continue;
        }
        match item {
            Value::Object(fields) => reading.take_one(event(fields, environment.clone(), d.received_at)),
            _ => reading.refuse("", "expected an object"),
        }
    }
}

/// One event, or why it is ignored.
fn event(
    fields: &Fields,
    environment: Option<String>,
    received_at: UnixMs,
) -> Result<Result<UsageRecord, &'static str>, BadBody> {
    let key = pick::first(fields, &["key"], "", EVENT_NAME_MAX_CHARS)?;
    let (belongs, what) = match fields.get("kind").and_then(Value::as_str) {
        Some("feature") | None => {
            if fields.get("default").and_then(Value::as_bool) == Some(true) {
                return Ok(Err("the default was given, because the evaluation failed"));
            }
            let flag = key.ok_or_else(|| BadBody::of("key", "expected the flag's key"))?;
            let variant = match pick::first(fields, &["variation"], "", NAME_MAX)? {
                Some(variant) => Some(variant),
                None => pick::perhaps(fields, &["value"], NAME_MAX),
            };
            (Belongs { flag: Some(flag), ..Belongs::default() }, Usage::Exposure { variant })
        }
        Some("tracking") => {
            let name = key.ok_or_else(|| BadBody::of("key", "expected the event's name"))?;
            let value = fields.get("trackingEventDetails").and_then(Value::as_object).and_then(flags::value);
            (Belongs::default(), Usage::Event { name, value })
        }
        Some(_) => return Ok(Err("events of this kind are not used")),
    };
    let user = pick::first(fields, &["userKey"], "", USER_MAX)?;
    let at = match fields.get("creationDate").filter(|v| !v.is_null()) {
        None => None,
        Some(value) => {
            Some(when::read(value).ok_or_else(|| BadBody::of("creationDate", "expected seconds since 1970"))?)
        }
    };
    let occurred_at = when::happened(Clocks { at, sent: None }, received_at)
        .map_err(|problem| BadBody::of("creationDate", problem))?;
    Ok(Ok(UsageRecord { user, belongs, environment, what, occurred_at, message_id: None }))
}
