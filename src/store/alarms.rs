//! How loud each alarm of a rollout is, and whether anybody has heard it.

use anyhow::Result;

use super::Tx;
use crate::id::RolloutId;
use crate::time::UnixMs;

/// One alarm.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct AlarmRow {
    /// What it is about: `rollout`, `theme:ID`, `event:NAME`, `segment:NAME`.
    pub subject: String,
    /// What the next look goes on from, as JSON.
    pub state: String,
    /// Evidence, as a natural logarithm.
    pub ln_e: f64,
    /// How loud it is.
    pub grade: String,
    /// Since when it is latched.
    pub raised_ms: Option<i64>,
    /// When somebody said that they heard it.
    pub acked_ms: Option<i64>,
    /// When it last changed.
    pub changed_ms: i64,
}

/// The alarms of a rollout, by subject.
pub async fn of_rollout(tx: &mut Tx, rollout: &RolloutId) -> Result<Vec<AlarmRow>> {
    Ok(on!(tx, c => sqlx::query_as(
        "SELECT subject, state, ln_e, grade, raised_ms, acked_ms, changed_ms FROM alarms WHERE rollout_id = $1
         ORDER BY subject").bind(rollout.as_str()).fetch_all(c).await?))
}

/// Keeps an alarm as it stands. Whether it was heard stays as it is.
pub async fn keep(tx: &mut Tx, rollout: &RolloutId, a: &AlarmRow) -> Result<()> {
    on!(tx, c => sqlx::query(
        "INSERT INTO alarms (rollout_id, subject, state, ln_e, grade, raised_ms, acked_ms, changed_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (rollout_id, subject) DO UPDATE SET state = excluded.state, ln_e = excluded.ln_e,
           grade = excluded.grade, raised_ms = excluded.raised_ms, changed_ms = excluded.changed_ms")
        .bind(rollout.as_str()).bind(&a.subject).bind(&a.state).bind(a.ln_e).bind(&a.grade).bind(a.raised_ms)
        .bind(a.acked_ms).bind(a.changed_ms).execute(c).await?.rows_affected());
    Ok(())
}

/// Somebody heard an alarm that is latched. `false` where there is none, or it was heard before.
pub async fn hear(tx: &mut Tx, rollout: &RolloutId, subject: &str, now: UnixMs) -> Result<bool> {
    let n = on!(tx, c => sqlx::query(
        "UPDATE alarms SET acked_ms = $3 WHERE rollout_id = $1 AND subject = $2 AND raised_ms IS NOT NULL
           AND (acked_ms IS NULL OR acked_ms < raised_ms)")
        .bind(rollout.as_str()).bind(subject).bind(now.0).execute(c).await?.rows_affected());
    Ok(n > 0)
}
