//! Customers' statements as they are sent to `/v1/feedback`: one object, an array, or an object a line.
//!
//! Every fault is named with the item and the field, so that a sender mends them in one go; what was sent is never
//! repeated in an error. A field that nobody knows is a fault too: a misspelt `raitng` would be lost in silence.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::BadBody;
use super::fields::{self, Fields, Reader};
use crate::domain::feedback::{Belongs, Rating, Statement, TEXT_MAX_CHARS};
use crate::time::{DAY_MS, MINUTE_MS, UnixMs};

/// Statements that one request may hold.
pub const ITEMS_MAX: usize = 1_000;
/// Attributes of one statement.
pub const ATTRIBUTES_MAX: usize = 50;
/// Largest `metadata`, as JSON, bytes.
pub const METADATA_MAX_BYTES: usize = 16_384;
/// A statement's time may lie this far in the future: clocks differ, ms.
const FUTURE_MAX_MS: i64 = 5 * MINUTE_MS;
/// And this far back, ms.
const PAST_MAX_MS: i64 = 3_653 * DAY_MS;
/// Faults that one answer names.
const FAULTS_MAX: usize = 20;

/// Longest names and values, in characters.
const NAME_MAX: usize = 200;
const USER_MAX: usize = 500;
const VALUE_MAX: usize = 500;
const CHANNEL_MAX: usize = 50;
const LOCALE_MAX: usize = 35;
const URL_MAX: usize = 2_000;

/// A statement as it was given.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    /// The sender's own id of it: the same id sent twice is one statement.
    pub id: Option<String>,
    /// What was said.
    pub statement: Statement,
}

/// The fields that a statement may have.
const KNOWN: &[&str] = &[
    "text",
    "rating",
    "rollout",
    "flag",
    "release",
    "variant",
    "user",
    "attributes",
    "channel",
    "locale",
    "url",
    "occurred_at",
    "metadata",
    "id",
];

/// Reads statements; `channel` is the one of those that name none. All or nothing: the faults of up to twenty fields.
pub fn parse(body: &[u8], channel: &str, now: UnixMs) -> Result<Vec<Given>, Vec<BadBody>> {
    let (items, many) = items(body).map_err(|fault| vec![fault])?;
    let mut given = Vec::with_capacity(items.len());
    let mut faults = Vec::new();
    for (i, item) in items.into_iter().enumerate() {
        let place = if many { format!("[{i}]") } else { String::new() };
        match one(item, place, channel, now) {
            Ok(one) => given.push(one),
            Err(found) => faults.extend(found),
        }
        if faults.len() >= FAULTS_MAX {
            break;
        }
    }
    faults.truncate(FAULTS_MAX);
    if faults.is_empty() { Ok(given) } else { Err(faults) }
}

/// The objects of a body, and whether there may be several.
fn items(body: &[u8]) -> Result<(Vec<&RawValue>, bool), BadBody> {
    let text = std::str::from_utf8(body).map_err(|_| BadBody::of("", "not JSON: not UTF-8"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut found: Vec<&RawValue> = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter::<&RawValue>() {
        let value = value.map_err(|e| {
            let place = if found.is_empty() { String::new() } else { format!("[{}]", found.len()) };
            BadBody { field: place, problem: super::describe(&e) }
        })?;
        found.push(value);
        if found.len() > ITEMS_MAX {
            return Err(too_many());
        }
    }
    let (items, many) = match found.as_slice() {
        [array] if array.get().starts_with('[') => {
            let items: Vec<&RawValue> =
                serde_json::from_str(array.get()).map_err(|e| BadBody::of("", super::describe(&e)))?;
            (items, true)
        }
        [_] => (found, false),
        _ => (found, true),
    };
    match items.len() {
        0 => Err(BadBody::of("", "expected an object, an array of objects, or an object a line")),
        n if n > ITEMS_MAX => Err(too_many()),
        _ => Ok((items, many)),
    }
}

fn too_many() -> BadBody {
    BadBody::of("", format!("expected at most {ITEMS_MAX} statements in one request: send the rest in another"))
}

fn one(item: &RawValue, place: String, channel: &str, now: UnixMs) -> Result<Given, Vec<BadBody>> {
    let fields = match Fields::read(item) {
        Ok(fields) => fields,
        Err(problem) => return Err(vec![BadBody { field: place, problem }]),
    };
    let mut r = Reader::new(fields, place);
    r.only(KNOWN);
    let text = r.take("text").and_then(|raw| r.check("text", words(raw)));
    let rating = r.take("rating").and_then(|raw| r.check("rating", mark(raw)));
    let statement = Statement {
        text: text.flatten(),
        rating,
        belongs: Belongs {
            rollout: r.line("rollout", NAME_MAX),
            flag: r.line("flag", NAME_MAX),
            release: r.line("release", NAME_MAX),
        },
        variant: r.line("variant", NAME_MAX),
        user: r.take("user").and_then(|raw| r.check("user", person(raw))).flatten(),
        attributes: attributes(&mut r),
        channel: r.line("channel", CHANNEL_MAX).unwrap_or_else(|| channel.to_owned()),
        locale: r.take("locale").and_then(|raw| r.check("locale", locale(raw))).flatten(),
        url: r.take("url").and_then(|raw| r.check("url", address(raw))).flatten(),
        occurred_at: r.take("occurred_at").and_then(|raw| r.check("occurred_at", moment(raw, now))).unwrap_or(now),
        metadata: r.take("metadata").and_then(|raw| r.check("metadata", anything(raw))),
    };
    let id = r.line("id", NAME_MAX);
    if statement.text.is_none() && statement.rating.is_none() && !r.has_faults() {
        r.fault("text", "expected a text or a rating: one of them must be there");
    }
    r.end().map(|()| Given { id, statement })
}

/// A text; `None` where it holds nothing that can be read.
fn words(raw: &RawValue) -> Result<Option<String>, String> {
    let text: String = serde_json::from_str(raw.get()).map_err(|_| "expected a text".to_owned())?;
    if text.chars().count() > TEXT_MAX_CHARS {
        return Err(format!("expected at most {TEXT_MAX_CHARS} characters"));
    }
    let invisible =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}');
    Ok(if text.chars().all(invisible) { None } else { Some(text) })
}

fn mark(raw: &RawValue) -> Result<Rating, String> {
    let expected = || "expected an object such as {\"value\": 4, \"scale\": 5}".to_owned();
    let fields = Fields::read(raw).map_err(|_| expected())?;
    if let Some(name) = fields.names().find(|name| !["value", "scale"].contains(name)) {
        return Err(format!("unknown field {}, {}", fields::shown(name), expected()));
    }
    let number = |name: &str| -> Result<f64, String> {
        let raw = fields.get(name).ok_or_else(|| format!("{name} is missing: {}", expected()))?;
        let n: f64 = serde_json::from_str(raw.get()).map_err(|_| format!("{name} is no number: {}", expected()))?;
        if n.is_finite() { Ok(n) } else { Err(format!("{name} is no number: {}", expected())) }
    };
    let (value, scale) = (number("value")?, number("scale")?);
    if !(2.0..=100.0).contains(&scale) {
        return Err("expected a scale from 2 to 100".into());
    }
    if !(0.0..=scale).contains(&value) {
        return Err("expected a value from 0 to the scale".into());
    }
    Ok(Rating { value, scale })
}

/// A person's name for the sender: a text, or a whole number as many user ids are.
pub(super) fn person(raw: &RawValue) -> Result<Option<String>, String> {
    if let Ok(number) = serde_json::from_str::<i64>(raw.get()) {
        return Ok(Some(number.to_string()));
    }
    fields::line(raw, USER_MAX)
}

fn locale(raw: &RawValue) -> Result<Option<String>, String> {
    let text = fields::line(raw, LOCALE_MAX)?;
    match text {
        Some(t) if !t.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') => {
            Err("expected a language tag such as de or pt-BR".into())
        }
        text => Ok(text),
    }
}

fn address(raw: &RawValue) -> Result<Option<String>, String> {
    let Some(text) = fields::line(raw, URL_MAX)? else { return Ok(None) };
    match url::Url::parse(&text) {
        Ok(parsed) if ["http", "https"].contains(&parsed.scheme()) => Ok(Some(text)),
        Ok(_) | Err(_) => Err("expected an address that begins with https:// or http://".into()),
    }
}

pub(super) fn moment(raw: &RawValue, now: UnixMs) -> Result<UnixMs, String> {
    let expected = || "expected a time as 2026-10-09T10:00:00Z, or milliseconds since 1970".to_owned();
    let at = if let Ok(ms) = serde_json::from_str::<i64>(raw.get()) {
        UnixMs(ms)
    } else {
        let text: String = serde_json::from_str(raw.get()).map_err(|_| expected())?;
        UnixMs::parse_rfc3339(text.trim()).ok_or_else(expected)?
    };
    if at.since(now) > FUTURE_MAX_MS {
        return Err("it lies in the future; 5 minutes are allowed: check the sender's clock".into());
    }
    if now.since(at) > PAST_MAX_MS {
        return Err(format!("it lies more than ten years back; {}", expected()));
    }
    Ok(at)
}

fn anything(raw: &RawValue) -> Result<serde_json::Value, String> {
    if raw.get().len() > METADATA_MAX_BYTES {
        return Err(format!("expected at most {METADATA_MAX_BYTES} bytes"));
    }
    serde_json::from_str(raw.get()).map_err(|_| "expected JSON that is not nested more than 100 deep".into())
}

/// Plan, country and the like: plain values, kept as text.
pub(super) fn attributes(r: &mut Reader<'_>) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let Some(raw) = r.take("attributes") else { return found };
    let fields = match Fields::read(raw) {
        Ok(fields) if fields.names().count() <= ATTRIBUTES_MAX => fields,
        Ok(_) => {
            r.fault("attributes", &format!("expected at most {ATTRIBUTES_MAX}"));
            return found;
        }
        Err(problem) => {
            r.fault("attributes", &problem);
            return found;
        }
    };
    for (name, raw) in fields.all() {
        let place = format!("attributes.{}", fields::shown(name));
        if name.trim().is_empty() || name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
            r.fault(&place, &format!("expected a name of at most {NAME_MAX} characters without control characters"));
            continue;
        }
        match plain(raw) {
            Ok(Some(value)) => {
                found.insert(name.clone(), value);
            }
            Ok(None) => {}
            Err(problem) => r.fault(&place, &problem),
        }
    }
    found
}

/// A text, number or truth value as text; `None` for null and blanks.
fn plain(raw: &RawValue) -> Result<Option<String>, String> {
    match raw.get().as_bytes().first() {
        Some(b'n') => Ok(None),
        Some(b'"') => fields::line(raw, VALUE_MAX),
        Some(b'{' | b'[') | None => Err("expected a text, a number, true or false".into()),
        Some(_) if raw.get().len() > VALUE_MAX => Err(format!("expected at most {VALUE_MAX} characters")),
        Some(_) => Ok(Some(raw.get().to_owned())),
    }
}

#[cfg(test)]
mod tests;
