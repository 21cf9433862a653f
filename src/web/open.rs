//! `POST /v1/rollouts`: opens a rollout by hand. 201 with its id, 200 where it lasts already.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::problem::Problem;
use super::{App, auth, body};
use crate::domain::repo::RepoName;
use crate::flow::open::{Opened, Wanted, What, open};

/// Largest request, bytes.
const BODY_MAX: usize = 16_384;
/// Longest name, characters.
const NAME_MAX: usize = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    flag: Option<String>,
    release: Option<String>,
    environment: Option<String>,
    repository: Option<String>,
    project: Option<String>,
}

/// Opens a rollout.
pub async fn post(State(app): State<App>, request: Request) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let caller = auth::secret(&app.ctx, &app.keys, &parts.headers).await?;
    let wire: Wire = body::json(&body::read(body, BODY_MAX).await?)?;
    let wanted = wanted(wire)?;
    let (status, id) = match open(&app.ctx, &wanted, &caller.id).await? {
        Opened::New(id) => (StatusCode::CREATED, id),
        Opened::Known(id) => (StatusCode::OK, id),
        Opened::Refused(why) => return Err(Problem::of(StatusCode::CONFLICT).because(why)),
    };
    let mut answer = (status, Json(json!({ "id": id }))).into_response();
    if let Ok(place) = HeaderValue::from_str(&format!("/v1/rollouts/{id}")) {
        answer.headers_mut().insert(header::LOCATION, place);
    }
    Ok(answer)
}

fn wanted(w: Wire) -> Result<Wanted, Problem> {
    let flag = name("flag", w.flag)?;
    let release = name("release", w.release)?;
    let environment = name("environment", w.environment)?;
    let what = match (flag, release, environment) {
        (Some(flag), None, environment) => What::Flag { flag, environment },
        (None, Some(tag), None) => What::Release { tag },
        (None, Some(_), Some(_)) => return Err(Problem::field("environment", "a release has none; leave it out")),
        (Some(_), Some(_), _) => return Err(Problem::field("release", "expected a flag or a release, not both")),
        (None, None, _) => {
            return Err(Problem::field("flag", "expected a flag or a release: one of them must be there"));
        }
    };
    let repo = name("repository", w.repository)?
        .map(|r| RepoName::parse(&r).ok_or_else(|| Problem::field("repository", "expected owner/name")))
        .transpose()?;
    Ok(Wanted { what, project: name("project", w.project)?.unwrap_or_default(), repo })
}

fn name(field: &str, text: Option<String>) -> Result<Option<String>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let text = text.trim();
    if text.is_empty() || text.chars().count() > NAME_MAX || text.chars().any(char::is_control) {
        let expected = format!("expected a name of 1 to {NAME_MAX} characters without control characters");
        return Err(Problem::field(field, expected));
    }
    Ok(Some(text.to_owned()))
}
