//! Anything else that can send a webhook in the Standard Webhooks form: flags and releases of platforms without a file
//! of their own. The body may be a CloudEvent in structured JSON too: its `type` ends in one of the types below, such
//! as `com.acme.release.published`, and its `time` is the timestamp.
//!
//! ```json
//! {"type": "feature_flag.changed", "timestamp": "2026-10-09T10:00:00Z",
//!  "data": {"flag": "new-checkout", "environment": "production", "enabled": true, "rollout_percent": 25}}
//! {"type": "release.published", "timestamp": "…", "data": {"tag": "v2.0.0", "repository": "acme/shop"}}
//! {"type": "deployment.succeeded", "timestamp": "…", "data": {"tag": "v2.0.0", "repository": "acme/shop", "environment": "production"}}
//! ```

use serde::Deserialize;
use serde_json::value::RawValue;

use super::signature::schemes;
use super::{BadBody, Envelope, Fact, Incoming, Meaning, Repeats, Source, clean, read_json};
use crate::domain::repo::RepoName;
use crate::domain::signal::{About, Exposure, Signal, SignalKind, Subject};
use crate::time::UnixMs;

/// The generic source in the registry.
pub const SOURCE: Source = Source {
    name: "generic",
    aliases: &[],
    schemes: &[&schemes::STANDARD, &schemes::STANDARD_ED25519],
    envelope,
    reads: |_| true,
    parse,
    keeps: &["webhook-id", "webhook-timestamp", "content-type"],
};

/// Longest name that is kept, in characters.
const NAME_MAX: usize = 200;
/// What is read; CloudEvents put their sender's reversed domain before it.
const TYPES: &[&str] = &[
    "feature_flag.changed",
    "flag.changed",
    "release.published",
    "release.unpublished",
    "release.deleted",
    "deployment.succeeded",
];

#[derive(Deserialize)]
struct Outer {
    #[serde(rename = "type")]
    kind: String,
    #[serde(alias = "time")]
    timestamp: Option<String>,
    data: Option<Box<RawValue>>,
}

fn envelope(incoming: &Incoming<'_>) -> Result<Envelope, BadBody> {
    let outer: OuterKind = read_json(incoming.body)?;
    let id = incoming.headers.get("webhook-id").map(|v| clean(v, NAME_MAX)).unwrap_or_default();
    if id.is_empty() {
        return Err(BadBody::of("", "the header webhook-id is missing: Standard Webhooks wants it"));
    }
    Ok(Envelope { id, event: clean(&outer.kind, NAME_MAX), repeats: Repeats::Id })
}

#[derive(Deserialize)]
struct OuterKind {
    #[serde(rename = "type")]
    kind: String,
}

fn parse(incoming: &Incoming<'_>) -> Result<Meaning, BadBody> {
    let outer: Outer = read_json(incoming.body)?;
    let received_at = incoming.received_at;
    let occurred_at = match outer.timestamp.as_deref().map(UnixMs::parse_rfc3339) {
        Some(None) => return Err(BadBody::of("timestamp", "expected a time as 2026-10-09T10:00:00Z")),
        Some(Some(at)) => Some(at),
        None => None,
    };
    let data = outer.data.as_deref().map_or("{}", RawValue::get).as_bytes();
    let inside = |e: BadBody| BadBody {
        field: if e.field.is_empty() { "data".into() } else { format!("data.{}", e.field) },
        ..e
    };
    let moment = Moment { occurred_at, received_at };
    let kind = TYPES.iter().find(|t| outer.kind.strip_suffix(**t).is_some_and(|b| b.is_empty() || b.ends_with('.')));
    match kind.copied().unwrap_or(&outer.kind) {
        "feature_flag.changed" | "flag.changed" => flag_changed(data, moment).map_err(inside),
        "release.published" => release(data, moment, Release::Published).map_err(inside),
        "release.unpublished" => release(data, moment, Release::Unpublished).map_err(inside),
        "release.deleted" => release(data, moment, Release::Deleted).map_err(inside),
        "deployment.succeeded" => deployment(data, moment).map_err(inside),
        other => Ok(Meaning::Ignored(format!("the type {} is not used", clean(other, NAME_MAX)))),
    }
}

#[derive(Clone, Copy)]
struct Moment {
    occurred_at: Option<UnixMs>,
    received_at: UnixMs,
}

#[derive(Deserialize)]
struct Actor {
    email: Option<String>,
    name: Option<String>,
}

#[derive(Deserialize)]
struct FlagData {
    #[serde(alias = "platform")]
    provider: Option<String>,
    project: Option<String>,
    environment: Option<String>,
    flag: String,
    change: Option<String>,
    enabled: Option<bool>,
    rollout_percent: Option<f64>,
    actor: Option<Actor>,
    url: Option<String>,
    repository: Option<String>,
}

fn flag_changed(data: &[u8], moment: Moment) -> Result<Meaning, BadBody> {
    let d: FlagData = read_json(data)?;
    let flag = clean(&d.flag, NAME_MAX);
    if flag.is_empty() {
        return Err(BadBody::of("flag", "expected the flag's key"));
    }
    let percent = match d.rollout_percent {
        Some(p) if !(0.0..=100.0).contains(&p) => {
            return Err(BadBody::of("rollout_percent", "expected a number from 0 to 100"));
        }
        Some(p) => Exposure::from_percent(p),
        None => None,
    };
    let exposed = |exposure| SignalKind::Exposed { exposure };
    let kind = match (d.change.as_deref(), d.enabled, percent) {
        (Some("deleted"), ..) => SignalKind::Deleted,
        (Some("archived"), ..) => SignalKind::Archived,
        (Some("disabled"), ..) | (_, Some(false), _) => exposed(Exposure::Off),
        (_, Some(true) | None, Some(exposure)) => exposed(exposure),
        (Some("created"), None, None) => SignalKind::Created,
        (_, Some(true), None) | (Some("enabled"), None, None) => exposed(Exposure::On),
        (_, None, None) => {
            return Ok(Meaning::Ignored("a change that tells no exposure: send enabled or rollout_percent".into()));
        }
    };
    let part = |text: Option<String>| text.map(|t| clean(&t, NAME_MAX)).unwrap_or_default();
    let provider = part(d.provider);
    Ok(one(Signal {
        subject: Subject::Flag {
            platform: if provider.is_empty() { "generic".into() } else { provider },
            project: part(d.project),
            environment: part(d.environment),
            flag,
        },
        kind,
        occurred_at: moment.occurred_at,
        received_at: moment.received_at,
        actor: d.actor.and_then(|a| a.name.or(a.email)).map(|a| clean(&a, NAME_MAX)),
        about: About { repo: repo(d.repository.as_deref())?, url: web(d.url), ..About::default() },
    }))
}

#[derive(Deserialize)]
struct ReleaseData {
    #[serde(alias = "version")]
    tag: String,
    name: Option<String>,
    repository: Option<String>,
    project: Option<String>,
    url: Option<String>,
    #[serde(default)]
    prerelease: bool,
    actor: Option<Actor>,
}

#[derive(Clone, Copy)]
enum Release {
    Published,
    Unpublished,
    Deleted,
}

fn release(data: &[u8], moment: Moment, what: Release) -> Result<Meaning, BadBody> {
    let d: ReleaseData = read_json(data)?;
    let tag = clean(&d.tag, NAME_MAX);
    if tag.is_empty() {
        return Err(BadBody::of("tag", "expected the release's tag or version"));
    }
    Ok(one(Signal {
        subject: Subject::Release {
            origin: origin(d.repository.as_deref(), d.project.as_deref()),
            release: tag.clone(),
        },
        kind: match what {
            Release::Published => SignalKind::Published { prerelease: d.prerelease },
            Release::Unpublished => SignalKind::Unpublished,
            Release::Deleted => SignalKind::Deleted,
        },
        occurred_at: moment.occurred_at,
        received_at: moment.received_at,
        actor: d.actor.and_then(|a| a.name.or(a.email)).map(|a| clean(&a, NAME_MAX)),
        about: About {
            repo: repo(d.repository.as_deref())?,
            tag: Some(tag),
            title: d.name.map(|n| clean(&n, NAME_MAX)),
            url: web(d.url),
            installation: None,
        },
    }))
}

#[derive(Deserialize)]
struct DeploymentData {
    #[serde(alias = "version")]
    tag: String,
    repository: Option<String>,
    project: Option<String>,
    environment: String,
    #[serde(default)]
    production: bool,
}

fn deployment(data: &[u8], moment: Moment) -> Result<Meaning, BadBody> {
    let d: DeploymentData = read_json(data)?;
    Ok(one(Signal {
        subject: Subject::Tag {
            origin: origin(d.repository.as_deref(), d.project.as_deref()),
            tag: clean(&d.tag, NAME_MAX),
        },
        kind: SignalKind::Deployed { environment: clean(&d.environment, NAME_MAX), production: d.production },
        occurred_at: moment.occurred_at,
        received_at: moment.received_at,
        actor: None,
        about: About { repo: repo(d.repository.as_deref())?, ..About::default() },
    }))
}

fn origin(repository: Option<&str>, project: Option<&str>) -> String {
    format!("generic:{}", clean(repository.or(project).unwrap_or_default(), NAME_MAX))
}

fn repo(name: Option<&str>) -> Result<Option<RepoName>, BadBody> {
    name.map(|n| RepoName::parse(n).ok_or_else(|| BadBody::of("repository", "expected owner/name"))).transpose()
}

fn web(url: Option<String>) -> Option<String> {
    url.filter(|u| u.starts_with("https://") || u.starts_with("http://")).map(|u| clean(&u, 2_000))
}

fn one(signal: Signal) -> Meaning {
    Meaning::Facts(vec![Fact::Signal(Box::new(signal))])
}
