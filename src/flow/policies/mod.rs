//! Policies as code: which rules are in force for a rollout. A repository's `.github/hearback.yml` goes before the
//! settings of the service; a faulty one changes nothing, and the last good one stays in force.

mod checks;
pub mod preview;
pub mod read;

use anyhow::Result;

use super::{Context, mentions};
use crate::domain::policy::Policy;
use crate::domain::repo::RepoName;
use crate::domain::repo_policy::{PATH, PolicyNews, PolicyPlace};
use crate::domain::rollout::Rollout;
use crate::domain::signal::{Signal, Subject};
use crate::id::RolloutId;
use crate::store::{Tx, policies, rollouts};
use crate::time::UnixMs;

/// The rules in force for a rollout: those of the repository that it belongs to, over the service's.
pub async fn of(ctx: &Context, tx: &mut Tx, rollout: &Rollout) -> Result<Policy> {
    let home = mentions::home(tx, rollout).await?;
    in_repo(ctx, tx, home.as_ref()).await
}

/// Distinct people before a theme of this rollout becomes a ticket, by the rules in force for it.
pub async fn min_people(ctx: &Context, id: &RolloutId) -> Result<i64> {
    let mut tx = ctx.db.read().await?;
    Ok(match rollouts::get(&mut tx, id).await? {
        Some(rollout) => of(ctx, &mut tx, &rollout).await?.min_people,
        None => ctx.config.policy().min_people,
    })
}

/// The rules in force for what belongs to a repository, or to none: for that it is the one in the settings that counts.
pub async fn in_repo(ctx: &Context, tx: &mut Tx, home: Option<&RepoName>) -> Result<Policy> {
    let configured = ctx.config.policy();
    let Some(repo) = home.or(configured.repository.as_ref()) else { return Ok(configured) };
    match policies::in_force(tx, repo).await? {
        Some(said) => {
            let mut policy = said.over(configured);
            // Where the service has no such tracker, nothing could be filed; the check of the policy tells it.
            policy.trackers.retain(|tracker| ctx.trackers.get(*tracker).is_ok());
            Ok(policy)
        }
        None => Ok(configured),
    }
}

/// The rules in force for a subject of which these signals are known.
pub async fn of_subject(ctx: &Context, tx: &mut Tx, subject: &Subject, known: &[Signal]) -> Result<Policy> {
    let own = known.iter().rev().find_map(|signal| signal.about.repo.clone());
    let home = match (own, subject.flag()) {
        (Some(own), _) => Some(own),
        (None, Some(flag)) => crate::store::mentions::repo_of_flag(tx, flag, UnixMs::NEVER).await?,
        (None, None) => None,
    };
    in_repo(ctx, tx, home.as_ref()).await
}

/// Whether customers live in an environment by any rules in force.
pub async fn anybody_watches(ctx: &Context, tx: &mut Tx) -> Result<impl Fn(&str) -> bool + use<>> {
    let configured = ctx.config.policy();
    let mut all: Vec<Policy> =
        policies::all_in_force(tx).await?.into_iter().map(|said| said.over(configured.clone())).collect();
    all.push(configured);
    Ok(move |environment: &str| all.iter().any(|policy| policy.watches(environment)))
}

/// Has the policy of the repository that a rollout belongs to read, where that was never done.
pub async fn sight(ctx: &Context, tx: &mut Tx, home: Option<&RepoName>) -> Result<()> {
    let configured = ctx.config.policy().repository;
    let Some(repo) = home.or(configured.as_ref()).filter(|_| ctx.github.is_some()) else { return Ok(()) };
    if policies::in_force(tx, repo).await?.is_none() && policies::sight(tx, repo, ctx.now()).await? {
        // Rung before the transaction ends: whoever wakes too early looks again within the nap.
        ctx.bell.policies.notify_one();
    }
    Ok(())
}

/// Has a policy read of which a delivery tells. Gives a sentence of what follows.
pub async fn hear(ctx: &Context, tx: &mut Tx, news: &PolicyNews) -> Result<String> {
    let Some(github) = &ctx.github else { return Ok(format!("{PATH} can't be read: github is not configured")) };
    let (repo, now) = (&news.repo, ctx.now());
    let said = match &news.place {
        PolicyPlace::Branch { sha } => {
            policies::pushed(tx, repo, sha, now).await?;
            format!("{PATH} of {repo} is read")
        }
        // Only an App may tell what it thinks of a commit.
        PolicyPlace::Pull { .. } if !github.is_app() => return Ok("only an App can check what it proposes".into()),
        PolicyPlace::Pull { number, sha } => {
            policies::proposed(tx, repo, number, sha, now).await?;
            format!("whether #{number} of {repo} proposes another {PATH} is asked")
        }
    };
    ctx.bell.policies.notify_one();
    Ok(said)
}
