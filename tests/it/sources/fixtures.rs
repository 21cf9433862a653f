use std::fmt::Write as _;

use hearback::domain::handling::TicketChange;
use hearback::domain::signal::{Signal, Subject};
use hearback::sources::{Fact, Meaning, all};

use super::{folder_of, payloads};

/// What each payload means, or why it means nothing, in `events.snap` beside the payloads.
#[test]
fn every_payload_is_read_as_it_was() {
    for source in all() {
        let mut lines = String::new();
        for payload in payloads(source) {
            let _ = writeln!(lines, "{}", payload.file);
            match payload.read() {
                Err(bad) => {
                    let _ = writeln!(lines, "    REFUSED {bad}");
                }
                Ok(Meaning::Ignored(why)) => {
                    let _ = writeln!(lines, "    ignored: {why}");
                }
                Ok(Meaning::Facts(facts)) => add(&mut lines, &facts),
                Ok(Meaning::Hint { facts, why }) => {
                    let _ = writeln!(lines, "    hint: {why}");
                    add(&mut lines, &facts);
                }
            }
        }
        insta::with_settings!({
            snapshot_path => folder_of(source), prepend_module_to_snapshot => false, omit_expression => true,
        }, { insta::assert_snapshot!("events", lines) });
    }
}

#[test]
fn every_source_has_a_payload_that_tells_something() {
    for source in all() {
        let telling = payloads(source).iter().any(|p| match p.read() {
            Ok(Meaning::Facts(facts) | Meaning::Hint { facts, .. }) => !facts.is_empty(),
            Ok(Meaning::Ignored(_)) | Err(_) => false,
        });
        assert!(telling, "put a real payload of {0} into tests/it/fixtures/flags/{0}", source.name);
    }
}

#[test]
fn a_payload_in_a_form_means_the_same() {
    let source = hearback::sources::source("github").expect("GitHub");
    for payload in payloads(source) {
        let form: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("payload", std::str::from_utf8(&payload.body).expect("UTF-8"))
            .finish();
        assert_eq!(payload.with_body(form).read(), payload.read(), "{}", payload.file);
    }
}

#[test]
fn a_cloud_event_means_what_the_same_webhook_means() {
    let source = hearback::sources::source("generic").expect("the generic source");
    let webhook = br#"{"type": "feature_flag.changed", "timestamp": "2026-10-09T10:00:00Z",
        "data": {"project": "shop", "environment": "production", "flag": "new-checkout", "enabled": true}}"#;
    let file = "cloudevent.flag.changed.structured.json";
    let event = payloads(source).into_iter().find(|p| p.file == file).expect("the CloudEvent");
    assert_eq!(event.read(), event.with_body(webhook).read());
    assert!(matches!(event.read(), Ok(Meaning::Facts(facts)) if facts.len() == 1));
}

fn add(lines: &mut String, facts: &[Fact]) {
    for fact in facts {
        let _ = writeln!(lines, "    {}", words(fact));
    }
}

fn words(fact: &Fact) -> String {
    match fact {
        Fact::Signal(signal) => signal_words(signal),
        Fact::Flag(change) => serde_json::to_string(change).expect("JSON"),
        Fact::Seen(seen) => serde_json::to_string(seen).expect("JSON"),
        Fact::Named(m) => {
            let (kind, url) = (m.of.kind.words(), m.url.as_deref().unwrap_or("no link"));
            format!("{kind} {} of {} at {} may name {:?}, {url}", m.label(), m.repo, m.at, m.flags)
        }
        Fact::Head(head) => format!("pull request #{} of {} ends with {}", head.of.id, head.repo, head.sha),
        Fact::Policy(news) => format!("the policy of {} is to be read: {:?}", news.repo, news.place),
        Fact::Installation { id, account, state } => format!("installation {id} of {account} is {}", state.as_str()),
        Fact::Repositories { account, added, removed } => {
            let names = |list: &[hearback::domain::repo::RepoName]| {
                list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
            };
            format!("{account} added [{}], removed [{}]", names(added), names(removed))
        }
        Fact::Comment(c) => {
            let (what, thread) = (format!("{:?}", c.change).to_lowercase(), c.thread.key());
            let of = if c.insider { "an insider" } else { "an outsider" };
            format!(
                "{what} {} in {:?} {thread} by {}, {of}, at {}: {:?}",
                c.key, c.thread.kind, c.by, c.changed_at, c.text
            )
        }
        Fact::IssueEdited(edit) => format!("the text of issue {} of {} was changed", edit.number, edit.repo),
        Fact::Ticket(change) => ticket_words(change),
    }
}

fn ticket_words(c: &TicketChange) -> String {
    let by = c.by.as_ref().map_or("nobody", |by| by.name.as_str());
    let seen = c.seen.map_or_else(String::new, |seen| {
        let since = seen.since.map_or_else(String::new, |since| format!(" since {since}"));
        format!(", then {}{since} as of {}", seen.resolution.as_str(), seen.version)
    });
    let ended = if c.ended_as.is_empty() { String::new() } else { format!(", called {:?}", c.ended_as) };
    format!("issue {} of {}: {:?} by {by}{seen}{ended}", c.key, c.target, c.change)
}

fn signal_words(s: &Signal) -> String {
    let subject = match &s.subject {
        Subject::Release { origin, release } => format!("release {release} at {origin}"),
        Subject::Flag { platform, project, environment, flag } => {
            format!("flag {flag} in {environment} of {platform}/{project}")
        }
        Subject::FlagEverywhere { platform, project, flag } => format!("flag {flag} of {platform}/{project}"),
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
