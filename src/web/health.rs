//! `GET /healthz`, `/readyz`, `/metrics`: whether it lives, whether it can work, what it did.

use std::time::Duration;

use anyhow::{Context as _, Result};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tracing::warn;

use super::App;
use super::problem::Problem;
use crate::flow::Context;
use crate::store::{deliveries, tickets, windows};
use crate::telemetry::Telemetry;
use crate::time::{MINUTE_MS, UnixMs, span_in_words};

/// Longest wait for the database's answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// Waiting deliveries beyond which no more should be sent here.
const BACKLOG_MAX: i64 = 10_000;
/// A delivery that waits this long tells that nobody works, ms.
const WAITING_MAX_MS: i64 = 10 * MINUTE_MS;

/// The process lives.
pub async fn live() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// Whether each dependency answers; 503 where one does not.
pub async fn ready(State(app): State<App>) -> Response {
    let backlog = tokio::time::timeout(PATIENCE, backlog(&app.ctx)).await.context("no answer in time").flatten();
    let checks = match backlog {
        Ok((waiting, oldest)) => {
            let age_ms = oldest.map_or(0, |at| app.ctx.now().since(at));
            let fine = waiting <= BACKLOG_MAX && age_ms <= WAITING_MAX_MS;
            let oldest = span_in_words(age_ms);
            json!({"database": {"ok": true}, "backlog": {"ok": fine, "waiting": waiting, "oldest": oldest}})
        }
        Err(e) => {
            warn!("not ready: {e:#}");
            let why = "the database does not answer; the log says why";
            json!({"database": {"ok": false, "why": why}, "backlog": {"ok": false, "why": "it can't be read"}})
        }
    };
    let fine = ["database", "backlog"].iter().all(|name| checks[name]["ok"] == true);
    let status = if fine { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "ready": fine, "checks": checks }))).into_response()
}

async fn backlog(ctx: &Context) -> Result<(i64, Option<UnixMs>)> {
    let mut tx = ctx.db.read().await?;
    let waiting = deliveries::waiting(&mut tx).await?;
    tx.commit().await?;
    Ok(waiting)
}

/// The counters, as `OpenMetrics` text.
pub async fn metrics(State(app): State<App>) -> Result<Response, Problem> {
    let telemetry = &app.ctx.telemetry;
    let mut tx = app.ctx.db.read().await?;
    telemetry.backlog.set(deliveries::waiting(&mut tx).await?.0);
    Telemetry::set_states(&telemetry.windows, windows::by_state(&mut tx).await?);
    Telemetry::set_states(&telemetry.tickets, tickets::by_state(&mut tx).await?);
    tx.commit().await?;
    let kind = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    Ok(([(header::CONTENT_TYPE, kind)], telemetry.render()).into_response())
}
