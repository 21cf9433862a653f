//! Where in a comment's Markdown a command may stand: at the start of a line of a plain paragraph, as GitHub shows it.
//!
//! What stands in quotes, lists, tables, headings, code, HTML, math or behind an escape is shown, not meant. The line is taken
//! as it was written: a flag's key keeps its underscores.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// What a command begins with, in any case.
const NAME: &str = "/hearback";
/// From so many columns on a line shows as code, where it may.
const CODE_COLUMNS: usize = 4;
/// Elements that hold nothing: they need no end.
const VOID: [&str; 14] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];

/// The lines that hold a command, each with what follows its name.
pub(super) fn commands(comment: &str) -> Vec<(String, String)> {
    // What people copy from an answer holds the joiner that keeps other programs from acting on it.
    let text = comment.replace("\r\n", "\n").replace('\r', "\n").replace('\u{2060}', "");
    // In the order of the text.
    let mut plain: Vec<Range<usize>> = Vec::new();
    let mut walk = Walk::default();
    for (event, at) in Parser::new_ext(&text, options()).into_offset_iter() {
        walk.step(&event, at, &text, &mut plain);
    }
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start_matches(is_space).len();
        let at = start + indent;
        let narrow = line[..indent].chars().count() < CODE_COLUMNS && !line[..indent].contains('\t');
        let next = plain.partition_point(|p| p.end <= at);
        if narrow
            && plain.get(next).is_some_and(|p| p.start <= at)
            && let Some(rest) = rest_of(line)
        {
            found.push((trimmed(line).to_owned(), rest));
        }
        start += line.len();
    }
    found
}

/// What follows the name in a line that begins with it.
pub(super) fn rest_of(line: &str) -> Option<String> {
    let line = trimmed(line);
    let name = line.get(..NAME.len()).filter(|start| start.eq_ignore_ascii_case(NAME))?;
    let rest = &line[name.len()..];
    let ends = rest.chars().next().is_none_or(is_space);
    ends.then(|| trimmed(rest).to_owned())
}

/// A line without the spaces around it and the backslashes at its end, one of which breaks it. Trimmed again it stays.
fn trimmed(line: &str) -> &str {
    line.trim_start_matches(is_space).trim_end_matches(|c| is_space(c) || c == '\\')
}

/// White space of every width, that of none included.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200b}' | '\u{feff}')
}

/// What GitHub's Markdown has beyond `CommonMark`.
fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_GFM
        | Options::ENABLE_MATH
}

/// Where the walk through a document is.
#[derive(Default)]
struct Walk {
    /// Blocks and spans around the present place.
    around: Vec<Kind>,
    /// HTML elements that are open.
    elements: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Paragraph,
    Other,
}

impl Walk {
    fn step(&mut self, event: &Event<'_>, at: Range<usize>, text: &str, plain: &mut Vec<Range<usize>>) {
        match event {
            Event::Start(Tag::Paragraph) => self.around.push(Kind::Paragraph),
            Event::Start(_) => self.around.push(Kind::Other),
            Event::End(TagEnd::Paragraph | _) => {
                self.around.pop();
            }
            Event::Html(_) | Event::InlineHtml(_) => self.html(&text[at]),
            Event::Text(_) if self.around == [Kind::Paragraph] && self.elements.is_empty() => plain.push(at),
            _ => {}
        }
    }

    /// Notes which elements a piece of HTML opens and closes. What is between them is shown, not meant.
    fn html(&mut self, piece: &str) {
        let mut rest = piece;
        while let Some(begin) = rest.find('<') {
            rest = &rest[begin + 1..];
            if let Some(comment) = rest.strip_prefix("!--") {
                rest = comment.split_once("-->").map_or("", |(_, after)| after);
                continue;
            }
            let closes = rest.starts_with('/');
            let name: String = rest
                .trim_start_matches('/')
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '-')
                .collect::<String>()
                .to_ascii_lowercase();
            if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
                continue;
            }
            let (inside, after) = rest.split_once('>').unwrap_or((rest, ""));
            rest = after;
            if closes {
                if let Some(opened) = self.elements.iter().rposition(|open| *open == name) {
                    self.elements.truncate(opened);
                }
            } else if !VOID.contains(&name.as_str()) && !inside.ends_with('/') {
                self.elements.push(name);
            }
        }
    }
}
