//! The plain form, as Standard Webhooks recommend it: `type`, `timestamp`, `data`.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::{Moment, NAME_MAX, SAME_MS, event, id_header, inside, time};
use crate::sources::{BadBody, Envelope, Incoming, Meaning, Repeats, clean, read_json};

#[derive(Deserialize)]
struct Head {
    #[serde(rename = "type")]
    kind: String,
    timestamp: Option<IgnoredAny>,
    time: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Webhook {
    #[serde(rename = "type")]
    kind: String,
    timestamp: Option<String>,
    time: Option<String>,
    data: Option<Box<RawValue>>,
}

/// The header's id; where nothing is signed there may be none, and then the body stands for it.
pub(super) fn envelope(incoming: &Incoming<'_>) -> Result<Envelope, BadBody> {
    let head: Head = read_json(incoming.body)?;
    let kind = clean(&head.kind, NAME_MAX);
    Ok(match id_header(incoming.headers)? {
        Some(id) => Envelope { id, event: kind, repeats: Repeats::Id },
        None if head.timestamp.is_some() || head.time.is_some() => Envelope::of_body(kind, incoming.body),
        None => Envelope::within(kind, incoming.body, SAME_MS),
    })
}

pub(super) fn parse(incoming: &Incoming<'_>) -> Result<Meaning, BadBody> {
    let sent: Webhook = read_json(incoming.body)?;
    let occurred_at = match sent.timestamp.as_deref() {
        Some(timestamp) => time(Some(timestamp), "timestamp")?,
        None => time(sent.time.as_deref(), "time")?,
    };
    let data = sent.data.as_deref().map_or("{}", RawValue::get).as_bytes();
    let moment = Moment { occurred_at, received_at: incoming.received_at };
    event(&sent.kind, data, moment).map_err(|e| inside("data", e))
}
