//! `GET /v1/kpis`: how well the loop is closed. A figure that can't be told yet is null and says why.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use serde_json::{Value, json};

use super::problem::Problem;
use super::query::Query;
use super::{App, auth};
use crate::store::rollouts;

/// The figures.
pub async fn get(State(app): State<App>, headers: HeaderMap, uri: Uri) -> Result<Json<Value>, Problem> {
    auth::secret(&app.ctx, &app.keys, &headers).await?;
    Query::of(&uri, &[])?;
    let mut tx = app.ctx.db.read().await?;
    let (started, watched) = rollouts::coverage(&mut tx).await?;
    tx.commit().await?;
    let unknown = |why: &str| json!({ "value": null, "why": why });
    Ok(Json(json!({
        "coverage": {
            "value": (started > 0).then(|| watched as f64 / started as f64),
            "part": watched,
            "whole": started,
            "why": "rollouts whose window was ever open, of all that reached customers",
        },
        "response_rate": unknown("how many people were asked is not known: no exposures are taken in yet"),
        "analysis_automated": unknown("corrections by people are not taken in yet"),
        "action_velocity": unknown("when issues are closed is not followed yet"),
    })))
}
