//! What is known of each flag in each environment.

use anyhow::Result;

use super::{Tx, from_json, to_json};
use crate::domain::flag_state::FlagState;
use crate::domain::signal::Subject;
use crate::time::UnixMs;

/// A flag in an environment, and what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// The flag in its environment.
    pub subject: Subject,
    /// What is known of it.
    pub state: FlagState,
    /// When that was last found to be something else.
    pub changed_at: UnixMs,
}

#[derive(sqlx::FromRow)]
struct Row {
    platform: String,
    project: String,
    environment: String,
    flag: String,
    state: String,
    changed_ms: i64,
}

/// Keeps what is known of a flag. Of anything else nothing is kept.
pub async fn set(tx: &mut Tx, subject: &Subject, state: &FlagState, now: UnixMs) -> Result<()> {
    let Subject::Flag { platform, project, environment, flag } = subject else { return Ok(()) };
    let state = to_json(state)?;
    on!(tx, c => sqlx::query(
        "INSERT INTO flags (subject_key, platform, project, environment, flag, state, changed_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (subject_key) DO UPDATE SET state = $6,
           changed_ms = CASE WHEN flags.state = $6 THEN flags.changed_ms ELSE $7 END")
        .bind(subject.key()).bind(platform).bind(project).bind(environment).bind(flag).bind(&state).bind(now.0)
        .execute(c).await?.rows_affected());
    Ok(())
}

/// What is known of a flag in an environment.
pub async fn get(tx: &mut Tx, subject: &Subject) -> Result<Option<Known>> {
    let row: Option<Row> = on!(tx, c => sqlx::query_as(
        "SELECT platform, project, environment, flag, state, changed_ms FROM flags WHERE subject_key = $1")
        .bind(subject.key()).fetch_optional(c).await?);
    row.map(known).transpose()
}

/// Every environment in which a flag is known.
pub async fn environments(tx: &mut Tx, platform: &str, project: &str, flag: &str) -> Result<Vec<Subject>> {
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(
        "SELECT platform, project, environment, flag, state, changed_ms FROM flags
         WHERE flag = $3 AND platform = $1 AND project = $2 ORDER BY environment")
        .bind(platform).bind(project).bind(flag).fetch_all(c).await?);
    rows.into_iter().map(|r| known(r).map(|k| k.subject)).collect()
}

/// Every flag of a platform.
pub async fn of_platform(tx: &mut Tx, platform: &str) -> Result<Vec<Known>> {
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(
        "SELECT platform, project, environment, flag, state, changed_ms FROM flags WHERE platform = $1
         ORDER BY project, flag, environment")
        .bind(platform).fetch_all(c).await?);
    rows.into_iter().map(known).collect()
}

/// Every environment of a flag, whatever its platform.
pub async fn named(tx: &mut Tx, flag: &str, limit: i64) -> Result<Vec<Known>> {
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(
        "SELECT platform, project, environment, flag, state, changed_ms FROM flags WHERE flag = $1
         ORDER BY platform, project, environment LIMIT $2")
        .bind(flag).bind(limit).fetch_all(c).await?);
    rows.into_iter().map(known).collect()
}

/// Flags of every platform, those that changed last first.
pub async fn latest(tx: &mut Tx, limit: i64) -> Result<Vec<Known>> {
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(
        "SELECT platform, project, environment, flag, state, changed_ms FROM flags
         ORDER BY changed_ms DESC, subject_key LIMIT $1").bind(limit).fetch_all(c).await?);
    rows.into_iter().map(known).collect()
}

fn known(r: Row) -> Result<Known> {
    let subject = Subject::Flag { platform: r.platform, project: r.project, environment: r.environment, flag: r.flag };
    Ok(Known { subject, state: from_json(&r.state)?, changed_at: UnixMs(r.changed_ms) })
}
