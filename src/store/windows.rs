//! Windows and their kept history.

use anyhow::{Context, Result};

use super::{Tx, from_json, to_json};
use crate::domain::window::{Transition, Window, WindowState};
use crate::id::RolloutId;
use crate::time::{DAY_MS, UnixMs};

#[derive(sqlx::FromRow)]
struct Row {
    rollout_id: String,
    state: String,
    opened_ms: Option<i64>,
    closes_ms: i64,
    closed_ms: Option<i64>,
    reopened_ms: Option<i64>,
    extended_ms: Option<i64>,
    seq: i64,
}

impl TryFrom<Row> for Window {
    type Error = anyhow::Error;

    fn try_from(r: Row) -> Result<Self> {
        Ok(Self {
            rollout: RolloutId(r.rollout_id),
            state: WindowState::parse(&r.state).with_context(|| format!("unknown window state {}", r.state))?,
            opened_at: r.opened_ms.map(UnixMs),
            closes_at: UnixMs(r.closes_ms),
            closed_at: r.closed_ms.map(UnixMs),
            reopened_at: r.reopened_ms.map(UnixMs),
            extended_at: r.extended_ms.map(UnixMs),
            seq: r.seq,
        })
    }
}

/// A rollout's window.
pub async fn get(tx: &mut Tx, rollout: &RolloutId) -> Result<Option<Window>> {
    let row: Option<Row> = on!(tx, c => sqlx::query_as(
        "SELECT rollout_id, state, opened_ms, closes_ms, closed_ms, reopened_ms, extended_ms, seq
         FROM windows WHERE rollout_id = $1")
        .bind(rollout.as_str()).fetch_optional(c).await?);
    row.map(Window::try_from).transpose()
}

/// Keeps a step and what the window is after it.
pub async fn record(tx: &mut Tx, step: &Transition, after: &Window) -> Result<()> {
    let cause = to_json(&step.cause)?;
    on!(tx, c => {
        sqlx::query(
            "INSERT INTO transitions (rollout_id, seq, from_state, to_state, at_ms, cause, actor, closes_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
            .bind(after.rollout.as_str()).bind(step.seq).bind(step.from.map(WindowState::as_str)).bind(step.to.as_str())
            .bind(step.at.0).bind(&cause).bind(&step.actor).bind(step.closes_at.0).execute(&mut *c).await?;
        sqlx::query(
            "INSERT INTO windows (rollout_id, state, opened_ms, closes_ms, closed_ms, reopened_ms, extended_ms, seq)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (rollout_id) DO UPDATE SET state = $2, opened_ms = $3, closes_ms = $4, closed_ms = $5,
               reopened_ms = $6, extended_ms = $7, seq = $8")
            .bind(after.rollout.as_str()).bind(after.state.as_str()).bind(after.opened_at.map(|t| t.0))
            .bind(after.closes_at.0).bind(after.closed_at.map(|t| t.0)).bind(after.reopened_at.map(|t| t.0))
            .bind(after.extended_at.map(|t| t.0)).bind(after.seq).execute(&mut *c).await?;
    });
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Step {
    seq: i64,
    from_state: Option<String>,
    to_state: String,
    at_ms: i64,
    cause: String,
    actor: String,
    closes_ms: i64,
}

/// A window's history, oldest first.
pub async fn history(tx: &mut Tx, rollout: &RolloutId) -> Result<Vec<Transition>> {
    let rows: Vec<Step> = on!(tx, c => sqlx::query_as(
        "SELECT seq, from_state, to_state, at_ms, cause, actor, closes_ms FROM transitions WHERE rollout_id = $1 ORDER BY seq")
        .bind(rollout.as_str()).fetch_all(c).await?);
    rows.into_iter()
        .map(|r| {
            Ok(Transition {
                seq: r.seq,
                from: r.from_state.as_deref().and_then(WindowState::parse),
                to: WindowState::parse(&r.to_state).with_context(|| format!("unknown window state {}", r.to_state))?,
                at: UnixMs(r.at_ms),
                cause: from_json(&r.cause)?,
                actor: r.actor,
                closes_at: UnixMs(r.closes_ms),
            })
        })
        .collect()
}

/// How long after a window closed a statement that was said before still finds it by its time alone, ms: senders that
/// batch or were offline catch up, while an import of last year's words changes no report that people have read.
pub const LATE_WORD_MAX_MS: i64 = DAY_MS;

/// Windows that collected at `at`, closed ones among them for [`LATE_WORD_MAX_MS`]: at most `limit`.
pub async fn collecting_at(tx: &mut Tx, at: UnixMs, now: UnixMs, limit: i64) -> Result<Vec<RolloutId>> {
    let rows: Vec<String> = on!(tx, c => sqlx::query_scalar(
        "SELECT rollout_id FROM windows WHERE opened_ms <= $1
           AND (state IN ('open', 'soaking', 'reopened', 'closing') OR (state = 'closed' AND closed_ms >= $1 AND closed_ms >= $2))
         ORDER BY opened_ms DESC, rollout_id LIMIT $3")
        .bind(at.0).bind(now.plus(-LATE_WORD_MAX_MS).0).bind(limit).fetch_all(c).await?);
    Ok(rows.into_iter().map(RolloutId).collect())
}

/// Rollouts whose window collects, those that opened last first.
pub async fn collecting(tx: &mut Tx, limit: i64) -> Result<Vec<RolloutId>> {
    let ids: Vec<String> = on!(tx, c => sqlx::query_scalar(
        "SELECT rollout_id FROM windows WHERE state IN ('open', 'soaking', 'reopened', 'closing')
         ORDER BY opened_ms DESC NULLS LAST, rollout_id LIMIT $1").bind(limit).fetch_all(c).await?);
    Ok(ids.into_iter().map(RolloutId).collect())
}

/// Rollouts whose window closed since a moment, those that closed last first.
pub async fn closed_since(tx: &mut Tx, since: UnixMs, limit: i64) -> Result<Vec<RolloutId>> {
    let ids: Vec<String> = on!(tx, c => sqlx::query_scalar(
        "SELECT rollout_id FROM windows WHERE state = 'closed' AND closed_ms >= $1
         ORDER BY closed_ms DESC, rollout_id LIMIT $2").bind(since.0).bind(limit).fetch_all(c).await?);
    Ok(ids.into_iter().map(RolloutId).collect())
}

/// How many windows are in each state.
pub async fn by_state(tx: &mut Tx) -> Result<Vec<(String, i64)>> {
    Ok(
        on!(tx, c => sqlx::query_as("SELECT state, COUNT(*) FROM windows GROUP BY state ORDER BY state").fetch_all(c).await?),
    )
}
