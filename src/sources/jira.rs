//! Jira's webhooks: issues that people delete.
//!
//! Cloud signs the raw body with the secret of the webhook, in `X-Hub-Signature` (no `-256`), and no time. A repeated
//! delivery keeps its `X-Atlassian-Webhook-Identifier`; Data Center sends none, so there the body stands for it.

use serde::Deserialize;

use super::signature::schemes;
use super::{BadBody, Envelope, Fact, Incoming, Meaning, Repeats, Source, clean, digest, read_json};
use crate::domain::ticket::TrackerName;

/// Jira in the registry.
pub const SOURCE: Source = Source {
    name: "jira",
    aliases: &[],
    schemes: &[&schemes::JIRA],
    envelope,
    reads: |event| event == DELETED,
    parse,
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

fn envelope(incoming: &Incoming<'_>) -> Result<Envelope, BadBody> {
    let e: Event = read_json(incoming.body)?;
    let event = clean(&e.event, NAME_MAX);
    if event.is_empty() {
        return Err(BadBody::of("webhookEvent", "expected the kind of event"));
    }
    let told =
        incoming.headers.get("x-atlassian-webhook-identifier").map(|v| clean(v, NAME_MAX)).filter(|v| !v.is_empty());
    Ok(Envelope { id: told.unwrap_or_else(|| digest(incoming.body)), event, repeats: Repeats::Body })
}

#[derive(Deserialize)]
struct IssueEvent {
    issue: Issue,
}

#[derive(Deserialize)]
struct Issue {
    key: String,
}

fn parse(incoming: &Incoming<'_>) -> Result<Meaning, BadBody> {
    if incoming.event != DELETED {
        return Ok(Meaning::Ignored(format!("Jira's event {} is not used", clean(incoming.event, NAME_MAX))));
    }
    let e: IssueEvent = read_json(incoming.body)?;
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
    use super::super::Headers;
    use super::*;
    use crate::time::UnixMs;

    #[test]
    fn a_deleted_issue_is_told_by_project_and_key() {
        let body = br#"{"webhookEvent": "jira:issue_deleted", "issue": {"id": "1", "key": "SHOP-7"}}"#;
        let headers = Headers::default();
        let incoming = Incoming::new(&headers, body, UnixMs(0));
        let envelope = envelope(&incoming).unwrap();
        let meaning = parse(&Incoming { event: &envelope.event, ..incoming }).unwrap();
        let fact = Fact::IssueDeleted { tracker: TrackerName::Jira, target: "SHOP".into(), key: "SHOP-7".into() };
        assert_eq!(meaning, Meaning::Facts(vec![fact]));
        let wrong = br#"{"issue": {"key": "7"}}"#;
        let wrong = parse(&Incoming { event: DELETED, ..Incoming::new(&headers, wrong, UnixMs(0)) }).unwrap_err();
        assert_eq!(wrong.field, "issue.key");
    }
}
