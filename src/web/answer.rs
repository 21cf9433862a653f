//! `POST /v1/rollouts/{id}/themes/{theme}/approve` and `/refuse`: a person's word on a ticket that would be filed.

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::problem::Problem;
use super::query::{rollout_id, theme_id};
use super::{App, auth, body};
use crate::flow::steer::{self, Answered};

/// Largest request, bytes.
const BODY_MAX: usize = 4_096;
/// Longest reason, in characters.
const REASON_MAX_CHARS: usize = 500;
/// Longest name, in characters.
const WHO_MAX_CHARS: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    reason: Option<String>,
    who: Option<String>,
}

/// Files the ticket of a theme: `{"reason"?, "who"?}`.
pub async fn approve(app: State<App>, path: Path<(String, String)>, request: Request) -> Result<Json<Value>, Problem> {
    answer(app, path, request, true).await
}

/// Says no to it: `{"reason", "who"?}`.
pub async fn refuse(app: State<App>, path: Path<(String, String)>, request: Request) -> Result<Json<Value>, Problem> {
    answer(app, path, request, false).await
}

async fn answer(
    State(app): State<App>,
    Path((id, theme)): Path<(String, String)>,
    request: Request,
    yes: bool,
) -> Result<Json<Value>, Problem> {
    let (parts, sent) = request.into_parts();
    let key = auth::secret(&app.ctx, &app.keys, &parts.headers).await?.id;
    let (id, theme) = (rollout_id(&id)?, theme_id(&theme)?);
    let Sent { reason, who } = body::json(&body::read(sent, BODY_MAX).await?)?;
    let who = who.as_deref().map(str::trim).filter(|w| !w.is_empty()).unwrap_or(&key);
    let reason = reason.as_deref().map(str::trim).unwrap_or_default();
    if who.chars().count() > WHO_MAX_CHARS {
        return Err(Problem::field("who", format!("expected at most {WHO_MAX_CHARS} characters")));
    }
    if reason.chars().count() > REASON_MAX_CHARS {
        return Err(Problem::field("reason", format!("expected at most {REASON_MAX_CHARS} characters")));
    }
    if !yes && reason.is_empty() {
        return Err(Problem::field("reason", "expected why it is not to be filed"));
    }
    let answered = if yes {
        steer::accept(&app.ctx, &id, &theme, who, reason).await
    } else {
        steer::refuse(&app.ctx, &id, &theme, who, reason).await
    };
    match answered.map_err(|e| Problem::store(&e))? {
        Answered::Done(wanted) => Ok(Json(json!({
            "rollout": id, "theme": theme, "said": if yes { "yes" } else { "no" }, "who": who, "reason": reason,
            "wanted": wanted,
        }))),
        Answered::Unknown => Err(Problem::unknown("There is no such theme in this rollout.")),
        Answered::Refused(why) => Err(Problem::of(StatusCode::CONFLICT).because(why)),
    }
}
