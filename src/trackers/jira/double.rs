//! Closing an issue that doubles another one. Each step may be repeated, and the comment comes last: where it stands, the
//! rest is done, and an issue that a person opened again stays open.

use serde_json::json;

use super::JiraTracker;
use crate::http::RemoteError;
use crate::jira::{Failure, Step};
use crate::render::doc::{Block, Doc, Inline};
use crate::trackers::Remote;

/// Links, moves the issue to where work is over, and says so. Where it cannot be moved, that is said once instead, and is
/// an error each time.
pub async fn close(tracker: &JiraTracker, target: &str, key: &str, keeper: &Remote) -> Result<(), RemoteError> {
    let jira = &tracker.jira;
    let issue = match jira.issue(key, &["status"]).await {
        Ok(issue) => issue,
        Err(RemoteError::Gone { .. }) => return tracker.is_deleted(target, key).await,
        Err(error) => return Err(error),
    };
    let closed = format!("hearback:double {} closed", keeper.key);
    if tracker.own_comment(&issue.id, &closed, None).await?.is_some() {
        return Ok(());
    }
    match jira.link_duplicate(&issue.key, &keeper.key).await {
        // Links may be switched off, named otherwise or forbidden: the comment has one, too.
        Ok(())
        | Err(
            Failure::Fields(_)
            | Failure::Forbidden { .. }
            | Failure::Remote(RemoteError::Gone { .. } | RemoteError::Refused { .. }),
        ) => {}
        Err(failure) => return Err(failure.into()),
    }
    let moved = if issue.fields.status.is_done() { Ok(()) } else { finish(tracker, &issue.id, key).await? };
    let (line, last) = match &moved {
        Ok(()) => (closed, "hearback goes on in the older one."),
        Err(why) => (format!("hearback:double {} open", keeper.key), why.as_str()),
    };
    if moved.is_ok() || tracker.own_comment(&issue.id, &line, None).await?.is_none() {
        let body = tracker.comment_body(&account(keeper, last), &line);
        jira.add_comment(&issue.id, &body, &json!({"v": 1, "double": keeper.key})).await?;
    }
    moved.map_err(|why| RemoteError::Refused { problem: format!("{why} Close it by hand: it doubles {}.", keeper.key) })
}

/// Moves the issue to where work is over, or says why that cannot be done.
async fn finish(tracker: &JiraTracker, id: &str, key: &str) -> Result<Result<(), String>, RemoteError> {
    let steps = tracker.jira.steps(id).await?;
    let step = match way_out(&steps, key) {
        Ok(step) => step,
        Err(why) => return Ok(Err(why)),
    };
    match tracker.jira.take(id, &step.id).await {
        Ok(()) => Ok(Ok(())),
        Err(Failure::Fields(refused)) => {
            Ok(Err(format!("I can't move {key} to *{}*: Jira says {}.", step.to.name, refused.words())))
        }
        Err(Failure::Forbidden { problem }) => Ok(Err(format!("I can't move {key} to *{}*: {problem}.", step.to.name))),
        Err(Failure::Remote(error)) => Err(error),
    }
}

fn account(keeper: &Remote, last: &str) -> Doc {
    let text = vec![
        Inline::Text("This doubles ".into()),
        Inline::Link { text: keeper.key.clone(), url: keeper.url.clone() },
        Inline::Text(format!(": Jira took in an issue twice. {last}")),
    ];
    Doc { blocks: vec![Block::Paragraph(text)] }
}

/// A step to a status that means done and asks for nothing, one that is named after doubles before others; or why there
/// is none.
fn way_out<'s>(steps: &'s [Step], key: &str) -> Result<&'s Step, String> {
    let done: Vec<&Step> = steps.iter().filter(|step| step.is_available && step.to.is_done()).collect();
    let free = || done.iter().copied().filter(|step| step.demands().is_empty());
    let for_doubles = free().find(|step| step.to.name.to_lowercase().contains("duplicate"));
    for_doubles.or_else(|| free().next()).ok_or_else(|| match done.first() {
        Some(step) => {
            let demands: Vec<String> = step.demands().iter().map(|name| format!("a value for {name}")).collect();
            format!("I can't move {key} to *{}*: that workflow needs {}.", step.to.name, demands.join(" and "))
        }
        None => format!("I can't close {key}: its workflow has no step from here to a status that means done."),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_out_asks_for_nothing() {
        let step = |to: &str, category: &str, demand: Option<(&str, bool)>| {
            let fields = demand.map(|(id, has)| json!({id: {"required": true, "name": id, "hasDefaultValue": has}}));
            let to = json!({"name": to, "statusCategory": {"key": category}});
            serde_json::from_value::<Step>(json!({"id": "1", "to": to, "fields": fields.unwrap_or(json!({}))})).unwrap()
        };
        let needs = Some(("resolution", false));
        for (steps, way) in [
            (vec![step("Offen", "new", None), step("Erledigt", "done", None)], Ok("Erledigt")),
            (vec![step("Done", "done", needs), step("Closed", "done", Some(("resolution", true)))], Ok("Closed")),
            (vec![step("Done", "done", None), step("Duplicate", "done", None)], Ok("Duplicate")),
            (
                vec![step("Done", "done", needs)],
                Err("I can't move SHOP-2 to *Done*: that workflow needs a value for resolution."),
            ),
            (
                vec![step("Offen", "new", None)],
                Err("I can't close SHOP-2: its workflow has no step from here to a status that means done."),
            ),
        ] {
            let got = way_out(&steps, "SHOP-2");
            assert_eq!(got.map(|step| step.to.name.as_str()), way.map_err(ToOwned::to_owned));
        }
    }
}
