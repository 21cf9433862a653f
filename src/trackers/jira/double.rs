//! Closing an issue that doubles another one. Each step may be repeated, and the comment comes last: where it stands, the
//! rest is done, and an issue that a person opened again stays open.

use serde_json::json;

use super::{JiraTracker, settle};
use crate::domain::handling::Resolution;
use crate::http::RemoteError;
use crate::jira::Failure;
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
    let moved = if issue.fields.status.is_done() {
        Ok(())
    } else {
        settle::go(tracker, &issue.id, key, Resolution::Duplicate).await?
    };
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

fn account(keeper: &Remote, last: &str) -> Doc {
    let text = vec![
        Inline::Text("This doubles ".into()),
        Inline::Link { text: keeper.key.clone(), url: keeper.url.clone() },
        Inline::Text(format!(": Jira took in an issue twice. {last}")),
    ];
    Doc { blocks: vec![Block::Paragraph(text)] }
}
