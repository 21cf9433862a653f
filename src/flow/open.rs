//! Opens a rollout by hand: for what no source tells of.

use anyhow::Result;

use super::{Context, ingest, policies, reconcile};
use crate::domain::repo::RepoName;
use crate::domain::rollout::Rollout;
use crate::domain::signal::{About, Exposure, Signal, SignalKind, Subject};
use crate::id::RolloutId;
use crate::store::{Tx, mentions, rollouts};
use crate::time::UnixMs;

/// The platform of what nobody names one for; the same as a generic delivery has, so that both are one rollout.
const PLATFORM: &str = "generic";
/// Rollouts of one name that are looked through for one that lasts.
const LOOK_AT_MAX: i64 = 20;

/// What is rolled out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A flag.
    Flag {
        /// Its key.
        flag: String,
        /// The environment; `None` for the one where customers live.
        environment: Option<String>,
    },
    /// A release.
    Release {
        /// Its tag.
        tag: String,
    },
}

/// What a person asks to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What is rolled out.
    pub what: What,
    /// The flag platform's or the sender's project; empty where there is none.
    pub project: String,
    /// Where its tickets go.
    pub repo: Option<RepoName>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// There is a rollout now.
    New(RolloutId),
    /// There was one that lasts.
    Known(RolloutId),
    /// It can't be done; the sentence says why and what can.
    Refused(String),
}

/// Opens a rollout, unless one of the same name lasts.
pub async fn open(ctx: &Context, wanted: &Wanted, actor: &str) -> Result<Opened> {
    let now = ctx.now();
    let mut tx = ctx.db.write().await?;
    let home = match (&wanted.repo, &wanted.what) {
        (Some(own), _) => Some(own.clone()),
        (None, What::Flag { flag, .. }) => mentions::repo_of_flag(&mut tx, flag, UnixMs::NEVER).await?,
        (None, What::Release { .. }) => None,
    };
    let policy = policies::in_repo(ctx, &mut tx, home.as_ref()).await?;
    let environments = &policy.environments;
    if let Some(rollout) = lasting(&mut tx, wanted).await? {
        return Ok(Opened::Known(rollout.id));
    }
    let (subject, kind, tag) = match &wanted.what {
        What::Flag { flag, environment } => {
            let environment = environment.clone().or_else(|| environments.first().cloned()).unwrap_or_default();
            if !policy.watches(&environment) {
                return Ok(Opened::Refused(format!(
                    "No customers live in the environment {environment}: policy.environments is {}. Name one of these, or add it.",
                    environments.join(", ")
                )));
            }
            let (project, flag) = (wanted.project.clone(), flag.clone());
            let subject = Subject::Flag { platform: PLATFORM.into(), project, environment, flag };
            // How many see it is not said.
            (subject, SignalKind::Exposed { exposure: Exposure::Some }, None)
        }
        What::Release { tag } => {
            let of = wanted.repo.as_ref().map_or_else(|| wanted.project.clone(), ToString::to_string);
            let subject = Subject::Release { origin: format!("{PLATFORM}:{of}"), release: tag.clone() };
            (subject, SignalKind::Published { prerelease: false }, Some(tag.clone()))
        }
    };
    let signal = Signal {
        subject,
        kind,
        occurred_at: Some(now),
        received_at: now,
        actor: Some(actor.to_owned()),
        about: About { repo: wanted.repo.clone(), tag, ..About::default() },
    };
    let unique = format!("{:032x}", ctx.entropy.bits());
    let said = ingest::hear(ctx, &mut tx, &signal, None, &unique).await?;
    let Some(rollout) = lasting(&mut tx, wanted).await? else {
        return Ok(Opened::Refused(format!(
            "Nothing was opened: {said}. GET /v1/rollouts tells how earlier ones ended."
        )));
    };
    if let Some(why) = policy.deaf_to(&rollout) {
        return Ok(Opened::Refused(format!("Nothing was opened: {why}. Name it in .github/hearback.yml.")));
    }
    tx.commit().await?;
    // Its window stands when the answer leaves, so that it can be extended or closed at once.
    reconcile::one(ctx, &rollout.id).await?;
    ctx.bell.mind.notify_one();
    Ok(Opened::New(rollout.id))
}

/// The newest rollout of that name that did not end.
async fn lasting(tx: &mut Tx, wanted: &Wanted) -> Result<Option<Rollout>> {
    let ids = match &wanted.what {
        What::Flag { flag, environment } => rollouts::of_flag(tx, flag, environment.as_deref(), LOOK_AT_MAX).await?,
        What::Release { tag } => rollouts::of_tag(tx, tag, LOOK_AT_MAX).await?,
    };
    for id in ids {
        if let Some(rollout) = rollouts::get(tx, &id).await?
            && rollout.ended.is_none()
            && is_of(&rollout, wanted)
        {
            return Ok(Some(rollout));
        }
    }
    Ok(None)
}

/// Whether a rollout of the name is of the project and repository too, where these are given.
fn is_of(rollout: &Rollout, wanted: &Wanted) -> bool {
    let repo = wanted.repo.as_ref().is_none_or(|repo| rollout.about.repo.as_ref().is_none_or(|r| r == repo));
    let project = match &rollout.subject {
        Subject::Flag { project, .. } | Subject::FlagEverywhere { project, .. } => {
            wanted.project.is_empty() || *project == wanted.project
        }
        Subject::Release { origin, .. } | Subject::Tag { origin, .. } => {
            wanted.project.is_empty() || wanted.repo.is_some() || *origin == format!("{PLATFORM}:{}", wanted.project)
        }
    };
    repo && project
}
