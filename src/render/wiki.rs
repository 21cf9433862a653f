//! Jira's wiki markup, for Data Center.
use super::doc::Doc;

/// The document as text.
pub fn render(_doc: &Doc) -> String {
    todo!()
}
