//! Tells what is thought of a policy on the commit that brought it.

use anyhow::Result;

use super::super::{Context, posts};
use super::preview;
use crate::domain::policy_fault::Fault;
use crate::domain::post::{CheckRun, Content, WantedPost};
use crate::domain::repo::RepoName;
use crate::domain::repo_policy::RepoPolicy;
use crate::render::policy_check::{Judged, Whose, check};
use crate::store::Tx;

/// The check run for what was read: a policy, none, or faults.
pub(super) async fn run(
    ctx: &Context,
    repo: &RepoName,
    sha: &str,
    read: Result<Option<RepoPolicy>, Vec<Fault>>,
    whose: Whose,
) -> Result<CheckRun> {
    Ok(match read {
        Ok(Some(policy)) => {
            let preview = preview::of(ctx, Some(repo), &policy, preview::DAYS).await?;
            check(sha, Judged::Good(&preview), whose)
        }
        Ok(None) => check(sha, Judged::None, whose),
        Err(faults) => check(sha, Judged::Faulty(&faults), whose),
    })
}

/// Has it written. Of one commit there is one.
pub(super) async fn want(ctx: &Context, tx: &mut Tx, repo: &RepoName, run: CheckRun) -> Result<()> {
    let key = format!("check:policy:{}:{}", repo.to_string().to_lowercase(), run.sha);
    let post = WantedPost { key, repo: repo.clone(), rollout: None, content: Content::CheckRun(run) };
    posts::want(ctx, tx, &post).await?;
    Ok(())
}
