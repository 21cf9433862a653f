//! What was turned away at the door, for people who wonder why nothing arrives.

use anyhow::Result;

use super::Tx;
use crate::time::UnixMs;

/// What was turned away from a source.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Refusals {
    /// How often.
    pub times: i64,
    /// When last.
    pub last_ms: i64,
    /// Why, the last time.
    pub why: String,
}

/// Adds `times` to what was turned away from a source.
pub async fn add(tx: &mut Tx, source: &str, times: i64, now: UnixMs, why: &str) -> Result<()> {
    on!(tx, c => sqlx::query(
        "INSERT INTO refusals (source, times, last_ms, why) VALUES ($1, $2, $3, $4)
         ON CONFLICT (source) DO UPDATE SET times = refusals.times + $2, last_ms = $3, why = $4")
        .bind(source).bind(times).bind(now.0).bind(why).execute(c).await?.rows_affected());
    Ok(())
}

/// What was turned away from a source.
pub async fn of(tx: &mut Tx, source: &str) -> Result<Option<Refusals>> {
    Ok(on!(tx, c => sqlx::query_as("SELECT times, last_ms, why FROM refusals WHERE source = $1")
        .bind(source).fetch_optional(c).await?))
}
