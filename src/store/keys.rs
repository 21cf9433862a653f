//! Ingest keys. The key itself is never kept, only its SHA-256.

use anyhow::Result;

use super::{Tx, from_json, to_json};
use crate::id::KeyId;
use crate::time::UnixMs;

/// A stored key.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredKey {
    /// Its id.
    pub id: KeyId,
    /// `public` or `secret`.
    pub kind: String,
    /// Its first characters.
    pub hint: String,
    /// Origins from which a public key may be used.
    pub origins: Vec<String>,
    /// Whether a public key may tell what people do, too.
    pub events: bool,
    /// When it was made.
    pub created_at: UnixMs,
    /// When it was taken back.
    pub revoked_at: Option<UnixMs>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    kind: String,
    hint: String,
    origins: String,
    events: i64,
    created_ms: i64,
    revoked_ms: Option<i64>,
}

impl TryFrom<Row> for StoredKey {
    type Error = anyhow::Error;

    fn try_from(r: Row) -> Result<Self> {
        Ok(Self {
            id: KeyId(r.id),
            kind: r.kind,
            hint: r.hint,
            origins: from_json(&r.origins)?,
            events: r.events != 0,
            created_at: UnixMs(r.created_ms),
            revoked_at: r.revoked_ms.map(UnixMs),
        })
    }
}

/// Keeps a key by its hash.
pub async fn insert(tx: &mut Tx, key: &StoredKey, hash: &str) -> Result<()> {
    let origins = to_json(&key.origins)?;
    on!(tx, c => sqlx::query(
        "INSERT INTO keys (id, kind, hash, hint, origins, created_ms, events) VALUES ($1, $2, $3, $4, $5, $6, $7)")
        .bind(key.id.as_str()).bind(&key.kind).bind(hash).bind(&key.hint).bind(&origins).bind(key.created_at.0)
        .bind(i64::from(key.events))
        .execute(c).await?.rows_affected());
    Ok(())
}

/// The key with this hash, unless it was taken back.
pub async fn find(tx: &mut Tx, hash: &str) -> Result<Option<StoredKey>> {
    let row: Option<Row> = on!(tx, c => sqlx::query_as(
        "SELECT id, kind, hint, origins, events, created_ms, revoked_ms FROM keys WHERE hash = $1 AND revoked_ms IS NULL")
        .bind(hash).fetch_optional(c).await?);
    row.map(StoredKey::try_from).transpose()
}

/// All keys, oldest first.
pub async fn all(tx: &mut Tx) -> Result<Vec<StoredKey>> {
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(
        "SELECT id, kind, hint, origins, events, created_ms, revoked_ms FROM keys ORDER BY created_ms, id").fetch_all(c).await?);
    rows.into_iter().map(StoredKey::try_from).collect()
}

/// Takes a key back. `false` where there is none with that id.
pub async fn revoke(tx: &mut Tx, id: &KeyId, now: UnixMs) -> Result<bool> {
    let n = on!(tx, c => sqlx::query("UPDATE keys SET revoked_ms = $2 WHERE id = $1 AND revoked_ms IS NULL")
        .bind(id.as_str()).bind(now.0).execute(c).await?.rows_affected());
    Ok(n > 0)
}

/// The answer that was given to a request with this key before: its body's fingerprint and the answer.
pub async fn answered(tx: &mut Tx, scope: &str, key: &str) -> Result<Option<(String, String)>> {
    Ok(on!(tx, c => sqlx::query_as("SELECT fingerprint, answer FROM idempotency WHERE scope = $1 AND key = $2")
        .bind(scope).bind(key).fetch_optional(c).await?))
}

/// Keeps an answer. `false` where another request with the same key was faster.
pub async fn keep_answer(
    tx: &mut Tx,
    scope: &str,
    key: &str,
    fingerprint: &str,
    answer: &str,
    now: UnixMs,
) -> Result<bool> {
    let n = on!(tx, c => sqlx::query(
        "INSERT INTO idempotency (scope, key, fingerprint, answer, created_ms) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (scope, key) DO NOTHING")
        .bind(scope).bind(key).bind(fingerprint).bind(answer).bind(now.0).execute(c).await?.rows_affected());
    Ok(n > 0)
}

/// Forgets answers older than `before`.
pub async fn forget_answers(tx: &mut Tx, before: UnixMs) -> Result<u64> {
    Ok(
        on!(tx, c => sqlx::query("DELETE FROM idempotency WHERE created_ms < $1").bind(before.0).execute(c).await?.rows_affected()),
    )
}
