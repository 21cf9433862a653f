//! The secrets that this installation made for itself.

use anyhow::Result;

use super::Tx;

/// Reads a fact, or keeps `fresh` as it from now on. Two replicas that start together end with one value.
pub async fn get_or_make(tx: &mut Tx, key: &str, fresh: &str) -> Result<String> {
    on!(tx, c => {
        sqlx::query("INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING")
            .bind(key).bind(fresh).execute(&mut *c).await?;
        Ok(sqlx::query_scalar("SELECT value FROM meta WHERE key = $1").bind(key).fetch_one(&mut *c).await?)
    })
}

/// Whether the database answers.
pub async fn ping(tx: &mut Tx) -> Result<()> {
    on!(tx, c => { sqlx::query("SELECT 1").execute(&mut *c).await?; });
    Ok(())
}
