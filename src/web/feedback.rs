//! `POST /v1/feedback`: customers' statements from servers and pages. All of a request is kept, or nothing.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use governor::clock::Clock as _;
use sha2::{Digest, Sha256};

use super::auth::{self, Caller};
use super::problem::Problem;
use super::{App, body};
use crate::config::KeyKind;
use crate::flow::feedback::{Outcome, Repeat, Sent, accept};
use crate::sources::feedback::parse;

/// Longest idempotency key, bytes.
const IDEMPOTENCY_KEY_MAX: usize = 200;
/// How long a browser may remember a preflight, seconds.
const PREFLIGHT_S: &str = "600";

/// Keeps statements.
pub async fn post(State(app): State<App>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let origin = auth::origin(&parts.headers);
    let caller = match auth::caller(&app.ctx, &app.keys, &parts.headers).await {
        Ok(caller) => caller,
        Err(problem) => return problem.into_response(),
    };
    if let Err(problem) = auth::check_origin(&caller, origin.as_deref()) {
        return problem.into_response();
    }
    let mut answer = match keep(&app, &caller, &parts.headers, body).await {
        Ok(answer) => answer,
        Err(problem) => problem.into_response(),
    };
    if caller.kind == KeyKind::Public {
        allow(&mut answer, parts.headers.get(header::ORIGIN));
    }
    answer
}

async fn keep(app: &App, caller: &Caller, headers: &HeaderMap, body: Body) -> Result<Response, Problem> {
    if let Err(early) = app.rates.check_key(&caller.id) {
        let wait = early.wait_time_from(app.rates.clock().now());
        app.ctx.telemetry.feedback(kind(caller), "slowed", 1);
        return Err(Problem::of(StatusCode::TOO_MANY_REQUESTS)
            .because("This key sends more requests than server.feedback_per_minute; send several statements in one.")
            .retry_after(wait.as_secs() + 1));
    }
    let idempotency_key = idempotency_key(headers)?;
    let bytes = body::read(body, app.ctx.config.server.feedback_max_bytes).await?;
    let given = parse(&bytes, "api", app.ctx.now()).map_err(|faults| {
        app.ctx.telemetry.feedback(kind(caller), "refused", 1);
        Problem::faults(faults)
    })?;
    let n = given.len();
    let sent = given
        .into_iter()
        // The sender's ids are its own: the same id under another key is another statement.
        .map(|g| Sent {
            statement: g.statement,
            dedupe_key: g.id.map(|id| format!("{}|{id}", caller.id)),
            unproven: (caller.kind == KeyKind::Public).then(|| caller.id.clone()),
        })
        .collect();
    let fingerprint = hex::encode(Sha256::digest(&bytes));
    let repeat = idempotency_key.map(|key| Repeat { scope: &caller.id, key, fingerprint: &fingerprint });
    let (outcome, accepted) = accept(&app.ctx, sent, repeat).await?;
    match outcome {
        Outcome::Kept(answer) => {
            let doubles = accepted.iter().filter(|a| a.duplicate).count();
            app.ctx.telemetry.feedback(kind(caller), "accepted", (n - doubles) as u64);
            app.ctx.telemetry.feedback(kind(caller), "duplicate", doubles as u64);
            Ok(json(answer))
        }
        Outcome::Repeated(answer) => {
            let mut again = json(answer);
            again.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
            Ok(again)
        }
        Outcome::KeyReused => Err(Problem::of(StatusCode::UNPROCESSABLE_ENTITY)
            .because("This Idempotency-Key was used with another body before; a new body needs a new key.")),
    }
}

fn kind(caller: &Caller) -> &'static str {
    match caller.kind {
        KeyKind::Secret => "api",
        KeyKind::Public => "widget",
    }
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    value
        .to_str()
        .ok()
        .filter(|k| (1..=IDEMPOTENCY_KEY_MAX).contains(&k.len()) && k.bytes().all(|b| b.is_ascii_graphic()))
        .map(Some)
        .ok_or_else(|| {
            let expected = format!("expected 1 to {IDEMPOTENCY_KEY_MAX} visible ASCII characters without spaces");
            Problem::field("Idempotency-Key", expected)
        })
}

fn json(text: String) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], Bytes::from(text)).into_response()
}

/// Answers a browser that asks whether a page may send; only for origins that a public key is registered for.
pub async fn options(State(app): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    let known = match auth::origin(&headers) {
        Some(origin) => auth::origin_is_known(&app.ctx, &app.keys, &origin).await?,
        None => false,
    };
    if !known {
        return Err(Problem::of(StatusCode::FORBIDDEN).because("No public key is registered for this origin."));
    }
    let mut answer = StatusCode::NO_CONTENT.into_response();
    allow(&mut answer, headers.get(header::ORIGIN));
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type, idempotency-key"),
        (header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_S),
    ] {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    Ok(answer)
}

/// Lets the page read the answer. The origin was checked before.
pub(super) fn allow(answer: &mut Response, origin: Option<&HeaderValue>) {
    let headers = answer.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("retry-after"));
    }
}
