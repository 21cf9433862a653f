//! What people did, in the shapes in which it is sent: this project's own events, Segment and `RudderStack`, `PostHog`,
//! OpenTelemetry's log records, GO Feature Flag's exporter, Statsig's exposures, and tables that vendors export.
//!
//! A body holds many records, and each stands for itself: one that can't be read is refused by its number, with the field
//! and the remedy, and the others are taken. One that tells nothing of use is ignored, with the reason. Nothing of what a
//! sender wrote is repeated but names of fields. A shape is a file and a line in [`SHAPES`]; which one a JSON body has is told by its
//! fields, so that every address takes every shape.

mod body;
mod facts;
mod flags;
mod go_feature_flag;
pub mod otlp;
mod own;
mod pick;
mod posthog;
mod reading;
mod segment;
mod statsig;
pub mod table;
mod when;

use serde_json::Value;
use serde_json::value::RawValue;

use super::BadBody;
use crate::time::UnixMs;
pub use reading::{Reading, Refusal};
pub use when::read as moment;

/// Records that one request may hold. Segment's own limit is 2,500; a collector sends 8,192 at once as it is shipped.
pub const RECORDS_MAX: usize = 10_000;
/// What may be concluded from one request: a record can tell several facts.
pub const FACTS_MAX: usize = 50_000;
/// How deep properties may be nested.
pub const PROPERTIES_DEPTH_MAX: usize = 10;
/// Properties of one record.
pub const PROPERTIES_MAX: usize = 500;

/// Longest names, in characters.
const NAME_MAX: usize = 200;
const USER_MAX: usize = 500;
const ID_MAX: usize = 200;

/// One JSON document of a body: an object.
#[derive(Clone, Copy)]
struct Document<'a> {
    raw: &'a RawValue,
    fields: &'a serde_json::Map<String, Value>,
    received_at: UnixMs,
}

impl<'a> Document<'a> {
    fn get(&self, name: &str) -> Option<&'a Value> {
        self.fields.get(name)
    }

    fn text(&self, name: &str) -> Option<&'a str> {
        self.get(name)?.as_str()
    }

    /// The objects in a list of this name.
    fn list(&self, name: &str) -> Option<&'a [Value]> {
        self.get(name)?.as_array().map(Vec::as_slice)
    }
}

/// A shape in which usage is sent as JSON.
#[derive(Clone, Copy)]
struct Shape {
    name: &'static str,
    /// Whether a document has this shape.
    fits: fn(Document<'_>) -> bool,
    read: fn(Document<'_>, &mut Reading),
}

/// The shapes; the first that fits is taken, and our own, which names what is wrong, fits always.
const SHAPES: &[Shape] =
    &[otlp::SHAPE, go_feature_flag::SHAPE, statsig::SHAPE, posthog::SHAPE, segment::SHAPE, own::SHAPE];

/// The names of the shapes, for people.
pub fn names() -> String {
    let tables = table::NAMES.iter().copied();
    SHAPES.iter().map(|s| s.name).chain(tables).collect::<Vec<_>>().join(", ")
}

/// Reads a part of a file, as long as whoever reads it holds in memory: it may hold as many records as fit.
pub fn parse_part(body: &[u8], received_at: UnixMs) -> Result<Reading, BadBody> {
    let mut reading = Reading::without_limits();
    read_json(body, received_at, &mut reading)?;
    Ok(reading)
}

/// Reads a request. What it is is told by `content_type` for protobuf, forms and CSV, else by its fields.
pub fn parse(body: &[u8], content_type: Option<&str>, received_at: UnixMs) -> Result<Reading, BadBody> {
    let mime = content_type.and_then(|c| c.split(';').next()).unwrap_or_default().trim().to_ascii_lowercase();
    match mime.as_str() {
        "application/x-protobuf" | "application/protobuf" => otlp::protobuf(body, received_at),
        "text/csv" => table::parse(body, received_at),
        "application/x-www-form-urlencoded" => json(&posthog::from_form(body)?, received_at),
        _ => json(body, received_at),
    }
}

/// Reads JSON: one document, an array, or a document a line.
fn json(body: &[u8], received_at: UnixMs) -> Result<Reading, BadBody> {
    let mut reading = Reading::default();
    read_json(body, received_at, &mut reading)?;
    Ok(reading)
}

fn read_json(body: &[u8], received_at: UnixMs, reading: &mut Reading) -> Result<(), BadBody> {
    let parts = body::split(body)?;
    for part in parts {
        let raw = match part {
            Ok(raw) => raw,
            Err(problem) => {
                if reading.begin() {
                    reading.refuse("", problem);
                }
                continue;
            }
        };
        match serde_json::from_str::<Value>(raw.get()) {
            Ok(Value::Object(fields)) => {
                let document = Document { raw, fields: &fields, received_at };
                let shape = SHAPES.iter().find(|s| (s.fits)(document)).unwrap_or(&own::SHAPE);
                reading.shapes.insert(shape.name);
                (shape.read)(document, reading);
            }
            Ok(_) => {
                if reading.begin() {
                    reading.refuse("", "expected an object");
                }
            }
            Err(e) => {
                if reading.begin() {
                    reading.refuse("", super::describe(&e));
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
