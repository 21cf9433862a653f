//! OTLP's JSON: names in lowerCamelCase, 64-bit numbers as texts, unknown fields ignored.

use serde_json::Value;

use super::super::pick::Fields;
use super::super::{Document, Reading};
use super::{Log, Resource, take};

/// Reads an `ExportLogsServiceRequest`.
pub(in crate::sources::usage) fn read(d: Document<'_>, reading: &mut Reading) {
    let Some(resources) = d.list("resourceLogs") else {
        if reading.begin() {
            reading.refuse("resourceLogs", "expected a list");
        }
        return;
    };
    for of_resource in resources {
        let attributes = of_resource.get("resource").and_then(|r| r.get("attributes"));
        let resource = Resource::of(&fields(attributes));
        let scopes = of_resource.get("scopeLogs").and_then(Value::as_array);
        let records = scopes.into_iter().flatten().filter_map(|s| s.get("logRecords")?.as_array()).flatten();
        for record in records {
            if !reading.begin() {
                continue;
            }
            if record.is_object() {
                take(&log(record), &resource, d.received_at, reading);
            } else {
                reading.refuse("", "expected a log record");
            }
        }
    }
}

fn log(record: &Value) -> Log {
    let time = |name: &str| {
        let unset =
            |v: &&Value| v.is_null() || v.as_i64() == Some(0) || v.as_str().is_some_and(|t| t == "0" || t.is_empty());
        record.get(name).filter(|v| !unset(v)).cloned()
    };
    Log {
        event: record.get("eventName").and_then(Value::as_str).map(ToOwned::to_owned),
        at: time("timeUnixNano").or_else(|| time("observedTimeUnixNano")),
        attributes: fields(record.get("attributes")),
    }
}

/// Attributes by name; of lists and maps nothing is read.
fn fields(attributes: Option<&Value>) -> Fields {
    let entry = |entry: &Value| {
        let name = entry.get("key")?.as_str()?.to_owned();
        let value = entry.get("value")?;
        let plain = ["stringValue", "boolValue", "intValue", "doubleValue"].iter().find_map(|kind| value.get(*kind));
        Some((name, plain?.clone()))
    };
    attributes.and_then(Value::as_array).into_iter().flatten().filter_map(entry).collect()
}
