//! OpenTelemetry: `feature_flag.evaluation` among log records, as an OTLP/HTTP exporter or a collector sends them to
//! `/v1/logs`, in JSON or protobuf.
//!
//! Names of attributes after open-telemetry/semantic-conventions `model/feature-flags`, the deprecated ones too. The
//! environment and the release come from the resource. An evaluation that failed gave the default, and is no exposure. A
//! collector should forward only these records; others are ignored one by one.

mod json;
mod wire;

use prost::Message as _;
use serde_json::Value;

use super::pick::{self, Fields};
use super::when::{self, Clocks};
use super::{NAME_MAX, Reading, Shape, USER_MAX};
use crate::domain::feedback::Belongs;
use crate::domain::usage::{Usage, UsageRecord};
use crate::sources::BadBody;
use crate::time::UnixMs;

/// OTLP logs in the registry.
pub(super) const SHAPE: Shape = Shape { name: "otlp", fits: |d| d.get("resourceLogs").is_some(), read: json::read };

/// What the record is called, by its name or its attribute `event.name`; the second by older libraries.
const EVENTS: &[&str] = &["feature_flag.evaluation", "feature_flag"];
const KEY: &[&str] = &["feature_flag.key"];
const VARIANT: &[&str] = &["feature_flag.result.variant", "feature_flag.variant"];
const RESULT: &[&str] = &["feature_flag.result.value", "feature_flag.evaluation.value", "feature_flag.value"];
const REASON: &[&str] = &["feature_flag.result.reason", "feature_flag.evaluation.reason"];
const PERSON: &[&str] = &["feature_flag.context.id", "enduser.id", "enduser.pseudo.id", "user.id"];
const ENVIRONMENT: &[&str] = &["deployment.environment.name", "deployment.environment"];
const RELEASE: &[&str] = &["service.version"];

/// What resource attributes tell of all records of the resource.
#[derive(Clone, Debug, Default)]
struct Resource {
    environment: Option<String>,
    release: Option<String>,
}

impl Resource {
    fn of(attributes: &Fields) -> Self {
        Self {
            environment: pick::perhaps(attributes, ENVIRONMENT, NAME_MAX),
            release: pick::perhaps(attributes, RELEASE, NAME_MAX),
        }
    }
}

/// One log record, whichever way it came.
#[derive(Debug, Default)]
struct Log {
    event: Option<String>,
    /// When it happened, else when it was seen; ns since 1970.
    at: Option<Value>,
    attributes: Fields,
}

/// Reads one log record.
fn take(log: &Log, resource: &Resource, received_at: UnixMs, reading: &mut Reading) {
    reading.take_one(evaluation(log, resource, received_at));
}

fn evaluation(
    log: &Log,
    resource: &Resource,
    received_at: UnixMs,
) -> Result<Result<UsageRecord, &'static str>, BadBody> {
    let of_attribute = || pick::perhaps(&log.attributes, &["event.name"], NAME_MAX);
    let event = log.event.clone().filter(|e| !e.is_empty()).or_else(of_attribute);
    if !event.is_some_and(|e| EVENTS.contains(&e.as_str())) {
        return Ok(Err("log records that are no flag evaluations"));
    }
    let at = "attributes.";
    if log.attributes.contains_key("error.type")
        || pick::perhaps(&log.attributes, REASON, NAME_MAX).is_some_and(|r| r.eq_ignore_ascii_case("error"))
    {
        return Ok(Err("the default was given, because the evaluation failed"));
    }
    let flag = pick::first(&log.attributes, KEY, at, NAME_MAX)?
        .ok_or_else(|| BadBody::of("attributes.feature_flag.key", "expected the flag's key"))?;
    let variant = match pick::first(&log.attributes, VARIANT, at, NAME_MAX)? {
        Some(variant) => Some(variant),
        None => pick::perhaps(&log.attributes, RESULT, NAME_MAX),
    };
    let happened = match &log.at {
        None => None,
        Some(ns) => Some(when::read(ns).ok_or_else(|| BadBody::of("timeUnixNano", "expected nanoseconds since 1970"))?),
    };
    let occurred_at = when::happened(Clocks { at: happened, sent: None }, received_at)
        .map_err(|problem| BadBody::of("timeUnixNano", problem))?;
    let own = Resource::of(&log.attributes);
    Ok(Ok(UsageRecord {
        user: pick::first(&log.attributes, PERSON, at, USER_MAX)?,
        belongs: Belongs { rollout: None, flag: Some(flag), release: own.release.or_else(|| resource.release.clone()) },
        environment: own.environment.or_else(|| resource.environment.clone()),
        what: Usage::Exposure { variant },
        occurred_at,
        message_id: None,
    }))
}

/// Reads an `ExportLogsServiceRequest` in protobuf.
pub(super) fn protobuf(body: &[u8], received_at: UnixMs) -> Result<Reading, BadBody> {
    let request = wire::Request::decode(body)
        .map_err(|_| BadBody::of("", "not an ExportLogsServiceRequest of OTLP in protobuf"))?;
    let mut reading = Reading::default();
    reading.shapes.insert(SHAPE.name);
    for of_resource in request.resource_logs {
        let resource = Resource::of(&wire::fields(of_resource.resource.unwrap_or_default().attributes));
        for record in of_resource.scope_logs.into_iter().flat_map(|s| s.log_records) {
            if reading.begin() {
                take(&wire::log(record), &resource, received_at, &mut reading);
            }
        }
    }
    Ok(reading)
}

/// The answer in JSON that OTLP expects with 200: empty where all was taken, else how many were not, and why. A sender
/// must not send them again.
pub fn answer_json(reading: &Reading) -> Vec<u8> {
    let answer = if reading.refused == 0 {
        serde_json::json!({})
    } else {
        serde_json::json!({"partialSuccess": {
            "rejectedLogRecords": reading.refused.to_string(), "errorMessage": reading.refused_in_words(),
        }})
    };
    answer.to_string().into_bytes()
}

/// [`answer_json`] in protobuf.
pub fn answer_protobuf(reading: &Reading) -> Vec<u8> {
    let partial = (reading.refused > 0).then(|| wire::PartialSuccess {
        rejected_log_records: i64::try_from(reading.refused).unwrap_or(i64::MAX),
        error_message: reading.refused_in_words(),
    });
    wire::Answer { partial_success: partial }.encode_to_vec()
}
