//! What releases and pull requests of GitHub's name.

use hearback::domain::mention::{Mention, MentionKind};
use hearback::sources::{Fact, Meaning, source};
use hearback::time::UnixMs;
use serde_json::{Value, json};

use super::{RECEIVED, payloads};

/// What a payload names, with `change` made to it.
fn read(file: &str, change: impl FnOnce(&mut Value)) -> Result<Mention, String> {
    let github = source("github").expect("GitHub");
    let payload = payloads(github).into_iter().find(|p| p.file == file).expect("the payload");
    let mut body: Value = serde_json::from_slice(&payload.body).expect("JSON");
    change(&mut body);
    match payload.with_body(body.to_string()).read() {
        Ok(Meaning::Facts(facts)) => {
            let named = facts.into_iter().find_map(|f| if let Fact::Named(m) = f { Some(*m) } else { None });
            named.ok_or_else(|| "names nothing".into())
        }
        Ok(Meaning::Ignored(why)) => Err(why),
        other => panic!("{other:?}"),
    }
}

fn at(text: &str) -> UnixMs {
    UnixMs::parse_rfc3339(text).expect("a time")
}

const RELEASE: &str = "constructed.release.published.with_flag.json";
const MERGED: &str = "constructed.pull_request.merged.with_flag.json";

#[test]
fn a_release_names_the_flags_of_its_notes() {
    let mention = read(RELEASE, |_| {}).expect("a release");
    assert_eq!(mention.flags, ["new-checkout"]);
    assert_eq!((mention.of.kind, mention.of.origin.as_str()), (MentionKind::Release, "github:186853002"));
    assert_eq!((mention.label().as_str(), mention.of.id.as_str()), ("v1.1.0", "17372790"));
    assert_eq!((mention.repo.to_string().as_str(), mention.at), ("Codertocat/Hello-World", at("2026-10-09T09:00:00Z")));
    assert!(mention.url.expect("a link").starts_with("https://github.com/Codertocat/Hello-World/releases/"));
}

#[test]
fn a_text_counts_from_when_it_was_written() {
    let (published, updated) = ("2026-10-09T09:00:00Z", "2026-10-10T12:00:00Z");
    for (action, update, wanted, flags) in [
        ("published", None, at(published), 1),
        ("released", Some(updated), at(updated), 1),
        ("edited", Some(updated), at(updated), 1),
        ("edited", None, RECEIVED, 1),
        ("unpublished", Some(updated), at(updated), 0),
        ("deleted", Some(updated), UnixMs::NEVER, 0),
    ] {
        let mention = read(RELEASE, |body| {
            body["action"] = json!(action);
            body["release"]["updated_at"] = json!(update);
        });
        let mention = mention.expect("a release");
        assert_eq!((mention.written_at, mention.flags.len()), (wanted, flags), "{action} {update:?}");
        assert_eq!(mention.at, at(published), "{action}");
    }
    for action in ["created", "edited"] {
        let draft = read(RELEASE, |body| {
            body["action"] = json!(action);
            body["release"]["draft"] = json!(true);
        });
        assert!(draft.is_err(), "{draft:?}");
    }
}

#[test]
fn only_a_merged_pull_request_names_flags() {
    let mention = read(MERGED, |_| {}).expect("a pull request");
    assert_eq!(mention.flags, ["one-click", "new-checkout"]);
    assert_eq!((mention.of.kind, mention.label().as_str()), (MentionKind::Pull, "#41"));
    assert_eq!((mention.at, mention.written_at), (at("2026-10-09T08:30:00Z"), at("2026-10-09T08:30:01Z")));
    assert_eq!(mention.url.as_deref(), Some("https://github.com/Codertocat/Hello-World/pull/41"));
    assert_eq!(mention.title, "Checkout: pay with one click");
    let edited = read(MERGED, |body| {
        body["action"] = json!("edited");
        body["pull_request"]["title"] = json!("Adds dark-mode\u{7}");
        body["pull_request"]["body"] = Value::Null;
    });
    let edited = edited.expect("an edit of what was merged");
    assert_eq!((edited.flags, edited.title), (vec!["dark-mode".to_owned()], "Adds dark-mode".to_owned()));

    let edit = |author: &str, role: &str| {
        read(MERGED, |body| {
            body["action"] = json!("edited");
            body["pull_request"]["user"]["login"] = json!(author);
            body["pull_request"]["author_association"] = json!(role);
        })
    };
    assert!(edit("Codertocat", "CONTRIBUTOR").is_err(), "its author writes, who has no role here");
    assert!(edit("Codertocat", "MEMBER").is_ok());
    assert!(edit("olaf", "NONE").is_ok(), "somebody else may write only with write access");

    assert!(read("pull_request.closed.json", |_| {}).is_err(), "closed without being merged");
    for action in ["opened", "synchronize", "labeled", "reopened"] {
        assert!(read(MERGED, |body| body["action"] = json!(action)).is_err(), "{action}");
    }
    let open = |body: &mut Value| {
        body["action"] = json!("edited");
        body["pull_request"]["merged"] = json!(false);
    };
    assert!(read(MERGED, open).is_err(), "an outsider may write anything into an open one");
}
