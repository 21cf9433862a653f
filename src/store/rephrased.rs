//! What a language model made of summaries, and what that cost.

use anyhow::Result;

use super::{Tx, from_json, to_json};
use crate::id::{FeedbackId, RolloutId, ThemeId};
use crate::time::{DAY_MS, UnixMs};

/// A question, by what it is about and what is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asking {
    /// The theme that it is about.
    pub theme: ThemeId,
    /// Equal for the same question.
    pub fingerprint: String,
    /// The theme's rollout.
    pub rollout: RolloutId,
    /// Times that it was asked so far without an answer.
    pub attempts: i64,
    /// Until when it is ours.
    pub lease_until: UnixMs,
}

/// An answer that passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The words.
    pub text: String,
    /// Customers' words that the model chose.
    pub quotes: Vec<(FeedbackId, String)>,
    /// Whose words they are.
    pub model: String,
}

/// What came of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It waits to be asked.
    Wanted,
    /// It was answered.
    Done(Kept),
    /// Its answer was not taken, or none came however often it was asked.
    Refused,
    /// Another took its place before it was asked.
    Replaced,
}

#[derive(sqlx::FromRow)]
struct Row {
    state: String,
    summary: Option<String>,
    quotes: Option<String>,
    model: String,
}

#[derive(sqlx::FromRow)]
struct Claimed {
    subject: String,
    fingerprint: String,
    rollout_id: String,
    attempts: i64,
    due_ms: i64,
}

/// What came of a question; `None` where it was never wanted.
pub async fn get(tx: &mut Tx, theme: &ThemeId, fingerprint: &str) -> Result<Option<State>> {
    let row: Option<Row> = on!(tx, c => sqlx::query_as(
        "SELECT state, summary, quotes, model FROM rephrased WHERE subject = $1 AND fingerprint = $2")
        .bind(theme.as_str()).bind(fingerprint).fetch_optional(c).await?);
    let Some(row) = row else { return Ok(None) };
    Ok(Some(match (row.state.as_str(), row.summary) {
        ("done", Some(text)) => {
            let quotes: Vec<(FeedbackId, String)> = from_json(row.quotes.as_deref().unwrap_or("[]"))?;
            State::Done(Kept { text, quotes, model: row.model })
        }
        ("wanted", _) => State::Wanted,
        ("replaced", _) => State::Replaced,
        _ => State::Refused,
    }))
}

/// Has a question asked, no sooner than `due`, in place of those about the same theme that wait. What was asked before is
/// not asked again.
pub async fn want(
    tx: &mut Tx,
    rollout: &RolloutId,
    theme: &ThemeId,
    fingerprint: &str,
    model: &str,
    now: UnixMs,
    due: UnixMs,
) -> Result<()> {
    on!(tx, c => {
        sqlx::query("UPDATE rephrased SET state = 'replaced' WHERE subject = $1 AND state = 'wanted' AND fingerprint <> $2")
            .bind(theme.as_str()).bind(fingerprint).execute(&mut *c).await?;
        sqlx::query(
            "INSERT INTO rephrased (subject, fingerprint, rollout_id, state, model, attempts, due_ms, created_ms)
             VALUES ($1, $2, $3, 'wanted', $4, 0, $5, $6)
             ON CONFLICT (subject, fingerprint) DO UPDATE SET state = 'wanted', due_ms = $5
             WHERE rephrased.state = 'replaced'")
            .bind(theme.as_str()).bind(fingerprint).bind(rollout.as_str()).bind(model).bind(due.0).bind(now.0)
            .execute(&mut *c).await?;
    });
    Ok(())
}

/// When something was last asked about a theme.
pub async fn last_asked(tx: &mut Tx, theme: &ThemeId) -> Result<Option<UnixMs>> {
    let at: Option<i64> = on!(tx, c => sqlx::query_scalar("SELECT MAX(asked_ms) FROM rephrased WHERE subject = $1")
        .bind(theme.as_str()).fetch_one(c).await?);
    Ok(at.map(UnixMs))
}

/// When the next question is due.
pub async fn next_due(tx: &mut Tx) -> Result<Option<UnixMs>> {
    let at: Option<i64> = on!(tx, c => sqlx::query_scalar("SELECT MIN(due_ms) FROM rephrased WHERE state = 'wanted'").fetch_one(c).await?);
    Ok(at.map(UnixMs))
}

/// Takes a question that is due, until `lease_until`.
pub async fn claim(tx: &mut Tx, now: UnixMs, lease_until: UnixMs) -> Result<Option<Asking>> {
    let sql = if tx.skips_locked() {
        "UPDATE rephrased SET due_ms = $2 WHERE (subject, fingerprint) IN (
           SELECT subject, fingerprint FROM rephrased WHERE state = 'wanted' AND due_ms <= $1
           ORDER BY due_ms, subject LIMIT 1 FOR UPDATE SKIP LOCKED)
         RETURNING subject, fingerprint, rollout_id, attempts, due_ms"
    } else {
        "UPDATE rephrased SET due_ms = $2 WHERE (subject, fingerprint) IN (
           SELECT subject, fingerprint FROM rephrased WHERE state = 'wanted' AND due_ms <= $1
           ORDER BY due_ms, subject LIMIT 1)
         RETURNING subject, fingerprint, rollout_id, attempts, due_ms"
    };
    let row: Option<Claimed> =
        on!(tx, c => sqlx::query_as(sql).bind(now.0).bind(lease_until.0).fetch_optional(c).await?);
    Ok(row.map(|r| Asking {
        theme: ThemeId(r.subject),
        fingerprint: r.fingerprint,
        rollout: RolloutId(r.rollout_id),
        attempts: r.attempts,
        lease_until: UnixMs(r.due_ms),
    }))
}

/// How asking ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End<'a> {
    /// With an answer that passed.
    Done {
        /// The words.
        text: &'a str,
        /// Customers' words that the model chose.
        quotes: &'a [(FeedbackId, String)],
    },
    /// With an answer that was not taken, or none that will ever come.
    Refused {
        /// Why: a name, no text of anybody's.
        reason: &'a str,
    },
    /// Without an answer: it is asked again.
    Again {
        /// When.
        at: UnixMs,
        /// Why.
        reason: &'a str,
    },
    /// It was not asked yet, and no attempt is counted.
    NotYet {
        /// When it is due.
        at: UnixMs,
    },
    /// Nobody wants to know any more.
    Replaced,
}

/// Records how asking ended. `false` where the question is no longer ours.
pub async fn end(tx: &mut Tx, a: &Asking, end: &End<'_>, now: UnixMs) -> Result<bool> {
    let (state, due, asked) = match end {
        End::Done { .. } => ("done", now, true),
        End::Refused { .. } => ("refused", now, true),
        End::Again { at, .. } => ("wanted", *at, true),
        End::NotYet { at } => ("wanted", *at, false),
        End::Replaced => ("replaced", now, false),
    };
    let (text, quotes) = match end {
        End::Done { text, quotes } => (Some(*text), Some(to_json(quotes)?)),
        End::Refused { .. } | End::Again { .. } | End::NotYet { .. } | End::Replaced => (None, None),
    };
    let reason = match end {
        End::Refused { reason } | End::Again { reason, .. } => Some(*reason),
        End::Done { .. } | End::NotYet { .. } | End::Replaced => None,
    };
    let asked_ms = asked.then_some(now.0);
    let n = on!(tx, c => sqlx::query(
        "UPDATE rephrased SET state = $4, due_ms = $5, summary = $6, quotes = $7, reason = $8, attempts = attempts + $9,
           asked_ms = COALESCE($10, asked_ms)
         WHERE subject = $1 AND fingerprint = $2 AND state = 'wanted' AND due_ms = $3")
        .bind(a.theme.as_str()).bind(&a.fingerprint).bind(a.lease_until.0).bind(state).bind(due.0).bind(text)
        .bind(&quotes).bind(reason).bind(i64::from(asked)).bind(asked_ms).execute(c).await?.rows_affected());
    Ok(n > 0)
}

/// Forgets all that was made of a rollout's themes: it may come near to what a person said who wants to be forgotten. It is
/// asked anew.
pub async fn forget(tx: &mut Tx, rollout: &RolloutId) -> Result<u64> {
    Ok(on!(tx, c => sqlx::query("DELETE FROM rephrased WHERE rollout_id = $1")
        .bind(rollout.as_str()).execute(c).await?.rows_affected()))
}

/// The day that budgets are counted by: days since 1970, UTC.
fn day(at: UnixMs) -> i64 {
    at.0.div_euclid(DAY_MS)
}

/// When the day after `at` begins.
pub fn next_day(at: UnixMs) -> UnixMs {
    UnixMs((day(at) + 1).saturating_mul(DAY_MS))
}

/// Sets tokens aside for one question; `false` where the day's budget does not hold them. All replicas share one budget.
pub async fn reserve(tx: &mut Tx, now: UnixMs, tokens: i64, budget: i64) -> Result<bool> {
    if tokens > budget {
        return Ok(false);
    }
    let n = on!(tx, c => sqlx::query(
        "INSERT INTO spending (day, tokens, calls) VALUES ($1, $2, 1)
         ON CONFLICT (day) DO UPDATE SET tokens = spending.tokens + $2, calls = spending.calls + 1
         WHERE spending.tokens + $2 <= $3")
        .bind(day(now)).bind(tokens).bind(budget).execute(c).await?.rows_affected());
    Ok(n > 0)
}

/// Puts what was used in the place of what was set aside at `reserved_at`.
pub async fn settle(tx: &mut Tx, reserved_at: UnixMs, reserved: i64, used: i64) -> Result<()> {
    on!(tx, c => sqlx::query("UPDATE spending SET tokens = tokens - $2 + $3 WHERE day = $1")
        .bind(day(reserved_at)).bind(reserved).bind(used).execute(c).await?.rows_affected());
    Ok(())
}

/// Tokens and calls of the day.
pub async fn spent(tx: &mut Tx, now: UnixMs) -> Result<(i64, i64)> {
    let row: Option<(i64, i64)> = on!(tx, c => sqlx::query_as("SELECT tokens, calls FROM spending WHERE day = $1")
        .bind(day(now)).fetch_optional(c).await?);
    Ok(row.unwrap_or_default())
}
