//! The section that hearback owns inside a description that people write too.
//!
//! It stands between two marker lines, `hearback:begin ROLLOUT SUBJECT MAC` and `hearback:end MAC`. In a document they
//! are top-level paragraphs, which the rich editor keeps apart; in wiki markup they are lines. What stands before and
//! after them stays node by node, or byte for byte, and so do the marker lines themselves.
//!
//! Where a marker is gone or damaged, or stands in something that quotes it, the section is put at the end: what is
//! left of an older one is then people's, because nobody can tell where it ends.

use std::ops::Range;

use serde_json::{Value, json};

use super::text;
use crate::jira::Flavour;
use crate::render::doc::Doc;
use crate::render::markers::Marker;

/// A section has at least this much room, whatever people wrote around it; characters.
const ROOM_MIN: usize = 2_000;

/// A description that holds nothing but the section.
pub fn whole(flavour: Flavour, marker: &Marker, doc: &Doc) -> Value {
    let section = text::render(flavour, doc, text::CHARS_MAX);
    match section {
        Value::String(section) => Value::String(wiki_section(marker, &section)),
        document => json!({"type": "doc", "version": 1, "content": adf_section(marker, content(&document))}),
    }
}

/// `current` with the section brought to what is wanted; `None` where it says so already.
pub fn spliced(flavour: Flavour, current: &Value, marker: &Marker, doc: &Doc) -> Option<Value> {
    let ours = match flavour {
        Flavour::Cloud => adf_span(content(current), marker)
            .map_or(0, |(_, inner)| content(current)[inner].iter().map(text::size).sum()),
        Flavour::DataCenter => {
            let text = current.as_str().unwrap_or_default();
            wiki_span(text, marker).map_or(0, |inner| text[inner].chars().count())
        }
    };
    let room = text::CHARS_MAX.saturating_sub(text::size(current).saturating_sub(ours)).max(ROOM_MIN);
    match text::render(flavour, doc, room) {
        Value::String(section) => {
            wiki_spliced(current.as_str().unwrap_or_default(), marker, &section).map(Value::String)
        }
        document => adf_spliced(current, marker, content(&document)),
    }
}

fn content(document: &Value) -> &[Value] {
    document["content"].as_array().map_or(&[], Vec::as_slice)
}

fn adf_section(marker: &Marker, section: &[Value]) -> Vec<Value> {
    let begin = text::node(&text::begin(marker));
    let end = text::node(&text::end(marker));
    [&[begin], section, &[end]].concat()
}

/// Where the section stands among top-level nodes: with its markers, and without.
fn adf_span(nodes: &[Value], marker: &Marker) -> Option<(Range<usize>, Range<usize>)> {
    let (begin, end) = (text::begin(marker), text::end(marker));
    let mut from = None;
    for (at, node) in nodes.iter().enumerate() {
        if text::is_node(node, &begin) {
            from = Some(at);
        } else if let Some(from) = from
            && text::is_node(node, &end)
        {
            return Some((from..at + 1, from + 1..at));
        }
    }
    None
}

fn adf_spliced(current: &Value, marker: &Marker, section: &[Value]) -> Option<Value> {
    let nodes = content(current);
    let new = match adf_span(nodes, marker) {
        Some((_, inner)) if text::same_nodes(&nodes[inner.clone()], section) => return None,
        Some((_, inner)) => [&nodes[..inner.start], section, &nodes[inner.end..]].concat(),
        None => [nodes, &adf_section(marker, section)].concat(),
    };
    let mut document = if current.is_object() { current.clone() } else { json!({"type": "doc", "version": 1}) };
    document["content"] = Value::Array(new);
    Some(document)
}

fn wiki_section(marker: &Marker, section: &str) -> String {
    let (begin, end) = (text::wiki_line(&text::begin(marker)), text::wiki_line(&text::end(marker)));
    // A line right below a table would become part of its last cell.
    format!("{begin}\n\n{section}\n\n{end}")
}

/// A line's bytes, its end excluded and included.
fn lines(text: &str) -> impl Iterator<Item = (Range<usize>, usize)> {
    text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start..start + line.trim_end_matches('\n').len(), *at))
    })
}

/// Where the section stands between its marker lines, in bytes. One that nothing quotes goes before one that something
/// does; where only a quoted one is found it is taken, so that a macro left open never makes sections pile up.
fn wiki_span(text: &str, marker: &Marker) -> Option<Range<usize>> {
    let (begin, end) = (text::begin(marker), text::end(marker));
    let quoted = quoted(text);
    let mut from = None;
    let mut found: Vec<Range<usize>> = Vec::new();
    for (line, next) in lines(text) {
        let own = &text[line.clone()];
        if text::is_wiki_line(own, &begin) {
            from = Some(next);
        } else if text::is_wiki_line(own, &end)
            && let Some(from) = from.take()
        {
            found.push(from..line.start);
        }
    }
    let free = found.iter().position(|span| !quoted.iter().any(|quote| quote.contains(&span.start)));
    let last = found.len().checked_sub(1)?;
    Some(found.swap_remove(free.unwrap_or(last)))
}

/// What stands between a pair of macros that show other text as it is or as somebody else's, in bytes.
fn quoted(text: &str) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    for name in ["{quote", "{code", "{noformat"] {
        let mut open = None;
        let is_macro = |at: usize| text[at + name.len()..].starts_with(['}', ':']) && !text[..at].ends_with('\\');
        let at = text.match_indices(name).filter(|(at, _)| is_macro(*at));
        for (at, _) in at {
            match open.take() {
                None => open = Some(at),
                Some(from) => spans.push(from..at),
            }
        }
    }
    spans
}

fn wiki_spliced(current: &str, marker: &Marker, section: &str) -> Option<String> {
    match wiki_span(current, marker) {
        Some(inner) if text::same_lines(&current[inner.clone()], section) => None,
        Some(inner) => Some(format!("{}\n{section}\n\n{}", &current[..inner.start], &current[inner.end..])),
        None if current.is_empty() => Some(wiki_section(marker, section)),
        None => Some(format!("{current}\n\n{}", wiki_section(marker, section))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::RolloutId;
    use crate::render::markers::MarkerKind;

    fn marker() -> Marker {
        Marker {
            kind: MarkerKind::Section,
            rollout: RolloutId("ro_1".into()),
            subject: "th_2".into(),
            mac: "ab12cd34".into(),
        }
    }

    fn paragraph(text: &str) -> Value {
        json!({"type": "paragraph", "content": [{"type": "text", "text": text}]})
    }

    fn document(content: &[Value]) -> Value {
        json!({"type": "doc", "version": 1, "content": content})
    }

    #[test]
    fn wiki_text_around_the_section_stays_byte_for_byte() {
        let ours = wiki_section(&marker(), "h3. Old");
        let stale = ours.replace("ab12cd34", "00000000");
        for (before, after) in [
            ("", ""),
            ("Mine, with \\{braces\\} and trailing space \r\n\r\n", "\n\nAnd below.\r\n"),
            ("h3. Quote\n{quote}\nhearback:begin ro_1 th_2 ab12cd34\nx\nhearback:end ab12cd34\n{quote}\n", "\n"),
            ("hearback:begin ro_1 th_2 ab12cd34\nleft over without an end\n", ""),
            (stale.as_str(), ""),
            ("Open macro {code:rust}\n", "\n{noformat}"),
        ] {
            let before =
                if before.is_empty() || before.ends_with('\n') { before.to_owned() } else { format!("{before}\n") };
            let current = format!("{before}{ours}{after}");
            let new = wiki_spliced(&current, &marker(), "h3. New").unwrap();
            assert_eq!(new, format!("{before}{}{after}", wiki_section(&marker(), "h3. New")));
            assert_eq!(wiki_spliced(&new, &marker(), "h3. New"), None, "the second time changes nothing");
            assert_eq!(wiki_spliced(&new.replace('\n', "\r\n"), &marker(), "h3. New"), None, "as the editor saves it");
        }
    }

    #[test]
    fn a_lost_marker_puts_the_section_at_the_end_once() {
        for current in ["", "Mine", "hearback:end ab12cd34\nMine", "{code}\nhearback:begin ro_1 th_2 ab12cd34\n"] {
            let new = wiki_spliced(current, &marker(), "New").unwrap();
            assert!(new.starts_with(current) && new.ends_with(&wiki_section(&marker(), "New")), "{new}");
            assert_eq!(wiki_spliced(&new, &marker(), "New"), None);
        }
        let current = document(&[paragraph("Mine"), text::node(&text::end(&marker()))]);
        let new = adf_spliced(&current, &marker(), &[paragraph("New")]).unwrap();
        assert_eq!(content(&new)[..2], content(&current)[..]);
        assert_eq!(content(&new)[2..], adf_section(&marker(), &[paragraph("New")])[..]);
        assert_eq!(adf_spliced(&new, &marker(), &[paragraph("New")]), None);
        let fresh = adf_spliced(&Value::Null, &marker(), &[paragraph("New")]).unwrap();
        assert_eq!(fresh, document(&adf_section(&marker(), &[paragraph("New")])));
    }

    #[test]
    fn people_s_nodes_stay_as_they_are_and_quoted_markers_do_not_count() {
        let media = json!({"type": "mediaSingle", "attrs": {"layout": "center"}, "content": [{"type": "media", "attrs": {"id": "1", "type": "file", "collection": ""}}]});
        let panel = json!({"type": "panel", "attrs": {"panelType": "info"}, "content": adf_section(&marker(), &[])});
        let mut ours = adf_section(&marker(), &[paragraph("Old")]);
        ours[0]["attrs"] = json!({"localId": "a1"});
        let current = document(&[&[media.clone(), panel.clone()], &ours[..], &[paragraph("Below")]].concat());
        let new = adf_spliced(&current, &marker(), &[paragraph("New"), json!({"type": "rule"})]).unwrap();
        let nodes = content(&new);
        assert_eq!(nodes[..3], [media, panel, ours[0].clone()]);
        assert_eq!(nodes[3..5], [paragraph("New"), json!({"type": "rule"})]);
        assert_eq!(nodes[5..], [ours[2].clone(), paragraph("Below")]);
    }
}
