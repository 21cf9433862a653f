//! What is known of the App's installations.

use anyhow::Result;

use super::Tx;
use crate::time::UnixMs;

/// Keeps an installation's state: `active`, `suspended`, `deleted`.
pub async fn set(tx: &mut Tx, id: i64, account: &str, state: &str, at: UnixMs) -> Result<()> {
    on!(tx, c => sqlx::query(
        "INSERT INTO installations (id, account, state, changed_ms) VALUES ($1, $2, $3, $4)
         ON CONFLICT (id) DO UPDATE SET account = $2, state = $3, changed_ms = $4 WHERE installations.changed_ms <= $4")
        .bind(id).bind(account).bind(state).bind(at.0).execute(c).await?.rows_affected());
    Ok(())
}

/// All installations: id, account, state.
pub async fn all(tx: &mut Tx) -> Result<Vec<(i64, String, String)>> {
    Ok(on!(tx, c => sqlx::query_as("SELECT id, account, state FROM installations ORDER BY id").fetch_all(c).await?))
}
