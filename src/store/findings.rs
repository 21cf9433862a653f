//! What the figures of a rollout say. Of a kind about a subject there is one: a newer one takes its place.

use anyhow::Result;

use super::Tx;
use crate::id::RolloutId;
use crate::time::UnixMs;

/// One finding, its body as JSON.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct FindingRow {
    /// Its id, which stays when a newer one takes its place.
    pub id: String,
    /// What kind of statement it is.
    pub kind: String,
    /// What it is about.
    pub subject: String,
    /// How loud it is.
    pub grade: String,
    /// The figures.
    pub body: String,
    /// Equal where the body is.
    pub hash: String,
    /// When it was worked out.
    pub at_ms: i64,
}

/// Keeps a finding. `false` where the one that is there says the same.
pub async fn keep(tx: &mut Tx, rollout: &RolloutId, f: &FindingRow) -> Result<bool> {
    let n = on!(tx, c => sqlx::query(
        "INSERT INTO findings (id, rollout_id, kind, subject, grade, body, hash, at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (rollout_id, kind, subject) DO UPDATE SET grade = excluded.grade, body = excluded.body,
           hash = excluded.hash, at_ms = excluded.at_ms
           WHERE findings.hash <> excluded.hash OR findings.grade <> excluded.grade")
        .bind(&f.id).bind(rollout.as_str()).bind(&f.kind).bind(&f.subject).bind(&f.grade).bind(&f.body).bind(&f.hash)
        .bind(f.at_ms).execute(c).await?.rows_affected());
    Ok(n > 0)
}

/// The findings of a rollout, by kind and subject.
pub async fn of_rollout(tx: &mut Tx, rollout: &RolloutId) -> Result<Vec<FindingRow>> {
    Ok(on!(tx, c => sqlx::query_as(
        "SELECT id, kind, subject, grade, body, hash, at_ms FROM findings WHERE rollout_id = $1 ORDER BY kind, subject")
        .bind(rollout.as_str()).fetch_all(c).await?))
}

/// When a rollout's findings were last worked out with another result; `None` where there are none.
pub async fn latest(tx: &mut Tx, rollout: &RolloutId) -> Result<Option<UnixMs>> {
    let at: Option<i64> = on!(tx, c => sqlx::query_scalar("SELECT MAX(at_ms) FROM findings WHERE rollout_id = $1")
        .bind(rollout.as_str()).fetch_one(c).await?);
    Ok(at.map(UnixMs))
}

/// Takes a finding back that no longer holds.
pub async fn remove(tx: &mut Tx, rollout: &RolloutId, kind: &str, subject: &str) -> Result<()> {
    on!(tx, c => sqlx::query("DELETE FROM findings WHERE rollout_id = $1 AND kind = $2 AND subject = $3")
        .bind(rollout.as_str()).bind(kind).bind(subject).execute(c).await?.rows_affected());
    Ok(())
}
