//! Themes with their incremental state.

use anyhow::Result;

use super::rollouts::TallyRow;
use super::{Tx, from_json, to_json};
use crate::domain::theme::Theme;
use crate::id::{RolloutId, ThemeId};
use crate::time::UnixMs;

/// Themes of one rollout that are held at once when a statement is placed; beyond it the smallest wait unseen.
pub const THEMES_MAX: i64 = 500;

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    name: String,
    vector: String,
    intents: String,
    #[sqlx(flatten)]
    tally: TallyRow,
    confidence_sum: f64,
    first_ms: i64,
    last_ms: i64,
}

impl TryFrom<Row> for Theme {
    type Error = anyhow::Error;

    fn try_from(r: Row) -> Result<Self> {
        Ok(Self {
            id: ThemeId(r.id),
            name: r.name,
            vector: from_json(&r.vector)?,
            intents: from_json(&r.intents)?,
            tally: r.tally.into(),
            confidence_sum: r.confidence_sum,
            first_at: UnixMs(r.first_ms),
            last_at: UnixMs(r.last_ms),
        })
    }
}

/// The themes of a rollout, by age; at most [`THEMES_MAX`]: those with a ticket, then the largest, then the latest, so
/// that what people begin to say now is seen however much was said before.
pub async fn of_rollout(tx: &mut Tx, rollout: &RolloutId) -> Result<Vec<Theme>> {
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(
        "SELECT id, name, vector, intents, negative, mixed, neutral, positive, confidence_sum, first_ms, last_ms
         FROM themes t WHERE rollout_id = $1
         ORDER BY CASE WHEN EXISTS (SELECT 1 FROM tickets k WHERE k.theme_id = t.id) THEN 0 ELSE 1 END,
           people DESC, last_ms DESC, id LIMIT $2")
        .bind(rollout.as_str()).bind(THEMES_MAX).fetch_all(c).await?);
    let mut themes = rows.into_iter().map(Theme::try_from).collect::<Result<Vec<_>>>()?;
    themes.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(themes)
}

/// Writes a theme as it stands.
pub async fn save(tx: &mut Tx, rollout: &RolloutId, t: &Theme) -> Result<()> {
    let (vector, intents) = (to_json(&t.vector)?, to_json(&t.intents)?);
    let n = TallyRow::from(t.tally);
    on!(tx, c => sqlx::query(
        "INSERT INTO themes (id, rollout_id, name, vector, intents, people, negative, mixed, neutral, positive,
           confidence_sum, first_ms, last_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT (id) DO UPDATE SET name = $3, vector = $4, intents = $5, people = $6, negative = $7, mixed = $8,
           neutral = $9, positive = $10, confidence_sum = $11, first_ms = $12, last_ms = $13")
        .bind(t.id.as_str()).bind(rollout.as_str()).bind(&t.name).bind(&vector).bind(&intents).bind(t.tally.people())
        .bind(n.negative).bind(n.mixed).bind(n.neutral).bind(n.positive).bind(t.confidence_sum)
        .bind(t.first_at.0).bind(t.last_at.0).execute(c).await?.rows_affected());
    Ok(())
}

/// One theme.
pub async fn get(tx: &mut Tx, id: &ThemeId) -> Result<Option<Theme>> {
    let row: Option<Row> = on!(tx, c => sqlx::query_as(
        "SELECT id, name, vector, intents, negative, mixed, neutral, positive, confidence_sum, first_ms, last_ms
         FROM themes WHERE id = $1").bind(id.as_str()).fetch_optional(c).await?);
    row.map(Theme::try_from).transpose()
}
