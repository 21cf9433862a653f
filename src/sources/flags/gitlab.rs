//! GitLab's project webhooks: releases, and feature flags that are switched on and off.
//!
//! A signing token signs as Standard Webhooks does, with `webhook-id` equal to `Idempotency-Key`, which is the same for
//! each attempt; older servers send the secret token alone. A flag's hook is sent when it is switched and at nothing else,
//! without a time and without what it was before; environments and percentages stand in its strategies, which the API
//! tells. A release whose date lies ahead is shown as upcoming, and no hook is sent when the date comes. After
//! `release_builder.rb`, `release.rb`, `feature_flags/update_service.rb` and `web_hook_service.rb` of gitlabhq/gitlabhq, and
//! GitLab's documentation, *Webhook events*.

use serde::Deserialize;

use super::{
    BadBody, ChangeKind, Envelope, Fact, FlagChange, Incoming, Meaning, NAME_MAX, Repeats, Source, UnixMs, clean, key,
    read_json, text, web,
};
use crate::domain::rollout::CLOCK_SKEW_MAX_MS;
use crate::domain::signal::{About, Signal, SignalKind, Subject};
use crate::sources::signature::schemes;
use crate::time::MINUTE_MS;

/// GitLab in the registry.
pub const SOURCE: Source = Source {
    name: "gitlab",
    aliases: &[],
    schemes: &[&schemes::STANDARD, &schemes::GITLAB_TOKEN],
    envelope,
    reads: |event| event == FLAG || event == RELEASE,
    parse,
    keeps: &[EVENT, "webhook-id", "idempotency-key", "content-type"],
};

/// The header of the kind of event.
const EVENT: &str = "x-gitlab-event";
const FLAG: &str = "Feature Flag Hook";
const RELEASE: &str = "Release Hook";
/// From a server that sends no id, the same body again within this time is a repetition, ms.
const REPEATS_MS: i64 = 10 * MINUTE_MS;

#[derive(Deserialize)]
struct Kind {
    object_kind: Option<String>,
}

impl Kind {
    fn read(body: &[u8]) -> Result<String, BadBody> {
        let Self { object_kind } = read_json(body)?;
        let expected = "expected the kind of hook: leave the custom webhook template empty";
        text(object_kind).ok_or_else(|| BadBody::of("object_kind", expected))
    }
}

#[derive(Deserialize)]
struct Project {
    id: i64,
    path_with_namespace: Option<String>,
    web_url: Option<String>,
}

fn envelope(incoming: &Incoming<'_>) -> Result<Envelope, BadBody> {
    let header = |name: &str| text(incoming.headers.get(name).map(str::to_owned));
    let event = match header(EVENT) {
        Some(event) => event,
        None => match Kind::read(incoming.body)?.as_str() {
            "feature_flag" => FLAG.to_owned(),
            "release" => RELEASE.to_owned(),
            other => other.to_owned(),
        },
    };
    // The first is signed, where anything is.
    Ok(match header("webhook-id").or_else(|| header("idempotency-key")) {
        Some(id) => Envelope { id, event, repeats: Repeats::Id },
        None => Envelope::within(event, incoming.body, REPEATS_MS),
    })
}

fn parse(incoming: &Incoming<'_>) -> Result<Meaning, BadBody> {
    // What the body says is signed, and the header is not.
    match Kind::read(incoming.body)?.as_str() {
        "feature_flag" => flag(incoming.body),
        "release" => release(incoming.body, incoming.received_at),
        other => Ok(Meaning::Ignored(format!("GitLab's hook {other} is not used"))),
    }
}

#[derive(Deserialize)]
struct FlagHook {
    project: Project,
    user: Option<User>,
    object_attributes: Flag,
}

#[derive(Deserialize)]
struct User {
    name: Option<String>,
    username: Option<String>,
}

#[derive(Deserialize)]
struct Flag {
    name: String,
    active: bool,
}

fn flag(body: &[u8]) -> Result<Meaning, BadBody> {
    let hook: FlagHook = read_json(body)?;
    let on = hook.object_attributes.active;
    let change = FlagChange {
        project: text(hook.project.path_with_namespace).or_else(|| Some(hook.project.id.to_string())),
        after: Some(on),
        actor: hook.user.and_then(|u| text(u.username).or_else(|| text(u.name))),
        url: web(hook.project.web_url.map(|at| format!("{at}/-/feature_flags"))),
        ..FlagChange::new(
            "gitlab",
            key(&hook.object_attributes.name, "object_attributes.name")?,
            if on { ChangeKind::Enabled } else { ChangeKind::Disabled },
        )
    };
    Ok(Meaning::Hint {
        facts: vec![Fact::Flag(Box::new(change))],
        why: "GitLab's hook names neither environments nor percentages".into(),
    })
}

#[derive(Deserialize)]
struct Release {
    id: Option<i64>,
    tag: String,
    name: Option<String>,
    action: String,
    created_at: Option<String>,
    released_at: Option<String>,
    url: Option<String>,
    project: Project,
}

fn release(body: &[u8], received_at: UnixMs) -> Result<Meaning, BadBody> {
    let hook: Release = read_json(body)?;
    let (created, released) =
        (hook.created_at.as_deref().and_then(moment), hook.released_at.as_deref().and_then(moment));
    // GitLab's clock may be ahead of ours: what comes out while it is made is not upcoming.
    let upcoming = released.is_some_and(|at| at.since(received_at) > CLOCK_SKEW_MAX_MS);
    let was_upcoming = released > created;
    let published = (SignalKind::Published { prerelease: false }, released.or(created));
    let kinds = match hook.action.as_str() {
        "delete" => vec![(SignalKind::Deleted, None)],
        "create" | "update" if upcoming => {
            return Ok(Meaning::Ignored("an upcoming release: it is not out yet".into()));
        }
        "create" => vec![published],
        // That it came out in the meantime nothing else has told.
        "update" if was_upcoming => vec![published, (SignalKind::Edited, None)],
        "update" => vec![(SignalKind::Edited, None)],
        other => return Ok(Meaning::Ignored(format!("release {} is not used", clean(other, NAME_MAX)))),
    };
    let tag = text(Some(hook.tag)).ok_or_else(|| BadBody::of("tag", "expected a tag"))?;
    let signal = |(kind, occurred_at)| Signal {
        subject: Subject::Release {
            origin: format!("gitlab:{}", hook.project.id),
            release: hook.id.map_or_else(|| tag.clone(), |id| id.to_string()),
        },
        kind,
        occurred_at,
        received_at,
        actor: None,
        about: About {
            tag: Some(tag.clone()),
            title: text(hook.name.clone()),
            url: web(hook.url.clone()),
            ..About::default()
        },
    };
    Ok(Meaning::Facts(kinds.into_iter().map(|kind| Fact::Signal(Box::new(signal(kind)))).collect()))
}

/// A time as GitLab writes it: `2026-10-09 09:00:00 UTC`, or as RFC 3339.
fn moment(text: &str) -> Option<UnixMs> {
    let utc = text.strip_suffix(" UTC").map(|t| format!("{}Z", t.replacen(' ', "T", 1)));
    UnixMs::parse_rfc3339(utc.as_deref().unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::Headers;
    use crate::time::DAY_MS;

    const BODY: &[u8] = br#"{"object_kind": "feature_flag", "project": {"id": 1},
        "object_attributes": {"name": "new_checkout", "active": true}}"#;

    fn headers(list: &[(&str, &str)]) -> Headers {
        Headers(list.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    #[test]
    fn the_signed_id_goes_before_the_one_that_is_only_sent() {
        for (sent, id) in
            [(&[("idempotency-key", "k"), ("webhook-id", "w")][..], "w"), (&[("idempotency-key", "k")][..], "k")]
        {
            let told = envelope(&Incoming::new(&headers(sent), BODY, UnixMs(0))).unwrap();
            assert_eq!(told, Envelope { id: id.into(), event: FLAG.into(), repeats: Repeats::Id });
        }
        // On, off and on again: only at once is the same body the same fact.
        let told = envelope(&Incoming::new(&headers(&[]), BODY, UnixMs(0))).unwrap();
        assert_eq!(told.repeats, Repeats::Within { ms: REPEATS_MS });
    }

    #[test]
    fn what_the_body_is_counts_whatever_the_header_says() {
        let sent = headers(&[(EVENT, RELEASE)]);
        let meaning = parse(&Incoming { event: RELEASE, ..Incoming::new(&sent, BODY, UnixMs(0)) }).unwrap();
        assert!(matches!(&meaning, Meaning::Hint { facts, .. } if matches!(facts[..], [Fact::Flag(_)])), "{meaning:?}");
        let bad = parse(&Incoming::new(&sent, b"{}", UnixMs(0))).unwrap_err();
        assert_eq!((bad.field.as_str(), bad.problem.contains("template")), ("object_kind", true));
    }

    #[test]
    fn a_release_is_upcoming_only_when_its_date_lies_ahead_of_both_clocks() {
        let released = moment("2026-10-09 09:00:00 UTC").unwrap();
        assert_eq!(released.rfc3339(), "2026-10-09T09:00:00Z");
        let body = br#"{"object_kind": "release", "tag": "v1", "action": "create", "project": {"id": 1},
            "created_at": "2026-10-09 09:00:00 UTC", "released_at": "2026-10-09 09:00:00 UTC"}"#;
        for (early_ms, out) in [(0, true), (CLOCK_SKEW_MAX_MS, true), (CLOCK_SKEW_MAX_MS + 1, false), (DAY_MS, false)] {
            let meaning = parse(&Incoming::new(&headers(&[]), body, released.plus(-early_ms))).unwrap();
            assert_eq!(matches!(meaning, Meaning::Facts(_)), out, "{early_ms} ms before");
        }
    }
}
