use serde_json::{Value, json};

use super::super::Headers;
use super::*;

fn read(event: &str, body: &Value) -> Result<Meaning, BadBody> {
    let headers = Headers::default();
    let mut body = body.clone();
    body["webhookEvent"] = json!(event);
    let bytes = body.to_string().into_bytes();
    let incoming = Incoming::new(&headers, &bytes, UnixMs(0));
    let envelope = envelope(&incoming).unwrap();
    parse(&Incoming { event: &envelope.event, ..incoming })
}

fn issue(key: &str, status: &str, category: &str, resolution: Option<&str>) -> Value {
    json!({
        "timestamp": 5,
        "user": {"accountId": "1:ada", "displayName": "Ada"},
        "issue": {"id": "1", "key": key, "fields": {
            "summary": "Pay fails",
            "status": {"name": status, "statusCategory": {"key": category}},
            "resolution": resolution.map(|name| json!({"name": name})),
            "assignee": {"accountId": "1:bo", "displayName": "Bo"},
            "updated": "2026-10-10T08:00:00.250+0000",
            "statuscategorychangedate": "2026-10-10T10:00:00.000+0200",
        }},
    })
}

fn item(field: &str, from: &str, to: &str) -> Value {
    json!({"field": field, "fieldId": field, "fromString": from, "toString": to})
}

fn facts(event: &str, body: &Value) -> Vec<TicketChange> {
    match read(event, body).unwrap() {
        Meaning::Facts(facts) => facts
            .into_iter()
            .map(|fact| match fact {
                Fact::Ticket(change) => *change,
                other => panic!("{other:?}"),
            })
            .collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_people_do_is_told_by_project_and_key() {
    let at = UnixMs::parse_rfc3339("2026-10-10T08:00:00.250Z").unwrap();
    let since = UnixMs::parse_rfc3339("2026-10-10T08:00:00Z");
    for (status, category, resolution, items, changes, meant) in [
        ("To Do", "new", None, vec![], vec![Change::Other], Resolution::Open),
        (
            "Doing",
            "indeterminate",
            None,
            vec![item("status", "To Do", "Doing")],
            vec![Change::Settled],
            Resolution::Open,
        ),
        (
            "Done",
            "done",
            Some("Done"),
            vec![item("resolution", "", "Done"), item("status", "To Do", "Done")],
            vec![Change::Settled],
            Resolution::Completed,
        ),
        ("Done", "done", Some("Won't Do"), vec![item("status", "", "")], vec![Change::Settled], Resolution::NotPlanned),
        ("Declined", "done", None, vec![item("status", "", "")], vec![Change::Settled], Resolution::NotPlanned),
        ("Done", "done", Some("Duplicate"), vec![item("status", "", "")], vec![Change::Settled], Resolution::Duplicate),
        // A resolution without a status that means done is no end.
        ("Doing", "indeterminate", Some("Won't Do"), vec![], vec![Change::Other], Resolution::Open),
        (
            "To Do",
            "new",
            None,
            vec![item("labels", "a b", "b c"), item("summary", "x", "y"), item("assignee", "", "Bo")],
            vec![
                Change::Labelled("c".into()),
                Change::Unlabelled("a".into()),
                Change::Retitled("Pay fails".into()),
                Change::Assigned(Some("Bo".into())),
            ],
            Resolution::Open,
        ),
        ("To Do", "new", None, vec![item("description", "x", "y")], vec![Change::Other], Resolution::Open),
    ] {
        let mut body = issue("SHOP-7", status, category, resolution);
        body["changelog"] = json!({"items": items});
        let told = facts(UPDATED, &body);
        assert_eq!(told.iter().map(|t| t.change.clone()).collect::<Vec<_>>(), changes, "{body}");
        for one in told {
            assert_eq!((one.tracker, one.target.as_str(), one.key.as_str()), (TrackerName::Jira, "SHOP", "SHOP-7"));
            assert_eq!(one.seen, Some(Seen { resolution: meant, version: at, since }), "{body}");
            assert_eq!(one.by, Some(Account { id: "1:ada".into(), name: "Ada".into() }));
        }
    }
}

#[test]
fn a_moved_issue_is_told_by_its_old_key_first() {
    let mut body = issue("OPS-1", "Done", "done", None);
    body["changelog"] =
        json!({"items": [item("status", "", ""), item("project", "SHOP", "OPS"), item("Key", "SHOP-7", "OPS-1")]});
    let told = facts(UPDATED, &body);
    let moved = Change::Moved { target: "OPS".into(), key: "OPS-1".into(), url: None };
    assert_eq!((told[0].target.as_str(), told[0].key.as_str(), &told[0].change), ("SHOP", "SHOP-7", &moved));
    assert_eq!((told[1].target.as_str(), told[1].key.as_str(), &told[1].change), ("OPS", "OPS-1", &Change::Settled));
    assert_eq!(told.len(), 2);
}

#[test]
fn what_is_gone_new_or_no_issue() {
    let told = facts(DELETED, &issue("SHOP-7", "Done", "done", None));
    assert_eq!((&told[0].change, told[0].seen), (&Change::Deleted, None));
    assert!(matches!(read(CREATED, &issue("SHOP-7", "To Do", "new", None)), Ok(Meaning::Ignored(_))));
    assert!(matches!(read("comment_created", &json!({})), Ok(Meaning::Ignored(_))));
    for key in ["7", "-7", "SHOP-", "SHOP-x", ""] {
        assert_eq!(read(DELETED, &json!({"issue": {"key": key}})).unwrap_err().field, "issue.key", "{key}");
    }
    // Data Center knows people by key and name; without a time of the issue the event's own counts.
    let mut body = issue("SHOP-7", "Done", "done", None);
    body["user"] = json!({"key": "JIRAUSER1", "name": "ada", "displayName": "Ada"});
    body["issue"]["fields"].as_object_mut().unwrap().remove("updated");
    let told = facts(UPDATED, &body);
    assert_eq!(told[0].by.as_ref().map(|a| a.id.as_str()), Some("JIRAUSER1"));
    assert_eq!(told[0].seen.unwrap().version, UnixMs(5));
}
