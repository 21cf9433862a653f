//! Jira's wiki markup, for Data Center.
//!
//! Backslashes keep text from being markup, [`tame::quiet`] keeps what is shown from being linked; Jira's own habits
//! (issue keys, `(!)` and `:)` as pictures, `h1.` and `bq.` at the start of a line) are broken by joiners too.

use super::doc::{Block, Doc, Inline, fitted, joined};
use super::tame::{self, JOINER, address};

/// Longest text that [`render`] makes, in characters: Jira takes 32,767, and people write into the same field.
pub const TEXT_MAX: usize = 30_000;

/// Longest name of a picture, as in `(flagoff)`.
const PICTURE_MAX: usize = 8;

/// The document as text. What does not fit into [`TEXT_MAX`] is left out from the end, block by block, and a sentence
/// says so.
pub fn render(doc: &Doc) -> String {
    fitted(doc, TEXT_MAX, |doc| {
        let blocks: Vec<String> = doc.blocks.iter().map(block).filter(|b| !b.is_empty()).collect();
        let text = blocks.join("\n\n");
        let length = text.chars().count();
        (text, length)
    })
}

fn block(block: &Block) -> String {
    match block {
        Block::Heading { level, text } => match line(text, " ") {
            text if text.is_empty() => text,
            text => format!("h{}. {text}", (*level).clamp(1, 6)),
        },
        Block::Paragraph(text) => line(text, "\n"),
        Block::Bullets(items) => list(items.iter().map(|item| line(item, "\n"))),
        Block::Tasks(tasks) => list(tasks.iter().map(|task| line(&task.drawn(), "\n"))),
        Block::Table { head, rows } => table(head, rows),
        Block::Quote { text, source } => quote(text, source),
    }
}

fn list(items: impl Iterator<Item = String>) -> String {
    items.filter(|item| !item.is_empty()).map(|item| format!("* {item}")).collect::<Vec<_>>().join("\n")
}

fn table(head: &[String], rows: &[Vec<Vec<Inline>>]) -> String {
    let columns = rows.iter().map(Vec::len).fold(head.len(), usize::max);
    if columns == 0 {
        return String::new();
    }
    let row = |bar: &str, cells: Vec<String>| {
        let cells = cells.into_iter().chain(std::iter::repeat(String::new())).take(columns);
        // An empty cell would join two bars to the bar of a heading.
        let cells: Vec<String> = cells.map(|c| if c.is_empty() { " ".into() } else { c }).collect();
        format!("{bar}{}{bar}", cells.join(bar))
    };
    let head: Vec<String> = head.iter().map(|h| line(&[Inline::Text(h.clone())], " ")).collect();
    let named = head.iter().any(|h| !h.is_empty());
    let mut lines: Vec<String> = named.then(|| row("||", head)).into_iter().collect();
    lines.extend(rows.iter().map(|cells| row("|", cells.iter().map(|c| line(c, " \\\\ ")).collect())));
    lines.join("\n")
}

fn quote(text: &str, source: &[Inline]) -> String {
    let clean = tame::clean(text);
    let said: Vec<String> = clean.lines().map(|l| line(&[Inline::Text(l.to_owned())], " ")).collect();
    let mut parts = vec![said.join("\n").trim_matches('\n').to_owned()];
    let source = line(source, " ");
    if !source.is_empty() {
        parts.push(format!("— {source}"));
    }
    parts.retain(|part| !part.is_empty());
    if parts.is_empty() { String::new() } else { format!("{{quote}}\n{}\n{{quote}}", parts.join("\n")) }
}

fn line(parts: &[Inline], new_line: &str) -> String {
    let lines: Vec<String> =
        joined(parts).split(|part| *part == Inline::Break).map(unbroken).filter(|line| !line.is_empty()).collect();
    lines.join(new_line)
}

fn unbroken(parts: &[Inline]) -> String {
    let mut out = String::new();
    for part in parts {
        match part {
            Inline::Text(text) => escape_into(&mut out, text),
            // The braces make marks count beside every character.
            Inline::Strong(text) => styled(&mut out, "{*}", text),
            Inline::Emph(text) => styled(&mut out, "{_}", text),
            Inline::Code(text) => {
                out.push_str("{{");
                escape_into(&mut out, tame::clean(text).trim());
                out.push_str("}}");
            }
            Inline::Link { text, url } => {
                let url = address(url).unwrap_or_default();
                let shown = if tame::clean(text).trim().is_empty() { &url } else { text };
                out.push('[');
                escape_into(&mut out, shown.trim());
                out.extend(["|", &url, "]"]);
            }
            Inline::Break => {}
        }
    }
    out.trim().to_owned()
}

fn styled(out: &mut String, mark: &str, text: &str) {
    out.push_str(mark);
    escape_into(out, text);
    out.push_str(mark);
}

/// Escapes a text as one line.
fn escape_into(out: &mut String, text: &str) {
    let flat = tame::clean(text).replace('\n', " ");
    let flat = if out.is_empty() { flat.trim_start() } else { &flat };
    let chars: Vec<char> = tame::quiet(flat).chars().collect();
    if out.is_empty()
        && let Some(after) = begins_block(&chars)
    {
        out.extend(&chars[..after]);
        out.push(JOINER);
        return escape_rest(out, &chars, after);
    }
    escape_rest(out, &chars, 0);
}

/// How many characters of `h1.` or `bq.` a line begins with.
fn begins_block(chars: &[char]) -> Option<usize> {
    match chars {
        ['h' | 'H', '1'..='6', '.', ..] | ['b' | 'B', 'q' | 'Q', '.', ..] => Some(2),
        _ => None,
    }
}

fn escape_rest(out: &mut String, chars: &[char], from: usize) {
    for (i, c) in chars.iter().enumerate().skip(from) {
        let before = chars[..i].iter().rev().find(|c| **c != JOINER);
        let after = chars[i + 1..].iter().find(|c| **c != JOINER);
        let within_word = before.is_some_and(|b| b.is_alphanumeric()) && after.is_some_and(|a| a.is_alphanumeric());
        match c {
            // Two of them are a new line, whatever is before them.
            '\\' => out.push_str("&#92;"),
            '&' => out.push_str("&amp;"),
            '{' | '}' | '[' | ']' | '|' | '*' | '^' | '~' | '!' | '?' => out.extend(['\\', *c]),
            '_' | '-' | '+' if !within_word => out.extend(['\\', *c]),
            '#' if out.is_empty() => out.push_str("\\#"),
            '(' if begins_picture(&chars[i + 1..]) => out.extend(['(', JOINER]),
            ':' | ';' if matches!(after, Some(')' | '(' | 'P' | 'p' | 'D' | '|')) => out.extend([*c, JOINER]),
            c => out.push(*c),
        }
    }
}

/// Whether what follows a bracket is the rest of `(!)`, `(y)`, `(on)` and the like.
fn begins_picture(rest: &[char]) -> bool {
    let name = rest.iter().take(PICTURE_MAX + 1).take_while(|c| !c.is_whitespace() && **c != ')').count();
    (1..=PICTURE_MAX).contains(&name) && rest.get(name) == Some(&')')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A paragraph with joiners shown as `¦`.
    fn paragraph(parts: Vec<Inline>) -> String {
        render(&Doc { blocks: vec![Block::Paragraph(parts)] }).replace(JOINER, "¦")
    }

    #[test]
    fn nothing_that_customers_wrote_is_markup() {
        for (text, wiki) in [
            ("[~jane] @jane", "\\[\\~¦jane\\] @¦jane"),
            ("[x|https://evil.test]", "\\[x\\|https:¦//evil.test\\]"),
            ("!https://evil.test/x.png!", "\\!https:¦//evil.test/x.png\\!"),
            ("{html}<b>{html} {code} {noformat}", "\\{html\\}<b>\\{html\\} \\{code\\} \\{noformat\\}"),
            ("{quote}", "\\{quote\\}"),
            ("SHOP-1 is like shop-22", "SHOP-¦1 is like shop-¦22"),
            ("a\\\\b \\[x]", "a&#92;&#92;b &#92;\\[x\\]"),
            ("&#123;x&#125;", "&amp;#¦123;x&amp;#¦125;"),
            ("h1. big", "h1¦. big"),
            ("bq. said", "bq¦. said"),
            ("* a", "\\* a"),
            ("# a", "\\# a"),
            ("- a", "\\- a"),
            ("---- -x- well-known", "\\-\\-\\-\\- \\-x\\- well-known"),
            ("*b* _e_ ??c?? +i+ ^u^ ~d~", "\\*b\\* \\_e\\_ \\?\\?c\\?\\? \\+i\\+ \\^u\\^ \\~d\\~"),
            ("snake_case", "snake_case"),
            ("|a|b|", "\\|a\\|b\\|"),
            ("(!) (y) (on) (see below) :) ;)", "(¦\\!) (¦y) (¦on) (see below) :¦) ;¦)"),
            ("jane@acme.test www.evil.test mailto:x", "jane@¦acme.test www¦.evil.test mailto:¦x"),
            ("two\nlines\u{202e}", "two lines"),
        ] {
            assert_eq!(paragraph(vec![Inline::Text(text.into())]), wiki, "{text}");
        }
    }

    #[test]
    fn every_line_of_a_quote_is_a_line() {
        let text = "h1. a\n* b\n{quote}\n\n!x!".to_owned();
        let wiki = render(&Doc { blocks: vec![Block::Quote { text, source: vec![Inline::Code("fb_1".into())] }] });
        assert_eq!(wiki.replace(JOINER, "¦"), "{quote}\nh1¦. a\n\\* b\n\\{quote\\}\n\n\\!x\\!\n— {{fb_1}}\n{quote}");
    }

    #[test]
    fn what_the_program_says_is_markup() {
        let link = |url: &str| Inline::Link { text: "a|b".into(), url: url.into() };
        let text = paragraph(vec![
            Inline::Strong("s*".into()),
            Inline::Emph("e".into()),
            Inline::Code("{c}".into()),
            Inline::Break,
            link("https://ours.test/(x)|]"),
            link("javascript:x"),
        ]);
        assert_eq!(text, "{*}s\\*{*}{_}e{_}{{\\{c\\}}}\n[a\\|b|https://ours.test/%28x%29%7C%5D]a\\|b");
        let cell = |t: &str| vec![Inline::Text(t.into()), Inline::Break, Inline::Text("x".into())];
        let table =
            |head: &str| Block::Table { head: vec![head.into(), "b".into()], rows: vec![vec![cell("|"), vec![]]] };
        assert_eq!(render(&Doc { blocks: vec![table("h|")] }), "||h\\|||b||\n|\\| \\\\ x| |");
    }
}
