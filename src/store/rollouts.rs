//! Rollouts with their running counts.

use anyhow::Result;

use super::{Tx, from_json, to_json};
use crate::domain::rollout::Rollout;
use crate::domain::signal::Subject;
use crate::domain::tally::Tally;
use crate::id::RolloutId;
use crate::time::UnixMs;

/// What was counted of a rollout so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Counts {
    /// Distinct people by their latest statement.
    #[sqlx(flatten)]
    pub tally: TallyRow,
    /// Of these, people whose sender did not say who they are.
    pub anonymous: i64,
    /// Statements read, revisions included.
    pub items: i64,
    /// Statements that are spam.
    pub spam: i64,
    /// When the first was said.
    pub first_said_ms: Option<i64>,
    /// When the latest was said.
    pub last_said_ms: Option<i64>,
}

/// A tally as columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns are the fields of a tally")]
pub struct TallyRow {
    pub negative: i64,
    pub mixed: i64,
    pub neutral: i64,
    pub positive: i64,
}

impl From<TallyRow> for Tally {
    fn from(r: TallyRow) -> Self {
        Self { negative: r.negative, mixed: r.mixed, neutral: r.neutral, positive: r.positive }
    }
}

impl From<Tally> for TallyRow {
    fn from(t: Tally) -> Self {
        Self { negative: t.negative, mixed: t.mixed, neutral: t.neutral, positive: t.positive }
    }
}

/// Writes what the fold says of a rollout; counts stay. `true` where it is new.
pub async fn upsert(tx: &mut Tx, r: &Rollout, now: UnixMs) -> Result<bool> {
    let (flag, environment) = match &r.subject {
        Subject::Flag { flag, environment, .. } => (Some(flag), Some(environment)),
        Subject::Release { .. } | Subject::Tag { .. } | Subject::FlagEverywhere { .. } => (None, None),
    };
    let (payload, label, subject) = (to_json(r)?, r.label(), r.subject.key());
    let repo = r.about.repo.as_ref().map(ToString::to_string);
    on!(tx, c => {
        let known: Option<String> = sqlx::query_scalar("SELECT payload FROM rollouts WHERE id = $1")
            .bind(r.id.as_str()).fetch_optional(&mut *c).await?;
        if known.is_some_and(|k| k == payload) {
            return Ok(false);
        }
        let updated = sqlx::query(
            "UPDATE rollouts SET label = $2, tag = $3, repo = $4, started_ms = $5, payload = $6, due_ms = $7 WHERE id = $1")
            .bind(r.id.as_str()).bind(&label).bind(&r.about.tag).bind(&repo)
            .bind(r.started_at.map(|t| t.0)).bind(&payload).bind(now.0)
            .execute(&mut *c).await?.rows_affected();
        if updated > 0 {
            return Ok(false);
        }
        let inserted = sqlx::query(
            "INSERT INTO rollouts (id, subject_key, generation, label, flag, environment, tag, repo, started_ms,
               created_ms, payload, due_ms, negative, mixed, neutral, positive, anonymous, items, spam)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $10, 0, 0, 0, 0, 0, 0, 0)
             ON CONFLICT (id) DO NOTHING")
            .bind(r.id.as_str()).bind(&subject).bind(i64::from(r.generation)).bind(&label).bind(flag)
            .bind(environment).bind(&r.about.tag).bind(&repo).bind(r.started_at.map(|t| t.0)).bind(now.0).bind(&payload)
            .execute(&mut *c).await?.rows_affected();
        Ok(inserted > 0)
    })
}

/// One rollout.
pub async fn get(tx: &mut Tx, id: &RolloutId) -> Result<Option<Rollout>> {
    let row: Option<String> = on!(tx, c => sqlx::query_scalar("SELECT payload FROM rollouts WHERE id = $1")
        .bind(id.as_str()).fetch_optional(c).await?);
    row.map(|r| from_json(&r)).transpose()
}

/// One rollout's counts.
pub async fn counts(tx: &mut Tx, id: &RolloutId) -> Result<Counts> {
    Ok(on!(tx, c => sqlx::query_as(
        "SELECT negative, mixed, neutral, positive, anonymous, items, spam, first_said_ms, last_said_ms
         FROM rollouts WHERE id = $1").bind(id.as_str()).fetch_one(c).await?))
}

/// Writes one rollout's counts and asks for it to be looked at.
pub async fn set_counts(tx: &mut Tx, id: &RolloutId, n: &Counts, due: UnixMs) -> Result<()> {
    on!(tx, c => sqlx::query(
        "UPDATE rollouts SET negative = $2, mixed = $3, neutral = $4, positive = $5, anonymous = $6, items = $7, spam = $8,
           first_said_ms = $9, last_said_ms = $10, due_ms = CASE WHEN due_ms < $11 THEN due_ms ELSE $11 END WHERE id = $1")
        .bind(id.as_str()).bind(n.tally.negative).bind(n.tally.mixed).bind(n.tally.neutral).bind(n.tally.positive)
        .bind(n.anonymous).bind(n.items).bind(n.spam).bind(n.first_said_ms).bind(n.last_said_ms).bind(due.0)
        .execute(c).await?.rows_affected());
    Ok(())
}

/// The lock that statements share, and that a rollout which begins has alone.
const BEGINNING: i64 = 0x6865_6172_6261_636b;

/// Until the transaction ends, no rollout begins unseen: one that is under way waits, or is waited for. Taken before a
/// statement looks for its rollout. SQLite has one writer anyhow.
pub async fn let_none_begin(tx: &mut Tx) -> Result<()> {
    if let Tx::Postgres(tx) = tx {
        sqlx::query("SELECT pg_advisory_xact_lock_shared($1)").bind(BEGINNING).execute(&mut **tx).await?;
    }
    Ok(())
}

/// Waits until no statement is being kept, and keeps others waiting until the transaction ends. Taken before a new
/// rollout gathers the statements that were there before it: one that is being kept would be seen by neither.
pub async fn begin_alone(tx: &mut Tx) -> Result<()> {
    if let Tx::Postgres(tx) = tx {
        sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(BEGINNING).execute(&mut **tx).await?;
    }
    Ok(())
}

/// Holds a rollout's row until the transaction ends, so that two replicas do not work on it at once.
pub async fn lock(tx: &mut Tx, id: &RolloutId) -> Result<()> {
    on!(tx, c => sqlx::query("UPDATE rollouts SET generation = generation WHERE id = $1")
        .bind(id.as_str()).execute(c).await?.rows_affected());
    Ok(())
}

/// Rollouts that want to be looked at, the longest waiting first.
pub async fn due(tx: &mut Tx, now: UnixMs, limit: i64) -> Result<Vec<RolloutId>> {
    let rows: Vec<String> = on!(tx, c => sqlx::query_scalar(
        "SELECT id FROM rollouts WHERE due_ms <= $1 ORDER BY due_ms, id LIMIT $2")
        .bind(now.0).bind(limit).fetch_all(c).await?);
    Ok(rows.into_iter().map(RolloutId).collect())
}

/// Asks for a rollout to be looked at no later than `at`.
pub async fn wake(tx: &mut Tx, id: &RolloutId, at: UnixMs) -> Result<()> {
    on!(tx, c => sqlx::query("UPDATE rollouts SET due_ms = $2 WHERE id = $1 AND due_ms > $2")
        .bind(id.as_str()).bind(at.0).execute(c).await?.rows_affected());
    Ok(())
}

/// Sets when a rollout wants to be looked at next.
pub async fn set_due(tx: &mut Tx, id: &RolloutId, at: UnixMs) -> Result<()> {
    on!(tx, c => sqlx::query("UPDATE rollouts SET due_ms = $2 WHERE id = $1")
        .bind(id.as_str()).bind(at.0).execute(c).await?.rows_affected());
    Ok(())
}

/// When the next rollout wants to be looked at.
pub async fn next_due(tx: &mut Tx) -> Result<Option<UnixMs>> {
    let at: Option<i64> = on!(tx, c => sqlx::query_scalar("SELECT MIN(due_ms) FROM rollouts").fetch_one(c).await?);
    Ok(at.map(UnixMs))
}

/// Ids of rollouts, newest first, after `before` (an id of an earlier page) where given.
pub async fn page(tx: &mut Tx, before: Option<(UnixMs, &RolloutId)>, limit: i64) -> Result<Vec<(RolloutId, UnixMs)>> {
    let (ms, id) = before.map_or((i64::MAX, "~".to_owned()), |(at, id)| (at.0, id.0.clone()));
    let rows: Vec<(String, i64)> = on!(tx, c => sqlx::query_as(
        "SELECT id, created_ms FROM rollouts WHERE created_ms < $1 OR (created_ms = $1 AND id < $2)
         ORDER BY created_ms DESC, id DESC LIMIT $3").bind(ms).bind(id).bind(limit).fetch_all(c).await?);
    Ok(rows.into_iter().map(|(id, at)| (RolloutId(id), UnixMs(at))).collect())
}

/// Rollouts of a flag's key, newest first; of one environment where it is given.
pub async fn of_flag(tx: &mut Tx, flag: &str, environment: Option<&str>, limit: i64) -> Result<Vec<RolloutId>> {
    let rows: Vec<String> = on!(tx, c => sqlx::query_scalar(
        "SELECT id FROM rollouts WHERE flag = $1 AND (CAST($2 AS TEXT) IS NULL OR environment = $2)
         ORDER BY COALESCE(started_ms, created_ms) DESC, generation DESC LIMIT $3")
        .bind(flag).bind(environment).bind(limit).fetch_all(c).await?);
    Ok(rows.into_iter().map(RolloutId).collect())
}

/// Rollouts of a subject, the first first.
pub async fn of_subject(tx: &mut Tx, subject: &Subject) -> Result<Vec<RolloutId>> {
    let rows: Vec<String> = on!(tx, c => sqlx::query_scalar(
        "SELECT id FROM rollouts WHERE subject_key = $1 ORDER BY generation")
        .bind(subject.key()).fetch_all(c).await?);
    Ok(rows.into_iter().map(RolloutId).collect())
}

/// Rollouts of a release's tag, newest first.
pub async fn of_tag(tx: &mut Tx, tag: &str, limit: i64) -> Result<Vec<RolloutId>> {
    let rows: Vec<String> = on!(tx, c => sqlx::query_scalar(
        "SELECT id FROM rollouts WHERE tag = $1 ORDER BY COALESCE(started_ms, created_ms) DESC, generation DESC LIMIT $2")
        .bind(tag).bind(limit).fetch_all(c).await?);
    Ok(rows.into_iter().map(RolloutId).collect())
}

/// Rollouts that may belong to a repository, the latest first: its own, and those of flags that its releases and pull
/// requests name. With `homeless` those that name no repository too; without a repository all.
pub async fn of_repo(
    tx: &mut Tx,
    repo: Option<&str>,
    homeless: bool,
    since: UnixMs,
    limit: i64,
) -> Result<Vec<RolloutId>> {
    let rows: Vec<String> = on!(tx, c => sqlx::query_scalar(
        "SELECT id FROM rollouts r WHERE COALESCE(started_ms, created_ms) >= $3
           AND (CAST($1 AS TEXT) IS NULL OR LOWER(repo) = LOWER($1)
           OR (repo IS NULL AND ($2 = 1 OR flag IN (
             SELECT f.flag FROM mentioned_flags f JOIN mentions m ON m.origin = f.origin AND m.kind = f.kind AND m.id = f.id
             WHERE LOWER(m.repo) = LOWER($1)))))
         ORDER BY COALESCE(started_ms, created_ms) DESC, id LIMIT $4")
        .bind(repo).bind(i64::from(homeless)).bind(since.0).bind(limit).fetch_all(c).await?);
    Ok(rows.into_iter().map(RolloutId).collect())
}

/// Of other rollouts whose window is closed, how many people were negative, of how many; the latest first.
pub async fn past_shares(tx: &mut Tx, but: &RolloutId, limit: i64) -> Result<Vec<(i64, i64)>> {
    Ok(on!(tx, c => sqlx::query_as(
        "SELECT r.negative, r.negative + r.mixed + r.neutral + r.positive
         FROM rollouts r JOIN windows w ON w.rollout_id = r.id
         WHERE w.state = 'closed' AND r.id <> $1 AND r.negative + r.mixed + r.neutral + r.positive > 0
         ORDER BY r.created_ms DESC, r.id LIMIT $2").bind(but.as_str()).bind(limit).fetch_all(c).await?))
}

/// Rollouts that reached customers, and of these the ones whose window was ever open.
pub async fn coverage(tx: &mut Tx) -> Result<(i64, i64)> {
    Ok(on!(tx, c => sqlx::query_as(
        "SELECT COUNT(*), CAST(COALESCE(SUM(CASE WHEN w.opened_ms IS NULL THEN 0 ELSE 1 END), 0) AS BIGINT)
         FROM rollouts r LEFT JOIN windows w ON w.rollout_id = r.id WHERE r.started_ms IS NOT NULL")
        .fetch_one(c).await?))
}
