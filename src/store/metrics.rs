//! Numbers of the service itself, such as latency and errors, by the hour.

use anyhow::Result;

use super::Tx;
use crate::id::RolloutId;
use crate::time::{HOUR_MS, UnixMs};

/// One hour of a metric.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct MetricHour {
    /// When it begins.
    pub hour_ms: i64,
    /// The sum of what was measured.
    pub sum: f64,
    /// How often.
    pub n: i64,
}

/// Puts what an hour came to in the place of what was told of it before.
pub async fn put(tx: &mut Tx, rollout: &RolloutId, metric: &str, at: UnixMs, sum: f64, n: i64) -> Result<()> {
    let hour = at.0.div_euclid(HOUR_MS) * HOUR_MS;
    on!(tx, c => sqlx::query(
        "INSERT INTO metric_hours (rollout_id, metric, hour_ms, sum, n) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (rollout_id, metric, hour_ms) DO UPDATE SET sum = excluded.sum, n = excluded.n")
        .bind(rollout.as_str()).bind(metric).bind(hour).bind(sum).bind(n).execute(c).await?.rows_affected());
    Ok(())
}

/// The metrics of a rollout by name.
pub async fn names(tx: &mut Tx, rollout: &RolloutId) -> Result<Vec<String>> {
    Ok(
        on!(tx, c => sqlx::query_scalar("SELECT DISTINCT metric FROM metric_hours WHERE rollout_id = $1 ORDER BY metric")
        .bind(rollout.as_str()).fetch_all(c).await?),
    )
}

/// The hours of a metric, the first first.
pub async fn hours(tx: &mut Tx, rollout: &RolloutId, metric: &str) -> Result<Vec<MetricHour>> {
    Ok(on!(tx, c => sqlx::query_as(
        "SELECT hour_ms, sum, n FROM metric_hours WHERE rollout_id = $1 AND metric = $2 ORDER BY hour_ms")
        .bind(rollout.as_str()).bind(metric).fetch_all(c).await?))
}
