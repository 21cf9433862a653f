//! Joins releases and merged pull requests to the rollouts of the flags that they name.

pub mod files;

use std::collections::BTreeSet;

use anyhow::Result;

use super::Context;
use crate::domain::mention::{Mention, MentionId, MentionKind};
use crate::domain::repo::RepoName;
use crate::domain::rollout::Rollout;
use crate::domain::signal::Subject;
use crate::id::RolloutId;
use crate::store::{Tx, mentions, rollouts, signals};
use crate::time::UnixMs;

/// Releases that a rollout names, and as many pull requests: the latest.
const SHOWN: i64 = 3;
/// Rollouts that a release's report names: the latest.
const BROUGHT_MAX: i64 = 20;
/// Rollouts that are looked at again when a release or pull request names other flags.
const WOKEN_MAX: i64 = 200;
/// Releases whose reports are looked at again when a flag that they name moves.
const RELEASES_MAX: i64 = 20;

/// Keeps what a release or pull request says. Gives a sentence of what followed.
pub async fn keep(ctx: &Context, tx: &mut Tx, mention: &Mention) -> Result<String> {
    let what = format!("{} {}", mention.of.kind.words(), mention.label());
    hold(tx, &mention.of).await?;
    let before = mentions::rollouts_named(tx, &mention.of, WOKEN_MAX).await?;
    let files_due = (mention.of.kind == MentionKind::Pull && ctx.github.is_some()).then(|| ctx.now());
    if !mentions::keep(tx, mention, files_due).await? {
        return Ok(format!("what {what} says was known already"));
    }
    let named = wake_named(tx, &mention.of, before, ctx.now()).await?;
    Ok(match named {
        0 => format!("{what} names no flag that has a rollout"),
        n => format!("{what} names flags of {n} rollouts"),
    })
}

/// Holds what is known of a repository's releases and pull requests until the transaction ends.
async fn hold(tx: &mut Tx, of: &MentionId) -> Result<()> {
    // The lock that its releases and deployments take: they come in the same deliveries.
    signals::lock_subject(tx, &Subject::Tag { origin: of.origin.clone(), tag: String::new() }).await
}

/// Asks for another look at the rollouts that a release or pull request named `before` and names now, and at the
/// release's own. Gives how many are named now.
async fn wake_named(tx: &mut Tx, of: &MentionId, before: Vec<RolloutId>, now: UnixMs) -> Result<usize> {
    let named = mentions::rollouts_named(tx, of, WOKEN_MAX).await?;
    let count = named.len();
    // Rows are taken in one order, flags' before releases', so that two replicas do not wait for each other.
    let all: BTreeSet<RolloutId> = before.into_iter().chain(named).collect();
    for id in &all {
        rollouts::wake(tx, id, now).await?;
    }
    if let Some(release) = of.subject() {
        for id in rollouts::of_subject(tx, &release).await? {
            rollouts::wake(tx, &id, now).await?;
        }
    }
    Ok(count)
}

/// Asks for another look at the releases that name a flag: their reports tell of its rollouts.
pub async fn wake_releases(tx: &mut Tx, flag: &str, now: UnixMs) -> Result<()> {
    let mut releases = BTreeSet::new();
    for mention in mentions::of_flag(tx, flag, MentionKind::Release, UnixMs::NEVER, RELEASES_MAX).await? {
        if let Some(release) = mention.of.subject() {
            releases.extend(rollouts::of_subject(tx, &release).await?);
        }
    }
    for id in &releases {
        rollouts::wake(tx, id, now).await?;
    }
    Ok(())
}

/// What came after a rollout ended did not bring it.
fn until(rollout: &Rollout) -> UnixMs {
    rollout.ended.map_or(UnixMs::NEVER, |(at, _)| at)
}

/// The releases and pull requests that brought a flag's rollout, the latest first, releases before pull requests.
pub async fn brought_by(tx: &mut Tx, rollout: &Rollout) -> Result<Vec<Mention>> {
    let Some(flag) = rollout.subject.flag() else { return Ok(Vec::new()) };
    let mut all = mentions::of_flag(tx, flag, MentionKind::Release, until(rollout), SHOWN).await?;
    all.extend(mentions::of_flag(tx, flag, MentionKind::Pull, until(rollout), SHOWN).await?);
    Ok(all)
}

/// The flags' rollouts that a release brought, the latest first.
pub async fn brought(tx: &mut Tx, rollout: &Rollout) -> Result<Vec<Rollout>> {
    let Subject::Release { origin, release } = &rollout.subject else { return Ok(Vec::new()) };
    let of = MentionId { origin: origin.clone(), kind: MentionKind::Release, id: release.clone() };
    let Some(at) = mentions::at(tx, &of).await? else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    for id in mentions::rollouts_named(tx, &of, BROUGHT_MAX).await? {
        all.extend(rollouts::get(tx, &id).await?.filter(|r| at <= until(r)));
    }
    Ok(all)
}

/// The repository that a rollout belongs to: its own, else the one whose releases and pull requests name its flag.
pub async fn home(tx: &mut Tx, rollout: &Rollout) -> Result<Option<RepoName>> {
    match (&rollout.about.repo, rollout.subject.flag()) {
        (Some(own), _) => Ok(Some(own.clone())),
        (None, Some(flag)) => mentions::repo_of_flag(tx, flag, until(rollout)).await,
        (None, None) => Ok(None),
    }
}
