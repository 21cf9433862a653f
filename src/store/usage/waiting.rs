//! Exposures that name what is not known yet.

use anyhow::Result;

use crate::store::Tx;
use crate::time::UnixMs;

/// Exposures that wait at one time. Where a sender tells of flags that never come, the oldest make room.
const WAITING_MAX: i64 = 100_000;

/// One of them: the first of a person in an arm and an environment.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Waiting {
    /// What it names: `flag:KEY`, `release:TAG` or `rollout:ID`.
    pub wanted: String,
    /// Who.
    pub person: String,
    /// What they got.
    pub arm: String,
    /// When.
    pub at_ms: i64,
    /// Where; empty where that is not told.
    pub environment: String,
}

/// Keeps one until what it names becomes known.
pub async fn keep(tx: &mut Tx, w: &Waiting, now: UnixMs) -> Result<()> {
    on!(tx, c => sqlx::query(
        "INSERT INTO waiting_exposures (wanted, person, arm, at_ms, environment, received_ms) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (wanted, person, arm, environment) DO UPDATE SET at_ms = excluded.at_ms
           WHERE excluded.at_ms < waiting_exposures.at_ms")
        .bind(&w.wanted).bind(&w.person).bind(&w.arm).bind(w.at_ms).bind(&w.environment).bind(now.0)
        .execute(c).await?.rows_affected());
    Ok(())
}

/// Those that name this and can have happened in an environment, which is empty for any: at most `limit`, by person. They
/// wait no longer; those of other environments do.
pub async fn take(tx: &mut Tx, wanted: &str, environment: &str, limit: usize) -> Result<Vec<Waiting>> {
    let rows: Vec<Waiting> = on!(tx, c => sqlx::query_as(
        "DELETE FROM waiting_exposures WHERE (wanted, person, arm, environment) IN
           (SELECT wanted, person, arm, environment FROM waiting_exposures
             WHERE wanted = $1 AND (environment = '' OR $3 = '' OR LOWER(environment) = LOWER($3))
             ORDER BY person, arm, environment LIMIT $2)
         RETURNING wanted, person, arm, at_ms, environment")
        .bind(wanted).bind(i64::try_from(limit).unwrap_or(i64::MAX)).bind(environment).fetch_all(c).await?);
    Ok(rows)
}

/// Lets go of those that came before a moment, and of the oldest where there are too many.
pub async fn let_go(tx: &mut Tx, before: UnixMs) -> Result<u64> {
    Ok(on!(tx, c => {
        let old = sqlx::query("DELETE FROM waiting_exposures WHERE received_ms < $1")
            .bind(before.0).execute(&mut *c).await?.rows_affected();
        let n: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM waiting_exposures").fetch_one(&mut *c).await?;
        let many = sqlx::query(
            "DELETE FROM waiting_exposures WHERE (wanted, person, arm, environment) IN
               (SELECT wanted, person, arm, environment FROM waiting_exposures ORDER BY received_ms LIMIT $1)")
            .bind((n - WAITING_MAX).max(0)).execute(&mut *c).await?.rows_affected();
        old + many
    }))
}

/// How many wait.
pub async fn waiting(tx: &mut Tx) -> Result<i64> {
    Ok(on!(tx, c => sqlx::query_scalar("SELECT COUNT(*) FROM waiting_exposures").fetch_one(c).await?))
}
