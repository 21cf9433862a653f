//! Tickets as hearback knows them.

use anyhow::{Context, Result};

use super::Tx;
use crate::domain::handling::{Decided, Handling, Resolution, Seen};
use crate::domain::rollout::Rollout;
use crate::domain::ticket::{Ticket, TicketState, TrackerName};
use crate::id::{RolloutId, ThemeId, TicketId};
use crate::time::UnixMs;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, rollout_id, theme_id, tracker, target, state, key, url, comment, section_hash, quotes_hash, ",
            "written_ms, error, created_ms, resolution, version_ms, since_ms, unsure, ours, decided, decided_ms, decided_by, ",
            "decided_why FROM tickets ",
            $rest
        )
    };
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    rollout_id: String,
    theme_id: Option<String>,
    tracker: String,
    target: String,
    state: String,
    key: Option<String>,
    url: Option<String>,
    comment: Option<String>,
    section_hash: Option<String>,
    quotes_hash: Option<String>,
    written_ms: Option<i64>,
    error: Option<String>,
    created_ms: i64,
    #[sqlx(flatten)]
    handling: HandlingRow,
}

#[derive(sqlx::FromRow)]
struct HandlingRow {
    resolution: String,
    version_ms: i64,
    since_ms: Option<i64>,
    unsure: i64,
    ours: i64,
    decided: String,
    decided_ms: i64,
    decided_by: String,
    decided_why: String,
}

impl TryFrom<HandlingRow> for Handling {
    type Error = anyhow::Error;

    fn try_from(r: HandlingRow) -> Result<Self> {
        let resolution = |text: &str| Resolution::parse(text).with_context(|| format!("unknown resolution {text}"));
        Ok(Self {
            seen: Seen {
                resolution: resolution(&r.resolution)?,
                version: UnixMs(r.version_ms),
                since: r.since_ms.map(UnixMs),
            },
            sure: r.unsure == 0,
            ours: r.ours != 0,
            decided: Decided {
                resolution: resolution(&r.decided)?,
                at: UnixMs(r.decided_ms),
                by: r.decided_by,
                why: r.decided_why,
            },
        })
    }
}

impl TryFrom<Row> for Ticket {
    type Error = anyhow::Error;

    fn try_from(r: Row) -> Result<Self> {
        Ok(Self {
            id: TicketId(r.id),
            rollout: RolloutId(r.rollout_id),
            theme: r.theme_id.map(ThemeId),
            tracker: TrackerName::parse(&r.tracker).with_context(|| format!("unknown tracker {}", r.tracker))?,
            target: r.target,
            state: TicketState::parse(&r.state).with_context(|| format!("unknown ticket state {}", r.state))?,
            key: r.key,
            url: r.url,
            comment: r.comment,
            section_hash: r.section_hash,
            quotes_hash: r.quotes_hash,
            written_at: r.written_ms.map(UnixMs),
            error: r.error,
            created_at: UnixMs(r.created_ms),
            handling: r.handling.try_into()?,
        })
    }
}

fn nouns(rows: Vec<Row>) -> Result<Vec<Ticket>> {
    rows.into_iter().map(Ticket::try_from).collect()
}

/// Keeps that a ticket is wanted. `false` where it was before.
pub async fn want(tx: &mut Tx, t: &Ticket) -> Result<bool> {
    let n = on!(tx, c => sqlx::query(
        "INSERT INTO tickets (id, rollout_id, subject, theme_id, tracker, target, state, created_ms)
         VALUES ($1, $2, $3, $4, $5, $6, 'wanted', $7) ON CONFLICT (rollout_id, subject, tracker) DO NOTHING")
        .bind(t.id.as_str()).bind(t.rollout.as_str()).bind(t.subject()).bind(t.theme.as_ref().map(ThemeId::as_str))
        .bind(t.tracker.as_str()).bind(&t.target).bind(t.created_at.0).execute(c).await?.rows_affected());
    Ok(n > 0)
}

/// Writes a ticket as it stands.
pub async fn save(tx: &mut Tx, t: &Ticket) -> Result<()> {
    let (seen, decided) = (&t.handling.seen, &t.handling.decided);
    on!(tx, c => sqlx::query(
        "UPDATE tickets SET target = $2, state = $3, key = $4, url = $5, comment = $6, section_hash = $7, quotes_hash = $8,
           written_ms = $9, error = $10, resolution = $11, version_ms = $12, since_ms = $13, unsure = $14, ours = $15,
           decided = $16, decided_ms = $17, decided_by = $18, decided_why = $19 WHERE id = $1")
        .bind(t.id.as_str()).bind(&t.target).bind(t.state.as_str()).bind(&t.key).bind(&t.url).bind(&t.comment)
        .bind(&t.section_hash).bind(&t.quotes_hash).bind(t.written_at.map(|m| m.0)).bind(&t.error)
        .bind(seen.resolution.as_str()).bind(seen.version.0).bind(seen.since.map(|m| m.0)).bind(i64::from(!t.handling.sure))
        .bind(i64::from(t.handling.ours)).bind(decided.resolution.as_str()).bind(decided.at.0).bind(&decided.by)
        .bind(&decided.why).execute(c).await?.rows_affected());
    Ok(())
}

/// One ticket.
pub async fn get(tx: &mut Tx, id: &TicketId) -> Result<Option<Ticket>> {
    let row: Option<Row> =
        on!(tx, c => sqlx::query_as(select!("WHERE id = $1")).bind(id.as_str()).fetch_optional(c).await?);
    row.map(Ticket::try_from).transpose()
}

/// The tickets of a rollout, oldest first.
pub async fn of_rollout(tx: &mut Tx, rollout: &RolloutId) -> Result<Vec<Ticket>> {
    nouns(on!(tx, c => sqlx::query_as(select!("WHERE rollout_id = $1 ORDER BY created_ms, id"))
        .bind(rollout.as_str()).fetch_all(c).await?))
}

/// Tickets that can't be filed or kept, the latest first.
pub async fn failed(tx: &mut Tx, limit: i64) -> Result<Vec<Ticket>> {
    nouns(on!(tx, c => sqlx::query_as(select!("WHERE state = 'failed' ORDER BY created_ms DESC LIMIT $1"))
        .bind(limit).fetch_all(c).await?))
}

/// Filed tickets first wanted after `since`: the ones that the sweeper looks for doubles of.
pub async fn filed_since(tx: &mut Tx, since: UnixMs, limit: i64) -> Result<Vec<Ticket>> {
    nouns(
        on!(tx, c => sqlx::query_as(select!("WHERE state = 'filed' AND created_ms >= $1 ORDER BY created_ms DESC LIMIT $2"))
        .bind(since.0).bind(limit).fetch_all(c).await?),
    )
}

/// The ticket that a tracker calls `key`.
pub async fn by_key(tx: &mut Tx, tracker: TrackerName, target: &str, key: &str) -> Result<Option<Ticket>> {
    let row: Option<Row> = on!(tx, c => sqlx::query_as(select!("WHERE tracker = $1 AND target = $2 AND key = $3"))
        .bind(tracker.as_str()).bind(target).bind(key).fetch_optional(c).await?);
    row.map(Ticket::try_from).transpose()
}

/// Keeps what a ticket was called before it moved.
pub async fn rename(tx: &mut Tx, id: &TicketId, tracker: TrackerName, target: &str, key: &str) -> Result<()> {
    on!(tx, c => sqlx::query(
        "INSERT INTO former_keys (tracker, target, key, ticket_id) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tracker, target, key) DO UPDATE SET ticket_id = $4")
        .bind(tracker.as_str()).bind(target).bind(key).bind(id.as_str()).execute(c).await?.rows_affected());
    Ok(())
}

/// The ticket that a tracker called `key` before it moved.
pub async fn by_former_key(tx: &mut Tx, tracker: TrackerName, target: &str, key: &str) -> Result<Option<Ticket>> {
    let row: Option<Row> = on!(tx, c => sqlx::query_as(select!(
        "WHERE id = (SELECT ticket_id FROM former_keys f WHERE f.tracker = $1 AND f.target = $2 AND f.key = $3)"))
        .bind(tracker.as_str()).bind(target).bind(key).fetch_optional(c).await?);
    row.map(Ticket::try_from).transpose()
}

/// Filed tickets about themes of rollouts that came before `rollout`: of the same flag, or, where it is a release, of the
/// same repository's releases; those of the latest rollouts first.
pub async fn of_earlier(tx: &mut Tx, rollout: &Rollout, limit: i64) -> Result<Vec<Ticket>> {
    let (flag, repo) = (rollout.subject.flag(), rollout.about.repo.as_ref().map(ToString::to_string));
    nouns(on!(tx, c => sqlx::query_as(select!(
        "WHERE state = 'filed' AND theme_id IS NOT NULL AND rollout_id IN (
           SELECT r.id FROM rollouts r JOIN rollouts mine ON mine.id = $1
           WHERE (r.created_ms < mine.created_ms OR (r.created_ms = mine.created_ms AND r.generation < mine.generation))
             AND ((CAST($2 AS TEXT) IS NOT NULL AND r.flag = $2)
               OR (CAST($2 AS TEXT) IS NULL AND r.flag IS NULL AND r.repo = CAST($3 AS TEXT)))
           ORDER BY r.created_ms DESC, r.id LIMIT $4)
         ORDER BY created_ms DESC, id"))
        .bind(rollout.id.as_str()).bind(flag).bind(repo).bind(limit).fetch_all(c).await?))
}

/// How many tickets are in each state.
pub async fn by_state(tx: &mut Tx) -> Result<Vec<(String, i64)>> {
    Ok(
        on!(tx, c => sqlx::query_as("SELECT state, COUNT(*) FROM tickets GROUP BY state ORDER BY state").fetch_all(c).await?),
    )
}
