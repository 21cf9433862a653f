//! Scopes that were asked to wait.

use anyhow::Result;

use super::Tx;
use crate::time::UnixMs;

/// Holds a scope back until `until`; a longer pause stays.
pub async fn hold(tx: &mut Tx, scope: &str, until: UnixMs, reason: &str) -> Result<()> {
    on!(tx, c => sqlx::query(
        "INSERT INTO pauses (scope, until_ms, reason) VALUES ($1, $2, $3)
         ON CONFLICT (scope) DO UPDATE SET until_ms = $2, reason = $3 WHERE pauses.until_ms < $2")
        .bind(scope).bind(until.0).bind(reason).execute(c).await?.rows_affected());
    Ok(())
}

/// Ends a pause.
pub async fn lift(tx: &mut Tx, scope: &str) -> Result<()> {
    on!(tx, c => sqlx::query("DELETE FROM pauses WHERE scope = $1").bind(scope).execute(c).await?.rows_affected());
    Ok(())
}

/// Until when a scope is held back; `None` where it is not.
pub async fn until(tx: &mut Tx, scope: &str, now: UnixMs) -> Result<Option<UnixMs>> {
    let until: Option<i64> = on!(tx, c => sqlx::query_scalar("SELECT until_ms FROM pauses WHERE scope = $1 AND until_ms > $2")
        .bind(scope).bind(now.0).fetch_optional(c).await?);
    Ok(until.map(UnixMs))
}

/// The pauses that stand, with their reason.
pub async fn standing(tx: &mut Tx, now: UnixMs) -> Result<Vec<(String, UnixMs, String)>> {
    let rows: Vec<(String, i64, String)> = on!(tx, c => sqlx::query_as(
        "SELECT scope, until_ms, reason FROM pauses WHERE until_ms > $1 ORDER BY scope")
        .bind(now.0).fetch_all(c).await?);
    Ok(rows.into_iter().map(|(s, u, r)| (s, UnixMs(u), r)).collect())
}
