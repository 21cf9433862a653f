//! Texts as the two Jiras take them, and the lines in them by which hearback knows its own.
//!
//! Jira has no hidden comments in a text, so a marker is a small grey line that people see. It counts as a whole
//! top-level paragraph (a document) or a whole line (wiki markup), whatever people did to its looks.

use serde_json::{Value, json};

use crate::jira::Flavour;
use crate::render::doc::{Block, Doc, Inline};
use crate::render::markers::{Marker, MarkerKind};
use crate::render::{adf, wiki};

/// Colour of marker lines.
const GREY: &str = "#97a0af";
/// Most characters of one text; Jira refuses more than 32,767, markup included.
pub const CHARS_MAX: usize = 30_000;

/// What a marker's first line says.
pub fn begin(marker: &Marker) -> String {
    let word = match marker.kind {
        MarkerKind::Section => "begin",
        MarkerKind::Quotes => "quotes",
        MarkerKind::Answer => "answer",
    };
    // An id of ours has no other characters; nothing may be markup here.
    let plain = |text: &str| text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>();
    format!("hearback:{word} {} {} {}", plain(marker.rollout.as_str()), plain(&marker.subject), marker.mac)
}

/// What a section's last line says.
pub fn end(marker: &Marker) -> String {
    format!("hearback:end {}", marker.mac)
}

/// A document in Jira's language. Where people's text around it leaves less than the renderers' own limit, it is cut to
/// `room` characters between its parts, with a word about what is missing.
pub fn render(flavour: Flavour, doc: &Doc, room: usize) -> Value {
    let mut doc = doc.clone();
    let mut left_out = 0_usize;
    loop {
        let mut shown = doc.clone();
        if left_out > 0 {
            let parts = if left_out == 1 { "1 part is".into() } else { format!("{left_out} parts are") };
            let said = format!("… {parts} left out here: Jira takes no longer text.");
            shown.blocks.push(Block::Paragraph(vec![Inline::Emph(said)]));
        }
        let text = match flavour {
            Flavour::Cloud => adf::render(&shown),
            Flavour::DataCenter => Value::String(wiki::render(&shown).trim_end().to_owned()),
        };
        if size(&text) <= room || doc.blocks.pop().is_none() {
            return text;
        }
        left_out += 1;
    }
}

/// Characters of a text that count towards Jira's limit. A document's structure weighs too, so each node counts as a
/// short piece of markup.
pub fn size(text: &Value) -> usize {
    match text {
        Value::String(text) => text.chars().count(),
        Value::Object(node) => {
            let own = node.get("text").and_then(Value::as_str).map_or(0, |text| text.chars().count());
            let children = node.get("content").and_then(Value::as_array).into_iter().flatten();
            2 + own + children.map(size).sum::<usize>()
        }
        _ => 0,
    }
}

/// A marker line as a top-level node.
pub fn node(line: &str) -> Value {
    let grey = json!([{"type": "textColor", "attrs": {"color": GREY}}]);
    json!({"type": "paragraph", "content": [{"type": "text", "text": line, "marks": grey}]})
}

/// A marker line in wiki markup.
pub fn wiki_line(line: &str) -> String {
    format!("{{color:{GREY}}}{line}{{color}}")
}

/// A text with a marker line at its end.
pub fn signed(text: Value, line: &str) -> Value {
    match text {
        Value::String(text) => Value::String(format!("{text}\n\n{}", wiki_line(line))),
        mut document => {
            if let Some(content) = document["content"].as_array_mut() {
                content.push(node(line));
            }
            document
        }
    }
}

/// Whether a text has this marker line.
pub fn has_line(text: &Value, line: &str) -> bool {
    match text {
        Value::String(text) => text.lines().any(|own| is_wiki_line(own, line)),
        document => document["content"].as_array().into_iter().flatten().any(|own| is_node(own, line)),
    }
}

/// Whether a top-level node is this marker line.
pub fn is_node(node: &Value, line: &str) -> bool {
    if node["type"] != "paragraph" {
        return false;
    }
    let words = node["content"].as_array().into_iter().flatten().map(|inline| inline["text"].as_str());
    words.collect::<Option<String>>().is_some_and(|words| words.trim() == line)
}

/// Whether a line of wiki markup is this marker line, its colour or macros aside.
pub fn is_wiki_line(own: &str, line: &str) -> bool {
    let mut rest = own;
    let mut words = String::new();
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}') else { break };
        words.push_str(&rest[..open]);
        rest = &rest[open + close + 1..];
    }
    words.push_str(rest);
    words.trim() == line
}

/// Whether Jira shows the same for what it `has` and what is `wanted`. It gives documents ids and default attributes,
/// joins and splits pieces of text, and sorts marks; in wiki markup its editor changes the ends of lines.
pub fn same(has: &Value, wanted: &Value) -> bool {
    match (has, wanted) {
        (Value::String(has), Value::String(wanted)) => same_lines(has, wanted),
        (has, wanted) => same_nodes(&nodes(has), &nodes(wanted)),
    }
}

/// [`same`] for wiki markup.
pub fn same_lines(has: &str, wanted: &str) -> bool {
    has.trim().lines().map(str::trim_end).eq(wanted.trim().lines().map(str::trim_end))
}

/// [`same`] for the nodes of a document.
pub fn same_nodes(has: &[Value], wanted: &[Value]) -> bool {
    has.len() == wanted.len() && has.iter().zip(wanted).all(|(has, wanted)| same_node(has, wanted))
}

fn same_node(has: &Value, wanted: &Value) -> bool {
    let marks = |node: &Value| {
        let mut marks: Vec<Value> = node["marks"].as_array().cloned().unwrap_or_default();
        marks.sort_by_key(|mark| mark["type"].as_str().unwrap_or_default().to_owned());
        marks
    };
    let (has_marks, wanted_marks) = (marks(has), marks(wanted));
    has["type"] == wanted["type"]
        && has["text"] == wanted["text"]
        && same_attributes(has, wanted)
        && has_marks.len() == wanted_marks.len()
        && has_marks.iter().zip(&wanted_marks).all(|(h, w)| h["type"] == w["type"] && same_attributes(h, w))
        && same_nodes(&nodes(has), &nodes(wanted))
}

/// What we set is as we set it; what Jira added is its own.
fn same_attributes(has: &Value, wanted: &Value) -> bool {
    wanted["attrs"].as_object().into_iter().flatten().all(|(name, value)| {
        let own = &has["attrs"][name];
        own == value || own.as_f64().zip(value.as_f64()).is_some_and(|(a, b)| a.total_cmp(&b).is_eq())
    })
}

/// A node's children, neighbouring texts of one look joined.
fn nodes(node: &Value) -> Vec<Value> {
    let mut joined: Vec<Value> = Vec::new();
    for child in node["content"].as_array().into_iter().flatten() {
        if let (Some(last), Some(text)) = (joined.last_mut(), child["text"].as_str())
            && let Some(before) = last["text"].as_str()
            && same_attributes_and_marks(last, child)
        {
            last["text"] = Value::String(format!("{before}{text}"));
            continue;
        }
        joined.push(child.clone());
    }
    joined
}

fn same_attributes_and_marks(a: &Value, b: &Value) -> bool {
    let marks = |node: &Value| node["marks"].as_array().cloned().unwrap_or_default();
    marks(a) == marks(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doc(content: &Value) -> Value {
        json!({"type": "doc", "version": 1, "content": content})
    }

    #[test]
    fn what_jira_adds_is_no_difference_and_what_people_change_is() {
        let cell = json!({"type": "tableCell", "attrs": {}, "content": [{"type": "paragraph"}]});
        let table = json!({"type": "table", "content": [{"type": "tableRow", "content": [cell]}]});
        let mut normalised = table.clone();
        normalised["attrs"] = json!({"layout": "default", "localId": "7", "isNumberColumnEnabled": false});
        normalised["content"][0]["content"][0]["content"][0] = json!({"type": "paragraph", "content": []});
        let text = |text: &str, marks: &Value| json!({"type": "text", "text": text, "marks": marks});
        let bold = json!([{"type": "strong"}, {"type": "em"}]);
        let turned = json!([{"type": "em"}, {"type": "strong"}]);
        let plain = json!([]);
        let words = |texts: &[Value]| json!({"type": "paragraph", "content": texts});
        let heading = |level: Value| json!({"type": "heading", "attrs": {"level": level}});
        for (has, wanted, is) in [
            (normalised, table, true),
            (words(&[text("a", &plain), text("b", &plain)]), words(&[json!({"type": "text", "text": "ab"})]), true),
            (words(&[text("a", &turned)]), words(&[text("a", &bold)]), true),
            (words(&[text("a", &plain)]), words(&[text("a", &bold)]), false),
            (words(&[text("a", &plain)]), words(&[text("b", &plain)]), false),
            (heading(json!(3.0)), heading(json!(3)), true),
            (heading(json!(3)), heading(json!(4)), false),
            (json!({"type": "rule"}), words(&[]), false),
        ] {
            assert_eq!(same(&doc(&json!([has])), &doc(&json!([wanted]))), is, "{has} {wanted}");
        }
        assert!(!same(&doc(&json!([])), &doc(&json!([{"type": "rule"}]))));
        assert!(same(&json!("h3. a\r\n\r\nb  \r\n"), &json!("h3. a\n\nb")));
        assert!(!same(&json!("a\nb"), &json!("a\n\nb")));
    }

    #[test]
    fn a_marker_line_is_a_whole_line_whatever_its_looks() {
        let line = "hearback:end ab12";
        for (own, is) in [
            ("{color:#97a0af}hearback:end ab12{color}", true),
            ("  {color:red}{{hearback:end ab12}}{color}\r", false),
            ("hearback:end ab12\r", true),
            ("I saw hearback:end ab12", false),
            ("bq. hearback:end ab12", false),
            ("{color hearback:end ab12", false),
            ("hearback:end ab123", false),
        ] {
            assert_eq!(is_wiki_line(own, line), is, "{own}");
        }
        assert!(is_wiki_line(&wiki_line(line), line));
        let mut styled = node(line);
        styled["content"][0]["marks"] = json!([{"type": "strong"}]);
        assert!(is_node(&node(line), line) && is_node(&styled, line));
        let quoted = json!({"type": "blockquote", "content": [node(line)]});
        assert!(!is_node(&quoted, line) && !has_line(&doc(&json!([quoted])), line));
        assert!(has_line(&doc(&json!([{"type": "rule"}, node(line)])), line));
    }
}
