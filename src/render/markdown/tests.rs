//! No customer's text is markup, or acted on, wherever in a document it stands.

use proptest::prelude::*;

use super::oracle::{acted_on, read, shown};
use super::*;

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
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

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
