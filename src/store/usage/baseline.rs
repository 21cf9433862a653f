//! What people say in all, by the day: what a rollout's share is compared with. And what a person said, for counting it.

use std::collections::BTreeMap;

use anyhow::Result;

use crate::domain::annotation::{Annotation, Intent, Sentiment};
use crate::domain::feedback::Rating;
use crate::id::{FeedbackId, RolloutId};
use crate::store::{Tx, from_json};
use crate::time::UnixMs;

/// Statements of one person that are looked at, of a rollout or a day; later ones count nowhere.
const STATEMENTS_MAX: i64 = 50;

/// One statement as it counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Uttered {
    /// Its id.
    pub id: FeedbackId,
    /// When it was said.
    pub occurred_at: UnixMs,
    /// When it came.
    pub received_at: UnixMs,
    /// How it came.
    pub channel: String,
    /// What its sender says that the person had.
    pub variant: Option<String>,
    /// The mark.
    pub rating: Option<Rating>,
    /// Plan, country and the like.
    pub attributes: BTreeMap<String, String>,
    /// What was read, as far as counting needs it; `None` where it was not read yet, or nobody meant it.
    pub reading: Option<Annotation>,
    /// What it counts in the baseline now.
    pub baseline: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    occurred_ms: i64,
    received_ms: i64,
    channel: String,
    variant: Option<String>,
    rating_value: Option<f64>,
    rating_scale: Option<f64>,
    attributes: String,
    state: String,
    spam: Option<i64>,
    sentiment: Option<String>,
    score: Option<f64>,
    confidence: Option<f64>,
    engine: Option<String>,
    baseline: Option<String>,
}

impl TryFrom<Row> for Uttered {
    type Error = anyhow::Error;

    fn try_from(r: Row) -> Result<Self> {
        let meant = r.state == "read" && r.spam == Some(0);
        let reading = r.score.zip(r.confidence).filter(|_| meant).map(|(score, confidence)| Annotation {
            language: String::new(),
            sentiment: r.sentiment.as_deref().and_then(Sentiment::parse).unwrap_or(Sentiment::Neutral),
            score,
            confidence,
            intent: Intent::Other,
            intent_confidence: 0.0,
            spam: false,
            fingerprint: 0,
            engine: r.engine.unwrap_or_default(),
            details: crate::domain::annotation::Details::default(),
        });
        Ok(Self {
            id: FeedbackId(r.id),
            occurred_at: UnixMs(r.occurred_ms),
            received_at: UnixMs(r.received_ms),
            channel: r.channel,
            variant: r.variant,
            rating: r.rating_value.zip(r.rating_scale).map(|(value, scale)| Rating { value, scale }),
            attributes: from_json(&r.attributes)?,
            reading,
            baseline: r.baseline,
        })
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, occurred_ms, received_ms, channel, variant, rating_value, rating_scale, attributes, state, spam, sentiment, score, ",
            "confidence, engine, baseline FROM feedback ",
            $rest
        )
    };
}

/// What a person said in a rollout and meant, the first first.
pub async fn in_rollout(tx: &mut Tx, person: &str, rollout: &RolloutId) -> Result<Vec<Uttered>> {
    let sql = select!(
        "WHERE person = $1 AND rollout_id = $2 AND state = 'read' AND spam = 0 ORDER BY occurred_ms, id LIMIT $3"
    );
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(sql).bind(person).bind(rollout.as_str()).bind(STATEMENTS_MAX)
        .fetch_all(c).await?);
    rows.into_iter().map(Uttered::try_from).collect()
}

/// What a person said between two moments, of any rollout or none, the first first.
pub async fn between(tx: &mut Tx, person: &str, from: UnixMs, until: UnixMs) -> Result<Vec<Uttered>> {
    let sql = select!("WHERE person = $1 AND occurred_ms >= $2 AND occurred_ms < $3 ORDER BY occurred_ms, id LIMIT $4");
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(sql).bind(person).bind(from.0).bind(until.0).bind(STATEMENTS_MAX)
        .fetch_all(c).await?);
    rows.into_iter().map(Uttered::try_from).collect()
}

/// What a person's statements count in the baseline, and when they were said.
pub async fn of_person(tx: &mut Tx, person: &str) -> Result<Vec<(FeedbackId, String, UnixMs)>> {
    let rows: Vec<(String, String, i64)> = on!(tx, c => sqlx::query_as(
        "SELECT id, baseline, occurred_ms FROM feedback WHERE person = $1 AND baseline IS NOT NULL").bind(person).fetch_all(c).await?);
    Ok(rows.into_iter().map(|(id, cell, at)| (FeedbackId(id), cell, UnixMs(at))).collect())
}

/// Notes what a statement counts in the baseline.
pub async fn note(tx: &mut Tx, id: &FeedbackId, cell: Option<&str>) -> Result<()> {
    on!(tx, c => sqlx::query("UPDATE feedback SET baseline = $2 WHERE id = $1")
        .bind(id.as_str()).bind(cell).execute(c).await?.rows_affected());
    Ok(())
}

/// What people of a segment said in a channel on a day.
#[derive(Clone, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct BaselineCell {
    /// Since 1970, UTC.
    pub day: i64,
    /// Their segment; empty where none is told.
    pub segment: String,
    /// The class of the channel.
    pub channel: String,
    /// How many, of those that were read surely.
    pub n: i64,
    /// Of these, unhappy ones.
    pub neg: i64,
    /// Of these, happy ones.
    pub pos: i64,
}

/// Adds to the baseline.
pub async fn add(tx: &mut Tx, cell: &BaselineCell) -> Result<()> {
    on!(tx, c => {
        sqlx::query(
            "INSERT INTO baseline_cells (day, segment, channel, n, neg, pos) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (day, segment, channel) DO UPDATE SET n = baseline_cells.n + excluded.n,
               neg = baseline_cells.neg + excluded.neg, pos = baseline_cells.pos + excluded.pos")
            .bind(cell.day).bind(&cell.segment).bind(&cell.channel).bind(cell.n).bind(cell.neg).bind(cell.pos)
            .execute(&mut *c).await?;
        if cell.n < 0 {
            sqlx::query("DELETE FROM baseline_cells WHERE day = $1 AND segment = $2 AND channel = $3 AND n = 0")
                .bind(cell.day).bind(&cell.segment).bind(&cell.channel).execute(&mut *c).await?;
        }
    });
    Ok(())
}

/// The baseline from one day to another, both included, by day.
pub async fn days(tx: &mut Tx, from: i64, to: i64) -> Result<Vec<BaselineCell>> {
    Ok(on!(tx, c => sqlx::query_as(
        "SELECT day, segment, channel, n, neg, pos FROM baseline_cells WHERE day >= $1 AND day <= $2
         ORDER BY day, segment, channel").bind(from).bind(to).fetch_all(c).await?))
}
