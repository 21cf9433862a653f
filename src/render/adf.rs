//! Atlassian Document Format, for Jira Cloud.
//!
//! Nothing here is parsed by Jira: a text node is shown letter for letter, so that customers' words need no escaping, and
//! no node or mark is made that could mention, embed or load. The server refuses what its schema does not know, empty
//! texts among them.

use serde_json::{Value, json};

use super::doc::{Block, Doc, Inline, fitted, joined};
use super::tame::{address, clean};

/// Longest document that [`render`] makes, in characters of its JSON: Jira takes 32,767 characters of text.
pub const TEXT_MAX: usize = 30_000;

/// The document as ADF, version 1. What does not fit into [`TEXT_MAX`] is left out from the end, block by block, and a
/// sentence says so.
pub fn render(doc: &Doc) -> Value {
    fitted(doc, TEXT_MAX, |doc| {
        let content: Vec<Value> = doc.blocks.iter().filter_map(block).collect();
        let length = content.iter().map(|node| node.to_string().chars().count()).sum();
        (json!({"type": "doc", "version": 1, "content": content}), length)
    })
}

fn block(block: &Block) -> Option<Value> {
    match block {
        Block::Heading { level, text } => {
            let level = (*level).clamp(1, 6);
            Some(inlines(text))
                .filter(|content| !content.is_empty())
                .map(|content| json!({"type": "heading", "attrs": {"level": level}, "content": content}))
        }
        Block::Paragraph(text) => Some(inlines(text)).filter(|c| !c.is_empty()).map(paragraph),
        Block::Bullets(items) => list(items.iter().map(|item| inlines(item))),
        // Not Jira's own boxes: whoever ticked one would wait for something to happen.
        Block::Tasks(tasks) => list(tasks.iter().map(|task| inlines(&task.drawn()))),
        Block::Table { head, rows } => table(head, rows),
        Block::Quote { text, source } => quote(text, source),
    }
}

fn list(items: impl Iterator<Item = Vec<Value>>) -> Option<Value> {
    let items: Vec<Value> = items
        .filter(|content| !content.is_empty())
        .map(|content| json!({"type": "listItem", "content": [paragraph(content)]}))
        .collect();
    (!items.is_empty()).then(|| json!({"type": "bulletList", "content": items}))
}

fn paragraph(content: impl Into<Value>) -> Value {
    let content: Value = content.into();
    json!({"type": "paragraph", "content": content})
}

fn table(head: &[String], rows: &[Vec<Vec<Inline>>]) -> Option<Value> {
    let columns = rows.iter().map(Vec::len).fold(head.len(), usize::max);
    if columns == 0 {
        return None;
    }
    let row = |kind: &str, cells: Vec<Vec<Value>>| {
        let cells = cells.into_iter().chain(std::iter::repeat(Vec::new())).take(columns);
        let cells: Vec<Value> = cells.map(|c| json!({"type": kind, "content": [paragraph(c)]})).collect();
        json!({"type": "tableRow", "content": cells})
    };
    let head: Vec<Vec<Value>> = head.iter().map(|h| inlines(&[Inline::Text(h.clone())])).collect();
    let named = head.iter().any(|cell| !cell.is_empty());
    let mut content: Vec<Value> = named.then(|| row("tableHeader", head)).into_iter().collect();
    content.extend(rows.iter().map(|cells| row("tableCell", cells.iter().map(|c| inlines(c)).collect())));
    (!content.is_empty()).then(|| json!({"type": "table", "content": content}))
}

fn quote(text: &str, source: &[Inline]) -> Option<Value> {
    let clean = clean(text);
    let mut paragraphs: Vec<Vec<Inline>> = vec![Vec::new()];
    for said in clean.lines().map(str::trim) {
        match paragraphs.last_mut() {
            Some(paragraph) if !said.is_empty() => {
                if !paragraph.is_empty() {
                    paragraph.push(Inline::Break);
                }
                paragraph.push(Inline::Text(said.to_owned()));
            }
            Some(_) | None => paragraphs.push(Vec::new()),
        }
    }
    if !inlines(source).is_empty() {
        let dash = std::iter::once(Inline::Text("— ".into()));
        paragraphs.push(dash.chain(source.iter().cloned()).collect());
    }
    let content: Vec<Value> = paragraphs.iter().map(|p| inlines(p)).filter(|c| !c.is_empty()).map(paragraph).collect();
    (!content.is_empty()).then(|| json!({"type": "blockquote", "content": content}))
}

fn inlines(parts: &[Inline]) -> Vec<Value> {
    let mut nodes: Vec<Value> = joined(parts).iter().filter_map(inline).collect();
    while nodes.last().is_some_and(|node| node["type"] == "hardBreak") {
        nodes.pop();
    }
    nodes
}

fn inline(part: &Inline) -> Option<Value> {
    let text = |text: &str| Some(clean(text).replace('\n', " ")).filter(|t| !t.is_empty());
    let marked = |t: &str, mark: Value| text(t).map(|t| json!({"type": "text", "text": t, "marks": [mark]}));
    match part {
        Inline::Text(t) => text(t).map(|t| json!({"type": "text", "text": t})),
        Inline::Strong(t) => marked(t, json!({"type": "strong"})),
        Inline::Emph(t) => marked(t, json!({"type": "em"})),
        Inline::Code(t) => marked(t, json!({"type": "code"})),
        Inline::Link { text: t, url } => {
            let url = address(url)?;
            let shown = if clean(t).trim().is_empty() { &url } else { t };
            marked(shown, json!({"type": "link", "attrs": {"href": url}}))
        }
        Inline::Break => Some(json!({"type": "hardBreak"})),
    }
}

#[cfg(test)]
mod tests;
