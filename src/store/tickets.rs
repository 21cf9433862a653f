//! Tickets as hearback knows them.

use anyhow::{Context, Result};

use super::Tx;
use crate::domain::ticket::{Ticket, TicketState, TrackerName};
use crate::id::{RolloutId, ThemeId, TicketId};
use crate::time::UnixMs;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, rollout_id, theme_id, tracker, target, state, key, url, comment, section_hash, quotes_hash, ",
            "written_ms, error, created_ms FROM tickets ",
            $rest
        )
    };
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    rollout_id: String,
    theme_id: Option<String>,
    tracker: String,
    target: String,
    state: String,
    key: Option<String>,
    url: Option<String>,
    comment: Option<String>,
    section_hash: Option<String>,
    quotes_hash: Option<String>,
    written_ms: Option<i64>,
    error: Option<String>,
    created_ms: i64,
}

impl TryFrom<Row> for Ticket {
    type Error = anyhow::Error;

    fn try_from(r: Row) -> Result<Self> {
        Ok(Self {
            id: TicketId(r.id),
            rollout: RolloutId(r.rollout_id),
            theme: r.theme_id.map(ThemeId),
            tracker: TrackerName::parse(&r.tracker).with_context(|| format!("unknown tracker {}", r.tracker))?,
            target: r.target,
            state: TicketState::parse(&r.state).with_context(|| format!("unknown ticket state {}", r.state))?,
            key: r.key,
            url: r.url,
            comment: r.comment,
            section_hash: r.section_hash,
            quotes_hash: r.quotes_hash,
            written_at: r.written_ms.map(UnixMs),
            error: r.error,
            created_at: UnixMs(r.created_ms),
        })
    }
}

fn nouns(rows: Vec<Row>) -> Result<Vec<Ticket>> {
    rows.into_iter().map(Ticket::try_from).collect()
}

/// Keeps that a ticket is wanted. `false` where it was before.
pub async fn want(tx: &mut Tx, t: &Ticket) -> Result<bool> {
    let n = on!(tx, c => sqlx::query(
        "INSERT INTO tickets (id, rollout_id, subject, theme_id, tracker, target, state, created_ms)
         VALUES ($1, $2, $3, $4, $5, $6, 'wanted', $7) ON CONFLICT (rollout_id, subject, tracker) DO NOTHING")
        .bind(t.id.as_str()).bind(t.rollout.as_str()).bind(t.subject()).bind(t.theme.as_ref().map(ThemeId::as_str))
        .bind(t.tracker.as_str()).bind(&t.target).bind(t.created_at.0).execute(c).await?.rows_affected());
    Ok(n > 0)
}

/// Writes a ticket as it stands.
pub async fn save(tx: &mut Tx, t: &Ticket) -> Result<()> {
    on!(tx, c => sqlx::query(
        "UPDATE tickets SET target = $2, state = $3, key = $4, url = $5, comment = $6, section_hash = $7, quotes_hash = $8,
           written_ms = $9, error = $10 WHERE id = $1")
        .bind(t.id.as_str()).bind(&t.target).bind(t.state.as_str()).bind(&t.key).bind(&t.url).bind(&t.comment)
        .bind(&t.section_hash).bind(&t.quotes_hash).bind(t.written_at.map(|m| m.0)).bind(&t.error).execute(c).await?.rows_affected());
    Ok(())
}

/// One ticket.
pub async fn get(tx: &mut Tx, id: &TicketId) -> Result<Option<Ticket>> {
    let row: Option<Row> =
        on!(tx, c => sqlx::query_as(select!("WHERE id = $1")).bind(id.as_str()).fetch_optional(c).await?);
    row.map(Ticket::try_from).transpose()
}

/// The tickets of a rollout, oldest first.
pub async fn of_rollout(tx: &mut Tx, rollout: &RolloutId) -> Result<Vec<Ticket>> {
    nouns(on!(tx, c => sqlx::query_as(select!("WHERE rollout_id = $1 ORDER BY created_ms, id"))
        .bind(rollout.as_str()).fetch_all(c).await?))
}

/// Tickets that can't be filed or kept, the latest first.
pub async fn failed(tx: &mut Tx, limit: i64) -> Result<Vec<Ticket>> {
    nouns(on!(tx, c => sqlx::query_as(select!("WHERE state = 'failed' ORDER BY created_ms DESC LIMIT $1"))
        .bind(limit).fetch_all(c).await?))
}

/// Filed tickets first wanted after `since`: the ones that the sweeper looks for doubles of.
pub async fn filed_since(tx: &mut Tx, since: UnixMs, limit: i64) -> Result<Vec<Ticket>> {
    nouns(
        on!(tx, c => sqlx::query_as(select!("WHERE state = 'filed' AND created_ms >= $1 ORDER BY created_ms DESC LIMIT $2"))
        .bind(since.0).bind(limit).fetch_all(c).await?),
    )
}

/// The ticket that a tracker calls `key`.
pub async fn by_key(tx: &mut Tx, tracker: TrackerName, target: &str, key: &str) -> Result<Option<Ticket>> {
    let row: Option<Row> = on!(tx, c => sqlx::query_as(select!("WHERE tracker = $1 AND target = $2 AND key = $3"))
        .bind(tracker.as_str()).bind(target).bind(key).fetch_optional(c).await?);
    row.map(Ticket::try_from).transpose()
}

/// How many tickets are in each state.
pub async fn by_state(tx: &mut Tx) -> Result<Vec<(String, i64)>> {
    Ok(
        on!(tx, c => sqlx::query_as("SELECT state, COUNT(*) FROM tickets GROUP BY state ORDER BY state").fetch_all(c).await?),
    )
}
