//! Pages for people: a fragment for the dashboard, and a whole page that stands alone.
//!
//! A page asks nothing of anybody: no script, no request, no font. [`policy`] is the content policy that holds it to
//! that, with the one style that it has.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use sha2::{Digest, Sha256};

use super::doc::{Block, Doc, Inline, joined};
use super::tame::{address, clean};

/// The style of every page; light or dark as the reader's device is.
pub const STYLE: &str = include_str!("style.css");

/// The document as a fragment of HTML, its headings at the levels that it gives them.
pub fn render(doc: &Doc) -> String {
    fragment(doc, 0)
}

/// A whole page with `title` as its heading; the document's highest heading comes right below it.
pub fn page(title: &str, doc: &Doc) -> String {
    whole(title, doc, "", &policy(), "no-referrer")
}

/// The same with `below` at its end: HTML that holds forms to the server that the page comes from. [`policy_with_forms`]
/// goes with it. The browser tells that server, and nobody else, where a form comes from.
pub fn page_with_forms(title: &str, doc: &Doc, below: &str) -> String {
    whole(title, doc, below, &policy_with_forms(), "same-origin")
}

fn whole(title: &str, doc: &Doc, below: &str, policy: &str, referrer: &str) -> String {
    let levels = doc.blocks.iter().filter_map(|b| match b {
        Block::Heading { level, .. } => Some(*level),
        Block::Paragraph(_) | Block::Bullets(_) | Block::Tasks(_) | Block::Table { .. } | Block::Quote { .. } => None,
    });
    let raise = levels.min().map_or(0, |highest| 2 - i16::from(highest));
    let title = escaped(title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"{referrer}\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n{}{below}</main>\n</body>\n</html>\n",
        fragment(doc, raise)
    )
}

/// The `Content-Security-Policy` under which [`page`] looks as it should: nothing is loaded, only [`STYLE`] applies.
pub fn policy() -> String {
    policy_of("'none'")
}

/// The same for [`page_with_forms`]: forms go to where the page comes from.
pub fn policy_with_forms() -> String {
    policy_of("'self'")
}

fn policy_of(forms: &str) -> String {
    let style = BASE64.encode(Sha256::digest(STYLE.as_bytes()));
    format!("default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action {forms}")
}

fn fragment(doc: &Doc, raise: i16) -> String {
    doc.blocks.iter().map(|b| block(b, raise) + "\n").collect()
}

fn block(block: &Block, raise: i16) -> String {
    match block {
        Block::Heading { level, text } => {
            let level = (i16::from(*level) + raise).clamp(1, 6);
            tag(&format!("h{level}"), &inlines(text))
        }
        Block::Paragraph(text) => tag("p", &inlines(text)),
        Block::Bullets(items) => list(items.iter().map(|item| inlines(item))),
        Block::Tasks(tasks) => list(tasks.iter().map(|task| inlines(&task.drawn()))),
        Block::Table { head, rows } => table(head, rows),
        Block::Quote { text, source } => quote(text, source),
    }
}

fn list(items: impl Iterator<Item = String>) -> String {
    let items: String = items.map(|item| tag("li", &item) + "\n").collect();
    tag("ul", &format!("\n{items}"))
}

pub(super) fn tag(name: &str, inner: &str) -> String {
    format!("<{name}>{inner}</{name}>")
}

fn table(head: &[String], rows: &[Vec<Vec<Inline>>]) -> String {
    let mut all = String::new();
    if head.iter().any(|h| !h.is_empty()) {
        let cells: String =
            head.iter().map(|h| format!("<th scope=\"col\">{}</th>", escaped(h))).collect::<Vec<_>>().concat();
        all = tag("thead", &tag("tr", &cells)) + "\n";
    }
    let row = |cells: &Vec<Vec<Inline>>| {
        let cells: String = cells.iter().map(|c| tag("td", &inlines(c))).collect();
        tag("tr", &cells) + "\n"
    };
    let rows: String = rows.iter().map(row).collect();
    all += &tag("tbody", &format!("\n{rows}"));
    // A box of its own scrolls on a narrow screen, not the page.
    format!("<div class=\"wide\" tabindex=\"0\">\n<table>\n{all}\n</table>\n</div>")
}

pub(super) fn quote(text: &str, source: &[Inline]) -> String {
    let clean = clean(text);
    let said: Vec<&str> = clean.lines().map(str::trim).collect();
    let paragraph = |lines: &[&str]| {
        let lines: Vec<String> = lines.iter().map(|line| escaped(line)).collect();
        tag("p", &lines.join("<br>\n")) + "\n"
    };
    let mut all: String = said.split(|line| line.is_empty()).filter(|lines| !lines.is_empty()).map(paragraph).collect();
    let source = inlines(source);
    if !source.is_empty() {
        all += &tag("footer", &format!("— {source}"));
        all.push('\n');
    }
    format!("<blockquote dir=\"auto\">\n{all}</blockquote>")
}

fn inlines(parts: &[Inline]) -> String {
    joined(parts)
        .iter()
        .map(|part| match part {
            Inline::Text(t) => squares(&escaped(t)),
            Inline::Strong(t) => format!("<strong>{}</strong>", escaped(t)),
            Inline::Emph(t) => format!("<em>{}</em>", escaped(t)),
            Inline::Code(t) => format!("<code>{}</code>", escaped(t)),
            Inline::Link { text, url } => match address(url) {
                Some(url) => {
                    let shown = if clean(text).trim().is_empty() { &url } else { text };
                    format!("<a href=\"{}\" rel=\"noopener noreferrer nofollow\">{}</a>", escaped(&url), escaped(shown))
                }
                None => escaped(text),
            },
            Inline::Break => "<br>\n".into(),
        })
        .collect()
}

/// A picture's squares drawn by the style, in one colour each: not every device has a font with them.
fn squares(html: &str) -> String {
    let mut out = html.to_owned();
    for (square, class) in [("🟥", "r"), ("🟧", "o"), ("⬜", "w"), ("🟩", "g")] {
        out = out.replace(square, &format!("<span class=\"sq {class}\">{square}</span>"));
    }
    out
}

/// A text for between tags or between double quotes.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_customers_wrote_is_a_tag_or_an_attribute() {
        let nasty = "\"><img src=x onerror='alert(1)'>&amp;\u{202e}</script>";
        let shown = "&quot;&gt;&lt;img src=x onerror=&#39;alert(1)&#39;&gt;&amp;amp;&lt;/script&gt;";
        let every = |t: &str| {
            let t = t.to_owned();
            vec![Inline::Text(t.clone()), Inline::Strong(t.clone()), Inline::Emph(t.clone()), Inline::Code(t)]
        };
        let link = |url: &str| Inline::Link { text: nasty.into(), url: url.into() };
        let doc = Doc {
            blocks: vec![
                Block::Heading { level: 3, text: every(nasty) },
                Block::Bullets(vec![every(nasty)]),
                Block::Table { head: vec![nasty.into()], rows: vec![vec![every(nasty)]] },
                Block::Quote { text: nasty.into(), source: every(nasty) },
                Block::Paragraph(vec![link("javascript:alert(1)"), link("https://a.test/\" onclick=x")]),
            ],
        };
        let html = page(nasty, &doc);
        assert_eq!(html.matches(shown).count(), 2 + 4 * 4 + 2 + 2, "{html}");
        assert!(!html.contains("<img") && !html.contains("<script") && !html.contains("javascript:"), "{html}");
        assert!(html.contains("<a href=\"https://a.test/%22%20onclick=x\" rel="), "{html}");
    }

    #[test]
    fn a_page_loads_nothing_and_its_style_is_the_one_allowed() {
        let html = page("t", &Doc::default());
        for outside in ["http:", "https:", "url(", "@import", "src=", "<link", "<script", "style=\""] {
            assert!(!html.contains(outside), "{outside} in {html}");
        }
        assert!(html.contains(&policy()) && html.contains(&format!("<style>{STYLE}</style>")), "{html}");
        assert!(!STYLE.contains('<'), "the style ends early");
    }

    #[test]
    fn a_page_with_forms_sends_them_to_its_own_server_only() {
        let html = page_with_forms("t", &Doc::default(), "<form></form>");
        assert!(html.contains("form-action 'self'\"") && html.contains("<form></form></main>"), "{html}");
        assert!(html.contains("content=\"same-origin\""), "{html}");
        let plain = page("t", &Doc::default());
        assert!(plain.contains("form-action 'none'\"") && plain.contains("content=\"no-referrer\""), "{plain}");
    }

    #[test]
    fn a_pages_headings_step_down_by_one() {
        let heading = |level| Block::Heading { level, text: vec![Inline::Text("x".into())] };
        let doc = Doc { blocks: vec![heading(3), heading(4)] };
        assert!(page("t", &doc).contains("<h1>t</h1>\n<h2>x</h2>\n<h3>x</h3>\n"));
        assert_eq!(render(&doc), "<h3>x</h3>\n<h4>x</h4>\n");
    }

    #[test]
    fn a_pictures_squares_are_drawn_and_stay_text() {
        let html = render(&Doc { blocks: vec![Block::Paragraph(vec![Inline::Text("🟥🟩 1 & 1".into())])] });
        let drawn = "<span class=\"sq r\">🟥</span><span class=\"sq g\">🟩</span> 1 &amp; 1";
        assert_eq!(html, format!("<p>{drawn}</p>\n"));
    }

    #[test]
    fn a_quote_keeps_its_lines() {
        let html = render(&Doc { blocks: vec![Block::Quote { text: "a\r\nb\n\n\nc".into(), source: vec![] }] });
        assert_eq!(html, "<blockquote dir=\"auto\">\n<p>a<br>\nb</p>\n<p>c</p>\n</blockquote>\n");
    }
}
