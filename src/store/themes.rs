//! Themes with their incremental state.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use sqlx::QueryBuilder;

use super::rollouts::TallyRow;
use super::{Tx, from_json, to_json};
use crate::domain::theme::Theme;
use crate::id::{FeedbackId, RolloutId, ThemeId};
use crate::time::UnixMs;

/// Themes of one rollout that are held at once when a statement is placed; beyond it the smallest wait unseen.
pub const THEMES_MAX: i64 = 500;

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    name: String,
    named_at: i64,
    vector: String,
    into_id: Option<String>,
    intents: String,
    #[sqlx(flatten)]
    tally: TallyRow,
    confidence_sum: f64,
    quarters: String,
    first_ms: i64,
    last_ms: i64,
}

impl TryFrom<Row> for Theme {
    type Error = anyhow::Error;

    fn try_from(r: Row) -> Result<Self> {
        Ok(Self {
            id: ThemeId(r.id),
            name: r.name,
            named_at: u32::try_from(r.named_at).unwrap_or(u32::MAX),
            vector: from_json(&r.vector)?,
            into: r.into_id.map(ThemeId),
            intents: from_json(&r.intents)?,
            tally: r.tally.into(),
            confidence_sum: r.confidence_sum,
            quarters: from_json(&r.quarters)?,
            first_at: UnixMs(r.first_ms),
            last_at: UnixMs(r.last_ms),
        })
    }
}

/// A query over the columns that make a [`Theme`]; the text stays static.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, name, named_at, vector, into_id, intents, negative, mixed, neutral, positive, confidence_sum, quarters, ",
            "first_ms, last_ms FROM themes t ",
            $rest
        )
    };
}

/// The themes of a rollout that are shown, by age; at most [`THEMES_MAX`]: those with a ticket, then the largest, then the
/// latest, so that what people begin to say now is seen however much was said before.
pub async fn of_rollout(tx: &mut Tx, rollout: &RolloutId) -> Result<Vec<Theme>> {
    by_age(on!(tx, c => sqlx::query_as(select!(
        "WHERE rollout_id = $1 AND into_id IS NULL
         ORDER BY CASE WHEN EXISTS (SELECT 1 FROM tickets k WHERE k.theme_id = t.id) THEN 0 ELSE 1 END,
           people DESC, last_ms DESC, id LIMIT $2"))
        .bind(rollout.as_str()).bind(THEMES_MAX).fetch_all(c).await?))
}

/// The themes among which a new statement finds its home, by age: those that are shown in others too, else as
/// [`of_rollout`].
pub async fn homes(tx: &mut Tx, rollout: &RolloutId) -> Result<Vec<Theme>> {
    by_age(on!(tx, c => sqlx::query_as(select!(
        "WHERE rollout_id = $1
         ORDER BY CASE WHEN EXISTS (SELECT 1 FROM tickets k WHERE k.theme_id = t.id) THEN 0 ELSE 1 END,
           statements DESC, last_ms DESC, id LIMIT $2"))
        .bind(rollout.as_str()).bind(THEMES_MAX).fetch_all(c).await?))
}

/// All themes of a rollout, by age, however many.
pub async fn every(tx: &mut Tx, rollout: &RolloutId) -> Result<Vec<Theme>> {
    by_age(on!(tx, c => sqlx::query_as(select!("WHERE rollout_id = $1")).bind(rollout.as_str()).fetch_all(c).await?))
}

/// A theme that holds nothing goes away, unless a ticket or a statement still names it.
pub async fn remove(tx: &mut Tx, id: &ThemeId) -> Result<()> {
    on!(tx, c => sqlx::query(
        "DELETE FROM themes WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM tickets k WHERE k.theme_id = $1)
           AND NOT EXISTS (SELECT 1 FROM feedback f WHERE f.theme_id = $1)")
        .bind(id.as_str()).execute(c).await?.rows_affected());
    Ok(())
}

/// When the first and the latest of the statements that count in a theme were made, but for one.
pub async fn span(tx: &mut Tx, id: &ThemeId, but: &FeedbackId) -> Result<Option<(UnixMs, UnixMs)>> {
    let (first, last): (Option<i64>, Option<i64>) = on!(tx, c => sqlx::query_as(
        "SELECT MIN(occurred_ms), MAX(occurred_ms) FROM feedback WHERE theme_id = $1 AND counts = 1 AND id <> $2")
        .bind(id.as_str()).bind(but.as_str()).fetch_one(c).await?);
    Ok(first.zip(last).map(|(a, b)| (UnixMs(a), UnixMs(b))))
}

/// How many statements of a rollout there were when all were last looked at together; 0 where that never was.
pub async fn gathered(tx: &mut Tx, rollout: &RolloutId) -> Result<i64> {
    let n: Option<i64> = on!(tx, c => sqlx::query_scalar("SELECT statements FROM gatherings WHERE rollout_id = $1")
        .bind(rollout.as_str()).fetch_optional(c).await?);
    Ok(n.unwrap_or(0))
}

/// All statements of a rollout were looked at together.
pub async fn gather(tx: &mut Tx, rollout: &RolloutId, statements: i64, at: UnixMs) -> Result<()> {
    on!(tx, c => sqlx::query(
        "INSERT INTO gatherings (rollout_id, statements, at_ms) VALUES ($1, $2, $3)
         ON CONFLICT (rollout_id) DO UPDATE SET statements = $2, at_ms = $3")
        .bind(rollout.as_str()).bind(statements).bind(at.0).execute(c).await?.rows_affected());
    Ok(())
}

fn by_age(rows: Vec<Row>) -> Result<Vec<Theme>> {
    let mut themes = rows.into_iter().map(Theme::try_from).collect::<Result<Vec<_>>>()?;
    themes.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(themes)
}

/// Writes a theme as it stands.
pub async fn save(tx: &mut Tx, rollout: &RolloutId, t: &Theme) -> Result<()> {
    let (vector, intents, quarters) = (to_json(&t.vector)?, to_json(&t.intents)?, to_json(&t.quarters)?);
    let n = TallyRow::from(t.tally);
    on!(tx, c => sqlx::query(
        "INSERT INTO themes (id, rollout_id, name, vector, intents, people, negative, mixed, neutral, positive,
           confidence_sum, first_ms, last_ms, named_at, statements, into_id, quarters)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
         ON CONFLICT (id) DO UPDATE SET name = $3, vector = $4, intents = $5, people = $6, negative = $7, mixed = $8,
           neutral = $9, positive = $10, confidence_sum = $11, first_ms = $12, last_ms = $13, named_at = $14,
           statements = $15, into_id = $16, quarters = $17")
        .bind(t.id.as_str()).bind(rollout.as_str()).bind(&t.name).bind(&vector).bind(&intents).bind(t.tally.people())
        .bind(n.negative).bind(n.mixed).bind(n.neutral).bind(n.positive).bind(t.confidence_sum)
        .bind(t.first_at.0).bind(t.last_at.0).bind(i64::from(t.named_at)).bind(i64::from(t.vector.items))
        .bind(t.into.as_ref().map(ThemeId::as_str)).bind(&quarters).execute(c).await?.rows_affected());
    Ok(())
}

/// The names of these themes, a few hundred at most.
pub async fn names(tx: &mut Tx, ids: impl Iterator<Item = &ThemeId> + Send) -> Result<BTreeMap<ThemeId, String>> {
    let ids: BTreeSet<&str> = ids.map(ThemeId::as_str).collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<(String, String)> = on!(tx, c => {
        let mut query = QueryBuilder::new("SELECT id, name FROM themes WHERE id IN (");
        let mut list = query.separated(", ");
        for id in ids {
            list.push_bind(id);
        }
        query.push(")").build_query_as().fetch_all(c).await?
    });
    Ok(rows.into_iter().map(|(id, name)| (ThemeId(id), name)).collect())
}

/// One theme.
pub async fn get(tx: &mut Tx, id: &ThemeId) -> Result<Option<Theme>> {
    let row: Option<Row> =
        on!(tx, c => sqlx::query_as(select!("WHERE id = $1")).bind(id.as_str()).fetch_optional(c).await?);
    row.map(Theme::try_from).transpose()
}
