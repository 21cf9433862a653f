//! Asks GitHub for what merged pull requests changed: one that adds a flag to the repository's settings for hearback
//! names it, whatever its text says. A delivery does not hold the files, and reading one calls nobody.

use anyhow::Result;
use tracing::warn;

use super::super::Context;
use super::{hold, wake_named};
use crate::domain::repo::RepoName;
use crate::github::GitHub;
use crate::http::RemoteError;
use crate::sources::releases::mentions::added;
use crate::store::mentions::{self, Unasked};
use crate::time::{HOUR_MS, MINUTE_MS, UnixMs};

/// Where a repository's settings for hearback lie.
const SETTINGS: &str = ".github/hearback.yml";
/// Pull requests asked about in one round.
const ROUND: usize = 20;
/// How long asking about one may take before another process may do it, ms.
const LEASE_MS: i64 = 5 * MINUTE_MS;
/// Wait after an attempt that failed, ms; it doubles to [`WAIT_MAX_MS`].
const WAIT_MS: i64 = MINUTE_MS;
/// The longest wait between two attempts, ms.
const WAIT_MAX_MS: i64 = 6 * HOUR_MS;
/// After so many attempts, which take most of a day, the text alone counts.
const ATTEMPTS_MAX: i64 = 12;

/// Asks about the pull requests that are due. Gives when the next one is.
pub async fn ask_due(ctx: &Context, github: &GitHub) -> Result<UnixMs> {
    for _ in 0..ROUND {
        let mut tx = ctx.db.read().await?;
        let due = mentions::next_files(&mut tx).await?.unwrap_or(UnixMs::NEVER);
        drop(tx);
        if due > ctx.now() {
            return Ok(due);
        }
        let mut tx = ctx.db.write().await?;
        let taken = mentions::take_files(&mut tx, ctx.now(), ctx.now().plus(LEASE_MS)).await?;
        tx.commit().await?;
        let Some(pull) = taken else { continue };
        let answer = patch(github, &pull.repo, &pull.of.id).await;
        if let Some(wait) = note(ctx, &pull, answer).await? {
            return Ok(wait);
        }
    }
    Ok(ctx.now())
}

/// What a pull request changed in the settings, wherever its repository went.
async fn patch(github: &GitHub, repo: &RepoName, number: &str) -> Result<Option<String>, RemoteError> {
    let moved = match github.patch(repo, number, SETTINGS).await {
        Err(RemoteError::Moved { to }) => to,
        answer => return answer,
    };
    match moved.as_deref().and_then(RepoName::parse) {
        Some(there) => github.patch(&there, number, SETTINGS).await,
        None => Err(RemoteError::Moved { to: moved }),
    }
}

/// Keeps what came of asking. Gives until when nobody should be asked, where GitHub wants that.
async fn note(ctx: &Context, pull: &Unasked, answer: Result<Option<String>, RemoteError>) -> Result<Option<UnixMs>> {
    let (now, mut wait) = (ctx.now(), None);
    let mut tx = ctx.db.write().await?;
    match answer {
        Ok(patch) => {
            hold(&mut tx, &pull.of).await?;
            let flags = patch.as_deref().map(added).unwrap_or_default();
            mentions::files_name(&mut tx, &pull.of, &flags).await?;
            if !flags.is_empty() {
                wake_named(&mut tx, &pull.of, Vec::new(), now).await?;
            }
        }
        Err(RemoteError::Wait { ms, .. }) => {
            let until = now.plus(ms);
            mentions::postpone_files(&mut tx, &pull.of, until, pull.attempts - 1).await?;
            wait = Some(until);
        }
        Err(e) if pull.attempts >= ATTEMPTS_MAX => {
            warn!(repo = %pull.repo, pull = %pull.of.id, "gave up on what a pull request changed; its text counts: {e}");
            mentions::files_name(&mut tx, &pull.of, &[]).await?;
        }
        Err(e) => {
            warn!(repo = %pull.repo, pull = %pull.of.id, "what a pull request changed is asked for again later: {e}");
            let pause = (WAIT_MS << (pull.attempts - 1).clamp(0, 20)).min(WAIT_MAX_MS);
            mentions::postpone_files(&mut tx, &pull.of, now.plus(pause), pull.attempts).await?;
        }
    }
    tx.commit().await?;
    ctx.bell.mind.notify_one();
    Ok(wait)
}
