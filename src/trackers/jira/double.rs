//! Closing an issue that doubles another one. Each step may be repeated: a second time it does nothing.

use serde_json::json;

use super::JiraTracker;
use crate::http::RemoteError;
use crate::jira::{Failure, Step};
use crate::render::doc::{Block, Doc, Inline};
use crate::trackers::Remote;

/// Links, says so, and moves the issue to where work is over; an issue that is over or deleted is left alone.
pub async fn close(tracker: &JiraTracker, target: &str, key: &str, keeper: &Remote) -> Result<(), RemoteError> {
    let jira = &tracker.jira;
    let issue = match jira.issue(key, &["status"]).await {
        Ok(issue) => issue,
        Err(RemoteError::Gone { .. }) => return tracker.is_deleted(target, key).await,
        Err(error) => return Err(error),
    };
    if issue.fields.status.is_done() {
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
    let line = format!("hearback:double {}", keeper.key);
    if tracker.own_comment(&issue.id, &line, None).await?.is_none() {
        let body = tracker.comment_body(&account(keeper), &line);
        jira.add_comment(&issue.id, &body, &json!({"v": 1, "double": keeper.key})).await?;
    }
    let steps = jira.steps(&issue.id).await?;
    let step = way_out(&steps, key).map_err(|why| RemoteError::Refused {
        problem: format!("{why} Close it by hand: it doubles {}.", keeper.key),
    })?;
    jira.take(&issue.id, &step.id).await.map_err(|failure| match failure {
        Failure::Fields(refused) => RemoteError::Refused {
            problem: format!(
                "I can't move {key} to *{}*: Jira says {}. Close it by hand: it doubles {}.",
                step.to.name,
                refused.words(),
                keeper.key
            ),
        },
        other => other.into(),
    })
}

fn account(keeper: &Remote) -> Doc {
    let text = vec![
        Inline::Text("This doubles ".into()),
        Inline::Link { text: keeper.key.clone(), url: keeper.url.clone() },
        Inline::Text(": Jira took in an issue twice. hearback goes on in the older one.".into()),
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
