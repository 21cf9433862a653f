//! Tells on the pull requests that brought a rollout how customers received it.

use anyhow::Result;

use super::{Context, reports};
use crate::domain::mention::{MentionId, MentionKind, PullHead};
use crate::domain::post::{Content, WantedPost};
use crate::domain::rollout::Rollout;
use crate::domain::signal::Subject;
use crate::render::reception;
use crate::store::{Tx, decisions, mentions, posts};
use crate::time::{HOUR_MS, UnixMs};

/// Pull requests on which a rollout is told: the latest.
const PULLS_MAX: i64 = 10;
/// At most one check run in this time: each time another one is made, and all of them stay.
const SPACING_MS: i64 = HOUR_MS;

/// Wants the check runs of a rollout to say what is known now.
pub async fn tell(ctx: &Context, tx: &mut Tx, rollout: &Rollout) -> Result<()> {
    // Only an App may make check runs.
    if !ctx.github.as_deref().is_some_and(crate::github::GitHub::is_app) || rollout.started_at.is_none() {
        return Ok(());
    }
    let heads = heads(tx, rollout).await?;
    if heads.is_empty() {
        return Ok(());
    }
    let full = reports::load(tx, ctx, rollout, Vec::new()).await?;
    let noted = decisions::of_rollout(tx, &rollout.id).await?.into_iter().rfind(|d| d.subject == "hold");
    let hold = noted.filter(|d| d.verdict == "held").map(|d| d.why);
    let link = ctx.config.server.public_url.as_ref().and_then(|url| url.join(&format!("rollouts/{}", rollout.id)).ok());
    for head in heads {
        let run = reception::check(&head.sha, &full.account(), hold.as_deref(), link.as_ref().map(url::Url::as_str));
        let post = WantedPost {
            key: format!("check:reception:{}:{}", head.repo.to_string().to_lowercase(), head.sha),
            repo: head.repo,
            rollout: Some(rollout.id.clone()),
            content: Content::CheckRun(run),
        };
        if posts::want(tx, &post, ctx.now(), SPACING_MS).await? {
            ctx.bell.posts.notify_one();
        }
    }
    Ok(())
}

/// The commits on which a rollout is told. One that brought several is told the latest of its flags', else its release's.
async fn heads(tx: &mut Tx, rollout: &Rollout) -> Result<Vec<PullHead>> {
    let until = rollout.ended.map_or(UnixMs::NEVER, |(at, _)| at);
    let all = match &rollout.subject {
        Subject::Flag { flag, .. } => mentions::heads_of_flag(tx, flag, until, PULLS_MAX).await?,
        Subject::Release { origin, release } => {
            let of = MentionId { origin: origin.clone(), kind: MentionKind::Release, id: release.clone() };
            match mentions::at(tx, &of).await? {
                Some(at) => mentions::heads_of_release(tx, &of, at, PULLS_MAX).await?,
                None => Vec::new(),
            }
        }
        Subject::FlagEverywhere { .. } | Subject::Tag { .. } => Vec::new(),
    };
    let mut told = Vec::new();
    for head in all {
        let latest = mentions::rollouts_named(tx, &head.of, 1).await?;
        let is_this = latest.first().map_or(rollout.subject.flag().is_none(), |id| *id == rollout.id);
        if is_this {
            told.push(head);
        }
    }
    Ok(told)
}
