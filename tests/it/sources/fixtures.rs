use std::fmt::Write as _;

use hearback::domain::signal::{Signal, Subject};
use hearback::sources::{Fact, Meaning, SOURCES};

use super::{payloads, read};

/// A line a payload: what it means, or why it means nothing. A new payload shows up in the difference.
#[test]
fn every_payload_is_read_as_it_was() {
    let mut lines = String::new();
    for source in SOURCES {
        for (file, body) in payloads(source) {
            let said = match read(source, &file, &body) {
                Err(bad) => format!("REFUSED {bad}"),
                Ok(Meaning::Ignored(why)) => format!("ignored: {why}"),
                Ok(Meaning::Facts(facts)) => facts.iter().map(words).collect::<Vec<_>>().join("; "),
            };
            let _ = writeln!(lines, "{}/{file}\n    {said}", source.name);
        }
    }
    insta::assert_snapshot!(lines);
}

#[test]
fn every_source_has_a_payload_that_tells_something() {
    for source in SOURCES {
        let telling = payloads(source)
            .into_iter()
            .any(|(file, body)| matches!(read(source, &file, &body), Ok(Meaning::Facts(facts)) if !facts.is_empty()));
        assert!(telling, "put a real payload of {0} into tests/it/fixtures/{0}", source.name);
    }
}

#[test]
fn a_payload_in_a_form_means_the_same() {
    let source = hearback::sources::source("github").expect("GitHub");
    for (file, body) in payloads(source) {
        let form: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("payload", std::str::from_utf8(&body).expect("UTF-8"))
            .finish();
        assert_eq!(read(source, &file, form.as_bytes()), read(source, &file, &body), "{file}");
    }
}

#[test]
fn a_cloud_event_means_what_the_same_webhook_means() {
    let source = hearback::sources::source("generic").expect("the generic source");
    let webhook = br#"{"type": "feature_flag.changed", "timestamp": "2026-10-09T10:00:00Z",
        "data": {"project": "shop", "environment": "production", "flag": "new-checkout", "enabled": true}}"#;
    let file = "cloudevent.flag.changed.structured.json";
    let (_, event) = payloads(source).into_iter().find(|(f, _)| f == file).expect("the CloudEvent");
    assert_eq!(read(source, file, &event), read(source, file, webhook));
    assert!(matches!(read(source, file, &event), Ok(Meaning::Facts(facts)) if facts.len() == 1));
}

fn words(fact: &Fact) -> String {
    match fact {
        Fact::Signal(signal) => signal_words(signal),
        Fact::Installation { id, account, state } => format!("installation {id} of {account} is {}", state.as_str()),
        Fact::Repositories { account, added, removed } => {
            let names = |list: &[hearback::domain::repo::RepoName]| {
                list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
            };
            format!("{account} added [{}], removed [{}]", names(added), names(removed))
        }
        Fact::IssueDeleted { target, key, .. } => format!("issue {key} of {target} is deleted"),
    }
}

fn signal_words(s: &Signal) -> String {
    let subject = match &s.subject {
        Subject::Release { origin, release } => format!("release {release} at {origin}"),
        Subject::Flag { platform, project, environment, flag } => {
            format!("flag {flag} in {environment} of {platform}/{project}")
        }
        Subject::Tag { origin, tag } => format!("tag {tag} at {origin}"),
    };
    let mut line = format!("{:?} {subject}", s.kind);
    for (what, told) in [
        ("at", s.occurred_at.map(|t| t.to_string())),
        ("by", s.actor.clone()),
        ("repo", s.about.repo.as_ref().map(ToString::to_string)),
        ("tag", s.about.tag.clone()),
        ("title", s.about.title.as_ref().map(|t| format!("{t:?}"))),
        ("url", s.about.url.clone()),
        ("installation", s.about.installation.map(|i| i.to_string())),
    ] {
        if let Some(told) = told {
            let _ = write!(line, ", {what} {told}");
        }
    }
    line
}
