//! What somebody may in a repository, as it was asked a moment ago.

use anyhow::Result;

use super::Tx;
use crate::domain::repo::RepoName;
use crate::time::UnixMs;

/// The role that was told since `since`.
pub async fn role(tx: &mut Tx, repo: &RepoName, login: &str, since: UnixMs) -> Result<Option<String>> {
    Ok(on!(tx, c => sqlx::query_scalar(
        "SELECT role FROM permissions WHERE repo = $1 AND login = $2 AND asked_ms >= $3")
        .bind(repo.to_string().to_lowercase()).bind(login.to_lowercase()).bind(since.0).fetch_optional(c).await?))
}

/// Keeps a role as it was told now.
pub async fn keep(tx: &mut Tx, repo: &RepoName, login: &str, role: &str, now: UnixMs) -> Result<()> {
    on!(tx, c => sqlx::query(
        "INSERT INTO permissions (repo, login, role, asked_ms) VALUES ($1, $2, $3, $4)
         ON CONFLICT (repo, login) DO UPDATE SET role = $3, asked_ms = $4")
        .bind(repo.to_string().to_lowercase()).bind(login.to_lowercase()).bind(role).bind(now.0)
        .execute(c).await?.rows_affected());
    Ok(())
}

/// Forgets roles that were told before.
pub async fn forget(tx: &mut Tx, before: UnixMs) -> Result<u64> {
    Ok(on!(tx, c => sqlx::query("DELETE FROM permissions WHERE asked_ms < $1")
        .bind(before.0).execute(c).await?.rows_affected()))
}
