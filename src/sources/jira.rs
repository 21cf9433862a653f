//! Jira's webhooks: issues that people delete.
//!
//! Cloud signs the raw body with the secret of the webhook, in `X-Hub-Signature` (no `-256`), and no time. A repeated
//! delivery keeps its `X-Atlassian-Webhook-Identifier`; Data Center sends none, so there the body stands for it.

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{BadBody, Envelope, Fact, Headers, Meaning, Source, clean, read_json, signature};
use crate::domain::ticket::TrackerName;
use crate::time::UnixMs;

/// Jira in the registry.
pub const SOURCE: Source = Source {
    name: "jira",
    verify: |headers, body, secrets, _| signature::hub_sha256(headers, "x-hub-signature", body, secrets),
    envelope,
    reads: |event| event == DELETED,
    parse,
    signs_id: false,
    keeps: &["x-atlassian-webhook-identifier", "x-atlassian-webhook-retry", "content-type"],
};

const DELETED: &str = "jira:issue_deleted";
/// Longest name or key that is kept, in characters.
const NAME_MAX: usize = 200;

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "webhookEvent")]
    event: String,
}

fn envelope(headers: &Headers, body: &[u8]) -> Result<Envelope, BadBody> {
    let e: Event = read_json(body)?;
    let event = clean(&e.event, NAME_MAX);
    if event.is_empty() {
        return Err(BadBody::of("webhookEvent", "expected the kind of event"));
    }
    let told = headers.get("x-atlassian-webhook-identifier").map(|v| clean(v, NAME_MAX)).filter(|v| !v.is_empty());
    Ok(Envelope { id: told.unwrap_or_else(|| hex::encode(Sha256::digest(body))), event })
}

#[derive(Deserialize)]
struct IssueEvent {
    issue: Issue,
}

#[derive(Deserialize)]
struct Issue {
    key: String,
}

fn parse(event: &str, body: &[u8], _received_at: UnixMs) -> Result<Meaning, BadBody> {
    if event != DELETED {
        return Ok(Meaning::Ignored(format!("Jira's event {} is not used", clean(event, NAME_MAX))));
    }
    let e: IssueEvent = read_json(body)?;
    let key = clean(&e.issue.key, NAME_MAX);
    match key.rsplit_once('-') {
        Some((project, number)) if !project.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => {
            Ok(Meaning::Facts(vec![Fact::IssueDeleted {
                tracker: TrackerName::Jira,
                target: project.to_owned(),
                key: key.clone(),
            }]))
        }
        _ => Err(BadBody::of("issue.key", "expected a key such as SHOP-7")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deleted_issue_is_told_by_project_and_key() {
        let body = br#"{"webhookEvent": "jira:issue_deleted", "issue": {"id": "1", "key": "SHOP-7"}}"#;
        let envelope = envelope(&Headers::default(), body).unwrap();
        let meaning = parse(&envelope.event, body, UnixMs(0)).unwrap();
        let fact = Fact::IssueDeleted { tracker: TrackerName::Jira, target: "SHOP".into(), key: "SHOP-7".into() };
        assert_eq!(meaning, Meaning::Facts(vec![fact]));
        let wrong = parse(DELETED, br#"{"issue": {"key": "7"}}"#, UnixMs(0)).unwrap_err();
        assert_eq!(wrong.field, "issue.key");
    }
}
