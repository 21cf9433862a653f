//! Writes answers, reactions and check runs, one at a time, with the care that tickets get: intent is durable before a
//! request leaves, and after an answer that was lost nothing is made until the settle time is over and a look found
//! nothing of ours.

mod make;

use anyhow::Result;
use tracing::{info, warn};

use self::make::{Attempt, attempt};
use super::Context;
use super::retry::{self, Next, Tries};
use crate::crash_point;
use crate::domain::post::{Post, WantedPost};
use crate::domain::repo::RepoName;
use crate::http::RemoteError;
use crate::store::{Tx, pauses, posts};
use crate::time::UnixMs;

/// Wants a post: it is written soon, and again whenever other content is wanted under the same key.
pub async fn want(ctx: &Context, tx: &mut Tx, post: &WantedPost) -> Result<bool> {
    let new = posts::want(tx, post, ctx.now(), ctx.config.policy().coalesce_ms).await?;
    if new {
        ctx.bell.posts.notify_one();
    }
    Ok(new)
}

/// Writes what is due, until `stopping` says to take nothing new. Gives how many posts were tried.
pub async fn post_due(ctx: &Context, stopping: &(dyn Fn() -> bool + Send + Sync)) -> Result<usize> {
    let mut tried = 0;
    while !stopping() {
        let now = ctx.now();
        let mut tx = ctx.db.write().await?;
        let claimed = posts::claim(&mut tx, &ctx.owner, now, now.plus(ctx.config.outbox.lease.ms())).await?;
        tx.commit().await?;
        let Some(post) = claimed else { break };
        crash_point!("hb.posts.claimed");
        let attempt = attempt(ctx, &post).await?;
        record(ctx, &post, attempt).await?;
        tried += 1;
    }
    Ok(tried)
}

/// When the next post may be written.
pub async fn next_due(ctx: &Context) -> Result<Option<UnixMs>> {
    let mut tx = ctx.db.read().await?;
    posts::next_due(&mut tx).await
}

async fn record(ctx: &Context, post: &Post, attempt: Attempt) -> Result<()> {
    let now = ctx.now();
    let mut tx = ctx.db.write().await?;
    let outcome = match &attempt {
        Attempt::Done { remote, outcome, wrote } => {
            posts::done(&mut tx, post, remote.as_deref(), now, ctx.config.policy().coalesce_ms).await?;
            let spacing = ctx.config.github.write_spacing.ms();
            if *wrote && spacing > 0 {
                pauses::hold(&mut tx, &post.scope, now.plus(spacing), "one write at a time").await?;
            }
            info!(post.key = %post.key, "{outcome}");
            outcome
        }
        Attempt::NotYet(at, why) => {
            posts::retry(&mut tx, post, *at, post.sent_at, false, why).await?;
            "waiting"
        }
        Attempt::LostLease => {
            let wait = retry::wait(ctx, post.attempts);
            let why = "looking at GitHub took longer than the lease (outbox.lease)";
            posts::retry(&mut tx, post, now.plus(wait), post.sent_at, true, why).await?;
            "retried"
        }
        Attempt::Failed { error, sent } => {
            let outcome = fail(ctx, &mut tx, post, error, *sent).await?;
            warn!(post.key = %post.key, scope = %post.scope, "{outcome}: could not write a post: {error}");
            outcome
        }
    };
    crash_point!("hb.posts.recorded");
    tx.commit().await?;
    ctx.telemetry.action("post", outcome);
    Ok(())
}

/// Records what follows from a failure. Of a thread that left its repository the answer goes with it: only the repository's
/// name is followed.
async fn fail(ctx: &Context, tx: &mut Tx, post: &Post, error: &RemoteError, sent: bool) -> Result<&'static str> {
    let (now, said) = (ctx.now(), error.to_string());
    let again = post.attempts + 1 < i64::from(ctx.config.outbox.attempts_max);
    let tries = Tries { failed: post.attempts, sent_at: post.sent_at };
    Ok(match retry::next(ctx, tries, error, sent) {
        Next::Hold { until } => {
            pauses::hold(tx, &post.scope, until, &said).await?;
            posts::retry(tx, post, until, post.sent_at, false, &said).await?;
            "held"
        }
        Next::Again { at, sent } => {
            posts::retry(tx, post, at, sent, true, &said).await?;
            "retried"
        }
        Next::Follow { target, .. } => match RepoName::parse(&target).filter(|_| again) {
            Some(repo) => {
                posts::retry(tx, post, now, post.sent_at, true, &said).await?;
                posts::follow(tx, post, &repo).await?;
                "followed"
            }
            None => give_up(tx, post, &said).await?,
        },
        Next::GiveUp => give_up(tx, post, &said).await?,
    })
}

async fn give_up(tx: &mut Tx, post: &Post, said: &str) -> Result<&'static str> {
    posts::give_up(tx, post, said).await?;
    Ok("given_up")
}
