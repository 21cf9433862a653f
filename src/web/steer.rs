//! `POST /v1/rollouts/{id}/extend`, `/close`, `/reopen`, `/acknowledge`: what people ask of a window and of an alarm.

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::problem::Problem;
use super::query::{no_such_rollout, rollout_id};
use super::rollouts::window;
use super::{App, auth, body};
use crate::config::Span;
use crate::flow::steer::{Steered, steer};
use crate::flow::{findings, reconcile};
use crate::plan::windows::Wish;

/// Largest request, bytes.
const BODY_MAX: usize = 4_096;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Extend {
    by: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// Closes later: `{"by": "3d"}`.
pub async fn extend(State(app): State<App>, Path(id): Path<String>, request: Request) -> Result<Json<Value>, Problem> {
    let (headers, body) = apart(request);
    let actor = auth::secret(&app.ctx, &app.keys, &headers).await?.id;
    let wanted: Extend = body::json(&body::read(body, BODY_MAX).await?)?;
    let by = Span::parse(&wanted.by).map_err(|_| Problem::field("by", "expected a time such as 12h or 3d"))?;
    ask(&app, &id, Wish::Extend { by_ms: by.ms() }, &actor).await
}

/// Closes now.
pub async fn close(State(app): State<App>, Path(id): Path<String>, request: Request) -> Result<Json<Value>, Problem> {
    plain(&app, &id, Wish::Close, request).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seen {
    alarm: String,
}

/// Somebody has seen an alarm: `{"alarm": "rollout"}`. It is armed anew and takes twice the evidence.
pub async fn acknowledge(
    State(app): State<App>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Json<Value>, Problem> {
    let (headers, body) = apart(request);
    let actor = auth::secret(&app.ctx, &app.keys, &headers).await?.id;
    let Seen { alarm } = body::json(&body::read(body, BODY_MAX).await?)?;
    let id = rollout_id(&id)?;
    if findings::acknowledge(&app.ctx, &id, &alarm, &actor).await? {
        return Ok(Json(json!({ "rollout": id, "alarm": alarm, "acknowledged": true })));
    }
    let why = format!("no alarm {alarm} is raised there; GET /v1/rollouts/{id}/findings tells which are");
    Err(Problem::of(StatusCode::CONFLICT).because(why))
}

/// Collects again.
pub async fn reopen(State(app): State<App>, Path(id): Path<String>, request: Request) -> Result<Json<Value>, Problem> {
    plain(&app, &id, Wish::Reopen, request).await
}

async fn plain(app: &App, id: &str, wish: Wish, request: Request) -> Result<Json<Value>, Problem> {
    let (headers, body) = apart(request);
    let actor = auth::secret(&app.ctx, &app.keys, &headers).await?.id;
    let Nothing {} = body::json(&body::read(body, BODY_MAX).await?)?;
    ask(app, id, wish, &actor).await
}

fn apart(request: Request) -> (HeaderMap, Body) {
    let (parts, body) = request.into_parts();
    (parts.headers, body)
}

async fn ask(app: &App, id: &str, wish: Wish, actor: &str) -> Result<Json<Value>, Problem> {
    let id = rollout_id(id)?;
    let mut done = steer(&app.ctx, &id, wish, actor).await?;
    if done == Steered::Unknown {
        // A rollout that just became known has no window yet: it is given one, and asked again.
        reconcile::one(&app.ctx, &id).await?;
        done = steer(&app.ctx, &id, wish, actor).await?;
    }
    match done {
        Steered::Done(after) => Ok(Json(json!({ "rollout": id, "window": window(&after) }))),
        Steered::Unknown => Err(no_such_rollout()),
        Steered::Refused(why) => Err(Problem::of(StatusCode::CONFLICT).because(why)),
    }
}
