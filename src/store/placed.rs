//! Where statements are placed among themes.

use anyhow::Result;

use super::Tx;
use super::feedback::{Row, select};
use crate::domain::feedback::Feedback;
use crate::id::{FeedbackId, RolloutId, ThemeId};

/// Copies of one statement that are looked at.
const COPIES_MAX: i64 = 20;

/// A statement with the theme in which the engine placed it.
pub type Placed = (Feedback, Option<ThemeId>);

#[derive(sqlx::FromRow)]
struct PlacedRow {
    #[sqlx(flatten)]
    row: Row,
    placed_id: Option<String>,
}

fn nouns(rows: Vec<PlacedRow>) -> Result<Vec<Placed>> {
    rows.into_iter().map(|r| Ok((r.row.try_into()?, r.placed_id.map(ThemeId)))).collect()
}

/// All statements that count in a rollout, by id.
pub async fn all(tx: &mut Tx, rollout: &RolloutId) -> Result<Vec<Placed>> {
    let sql = select!("WHERE rollout_id = $1 AND counts = 1 ORDER BY id");
    nouns(on!(tx, c => sqlx::query_as(sql).bind(rollout.as_str()).fetch_all(c).await?))
}

/// The first statements that count in a rollout and have this fingerprint, by id, but for one.
pub async fn copies(tx: &mut Tx, rollout: &RolloutId, print: u64, but: &FeedbackId) -> Result<Vec<Placed>> {
    let sql = select!("WHERE rollout_id = $1 AND fingerprint = $2 AND counts = 1 AND id <> $3 ORDER BY id LIMIT $4");
    nouns(on!(tx, c => sqlx::query_as(sql).bind(rollout.as_str()).bind(print.cast_signed()).bind(but.as_str())
        .bind(COPIES_MAX).fetch_all(c).await?))
}

/// The first statements that count and that the engine placed in a theme, by id.
pub async fn in_theme(tx: &mut Tx, theme: &ThemeId, limit: i64) -> Result<Vec<Placed>> {
    let sql = select!("WHERE placed_id = $1 AND counts = 1 ORDER BY id LIMIT $2");
    nouns(on!(tx, c => sqlx::query_as(sql).bind(theme.as_str()).bind(limit).fetch_all(c).await?))
}

/// Where the engine placed one statement.
pub async fn of(tx: &mut Tx, id: &FeedbackId) -> Result<Option<ThemeId>> {
    let placed: Option<Option<String>> = on!(tx, c => sqlx::query_scalar("SELECT placed_id FROM feedback WHERE id = $1")
        .bind(id.as_str()).fetch_optional(c).await?);
    Ok(placed.flatten().map(ThemeId))
}

/// Places a statement anew.
pub async fn keep(tx: &mut Tx, f: &Feedback, placed: Option<&ThemeId>) -> Result<()> {
    on!(tx, c => sqlx::query("UPDATE feedback SET placed_id = $2, theme_id = $3 WHERE id = $1")
        .bind(f.id.as_str()).bind(placed.map(ThemeId::as_str)).bind(f.theme.as_ref().map(ThemeId::as_str))
        .execute(c).await?.rows_affected());
    Ok(())
}
