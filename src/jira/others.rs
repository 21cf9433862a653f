//! Issues of a project as they changed last, for looking whether people have one about the same already.

use serde::Deserialize;
use serde_json::{Value, json};

use super::issues::Status;
use super::search::quoted;
use super::{Account, Jira};
use crate::domain::existing::Listed;
use crate::http::RemoteError;
use crate::time::UnixMs;

/// Issues asked for at once.
const PAGE: usize = 100;
/// Pages that are read.
const PAGES_MAX: usize = 3;
/// How deep a document is read.
const DEPTH_MAX: usize = 20;

#[derive(Deserialize)]
struct WireIssue {
    key: String,
    #[serde(default)]
    fields: WireFields,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireFields {
    summary: Option<String>,
    description: Value,
    labels: Vec<String>,
    issuetype: Option<Named>,
    creator: Option<Account>,
    status: Status,
    updated: Option<String>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

impl Jira {
    /// Issues of others than `us` that changed last, the latest first: at most three hundred. Of each text `text_max`
    /// characters.
    pub async fn issues_of_others(
        &self,
        project: &str,
        us: &Account,
        text_max: usize,
    ) -> Result<Vec<Listed>, RemoteError> {
        let jql = format!("project = {} ORDER BY updated DESC", quoted(project));
        let fields = ["summary", "description", "labels", "issuetype", "creator", "status", "updated"];
        let question = json!({"jql": jql, "fields": fields, "maxResults": PAGE});
        let found: Vec<WireIssue> = self.found(question, PAGES_MAX).await?;
        let others = found.into_iter().filter(|i| !i.fields.creator.as_ref().is_some_and(|c| c.is(us)));
        Ok(others.map(|i| self.listed(i, text_max)).collect())
    }

    fn listed(&self, issue: WireIssue, text_max: usize) -> Listed {
        let mut text = String::new();
        words_of(&issue.fields.description, &mut text, text_max, DEPTH_MAX);
        let kind = issue.fields.issuetype.map(|t| t.name);
        Listed {
            url: self.browse(&issue.key),
            title: issue.fields.summary.unwrap_or_default(),
            text: text.chars().take(text_max).collect(),
            labels: issue.fields.labels.into_iter().chain(kind).collect(),
            open: !issue.fields.status.is_done(),
            updated_at: issue.fields.updated.as_deref().and_then(stamp).unwrap_or(UnixMs(0)),
            key: issue.key,
        }
    }
}

/// The words of a document, or of wiki markup as it stands.
fn words_of(value: &Value, text: &mut String, max: usize, depth: usize) {
    if text.len() > max * 4 || depth == 0 {
        return;
    }
    match value {
        Value::String(words) => text.push_str(words),
        Value::Object(node) => {
            if let Some(words) = node.get("text").and_then(Value::as_str) {
                text.push_str(words);
            }
            for child in node.get("content").and_then(Value::as_array).into_iter().flatten() {
                words_of(child, text, max, depth - 1);
            }
            text.push(' ');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {}
    }
}

/// `2026-10-09T10:10:00.000+0000`, which RFC 3339 would write with a colon.
fn stamp(text: &str) -> Option<UnixMs> {
    let colon = text.len().checked_sub(2).filter(|at| text.is_char_boundary(*at))?;
    UnixMs::parse_rfc3339(text).or_else(|| UnixMs::parse_rfc3339(&format!("{}:{}", &text[..colon], &text[colon..])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_read_as_its_words() {
        let document = json!({"type": "doc", "version": 1, "content": [
            {"type": "paragraph", "content": [{"type": "text", "text": "Crash on "}, {"type": "text", "text": "pay"}]},
            {"type": "bulletList", "content": [{"type": "listItem", "content": [
                {"type": "paragraph", "content": [{"type": "text", "text": "tap it"}]}]}]},
        ]});
        let read = |value: &Value| {
            let mut text = String::new();
            words_of(value, &mut text, 100, DEPTH_MAX);
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(read(&document), "Crash on pay tap it");
        assert_eq!(read(&json!("h1. Crash")), "h1. Crash");
        assert_eq!(read(&Value::Null), "");
        let deep = (0..100).fold(json!({"text": "x"}), |inner, _| json!({"content": [inner]}));
        assert_eq!(read(&deep), "", "a document that is deeper than people write is not read to its end");
    }

    #[test]
    fn jiras_times_are_read() {
        let at = UnixMs::parse_rfc3339("2026-10-09T10:10:00Z");
        assert_eq!(stamp("2026-10-09T10:10:00.000+0000"), at);
        assert_eq!(stamp("2026-10-09T10:10:00Z"), at);
        assert_eq!(stamp("soon"), None);
        assert_eq!(stamp("ä"), None);
    }
}
