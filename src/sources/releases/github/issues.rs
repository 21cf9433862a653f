//! What people do with issues. Every payload shows where the issue stands, whatever it tells, so that what got lost is made
//! good by what comes next.

use serde::Deserialize;

use super::super::super::{BadBody, Fact, Meaning, clean, read_json};
use super::{Login, NAME_MAX, Repository, web_address};
use crate::domain::handling::{Account, Change, Resolution, Seen, TicketChange};
use crate::domain::ticket::TrackerName;
use crate::time::UnixMs;

#[derive(Deserialize)]
struct IssuesEvent {
    action: String,
    issue: Issue,
    repository: Repository,
    sender: Option<Login>,
    label: Option<Label>,
    assignee: Option<Login>,
    #[serde(default)]
    changes: Changes,
}

#[derive(Deserialize)]
struct Issue {
    number: i64,
    #[serde(default)]
    title: String,
    #[serde(default)]
    state: String,
    state_reason: Option<String>,
    updated_at: Option<String>,
    closed_at: Option<String>,
    html_url: Option<String>,
}

#[derive(Deserialize)]
struct Label {
    name: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Changes {
    title: Option<serde::de::IgnoredAny>,
    new_issue: Option<Issue>,
    new_repository: Option<Repository>,
}

/// Reads an `issues` event.
pub(super) fn issues(body: &[u8]) -> Result<Meaning, BadBody> {
    let e: IssuesEvent = read_json(body)?;
    let name = |login: Option<Login>| login.map(|l| clean(&l.login, NAME_MAX)).filter(|l| !l.is_empty());
    let label = |label: Option<Label>| label.map(|l| clean(&l.name, NAME_MAX)).unwrap_or_default();
    let seen = e.issue.seen();
    let change = match e.action.as_str() {
        "closed" | "reopened" => Change::Settled,
        "labeled" => Change::Labelled(label(e.label)),
        "unlabeled" => Change::Unlabelled(label(e.label)),
        "assigned" => Change::Assigned(name(e.assignee)),
        "unassigned" => Change::Assigned(None),
        "edited" if e.changes.title.is_some() => Change::Retitled(clean(&e.issue.title, NAME_MAX)),
        "edited" | "locked" | "unlocked" | "milestoned" | "demilestoned" | "pinned" | "unpinned" | "typed"
        | "untyped" => Change::Other,
        "deleted" => Change::Deleted,
        "transferred" => match (e.changes.new_repository, e.changes.new_issue) {
            (Some(repository), Some(issue)) => Change::Moved {
                target: repository.name()?.to_string(),
                key: issue.number.to_string(),
                url: web_address(issue.html_url),
            },
            (None, _) | (_, None) => return Err(BadBody::of("changes", "expected new_repository and new_issue")),
        },
        other => return Ok(Meaning::Ignored(format!("issues.{} is not used", clean(other, NAME_MAX)))),
    };
    Ok(Meaning::Facts(vec![Fact::Ticket(Box::new(TicketChange {
        tracker: TrackerName::GitHub,
        target: e.repository.name()?.to_string(),
        key: e.issue.number.to_string(),
        seen: seen.filter(|_| change != Change::Deleted),
        change,
        ended_as: Vec::new(),
        by: name(e.sender).map(|login| Account { id: login.clone(), name: login }),
    }))]))
}

impl Issue {
    /// Where it stands; `None` where the payload does not tell.
    fn seen(&self) -> Option<Seen> {
        let moment = |text: &Option<String>| text.as_deref().and_then(UnixMs::parse_rfc3339);
        let resolution = match (self.state.as_str(), self.state_reason.as_deref()) {
            ("open", _) => Resolution::Open,
            ("closed", Some("not_planned")) => Resolution::NotPlanned,
            ("closed", Some("duplicate")) => Resolution::Duplicate,
            ("closed", _) => Resolution::Completed,
            _ => return None,
        };
        let since = moment(&self.closed_at).filter(|_| !resolution.is_open());
        Some(Seen { resolution, version: moment(&self.updated_at)?, since })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(action: &str, issue: &Value, more: &Value) -> Result<Meaning, BadBody> {
        let mut body = json!({
            "action": action,
            "issue": {"number": 41, "title": "Pay fails", "state": "open", "updated_at": "2026-10-10T08:00:00Z"},
            "repository": {"id": 1, "full_name": "acme/shop"},
            "sender": {"login": "ada"},
        });
        for (part, fields) in [("issue", issue), ("", more)] {
            let at = if part.is_empty() { &mut body } else { &mut body[part] };
            let fields = fields.as_object().unwrap().clone();
            at.as_object_mut().unwrap().extend(fields);
        }
        issues(body.to_string().as_bytes())
    }

    #[test]
    fn what_people_do_is_told_with_where_the_issue_stands() {
        let at = UnixMs::parse_rfc3339("2026-10-10T08:00:00Z").unwrap();
        let closed = |reason: Option<&str>| json!({"state": "closed", "state_reason": reason, "closed_at": "2026-10-10T07:00:00Z"});
        let since = UnixMs::parse_rfc3339("2026-10-10T07:00:00Z");
        let (open, none) = (json!({}), json!({}));
        let moved = json!({"changes": {
            "new_issue": {"number": 3, "html_url": "https://github.test/acme/web/issues/3"},
            "new_repository": {"id": 2, "full_name": "acme/web"},
        }});
        for (action, issue, more, change, stands, since) in [
            ("closed", closed(Some("completed")), none.clone(), Change::Settled, Resolution::Completed, since),
            ("closed", closed(None), none.clone(), Change::Settled, Resolution::Completed, since),
            ("closed", closed(Some("not_planned")), none.clone(), Change::Settled, Resolution::NotPlanned, since),
            ("closed", closed(Some("duplicate")), none.clone(), Change::Settled, Resolution::Duplicate, since),
            ("reopened", json!({"state_reason": "reopened"}), none.clone(), Change::Settled, Resolution::Open, None),
            (
                "labeled",
                open.clone(),
                json!({"label": {"name": "p1"}}),
                Change::Labelled("p1".into()),
                Resolution::Open,
                None,
            ),
            (
                "unlabeled",
                closed(None),
                json!({"label": {"name": "p1"}}),
                Change::Unlabelled("p1".into()),
                Resolution::Completed,
                since,
            ),
            (
                "assigned",
                open.clone(),
                json!({"assignee": {"login": "bo"}}),
                Change::Assigned(Some("bo".into())),
                Resolution::Open,
                None,
            ),
            ("unassigned", open.clone(), none.clone(), Change::Assigned(None), Resolution::Open, None),
            (
                "edited",
                open.clone(),
                json!({"changes": {"title": {"from": "x"}}}),
                Change::Retitled("Pay fails".into()),
                Resolution::Open,
                None,
            ),
            (
                "edited",
                open.clone(),
                json!({"changes": {"body": {"from": "x"}}}),
                Change::Other,
                Resolution::Open,
                None,
            ),
            ("pinned", open.clone(), none.clone(), Change::Other, Resolution::Open, None),
            (
                "transferred",
                open.clone(),
                moved,
                Change::Moved {
                    target: "acme/web".into(),
                    key: "3".into(),
                    url: Some("https://github.test/acme/web/issues/3".into()),
                },
                Resolution::Open,
                None,
            ),
        ] {
            let told = TicketChange {
                tracker: TrackerName::GitHub,
                target: "acme/shop".into(),
                key: "41".into(),
                change,
                seen: Some(Seen { resolution: stands, version: at, since }),
                ended_as: Vec::new(),
                by: Some(Account { id: "ada".into(), name: "ada".into() }),
            };
            let meaning = read(action, &issue, &more).unwrap();
            assert_eq!(meaning, Meaning::Facts(vec![Fact::Ticket(Box::new(told))]), "{action}");
        }
        assert!(matches!(read("opened", &open, &none), Ok(Meaning::Ignored(_))));
        assert_eq!(read("transferred", &open, &none).unwrap_err().field, "changes");
    }
}
