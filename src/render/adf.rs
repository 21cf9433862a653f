//! Atlassian Document Format, for Jira Cloud.
use serde_json::Value;

use super::doc::Doc;

/// The document as ADF, version 1.
pub fn render(_doc: &Doc) -> Value {
    todo!()
}
