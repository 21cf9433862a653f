//! Optimizely Feature Experimentation: webhooks, with the secret that Optimizely made for them.
//!
//! `project.datafile_updated` says that an environment's datafile has a new revision, and not what is in it: a hint. All
//! other events are entries of the change history: `data` lists entities, each with the properties that changed. What a
//! property is called follows the entity's own form in the Flags API (docs.developers.optimizely.com, *Rulesets*); of a
//! flag's key and environment the entry's addresses tell: `…/flags/KEY/rules/ENVIRONMENT`. Event names and addresses
//! after deliveries that were published.
//!
//! A flag's ruleset in an environment is switched on and off, and holds rules with a share of traffic each, in
//! ten-thousandths. Change approvals change nothing by themselves: what is approved is told when it is done.

mod history;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    BadBody, CHANGES_MAX, ChangeKind, Envelope, Fact, FlagChange, Incoming, Meaning, NAME_MAX, Repeats, Source, UnixMs,
    clean, facts, key, read_json, text, web,
};
use crate::sources::digest;
use crate::sources::signature::schemes;
use crate::time::SECOND_MS;
use history::Entry;

/// Optimizely in the registry.
pub const SOURCE: Source = Source {
    name: "optimizely",
    aliases: &[],
    schemes: &[&schemes::OPTIMIZELY],
    envelope,
    reads: |event| !event.starts_with(APPROVAL),
    parse,
    keeps: &["content-type"],
};

const DATAFILE: &str = "project.datafile_updated";
const APPROVAL: &str = "project.approval";

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "event")]
    kind: String,
    project_id: Option<i64>,
    timestamp: Option<i64>,
    data: Option<Box<RawValue>>,
}

#[derive(Default, Deserialize)]
struct Datafile {
    revision: Option<i64>,
    environment: Option<String>,
}

/// A revision names a datafile within its environment, a number an entry of the history; without them the body stands for
/// the event, whose time it holds.
fn envelope(incoming: &Incoming<'_>) -> Result<Envelope, BadBody> {
    let e: Event = read_json(incoming.body)?;
    let event = clean(&e.kind, NAME_MAX);
    let project = e.project_id.unwrap_or_default();
    let id = match e.sent()? {
        Sent::Datafile(Datafile { revision: Some(revision), environment }) => {
            let environment = environment.unwrap_or_default();
            Some(format!("{project}/{}/{revision}", clean(&environment, NAME_MAX)))
        }
        Sent::Entries(entries) if !entries.is_empty() => {
            let ids: Option<Vec<String>> = entries.iter().map(|e| e.id.map(|id| id.to_string())).collect();
            ids.map(|ids| format!("{project}/{}", ids.join(",")))
        }
        Sent::Datafile(_) | Sent::Entries(_) => None,
    };
    Ok(match id {
        Some(id) if id.len() > NAME_MAX => Envelope { id: digest(id.as_bytes()), event, repeats: Repeats::Id },
        Some(id) => Envelope { id, event, repeats: Repeats::Id },
        None => Envelope::of_body(event, incoming.body),
    })
}

/// What stands in `data`.
enum Sent {
    Datafile(Datafile),
    Entries(Vec<Entry>),
}

impl Event {
    fn sent(&self) -> Result<Sent, BadBody> {
        let data = self.data.as_deref().map_or("[]", RawValue::get);
        let inside = |e: BadBody| BadBody {
            field: if e.field.is_empty() { "data".into() } else { format!("data.{}", e.field) },
            ..e
        };
        if self.kind == DATAFILE {
            return Ok(Sent::Datafile(read_json(data.as_bytes()).map_err(inside)?));
        }
        Ok(Sent::Entries(read_json(data.as_bytes()).map_err(inside)?))
    }
}

fn parse(incoming: &Incoming<'_>) -> Result<Meaning, BadBody> {
    let e: Event = read_json(incoming.body)?;
    if e.kind.starts_with(APPROVAL) {
        return Ok(Meaning::Ignored("an approval changes nothing by itself".into()));
    }
    let entries = match e.sent()? {
        Sent::Datafile(_) => {
            let why = "a datafile has a new revision, and what changed in it is not told";
            return Ok(Meaning::Hint { facts: Vec::new(), why: why.into() });
        }
        Sent::Entries(entries) => entries,
    };
    let sent_at = e.timestamp.map(|s| UnixMs(s.saturating_mul(SECOND_MS)));
    let project = e.project_id.map(|id| id.to_string());
    let mut changes = Vec::new();
    for entry in entries {
        let Some(flag) = entry.flag() else { continue };
        let change = FlagChange {
            project: project.clone(),
            environment: entry.environment(),
            actor: entry.user.as_ref().and_then(|u| text(u.display_name.clone()).or_else(|| text(u.email.clone()))),
            occurred_at: entry.created.as_deref().and_then(UnixMs::parse_rfc3339).or(sent_at),
            sequence: entry.id,
            source_event_id: entry.id.map(|id| id.to_string()),
            url: web(entry.entity.ui_url.clone()),
            ..FlagChange::new("optimizely", key(&flag, "data.entity")?, ChangeKind::MetadataChanged)
        };
        changes.extend(entry.changes(&change));
    }
    let more = changes.len() > CHANGES_MAX;
    changes.truncate(CHANGES_MAX);
    if more {
        let facts = changes.into_iter().map(|c| Fact::Flag(Box::new(c))).collect();
        return Ok(Meaning::Hint { facts, why: "more changed than is read of one delivery".into() });
    }
    Ok(facts(changes, || format!("{} changes no flag", clean(&e.kind, NAME_MAX))))
}

#[cfg(test)]
mod tests {
    use super::super::Scope;
    use super::*;
    use crate::sources::Headers;

    fn sent(body: &str) -> Envelope {
        envelope(&Incoming::new(&Headers::default(), body.as_bytes(), UnixMs(0))).unwrap()
    }

    #[test]
    fn a_revision_or_the_entries_numbers_tell_deliveries_apart() {
        let datafile = |data: &str| sent(&format!(r#"{{"project_id": 4, "event": "{DATAFILE}", "data": {data}}}"#));
        let first = datafile(r#"{"revision": 101, "environment": "Production"}"#);
        assert_eq!((first.id.as_str(), first.repeats), ("4/Production/101", Repeats::Id));
        assert_ne!(first.id, datafile(r#"{"revision": 101, "environment": "Staging"}"#).id);
        assert_eq!(datafile("{}").repeats, Repeats::Body);
        let entry = |id: &str| format!(r#"{{{id} "entity": {{"type": "flag"}}}}"#);
        let history = |entries: &[String]| {
            sent(&format!(r#"{{"project_id": 4, "event": "project.flag_updated", "data": [{}]}}"#, entries.join(",")))
        };
        let two = history(&[entry(r#""id": 7,"#), entry(r#""id": 8,"#)]);
        assert_eq!((two.id.as_str(), two.repeats), ("4/7,8", Repeats::Id));
        assert_eq!(history(&[entry("")]).repeats, Repeats::Body);
        let many: Vec<String> = (0..100).map(|i| entry(&format!(r#""id": 1000{i},"#))).collect();
        assert_eq!(history(&many).id.len(), 64, "a digest");
    }

    #[test]
    fn a_flag_is_told_by_its_addresses_and_not_by_its_name() {
        let told = |entity: &str| {
            let body = format!(r#"{{"event": "project.x_updated", "data": [{{"entity": {entity}}}]}}"#);
            match parse(&Incoming::new(&Headers::default(), body.as_bytes(), UnixMs(0))).unwrap() {
                Meaning::Facts(facts) => match facts.as_slice() {
                    [Fact::Flag(c)] => Some((c.flag.clone(), c.environment.clone(), c.scope.clone())),
                    other => panic!("{other:?}"),
                },
                _ => None,
            }
        };
        let flag = |f: &str, e: Option<&str>, scope| Some((f.to_owned(), e.map(str::to_owned), scope));
        for (entity, expected) in [
            (
                r#""type": "flag", "name": "New checkout", "api_url": "/v2/projects/4/flags/a""#,
                flag("a", None, Scope::Flag),
            ),
            (r#""type": "flag", "name": "new_checkout""#, flag("new_checkout", None, Scope::Flag)),
            (r#""type": "flag", "name": "New checkout""#, None),
            (r#""type": "variation", "name": "on""#, None),
            (
                r#""type": "rule", "ui_url": "https://app/v2/projects/4/flags/manage/a/rules/eu/everyone?tab=1""#,
                flag("a", Some("eu"), Scope::Rule("everyone".into())),
            ),
            (r#""type": "rule", "ui_url": "/flags/manage/a/rules/eu""#, flag("a", Some("eu"), Scope::Flag)),
            (r#""type": "audience", "api_url": "/flags/a""#, None),
        ] {
            assert_eq!(told(&format!("{{{entity}}}")), expected, "{entity}");
        }
    }

    #[test]
    fn an_approval_changes_nothing() {
        assert!(!(SOURCE.reads)("project.approval_updated") && (SOURCE.reads)("project.flag_updated"));
        let body = br#"{"event": "project.approval_created", "data": []}"#;
        let meaning = parse(&Incoming::new(&Headers::default(), body, UnixMs(0))).unwrap();
        assert!(matches!(meaning, Meaning::Ignored(why) if why.contains("approval")));
    }
}
