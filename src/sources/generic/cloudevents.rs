//! CloudEvents 1.0 over HTTP: structured (one JSON object), in batches (an array of them), and binary (the attributes in
//! `ce-` headers, the data as the body). An event is told from others by its `source` and `id` together (specification,
//! "Required Attributes").
//!
//! CloudEvents define no signature. Standard Webhooks' covers a structured event whole; of a binary one it covers the
//! data alone, so that its headers are only as good as the way here.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Moment, NAME_MAX, event, id_header, inside, short, time};
use crate::sources::{BadBody, Envelope, Fact, Headers, Incoming, Meaning, Repeats, clean, read_json};
use crate::time::UnixMs;

/// Events that one batch may hold.
const EVENTS_MAX: usize = 1_000;
/// The kind of a batch whose events differ in theirs.
const BATCH: &str = "cloudevents.batch";

/// An event's attributes, as far as they are read, and its data.
#[derive(Deserialize)]
struct Event {
    specversion: String,
    id: String,
    source: String,
    #[serde(rename = "type")]
    kind: String,
    time: Option<String>,
    data: Option<Box<RawValue>>,
    data_base64: Option<String>,
}

impl Event {
    fn check(&self) -> Result<(), BadBody> {
        if !self.specversion.starts_with("1.") {
            return Err(BadBody::of("specversion", "expected 1.0"));
        }
        for (field, value) in [("id", &self.id), ("source", &self.source), ("type", &self.kind)] {
            if value.trim().is_empty() {
                return Err(BadBody::of(field, "expected a text: CloudEvents want it"));
            }
        }
        Ok(())
    }

    fn meaning(&self, received_at: UnixMs) -> Result<Meaning, BadBody> {
        let moment = Moment { occurred_at: time(self.time.as_deref(), "time")?, received_at };
        let decoded = match (&self.data, &self.data_base64) {
            (None, Some(text)) => {
                let bytes = BASE64.decode(text);
                Some(bytes.map_err(|_| BadBody::of("data_base64", "expected base64"))?)
            }
            _ => None,
        };
        let plain = self.data.as_deref().map_or("{}", RawValue::get).as_bytes();
        let (place, data) = match &decoded {
            Some(bytes) => ("data_base64", bytes.as_slice()),
            None => ("data", plain),
        };
        event(&self.kind, data, moment).map_err(|e| inside(place, e))
    }
}

/// What tells an event from all others.
fn name(source: &str, id: &str) -> String {
    // Its length goes before the first part, so that no other pair reads the same.
    short(&format!("{}:{source}|{id}", source.len()))
}

fn of(source: &str, id: &str, kind: &str) -> Envelope {
    Envelope { id: name(source, id), event: clean(kind, NAME_MAX), repeats: Repeats::Id }
}

pub(super) fn envelope(body: &[u8]) -> Result<Envelope, BadBody> {
    let e: Event = read_json(body)?;
    e.check()?;
    Ok(of(&e.source, &e.id, &e.kind))
}

pub(super) fn parse(incoming: &Incoming<'_>) -> Result<Meaning, BadBody> {
    let e: Event = read_json(incoming.body)?;
    e.check()?;
    e.meaning(incoming.received_at)
}

fn read_batch(body: &[u8]) -> Result<Vec<Event>, BadBody> {
    let events: Vec<Event> = read_json(body)?;
    if events.len() > EVENTS_MAX {
        return Err(BadBody::of("", format!("expected at most {EVENTS_MAX} events in one batch")));
    }
    for (i, e) in events.iter().enumerate() {
        e.check().map_err(|bad| inside(&format!("[{i}]"), bad))?;
    }
    Ok(events)
}

/// A batch has no id of its own: the header's, or what its bytes hash to.
pub(super) fn batch_envelope(incoming: &Incoming<'_>) -> Result<Envelope, BadBody> {
    let events = read_batch(incoming.body)?;
    let kind = match events.split_first() {
        Some((first, rest)) if rest.iter().all(|e| e.kind == first.kind) => clean(&first.kind, NAME_MAX),
        _ => BATCH.to_owned(),
    };
    Ok(match id_header(incoming.headers)? {
        Some(id) => Envelope { id, event: kind, repeats: Repeats::Id },
        None => Envelope::of_body(kind, incoming.body),
    })
}

/// All events of a batch count, or none: a sender repeats a batch whole.
pub(super) fn parse_batch(incoming: &Incoming<'_>) -> Result<Meaning, BadBody> {
    let events = read_batch(incoming.body)?;
    let (mut facts, mut unused, mut seen): (Vec<Fact>, _, BTreeSet<String>) = (Vec::new(), None, BTreeSet::new());
    for (i, e) in events.iter().enumerate().filter(|(_, e)| seen.insert(name(&e.source, &e.id))) {
        match e.meaning(incoming.received_at).map_err(|bad| inside(&format!("[{i}]"), bad))? {
            Meaning::Facts(more) | Meaning::Hint { facts: more, .. } => facts.extend(more),
            Meaning::Ignored(why) => unused = unused.or(Some(why)),
        }
    }
    Ok(if facts.is_empty() {
        Meaning::Ignored(unused.unwrap_or_else(|| "a batch without events".into()))
    } else {
        Meaning::Facts(facts)
    })
}

/// Whether the attributes stand in the headers.
pub(super) fn is_binary(headers: &Headers) -> bool {
    headers.get("ce-specversion").is_some() || headers.get("ce-type").is_some()
}

fn binary(headers: &Headers) -> Result<[&str; 3], BadBody> {
    let attribute = |name: &'static str| {
        let value = headers.get(name).map(str::trim).filter(|v| !v.is_empty());
        value.ok_or_else(|| BadBody::of("", format!("the header {name} is missing: CloudEvents want it")))
    };
    if !attribute("ce-specversion")?.starts_with("1.") {
        return Err(BadBody::of("", "the header ce-specversion is not 1.0"));
    }
    Ok([attribute("ce-source")?, attribute("ce-id")?, attribute("ce-type")?])
}

pub(super) fn binary_envelope(headers: &Headers) -> Result<Envelope, BadBody> {
    let [source, id, kind] = binary(headers)?;
    Ok(of(source, id, kind))
}

pub(super) fn parse_binary(incoming: &Incoming<'_>) -> Result<Meaning, BadBody> {
    let [_, _, kind] = binary(incoming.headers)?;
    let occurred_at = time(incoming.headers.get("ce-time"), "")
        .map_err(|_| BadBody::of("", "the header ce-time is not a time as 2026-10-09T10:00:00Z"))?;
    event(kind, incoming.body, Moment { occurred_at, received_at: incoming.received_at })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::source;

    fn read(headers: &[(&str, &str)], body: &str) -> (Result<Envelope, BadBody>, Result<Meaning, BadBody>) {
        let headers = Headers(headers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect());
        let incoming = Incoming::new(&headers, body.as_bytes(), UnixMs(0));
        let generic = source("generic").unwrap();
        ((generic.envelope)(&incoming), (generic.parse)(&incoming))
    }

    const STRUCTURED: &[(&str, &str)] = &[("content-type", "application/cloudevents+json")];
    const BATCHED: &[(&str, &str)] = &[("content-type", "Application/CloudEvents-Batch+JSON; charset=UTF-8")];

    fn one(source: &str, id: &str) -> String {
        let data = r#"{"flag": "a", "enabled": true}"#;
        format!(
            r#"{{"specversion": "1.0", "id": "{id}", "source": "{source}", "type": "com.acme.flag.changed", "data": {data}}}"#
        )
    }

    #[test]
    fn source_and_id_together_tell_events_apart_whatever_carries_them() {
        let id = |source: &str, id: &str| read(STRUCTURED, &one(source, id)).0.unwrap().id;
        assert_eq!(id("/a", "1"), id("/a", "1"));
        assert_ne!(id("/a", "1"), id("/b", "1"));
        assert_ne!(id("/a", "1|1"), id("/a|1", "1"));
        let long = "x".repeat(300);
        assert_ne!(id(&long, "1"), id(&long, "2"));
        let binary =
            [("ce-specversion", "1.0"), ("ce-id", "1"), ("ce-source", "/a"), ("ce-type", "com.acme.flag.changed")];
        let (envelope, meaning) = read(&binary, r#"{"flag": "a", "enabled": true}"#);
        assert_eq!(envelope, read(STRUCTURED, &one("/a", "1")).0);
        assert_eq!(meaning, read(STRUCTURED, &one("/a", "1")).1);
        let redelivered = [STRUCTURED, &[("webhook-id", "another")]].concat();
        assert_eq!(read(&redelivered, &one("/a", "1")).0, read(STRUCTURED, &one("/a", "1")).0);
    }

    #[test]
    fn a_batch_is_told_apart_by_the_headers_id_or_its_bytes_and_names_what_is_wrong_in_it() {
        let two = format!("[{}, {}]", one("/a", "1"), one("/a", "2"));
        assert_eq!(read(BATCHED, &two).0.unwrap().repeats, Repeats::Body);
        let signed = [BATCHED, &[("webhook-id", "msg_1")]].concat();
        let envelope = read(&signed, &two).0.unwrap();
        assert_eq!((envelope.id.as_str(), envelope.repeats), ("msg_1", Repeats::Id));
        assert_eq!(envelope.event, "com.acme.flag.changed");
        let bad = format!("[{}, {}]", one("/a", "1"), one("/a", "2").replace(r#""flag": "a""#, r#""flag": """#));
        assert_eq!(read(BATCHED, &bad).1.unwrap_err().field, "[1].data.flag");
        let no_id = format!("[{}]", one("/a", " "));
        assert_eq!(read(BATCHED, &no_id).0.unwrap_err().field, "[0].id");
        let many = format!("[{}]", vec![one("/a", "1"); EVENTS_MAX + 1].join(","));
        assert!(read(BATCHED, &many).0.unwrap_err().problem.contains("at most 1000"));
    }

    #[test]
    fn what_is_no_cloud_event_is_told_with_what_is_missing() {
        for (headers, body, said) in [
            (STRUCTURED, r#"{"specversion": "1.0", "type": "a"}"#.to_owned(), "missing field `id`"),
            (STRUCTURED, one("/a", "1").replace("1.0", "0.3"), "specversion: expected 1.0"),
            (&[("ce-type", "flag.changed")], "{}".into(), "the header ce-specversion is missing"),
            (
                &[("ce-specversion", "1.0"), ("ce-id", "1"), ("ce-source", "/a")],
                "{}".into(),
                "the header ce-type is missing",
            ),
            (&[("content-type", "application/cloudevents+xml")], "<a/>".into(), "CloudEvents are read as JSON"),
        ] {
            let (envelope, meaning) = read(headers, &body);
            assert_eq!(envelope.as_ref().unwrap_err(), meaning.as_ref().unwrap_err());
            assert!(meaning.unwrap_err().to_string().contains(said), "{said}");
        }
        let late =
            [("ce-specversion", "1.0"), ("ce-id", "1"), ("ce-source", "/a"), ("ce-type", "x"), ("ce-time", "soon")];
        assert!(read(&late, "{}").1.unwrap_err().problem.contains("ce-time"));
    }
}
