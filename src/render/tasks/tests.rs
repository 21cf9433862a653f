use proptest::prelude::*;

use super::*;
use crate::render::doc::Doc;
use crate::render::{markdown, tame};

const SECRET: &[u8] = b"secret";

fn rollout() -> RolloutId {
    RolloutId("ro_01".into())
}

fn theme(id: &str) -> ThemeId {
    ThemeId(format!("th_{id}"))
}

fn mark(id: &str) -> String {
    Mark::sign(SECRET, "github", &rollout(), &theme(id)).line()
}

/// The section of the rollout's report with these lines.
fn report(lines: &str) -> String {
    markers::wrap(&Marker::sign(SECRET, MarkerKind::Section, "github", &rollout(), "report"), lines)
}

/// What is read, as `a b-`: ticked, not ticked.
fn seen(text: &str) -> String {
    let all = read(text, SECRET, "github", &rollout());
    let shown = |t: &Ticked| format!("{}{}", t.theme.as_str().trim_start_matches("th_"), if t.done { "" } else { "-" });
    all.iter().map(shown).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_box_counts_where_it_is_ours_and_shown_as_a_box() {
    let (a, b) = (mark("a"), mark("b"));
    let both = format!("- [x] one {a}\n- [ ] two {b}");
    let of_other = Mark::sign(SECRET, "github", &RolloutId("ro_02".into()), &theme("a")).line();
    let of_jira = Mark::sign(SECRET, "jira", &rollout(), &theme("a")).line();
    let forged = Mark::sign(b"guess", "github", &rollout(), &theme("a")).line();
    let lent = a.replace("th_a", "th_b");
    for (claim, text, wanted) in [
        ("as it is written", report(&both), "a b-"),
        ("as it comes from the web", report(&both).replace('\n', "\r\n"), "a b-"),
        ("with people's text around it", format!("hi\n{}\nbye", report(&both)), "a b-"),
        ("a big letter", report(&format!("- [X] one {a}")), "a"),
        ("other bullets", report(&format!("* [x] one {a}\n+ [x] two {b}")), "a b"),
        ("people's own words in the line", report(&format!("- [x] one, @ada please {a}")), "a"),
        ("spaces at its end", report(&format!("- [x] one {a}  ")), "a"),
        ("the first of two", report(&format!("- [ ] one {a}\n- [x] one {a}")), "a-"),
        ("an earlier mark in the line is text", report(&format!("- [x] {b} one {a}")), "a"),
        ("no box", report(&format!("- one {a}")), ""),
        ("a sign of another kind in the box", report(&format!("- [~] one {a}\n- [] two {b}")), ""),
        ("no space behind the box", report(&format!("- [x]one {a}")), ""),
        ("indented", report(&format!("    - [x] one {a}\n  - [x] two {b}")), ""),
        ("quoted", report(&format!("> - [x] one {a}")), ""),
        ("in a fence", report(&format!("```\n- [x] one {a}\n```\n- [x] two {b}")), "b"),
        ("in a fence of tildes that nothing closes", report(&format!("~~~\n- [x] one {a}")), ""),
        ("in a comment", report(&format!("<!--\n- [x] one {a}\n- [x] two {b}")), "b"),
        ("in HTML that shows its text", report(&format!("<pre>\n- [x] one {a}\n</pre>\n- [x] two {b}")), "b"),
        ("in HTML that nothing closes", report(&format!("<PRE>\n- [x] one {a}")), ""),
        ("in code", report(&format!("`- [x] one {a}`")), ""),
        ("above our section", format!("- [x] one {a}\n{}", report("x")), ""),
        ("below our section", format!("{}\n- [x] one {a}", report("x")), ""),
        ("in a section that does not end", report(&both).replace(markers::END, ""), ""),
        ("without a section", both.clone(), ""),
        ("in the report of another rollout", both.clone() + "\n" + &report(""), ""),
        ("a mark of another rollout", report(&format!("- [x] one {of_other}")), ""),
        ("a mark of another tracker", report(&format!("- [x] one {of_jira}")), ""),
        ("a forged mark", report(&format!("- [x] one {forged}")), ""),
        ("another theme's digits", report(&format!("- [x] one {lent}")), ""),
        ("a mark within the line", report(&format!("- [x] {a} one")), ""),
        ("half a mark", report(&format!("- [x] one {}", &a[..a.len() - 5])), ""),
        ("nothing", String::new(), ""),
    ] {
        assert_eq!(seen(&text), wanted, "{claim}: {text}");
    }
}

fn suggestion(id: &str, standing: Standing) -> Suggestion {
    Suggestion { theme: theme(id), name: format!("theme {id}"), people: 7, mark: Some(mark(id)), standing }
}

fn every() -> Vec<Suggestion> {
    let at = UnixMs::parse_rfc3339("2026-10-09T10:00:00Z").unwrap();
    let no = |again_after| Standing::Refused {
        actor: "ada".into(),
        reason: "known, see #12 @bob <!-- hearback:end -->".into(),
        at,
        again_after,
    };
    vec![
        suggestion("a", Standing::Open),
        suggestion("b", Standing::Again { fresh: 5, actor: "ada".into(), reason: "not now".into() }),
        suggestion("c", Standing::OnItsWay),
        suggestion("d", Standing::Filed { shown: "#41".into(), url: Some("https://github.test/acme/shop/41".into()) }),
        suggestion("e", no(3)),
    ]
}

#[test]
fn suggestions_on_github() {
    let text = markdown::render(&Doc { blocks: blocks(&every()) });
    let shown = text.replace(tame::JOINER, "¦");
    let short: Vec<String> = shown.lines().map(|l| l.split(" <!--").next().unwrap_or(l).to_owned()).collect();
    insta::assert_snapshot!(short.join("\n"), @r"
    ### Would be filed

    The policy wants a person's yes before these become tickets of their own:

    - [ ] theme a — 7 distinct people say it, `th_a`
    - [ ] theme b — 7 distinct people say it, `th_b`; 5 more people say it since ada refused it: “not now”
    - [x] theme c — 7 distinct people say it, `th_c`; on its way
    - [x] theme d — 7 distinct people say it, `th_d`: [\#41](<https://github.test/acme/shop/41>)

    Tick a box to file it; untick it before it is filed to take that back. `hearback refuse` with the rollout, the theme and a reason says no.

    Not filed, because somebody said no:

    - theme e — refused by ada: “known, see \#¦12 @¦bob \<¦!-- hearback:end -->”, 2026-10-09 10:00 UTC; offered again once 3 more people say it, `th_e`
    ");
    assert_eq!(seen(&report(&text)), "a- b- c", "what is there already has no box to answer");
}

#[test]
fn where_nobody_can_tick_no_mark_stands() {
    let mut all = every();
    for one in &mut all {
        one.mark = None;
    }
    let doc = Doc { blocks: blocks(&all) };
    for text in [crate::render::wiki::render(&doc), crate::render::html::render(&doc), markdown::render(&doc)] {
        assert!(!text.contains("hearback:suggest"), "{text}");
        assert!(text.contains("approve"), "{text}");
    }
    assert!(crate::render::wiki::render(&doc).contains("☐ theme a"), "a box is drawn");
    assert_eq!(blocks(&[]), []);
}

/// Lines among which ours may come to stand.
fn around() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just("text".to_owned()),
        Just(String::new()),
        Just("```".to_owned()),
        Just("~~~~".to_owned()),
        Just("<pre>".to_owned()),
        Just("</pre>".to_owned()),
        Just("<!--".to_owned()),
        Just("-->".to_owned()),
        Just("- [x] somebody's own".to_owned()),
        "[ -~äß→]{0,40}",
    ];
    proptest::collection::vec(line, 0..8).prop_map(|lines| lines.join("\n"))
}

proptest! {
    #[test]
    fn what_was_written_is_read_back(done in proptest::collection::vec(any::<bool>(), 1..6), name in ".{0,40}") {
        let all: Vec<Suggestion> = done.iter().enumerate().map(|(i, done)| {
            let standing = if *done { Standing::OnItsWay } else { Standing::Open };
            Suggestion { name: name.clone(), ..suggestion(&i.to_string(), standing) }
        }).collect();
        let text = report(&markdown::render(&Doc { blocks: blocks(&all) }));
        let seen: Vec<bool> = read(&text, SECRET, "github", &rollout()).iter().map(|t| t.done).collect();
        prop_assert_eq!(seen, done, "{}", text);
    }

    #[test]
    fn no_text_panics_and_nothing_is_ticked_without_our_mark(text in "[ -~\n]{0,300}", before in around()) {
        let whole = report(&format!("{before}\n- [x] {text}"));
        prop_assert_eq!(read(&whole, SECRET, "github", &rollout()), vec![]);
        prop_assert_eq!(read(&text, SECRET, "github", &rollout()), vec![]);
    }

    #[test]
    fn nothing_is_ticked_in_a_quote_or_in_code(before in around(), after in around(), quote in 0..3_usize) {
        let line = format!("- [x] one {}", mark("a"));
        let hidden = match quote {
            0 => format!("> {line}"),
            1 => format!("````````\n{line}\n````````"),
            _ => format!("    {line}"),
        };
        // What comes before may have opened something that ours would close.
        let fences = before.lines().filter(|l| l.trim_start().starts_with("```") || l.trim_start().starts_with("~~~")).count();
        prop_assume!(quote != 1 || fences == 0);
        prop_assert_eq!(seen(&report(&format!("{before}\n\n{hidden}\n\n{after}"))), "");
    }
}
