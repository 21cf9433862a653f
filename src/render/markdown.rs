//! GitHub's Markdown.
//!
//! Two things keep a customer's text what it is: backslashes keep it from being markup, and [`tame::quiet`] keeps what
//! is shown from being a mention, a reference or an address. Neither does the other's work.

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;

use super::doc::{Block, Doc, Inline, Task, fitted, joined};
use super::tame::{self, JOINER, address};

/// Longest body of an issue or a comment that GitHub takes, in characters.
pub const BODY_MAX: usize = 65_536;
/// Longest text that [`render`] makes, in characters: people write into the same body.
pub const SECTION_MAX: usize = 48_000;

/// The document as text, without an end of line at its end. What does not fit into [`SECTION_MAX`] is left out from the
/// end, block by block, and a sentence says so.
pub fn render(doc: &Doc) -> String {
    fitted(doc, SECTION_MAX, |doc| {
        let text = whole(doc);
        let length = text.chars().count();
        (text, length)
    })
}

fn whole(doc: &Doc) -> String {
    let blocks: Vec<String> = doc.blocks.iter().map(block).filter(|b| !b.is_empty()).collect();
    blocks.join("\n\n")
}

fn block(block: &Block) -> String {
    match block {
        Block::Heading { level, text } => match line(text, Place::Row) {
            text if text.is_empty() => text,
            text => format!("{} {text}", "#".repeat(usize::from((*level).clamp(1, 6)))),
        },
        Block::Paragraph(text) => line(text, Place::Paragraph),
        Block::Bullets(items) => {
            let items: Vec<String> = items
                .iter()
                .map(|item| line(item, Place::Paragraph))
                .filter(|item| !item.is_empty())
                .map(|item| format!("- {}", item.replace('\n', "\n  ")))
                .collect();
            items.join("\n")
        }
        Block::Tasks(tasks) => tasks.iter().map(task).collect::<Vec<_>>().join("\n"),
        Block::Table { head, rows } => table(head, rows),
        Block::Quote { text, source } => quote(text, source),
    }
}

/// A box with its text on one line, so that the mark at its end is on the line that people tick.
fn task(task: &Task) -> String {
    let square = if task.done { "[x]" } else { "[ ]" };
    let mark = task.mark.as_ref().map(|mark| format!(" {mark}")).unwrap_or_default();
    format!("- {square} {}{mark}", line(&task.text, Place::Row))
}

fn table(head: &[String], rows: &[Vec<Vec<Inline>>]) -> String {
    let columns = rows.iter().map(Vec::len).fold(head.len(), usize::max);
    if columns == 0 {
        return String::new();
    }
    let row = |cells: Vec<String>| {
        let cells = cells.into_iter().chain(std::iter::repeat(String::new())).take(columns);
        format!("| {} |", cells.collect::<Vec<_>>().join(" | "))
    };
    let mut lines = vec![row(head.iter().map(|h| line(&[Inline::Text(h.clone())], Place::Row)).collect())];
    lines.push(row(vec!["---".into(); columns]));
    lines.extend(rows.iter().map(|cells| row(cells.iter().map(|c| line(c, Place::Cell)).collect())));
    lines.join("\n")
}

fn quote(text: &str, source: &[Inline]) -> String {
    let clean = tame::clean(text);
    let mut paragraphs: Vec<Vec<Inline>> = Vec::new();
    let mut open = false;
    for said in clean.lines() {
        if said.trim().is_empty() {
            open = false;
            continue;
        }
        match paragraphs.last_mut() {
            Some(paragraph) if open => paragraph.extend([Inline::Break, Inline::Text(said.to_owned())]),
            Some(_) | None => paragraphs.push(vec![Inline::Text(said.to_owned())]),
        }
        open = true;
    }
    let mut parts: Vec<String> = paragraphs.iter().map(|p| line(p, Place::Paragraph)).collect();
    let source = line(source, Place::Paragraph);
    if !source.is_empty() {
        parts.push(format!("— {source}"));
    }
    let lines: Vec<String> =
        parts.join("\n\n").lines().map(|l| if l.is_empty() { ">".into() } else { format!("> {l}") }).collect();
    lines.join("\n")
}

/// Where a line of inlines stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Among lines of its own.
    Paragraph,
    /// On one line: a heading, the head of a table.
    Row,
    /// In a cell, where a new line is `<br>` and code holds no `|`.
    Cell,
}

/// Inlines in one paragraph, heading or cell. A line without anything shown is left out: its break would be shown.
fn line(inlines: &[Inline], place: Place) -> String {
    // A cell ends at a `|` even within code, and how many backslashes keep one depends on who reads.
    let plain = |part: &Inline| match part {
        Inline::Code(text) if place != Place::Paragraph && text.contains('|') => Inline::Text(text.clone()),
        other => other.clone(),
    };
    let lines: Vec<String> = joined(&inlines.iter().map(plain).collect::<Vec<_>>())
        .split(|part| *part == Inline::Break)
        .map(unbroken)
        .filter(|line| !line.is_empty())
        .collect();
    lines.join(match place {
        Place::Paragraph => "\\\n",
        Place::Row => " ",
        Place::Cell => "<br>",
    })
}

fn unbroken(parts: &[Inline]) -> String {
    let mut out = String::new();
    for (i, part) in parts.iter().enumerate() {
        match part {
            Inline::Text(text) => text_into(&mut out, text),
            Inline::Strong(text) => styled(&mut out, "**", text, parts.get(i + 1)),
            Inline::Emph(text) => styled(&mut out, "*", text, parts.get(i + 1)),
            Inline::Code(text) => code(&mut out, text),
            Inline::Link { text, url } => link(&mut out, text, url),
            Inline::Break => {}
        }
    }
    out.truncate(out.trim_end().len());
    out
}

fn text_into(out: &mut String, text: &str) {
    let flat = tame::clean(text).replace('\n', " ");
    let flat = if out.is_empty() { flat.trim_start() } else { &flat };
    escape_into(out, &tame::quiet(flat));
}

/// Escapes one line of text. Joiners are looked through: they are not shown.
fn escape_into(out: &mut String, text: &str) {
    let shown = |c: &char| *c != JOINER;
    let mut before: Option<char> = None;
    let mut digits = out.is_empty().then_some(0_usize);
    let mut first = out.is_empty();
    for (i, c) in text.char_indices() {
        if c == JOINER {
            out.push(c);
            continue;
        }
        let after = text[i + c.len_utf8()..].chars().find(shown);
        let within_word = before.is_some_and(char::is_alphanumeric) && after.is_some_and(char::is_alphanumeric);
        let escaped = match c {
            '\\' | '`' | '*' | '~' | '[' | ']' | '<' | '|' | '$' => true,
            '_' => !within_word,
            '&' => after.is_some_and(|a| a == '#' || a.is_ascii_alphabetic()),
            '!' => after.is_none(),
            '#' => before.is_none_or(char::is_whitespace),
            '>' | '+' | '-' | '=' | ':' => first,
            '.' | ')' => digits.is_some_and(|n| n > 0),
            _ => false,
        };
        if escaped {
            out.push('\\');
        }
        out.push(c);
        digits = digits.filter(|_| c.is_ascii_digit()).map(|n| n + 1);
        first = false;
        before = Some(c);
    }
}

/// A text between delimiters, which count as such only beside the right characters: white space goes outside, and a
/// joiner makes a neighbour where there is none of the right kind.
fn styled(out: &mut String, mark: &str, text: &str, next: Option<&Inline>) {
    let flat = tame::clean(text).replace('\n', " ");
    let inner = flat.trim();
    if flat.starts_with(char::is_whitespace) && !out.is_empty() {
        out.push(' ');
    }
    if out.ends_with(['*', '`', '!']) {
        out.push(JOINER);
    }
    let beside = out.ends_with(|c: char| !c.is_whitespace());
    out.push_str(mark);
    if beside && !inner.starts_with(char::is_alphanumeric) {
        out.push(JOINER);
    }
    // Not at the start of a line: what begins it is the mark.
    escape_into(out, &tame::quiet(inner));
    let follows = match next {
        Some(Inline::Text(t)) => t.chars().next().is_none_or(char::is_whitespace),
        Some(Inline::Break) | None => true,
        Some(Inline::Strong(_) | Inline::Emph(_) | Inline::Code(_) | Inline::Link { .. }) => false,
    };
    if !inner.ends_with(char::is_alphanumeric) && !follows {
        out.push(JOINER);
    }
    out.push_str(mark);
    if flat.ends_with(char::is_whitespace) {
        out.push(' ');
    }
}

fn code(out: &mut String, text: &str) {
    let flat = tame::clean(text).replace('\n', " ");
    let inner = tame::quiet(flat.trim());
    let longest = inner.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if inner.starts_with('`') || inner.ends_with('`') { " " } else { "" };
    if out.ends_with('`') {
        out.push(JOINER);
    }
    out.extend([fence.as_str(), pad, &inner, pad, &fence]);
}

fn link(out: &mut String, text: &str, url: &str) {
    let Some(url) = address(url) else { return text_into(out, text) };
    let flat = tame::clean(text).replace('\n', " ");
    let shown = if flat.trim().is_empty() { url.clone() } else { flat };
    out.push('[');
    // A link holds no other link; only what looks like an address or a tag could become one.
    let addressed = shown.contains(['@', ':', '<']) || shown.to_lowercase().contains("www.");
    escape_into(out, &if addressed { tame::quiet(shown.trim()) } else { shown.trim().to_owned() });
    out.extend(["](<", &url, ">)"]);
}
