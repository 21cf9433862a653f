//! Commands that people gave, each once, and what came of it.

use anyhow::Result;

use super::Tx;
use crate::id::{CommandId, RolloutId};
use crate::time::UnixMs;

/// A command that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// Its id.
    pub id: CommandId,
    /// The comment that it stands in.
    pub comment: String,
    /// The name of its line: the same line in one comment is one command.
    pub line_hash: String,
    /// The thread, such as `acme/shop#12`.
    pub thread: String,
    /// Who gave it.
    pub author: String,
    /// The line and the comment, as JSON.
    pub payload: String,
    /// Tries so far, this one included.
    pub attempts: i64,
}

/// What came of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// The person may not.
    Refused,
    /// It can't be understood, or can't be done as it is asked.
    Unclear,
    /// The comment is gone, or says something else by now.
    Withdrawn,
    /// It could not be done for another reason, which the log tells.
    Failed,
}

impl Outcome {
    /// The name that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Unclear => "unclear",
            Self::Withdrawn => "withdrawn",
            Self::Failed => "failed",
        }
    }
}

/// Keeps a command that waits from now on. `false` where it was given before.
pub async fn give(tx: &mut Tx, g: &Given, now: UnixMs) -> Result<bool> {
    let n = on!(tx, c => sqlx::query(
        "INSERT INTO commands (id, comment_key, line_hash, thread, author, payload, state, attempts, due_ms, created_ms)
         VALUES ($1, $2, $3, $4, $5, $6, 'waiting', 0, $7, $7) ON CONFLICT (comment_key, line_hash) DO NOTHING")
        .bind(g.id.as_str()).bind(&g.comment).bind(&g.line_hash).bind(&g.thread).bind(&g.author).bind(&g.payload)
        .bind(now.0).execute(c).await?.rows_affected());
    Ok(n > 0)
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    comment_key: String,
    line_hash: String,
    thread: String,
    author: String,
    payload: String,
    attempts: i64,
}

/// Takes the command that is due first, until `until`. Commands of one thread are done in their order.
pub async fn claim(tx: &mut Tx, now: UnixMs, until: UnixMs) -> Result<Option<Given>> {
    let sql = if tx.skips_locked() {
        "UPDATE commands SET due_ms = $2, attempts = attempts + 1 WHERE id IN (
           SELECT c.id FROM commands c WHERE c.state = 'waiting' AND c.due_ms <= $1
             AND NOT EXISTS (SELECT 1 FROM commands b WHERE b.thread = c.thread AND b.state = 'waiting' AND b.id < c.id)
           ORDER BY c.due_ms, c.id LIMIT 1 FOR UPDATE SKIP LOCKED)
         RETURNING id, comment_key, line_hash, thread, author, payload, attempts"
    } else {
        "UPDATE commands SET due_ms = $2, attempts = attempts + 1 WHERE id IN (
           SELECT c.id FROM commands c WHERE c.state = 'waiting' AND c.due_ms <= $1
             AND NOT EXISTS (SELECT 1 FROM commands b WHERE b.thread = c.thread AND b.state = 'waiting' AND b.id < c.id)
           ORDER BY c.due_ms, c.id LIMIT 1)
         RETURNING id, comment_key, line_hash, thread, author, payload, attempts"
    };
    let row: Option<Row> = on!(tx, c => sqlx::query_as(sql).bind(now.0).bind(until.0).fetch_optional(c).await?);
    Ok(row.map(|r| Given {
        id: CommandId(r.id),
        comment: r.comment_key,
        line_hash: r.line_hash,
        thread: r.thread,
        author: r.author,
        payload: r.payload,
        attempts: r.attempts,
    }))
}

/// Tries again at `due`.
pub async fn postpone(tx: &mut Tx, id: &CommandId, due: UnixMs) -> Result<()> {
    on!(tx, c => sqlx::query("UPDATE commands SET due_ms = $2 WHERE id = $1 AND state = 'waiting'")
        .bind(id.as_str()).bind(due.0).execute(c).await?.rows_affected());
    Ok(())
}

/// Ends a command. What it was is not kept, only what was said to it. `false` where it ended before: then whatever is
/// written with this must not be.
pub async fn end(
    tx: &mut Tx,
    id: &CommandId,
    outcome: Outcome,
    answer: Option<&str>,
    rollout: Option<&RolloutId>,
    now: UnixMs,
) -> Result<bool> {
    let n = on!(tx, c => sqlx::query(
        "UPDATE commands SET state = 'done', outcome = $2, answer = $3, rollout_id = $4, done_ms = $5, payload = ''
         WHERE id = $1 AND state = 'waiting'")
        .bind(id.as_str()).bind(outcome.as_str()).bind(answer).bind(rollout.map(RolloutId::as_str)).bind(now.0)
        .execute(c).await?.rows_affected());
    Ok(n > 0)
}

/// Withdraws what waits of a comment, but for these lines.
pub async fn withdraw(tx: &mut Tx, comment: &str, but: &[String], now: UnixMs) -> Result<()> {
    for line in lines(tx, comment).await?.into_iter().filter(|line| !but.contains(line)) {
        on!(tx, c => sqlx::query(
            "UPDATE commands SET state = 'done', outcome = $3, done_ms = $4, payload = ''
             WHERE comment_key = $1 AND line_hash = $2 AND state = 'waiting'")
            .bind(comment).bind(&line).bind(Outcome::Withdrawn.as_str()).bind(now.0)
            .execute(c).await?.rows_affected());
    }
    Ok(())
}

/// The lines of a comment that were commands.
pub async fn lines(tx: &mut Tx, comment: &str) -> Result<Vec<String>> {
    Ok(on!(tx, c => sqlx::query_scalar("SELECT line_hash FROM commands WHERE comment_key = $1 ORDER BY id")
        .bind(comment).fetch_all(c).await?))
}

/// The latest answers in a thread, the newest first.
pub async fn answers(tx: &mut Tx, thread: &str, limit: i64) -> Result<Vec<String>> {
    Ok(on!(tx, c => sqlx::query_scalar(
        "SELECT answer FROM commands WHERE thread = $1 AND answer IS NOT NULL ORDER BY done_ms DESC, id DESC LIMIT $2")
        .bind(thread).bind(limit).fetch_all(c).await?))
}

/// Whether a refusal was answered in a thread.
pub async fn has_refused(tx: &mut Tx, thread: &str) -> Result<bool> {
    let n: i64 = on!(tx, c => sqlx::query_scalar(
        "SELECT COUNT(*) FROM commands WHERE thread = $1 AND outcome = 'refused' AND answer IS NOT NULL")
        .bind(thread).fetch_one(c).await?);
    Ok(n > 0)
}

/// When the next command may be done.
pub async fn next_due(tx: &mut Tx) -> Result<Option<UnixMs>> {
    let at: Option<i64> = on!(tx, c => sqlx::query_scalar("SELECT MIN(due_ms) FROM commands WHERE state = 'waiting'").fetch_one(c).await?);
    Ok(at.map(UnixMs))
}

/// The outcomes of a thread's commands, in their order; for people who wonder.
pub async fn outcomes(tx: &mut Tx, thread: &str) -> Result<Vec<(String, String)>> {
    Ok(on!(tx, c => sqlx::query_as(
        "SELECT author, COALESCE(outcome, state) FROM commands WHERE thread = $1 ORDER BY id")
        .bind(thread).fetch_all(c).await?))
}
