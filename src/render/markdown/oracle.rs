//! A parser of GitHub's Markdown, asked what it sees in what we wrote, and what GitHub makes of the shown text.

use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, Options, parse_document};

use super::*;

/// What a reader of GitHub's Markdown finds.
#[derive(Debug, Default)]
pub struct Seen {
    /// Everything that is shown, without white space and joiners.
    pub shown: String,
    /// Texts outside of links and code, each whole.
    pub texts: Vec<String>,
    /// Where links lead.
    pub links: Vec<String>,
    /// Everything that a document of ours never holds.
    pub foreign: Vec<String>,
}

/// Asks the parser.
pub fn read(markdown: &str) -> Seen {
    let mut options = Options::default();
    let on = &mut options.extension;
    (on.autolink, on.table, on.tasklist, on.footnotes, on.strikethrough) = (true, true, true, true, true);
    (on.alerts, on.math_dollars, on.math_code, on.description_lists) = (true, true, true, true);
    let arena = Arena::new();
    let mut seen = Seen::default();
    look(parse_document(&arena, markdown, &options), &mut seen, false);
    seen.shown.retain(visible);
    seen
}

/// White space collapses, and what joins or varies depends on its neighbours.
fn visible(c: char) -> bool {
    !c.is_whitespace()
        && c != JOINER
        && !matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

fn look<'a>(node: &'a AstNode<'a>, seen: &mut Seen, in_link: bool) {
    let mut in_link = in_link;
    match &node.data.borrow().value {
        NodeValue::Text(text) => {
            seen.shown.push_str(text);
            if !in_link {
                match node.previous_sibling().map(|p| matches!(p.data.borrow().value, NodeValue::Text(_))) {
                    Some(true) => seen.texts.last_mut().expect("the sibling's").push_str(text),
                    Some(false) | None => seen.texts.push(text.to_string()),
                }
            }
        }
        NodeValue::Code(code) => seen.shown.push_str(&code.literal),
        NodeValue::Link(link) => {
            seen.links.push(link.url.clone());
            in_link = true;
        }
        NodeValue::HtmlInline(html) if html == "<br>" => {}
        NodeValue::Document
        | NodeValue::Paragraph
        | NodeValue::Heading(_)
        | NodeValue::List(_)
        | NodeValue::Item(_)
        | NodeValue::Table(_)
        | NodeValue::TableRow(_)
        | NodeValue::TableCell
        | NodeValue::BlockQuote
        | NodeValue::SoftBreak
        | NodeValue::LineBreak
        | NodeValue::Emph
        | NodeValue::Strong => {}
        other => seen.foreign.push(format!("{other:?}")),
    }
    for child in node.children() {
        look(child, seen, in_link);
    }
}

/// What GitHub makes of the texts after Markdown is done with them.
pub fn acted_on(text: &str) -> Option<String> {
    let chars: Vec<char> = text.chars().collect();
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    for (i, c) in chars.iter().enumerate() {
        let rest: String = chars[i + 1..].iter().take(60).collect();
        let next = rest.chars().next();
        let begins = i == 0 || !word(chars[i - 1]);
        let run: String = chars[i..].iter().take_while(|c| word(**c)).collect();
        let found = match c {
            '@' | '＠' => next.is_some_and(char::is_alphanumeric),
            '#' | '＃' => next.is_some_and(|n| n.is_ascii_digit()),
            ':' => {
                let name: String = rest.chars().take_while(|c| word(*c) || "+-".contains(*c)).collect();
                rest.starts_with("//") || (!name.is_empty() && rest[name.len()..].starts_with(':'))
            }
            _ if begins => {
                let lower: String = chars[i..].iter().take(8).collect::<String>().to_lowercase();
                let key = lower.strip_prefix("gh-").is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit()));
                let commit = (7..=64).contains(&run.len()) && run.bytes().all(|b| b.is_ascii_hexdigit());
                key || commit || lower.starts_with("www.")
            }
            _ => false,
        };
        if found {
            return Some(chars[i..].iter().take(20).collect());
        }
    }
    None
}

/// What a document shows, without white space.
pub fn shown(doc: &Doc) -> String {
    let inlines = |parts: &[Inline]| -> String {
        let each = parts.iter().map(|part| match part {
            Inline::Text(t) | Inline::Strong(t) | Inline::Emph(t) | Inline::Code(t) => t.clone(),
            Inline::Link { text, url } => match address(url) {
                Some(url) if tame::clean(text).trim().is_empty() => url,
                Some(_) | None => text.clone(),
            },
            Inline::Break => String::new(),
        });
        each.map(|t| tame::clean(&t)).collect()
    };
    let mut all = String::new();
    for block in &doc.blocks {
        match block {
            Block::Heading { text, .. } | Block::Paragraph(text) => all.push_str(&inlines(text)),
            Block::Bullets(items) => all.extend(items.iter().map(|i| inlines(i))),
            Block::Tasks(tasks) => all.extend(tasks.iter().map(|t| inlines(&t.text))),
            Block::Table { head, rows } => {
                all.extend(head.iter().map(|h| tame::clean(h)));
                all.extend(rows.iter().flatten().map(|c| inlines(c)));
            }
            Block::Quote { text, source } => {
                all.push_str(&tame::clean(text));
                let source = inlines(source);
                if !source.trim().is_empty() {
                    all.push('—');
                }
                all.push_str(&source);
            }
        }
    }
    all.retain(visible);
    all
}
