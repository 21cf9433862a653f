//! Why hearback did, or did not do, something.

use anyhow::Result;

use super::Tx;
use crate::id::{DecisionId, RolloutId};

/// A recorded decision.
#[derive(Clone, Debug, PartialEq, sqlx::FromRow)]
pub struct Decision {
    /// What it is about: `report`, a theme's id, `window`.
    pub subject: String,
    /// `file`, `keep`, `skip`, …
    pub verdict: String,
    /// The reason as a sentence.
    pub why: String,
    /// The numbers behind it, as JSON.
    pub evidence: String,
    /// When.
    pub at_ms: i64,
}

/// Records a decision, unless the latest on the same subject has the same verdict and reason.
pub async fn record(tx: &mut Tx, id: &DecisionId, rollout: &RolloutId, d: &Decision) -> Result<bool> {
    on!(tx, c => {
        let latest: Option<(String, String)> = sqlx::query_as(
            "SELECT verdict, why FROM decisions WHERE rollout_id = $1 AND subject = $2 ORDER BY at_ms DESC, id DESC LIMIT 1")
            .bind(rollout.as_str()).bind(&d.subject).fetch_optional(&mut *c).await?;
        if latest.is_some_and(|(verdict, why)| verdict == d.verdict && why == d.why) {
            return Ok(false);
        }
        sqlx::query("INSERT INTO decisions (id, rollout_id, subject, verdict, why, evidence, at_ms)
                     VALUES ($1, $2, $3, $4, $5, $6, $7)")
            .bind(id.as_str()).bind(rollout.as_str()).bind(&d.subject).bind(&d.verdict).bind(&d.why).bind(&d.evidence)
            .bind(d.at_ms).execute(&mut *c).await?;
        Ok(true)
    })
}

/// The decisions of a rollout, oldest first.
pub async fn of_rollout(tx: &mut Tx, rollout: &RolloutId) -> Result<Vec<Decision>> {
    Ok(on!(tx, c => sqlx::query_as(
        "SELECT subject, verdict, why, evidence, at_ms FROM decisions WHERE rollout_id = $1 ORDER BY at_ms, id")
        .bind(rollout.as_str()).fetch_all(c).await?))
}
