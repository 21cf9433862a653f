//! The outbox: planned effects on the outside world.
//!
//! A claim is a lease with an end, not an open transaction. `sent_ms` is written before a request leaves and cleared
//! only when its outcome is known, so that after a crash everybody can see that something may have happened.

use anyhow::{Context, Result};

use super::{Tx, rollouts};
use crate::id::{ActionId, RolloutId, TicketId};
use crate::time::UnixMs;

/// What an action does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionKind {
    /// Make the issue, or adopt the one that is there.
    File,
    /// Bring the section to what is wanted.
    Revise,
    /// Bring the quotes' comment to what is wanted.
    Quote,
    /// Close the ticket, or open it again, as was decided.
    Settle,
}

impl ActionKind {
    /// The name that is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Revise => "revise",
            Self::Quote => "quote",
            Self::Settle => "settle",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::File, Self::Revise, Self::Quote, Self::Settle].into_iter().find(|k| k.as_str() == text)
    }
}

/// An action as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Action {
    /// Its id.
    pub id: ActionId,
    /// Equal for the same effect planned twice.
    pub dedupe_key: String,
    /// The ticket that it keeps true.
    pub ticket: TicketId,
    /// The rollout behind the ticket.
    pub rollout: RolloutId,
    /// What it does.
    pub kind: ActionKind,
    /// With what, as JSON.
    pub payload: String,
    /// What a pause holds back.
    pub scope: String,
    /// Failures so far.
    pub attempts: i64,
    /// Who holds the lease.
    pub owner: Option<String>,
    /// Until when.
    pub lease_until: UnixMs,
    /// When the latest request whose outcome is unknown began.
    pub sent_at: Option<UnixMs>,
    /// When it was planned.
    pub created_at: UnixMs,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    dedupe_key: String,
    ticket_id: String,
    rollout_id: String,
    kind: String,
    payload: String,
    scope: String,
    attempts: i64,
    owner: Option<String>,
    lease_ms: i64,
    sent_ms: Option<i64>,
    created_ms: i64,
}

impl TryFrom<Row> for Action {
    type Error = anyhow::Error;

    fn try_from(r: Row) -> Result<Self> {
        Ok(Self {
            id: ActionId(r.id),
            dedupe_key: r.dedupe_key,
            ticket: TicketId(r.ticket_id),
            rollout: RolloutId(r.rollout_id),
            kind: ActionKind::parse(&r.kind).with_context(|| format!("unknown action {}", r.kind))?,
            payload: r.payload,
            scope: r.scope,
            attempts: r.attempts,
            owner: r.owner,
            lease_until: UnixMs(r.lease_ms),
            sent_at: r.sent_ms.map(UnixMs),
            created_at: UnixMs(r.created_ms),
        })
    }
}

/// Plans an action for `due`. `false` where the same effect was planned before.
pub async fn plan(tx: &mut Tx, a: &Action, due: UnixMs) -> Result<bool> {
    let n = on!(tx, c => sqlx::query(
        "INSERT INTO actions (id, dedupe_key, ticket_id, rollout_id, kind, payload, scope, state, attempts, due_ms, lease_ms, created_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'waiting', 0, $8, 0, $9) ON CONFLICT (dedupe_key) DO NOTHING")
        .bind(a.id.as_str()).bind(&a.dedupe_key).bind(a.ticket.as_str()).bind(a.rollout.as_str()).bind(a.kind.as_str())
        .bind(&a.payload).bind(&a.scope).bind(due.0).bind(a.created_at.0).execute(c).await?.rows_affected());
    Ok(n > 0)
}

/// The waiting action of a kind on a ticket.
pub async fn waiting(tx: &mut Tx, ticket: &TicketId, kind: ActionKind) -> Result<Option<Action>> {
    let row: Option<Row> = on!(tx, c => sqlx::query_as(
        "SELECT id, dedupe_key, ticket_id, rollout_id, kind, payload, scope, attempts, owner, lease_ms, sent_ms, created_ms
         FROM actions WHERE ticket_id = $1 AND kind = $2 AND state = 'waiting' ORDER BY created_ms LIMIT 1")
        .bind(ticket.as_str()).bind(kind.as_str()).fetch_optional(c).await?);
    row.map(Action::try_from).transpose()
}

/// Gives a waiting action that nobody holds what is wanted now instead. `false` where somebody holds it.
pub async fn replace_payload(tx: &mut Tx, id: &ActionId, payload: &str, now: UnixMs) -> Result<bool> {
    let n = on!(tx, c => sqlx::query(
        "UPDATE actions SET payload = $2 WHERE id = $1 AND state = 'waiting' AND lease_ms <= $3 AND sent_ms IS NULL")
        .bind(id.as_str()).bind(payload).bind(now.0).execute(c).await?.rows_affected());
    Ok(n > 0)
}

/// What a pause of [`new_in`] holds back: whatever may make something new; edits go on.
pub fn new_in(scope: &str) -> String {
    format!("{scope}#new")
}

/// Takes up to `limit` due actions whose scope is neither paused nor worked on, until `lease_until`: a tracker is asked
/// one thing at a time, as GitHub wants it, and one that is slow keeps no other waiting.
pub async fn claim(tx: &mut Tx, owner: &str, now: UnixMs, lease_until: UnixMs, limit: i64) -> Result<Vec<Action>> {
    if let Tx::Postgres(tx) = tx {
        // Two claims at once would each see the other's scope as free.
        sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('actions.claim', 0))").execute(&mut **tx).await?;
    }
    let sql = if tx.skips_locked() {
        "UPDATE actions SET owner = $2, lease_ms = $3, due_ms = $3 WHERE id IN (
           SELECT a.id FROM actions a WHERE a.state = 'waiting' AND a.due_ms <= $1
             AND NOT EXISTS (SELECT 1 FROM pauses p WHERE p.until_ms > $1
               AND (p.scope = a.scope OR (p.scope = a.scope || '#new' AND a.kind IN ('file', 'quote'))))
             AND NOT EXISTS (SELECT 1 FROM actions b
               WHERE b.scope = a.scope AND b.state = 'waiting' AND b.owner IS NOT NULL AND b.lease_ms > $1)
             AND NOT EXISTS (SELECT 1 FROM posts q WHERE q.scope = a.scope AND q.state = 'waiting' AND q.lease_ms > $1)
           ORDER BY a.due_ms, a.id LIMIT $4 FOR UPDATE SKIP LOCKED)
         RETURNING id, dedupe_key, ticket_id, rollout_id, kind, payload, scope, attempts, owner, lease_ms, sent_ms, created_ms"
    } else {
        "UPDATE actions SET owner = $2, lease_ms = $3, due_ms = $3 WHERE id IN (
           SELECT a.id FROM actions a WHERE a.state = 'waiting' AND a.due_ms <= $1
             AND NOT EXISTS (SELECT 1 FROM pauses p WHERE p.until_ms > $1
               AND (p.scope = a.scope OR (p.scope = a.scope || '#new' AND a.kind IN ('file', 'quote'))))
             AND NOT EXISTS (SELECT 1 FROM actions b
               WHERE b.scope = a.scope AND b.state = 'waiting' AND b.owner IS NOT NULL AND b.lease_ms > $1)
             AND NOT EXISTS (SELECT 1 FROM posts q WHERE q.scope = a.scope AND q.state = 'waiting' AND q.lease_ms > $1)
           ORDER BY a.due_ms, a.id LIMIT $4)
         RETURNING id, dedupe_key, ticket_id, rollout_id, kind, payload, scope, attempts, owner, lease_ms, sent_ms, created_ms"
    };
    let mut rows: Vec<Row> =
        on!(tx, c => sqlx::query_as(sql).bind(now.0).bind(owner).bind(lease_until.0).bind(limit).fetch_all(c).await?);
    rows.sort_by(|a, b| (a.created_ms, &a.id).cmp(&(b.created_ms, &b.id)));
    rows.into_iter().map(Action::try_from).collect()
}

leased!("actions", Action);

/// Ends an action well. Its key is free again, because what is wanted later may be the same effect, and its content is
/// not kept: customers' words lie in the feedback alone.
pub async fn finish(tx: &mut Tx, id: &ActionId, outcome: &str, now: UnixMs) -> Result<()> {
    end(tx, id, "done", outcome, now).await
}

/// Ends an action that has nothing left to do it to.
pub async fn supersede(tx: &mut Tx, id: &ActionId, now: UnixMs) -> Result<()> {
    end(tx, id, "superseded", "superseded", now).await
}

async fn end(tx: &mut Tx, id: &ActionId, state: &str, outcome: &str, now: UnixMs) -> Result<()> {
    on!(tx, c => sqlx::query(
        "UPDATE actions SET state = $2, outcome = $3, dedupe_key = id, payload = '', error = NULL, done_ms = $4,
           sent_ms = NULL, owner = NULL WHERE id = $1")
        .bind(id.as_str()).bind(state).bind(outcome).bind(now.0).execute(c).await?.rows_affected());
    Ok(())
}

/// Ends an action for good without effect; the reason is for people. `false` where `a` was taken over by another worker:
/// what becomes of it is theirs to say.
pub async fn give_up(tx: &mut Tx, a: &Action, error: &str, now: UnixMs) -> Result<bool> {
    let n = on!(tx, c => sqlx::query(
        "UPDATE actions SET state = 'failed', error = $2, done_ms = $3, owner = NULL
         WHERE id = $1 AND state = 'waiting' AND owner = $4 AND lease_ms = $5")
        .bind(a.id.as_str()).bind(error).bind(now.0).bind(&a.owner).bind(a.lease_until.0).execute(c).await?.rows_affected());
    Ok(n > 0)
}

/// Gives what was given up another try, for people who mended the cause. Gives how many tickets.
///
/// Only a filing whose outcome is unknown waits again as it was; everything else is planned anew from what is wanted now,
/// with the settings of now.
pub async fn revive_failed(tx: &mut Tx, now: UnixMs) -> Result<u64> {
    let ids: Vec<String> = on!(tx, c => sqlx::query_scalar(
        "SELECT rollout_id FROM actions WHERE state = 'failed' UNION SELECT rollout_id FROM tickets WHERE state = 'failed'
         ORDER BY 1").fetch_all(c).await?);
    let mut revived = 0;
    for id in ids.into_iter().map(RolloutId) {
        rollouts::lock(tx, &id).await?;
        revived += on!(tx, c => {
            sqlx::query(
                "UPDATE actions SET state = 'superseded', dedupe_key = id, payload = '', outcome = 'superseded'
                 WHERE rollout_id = $1 AND state = 'failed' AND (kind <> 'file' OR sent_ms IS NULL)")
                .bind(id.as_str()).execute(&mut *c).await?;
            sqlx::query(
                "UPDATE actions SET state = 'waiting', attempts = 0, due_ms = $2, lease_ms = 0
                 WHERE rollout_id = $1 AND state = 'failed'").bind(id.as_str()).bind(now.0).execute(&mut *c).await?;
            sqlx::query(
                "UPDATE tickets SET state = CASE WHEN key IS NULL THEN 'wanted' ELSE 'filed' END, error = NULL
                 WHERE rollout_id = $1 AND state = 'failed'")
                .bind(id.as_str()).execute(&mut *c).await?.rows_affected()
        });
        rollouts::wake(tx, &id, now).await?;
    }
    Ok(revived)
}

/// When the next action may be claimed: due, and its scope not paused.
pub async fn next_due(tx: &mut Tx) -> Result<Option<UnixMs>> {
    let at: Option<i64> = on!(tx, c => sqlx::query_scalar(
        "SELECT MIN(CASE WHEN p.until_ms > a.due_ms THEN p.until_ms ELSE a.due_ms END)
         FROM actions a LEFT JOIN (
           SELECT a.id, MAX(p.until_ms) AS until_ms FROM actions a JOIN pauses p
             ON p.scope = a.scope OR (p.scope = a.scope || '#new' AND a.kind IN ('file', 'quote'))
           WHERE a.state = 'waiting' GROUP BY a.id) p ON p.id = a.id
         WHERE a.state = 'waiting'")
        .fetch_one(c).await?);
    Ok(at.map(UnixMs))
}

/// How many actions are in each state.
pub async fn by_state(tx: &mut Tx) -> Result<Vec<(String, i64)>> {
    Ok(
        on!(tx, c => sqlx::query_as("SELECT state, COUNT(*) FROM actions GROUP BY state ORDER BY state").fetch_all(c).await?),
    )
}

/// Waiting actions that failed at least once: ticket, kind, attempts, error.
pub async fn troubled(tx: &mut Tx, limit: i64) -> Result<Vec<(String, String, i64, String)>> {
    Ok(on!(tx, c => sqlx::query_as(
        "SELECT ticket_id, kind, attempts, error FROM actions WHERE state IN ('waiting', 'failed') AND error IS NOT NULL
         ORDER BY created_ms DESC LIMIT $1").bind(limit).fetch_all(c).await?))
}
