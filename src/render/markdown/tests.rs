//! The oracle is a parser of GitHub's Markdown: it is asked what it sees in what we wrote.

use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, Options, parse_document};
use proptest::prelude::*;

use super::*;

/// What a reader of GitHub's Markdown finds.
#[derive(Debug, Default)]
struct Seen {
    /// Everything that is shown, without white space and joiners.
    shown: String,
    /// Texts outside of links and code, each whole.
    texts: Vec<String>,
    /// Where links lead.
    links: Vec<String>,
    /// Everything that a document of ours never holds.
    foreign: Vec<String>,
}

fn read(markdown: &str) -> Seen {
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
fn acted_on(text: &str) -> Option<String> {
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
fn shown(doc: &Doc) -> String {
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

fn check(doc: &Doc) -> Result<(), TestCaseError> {
    let markdown = whole(doc);
    let seen = read(&markdown);
    let ours = format!("{doc:?}").matches("Link {").count();
    prop_assert!(seen.foreign.is_empty(), "{:?} in\n{markdown}", seen.foreign);
    prop_assert!(seen.links.len() <= ours, "{:?} in\n{markdown}", seen.links);
    prop_assert!(seen.links.iter().all(|l| l.starts_with("https://ours.test/")), "{:?} in\n{markdown}", seen.links);
    prop_assert_eq!(&seen.shown, &shown(doc), "in\n{}", markdown);
    for text in &seen.texts {
        prop_assert_eq!(acted_on(text), None, "in {:?} of\n{}", text, markdown);
    }
    prop_assert!(!markdown.contains("<!--"), "{}", markdown);
    for line in markdown.lines() {
        let line = line.trim_start_matches(['>', ' ']);
        prop_assert!(!line.starts_with("/hearback"), "{}", markdown);
        prop_assert!(!line.starts_with("```\n") && !line.starts_with("~~~"), "{}", markdown);
    }
    Ok(())
}

const NASTY: &[&str] = &[
    "@octocat",
    "@acme/team",
    "＠octocat",
    "&#64;octocat",
    "&commat;octocat",
    "&#x40;x",
    "@\u{200b}octocat",
    "**@**x",
    "#12",
    "GH-12",
    "gh-7",
    "acme/shop#12",
    "fixes #1",
    "closes acme/shop#2",
    "Resolves: #3",
    "@",
    "#",
    "12",
    "GH-",
    "https://github.com/acme/shop/issues/1",
    "http://evil.test",
    "www.evil.test",
    "WWW.evil.test",
    "ftp://x.test",
    "jane@acme.test",
    "mailto:jane@acme.test",
    "xmpp:jane@acme.test",
    "<https://evil.test>",
    "<jane@acme.test>",
    "deadbeef",
    "0123456789abcdef0123456789abcdef01234567",
    "acme/shop@deadbeefcafe",
    "![x](https://evil.test/x.png)",
    "[x](https://evil.test)",
    "[x][1]",
    "[1]: https://evil.test",
    "[^1]",
    "[^1]: note",
    "<img src=x>",
    "<script>alert(1)</script>",
    "</details>",
    "<!-- hearback:begin v=1 -->",
    "<!-- hearback:end -->",
    "<!--",
    "-->",
    "<?x?>",
    "<![CDATA[x]]>",
    "<details>",
    "<br>",
    "```",
    "~~~",
    "````rust",
    "`",
    "``",
    "`x`",
    "$x$",
    "$$",
    "$`x`$",
    "\\",
    "\\\\",
    "\\@octocat",
    "a\\",
    "| a | b |",
    "|---|---|",
    ":--",
    "--|--",
    "|",
    "\\|",
    "- [ ] task",
    "[ ] task",
    "[x] done",
    "* a",
    "+ a",
    "- a",
    "1. a",
    "1) a",
    "123456789. x",
    "# heading",
    "####### x",
    "x #",
    "===",
    "---",
    "***",
    "___",
    "* * *",
    "> quote",
    ">",
    "> [!NOTE]",
    "[!WARNING]",
    "**bold**",
    "__bold__",
    "*em*",
    "_em_",
    "~~gone~~",
    "~x~",
    "a_b_c",
    "snake_case_",
    ":tada:",
    ":+1:",
    "10:30:15",
    "/hearback close",
    "/close",
    "    code",
    "\tcode",
    "\u{202e}gnp.exe",
    "a\u{200d}b",
    "\n",
    "\n\n",
    "\r\n",
    "  \n",
    " ",
    "!",
    "!!",
    "(",
    ")",
    ".",
    "**",
    "*",
    "_",
    "“",
    "é",
    "👩\u{200d}🔧",
    "&amp;",
    "&",
    "&copy;",
];

#[test]
fn nothing_nasty_becomes_markup_alone_or_after_a_word() {
    for nasty in NASTY {
        for text in [(*nasty).to_owned(), format!("see {nasty}"), format!("{nasty} now"), format!("a{nasty}b")] {
            let plain = |f: fn(String) -> Inline| vec![f(text.clone())];
            let link = Inline::Link { text: text.clone(), url: "https://ours.test/(a)|b".into() };
            let doc = Doc {
                blocks: vec![
                    Block::Paragraph(plain(Inline::Text)),
                    Block::Paragraph(plain(Inline::Strong)),
                    Block::Paragraph(plain(Inline::Emph)),
                    Block::Paragraph(plain(Inline::Code)),
                    Block::Paragraph(vec![Inline::Text(text.clone()), link, Inline::Break, Inline::Text(text.clone())]),
                    Block::Heading { level: 3, text: plain(Inline::Text) },
                    Block::Bullets(vec![plain(Inline::Text), plain(Inline::Code)]),
                    Block::Table {
                        head: vec![text.clone(), "b".into()],
                        rows: vec![vec![plain(Inline::Text), plain(Inline::Code)]],
                    },
                    Block::Quote { text: text.clone(), source: plain(Inline::Text) },
                    Block::Quote { text: format!("{text}\n{text}\n\n{text}"), source: plain(Inline::Code) },
                ],
            };
            for block in &doc.blocks {
                check(&Doc { blocks: vec![block.clone()] }).unwrap();
            }
            check(&doc).unwrap();
        }
    }
}

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => proptest::sample::select(NASTY).prop_map(ToOwned::to_owned),
        2 => "[ -~]{0,6}",
        1 => "[a-z]{1,5} ",
        1 => "\\PC{0,4}",
    ];
    proptest::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

fn inline() -> impl Strategy<Value = Inline> {
    prop_oneof![
        4 => text().prop_map(Inline::Text),
        1 => text().prop_map(Inline::Strong),
        1 => text().prop_map(Inline::Emph),
        1 => text().prop_map(Inline::Code),
        1 => text().prop_map(|text| Inline::Link { text, url: "https://ours.test/x".into() }),
        1 => text().prop_map(|text| Inline::Link { text, url: "javascript:alert(1)".into() }),
        1 => Just(Inline::Break),
    ]
}

fn inlines() -> impl Strategy<Value = Vec<Inline>> {
    proptest::collection::vec(inline(), 0..4)
}

fn any_block() -> impl Strategy<Value = Block> {
    prop_oneof![
        3 => inlines().prop_map(Block::Paragraph),
        1 => (0_u8..8, inlines()).prop_map(|(level, text)| Block::Heading { level, text }),
        1 => proptest::collection::vec(inlines(), 0..3).prop_map(Block::Bullets),
        1 => (proptest::collection::vec(text(), 0..3), proptest::collection::vec(proptest::collection::vec(inlines(), 0..3), 0..3))
            .prop_map(|(head, rows)| Block::Table { head, rows }),
        2 => (text(), inlines()).prop_map(|(text, source)| Block::Quote { text, source }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_becomes_markup_and_everything_is_shown(blocks in proptest::collection::vec(any_block(), 0..4)) {
        check(&Doc { blocks })?;
    }

    #[test]
    fn one_block_alone_too(block in any_block()) {
        check(&Doc { blocks: vec![block] })?;
    }
}

#[test]
fn the_oracle_sees_what_is_not_tamed() {
    let seen = read("<b> ![x](https://evil.test) [^1] https://evil.test\n\n[^1]: x\n\n- [ ] a\n\n```\nx\n```");
    assert_eq!((seen.links.len(), seen.foreign.len()), (1, 6), "{seen:?}");
    for text in ["@a", "#1", "gh-1", "deadbeef", ":tada:", "www.a", "ftp://x"] {
        assert!(acted_on(text).is_some(), "{text}");
    }
}

#[test]
fn a_long_document_ends_with_a_sentence_and_a_whole_table() {
    let row = |n: usize| vec![vec![Inline::Text(format!("{n} {}", "x".repeat(500)))]];
    let table = Block::Table { head: vec!["a".into()], rows: (0..500).map(row).collect() };
    let text = render(&Doc { blocks: vec![Block::Paragraph(vec![Inline::Text("first".into())]), table] });
    assert!(text.chars().count() <= SECTION_MAX, "{}", text.len());
    assert!(text.starts_with("first\n\n| a |\n| --- |\n| 0 x"), "{}", &text[..60]);
    assert!(text.ends_with("x |\n\n*The rest did not fit here; the report on the dashboard has all of it.*"));
}
