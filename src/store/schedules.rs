//! How far schedules got, and who may run them.

use anyhow::Result;

use super::Tx;
use crate::time::UnixMs;

/// When a schedule is due; one that never ran, at once. Asked first, so that a service at rest writes nothing.
pub async fn due_at(tx: &mut Tx, name: &str) -> Result<UnixMs> {
    let due: Option<i64> = on!(tx, c => sqlx::query_scalar("SELECT due_ms FROM schedules WHERE name = $1")
        .bind(name).fetch_optional(c).await?);
    Ok(due.map_or(UnixMs(0), UnixMs))
}

/// Makes a schedule due no later than `at`, also where somebody took it.
pub async fn hasten(tx: &mut Tx, name: &str, at: UnixMs) -> Result<()> {
    on!(tx, c => sqlx::query("UPDATE schedules SET due_ms = $2 WHERE name = $1 AND due_ms > $2")
        .bind(name).bind(at.0).execute(c).await?.rows_affected());
    Ok(())
}

/// Takes a schedule that is due, until `lease_until`. Gives its cursor; `None` where it is not due or another has it.
pub async fn take(
    tx: &mut Tx,
    name: &str,
    owner: &str,
    now: UnixMs,
    lease_until: UnixMs,
) -> Result<Option<Option<String>>> {
    on!(tx, c => {
        sqlx::query("INSERT INTO schedules (name, due_ms) VALUES ($1, 0) ON CONFLICT (name) DO NOTHING")
            .bind(name).execute(&mut *c).await?;
        Ok(sqlx::query_scalar(
            "UPDATE schedules SET owner = $2, due_ms = $4 WHERE name = $1 AND due_ms <= $3 RETURNING cursor")
            .bind(name).bind(owner).bind(now.0).bind(lease_until.0).fetch_optional(&mut *c).await?)
    })
}

/// Ends a run that was taken until `lease_until`: when it is due next, how far it got, and what it has to say. Where
/// somebody hastened it meanwhile, what the run did not see yet is due at once.
pub async fn done(
    tx: &mut Tx,
    name: &str,
    lease_until: UnixMs,
    due: UnixMs,
    cursor: Option<&str>,
    note: &str,
) -> Result<()> {
    on!(tx, c => sqlx::query(
        "UPDATE schedules SET due_ms = CASE WHEN due_ms = $2 THEN $3 ELSE due_ms END, cursor = $4, note = $5 WHERE name = $1")
        .bind(name).bind(lease_until.0).bind(due.0).bind(cursor).bind(note).execute(c).await?.rows_affected());
    Ok(())
}

/// What the last run of a schedule had to say.
pub async fn note(tx: &mut Tx, name: &str) -> Result<Option<String>> {
    let row: Option<Option<String>> = on!(tx, c => sqlx::query_scalar("SELECT note FROM schedules WHERE name = $1")
        .bind(name).fetch_optional(c).await?);
    Ok(row.flatten())
}
