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

/// Reads a fact; `None` where it is not known.
pub async fn get(tx: &mut Tx, key: &str) -> Result<Option<String>> {
    Ok(on!(tx, c => sqlx::query_scalar("SELECT value FROM meta WHERE key = $1").bind(key).fetch_optional(c).await?))
}

/// Keeps a fact.
pub async fn set(tx: &mut Tx, key: &str, value: &str) -> Result<()> {
    on!(tx, c => sqlx::query("INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = $2")
        .bind(key).bind(value).execute(c).await?.rows_affected());
    Ok(())
}

/// Whether the database answers.
pub async fn ping(tx: &mut Tx) -> Result<()> {
    on!(tx, c => { sqlx::query("SELECT 1").execute(&mut *c).await?; });
    Ok(())
}
