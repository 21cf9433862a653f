//! Anything else that can send a webhook: flags and releases of platforms without a file of their own.
//!
//! The plain form is that of Standard Webhooks, and its `type` is one of these:
//!
//! ```json
//! {"type": "feature_flag.changed", "timestamp": "2026-10-09T10:00:00Z",
//!  "data": {"flag": "new-checkout", "environment": "production", "enabled": true, "rollout_percent": 25}}
//! {"type": "release.published", "timestamp": "…", "data": {"tag": "v2.0.0", "repository": "acme/shop"}}
//! {"type": "deployment.succeeded", "timestamp": "…", "data": {"tag": "v2.0.0", "repository": "acme/shop", "environment": "production"}}
//! ```
//!
//! The same comes as CloudEvents 1.0, structured, in batches or binary; its `type` ends in one of the types above, such
//! as `com.acme.release.published`. Sentry's form for flags of any provider is read too, and a body of any other form
//! where the settings say what stands where in it ([`Mapping`]).
//!
//! Each form may be proved in each way: Standard Webhooks' signature, under its own names or Svix's, shared or with a
//! public key; Sentry's signature of the body; or a secret that is sent along, since CloudEvents define none.

mod cloudevents;
mod flag;
mod mapped;
mod pick;
mod release;
mod sentry;
mod webhook;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::signature::schemes;
use super::{BadBody, Envelope, Headers, Incoming, Mapping, Meaning, Source, clean, digest, read_json};
use crate::time::{MINUTE_MS, UnixMs};

/// The generic source in the registry.
pub const SOURCE: Source = Source {
    name: "generic",
    aliases: &[],
    schemes: &[
        &schemes::STANDARD,
        &schemes::STANDARD_ED25519,
        &schemes::SVIX,
        &schemes::SENTRY_FLAGS,
        &schemes::SHARED,
    ],
    envelope,
    reads: |_| true,
    parse,
    keeps: &[
        "webhook-id",
        "webhook-timestamp",
        "svix-id",
        "svix-timestamp",
        "content-type",
        "ce-specversion",
        "ce-id",
        "ce-source",
        "ce-type",
        "ce-time",
    ],
};

/// Longest name that is kept, in characters.
const NAME_MAX: usize = 200;
/// Without an id and a time of its own, the same body is a repetition for this long, ms.
const SAME_MS: i64 = MINUTE_MS;
/// What is read; CloudEvents put their sender's reversed domain before it.
const TYPES: &[&str] = &[
    "feature_flag.changed",
    "flag.changed",
    "release.published",
    "release.unpublished",
    "release.deleted",
    "deployment.succeeded",
];

/// The form that a body has.
enum Form<'a> {
    Mapped(&'a Mapping),
    Batch,
    Structured,
    Binary,
    Sentry,
    Webhook,
}

/// The members by which one form is told from another.
#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Members {
    #[serde(rename = "type")]
    kind: Option<IgnoredAny>,
    specversion: Option<IgnoredAny>,
    meta: Option<IgnoredAny>,
}

impl<'a> Form<'a> {
    /// CloudEvents are told by the content type, then by their headers, then by what is in the body (HTTP binding 3).
    fn of(incoming: &Incoming<'a>) -> Result<Self, BadBody> {
        if let Some(mapping) = incoming.mapping {
            return Ok(Self::Mapped(mapping));
        }
        let sent = incoming.headers.get("content-type").unwrap_or_default();
        match sent.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "application/cloudevents-batch+json" => return Ok(Self::Batch),
            "application/cloudevents+json" => return Ok(Self::Structured),
            other if other.starts_with("application/cloudevents") => {
                return Err(BadBody::of(
                    "",
                    "CloudEvents are read as JSON: set the content type to application/cloudevents+json",
                ));
            }
            _ => {}
        }
        if cloudevents::is_binary(incoming.headers) {
            return Ok(Self::Binary);
        }
        let has: Members = read_json(incoming.body)?;
        Ok(match (has.kind, has.specversion, has.meta) {
            (_, Some(_), _) => Self::Structured,
            (None, None, Some(_)) => Self::Sentry,
            _ => Self::Webhook,
        })
    }
}

fn envelope(incoming: &Incoming<'_>) -> Result<Envelope, BadBody> {
    match Form::of(incoming)? {
        Form::Mapped(mapping) => mapped::envelope(incoming, mapping),
        Form::Batch => cloudevents::batch_envelope(incoming),
        Form::Structured => cloudevents::envelope(incoming.body),
        Form::Binary => cloudevents::binary_envelope(incoming.headers),
        Form::Sentry => sentry::envelope(incoming.body),
        Form::Webhook => webhook::envelope(incoming),
    }
}

fn parse(incoming: &Incoming<'_>) -> Result<Meaning, BadBody> {
    match Form::of(incoming)? {
        Form::Mapped(mapping) => mapped::parse(incoming, mapping),
        Form::Batch => cloudevents::parse_batch(incoming),
        Form::Structured => cloudevents::parse(incoming),
        Form::Binary => cloudevents::parse_binary(incoming),
        Form::Sentry => sentry::parse(incoming.body),
        Form::Webhook => webhook::parse(incoming),
    }
}

/// When something happened, and when it came.
#[derive(Clone, Copy)]
struct Moment {
    occurred_at: Option<UnixMs>,
    received_at: UnixMs,
}

/// What an event of a type means, by its data. Errors name fields of the data.
fn event(kind: &str, data: &[u8], moment: Moment) -> Result<Meaning, BadBody> {
    let known = TYPES.iter().find(|t| kind.strip_suffix(**t).is_some_and(|b| b.is_empty() || b.ends_with('.')));
    match known.copied() {
        Some("feature_flag.changed" | "flag.changed") => flag::changed(data, moment),
        Some("release.published") => release::release(data, moment, release::What::Published),
        Some("release.unpublished") => release::release(data, moment, release::What::Unpublished),
        Some("release.deleted") => release::release(data, moment, release::What::Deleted),
        Some("deployment.succeeded") => release::deployment(data, moment),
        Some(_) | None => Ok(Meaning::Ignored(format!("the type {} is not used", clean(kind, NAME_MAX)))),
    }
}

/// A fault in something that stands at `place`.
fn inside(place: &str, bad: BadBody) -> BadBody {
    let field = if bad.field.is_empty() { place.to_owned() } else { format!("{place}.{}", bad.field) };
    BadBody { field, ..bad }
}

/// A time where one is given.
fn time(text: Option<&str>, field: &str) -> Result<Option<UnixMs>, BadBody> {
    text.map(|t| UnixMs::parse_rfc3339(t).ok_or_else(|| BadBody::of(field, "expected a time as 2026-10-09T10:00:00Z")))
        .transpose()
}

/// The id in the header that the signature covers. With Sentry's signature none is covered.
fn id_header(headers: &Headers) -> Result<Option<String>, BadBody> {
    if headers.get("x-sentry-signature").is_some() {
        return Ok(None);
    }
    let id = match (headers.get("webhook-id"), headers.get("svix-id")) {
        // Only one of the two is proved, and which is not known here.
        (Some(a), Some(b)) if a != b => {
            return Err(BadBody::of("", "the headers webhook-id and svix-id differ: send one of them"));
        }
        (id, other) => id.or(other),
    };
    Ok(id.map(short).filter(|id| !id.is_empty()))
}

/// An id as it is kept: whole, or what it hashes to.
fn short(id: &str) -> String {
    let kept = clean(id, NAME_MAX);
    if kept == id { kept } else { digest(id.as_bytes()) }
}

fn web(url: Option<String>) -> Option<String> {
    url.filter(|u| u.starts_with("https://") || u.starts_with("http://")).map(|u| clean(&u, 2_000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::Repeats;
    use crate::sources::signature::{Claim, Proof, sign, verify};

    const BODY: &str =
        r#"{"type": "flag.changed", "timestamp": "2026-10-09T10:00:00Z", "data": {"flag": "a", "enabled": true}}"#;

    fn headers(list: &[(&str, &str)]) -> Headers {
        Headers(list.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    #[test]
    fn each_way_of_proof_is_taken() {
        let secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD".to_owned();
        for scheme in SOURCE.schemes.iter().filter(|s| **s != &schemes::STANDARD_ED25519) {
            let signed = sign(scheme, &secret, "msg_1", UnixMs(0), BODY.as_bytes()).unwrap();
            let headers = Headers(signed.into_iter().map(|(k, v)| (k.to_owned(), v)).collect());
            let claim = Claim { headers: &headers, body: BODY.as_bytes(), token: None };
            let proof = if **scheme == schemes::SHARED { Proof::Shared } else { Proof::Signed };
            assert_eq!(
                verify(SOURCE.schemes, &claim, std::slice::from_ref(&secret), UnixMs(0)),
                Ok(proof),
                "{}",
                scheme.header
            );
        }
        let bearer = headers(&[("authorization", &format!("Bearer {secret}"))]);
        let claim = Claim { headers: &bearer, body: b"{}", token: None };
        assert_eq!(verify(SOURCE.schemes, &claim, &[secret], UnixMs(0)), Ok(Proof::Shared));
    }

    #[test]
    fn an_id_counts_only_where_the_signature_covers_it() {
        let of = |list: &[(&str, &str)]| envelope(&Incoming::new(&headers(list), BODY.as_bytes(), UnixMs(0)));
        for header in ["webhook-id", "svix-id"] {
            let by_header = of(&[(header, "msg_1")]).unwrap();
            assert_eq!((by_header.id.as_str(), by_header.repeats), ("msg_1", Repeats::Id));
        }
        let by_body = of(&[]).unwrap();
        assert_eq!((by_body.id.as_str(), by_body.repeats), (digest(BODY.as_bytes()).as_str(), Repeats::Body));
        // Sentry signs the body alone: a header beside it may be anybody's.
        assert_eq!(of(&[("webhook-id", "msg_1"), ("x-sentry-signature", "00")]).unwrap(), by_body);
        assert_eq!(of(&[("webhook-id", "msg_1"), ("svix-id", "msg_1")]).unwrap().id, "msg_1");
        assert!(of(&[("webhook-id", "msg_1"), ("svix-id", "msg_2")]).unwrap_err().problem.contains("differ"));
    }

    #[test]
    fn a_body_without_id_and_time_is_the_same_for_a_minute() {
        let body = br#"{"type": "flag.changed", "data": {"flag": "a", "enabled": true}}"#;
        let sent = envelope(&Incoming::new(&Headers::default(), body, UnixMs(0))).unwrap();
        assert_eq!(sent.repeats, Repeats::Within { ms: MINUTE_MS });
    }

    #[test]
    fn what_must_be_known_later_is_kept_and_nothing_secret() {
        for scheme in SOURCE.schemes {
            assert!(!SOURCE.keeps.contains(&scheme.header), "{}", scheme.header);
            assert!(scheme.id_header().is_none_or(|id| SOURCE.keeps.contains(&id)));
        }
        assert!(
            ["ce-id", "ce-source", "ce-type", "ce-specversion", "ce-time"].iter().all(|h| SOURCE.keeps.contains(h))
        );
    }
}
