//! Releases and deployments in the plain form.

use serde::Deserialize;

use super::flag::Actor;
use super::{Moment, NAME_MAX, web};
use crate::domain::repo::RepoName;
use crate::domain::signal::{About, Signal, SignalKind, Subject};
use crate::sources::{BadBody, Fact, Meaning, clean, read_json};

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

/// What happened to a release.
#[derive(Clone, Copy)]
pub(super) enum What {
    Published,
    Unpublished,
    Deleted,
}

pub(super) fn release(data: &[u8], moment: Moment, what: What) -> Result<Meaning, BadBody> {
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
            What::Published => SignalKind::Published { prerelease: d.prerelease },
            What::Unpublished => SignalKind::Unpublished,
            What::Deleted => SignalKind::Deleted,
        },
        occurred_at: moment.occurred_at,
        received_at: moment.received_at,
        actor: d.actor.and_then(Actor::name),
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

pub(super) fn deployment(data: &[u8], moment: Moment) -> Result<Meaning, BadBody> {
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

pub(super) fn repo(name: Option<&str>) -> Result<Option<RepoName>, BadBody> {
    name.map(|n| RepoName::parse(n).ok_or_else(|| BadBody::of("repository", "expected owner/name"))).transpose()
}

fn one(signal: Signal) -> Meaning {
    Meaning::Facts(vec![Fact::Signal(Box::new(signal))])
}
