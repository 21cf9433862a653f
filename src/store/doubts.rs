//! Statements that the engine read without being sure: what people look at first.

use anyhow::Result;

use super::Tx;
use super::feedback::{Row, select};
use crate::domain::feedback::Feedback;
use crate::id::{FeedbackId, RolloutId};

/// The statements of a rollout whose feeling the engine is least sure of, after `after` (its confidence and id) where
/// given. Those that a person corrected are left out: of them nobody is in doubt.
pub async fn of_rollout(
    tx: &mut Tx,
    rollout: &RolloutId,
    after: Option<(f64, &FeedbackId)>,
    limit: i64,
) -> Result<Vec<Feedback>> {
    let (confidence, id) = after.map_or((-1.0, ""), |(confidence, id)| (confidence, id.as_str()));
    let sql = select!(
        "WHERE rollout_id = $1 AND state = 'read' AND (confidence > $2 OR (confidence = $2 AND id > $3))
           AND NOT EXISTS (SELECT 1 FROM corrections c WHERE c.feedback_id = feedback.id)
         ORDER BY confidence, id LIMIT $4"
    );
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(sql).bind(rollout.as_str()).bind(confidence).bind(id).bind(limit)
        .fetch_all(c).await?);
    rows.into_iter().map(Feedback::try_from).collect()
}
