//! Reads policies where they lie: told by a push, at first sight, and now and then, because webhooks get lost.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use tracing::{info, warn};

use super::super::{Context, ingest};
use super::checks;
use crate::domain::policy::Policy;
use crate::domain::policy_fault::Fault;
use crate::domain::post::CheckRun;
use crate::domain::repo::RepoName;
use crate::domain::repo_policy::{PATH, RepoPolicy};
use crate::domain::signal::Subject;
use crate::github::{Contents, File, GitHub};
use crate::http::RemoteError;
use crate::render::policy_check::Whose;
use crate::sources::policy as reader;
use crate::store::policies::{self, InForce, Kept, Proposed};
use crate::store::{Tx, flags, rollouts, signals};
use crate::time::{HOUR_MS, MINUTE_MS, UnixMs};

/// Policies read in one round.
const ROUND: usize = 20;
/// How long reading one may take before another process may do it, ms.
const LEASE_MS: i64 = 5 * MINUTE_MS;
/// Wait after an attempt that failed, ms; it doubles to [`WAIT_MAX_MS`].
const WAIT_MS: i64 = MINUTE_MS / 2;
/// The longest wait between two attempts, ms.
const WAIT_MAX_MS: i64 = 6 * HOUR_MS;
/// After so many attempts a proposal is left unjudged; a later commit is asked about anew.
const PULL_ATTEMPTS_MAX: i64 = 8;
/// Rollouts that are looked at again when their policy changes: the latest.
const WOKEN_MAX: i64 = 500;
/// Flags of which is asked again whether customers live where they are on.
const FLAGS_MAX: i64 = 2_000;

/// A file's text and what it says, or what is wrong with it.
type Read = Result<(String, Box<RepoPolicy>), Vec<Fault>>;

/// What lies in a repository now.
#[derive(Clone, Debug, PartialEq)]
enum Seen {
    /// What was read before.
    Same,
    /// No policy.
    None,
    /// A file, judged.
    File { etag: Option<String>, sha: String, read: Read },
}

/// Reads the policies that are due. Gives when the next one is.
pub async fn read_due(ctx: &Context, stopping: &(dyn Fn() -> bool + Send + Sync)) -> Result<UnixMs> {
    let Some(github) = ctx.github.clone() else { return Ok(UnixMs::NEVER) };
    for _ in 0..ROUND {
        let mut tx = ctx.db.read().await?;
        let due = policies::next_due(&mut tx).await?.unwrap_or(UnixMs::NEVER);
        drop(tx);
        if due > ctx.now() || stopping() {
            return Ok(due);
        }
        let lease_until = ctx.now().plus(LEASE_MS);
        let mut tx = ctx.db.write().await?;
        let policy = policies::take(&mut tx, ctx.now(), lease_until).await?;
        let pull = match policy {
            Some(_) => None,
            None => policies::take_pull(&mut tx, ctx.now(), lease_until).await?,
        };
        tx.commit().await?;
        let wait = match (policy, pull) {
            (Some(kept), _) => one(ctx, &github, kept, lease_until).await?,
            (None, Some(pull)) => proposal(ctx, &github, &pull).await?,
            (None, None) => None,
        };
        if let Some(until) = wait {
            return Ok(until);
        }
    }
    Ok(ctx.now())
}

/// Reads one policy and keeps it. Gives until when nobody should be asked, where GitHub wants that.
async fn one(ctx: &Context, github: &GitHub, kept: Kept, lease_until: UnixMs) -> Result<Option<UnixMs>> {
    let now = ctx.now();
    let seen = match look(github, &kept).await {
        Ok(seen) => seen,
        Err(RemoteError::Wait { ms, reason }) => {
            let mut tx = ctx.db.write().await?;
            policies::postpone(&mut tx, &kept.repo, now.plus(ms), kept.attempts - 1, &reason).await?;
            tx.commit().await?;
            return Ok(Some(now.plus(ms)));
        }
        Err(e) => {
            warn!(repo = %kept.repo, "{PATH} could not be read and is asked for again later: {e}");
            let wait = (WAIT_MS << (kept.attempts - 1).clamp(0, 20)).min(WAIT_MAX_MS);
            let mut tx = ctx.db.write().await?;
            policies::postpone(&mut tx, &kept.repo, now.plus(wait), kept.attempts, &e.to_string()).await?;
            tx.commit().await?;
            return Ok(None);
        }
    };
    let next = match ctx.config.github.policies.ms() {
        0 => UnixMs::NEVER,
        every => now.plus(every),
    };
    let after = after(&kept, seen, now)?;
    let run = match kept.check_sha.as_deref().filter(|_| github.is_app()) {
        Some(sha) => Some(told(ctx, &after, sha).await?),
        None => None,
    };
    let mut tx = ctx.db.write().await?;
    if let Some(run) = run {
        checks::want(ctx, &mut tx, &kept.repo, run).await?;
    }
    policies::keep(&mut tx, &after, lease_until, next).await?;
    let changed = said(&kept) != said(&after);
    if changed {
        wake(ctx, &mut tx, &kept.repo).await?;
    }
    tx.commit().await?;
    if changed {
        info!(repo = %kept.repo, "another policy is in force");
        refold(ctx, &kept.repo, said(&kept), said(&after)).await?;
        ctx.bell.mind.notify_one();
    }
    if after.faults.is_some() && after.read_sha != kept.read_sha {
        warn!(repo = %kept.repo, "{PATH} is faulty: what was in force before stays in force");
    }
    Ok(None)
}

/// The check run that tells a commit's authors what was read.
async fn told(ctx: &Context, kept: &Kept, sha: &str) -> Result<CheckRun> {
    let whose = Whose::Branch { stays: kept.in_force.as_ref().map(|f| f.since) };
    let judged = match &kept.faults {
        Some(faults) => Err(serde_json::from_str(faults).context("reading a policy's faults as JSON")?),
        None => Ok(kept.in_force.as_ref().map(|f| f.policy.clone())),
    };
    checks::run(ctx, &kept.repo, sha, judged, whose).await
}

/// What is in force.
fn said(kept: &Kept) -> RepoPolicy {
    kept.in_force.as_ref().map(|f| f.policy.clone()).unwrap_or_default()
}

/// What is to be kept after something was seen.
fn after(kept: &Kept, seen: Seen, now: UnixMs) -> Result<Kept> {
    let read = Kept { read_at: Some(now), attempts: 0, problem: None, ..kept.clone() };
    Ok(match seen {
        Seen::Same => read,
        Seen::None => Kept { in_force: None, etag: None, read_sha: None, faults: None, ..read },
        Seen::File { etag, sha, read: Ok((text, policy)) } => {
            let since = kept.in_force.as_ref().filter(|f| f.sha == sha).map_or(now, |f| f.since);
            let in_force = Some(InForce { text, policy: *policy, sha: sha.clone(), since });
            Kept { in_force, etag, read_sha: Some(sha), faults: None, ..read }
        }
        Seen::File { etag, sha, read: Err(faults) } => {
            let faults = serde_json::to_string(&faults).context("writing a policy's faults as JSON")?;
            Kept { etag, read_sha: Some(sha), faults: Some(faults), ..read }
        }
    })
}

/// Asks for what lies on the default branch, wherever the repository went.
async fn look(github: &GitHub, kept: &Kept) -> Result<Seen, RemoteError> {
    let contents = contents(github, &kept.repo, None, kept.etag.as_deref()).await?;
    if contents == Contents::Absent && (kept.in_force.is_some() || kept.faults.is_some()) {
        // A repository that can't be seen for a while has not given up its policy.
        match github.repo(&kept.repo).await {
            Ok(_) | Err(RemoteError::Moved { .. }) => {}
            Err(e) => return Err(e),
        }
    }
    Ok(match contents {
        Contents::Same => Seen::Same,
        Contents::Absent => Seen::None,
        Contents::File(file) => {
            let (file, read) = judge(file);
            Seen::File { etag: file.etag, sha: file.sha, read }
        }
    })
}

async fn contents(
    github: &GitHub,
    repo: &RepoName,
    at: Option<&str>,
    etag: Option<&str>,
) -> Result<Contents, RemoteError> {
    let moved = match github.file(repo, PATH, at, etag).await {
        Err(RemoteError::Moved { to }) => to,
        answer => return answer,
    };
    match moved.as_deref().and_then(RepoName::parse) {
        Some(there) => github.file(&there, PATH, at, etag).await,
        None => Err(RemoteError::Moved { to: moved }),
    }
}

/// What a file says, or what is wrong with it.
fn judge(mut file: File) -> (File, Read) {
    let read = match file.text.take() {
        Some(text) => reader::read(&text).map(|policy| (text, Box::new(policy))),
        None => Err(reader::no_text(file.bytes)),
    };
    (file, read)
}

/// Judges what a pull request proposes. Gives until when nobody should be asked, where GitHub wants that.
async fn proposal(ctx: &Context, github: &GitHub, pull: &Proposed) -> Result<Option<UnixMs>> {
    let now = ctx.now();
    let answer = match github.changes(&pull.repo, &pull.number, PATH).await {
        Ok(true) => contents(github, &pull.repo, Some(&pull.sha), None).await.map(Some),
        Ok(false) => Ok(None),
        Err(e) => Err(e),
    };
    let judged = match &answer {
        Ok(Some(Contents::File(file))) => Some(judge(file.clone()).1.map(|(_, policy)| *policy).map(Some)),
        Ok(Some(Contents::Absent)) => Some(Ok(None)),
        Ok(Some(Contents::Same) | None) | Err(_) => None,
    };
    let run = match judged {
        Some(judged) => Some(checks::run(ctx, &pull.repo, &pull.sha, judged, Whose::Pull).await?),
        None => None,
    };
    let mut tx = ctx.db.write().await?;
    let mut wait = None;
    match answer {
        Ok(_) => {
            if let Some(run) = run {
                checks::want(ctx, &mut tx, &pull.repo, run).await?;
            }
            policies::pull_done(&mut tx, pull).await?;
        }
        Err(RemoteError::Wait { ms, .. }) => {
            policies::postpone_pull(&mut tx, pull, now.plus(ms), pull.attempts - 1).await?;
            wait = Some(now.plus(ms));
        }
        Err(e) if pull.attempts >= PULL_ATTEMPTS_MAX => {
            warn!(repo = %pull.repo, pull = %pull.number, "gave up on what a pull request proposes: {e}");
            policies::pull_done(&mut tx, pull).await?;
        }
        Err(e) => {
            warn!(repo = %pull.repo, pull = %pull.number, "what a pull request proposes is asked for again later: {e}");
            let pause = (WAIT_MS << (pull.attempts - 1).clamp(0, 20)).min(WAIT_MAX_MS);
            policies::postpone_pull(&mut tx, pull, now.plus(pause), pull.attempts).await?;
        }
    }
    tx.commit().await?;
    Ok(wait)
}

/// Asks for another look at the rollouts of a repository: other rules are in force.
async fn wake(ctx: &Context, tx: &mut Tx, repo: &RepoName) -> Result<()> {
    let homeless = is_configured(ctx, repo);
    // Rows are taken in one order, so that two replicas do not wait for each other.
    let mut ids = rollouts::of_repo(tx, Some(&repo.to_string()), homeless, UnixMs(0), WOKEN_MAX).await?;
    ids.sort();
    for id in &ids {
        rollouts::wake(tx, id, ctx.now()).await?;
    }
    Ok(())
}

/// Whether what belongs to no repository belongs to this one.
pub(super) fn is_configured(ctx: &Context, repo: &RepoName) -> bool {
    ctx.config.policy().repository.is_some_and(|r| r.to_string().eq_ignore_ascii_case(&repo.to_string()))
}

/// Folds the repository's rollouts anew where other rules tell what begins one.
async fn refold(ctx: &Context, repo: &RepoName, before: RepoPolicy, after: RepoPolicy) -> Result<()> {
    let configured = ctx.config.policy();
    let fold = |policy: RepoPolicy| {
        let Policy { opens_on, environments, .. } = policy.over(configured.clone());
        (opens_on, environments)
    };
    if fold(before) == fold(after) {
        return Ok(());
    }
    for subject in subjects(ctx, repo).await? {
        let mut tx = ctx.db.write().await?;
        signals::lock_subject(&mut tx, &subject).await?;
        ingest::refold(ctx, &mut tx, &subject).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// What a repository may roll out: its releases, and flags that were seen anywhere and belong to it.
async fn subjects(ctx: &Context, repo: &RepoName) -> Result<Vec<Subject>> {
    let homeless = is_configured(ctx, repo);
    let mut tx = ctx.db.read().await?;
    let mut all: BTreeMap<String, Subject> = BTreeMap::new();
    for id in rollouts::of_repo(&mut tx, Some(&repo.to_string()), homeless, UnixMs(0), WOKEN_MAX).await? {
        if let Some(rollout) = rollouts::get(&mut tx, &id).await? {
            all.insert(rollout.subject.key(), rollout.subject);
        }
    }
    for known in flags::latest(&mut tx, FLAGS_MAX).await? {
        let Some(flag) = known.subject.flag() else { continue };
        let named = crate::store::mentions::repo_of_flag(&mut tx, flag, UnixMs::NEVER).await?;
        let same = |r: RepoName| r.to_string().eq_ignore_ascii_case(&repo.to_string());
        if named.map_or(homeless, same) {
            all.insert(known.subject.key(), known.subject);
        }
    }
    Ok(all.into_values().collect())
}
