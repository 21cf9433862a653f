//! Segment's tracking API and those that copied it, `RudderStack` first: a message, or a `batch` of them.
//!
//! `track` is an event, or an exposure where its name says so; `identify` and `context.traits` tell what kind of person it
//! is. Pages, screens, groups and aliases say nothing of a rollout. A moment is corrected as Segment does: `timestamp`
//! plus what lies between `sentAt` and our receiving; where `receivedAt` is there, somebody before us did. Fields after
//! rudderlabs/rudder-server `gateway/openapi.yaml` and Segment's specification, *Common fields*.

use serde_json::Value;

use super::pick::{self, Fields};
use super::when::{self, Clocks};
use super::{Document, ID_MAX, Reading, Shape, USER_MAX, facts, flags, own};
use crate::domain::feedback::Belongs;
use crate::domain::usage::{EVENT_NAME_MAX_CHARS, Usage, UsageRecord};
use crate::sources::BadBody;
use crate::time::UnixMs;

/// Segment and `RudderStack` in the registry.
pub(super) const SHAPE: Shape = Shape { name: "segment", fits, read };

/// The kinds of message.
const TYPES: &[&str] = &["track", "identify", "page", "screen", "group", "alias"];

fn fits(d: Document<'_>) -> bool {
    let of_person = d.get("userId").is_some() || d.get("anonymousId").is_some();
    d.list("batch").is_some() || is_type(d.text("type")) || of_person && !own::claims(d.text("type"))
}

/// Whether an object says of itself that it is a message.
pub(super) fn is_type(kind: Option<&str>) -> bool {
    kind.is_some_and(|kind| TYPES.contains(&kind))
}

fn read(d: Document<'_>, reading: &mut Reading) {
    let Some(batch) = d.list("batch") else {
        if reading.begin() {
            message(d.fields, None, d.received_at, reading);
        }
        return;
    };
    let sent = d.get("sentAt").and_then(when::read);
    for item in batch {
        if !reading.begin() {
            continue;
        }
        match item {
            Value::Object(fields) => message(fields, sent, d.received_at, reading),
            _ => reading.refuse("", "expected an object"),
        }
    }
}

fn message(fields: &Fields, sent: Option<UnixMs>, received_at: UnixMs, reading: &mut Reading) {
    let kind = match fields.get("type").and_then(Value::as_str) {
        Some(kind) => kind,
        // At an address such as `/v1/track` a message does not say what it is.
        None if fields.contains_key("event") => "track",
        None if fields.contains_key("traits") => "identify",
        None => return reading.refuse("type", "expected track, identify, page, screen, group or alias"),
    };
    match kind {
        "track" | "identify" => {}
        "page" | "screen" => return reading.ignore("page and screen views say nothing of a rollout"),
        "group" => return reading.ignore("groups are not used"),
        "alias" => return reading.ignore("aliases are not used"),
        _ => return reading.refuse("type", "expected track, identify, page, screen, group or alias"),
    }
    let read = if kind == "track" { track(fields, sent, received_at) } else { identify(fields, sent, received_at) };
    match read {
        Ok(Some(told)) => {
            reading.records.push(told.record);
            reading.take_derived(told.beside);
        }
        Ok(None) => reading.ignore("it tells no plain trait of the person"),
        Err(BadBody { field, problem }) => reading.refuse(&field, problem),
    }
}

/// What a message tells, and what follows beside it.
struct Told {
    record: UsageRecord,
    beside: Vec<UsageRecord>,
}

fn track(fields: &Fields, sent: Option<UnixMs>, received_at: UnixMs) -> Result<Option<Told>, BadBody> {
    let name = pick::first(fields, &["event"], "", EVENT_NAME_MAX_CHARS)?
        .ok_or_else(|| BadBody::of("event", "expected the event's name"))?;
    let none = Fields::new();
    let properties = pick::object(fields, "properties")?.unwrap_or(&none);
    let exposure = flags::is_exposure(&name);
    let named = if exposure { flags::shown(properties)? } else { flags::mentioned(properties) };
    let what = if exposure {
        Usage::Exposure { variant: named.variant.clone() }
    } else {
        Usage::Event { name, value: named.value }
    };
    let record = record(fields, sent, received_at, named.belongs, named.environment, what)?;
    let mut beside: Vec<UsageRecord> =
        flags::evaluated(properties).map(|(flag, variant)| flags::exposure(&record, flag, Some(variant))).collect();
    // Who uses a feature under a variant was shown it.
    if let (false, Some(flag), Some(variant)) = (exposure, &record.belongs.flag, named.variant) {
        beside.push(flags::exposure(&record, flag.clone(), Some(variant)));
    }
    if let Some(traits) = context_traits(fields)? {
        beside.push(facts::beside(&record, traits));
    }
    Ok(Some(Told { record, beside }))
}

fn identify(fields: &Fields, sent: Option<UnixMs>, received_at: UnixMs) -> Result<Option<Told>, BadBody> {
    let own = pick::object(fields, "traits")?.and_then(facts::traits).unwrap_or_default();
    let mut attributes = context_traits(fields)?.unwrap_or_default();
    attributes.extend(own);
    let record =
        record(fields, sent, received_at, Belongs::default(), None, Usage::Traits { attributes: attributes.clone() })?;
    Ok((!attributes.is_empty()).then_some(Told { record, beside: Vec::new() }))
}

/// Traits that come with every message.
fn context_traits(fields: &Fields) -> Result<Option<std::collections::BTreeMap<String, String>>, BadBody> {
    let Some(context) = pick::object(fields, "context")? else { return Ok(None) };
    Ok(context.get("traits").and_then(Value::as_object).and_then(facts::traits))
}

fn record(
    fields: &Fields,
    sent: Option<UnixMs>,
    received_at: UnixMs,
    belongs: Belongs,
    environment: Option<String>,
    what: Usage,
) -> Result<UsageRecord, BadBody> {
    let user = pick::first(fields, &["userId", "anonymousId"], "", USER_MAX)?
        .ok_or_else(|| BadBody::of("userId", "expected userId or anonymousId"))?;
    let occurred_at = moment(fields, sent, received_at)?;
    let message_id = pick::first(fields, &["messageId"], "", ID_MAX)?;
    Ok(UsageRecord { user: Some(user), belongs, environment, what, occurred_at, message_id })
}

/// When it happened, see [`when::happened`].
fn moment(fields: &Fields, sent: Option<UnixMs>, received_at: UnixMs) -> Result<UnixMs, BadBody> {
    let corrected = fields.contains_key("receivedAt") && fields.contains_key("timestamp");
    let names: &[&str] = if corrected { &["timestamp"] } else { &["originalTimestamp", "timestamp"] };
    let mut clocks = Clocks { at: None, sent: fields.get("sentAt").and_then(when::read).or(sent) };
    let mut field = "timestamp";
    for name in names {
        let Some(value) = fields.get(*name).filter(|v| !v.is_null()) else { continue };
        clocks.at = Some(when::read(value).ok_or_else(|| BadBody::of(name, when::EXPECTED))?);
        field = name;
        break;
    }
    if corrected {
        clocks.sent = None;
    }
    when::happened(clocks, received_at).map_err(|problem| BadBody::of(field, problem))
}
