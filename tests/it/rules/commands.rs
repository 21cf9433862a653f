//! What people write in comments, and what they ask for by it.

use hearback::command::{COMMANDS, Command, Refusal, Role, Standing, markdown, may, read, understand};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Table {
    case: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    why: String,
    comment: String,
    asks: Vec<String>,
}

fn table() -> Vec<Case> {
    toml::from_str::<Table>(include_str!("../fixtures/commands.toml")).expect("the table of comments").case
}

fn asked(comment: &str) -> Vec<String> {
    let told = |command| match command {
        Ok(command) => format!("{command:?}"),
        Err(problem) => format!("! {problem}"),
    };
    read(comment).into_iter().map(|asked| told(asked.command)).collect()
}

#[test]
fn what_people_write_is_understood() {
    let table = table();
    assert!(table.len() >= 150, "{} comments", table.len());
    let wrong: Vec<String> = table
        .iter()
        .filter(|case| asked(&case.comment) != case.asks)
        .map(|case| {
            format!("{}: {:?}\n  is    {:?}\n  wants {:?}", case.why, case.comment, asked(&case.comment), case.asks)
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_command_is_in_the_table_of_comments_and_in_its_own() {
    let all: Vec<String> = table().into_iter().flat_map(|case| case.asks).collect();
    for spec in COMMANDS {
        let name = format!("{}{}", spec.name[..1].to_uppercase(), &spec.name[1..]);
        let found = all.iter().any(|asks| asks.split(' ').next() == Some(&name));
        assert!(found, "{name} is in no comment of the table");
    }
    for case in table() {
        for command in read(&case.comment).into_iter().filter_map(|asked| asked.command.ok()) {
            let spec = COMMANDS.iter().find(|spec| spec.name == command.name()).expect("its row");
            let owned = matches!(command, Command::Feedback { customer: Some(_), .. });
            assert!(owned || spec.who == command.who(), "who may {} stands once", spec.name);
        }
    }
}

#[test]
fn a_line_that_is_kept_is_understood_alike_later() {
    for case in table() {
        for asked in read(&case.comment).into_iter().filter(|asked| asked.line.starts_with('/')) {
            assert_eq!(understand(&asked.line), asked.command, "{}", asked.line);
        }
    }
}

#[test]
fn the_readme_has_the_table() {
    let readme = include_str!("../../../README.md");
    assert!(readme.contains(&markdown()), "put this into README.md:\n{}", markdown());
}

#[test]
fn who_may_give_a_command() {
    use Role::{Admin, Maintain, None, Read, Triage, Write};
    let command = |line: &str| understand(line).unwrap();
    for (line, least) in [
        ("/hearback help", None),
        ("/hearback status", None),
        ("/hearback report", None),
        ("/hearback why", None),
        ("/hearback feedback slow", None),
        ("/hearback feedback slow for @ana", Write),
        ("/hearback open", Write),
        ("/hearback extend 3d", Write),
        ("/hearback close", Write),
        ("/hearback reopen", Write),
        ("/hearback ack", Write),
        ("/hearback hold", Write),
        ("/hearback resume", Write),
        ("/hearback mute th_1", Write),
        ("/hearback merge th_1 th_2", Write),
        ("/hearback link 41", Write),
    ] {
        for role in [None, Read, Triage, Write, Maintain, Admin] {
            let allowed = may(&command(line), Standing { role, steers: role >= Write, bot: false });
            assert_eq!(allowed.is_ok(), role >= least, "{line} as {role:?}");
            assert_eq!(may(&command(line), Standing { role, steers: true, bot: true }), Err(Refusal::Bot), "{line}");
        }
    }
    assert_eq!([Role::parse("admin"), Role::parse("owner"), Role::parse("")], [Admin, None, None]);
}

/// Ways to show a text without meaning it.
fn shown(text: &str, way: usize) -> String {
    let quoted =
        |before: &str| text.lines().map(|line| format!("{before}{line}")).collect::<Vec<_>>().join("\n") + "\n";
    match way {
        0 => quoted("> "),
        1 => quoted("    "),
        2 => format!("```\n{text}\n```\n"),
        3 => format!("~~~~text\n{text}\n~~~~\n"),
        4 => format!("<!--\n{text}\n-->\n"),
        5 => format!("<pre>\n{text}\n</pre>\n"),
        6 => format!("<details>\n\n{text}\n\n</details>\n"),
        _ => quoted("> > "),
    }
}

/// Lines of a comment that close nothing of [`shown`].
fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("/hearback close".to_owned()),
        Just("/hearback feedback slow".to_owned()),
        Just("  /HEARBACK open".to_owned()),
        Just(String::new()),
        "[a-zA-Z0-9 .,*_/!?@#]{0,30}",
    ]
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        read(&text);
    }

    #[test]
    fn no_markdown_makes_it_panic(parts in proptest::collection::vec(
        prop_oneof![
            Just("/hearback close"), Just("\n"), Just("\r\n"), Just("\n\n"), Just("```"), Just("~~~"), Just("`"), Just("> "),
            Just("    "), Just("\t"), Just("<!--"), Just("-->"), Just("<pre>"), Just("</pre>"), Just("<b"), Just(">"),
            Just("- "), Just("*"), Just("["), Just("]("), Just("|"), Just("$$"), Just("\\"), Just("é"), Just("\u{3000}"),
        ], 0..40)) {
        let text = parts.concat();
        // At most what stands at the start of a line.
        let most = text.split(['\n', '\r']).filter(|l| l.trim_start().starts_with("/hearback")).count();
        prop_assert!(read(&text).len() <= most);
    }

    #[test]
    fn what_is_shown_is_not_meant(
        lines in proptest::collection::vec(line(), 1..8),
        way in 0_usize..8,
        before in "[a-z ]{0,20}",
    ) {
        let comment = format!("{before}\n\n{}", shown(&lines.join("\n"), way));
        prop_assert_eq!(asked(&comment), Vec::<String>::new(), "{:?}", comment);
    }

    #[test]
    fn what_is_meant_is_found_whatever_is_shown_above(
        lines in proptest::collection::vec(line(), 1..8),
        way in 0_usize..8,
        crlf in any::<bool>(),
    ) {
        let comment = format!("{}\n\nDone.\n/hearback ack\n", shown(&lines.join("\n"), way));
        let comment = if crlf { comment.replace('\n', "\r\n") } else { comment };
        prop_assert_eq!(asked(&comment), ["Ack { of: None }"], "{:?}", comment);
    }
}
