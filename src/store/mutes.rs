//! Themes that people want to hear nothing new of for a while.

use anyhow::Result;

use super::Tx;
use crate::id::{RolloutId, ThemeId};
use crate::time::UnixMs;

/// A theme that is muted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mute {
    /// Which.
    pub theme: ThemeId,
    /// Until when.
    pub until: UnixMs,
    /// Who wished it.
    pub who: String,
}

/// Mutes a theme until then; the last word stands.
pub async fn set(tx: &mut Tx, m: &Mute) -> Result<()> {
    on!(tx, c => sqlx::query(
        "INSERT INTO mutes (theme_id, until_ms, who) VALUES ($1, $2, $3)
         ON CONFLICT (theme_id) DO UPDATE SET until_ms = $2, who = $3")
        .bind(m.theme.as_str()).bind(m.until.0).bind(&m.who).execute(c).await?.rows_affected());
    Ok(())
}

/// The themes of a rollout that are muted now.
pub async fn of_rollout(tx: &mut Tx, rollout: &RolloutId, now: UnixMs) -> Result<Vec<Mute>> {
    let rows: Vec<(String, i64, String)> = on!(tx, c => sqlx::query_as(
        "SELECT m.theme_id, m.until_ms, m.who FROM mutes m JOIN themes t ON t.id = m.theme_id
         WHERE t.rollout_id = $1 AND m.until_ms > $2 ORDER BY m.theme_id")
        .bind(rollout.as_str()).bind(now.0).fetch_all(c).await?);
    Ok(rows.into_iter().map(|(theme, until, who)| Mute { theme: ThemeId(theme), until: UnixMs(until), who }).collect())
}
