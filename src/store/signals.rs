//! Normalised facts: what rollouts are folded from.

use anyhow::Result;
use sha2::{Digest, Sha256};

use super::{Tx, from_json, to_json};
use crate::domain::signal::{Signal, SignalKind, Subject};
use crate::id::{DeliveryId, SignalId};

/// The key that joins a deployment to the release of its tag.
fn tag_key(signal: &Signal) -> Option<String> {
    match &signal.subject {
        Subject::Tag { .. } => Some(signal.subject.key()),
        Subject::Release { origin, .. } => {
            signal.about.tag.as_ref().map(|tag| Subject::Tag { origin: origin.clone(), tag: tag.clone() }.key())
        }
        Subject::Flag { .. } | Subject::FlagEverywhere { .. } => None,
    }
}

/// What makes two signals the same fact: the kind and the source's time. Where the source tells no time, what makes the
/// delivery unique stands for it, so that a replay under a new delivery id is still the same.
fn fingerprint(signal: &Signal, unique: &str) -> Result<String> {
    let when = signal.occurred_at.map_or_else(|| unique.to_owned(), |t| t.0.to_string());
    let about = if signal.kind == SignalKind::Edited { unique } else { "" };
    let text = format!("{}\n{when}\n{about}", to_json(&signal.kind)?);
    Ok(hex::encode(&Sha256::digest(text.as_bytes())[..12]))
}

/// Keeps a signal. `false` where the same fact is known already.
pub async fn insert(
    tx: &mut Tx,
    id: &SignalId,
    signal: &Signal,
    delivery: Option<&DeliveryId>,
    unique: &str,
) -> Result<bool> {
    let (subject, tag, print) = (signal.subject.key(), tag_key(signal), fingerprint(signal, unique)?);
    let payload = to_json(signal)?;
    let done = on!(tx, c => sqlx::query(
        "INSERT INTO signals (id, subject_key, tag_key, fingerprint, kind, received_ms, delivery_id, payload)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (subject_key, fingerprint) DO NOTHING")
        .bind(id.as_str()).bind(&subject).bind(&tag).bind(&print).bind(signal.kind.as_str())
        .bind(signal.received_at.0).bind(delivery.map(DeliveryId::as_str)).bind(&payload)
        .execute(c).await?.rows_affected());
    Ok(done > 0)
}

/// Holds a subject until the transaction ends, so that two replicas do not fold it at once without seeing each other's
/// signals. SQLite has one writer anyhow.
pub async fn lock_subject(tx: &mut Tx, subject: &Subject) -> Result<()> {
    let key = match subject {
        // A deployment and the release of its tag wait for each other.
        Subject::Release { origin, .. } | Subject::Tag { origin, .. } => format!("origin|{origin}"),
        // So do what is said of a flag in one environment and in all of them.
        Subject::Flag { .. } | Subject::FlagEverywhere { .. } => {
            subject.everywhere().map_or_else(|| subject.key(), |s| s.key())
        }
    };
    if let Tx::Postgres(tx) = tx {
        sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))").bind(key).execute(&mut **tx).await?;
    }
    Ok(())
}

/// Every signal of a subject: of a release its tags' deployments too, of a flag what is said of it in all environments.
/// A subject has tens of them, not thousands.
pub async fn of_subject(tx: &mut Tx, subject: &Subject) -> Result<Vec<Signal>> {
    let key = subject.key();
    let everywhere = subject.everywhere().map(|s| s.key());
    let rows: Vec<String> = on!(tx, c => sqlx::query_scalar(
        "SELECT payload FROM signals WHERE subject_key = $1
         UNION ALL
         SELECT payload FROM signals WHERE subject_key = $2 AND subject_key <> $1
         UNION ALL
         SELECT d.payload FROM signals d WHERE d.kind = 'deployed' AND d.tag_key IN (
           SELECT s.tag_key FROM signals s WHERE s.subject_key = $1 AND s.tag_key IS NOT NULL)")
        .bind(&key).bind(&everywhere).fetch_all(c).await?);
    rows.iter().map(|r| from_json(r)).collect()
}

/// The release that a tag belongs to; the latest where a tag was used again.
pub async fn release_of_tag(tx: &mut Tx, tag: &Subject) -> Result<Option<Subject>> {
    let row: Option<String> = on!(tx, c => sqlx::query_scalar(
        "SELECT payload FROM signals WHERE tag_key = $1 AND kind <> 'deployed' ORDER BY received_ms DESC, id DESC LIMIT 1")
        .bind(tag.key()).fetch_optional(c).await?);
    row.map(|r| from_json::<Signal>(&r).map(|s| s.subject)).transpose()
}
