use proptest::prelude::*;

use super::*;

fn marker() -> Marker {
    signed("th_01", "github")
}

fn signed(subject: &str, tracker: &str) -> Marker {
    Marker::sign(b"secret", MarkerKind::Section, tracker, &RolloutId("ro_01".into()), subject)
}

/// Our section as [`wrap`] makes it, with the lines of a test.
fn ours(section: &str) -> String {
    wrap(&marker(), section)
}

#[test]
fn a_marker_names_what_it_is_about_and_is_signed_over_all_of_it() {
    let m = marker();
    let mac = &m.mac;
    assert_eq!(m.begin(), format!("<!-- hearback:begin v=1 kind=section rollout=ro_01 theme=th_01 mac={mac} -->"));
    assert!(mac.len() == 32 && mac.bytes().all(|b| b.is_ascii_hexdigit()), "{mac}");
    assert_eq!(m.token(), format!("hb-{}", &mac[..16]));
    let rollout = RolloutId("ro_01".into());
    let others = [
        signed("report", "github"),
        signed("th_01", "jira"),
        Marker::sign(b"other", MarkerKind::Section, "github", &rollout, "th_01"),
        Marker::sign(b"secret", MarkerKind::Quotes, "github", &rollout, "th_01"),
        Marker::sign(b"secret", MarkerKind::Section, "github", &RolloutId("ro_0".into()), "1th_01"),
    ];
    for other in &others {
        assert_ne!(other.mac, m.mac, "{other:?}");
        assert!(!holds(&wrap(other, "x"), &m), "{other:?}");
    }
    let odd = Marker { subject: "x --> @me".into(), ..m.clone() };
    assert!(odd.begin().contains("theme=xme mac="), "{}", odd.begin());
}

#[test]
fn only_what_is_between_the_markers_changes() {
    let m = marker();
    let (begin, old, new) = (m.begin(), ours("old"), ours("new"));
    let crlf = |text: &str| text.replace('\n', "\r\n");
    let forged = begin.replace("mac=", "mac=0");
    for (claim, before, after) in [
        ("a text of ours alone", old.clone(), new.clone()),
        ("people's text around it", format!("hi\n{old}\nbye"), format!("hi\n{new}\nbye")),
        ("edited on the web", crlf(&format!("hi\n{old}\nbye\n")), crlf(&format!("hi\n{new}\nbye\n"))),
        ("spaces behind a marker", format!("{begin}  \nold\n{END} \nbye"), format!("{new} \nbye")),
        ("an emptied section", format!("{begin}\n{END}\n"), format!("{new}\n")),
        ("no section", "hi".into(), format!("hi\n\n{new}\n")),
        ("no section after a line's end", "hi\n".into(), format!("hi\n\n{new}\n")),
        ("no section after a blank line", "hi\r\n\r\n".into(), format!("hi\r\n\r\n{}", crlf(&format!("{new}\n")))),
        ("nothing", String::new(), format!("{new}\n")),
        ("a copy below", format!("{old}\n\n{old}"), format!("{new}\n\n{old}")),
        ("in a quote", format!("> {begin}\n> x\n"), format!("> {begin}\n> x\n\n{new}\n")),
        ("within a line", format!("see {old}"), format!("see {old}\n\n{new}\n")),
        ("indented", format!("    {old}"), format!("    {old}\n\n{new}\n")),
        ("in code", format!("```\n{old}\n```"), format!("```\n{old}\n```\n\n{new}\n")),
        ("in other code", format!("~~~~ x\n{old}\n~~~\n~~~~~"), format!("~~~~ x\n{old}\n~~~\n~~~~~\n\n{new}\n")),
        ("after code", format!("```\nx\n```\n{old}"), format!("```\nx\n```\n{new}")),
        ("after code that nobody closed", format!("```\nx\n{old}"), format!("```\nx\n{new}")),
        ("a forged marker", format!("{forged}\nx\n{END}"), format!("{forged}\nx\n{END}\n\n{new}\n")),
        ("a forged marker before", format!("{forged}\nx\n{END}\n{old}"), format!("{forged}\nx\n{END}\n{new}")),
        ("no end", format!("hi\n{begin}\n\nold\n\nbye"), format!("hi\n{new}\n\nold\n\nbye")),
        ("no end, the same words", format!("{begin}\n\nnew\n\nbye"), format!("{new}\n\nbye")),
        ("no end, nothing else", begin.clone(), new.clone()),
        ("no end before a copy", format!("{begin}\nmine\n{old}"), format!("{new}\nmine\n{old}")),
        ("an end without a begin", format!("hi\n{END}\n"), format!("hi\n{END}\n\n{new}\n")),
    ] {
        let spliced = splice(&before, &m, "new");
        assert_eq!(spliced, after, "{claim}");
        assert_eq!(splice(&spliced, &m, "new"), after, "{claim}, again");
        assert!(holds(&after, &m), "{claim}");
    }
}

#[test]
fn a_section_holds_no_marker() {
    let m = marker();
    let text = splice("hi", &m, &format!("x\n{END}\n{}", m.begin()));
    assert_eq!(text.matches(END).count(), 1, "{text}");
    assert_eq!(splice(&text, &m, "y"), format!("hi\n\n{}\n", ours("y")));
}

/// What people write, fences and foreign markers included.
fn written() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        "\\PC{0,12}",
        proptest::sample::select(vec![
            "```",
            "~~~",
            "```rust",
            "> x",
            "",
            END,
            "<!-- hearback:begin v=1 -->",
            "    x",
            "\u{2028}"
        ])
        .prop_map(ToOwned::to_owned),
    ];
    let end = proptest::sample::select(vec!["\n", "\r\n", "\r", " \n"]);
    proptest::collection::vec((line, end), 0..8).prop_map(|lines| lines.into_iter().map(|(l, e)| l + e).collect())
}

fn holds_in_order(whole: &str, parts: &[&str]) -> bool {
    let mut rest = whole;
    parts.iter().all(|part| match rest.find(part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_people_wrote_survives(above in written(), below in written(), old in "[a-z\n]{0,20}", new in "[a-z\n]{0,20}") {
        let m = marker();
        let above = if above.is_empty() || above.ends_with('\n') { above } else { above + "\n" };
        let text = format!("{above}{}\n{below}", ours(&old));
        let spliced = splice(&text, &m, &new);
        if begins_at(&text, &m) == Some(above.len()) {
            let crlf = ours(&new).replace('\n', "\r\n");
            let fine = [ours(&new), crlf].into_iter().any(|s| spliced == format!("{above}{s}\n{below}"));
            prop_assert!(fine, "{:?}", spliced);
        } else {
            // Their fences lie around it: it is code now, and theirs.
            prop_assert!(spliced.starts_with(&text), "{:?}", spliced);
        }
        prop_assert_eq!(splice(&spliced, &m, &new), spliced.clone());
        prop_assert!(holds(&spliced, &m));
    }

    #[test]
    fn a_lost_end_takes_no_words_along(above in "[a-z \n]{0,20}", below in "[A-Z \r\n]{0,40}", new in "[a-z\n]{0,20}") {
        let m = marker();
        let text = format!("{above}\n{}\n{below}", m.begin());
        let spliced = splice(&text, &m, &new);
        let words: Vec<&str> = std::iter::once(above.as_str()).chain(below.split_whitespace()).collect();
        prop_assert!(holds_in_order(&spliced, &words), "{:?}", spliced);
        prop_assert_eq!(splice(&spliced, &m, &new), spliced);
    }

    #[test]
    fn any_text_at_all_is_kept_where_there_is_no_marker(text in "\\PC*|(.|[\r\n`~>])*") {
        let spliced = splice(&text, &marker(), "new");
        prop_assert!(spliced.starts_with(&text), "{:?}", spliced);
        prop_assert_eq!(splice(&spliced, &marker(), "new"), spliced);
    }
}
