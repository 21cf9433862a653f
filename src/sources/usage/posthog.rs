//! `PostHog`'s capture API: an event, an array of them, or a `batch`, as its libraries send it to `/capture`, `/e` and
//! `/batch`.
//!
//! `$feature_flag_called` is an exposure. With every other event the library sends which flags were evaluated for the
//! person: these are exposures beside the event, once a request for each person and variant. `$identify` and `$set` tell
//! what kind of person it is. A moment is corrected as `PostHog` does: by `sent_at`, or `offset`, which is how many ms
//! before sending it happened. Field names after `rust/capture` of PostHog/posthog.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::pick::{self, Fields};
use super::when::{self, Clocks};
use super::{Document, ID_MAX, Reading, Shape, USER_MAX, facts, flags, own, segment};
use crate::domain::feedback::Belongs;
use crate::domain::usage::{EVENT_NAME_MAX_CHARS, Usage, UsageRecord};
use crate::sources::BadBody;
use crate::time::UnixMs;

/// `PostHog` in the registry.
pub(super) const SHAPE: Shape = Shape { name: "posthog", fits, read };

/// Where the name of the person stands.
const DISTINCT: &[&str] = &["distinct_id", "$distinct_id"];
/// Events by which the library does its own work.
const HOUSEKEEPING: &[&str] = &[
    "$groupidentify",
    "$create_alias",
    "$merge_dangerously",
    "$snapshot",
    "$snapshot_items",
    "$$heatmap",
    "$opt_in",
    "$pageleave",
    "$web_vitals",
    "$performance_event",
];

fn fits(d: Document<'_>) -> bool {
    let first = d.list("batch").and_then(|b| b.first()).and_then(Value::as_object);
    let theirs = |fields: &Fields| {
        let properties = fields.get("properties").and_then(Value::as_object);
        let kind = fields.get("type").and_then(Value::as_str);
        let key = ["api_key", "$token"].iter().any(|k| fields.contains_key(*k));
        let person = fields.contains_key("distinct_id") || fields.contains_key("$distinct_id");
        let within = properties.is_some_and(|p| p.contains_key("distinct_id") || p.contains_key("token"));
        !own::claims(kind) && !segment::is_type(kind) && (key || person || within)
    };
    theirs(d.fields) || first.is_some_and(theirs)
}

/// The JSON in a form, as older libraries send it: `data=` with JSON, or with JSON in base64.
pub(super) fn from_form(body: &[u8]) -> Result<Vec<u8>, BadBody> {
    let expected =
        || BadBody::of("data", "expected JSON, or JSON in base64, in a field data; or send application/json");
    let (_, data) = url::form_urlencoded::parse(body).find(|(name, _)| name == "data").ok_or_else(expected)?;
    if data.trim_start().starts_with(['{', '[']) {
        return Ok(data.into_owned().into_bytes());
    }
    // A plus is a blank in a form, and libraries forget to escape it.
    BASE64_STANDARD.decode(data.trim().replace(' ', "+")).map_err(|_| expected())
}

fn read(d: Document<'_>, reading: &mut Reading) {
    let sent = d.get("sent_at").and_then(when::read);
    let Some(batch) = d.list("batch") else {
        if reading.begin() {
            event(d.fields, sent, d.received_at, reading);
        }
        return;
    };
    for item in batch {
        if !reading.begin() {
            continue;
        }
        match item {
            Value::Object(fields) => event(fields, sent, d.received_at, reading),
            _ => reading.refuse("", "expected an object"),
        }
    }
}

/// Reads one event.
pub(super) fn event(fields: &Fields, sent: Option<UnixMs>, received_at: UnixMs, reading: &mut Reading) {
    if let Err(BadBody { field, problem }) = told(fields, sent, received_at, reading) {
        reading.refuse(&field, problem);
    }
}

fn told(fields: &Fields, sent: Option<UnixMs>, received_at: UnixMs, reading: &mut Reading) -> Result<(), BadBody> {
    let name = pick::first(fields, &["event"], "", EVENT_NAME_MAX_CHARS)?
        .ok_or_else(|| BadBody::of("event", "expected the event's name"))?;
    if HOUSEKEEPING.contains(&name.as_str()) {
        reading.ignore("events of PostHog's library about itself, recordings and pages left");
        return Ok(());
    }
    let none = Fields::new();
    let properties = pick::object(fields, "properties")?.unwrap_or(&none);
    let user = match pick::first(fields, DISTINCT, "", USER_MAX)? {
        Some(user) => user,
        None => pick::first(properties, DISTINCT, "properties.", USER_MAX)?
            .ok_or_else(|| BadBody::of("distinct_id", "expected the person's distinct_id"))?,
    };
    let given = [fields.get("$set"), properties.get("$set"), properties.get("$set_once")];
    let mut attributes = std::collections::BTreeMap::new();
    for traits in given.into_iter().flatten().filter_map(Value::as_object) {
        pick::bounded(traits).map_err(|problem| BadBody::of("$set", problem))?;
        attributes.extend(facts::traits(traits).unwrap_or_default());
    }
    let mut record = UsageRecord {
        user: Some(user),
        belongs: Belongs::default(),
        environment: None,
        what: Usage::Traits { attributes: attributes.clone() },
        occurred_at: moment(fields, properties, sent, received_at)?,
        message_id: match pick::first(fields, &["uuid"], "", ID_MAX)? {
            Some(id) => Some(id),
            None => pick::first(properties, &["$insert_id"], "properties.", ID_MAX)?,
        },
    };
    let of_person = name == "$identify" || name == "$set";
    if of_person && attributes.is_empty() {
        reading.ignore("it tells no plain trait of the person");
    }
    let mut variant = None;
    if !of_person {
        let exposure = flags::is_exposure(&name);
        let named = if exposure { flags::shown(properties)? } else { flags::mentioned(properties) };
        record.belongs = named.belongs;
        record.environment = named.environment;
        variant = named.variant.clone().filter(|_| !exposure);
        record.what = if exposure {
            Usage::Exposure { variant: named.variant }
        } else {
            Usage::Event { name, value: named.value }
        };
    }
    let mut beside: Vec<UsageRecord> =
        flags::evaluated(properties).map(|(flag, variant)| flags::exposure(&record, flag, Some(variant))).collect();
    if let (Some(flag), Some(variant)) = (&record.belongs.flag, variant) {
        beside.push(flags::exposure(&record, flag.clone(), Some(variant)));
    }
    if !of_person && !attributes.is_empty() {
        beside.push(facts::beside(&record, attributes.clone()));
    }
    if !of_person || !attributes.is_empty() {
        reading.records.push(record);
    }
    reading.take_derived(beside);
    Ok(())
}

/// When it happened, see [`when::happened`].
fn moment(fields: &Fields, properties: &Fields, sent: Option<UnixMs>, received_at: UnixMs) -> Result<UnixMs, BadBody> {
    let sent = ["sent_at", "$sent_at"].iter().find_map(|n| when::read(fields.get(*n)?)).or(sent);
    let given = fields.get("timestamp").or_else(|| properties.get("timestamp")).filter(|v| !v.is_null());
    if let Some(value) = given {
        let at = when::read(value).ok_or_else(|| BadBody::of("timestamp", when::EXPECTED))?;
        let clocks = Clocks { at: Some(at), sent };
        return when::happened(clocks, received_at).map_err(|problem| BadBody::of("timestamp", problem));
    }
    let Some(offset) = fields.get("offset").filter(|v| !v.is_null()) else { return Ok(received_at) };
    let ms = offset.as_i64().filter(|ms| *ms >= 0);
    let ms = ms.ok_or_else(|| BadBody::of("offset", "expected whole ms, 0 or more"))?;
    let clocks = Clocks { at: Some(received_at.plus(-ms)), sent: None };
    when::happened(clocks, received_at).map_err(|problem| BadBody::of("offset", problem))
}
