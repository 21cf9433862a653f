//! Issues whose text somebody changed.
//!
//! The text before stands in `changes.body.from`. Of a change that says only that there was one, what was before is not
//! known.

use serde::Deserialize;
use serde_json::Value;

use super::super::super::{BadBody, Fact, IssueEdited, Meaning, clean, read_json};
use super::{NAME_MAX, Repository};
use crate::time::UnixMs;

/// What every box of ours holds. Texts without it concern nobody here.
const BOX: &str = "<!-- hearback:suggest ";

#[derive(Deserialize)]
struct Event {
    action: String,
    issue: Issue,
    repository: Repository,
    sender: Option<Sender>,
    #[serde(default)]
    changes: Value,
}

#[derive(Deserialize)]
struct Issue {
    number: i64,
    body: Option<String>,
    updated_at: Option<String>,
    #[serde(default)]
    pull_request: Value,
}

#[derive(Deserialize)]
struct Sender {
    login: String,
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// What an issue's event tells, and which boxes it may have turned over.
pub(super) fn with_boxes(body: &[u8], received_at: UnixMs, meaning: Meaning) -> Result<Meaning, BadBody> {
    let Meaning::Facts(mut facts) = meaning else { return Ok(meaning) };
    if let Meaning::Facts(boxes) = edited(body, received_at)? {
        facts.extend(boxes);
    }
    Ok(Meaning::Facts(facts))
}

/// What `issues.edited` tells.
fn edited(body: &[u8], received_at: UnixMs) -> Result<Meaning, BadBody> {
    let e: Event = read_json(body)?;
    let ignored = |why: &str| Ok(Meaning::Ignored(why.to_owned()));
    if e.action != "edited" {
        return ignored("it is no change of a text");
    }
    let text = e.issue.body.unwrap_or_default();
    if !text.contains(BOX) || !e.issue.pull_request.is_null() {
        return ignored("issues.edited: the text holds no box of ours");
    }
    let changed = match &e.changes {
        Value::Object(changes) => changes.get("body").unwrap_or(&Value::Null),
        _ => &Value::Bool(true),
    };
    if matches!(changed, Value::Null | Value::Bool(false)) {
        return ignored("issues.edited: the text stayed as it was");
    }
    let Some(sender) = e.sender else { return ignored("issues.edited: it is not told by whom") };
    let by = clean(&sender.login, NAME_MAX);
    let bot = sender.kind.as_deref() == Some("Bot") || by.ends_with("[bot]");
    Ok(Meaning::Facts(vec![Fact::IssueEdited(Box::new(IssueEdited {
        repo: e.repository.name()?,
        number: e.issue.number,
        body: text,
        before: changed.get("from").and_then(Value::as_str).map(ToOwned::to_owned),
        by,
        bot,
        at: e.issue.updated_at.as_deref().and_then(UnixMs::parse_rfc3339).unwrap_or(received_at),
    }))]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(event: &Value) -> Result<Meaning, BadBody> {
        edited(event.to_string().as_bytes(), UnixMs(7))
    }

    fn event(body: &str, changes: &Value, sender: &Value) -> Value {
        let issue = json!({"number": 41, "body": body, "updated_at": "1970-01-01T00:00:02Z"});
        let repository = json!({"id": 1, "full_name": "acme/shop"});
        json!({"action": "edited", "issue": issue, "repository": repository, "sender": sender, "changes": changes})
    }

    #[test]
    fn an_edit_is_told_with_what_was_before_and_who_did_it() {
        let body = format!("- [x] one {BOX}th_a 00 -->");
        let (ada, bot) = (json!({"login": "ada", "type": "User"}), json!({"login": "hearback[bot]", "type": "Bot"}));
        let from = json!({"body": {"from": "before"}});
        for (event, wanted) in [
            (event(&body, &from, &ada), Some((Some("before"), "ada", false))),
            (event(&body, &from, &bot), Some((Some("before"), "hearback[bot]", true))),
            (event(&body, &from, &json!({"login": "x[bot]"})), Some((Some("before"), "x[bot]", true))),
            (event(&body, &json!({"body": true}), &ada), Some((None, "ada", false))),
            (event(&body, &Value::Null, &ada), Some((None, "ada", false))),
            (event(&body, &json!({"body": false, "title": true}), &ada), None),
            (event(&body, &json!({"title": {"from": "x"}}), &ada), None),
            (event("- [x] mine", &from, &ada), None),
            (event(&body, &from, &Value::Null), None),
        ] {
            let found = match told(&event).unwrap() {
                Meaning::Facts(facts) => facts.into_iter().next(),
                Meaning::Hint { .. } | Meaning::Ignored(_) => None,
            };
            let Some((before, by, bot)) = wanted else {
                assert_eq!(found, None, "{event}");
                continue;
            };
            let Some(Fact::IssueEdited(edit)) = found else { panic!("{event}") };
            assert_eq!((edit.before.as_deref(), edit.by.as_str(), edit.bot), (before, by, bot), "{event}");
            assert_eq!((edit.number, edit.at, edit.body.as_str()), (41, UnixMs(2_000), body.as_str()));
        }
    }

    #[test]
    fn a_text_of_another_kind_is_a_bad_body() {
        let odd =
            json!({"action": "edited", "issue": {"number": 1, "body": 5}, "repository": {"id": 1, "full_name": "a/b"}});
        assert!(told(&odd).is_err());
    }
}
