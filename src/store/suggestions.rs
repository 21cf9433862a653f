//! What people said of tickets that would be filed, and the boxes that they ticked.

use anyhow::{Context, Result};

use super::Tx;
use crate::domain::suggestion::{Answer, Said};
use crate::id::{RolloutId, ThemeId, TicketId};
use crate::time::UnixMs;

/// A box that somebody ticked or unticked, before it is known whether they may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tick {
    /// Equal for the same act told twice.
    pub id: String,
    /// The rollout whose report it stands in.
    pub rollout: RolloutId,
    /// The theme that it is about.
    pub theme: ThemeId,
    /// The repository of the report.
    pub repo: String,
    /// Who did it.
    pub actor: String,
    /// Whether it is ticked now.
    pub ticked: bool,
    /// When, by the tracker's clock.
    pub at: UnixMs,
    /// How often it could not be learned whether they may.
    pub attempts: i64,
}

#[derive(sqlx::FromRow)]
struct AnswerRow {
    theme_id: String,
    said: String,
    actor: String,
    reason: String,
    people: i64,
    at_ms: i64,
}

impl TryFrom<AnswerRow> for Answer {
    type Error = anyhow::Error;

    fn try_from(r: AnswerRow) -> Result<Self> {
        Ok(Self {
            theme: ThemeId(r.theme_id),
            said: Said::parse(&r.said).with_context(|| format!("unknown answer {}", r.said))?,
            actor: r.actor,
            reason: r.reason,
            people: r.people,
            at: UnixMs(r.at_ms),
        })
    }
}

/// Keeps the latest that was said of a theme.
pub async fn answer(tx: &mut Tx, rollout: &RolloutId, a: &Answer) -> Result<()> {
    on!(tx, c => sqlx::query(
        "INSERT INTO suggestion_answers (rollout_id, theme_id, said, actor, reason, people, at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (rollout_id, theme_id) DO UPDATE SET said = $3, actor = $4, reason = $5, people = $6, at_ms = $7")
        .bind(rollout.as_str()).bind(a.theme.as_str()).bind(a.said.as_str()).bind(&a.actor).bind(&a.reason)
        .bind(a.people).bind(a.at.0).execute(c).await?.rows_affected());
    Ok(())
}

/// The latest that was said of each theme of a rollout, the oldest first.
pub async fn answers(tx: &mut Tx, rollout: &RolloutId) -> Result<Vec<Answer>> {
    let rows: Vec<AnswerRow> = on!(tx, c => sqlx::query_as(
        "SELECT theme_id, said, actor, reason, people, at_ms FROM suggestion_answers WHERE rollout_id = $1
         ORDER BY at_ms, theme_id").bind(rollout.as_str()).fetch_all(c).await?);
    rows.into_iter().map(Answer::try_from).collect()
}

/// Takes back that a ticket is wanted, while nothing was sent of it and nobody is about to. `false` where it may be there
/// already.
pub async fn withdraw(tx: &mut Tx, ticket: &TicketId, now: UnixMs) -> Result<bool> {
    let n = on!(tx, c => {
        sqlx::query(
            "DELETE FROM actions WHERE ticket_id = $1
               AND (state NOT IN ('waiting', 'failed') OR (sent_ms IS NULL AND lease_ms <= $2))")
            .bind(ticket.as_str()).bind(now.0).execute(&mut *c).await?;
        sqlx::query(
            "DELETE FROM tickets WHERE id = $1 AND key IS NULL AND state IN ('wanted', 'failed')
               AND NOT EXISTS (SELECT 1 FROM actions a WHERE a.ticket_id = $1)")
            .bind(ticket.as_str()).execute(&mut *c).await?.rows_affected()
    });
    Ok(n > 0)
}

#[derive(sqlx::FromRow)]
struct TickRow {
    id: String,
    rollout_id: String,
    theme_id: String,
    repo: String,
    actor: String,
    ticked: i64,
    at_ms: i64,
    attempts: i64,
}

impl From<TickRow> for Tick {
    fn from(r: TickRow) -> Self {
        Self {
            id: r.id,
            rollout: RolloutId(r.rollout_id),
            theme: ThemeId(r.theme_id),
            repo: r.repo,
            actor: r.actor,
            ticked: r.ticked != 0,
            at: UnixMs(r.at_ms),
            attempts: r.attempts,
        }
    }
}

/// Keeps that somebody ticked a box. `false` where that was told before and still waits.
pub async fn tick(tx: &mut Tx, t: &Tick, due: UnixMs) -> Result<bool> {
    let n = on!(tx, c => sqlx::query(
        "INSERT INTO suggestion_ticks (id, rollout_id, theme_id, repo, actor, ticked, at_ms, attempts, due_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8) ON CONFLICT (id) DO NOTHING")
        .bind(&t.id).bind(t.rollout.as_str()).bind(t.theme.as_str()).bind(&t.repo).bind(&t.actor)
        .bind(i64::from(t.ticked)).bind(t.at.0).bind(due.0).execute(c).await?.rows_affected());
    Ok(n > 0)
}

/// The ticks that are due, in the order in which they were made.
pub async fn due_ticks(tx: &mut Tx, now: UnixMs, limit: i64) -> Result<Vec<Tick>> {
    let rows: Vec<TickRow> = on!(tx, c => sqlx::query_as(
        "SELECT id, rollout_id, theme_id, repo, actor, ticked, at_ms, attempts FROM suggestion_ticks WHERE due_ms <= $1
         ORDER BY at_ms, id LIMIT $2").bind(now.0).bind(limit).fetch_all(c).await?);
    Ok(rows.into_iter().map(Tick::from).collect())
}

/// Ends a tick. `false` where another worker did.
pub async fn end_tick(tx: &mut Tx, id: &str) -> Result<bool> {
    let n = on!(tx, c => sqlx::query("DELETE FROM suggestion_ticks WHERE id = $1")
        .bind(id).execute(c).await?.rows_affected());
    Ok(n > 0)
}

/// Looks at a tick again at `due`. `failure` counts as an attempt.
pub async fn postpone_tick(tx: &mut Tx, id: &str, due: UnixMs, failure: bool) -> Result<()> {
    on!(tx, c => sqlx::query("UPDATE suggestion_ticks SET attempts = attempts + $3, due_ms = $2 WHERE id = $1")
        .bind(id).bind(due.0).bind(i64::from(failure)).execute(c).await?.rows_affected());
    Ok(())
}

/// When the next tick is due.
pub async fn next_tick(tx: &mut Tx) -> Result<Option<UnixMs>> {
    let at: Option<i64> =
        on!(tx, c => sqlx::query_scalar("SELECT MIN(due_ms) FROM suggestion_ticks").fetch_one(c).await?);
    Ok(at.map(UnixMs))
}
