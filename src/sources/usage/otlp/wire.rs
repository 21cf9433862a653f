//! The few fields of OTLP's protobuf that are read, by their numbers in open-telemetry/opentelemetry-proto
//! `collector/logs/v1`, `logs/v1`, `resource/v1` and `common/v1`. What is not declared is skipped, lists and maps among
//! it, so that nothing can be nested deep.

use prost::{Message, Oneof};
use serde_json::Value;

use super::super::pick::Fields;
use super::Log;

/// `ExportLogsServiceRequest`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Request {
    #[prost(message, repeated, tag = "1")]
    pub resource_logs: Vec<ResourceLogs>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ResourceLogs {
    #[prost(message, optional, tag = "1")]
    pub resource: Option<Resource>,
    #[prost(message, repeated, tag = "2")]
    pub scope_logs: Vec<ScopeLogs>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Resource {
    #[prost(message, repeated, tag = "1")]
    pub attributes: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ScopeLogs {
    #[prost(message, repeated, tag = "2")]
    pub log_records: Vec<LogRecord>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct LogRecord {
    #[prost(fixed64, tag = "1")]
    pub time_unix_nano: u64,
    #[prost(message, repeated, tag = "6")]
    pub attributes: Vec<KeyValue>,
    #[prost(fixed64, tag = "11")]
    pub observed_time_unix_nano: u64,
    #[prost(string, tag = "12")]
    pub event_name: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct KeyValue {
    #[prost(string, tag = "1")]
    pub key: String,
    #[prost(message, optional, tag = "2")]
    pub value: Option<AnyValue>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct AnyValue {
    #[prost(oneof = "Plain", tags = "1, 2, 3, 4")]
    pub value: Option<Plain>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(super) enum Plain {
    #[prost(string, tag = "1")]
    Text(String),
    #[prost(bool, tag = "2")]
    Truth(bool),
    #[prost(int64, tag = "3")]
    Whole(i64),
    #[prost(double, tag = "4")]
    Real(f64),
}

/// `ExportLogsServiceResponse`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Answer {
    #[prost(message, optional, tag = "1")]
    pub partial_success: Option<PartialSuccess>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct PartialSuccess {
    #[prost(int64, tag = "1")]
    pub rejected_log_records: i64,
    #[prost(string, tag = "2")]
    pub error_message: String,
}

/// A record as it is read.
pub(super) fn log(record: LogRecord) -> Log {
    let time = [record.time_unix_nano, record.observed_time_unix_nano].into_iter().find(|ns| *ns != 0);
    Log { event: Some(record.event_name), at: time.map(Value::from), attributes: fields(record.attributes) }
}

/// Attributes by name.
pub(super) fn fields(attributes: Vec<KeyValue>) -> Fields {
    let plain = |value: AnyValue| {
        Some(match value.value? {
            Plain::Text(text) => Value::from(text),
            Plain::Truth(truth) => Value::from(truth),
            Plain::Whole(n) => Value::from(n),
            Plain::Real(n) => Value::from(n),
        })
    };
    attributes.into_iter().filter_map(|a| Some((a.key, plain(a.value?)?))).collect()
}
