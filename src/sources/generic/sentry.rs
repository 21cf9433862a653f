//! Sentry's form for flag changes of any provider, so that what already sends to Sentry can send here too. It says that
//! a flag was made, changed or deleted, and not how it changed. Field names after `GenericRequestSerializer` in
//! `flags/providers.py` of getsentry/sentry.

use serde::Deserialize;

use super::NAME_MAX;
use crate::domain::flag::{ChangeKind, FlagChange};
use crate::sources::{BadBody, Envelope, Fact, Meaning, clean, read_json};
use crate::time::UnixMs;

/// Changes that one delivery may hold.
const CHANGES_MAX: usize = 1_000;
/// What the deliveries are called, which carry no kind.
const EVENT: &str = "flags.changed";

#[derive(Deserialize)]
struct Body {
    data: Vec<Entry>,
    meta: Meta,
}

#[derive(Deserialize)]
struct Meta {
    version: i64,
}

#[derive(Deserialize)]
struct Entry {
    action: String,
    change_id: i64,
    created_at: String,
    created_by: Option<Who>,
    flag: String,
}

#[derive(Deserialize)]
struct Who {
    id: Option<String>,
}

/// The body holds the changes' own times and ids; the signature covers nothing else.
pub(super) fn envelope(body: &[u8]) -> Result<Envelope, BadBody> {
    read(body)?;
    Ok(Envelope::of_body(EVENT, body))
}

pub(super) fn parse(body: &[u8]) -> Result<Meaning, BadBody> {
    let mut told_how = true;
    let mut facts = Vec::new();
    for (i, e) in read(body)?.data.into_iter().enumerate() {
        let at = |field: &str| format!("data[{i}].{field}");
        let kind = match e.action.as_str() {
            "created" => ChangeKind::Created,
            "deleted" => ChangeKind::Deleted,
            "updated" => ChangeKind::TargetingChanged,
            _ => return Err(BadBody::of(&at("action"), "expected created, updated or deleted")),
        };
        told_how &= kind != ChangeKind::TargetingChanged;
        let flag = clean(&e.flag, NAME_MAX);
        if flag.is_empty() {
            return Err(BadBody::of(&at("flag"), "expected the flag's key"));
        }
        let occurred_at = UnixMs::parse_rfc3339(&e.created_at)
            .ok_or_else(|| BadBody::of(&at("created_at"), "expected a time as 2026-10-09T10:00:00Z"))?;
        facts.push(Fact::Flag(Box::new(FlagChange {
            actor: e.created_by.and_then(|w| w.id).map(|id| clean(&id, NAME_MAX)).filter(|id| !id.is_empty()),
            occurred_at: Some(occurred_at),
            source_event_id: Some(e.change_id.to_string()),
            ..FlagChange::new("generic", flag, kind)
        })));
    }
    Ok(match (facts.is_empty(), told_how) {
        (true, _) => Meaning::Ignored("no flag changed".into()),
        (false, true) => Meaning::Facts(facts),
        (false, false) => Meaning::Hint { facts, why: "this form tells that a flag changed, and not how".into() },
    })
}

fn read(body: &[u8]) -> Result<Body, BadBody> {
    let sent: Body = read_json(body)?;
    if sent.meta.version != 1 {
        return Err(BadBody::of("meta.version", "expected 1"));
    }
    if sent.data.len() > CHANGES_MAX {
        return Err(BadBody::of("data", format!("expected at most {CHANGES_MAX} changes")));
    }
    Ok(sent)
}
