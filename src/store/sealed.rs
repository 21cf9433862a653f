//! What was taken out of statements, sealed, and who looked at it. The store holds no key.

use std::collections::BTreeMap;

use anyhow::Result;

use super::{Tx, from_json};
use crate::id::{FeedbackId, RevealId};
use crate::time::UnixMs;

/// What was taken out of one statement.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Sealed {
    /// Which key opens it.
    pub key_id: String,
    /// What only that key turns into words.
    pub sealed: Vec<u8>,
}

/// Somebody looked at what was sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reveal {
    /// Its id.
    pub id: RevealId,
    /// The statement.
    pub feedback: FeedbackId,
    /// Which key opened it.
    pub key_id: String,
    /// Who looked.
    pub who: String,
    /// Why.
    pub why: String,
    /// When.
    pub at: UnixMs,
}

/// The texts of a statement as they are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    /// What was said.
    pub text: Option<String>,
    /// The variant that was seen.
    pub variant: Option<String>,
    /// Where it came through.
    pub channel: String,
    /// Where in the product it was said.
    pub url: Option<String>,
    /// What is known of the person's account and the like.
    pub attributes: BTreeMap<String, String>,
    /// Anything else, as JSON.
    pub metadata: Option<String>,
}

/// Keeps what was taken out of a statement, which is kept already.
pub async fn keep(tx: &mut Tx, feedback: &FeedbackId, s: &Sealed, now: UnixMs) -> Result<()> {
    on!(tx, c => sqlx::query("INSERT INTO sealed (feedback_id, key_id, sealed, sealed_ms) VALUES ($1, $2, $3, $4)")
        .bind(feedback.as_str()).bind(&s.key_id).bind(&s.sealed).bind(now.0).execute(c).await?.rows_affected());
    Ok(())
}

/// Forgets what was taken out of a statement.
pub async fn remove(tx: &mut Tx, feedback: &FeedbackId) -> Result<()> {
    on!(tx, c => sqlx::query("DELETE FROM sealed WHERE feedback_id = $1")
        .bind(feedback.as_str()).execute(c).await?.rows_affected());
    Ok(())
}

/// What was taken out of a statement; `None` where nothing was kept.
pub async fn get(tx: &mut Tx, feedback: &FeedbackId) -> Result<Option<Sealed>> {
    Ok(on!(tx, c => sqlx::query_as("SELECT key_id, sealed FROM sealed WHERE feedback_id = $1")
        .bind(feedback.as_str()).fetch_optional(c).await?))
}

#[derive(sqlx::FromRow)]
struct TextsRow {
    text: Option<String>,
    variant: Option<String>,
    channel: String,
    url: Option<String>,
    attributes: String,
    metadata: Option<String>,
}

/// The texts of a statement; `None` where there is no such statement.
pub async fn texts(tx: &mut Tx, feedback: &FeedbackId) -> Result<Option<Texts>> {
    let row: Option<TextsRow> = on!(tx, c => sqlx::query_as(
        "SELECT text, variant, channel, url, attributes, metadata FROM feedback WHERE id = $1")
        .bind(feedback.as_str()).fetch_optional(c).await?);
    row.map(|r| {
        let TextsRow { text, variant, channel, url, attributes, metadata } = r;
        Ok(Texts { text, variant, channel, url, attributes: from_json(&attributes)?, metadata })
    })
    .transpose()
}

/// Records that somebody looked.
pub async fn record_reveal(tx: &mut Tx, r: &Reveal) -> Result<()> {
    on!(tx, c => sqlx::query(
        "INSERT INTO reveals (id, feedback_id, key_id, who, why, at_ms) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(r.id.as_str()).bind(r.feedback.as_str()).bind(&r.key_id).bind(&r.who).bind(&r.why).bind(r.at.0)
        .execute(c).await?.rows_affected());
    Ok(())
}

#[derive(sqlx::FromRow)]
struct RevealRow {
    id: String,
    feedback_id: String,
    key_id: String,
    who: String,
    why: String,
    at_ms: i64,
}

/// Who looked at a statement, the first first; also at one that is gone.
pub async fn reveals(tx: &mut Tx, feedback: &FeedbackId) -> Result<Vec<Reveal>> {
    let rows: Vec<RevealRow> = on!(tx, c => sqlx::query_as(
        "SELECT id, feedback_id, key_id, who, why, at_ms FROM reveals WHERE feedback_id = $1 ORDER BY at_ms, id")
        .bind(feedback.as_str()).fetch_all(c).await?);
    let noun = |r: RevealRow| Reveal {
        id: RevealId(r.id),
        feedback: FeedbackId(r.feedback_id),
        key_id: r.key_id,
        who: r.who,
        why: r.why,
        at: UnixMs(r.at_ms),
    };
    Ok(rows.into_iter().map(noun).collect())
}
