//! This project's own events: `{"type": "exposure", "user": "u1", "flag": "new-checkout", "variant": "on"}`.
//!
//! Who writes these reads our documentation, so that a field that nobody knows is a fault: a misspelt `varient` would be
//! lost in silence. All faults of a record are named at once.

use serde_json::Value;
use serde_json::value::RawValue;

use super::{Document, ID_MAX, NAME_MAX, Reading, Shape, flags, pick};
use crate::domain::feedback::Belongs;
use crate::domain::usage::{EVENT_NAME_MAX_CHARS, Usage, UsageRecord};
use crate::sources::feedback;
use crate::sources::fields::{Fields, Reader};

/// Our own events in the registry. It fits whatever is nothing else, and says what is wrong with it.
pub(super) const SHAPE: Shape = Shape { name: "hearback", fits: |_| true, read };

/// The fields that an event may have.
const KNOWN: &[&str] = &[
    "type",
    "user",
    "rollout",
    "flag",
    "release",
    "variant",
    "event",
    "value",
    "properties",
    "attributes",
    "environment",
    "occurred_at",
    "message_id",
];

/// Whether an object says of itself that it is one of ours.
pub(super) fn claims(kind: Option<&str>) -> bool {
    matches!(kind, Some("exposure" | "usage"))
}

fn read(document: Document<'_>, reading: &mut Reading) {
    if !reading.begin() {
        return;
    }
    let fields = match Fields::read(document.raw) {
        Ok(fields) => fields,
        Err(problem) => return reading.refuse("", problem),
    };
    let mut r = Reader::new(fields, String::new());
    r.only(KNOWN);
    let belongs = Belongs {
        rollout: r.line("rollout", NAME_MAX),
        flag: r.line("flag", NAME_MAX),
        release: r.line("release", NAME_MAX),
    };
    let user = r.take("user").and_then(|raw| r.check("user", feedback::person(raw))).flatten();
    if user.is_none() && !r.has_faults() {
        r.fault("user", "expected your own id of the person, which is kept as a pseudonym");
    }
    let variant = r.take("variant").and_then(|raw| r.check("variant", variant(raw))).flatten();
    let event = r.line("event", EVENT_NAME_MAX_CHARS);
    let properties = r.take("properties").and_then(|raw| r.check("properties", properties(raw)));
    let given = r.take("value").and_then(|raw| r.check("value", amount(raw)));
    let traits = feedback::attributes(&mut r);
    let at = r.take("occurred_at").and_then(|raw| r.check("occurred_at", feedback::moment(raw, document.received_at)));
    let named = [&belongs.rollout, &belongs.flag, &belongs.release].iter().any(|n| n.is_some());
    let what = match r.line("type", NAME_MAX).as_deref() {
        Some("exposure") if named || r.has_faults() => Some(Usage::Exposure { variant: variant.clone() }),
        Some("exposure") => {
            r.fault("flag", "expected a flag, a release or a rollout: an exposure must say of what");
            None
        }
        Some("usage") => {
            if event.is_none() && !r.has_faults() {
                r.fault("event", "expected the event's name, such as checkout_completed");
            }
            let value = given.or_else(|| properties.as_ref().and_then(flags::value));
            event.map(|name| Usage::Event { name, value })
        }
        Some(_) | None => {
            r.fault("type", "expected exposure or usage");
            None
        }
    };
    let environment = r.line("environment", NAME_MAX);
    let message_id = r.line("message_id", ID_MAX);
    match (r.end(), what) {
        (Ok(()), Some(what)) => {
            let occurred_at = at.unwrap_or(document.received_at);
            let record = UsageRecord { user, belongs, environment, what, occurred_at, message_id };
            let shown = match (&record.what, &record.belongs.flag, variant) {
                (Usage::Event { .. }, Some(flag), Some(variant)) => {
                    Some(flags::exposure(&record, flag.clone(), Some(variant)))
                }
                _ => None,
            };
            let about = (!traits.is_empty()).then(|| super::facts::beside(&record, traits));
            reading.records.push(record);
            reading.take_derived(shown.into_iter().chain(about));
        }
        (Ok(()), None) => reading.refuse("", "expected an event"),
        (Err(faults), _) => {
            for fault in faults {
                reading.refuse(&fault.field, fault.problem);
            }
        }
    }
}

/// A variant's name; a boolean flag has `true` and `false`.
fn variant(raw: &RawValue) -> Result<Option<String>, String> {
    let value: Value = serde_json::from_str(raw.get()).map_err(|_| "expected a text".to_owned())?;
    match value {
        Value::Array(_) | Value::Object(_) => Err("expected a text, a number, true or false".into()),
        plain => pick::plain(&plain, NAME_MAX),
    }
}

fn properties(raw: &RawValue) -> Result<pick::Fields, String> {
    match serde_json::from_str(raw.get()) {
        Ok(Value::Object(fields)) => pick::bounded(&fields).map(|()| fields),
        Ok(_) => Err("expected an object".into()),
        Err(_) => Err("expected JSON that is not nested more than 100 deep".into()),
    }
}

fn amount(raw: &RawValue) -> Result<f64, String> {
    let expected = "expected a number: an amount, or a duration in ms".to_owned();
    serde_json::from_str::<f64>(raw.get()).ok().filter(|n| n.is_finite()).ok_or(expected)
}
