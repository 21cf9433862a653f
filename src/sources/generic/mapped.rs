//! A body of any form, read by the settings' JSON pointers. Types are taken as they come: a switch may be a word, a share
//! may have a percent sign, a time may be a number. What stands at a pointer and can't be read is an error that names the
//! pointer; what does not stand there is not told.

use super::flag::{Told, text};
use super::pick::{Scalar, pick};
use super::{NAME_MAX, SAME_MS, id_header, short, web};
use crate::sources::{BadBody, Envelope, Fact, Incoming, Mapping, Meaning, Repeats, clean};
use crate::time::{SECOND_MS, UnixMs};

/// What the deliveries are called, whose own kind is not known.
const EVENT: &str = "mapped";
/// A number of at least this is a time in ms: in s it would lie beyond the year 5000.
const MILLIS_MIN: f64 = 1e11;
/// A time beyond this is none, ms.
const MILLIS_MAX: f64 = 1e14;

struct Read {
    told: Told,
    id: Option<String>,
}

fn read(body: &[u8], m: &Mapping) -> Result<Read, BadBody> {
    let at = |pointer: &Option<String>| pointer.clone().unwrap_or_default();
    let [flag, platform, project, environment, change, enabled, percent, actor, occurred_at, id, url] = pick(
        body,
        [
            Some(&m.flag),
            m.platform.as_deref(),
            m.project.as_deref(),
            m.environment.as_deref(),
            m.change.as_deref(),
            m.enabled.as_deref(),
            m.percent.as_deref(),
            m.actor.as_deref(),
            m.occurred_at.as_deref(),
            m.id.as_deref(),
            m.url.as_deref(),
        ],
    )?;
    let Some(flag) = text(words(flag, &m.flag)?) else {
        return Err(BadBody::of(&m.flag, "expected the flag's key, as the mapping says"));
    };
    let told = Told {
        platform: text(words(platform, &at(&m.platform))?),
        project: text(words(project, &at(&m.project))?),
        environment: text(words(environment, &at(&m.environment))?),
        flag,
        change: words(change, &at(&m.change))?,
        enabled: switch(enabled, &at(&m.enabled))?,
        percent: share(percent, &at(&m.percent))?,
        tells_share: m.percent.is_some(),
        actor: text(words(actor, &at(&m.actor))?),
        occurred_at: moment(occurred_at, &at(&m.occurred_at))?,
        event_id: words(id, &at(&m.id))?.map(|id| short(id.trim())).filter(|id| !id.is_empty()),
        url: web(words(url, &at(&m.url))?),
        ..Told::default()
    };
    Ok(Read { id: told.event_id.clone(), told })
}

/// The id that the mapping finds, else the header's; without any, the body stands for it. The flag is part of the
/// identity: senders of several connections may number their changes alike.
pub(super) fn envelope(incoming: &Incoming<'_>, mapping: &Mapping) -> Result<Envelope, BadBody> {
    let Read { told, id } = read(incoming.body, mapping)?;
    if let Some(id) = id {
        let parts = [&told.platform, &told.project, &told.environment, &Some(told.flag), &Some(id)];
        let parts = parts.map(|p| p.as_deref().unwrap_or_default());
        let key = parts.iter().fold(String::new(), |key, part| format!("{key}|{}:{part}", part.len()));
        return Ok(Envelope { id: short(&key), event: EVENT.into(), repeats: Repeats::Id });
    }
    Ok(match id_header(incoming.headers)? {
        Some(id) => Envelope { id, event: EVENT.into(), repeats: Repeats::Id },
        None if told.occurred_at.is_some() => Envelope::of_body(EVENT, incoming.body),
        None => Envelope::within(EVENT, incoming.body, SAME_MS),
    })
}

pub(super) fn parse(incoming: &Incoming<'_>, mapping: &Mapping) -> Result<Meaning, BadBody> {
    let changes = read(incoming.body, mapping)?.told.changes();
    Ok(if changes.is_empty() {
        Meaning::Ignored("a change that tells no exposure: map enabled, percent or change".into())
    } else {
        Meaning::Facts(changes.into_iter().map(|c| Fact::Flag(Box::new(c))).collect())
    })
}

fn words(value: Option<Scalar>, pointer: &str) -> Result<Option<String>, BadBody> {
    Ok(match value {
        None | Some(Scalar::Null) => None,
        Some(Scalar::Text(text)) => Some(text),
        Some(Scalar::Number(number)) => Some(number.to_string()),
        Some(Scalar::Bool(_) | Scalar::Other) => return Err(BadBody::of(pointer, "expected a text")),
    })
}

fn switch(value: Option<Scalar>, pointer: &str) -> Result<Option<bool>, BadBody> {
    let word = match value {
        None | Some(Scalar::Null) => return Ok(None),
        Some(Scalar::Bool(on)) => return Ok(Some(on)),
        Some(Scalar::Number(number)) => number.to_string(),
        Some(Scalar::Text(text)) => clean(&text, NAME_MAX).to_lowercase(),
        Some(Scalar::Other) => String::new(),
    };
    match word.as_str() {
        "true" | "on" | "yes" | "enabled" | "active" | "1" | "1.0" => Ok(Some(true)),
        "false" | "off" | "no" | "disabled" | "inactive" | "0" | "0.0" => Ok(Some(false)),
        _ => Err(BadBody::of(pointer, "expected true or false, on or off, 1 or 0")),
    }
}

fn share(value: Option<Scalar>, pointer: &str) -> Result<Option<f64>, BadBody> {
    let percent = match value {
        None | Some(Scalar::Null) => return Ok(None),
        Some(Scalar::Number(number)) => number.as_f64(),
        Some(Scalar::Text(text)) => text.trim().trim_end_matches('%').trim_end().parse().ok(),
        Some(Scalar::Bool(_) | Scalar::Other) => None,
    };
    match percent {
        Some(p) if (0.0..=100.0).contains(&p) => Ok(Some(p)),
        _ => Err(BadBody::of(pointer, "expected a number from 0 to 100")),
    }
}

fn moment(value: Option<Scalar>, pointer: &str) -> Result<Option<UnixMs>, BadBody> {
    let read = match value {
        None | Some(Scalar::Null) => return Ok(None),
        Some(Scalar::Number(number)) => number.as_f64().and_then(since_1970),
        Some(Scalar::Text(text)) => {
            let text = text.trim();
            UnixMs::parse_rfc3339(text).or_else(|| text.parse().ok().and_then(since_1970))
        }
        Some(Scalar::Bool(_) | Scalar::Other) => None,
    };
    let expected = "expected a time as 2026-10-09T10:00:00Z, or a number of seconds or milliseconds since 1970";
    read.map(Some).ok_or_else(|| BadBody::of(pointer, expected))
}

fn since_1970(number: f64) -> Option<UnixMs> {
    let ms = if number < MILLIS_MIN { number * SECOND_MS as f64 } else { number };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the range is checked, and a fraction of a millisecond is nothing"
    )]
    (0.0..=MILLIS_MAX).contains(&ms).then(|| UnixMs(ms.round() as i64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::flag::{ChangeKind, FlagChange};
    use crate::sources::{Headers, source};

    fn mapping(pairs: &[(&str, &str)]) -> Mapping {
        let pairs: serde_json::Map<_, _> =
            pairs.iter().map(|(k, v)| ((*k).to_owned(), serde_json::Value::from(*v))).collect();
        serde_json::from_value(pairs.into()).unwrap()
    }

    fn whole() -> Mapping {
        mapping(&[
            ("flag", "/toggle/key"),
            ("platform", "/system"),
            ("project", "/toggle/project"),
            ("environment", "/where/0"),
            ("change", "/what"),
            ("enabled", "/toggle/on"),
            ("percent", "/toggle/share"),
            ("actor", "/by"),
            ("occurred_at", "/at"),
            ("id", "/n"),
            ("url", "/link"),
        ])
    }

    fn read(mapping: &Mapping, body: &str) -> (Result<Envelope, BadBody>, Result<Meaning, BadBody>) {
        let headers = Headers::default();
        let incoming = Incoming { mapping: Some(mapping), ..Incoming::new(&headers, body.as_bytes(), UnixMs(0)) };
        let generic = source("generic").unwrap();
        ((generic.envelope)(&incoming), (generic.parse)(&incoming))
    }

    fn change(mapping: &Mapping, body: &str) -> FlagChange {
        match read(mapping, body).1.unwrap() {
            Meaning::Facts(facts) => match facts.as_slice() {
                [Fact::Flag(change)] => (**change).clone(),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn everything_that_is_mapped_is_read() {
        let body = r#"{"system": "toggler", "what": "rollout", "by": "Rae", "at": 1791540000, "n": 7,
            "link": "https://toggler.test/a", "where": ["production"],
            "toggle": {"key": "new-checkout", "project": "shop", "on": "on", "share": "25 %"}}"#;
        let (envelope, _) = read(&whole(), body);
        let envelope = envelope.unwrap();
        assert_eq!((envelope.event.as_str(), envelope.repeats), ("mapped", Repeats::Id));
        assert_eq!(
            change(&whole(), body),
            FlagChange {
                project: Some("shop".into()),
                environment: Some("production".into()),
                after: Some(true),
                percent_after: Some(25.0),
                actor: Some("Rae".into()),
                occurred_at: Some(UnixMs(1_791_540_000_000)),
                source_event_id: Some("7".into()),
                url: Some("https://toggler.test/a".into()),
                ..FlagChange::new("toggler", "new-checkout", ChangeKind::RolloutChanged)
            }
        );
    }

    #[test]
    fn types_are_taken_as_they_come() {
        let m = mapping(&[("flag", "/f"), ("enabled", "/e"), ("percent", "/p"), ("occurred_at", "/t")]);
        for (member, expected) in [
            (r#""e": true"#, (Some(true), None, None)),
            (r#""e": "TRUE ""#, (Some(true), None, None)),
            (r#""e": 1"#, (Some(true), None, None)),
            (r#""e": "off""#, (Some(false), None, None)),
            (r#""e": 0"#, (Some(false), None, None)),
            (r#""p": 12.5"#, (Some(true), Some(12.5), None)),
            (r#""p": "12.5%""#, (Some(true), Some(12.5), None)),
            (r#""p": 0, "e": null"#, (None, Some(0.0), None)),
            (r#""e": 1, "t": "2026-10-09T10:00:00Z""#, (Some(true), None, Some(1_791_540_000_000))),
            (r#""e": 1, "t": 1791540000"#, (Some(true), None, Some(1_791_540_000_000))),
            (r#""e": 1, "t": 1791540000.25"#, (Some(true), None, Some(1_791_540_000_250))),
            (r#""e": 1, "t": 1791540000123"#, (Some(true), None, Some(1_791_540_000_123))),
            (r#""e": 1, "t": "1791540000""#, (Some(true), None, Some(1_791_540_000_000))),
        ] {
            let c = change(&m, &format!(r#"{{"f": 41, {member}}}"#));
            assert_eq!((c.after, c.percent_after, c.occurred_at.map(|t| t.0)), expected, "{member}");
            assert_eq!(c.flag, "41");
        }
    }

    #[test]
    fn on_means_everybody_only_where_the_body_has_no_place_for_the_share() {
        let without = mapping(&[("flag", "/f"), ("enabled", "/e")]);
        assert_eq!(change(&without, r#"{"f": "a", "e": true}"#).percent_after, Some(100.0));
        let with = mapping(&[("flag", "/f"), ("enabled", "/e"), ("percent", "/p")]);
        assert_eq!(change(&with, r#"{"f": "a", "e": true}"#).percent_after, None);
    }

    #[test]
    fn a_fault_names_its_pointer_and_never_the_value() {
        for (body, pointer) in [
            (r#"{"toggle": {}}"#, "/toggle/key"),
            (r#"{"toggle": {"key": " "}}"#, "/toggle/key"),
            (r#"{"toggle": {"key": null}}"#, "/toggle/key"),
            (r#"{"toggle": {"key": {"x": "secret"}}}"#, "/toggle/key"),
            ("[]", "/toggle/key"),
            (r#"{"toggle": {"key": "a", "on": "secret"}}"#, "/toggle/on"),
            (r#"{"toggle": {"key": "a", "on": 2}}"#, "/toggle/on"),
            (r#"{"toggle": {"key": "a", "share": "secret"}}"#, "/toggle/share"),
            (r#"{"toggle": {"key": "a", "share": 101}}"#, "/toggle/share"),
            (r#"{"toggle": {"key": "a"}, "at": "secret"}"#, "/at"),
            (r#"{"toggle": {"key": "a"}, "at": -1}"#, "/at"),
            (r#"{"toggle": {"key": "a"}, "at": 1e300}"#, "/at"),
        ] {
            let (envelope, meaning) = read(&whole(), body);
            let bad = meaning.unwrap_err();
            assert_eq!((bad.field.as_str(), bad.to_string().contains("secret")), (pointer, false), "{body}: {bad}");
            assert_eq!(envelope.unwrap_err(), bad, "{body}");
        }
    }

    #[test]
    fn what_tells_a_delivery_from_another_is_as_good_as_the_body() {
        let repeats = |m: &Mapping, body: &str| read(m, body).0.unwrap();
        let m = mapping(&[("flag", "/f"), ("id", "/n"), ("occurred_at", "/t")]);
        let numbered = repeats(&m, r#"{"f": "a", "n": "1"}"#);
        assert_eq!((numbered.repeats, numbered.id.as_str()), (Repeats::Id, "|0:|0:|0:|1:a|1:1"));
        assert_ne!(numbered.id, repeats(&m, r#"{"f": "b", "n": "1"}"#).id, "another connection may count alike");
        assert_eq!(repeats(&m, r#"{"f": "a", "t": 1791540000}"#).repeats, Repeats::Body);
        assert_eq!(repeats(&m, r#"{"f": "a"}"#).repeats, Repeats::Within { ms: SAME_MS });
        let ignored = read(&m, r#"{"f": "a"}"#).1.unwrap();
        assert_eq!(ignored, Meaning::Ignored("a change that tells no exposure: map enabled, percent or change".into()));
    }
}
