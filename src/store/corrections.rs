//! What people said of readings that were wrong.

use std::collections::BTreeMap;

use anyhow::Result;
use sqlx::QueryBuilder;

use super::Tx;
use crate::domain::annotation::{Intent, Sentiment};
use crate::domain::correction::{Correction, Kept};
use crate::id::FeedbackId;
use crate::time::UnixMs;

#[derive(sqlx::FromRow)]
struct Row {
    sentiment: Option<String>,
    intents: Option<String>,
    spam: Option<i64>,
}

impl From<Row> for Correction {
    fn from(r: Row) -> Self {
        Self {
            sentiment: r.sentiment.as_deref().and_then(Sentiment::parse),
            intents: r.intents.map(|i| i.split('+').filter_map(Intent::parse).collect()),
            spam: r.spam.map(|s| s != 0),
        }
    }
}

/// Keeps a person's word; an earlier one on the same statement is replaced.
pub async fn keep(tx: &mut Tx, id: &FeedbackId, correction: &Correction, who: &str, at: UnixMs) -> Result<()> {
    let joined = |intents: &Vec<Intent>| intents.iter().map(|i| i.as_str()).collect::<Vec<_>>().join("+");
    on!(tx, c => sqlx::query(
        "INSERT INTO corrections (feedback_id, sentiment, intents, spam, who, at_ms) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (feedback_id) DO UPDATE SET sentiment = $2, intents = $3, spam = $4, who = $5, at_ms = $6")
        .bind(id.as_str()).bind(correction.sentiment.map(Sentiment::as_str)).bind(correction.intents.as_ref().map(joined))
        .bind(correction.spam.map(i64::from)).bind(who).bind(at.0).execute(c).await?.rows_affected());
    Ok(())
}

/// A person's word on a statement is taken back. Gives whether there was one.
pub async fn remove(tx: &mut Tx, id: &FeedbackId) -> Result<bool> {
    let gone = on!(tx, c => sqlx::query("DELETE FROM corrections WHERE feedback_id = $1")
        .bind(id.as_str()).execute(c).await?.rows_affected());
    Ok(gone > 0)
}

#[derive(sqlx::FromRow)]
struct WithName {
    feedback_id: String,
    #[sqlx(flatten)]
    row: Row,
    who: String,
    at_ms: i64,
}

/// What was said of these statements, a few hundred at most; one of which nothing was said is left out.
pub async fn of_all(tx: &mut Tx, ids: impl Iterator<Item = &FeedbackId> + Send) -> Result<BTreeMap<FeedbackId, Kept>> {
    let ids: Vec<&str> = ids.map(FeedbackId::as_str).collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<WithName> = on!(tx, c => {
        let sql = "SELECT feedback_id, sentiment, intents, spam, who, at_ms FROM corrections WHERE feedback_id IN (";
        let mut query = QueryBuilder::new(sql);
        let mut list = query.separated(", ");
        for id in ids {
            list.push_bind(id);
        }
        query.push(")").build_query_as().fetch_all(c).await?
    });
    let kept = |r: WithName| {
        let kept = Kept { correction: r.row.into(), who: r.who, at: UnixMs(r.at_ms) };
        (FeedbackId(r.feedback_id), kept)
    };
    Ok(rows.into_iter().map(kept).collect())
}

#[derive(sqlx::FromRow)]
struct WithText {
    #[sqlx(flatten)]
    row: Row,
    text: String,
    locale: Option<String>,
}

/// All corrections of statements with words, with those and the sender's idea of the language, in a fixed order.
pub async fn with_texts(tx: &mut Tx) -> Result<Vec<(String, Option<String>, Correction)>> {
    let rows: Vec<WithText> = on!(tx, c => sqlx::query_as(
        "SELECT c.sentiment, c.intents, c.spam, f.text, f.locale FROM corrections c JOIN feedback f ON f.id = c.feedback_id
         WHERE f.text IS NOT NULL ORDER BY c.feedback_id").fetch_all(c).await?);
    Ok(rows.into_iter().map(|r| (r.text, r.locale, r.row.into())).collect())
}
