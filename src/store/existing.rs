//! People's own issues: as they were listed a moment ago, and how tickets stand to them.

use anyhow::Result;

use super::{Tx, from_json, to_json};
use crate::domain::existing::{Beside, Listed};
use crate::domain::ticket::TrackerName;
use crate::id::TicketId;
use crate::time::UnixMs;

/// How a ticket stands to people's own issues.
pub async fn beside(tx: &mut Tx, ticket: &TicketId) -> Result<Beside> {
    let row: Option<(i64, String, Option<String>)> = on!(tx, c => sqlx::query_as(
        "SELECT linked, related, comment FROM existing_issues WHERE ticket_id = $1")
        .bind(ticket.as_str()).fetch_optional(c).await?);
    let Some((linked, related, comment)) = row else { return Ok(Beside::default()) };
    Ok(Beside { linked: linked != 0, related: from_json(&related)?, comment })
}

/// Keeps how a ticket stands to people's own issues.
pub async fn put_beside(tx: &mut Tx, ticket: &TicketId, b: &Beside) -> Result<()> {
    let related = to_json(&b.related)?;
    on!(tx, c => sqlx::query(
        "INSERT INTO existing_issues (ticket_id, linked, related, comment) VALUES ($1, $2, $3, $4)
         ON CONFLICT (ticket_id) DO UPDATE SET linked = $2, related = $3, comment = $4")
        .bind(ticket.as_str()).bind(i64::from(b.linked)).bind(&related).bind(&b.comment)
        .execute(c).await?.rows_affected());
    Ok(())
}

/// The issues of a place as they were listed since `since`; `None` where that is longer ago.
pub async fn listing(tx: &mut Tx, tracker: TrackerName, target: &str, since: UnixMs) -> Result<Option<Vec<Listed>>> {
    let row: Option<String> = on!(tx, c => sqlx::query_scalar(
        "SELECT issues FROM issue_listings WHERE tracker = $1 AND target = $2 AND at_ms >= $3")
        .bind(tracker.as_str()).bind(target).bind(since.0).fetch_optional(c).await?);
    row.map(|r| from_json(&r)).transpose()
}

/// Keeps the issues of a place as they are listed now; what other places listed before `old` goes.
pub async fn put_listing(
    tx: &mut Tx,
    tracker: TrackerName,
    target: &str,
    issues: &[Listed],
    at: UnixMs,
    old: UnixMs,
) -> Result<()> {
    let issues = to_json(&issues)?;
    on!(tx, c => {
        sqlx::query("DELETE FROM issue_listings WHERE at_ms < $1").bind(old.0).execute(&mut *c).await?;
        sqlx::query(
            "INSERT INTO issue_listings (tracker, target, issues, at_ms) VALUES ($1, $2, $3, $4)
             ON CONFLICT (tracker, target) DO UPDATE SET issues = $3, at_ms = $4")
            .bind(tracker.as_str()).bind(target).bind(&issues).bind(at.0).execute(&mut *c).await?;
    });
    Ok(())
}
