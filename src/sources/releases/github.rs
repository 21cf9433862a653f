//! GitHub's webhooks: releases, deployments, merged pull requests, policies, the App's own life, what people do with issues,
//! and what they write.
//!
//! Field names after GitHub's published webhook schema. One click on *Publish release* sends up to three deliveries
//! (`created`, `published`, `released`); they fold into one rollout. GitHub signs the raw body and no time; a delivery
//! keeps its id when it is sent again.

use serde::Deserialize;

use super::super::signature::schemes;
use super::super::{BadBody, Envelope, Fact, Incoming, InstallationState, Meaning, Repeats, Source, clean, read_json};
use super::mentions;
use crate::domain::mention::{Mention, MentionId, MentionKind};
use crate::domain::repo::RepoName;
use crate::domain::signal::{About, Signal, SignalKind, Subject};
use crate::time::UnixMs;

mod comments;
mod edits;
mod issues;
mod pulls;
mod pushes;

/// GitHub in the registry.
pub const SOURCE: Source = Source {
    name: "github",
    aliases: &[],
    schemes: &[&schemes::HUB_SHA256],
    envelope,
    reads: |event| EVENTS.contains(&event) || comments::EVENTS.contains(&event),
    parse,
    keeps: &["x-github-event", "x-github-delivery", "x-github-hook-installation-target-id", "content-type"],
};

const EVENTS: &[&str] = &[
    "ping",
    "release",
    "deployment_status",
    "pull_request",
    "push",
    "installation",
    "installation_repositories",
    "issues",
];
/// Longest name, tag or login that is kept, in characters.
const NAME_MAX: usize = 200;

fn envelope(incoming: &Incoming<'_>) -> Result<Envelope, BadBody> {
    let need = |name: &str| {
        incoming.headers.get(name).map(|v| clean(v, NAME_MAX)).filter(|v| !v.is_empty()).ok_or_else(|| {
            BadBody::of("", format!("the header {name} is missing: GitHub sends it with every delivery"))
        })
    };
    Ok(Envelope { id: need("x-github-delivery")?, event: need("x-github-event")?, repeats: Repeats::Body })
}

fn parse(incoming: &Incoming<'_>) -> Result<Meaning, BadBody> {
    let json = unwrap_form(incoming.body)?;
    let received_at = incoming.received_at;
    match incoming.event {
        "ping" => Ok(Meaning::Ignored("ping: the webhook is set up".into())),
        "release" => release(&json, received_at),
        "deployment_status" => deployment_status(&json, received_at),
        "pull_request" => {
            let meaning = pulls::pull_request(&json, received_at)?;
            Ok(comments::with_opening(incoming.event, &json, received_at, meaning))
        }
        "push" => pushes::push(&json),
        "installation" => installation(&json),
        "installation_repositories" => installation_repositories(&json),
        "issues" => {
            let meaning = edits::with_boxes(&json, received_at, issues::issues(&json)?)?;
            Ok(comments::with_opening(incoming.event, &json, received_at, meaning))
        }
        event if comments::EVENTS.contains(&event) => comments::comment(event, &json, received_at),
        other => Ok(Meaning::Ignored(format!("GitHub's event {} is not used", clean(other, NAME_MAX)))),
    }
}

/// A hook of content type `form` sends the JSON in the field `payload`; the signature covers the form.
fn unwrap_form(body: &[u8]) -> Result<Vec<u8>, BadBody> {
    if !body.starts_with(b"payload=") {
        return Ok(body.to_vec());
    }
    url::form_urlencoded::parse(body)
        .find(|(name, _)| name == "payload")
        .map(|(_, value)| value.into_owned().into_bytes())
        .ok_or_else(|| BadBody::of("payload", "the form has no such field"))
}

#[derive(Deserialize)]
struct Repository {
    id: i64,
    full_name: String,
}

impl Repository {
    fn name(&self) -> Result<RepoName, BadBody> {
        RepoName::parse(&self.full_name).ok_or_else(|| BadBody::of("repository.full_name", "expected owner/name"))
    }

    fn origin(&self) -> String {
        format!("github:{}", self.id)
    }
}

#[derive(Deserialize)]
struct Login {
    login: String,
}

#[derive(Deserialize)]
struct InstallationId {
    id: i64,
}

#[derive(Deserialize)]
struct ReleaseEvent {
    action: String,
    release: Release,
    repository: Repository,
    installation: Option<InstallationId>,
    sender: Option<Login>,
}

#[derive(Deserialize)]
struct Release {
    id: i64,
    tag_name: String,
    name: Option<String>,
    body: Option<String>,
    #[serde(default)]
    draft: bool,
    #[serde(default)]
    prerelease: bool,
    published_at: Option<String>,
    updated_at: Option<String>,
    html_url: Option<String>,
}

fn release(body: &[u8], received_at: UnixMs) -> Result<Meaning, BadBody> {
    let e: ReleaseEvent = read_json(body)?;
    let published = e.release.published_at.as_deref().and_then(UnixMs::parse_rfc3339);
    let updated = e.release.updated_at.as_deref().and_then(UnixMs::parse_rfc3339);
    let action = e.action.as_str();
    // An unpublished release is a draft again; every other draft is nobody's business yet.
    if e.release.draft && !matches!(action, "unpublished" | "deleted") {
        return Ok(Meaning::Ignored("a draft: nobody can see it yet".into()));
    }
    let (kind, occurred_at) = match action {
        "published" => (SignalKind::Published { prerelease: e.release.prerelease }, published),
        "prereleased" => (SignalKind::Published { prerelease: true }, published),
        // Sent when a full release comes out and when a pre-release is promoted; a promotion happens after publishing.
        "released" if e.release.prerelease => return Ok(Meaning::Ignored("released, and still a pre-release".into())),
        "released" => (SignalKind::Promoted, updated.max(published)),
        "edited" => (SignalKind::Edited, updated),
        "unpublished" => (SignalKind::Unpublished, updated.filter(|u| Some(*u) > published)),
        "deleted" => (SignalKind::Deleted, None),
        "created" => return Ok(Meaning::Ignored("created: `published` follows when customers can see it".into())),
        other => return Ok(Meaning::Ignored(format!("release.{} is not used", clean(other, NAME_MAX)))),
    };
    let tag = clean(&e.release.tag_name, NAME_MAX);
    if tag.is_empty() {
        return Err(BadBody::of("release.tag_name", "expected a tag"));
    }
    let (origin, release, repo) = (e.repository.origin(), e.release.id.to_string(), e.repository.name()?);
    let title = e.release.name.map(|n| clean(&n, NAME_MAX));
    let url = web_address(e.release.html_url);
    // A release that nobody can see names nothing any more, and a deletion is the last word.
    let (seen, written_at) = match action {
        "deleted" => (false, UnixMs::NEVER),
        "unpublished" => (false, updated.max(published).unwrap_or(received_at)),
        "edited" => (true, updated.unwrap_or(received_at)),
        _ => (true, updated.max(published).unwrap_or(received_at)),
    };
    let named = Mention {
        of: MentionId { origin: origin.clone(), kind: MentionKind::Release, id: release.clone() },
        repo: repo.clone(),
        key: tag.clone(),
        title: title.clone().unwrap_or_default(),
        url: url.clone(),
        at: published.unwrap_or(received_at),
        written_at,
        flags: mentions::named(e.release.body.as_deref().filter(|_| seen)),
    };
    let signal = Signal {
        subject: Subject::Release { origin, release },
        kind,
        occurred_at,
        received_at,
        actor: e.sender.map(|s| clean(&s.login, NAME_MAX)),
        about: About { repo: Some(repo), tag: Some(tag), title, url, installation: e.installation.map(|i| i.id) },
    };
    Ok(Meaning::Facts(vec![Fact::Named(Box::new(named)), Fact::Signal(Box::new(signal))]))
}

fn web_address(url: Option<String>) -> Option<String> {
    url.filter(|u| u.starts_with("https://") || u.starts_with("http://"))
}

#[derive(Deserialize)]
struct DeploymentStatusEvent {
    deployment_status: DeploymentStatus,
    deployment: Deployment,
    repository: Repository,
    installation: Option<InstallationId>,
    sender: Option<Login>,
}

#[derive(Deserialize)]
struct DeploymentStatus {
    state: String,
    created_at: Option<String>,
}

#[derive(Deserialize)]
struct Deployment {
    #[serde(rename = "ref")]
    reference: String,
    environment: String,
    production_environment: Option<bool>,
}

fn deployment_status(body: &[u8], received_at: UnixMs) -> Result<Meaning, BadBody> {
    let e: DeploymentStatusEvent = read_json(body)?;
    if e.deployment_status.state != "success" {
        return Ok(Meaning::Ignored(format!(
            "a deployment that is {}: only success reaches customers",
            clean(&e.deployment_status.state, NAME_MAX)
        )));
    }
    let reference = clean(&e.deployment.reference, NAME_MAX);
    let tag = reference.strip_prefix("refs/tags/").unwrap_or(&reference).to_owned();
    Ok(one(Signal {
        subject: Subject::Tag { origin: e.repository.origin(), tag },
        kind: SignalKind::Deployed {
            environment: clean(&e.deployment.environment, NAME_MAX),
            production: e.deployment.production_environment.unwrap_or(false),
        },
        occurred_at: e.deployment_status.created_at.as_deref().and_then(UnixMs::parse_rfc3339),
        received_at,
        actor: e.sender.map(|s| clean(&s.login, NAME_MAX)),
        about: About {
            repo: Some(e.repository.name()?),
            installation: e.installation.map(|i| i.id),
            ..About::default()
        },
    }))
}

#[derive(Deserialize)]
struct InstallationEvent {
    action: String,
    installation: Installation,
}

#[derive(Deserialize)]
struct Installation {
    id: i64,
    account: Login,
}

fn installation(body: &[u8]) -> Result<Meaning, BadBody> {
    let e: InstallationEvent = read_json(body)?;
    let state = match e.action.as_str() {
        "created" | "unsuspend" | "new_permissions_accepted" => InstallationState::Active,
        "suspend" => InstallationState::Suspended,
        "deleted" => InstallationState::Deleted,
        other => return Ok(Meaning::Ignored(format!("installation.{} is not used", clean(other, NAME_MAX)))),
    };
    let account = clean(&e.installation.account.login, NAME_MAX);
    Ok(Meaning::Facts(vec![Fact::Installation { id: e.installation.id, account, state }]))
}

#[derive(Deserialize)]
struct InstallationRepositoriesEvent {
    installation: Installation,
    #[serde(default)]
    repositories_added: Vec<FullName>,
    #[serde(default)]
    repositories_removed: Vec<FullName>,
}

#[derive(Deserialize)]
struct FullName {
    full_name: String,
}

fn installation_repositories(body: &[u8]) -> Result<Meaning, BadBody> {
    let e: InstallationRepositoriesEvent = read_json(body)?;
    let names = |list: Vec<FullName>| list.iter().filter_map(|r| RepoName::parse(&r.full_name)).collect();
    Ok(Meaning::Facts(vec![Fact::Repositories {
        account: clean(&e.installation.account.login, NAME_MAX),
        added: names(e.repositories_added),
        removed: names(e.repositories_removed),
    }]))
}

fn one(signal: Signal) -> Meaning {
    Meaning::Facts(vec![Fact::Signal(Box::new(signal))])
}
