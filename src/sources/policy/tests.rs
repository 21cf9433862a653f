use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::fields::{FIELDS, Field, Holds};
use super::tree::{self, Node, What};
use super::{SIZE_MAX, read, schema};
use crate::domain::existing::Existing;
use crate::domain::pattern::Pattern;
use crate::domain::policy::{CloseWhen, OpensOn, Permission, Steer, TicketMode};
use crate::domain::repo_policy::RepoPolicy;
use crate::domain::ticket::TrackerName;
use crate::time::{DAY_MS, MINUTE_MS};

const WHOLE: &str = "\
version: 1
flags: [new-*, checkout]
releases:
  - 'v*'
environments: [production, live]
opens_on: deployed
window: 14d
soak: 0s
responses: 50
close_when: all
tickets: suggest
min_people: 3
min_confidence: 0.25
coalesce: 5m
trackers: [github, jira]
labels: [customers, \"from: hearback\"]
existing: link
reopen_people: 9
steer:
  permission: maintain
  teams: [acme/checkout, design]
alerts: [pager]
";

fn whole() -> RepoPolicy {
    let texts = |all: &[&str]| Some(all.iter().map(|t| (*t).to_owned()).collect());
    RepoPolicy {
        flags: Some(vec![Pattern("new-*".into()), Pattern("checkout".into())]),
        releases: Some(vec![Pattern("v*".into())]),
        environments: texts(&["production", "live"]),
        opens_on: Some(OpensOn::Deployed),
        window_ms: Some(14 * DAY_MS),
        soak_ms: Some(0),
        responses: Some(50),
        close_when: Some(CloseWhen::All),
        tickets: Some(TicketMode::Suggest),
        min_people: Some(3),
        min_confidence: Some(0.25),
        coalesce_ms: Some(5 * MINUTE_MS),
        trackers: Some(vec![TrackerName::GitHub, TrackerName::Jira]),
        labels: texts(&["customers", "from: hearback"]),
        existing: Some(Existing::Link),
        reopen_people: Some(9),
        steer: Some(Steer {
            permission: Some(Permission::Maintain),
            teams: vec!["acme/checkout".into(), "design".into()],
        }),
        alerts: texts(&["pager"]),
    }
}

#[test]
fn every_setting_is_read_and_kept() {
    assert_eq!(read(WHOLE), Ok(whole()));
    let kept = serde_json::to_string(&whole()).unwrap();
    assert_eq!(serde_json::from_str::<RepoPolicy>(&kept).unwrap(), whole());
    for field in FIELDS {
        assert!(WHOLE.contains(&format!("\n{}:", field.name)) || WHOLE.starts_with(field.name), "{}", field.name);
    }
}

#[test]
fn what_says_nothing_changes_nothing() {
    for text in ["", "\n", "# nothing yet\n", "---\n", "~", "{}", "version: 1", "\u{feff}version: 1\n"] {
        assert_eq!(read(text), Ok(RepoPolicy::default()), "{text:?}");
    }
}

#[test]
fn the_example_for_people_is_a_policy() {
    let readme = include_str!("../../../README.md");
    let section = readme.split("## Policy as code").nth(1).unwrap();
    let example = section.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    let policy = read(example).unwrap();
    assert_eq!((policy.tickets, policy.responses), (Some(TicketMode::Approve), Some(200)));
    let lines = example.lines().filter(|line| !line.starts_with(' '));
    let told: Vec<&str> = lines.filter_map(|line| line.split_once(':')).map(|(name, _)| name).collect();
    let missing: Vec<&str> = FIELDS.iter().map(|f| f.name).filter(|name| !told.contains(name)).collect();
    assert_eq!(missing, ["opens_on", "coalesce"], "it shows the others");
}

#[test]
fn the_off_of_tickets_is_a_word() {
    assert_eq!(read("tickets: off\r\n").map(|p| p.tickets), Ok(Some(TicketMode::Off)));
    assert_eq!(read("steer: {teams: [design]}").map(|p| p.steer.unwrap().permission), Ok(Some(Permission::Write)));
}

/// The faults of a file, a line each.
fn faults(text: &str) -> String {
    match read(text) {
        Ok(policy) => panic!("{text:?} is read as {policy:?}"),
        Err(faults) => faults.iter().fold(String::new(), |mut all, fault| {
            let _ = writeln!(all, "{fault}");
            all
        }),
    }
}

#[test]
fn every_fault_is_told_with_its_place_and_what_helps() {
    for (text, said) in FAULTY {
        assert_eq!(faults(text), *said, "{text}");
    }
}

/// Files and what is said of them.
const FAULTY: &[(&str, &str)] = &[
    (
        "version: 1\nmin_poeple: 3\nwindow: soon\ntickets: automatic\nlabels: [a, a]\n",
        "2:1: min_poeple: there is no setting \"min_poeple\"; did you mean min_people?\n\
         3:9: window: the text \"soon\" is no length of time; write digits and a unit, such as 90s, 15m, 12h, 7d or 2w\n\
         4:10: tickets: found the text \"automatic\"; did you mean auto?\n\
         5:13: labels[1]: \"a\" stands twice in the list; keep one of them\n",
    ),
    ("min-people: 3", "1:1: min-people: there is no setting \"min-people\"; did you mean min_people?\n"),
    ("steer:\n  team: [x]\n", "2:3: steer.team: there is no setting \"team\"; did you mean teams?\n"),
    ("steer:\n  zzz: 1\n", "2:3: steer.zzz: there is no setting \"zzz\"; there are permission, teams\n"),
    ("version: 2", "1:10: version: 2 is no version that is known; write 1\n"),
    ("version: \"1\"", "1:10: version: the text \"1\" is no version that is known; write 1\n"),
    ("window: 7", "1:9: window: 7 is no length of time; write digits and a unit, such as 90s, 15m, 12h, 7d or 2w\n"),
    (
        "window:\n",
        "1:7: window: nothing is no length of time; write digits and a unit, such as 90s, 15m, 12h, 7d or 2w\n",
    ),
    ("min_people: 0", "1:13: min_people: found 0; write a whole number from 1 to 1000000\n"),
    ("min_people: 2.5", "1:13: min_people: found 2.5; write a whole number from 1 to 1000000\n"),
    ("min_people: \"3\"", "1:13: min_people: found the text \"3\"; write a whole number from 1 to 1000000\n"),
    ("responses: -1", "1:12: responses: found -1; write a whole number from 0 to 1000000\n"),
    ("min_confidence: 1.1", "1:17: min_confidence: found 1.1; write a number from 0 to 1, such as 0.3\n"),
    ("tickets: true", "1:10: tickets: found true; write one of off, suggest, approve, auto\n"),
    ("close_when: All", "1:13: close_when: found the text \"All\"; did you mean all?\n"),
    ("trackers: []", "1:11: trackers: the list is empty; name at least 1, or leave the setting out\n"),
    ("trackers: github", "1:11: trackers: found the text \"github\"; write a list of github, jira, local\n"),
    ("trackers: [github, gira]", "1:20: trackers[1]: found the text \"gira\"; did you mean jira?\n"),
    ("environments: []", "1:15: environments: the list is empty; name at least 1, or leave the setting out\n"),
    ("flags: new-*", "1:8: flags: found the text \"new-*\"; write a list such as [\"new-*\"]\n"),
    ("releases:\n  - 1.2\n", "2:5: releases[0]: found 1.2; put it in quotes\n"),
    ("releases:\n  - a: b\n", "2:5: releases[0]: found a section with keys; write a text\n"),
    (
        "labels: ['', ' a']",
        "1:10: labels[0]: \"\" is empty, or has spaces at its ends or control characters; write it like customers\n\
         1:14: labels[1]: \" a\" is empty, or has spaces at its ends or control characters; write it like customers\n",
    ),
    ("steer: {teams: [a/b/c]}", "1:17: steer.teams[0]: \"a/b/c\" is no team; write team, or organisation/team\n"),
    ("steer: write", "1:8: steer: found the text \"write\"; write a section with permission and teams\n"),
    ("window: 7d\nwindow: 8d\n", "2:1: window: \"window\" stands twice, first in line 1; keep one of them\n"),
    ("steer:\n  teams: []\n  teams: []\n", "3:3: teams: \"teams\" stands twice, first in line 2; keep one of them\n"),
    ("- window\n", "1:1: found a list; write settings, one a line, such as window: 7d\n"),
    ("window", "1:1: found the text \"window\"; write settings, one a line, such as window: 7d\n"),
    (
        "labels: &all [a]\nalerts: *all\n",
        "1:9: anchors are not used here; take the & and its name away\n\
         2:9: aliases are not used here; write out what it stands for\n\
         2:9: alerts: found nothing; write a list such as [\"pager\"]\n",
    ),
    ("labels: [!x a]", "1:10: tags are not used here; take the ! and its name away, or put the text in quotes\n"),
    ("[a]: 1", "1:1: a key has to be text; write it as name: value\n"),
    ("window: 7d\n---\nwindow: 8d\n", "2:1: a second document begins here; keep one: take the line --- away\n"),
    (
        "labels: [[[[[[[[[a]]]]]]]]]",
        "1:16: lists and sections lie too deep within each other; no setting needs more than three\n",
    ),
];

#[test]
fn what_is_no_yaml_is_told_with_its_line() {
    for (text, line) in
        [("window: 7d\nlabels: [a\n", 3), ("a: b: c\n", 1), ("window: \"7d\n", 1), ("\tx: 1", 1), ("a\0b", 1)]
    {
        let faults = read(text).unwrap_err();
        assert_eq!((faults.len(), faults[0].line), (1, line), "{text:?} {faults:?}");
    }
}

#[test]
fn what_is_too_large_is_not_read() {
    let large = format!("window: 7d\n#{}\n", "x".repeat(SIZE_MAX));
    assert!(faults(&large).contains("make it no larger than 65536"));
    let bomb = format!("labels: {}a{}", "[".repeat(30_000), "]".repeat(30_000));
    assert_eq!(read(&bomb).unwrap_err().len(), 1);
    let many = format!("labels: [{}]", (0..2_000).map(|n| format!("l{n}")).collect::<Vec<_>>().join(", "));
    assert!(faults(&many).contains("the list is longer than 100"));
    let unknown = (0..2_000).map(|n| format!("k{n}: 1")).collect::<Vec<_>>().join("\n");
    assert_eq!(read(&unknown).unwrap_err().len(), 50);
}

/// The document as a validator would see it.
fn instance(node: &Node) -> Value {
    match &node.what {
        What::Nothing => Value::Null,
        What::Truth(is) => json!(is),
        What::Number(n) if n.fract() == 0.0 => json!(format!("{n:.0}").parse::<i64>().unwrap()),
        What::Number(n) => json!(n),
        What::Text(text) => json!(text),
        What::List(items) => items.iter().map(instance).collect(),
        What::Section(entries) => entries.iter().map(|e| (e.key.clone(), instance(&e.value))).collect(),
    }
}

#[test]
fn the_schema_says_the_same_as_the_reader() {
    let schema = schema();
    jsonschema::meta::validate(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let good =
        ["version: 1", WHOLE, "flags: []", "labels: []\nmin_confidence: 1\n", "soak: 9999w", "min_people: 1000000"];
    let mut judged = 0;
    for text in good.into_iter().chain(FAULTY.iter().map(|(text, _)| *text)) {
        // What YAML alone forbids, a document no longer shows.
        let (Some(root), faults) = tree::read(text) else { continue };
        if !faults.is_empty() {
            continue;
        }
        let wanted = read(text).is_ok();
        assert_eq!(validator.is_valid(&instance(&root)), wanted, "{text}");
        judged += 1;
    }
    assert!(judged > 25, "{judged}");
}

/// Some value of a setting, at times a wrong one.
fn some(field: &'static Field) -> BoxedStrategy<String> {
    let texts = || proptest::collection::vec("[a-z*?/. ]{0,6}", 0..4).prop_map(|all| format!("{all:?}"));
    let right = match &field.holds {
        Holds::Version => Just("1".to_owned()).boxed(),
        Holds::Word(words) => proptest::sample::select(*words).prop_map(str::to_owned).boxed(),
        Holds::Words(words) => proptest::sample::subsequence(*words, 0..=words.len())
            .prop_map(|some| format!("[{}]", some.join(", ")))
            .boxed(),
        Holds::Span => "[0-9]{1,5}[smhdwy]".boxed(),
        Holds::Whole { max, .. } => (0..=max + 1).prop_map(|n| n.to_string()).boxed(),
        Holds::Share => (0.0..1.2_f64).prop_map(|n| format!("{n:.3}")).boxed(),
        Holds::Texts(_) => texts().boxed(),
        Holds::Section(fields) => settings(fields).prop_map(|s| format!("{{{}}}", s.join(", "))).boxed(),
    };
    prop_oneof![8 => right, 1 => texts(), 1 => "[a-z0-9.]{0,5}"].boxed()
}

/// Some of the settings, each a line in flow style.
fn settings(fields: &'static [Field]) -> BoxedStrategy<Vec<String>> {
    let each: Vec<_> = fields.iter().map(|f| some(f).prop_map(move |v| format!("{}: {v}", f.name))).collect();
    let n = each.len();
    (each, proptest::collection::vec(any::<bool>(), n))
        .prop_map(|(lines, kept)| lines.into_iter().zip(kept).filter(|(_, k)| *k).map(|(l, _)| l).collect())
        .boxed()
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,200}") {
        let _ = read(&text);
    }

    #[test]
    fn no_signs_of_yaml_make_the_reader_panic(text in "[\\[\\]{}:,\\-?&*!|>'\"%@` \n\ta#~.0]{0,80}") {
        let _ = read(&text);
    }

    #[test]
    fn reader_and_schema_agree_on_any_settings(lines in settings(FIELDS)) {
        let text = lines.join("\n");
        let (root, faults) = tree::read(&text);
        if let (Some(root), true) = (root, faults.is_empty()) {
            let validator = jsonschema::validator_for(&schema()).unwrap();
            let said = read(&text);
            prop_assert_eq!(validator.is_valid(&instance(&root)), said.is_ok(), "{} {:?}", text, said);
        }
    }

    #[test]
    fn what_is_read_is_kept_as_it_is(lines in settings(FIELDS)) {
        if let Ok(policy) = read(&lines.join("\n")) {
            let kept = serde_json::to_string(&policy).unwrap();
            prop_assert_eq!(serde_json::from_str::<RepoPolicy>(&kept).unwrap(), policy);
        }
    }

    #[test]
    fn faults_lie_within_the_file(text in "[a-z_]{0,12}: [\\[\\]{}a-z0-9, ]{0,20}\n{0,3}") {
        if let Err(faults) = read(&text) {
            let lines = u32::try_from(text.lines().count()).unwrap();
            prop_assert!(faults.iter().all(|f| f.line >= 1 && f.line <= lines + 1 && f.column >= 1), "{faults:?}");
        }
    }
}
