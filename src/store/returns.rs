//! Themes that came back: what a later rollout's people say is what a ticket of an earlier one is about.

use anyhow::Result;

use super::Tx;
use crate::id::{RolloutId, ThemeId, TicketId};
use crate::time::UnixMs;

/// Keeps that a theme is what a ticket is about. `false` where that was kept before.
pub async fn keep(tx: &mut Tx, ticket: &TicketId, rollout: &RolloutId, theme: &ThemeId, at: UnixMs) -> Result<bool> {
    let n = on!(tx, c => sqlx::query(
        "INSERT INTO returns (ticket_id, rollout_id, theme_id, at_ms) VALUES ($1, $2, $3, $4)
         ON CONFLICT (ticket_id, theme_id) DO NOTHING")
        .bind(ticket.as_str()).bind(rollout.as_str()).bind(theme.as_str()).bind(at.0).execute(c).await?.rows_affected());
    Ok(n > 0)
}

/// The rollouts and themes in which what a ticket is about came back, the first first.
pub async fn of_ticket(tx: &mut Tx, ticket: &TicketId) -> Result<Vec<(RolloutId, ThemeId)>> {
    let rows: Vec<(String, String)> = on!(tx, c => sqlx::query_as(
        "SELECT rollout_id, theme_id FROM returns WHERE ticket_id = $1 ORDER BY at_ms, theme_id")
        .bind(ticket.as_str()).fetch_all(c).await?);
    Ok(rows.into_iter().map(|(rollout, theme)| (RolloutId(rollout), ThemeId(theme))).collect())
}

/// The themes of a rollout that came back, each with a ticket that is about it.
pub async fn of_rollout(tx: &mut Tx, rollout: &RolloutId) -> Result<Vec<(ThemeId, TicketId)>> {
    let rows: Vec<(String, String)> = on!(tx, c => sqlx::query_as(
        "SELECT theme_id, ticket_id FROM returns WHERE rollout_id = $1 ORDER BY theme_id, ticket_id")
        .bind(rollout.as_str()).fetch_all(c).await?);
    Ok(rows.into_iter().map(|(theme, ticket)| (ThemeId(theme), TicketId(ticket))).collect())
}
