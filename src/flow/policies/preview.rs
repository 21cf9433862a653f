//! Loads what is remembered of past rollouts, and goes through it under other rules.

use anyhow::Result;

use super::super::{Context, mentions};
use super::read;
use crate::domain::repo::RepoName;
use crate::domain::repo_policy::RepoPolicy;
use crate::plan::preview::{Past, Preview};
use crate::store::{feedback, rollouts};
use crate::time::DAY_MS;

/// How far back a check run looks, days.
pub const DAYS: i64 = 90;
/// Rollouts that are gone through: the latest.
const ROLLOUTS_MAX: i64 = 50;
/// People of a rollout who are looked at: the latest to speak.
const PEOPLE_MAX: i64 = 1_000;

/// What a policy would have come to for the rollouts of a repository, or for all where none is named.
pub async fn of(ctx: &Context, repo: Option<&RepoName>, said: &RepoPolicy, days: i64) -> Result<Preview> {
    let (now, configured) = (ctx.now(), ctx.config.policy());
    let homeless = repo.is_some_and(|repo| read::is_configured(ctx, repo));
    let policy = said.clone().over(configured);
    let mut tx = ctx.db.read().await?;
    let since = now.plus(-days.saturating_mul(DAY_MS));
    let name = repo.map(ToString::to_string);
    let mut past = Vec::new();
    for id in rollouts::of_repo(&mut tx, name.as_deref(), homeless, since, ROLLOUTS_MAX).await? {
        let Some(rollout) = rollouts::get(&mut tx, &id).await?.filter(|r| r.started_at.is_some()) else { continue };
        let home = mentions::home(&mut tx, &rollout).await?;
        let elsewhere =
            |home: &RepoName| name.as_ref().is_some_and(|name| !home.to_string().eq_ignore_ascii_case(name));
        if home.as_ref().is_some_and(elsewhere) {
            continue;
        }
        let said = feedback::voices(&mut tx, &id, PEOPLE_MAX).await?;
        past.push(Past { rollout, home, said });
    }
    drop(tx);
    let jira = ctx.config.jira.project.as_deref().filter(|_| ctx.config.jira.is_configured());
    Ok(Preview::of(&policy, &past, jira, days, now))
}
