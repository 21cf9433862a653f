//! Text as v3 wants it (ADF) and as v2 does (wiki markup).

use serde_json::{Value, json};

use super::refuse;
use crate::worlds::ask::Answer;

/// The most characters of a description or comment.
const CHARS_MAX: usize = 32_767;

/// A description's or comment's text.
#[derive(Clone, Debug, PartialEq)]
pub enum Text {
    /// An Atlassian document.
    Adf(Value),
    /// Wiki markup.
    Wiki(String),
}

impl Text {
    /// Reads what a request gives for `field`, or Jira's refusal.
    pub fn read(field: &str, value: &Value, adf: bool) -> Result<Self, Answer> {
        let text = match (adf, value) {
            (true, Value::Object(_)) if !is_document(value) => return Err(super::problem(400, "INVALID_INPUT")),
            (true, Value::Object(_)) => Self::Adf(value.clone()),
            (true, _) => {
                let said = "Operation value must be an Atlassian Document (see the Atlassian Document Format)";
                return Err(refuse(field, said));
            }
            (false, Value::String(text)) => Self::Wiki(text.clone()),
            (false, _) => return Err(refuse(field, "Operation value must be a string")),
        };
        if text.plain().chars().count() > CHARS_MAX {
            return Err(refuse(
                field,
                "The entered text is too long. It exceeds the allowed limit of 32,767 characters.",
            ));
        }
        Ok(text)
    }

    /// As an answer gives it.
    pub fn shape(&self, adf: bool) -> Value {
        match (self, adf) {
            (Self::Adf(document), true) => document.clone(),
            (Self::Wiki(text), false) => json!(text),
            (_, false) => json!(self.plain()),
            (Self::Wiki(text), true) => {
                let words = if text.is_empty() { vec![] } else { vec![json!({"type": "text", "text": text})] };
                json!({"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": words}]})
            }
        }
    }

    /// The words, blocks on lines of their own.
    pub fn plain(&self) -> String {
        match self {
            Self::Wiki(text) => text.clone(),
            Self::Adf(document) => {
                let mut words = String::new();
                gather(document, &mut words);
                words.trim_end().to_owned()
            }
        }
    }
}

const BLOCKS: &[&str] = &[
    "paragraph",
    "heading",
    "bulletList",
    "orderedList",
    "listItem",
    "codeBlock",
    "blockquote",
    "rule",
    "panel",
    "table",
    "tableRow",
    "tableHeader",
    "tableCell",
    "expand",
    "nestedExpand",
    "taskList",
    "taskItem",
    "mediaSingle",
    "media",
];
const INLINES: &[&str] = &["text", "hardBreak", "mention", "emoji", "inlineCard", "status", "date"];
const KEYS: &[&str] = &["type", "attrs", "content", "marks", "text"];

/// The rules that break most often: the root, known nodes, no stray keys, no empty text.
fn is_document(value: &Value) -> bool {
    let root = value["type"] == "doc" && value["version"] == 1 && value["content"].is_array();
    let stray =
        value.as_object().is_none_or(|o| o.keys().any(|k| !["type", "version", "content"].contains(&k.as_str())));
    root && !stray && value["content"].as_array().into_iter().flatten().all(is_node)
}

fn is_node(node: &Value) -> bool {
    let kind = node["type"].as_str().unwrap_or_default();
    let known = BLOCKS.contains(&kind) || INLINES.contains(&kind);
    let stray = node.as_object().is_none_or(|o| o.keys().any(|k| !KEYS.contains(&k.as_str())));
    let said = kind != "text" || node["text"].as_str().is_some_and(|text| !text.is_empty());
    let filled = !["listItem", "tableCell", "bulletList", "orderedList"].contains(&kind)
        || node["content"].as_array().is_some_and(|content| !content.is_empty());
    known && !stray && said && filled && node["content"].as_array().into_iter().flatten().all(is_node)
}

fn gather(node: &Value, words: &mut String) {
    match node["type"].as_str() {
        Some("text") => words.push_str(node["text"].as_str().unwrap_or_default()),
        Some("hardBreak") => words.push('\n'),
        Some("inlineCard") => words.push_str(node["attrs"]["url"].as_str().unwrap_or_default()),
        _ => {}
    }
    node["content"].as_array().into_iter().flatten().for_each(|child| gather(child, words));
    if ["paragraph", "heading", "codeBlock"].iter().any(|kind| node["type"] == *kind) {
        words.push('\n');
    }
}
