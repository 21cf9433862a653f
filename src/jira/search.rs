//! Search: Cloud's by token, Data Center's by offset. Both lag behind what was written.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Flavour, Issue, Jira, PAGES_MAX, PROPERTY};
use crate::http::RemoteError;

/// Issues asked for at once.
const PAGE: usize = 50;

/// A page of either search.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page<T> {
    #[serde(default = "Vec::new")]
    issues: Vec<T>,
    next_page_token: Option<String>,
    total: Option<usize>,
}

impl Jira {
    /// Issues of a project with a label, oldest first, with these fields. On Cloud with hearback's property, too; Data
    /// Center's search cannot give it.
    pub async fn labelled(&self, project: &str, label: &str, fields: &[&str]) -> Result<Vec<Issue>, RemoteError> {
        let jql = format!("project = {} AND labels = {} ORDER BY created ASC", quoted(project), quoted(label));
        let mut question = json!({"jql": jql, "fields": fields, "maxResults": PAGE});
        if self.flavour == Flavour::Cloud {
            question["properties"] = json!([PROPERTY]);
        }
        let mut found: Vec<Issue> = self.found(question, PAGES_MAX).await?;
        found.sort_by(|a, b| a.age().cmp(&b.age()));
        Ok(found)
    }

    /// What a question finds, page by page, of `pages_max` pages at most.
    pub(super) async fn found<T: DeserializeOwned>(
        &self,
        mut question: Value,
        pages_max: usize,
    ) -> Result<Vec<T>, RemoteError> {
        let path = match self.flavour {
            Flavour::Cloud => &["search", "jql"][..],
            Flavour::DataCenter => &["search"][..],
        };
        let mut found: Vec<T> = Vec::new();
        for _ in 0..pages_max {
            if self.flavour == Flavour::DataCenter {
                question["startAt"] = json!(found.len());
            }
            let page: Page<T> = self.ask(self.api(path), &question).await?;
            let got = page.issues.len();
            found.extend(page.issues);
            let more = match (self.flavour, page.next_page_token) {
                (Flavour::Cloud, Some(token)) => {
                    question["nextPageToken"] = Value::String(token);
                    true
                }
                (Flavour::Cloud, None) => false,
                (Flavour::DataCenter, _) => got > 0 && page.total.is_some_and(|total| found.len() < total),
            };
            if !more {
                break;
            }
        }
        Ok(found)
    }
}

/// A JQL string: whatever it holds, it stays one value.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stays_a_value() {
        assert_eq!(quoted(r#"a" OR project = "B\"#), r#""a\" OR project = \"B\\""#);
    }

    #[test]
    fn a_documented_page_is_read() {
        let text = include_str!("../../tests/it/fixtures/jira/search_jql.response.json");
        let page: Page<Issue> = serde_json::from_str(text).unwrap();
        let issue = &page.issues[0];
        assert_eq!((issue.key.as_str(), issue.age().0, issue.fields.status.is_done()), ("SHOP-24", 10_000, false));
        assert_eq!(issue.fields.labels, ["hearback", "hearback-8f14e45f"]);
        assert_eq!(issue.properties[PROPERTY]["marker"], "8f14e45f");
        assert_eq!((page.next_page_token, page.total), (None, None));
    }
}
