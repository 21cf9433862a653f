//! Comments that were heard, and which version of each: deliveries come late, twice, and out of order.

use anyhow::Result;

use super::Tx;
use crate::time::UnixMs;

/// Notes that a version of a comment was heard. `false` where a later one was heard before, or the comment is deleted.
pub async fn hear(tx: &mut Tx, key: &str, changed_at: UnixMs, deleted: bool) -> Result<bool> {
    let n = on!(tx, c => sqlx::query(
        "INSERT INTO comments (key, changed_ms, deleted) VALUES ($1, $2, $3)
         ON CONFLICT (key) DO UPDATE SET changed_ms = $2, deleted = $3
         WHERE comments.deleted = 0 AND (comments.changed_ms <= $2 OR $3 = 1)")
        .bind(key).bind(changed_at.0).bind(i64::from(deleted)).execute(c).await?.rows_affected());
    Ok(n > 0)
}

/// Forgets versions that nobody can deliver again. Gives how many.
pub async fn forget(tx: &mut Tx, before: UnixMs) -> Result<u64> {
    Ok(on!(tx, c => sqlx::query("DELETE FROM comments WHERE changed_ms < $1")
        .bind(before.0).execute(c).await?.rows_affected()))
}
