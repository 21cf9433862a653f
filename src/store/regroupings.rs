//! What people decided about themes. Rows are only ever added.

use anyhow::Result;

use super::{Tx, from_json, to_json};
use crate::domain::regrouping::{Entry, Regrouping};
use crate::id::RolloutId;
use crate::time::UnixMs;

/// All decisions about a rollout's themes, in their order.
pub async fn of_rollout(tx: &mut Tx, rollout: &RolloutId) -> Result<Vec<Entry>> {
    let rows: Vec<(i64, String, String, i64)> = on!(tx, c => sqlx::query_as(
        "SELECT seq, what, who, at_ms FROM regroupings WHERE rollout_id = $1 ORDER BY seq")
        .bind(rollout.as_str()).fetch_all(c).await?);
    rows.into_iter().map(|(seq, what, by, at)| Ok(Entry { seq, what: from_json(&what)?, by, at: UnixMs(at) })).collect()
}

/// Adds a decision. The rollout must be locked, or two would get one number.
pub async fn add(tx: &mut Tx, rollout: &RolloutId, what: &Regrouping, by: &str, at: UnixMs) -> Result<()> {
    let what = to_json(what)?;
    on!(tx, c => sqlx::query(
        "INSERT INTO regroupings (rollout_id, seq, what, who, at_ms)
         SELECT $1, COALESCE(MAX(seq), 0) + 1, $2, $3, $4 FROM regroupings WHERE rollout_id = $1")
        .bind(rollout.as_str()).bind(&what).bind(by).bind(at.0).execute(c).await?.rows_affected());
    Ok(())
}
