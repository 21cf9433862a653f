//! When issues and comments were made in an account: several processes share what a tracker allows.

use anyhow::Result;

use super::Tx;
use crate::time::UnixMs;

/// Until the transaction ends, nobody else counts in this scope.
pub async fn lock(tx: &mut Tx, scope: &str) -> Result<()> {
    if let Tx::Postgres(tx) = tx {
        sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('creations ' || $1, 0))")
            .bind(scope)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// The moments after `since` at which something was made in a scope, one for each thing, in order.
pub async fn after(tx: &mut Tx, scope: &str, since: UnixMs) -> Result<Vec<UnixMs>> {
    let rows: Vec<(i64, i64)> = on!(tx, c => sqlx::query_as(
        "SELECT at_ms, n FROM creations WHERE scope = $1 AND at_ms > $2 ORDER BY at_ms")
        .bind(scope).bind(since.0).fetch_all(c).await?);
    Ok(rows.into_iter().flat_map(|(at, n)| (0..n).map(move |_| UnixMs(at))).collect())
}

/// Something is made now. What was made until `forget` counts no more.
pub async fn note(tx: &mut Tx, scope: &str, now: UnixMs, forget: UnixMs) -> Result<()> {
    on!(tx, c => {
        sqlx::query("DELETE FROM creations WHERE scope = $1 AND at_ms <= $2")
            .bind(scope).bind(forget.0).execute(&mut *c).await?;
        sqlx::query(
            "INSERT INTO creations (scope, at_ms, n) VALUES ($1, $2, 1)
             ON CONFLICT (scope, at_ms) DO UPDATE SET n = creations.n + 1")
            .bind(scope).bind(now.0).execute(&mut *c).await?.rows_affected()
    });
    Ok(())
}
