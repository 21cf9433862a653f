//! Who may steer: what GitHub says of somebody's role in a repository, held against the policy in force there.

use anyhow::Result;
use tracing::warn;

use super::{Context, policies};
use crate::command::{Role, Standing};
use crate::domain::repo::RepoName;
use crate::github::GitHub;
use crate::http::RemoteError;
use crate::store::permissions;
use crate::time::MINUTE_MS;

/// How long a role is taken for known, ms.
const KNOWN_MS: i64 = MINUTE_MS;
/// Teams that are asked about one person.
const TEAMS_MAX: usize = 5;

/// How a person stands in a repository, as GitHub says it, or said it a moment ago. The inner error is GitHub's.
pub(super) async fn of(ctx: &Context, repo: &RepoName, login: &str) -> Result<Result<Standing, RemoteError>> {
    let Some(github) = ctx.github.as_deref() else {
        let problem = "GitHub is not configured, so that nobody's permission can be asked".to_owned();
        return Ok(Err(RemoteError::Refused { problem }));
    };
    let mut tx = ctx.db.read().await?;
    let known = permissions::role(&mut tx, repo, login, ctx.now().plus(-KNOWN_MS)).await?;
    let steer = policies::in_repo(ctx, &mut tx, Some(repo)).await?.steer;
    drop(tx);
    let role = if let Some(role) = known {
        role
    } else {
        let role = match github.role(repo, login).await {
            Ok(role) => role,
            Err(error) => return Ok(Err(error)),
        };
        let mut tx = ctx.db.write().await?;
        permissions::keep(&mut tx, repo, login, &role, ctx.now()).await?;
        tx.commit().await?;
        role
    };
    let role = Role::parse(&role);
    if steer.permission.is_some_and(|least| role >= Role::from(least)) {
        return Ok(Ok(Standing { role, steers: true, bot: false }));
    }
    Ok(in_one(github, repo, &steer.teams, login).await.map(|steers| Standing { role, steers, bot: false }))
}

/// Whether somebody is in one of these teams, as `team` of the repository's own organisation or `organisation/team`.
async fn in_one(github: &GitHub, repo: &RepoName, teams: &[String], login: &str) -> Result<bool, RemoteError> {
    for team in teams.iter().take(TEAMS_MAX) {
        let (organisation, slug) = team.split_once('/').unwrap_or((repo.owner(), team));
        match github.is_in_team(repo, organisation, slug, login).await {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            // The App may not look into teams (members: read): nobody steers by them.
            Err(RemoteError::Refused { problem }) => {
                warn!(%repo, "who is in the team {team} can't be asked: {problem}");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}
