//! `POST /hooks/{source}` and `/hooks/{source}/{connection}`: signed deliveries. 200 once the delivery is durable.
//! `OPTIONS` there answers senders of CloudEvents who ask first whether they may.

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::App;
use super::body;
use super::problem::Problem;
use crate::config::Config;
use crate::flow::receive::{Received, Refused, receive};
use crate::sources::signature::SignatureError;
use crate::sources::{self, BadBody, Headers, Source};

/// Longest name of a connection, bytes.
const CONNECTION_MAX: usize = 100;
/// The source that takes CloudEvents.
const CLOUDEVENTS: &str = "generic";
/// Longest name of a sender that asks, bytes: that of a host.
const ORIGIN_MAX: usize = 253;
/// Who asks whether it may send.
const REQUEST_ORIGIN: HeaderName = HeaderName::from_static("webhook-request-origin");
/// Who may send.
const ALLOWED_ORIGIN: HeaderName = HeaderName::from_static("webhook-allowed-origin");
/// How many requests a minute it may send.
const ALLOWED_RATE: HeaderName = HeaderName::from_static("webhook-allowed-rate");

/// What a sender is told.
#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// Kept, under this id.
    Delivery(String),
    /// It was kept before.
    Duplicate(bool),
}

/// A delivery of a source.
pub async fn post(State(app): State<App>, Path(name): Path<String>, request: Request) -> Result<Json<Answer>, Problem> {
    take(&app, &name, None, request).await
}

/// A delivery of one of several connections of a source; they share their secrets. Where a sender signs nothing and can
/// send no header, the last part is one of the secrets.
pub async fn post_connection(
    State(app): State<App>,
    Path((name, connection)): Path<(String, String)>,
    request: Request,
) -> Result<Json<Answer>, Problem> {
    check_connection(&connection)?;
    take(&app, &name, Some(&connection), request).await
}

/// Whether a sender of CloudEvents may send (HTTP 1.1 Web Hooks for Event Delivery 1.0, "Abuse protection"). Whoever asks
/// may: what it sends has to be proved all the same. Other sources' senders do not ask.
pub async fn options(Path(name): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    handshake(&name, &headers)
}

/// The same for one of several connections.
pub async fn options_connection(
    Path((name, connection)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    check_connection(&connection)?;
    handshake(&name, &headers)
}

fn handshake(name: &str, headers: &HeaderMap) -> Result<Response, Problem> {
    let is_generic = known(name)?.name == CLOUDEVENTS;
    let Some(origin) = headers.get(&REQUEST_ORIGIN).filter(|_| is_generic) else {
        let methods = if is_generic { "POST,OPTIONS" } else { "POST" };
        return Err(Problem::of(StatusCode::METHOD_NOT_ALLOWED).with(header::ALLOW, HeaderValue::from_static(methods)));
    };
    let fine = (1..=ORIGIN_MAX).contains(&origin.len()) && origin.as_bytes().iter().all(u8::is_ascii_graphic);
    if !fine {
        return Err(Problem::field("WebHook-Request-Origin", "expected the name of the sender's host"));
    }
    let mut answer = StatusCode::OK.into_response();
    answer.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST,OPTIONS"));
    answer.headers_mut().insert(ALLOWED_ORIGIN, origin.clone());
    // No rate of its own is kept: under load a delivery is answered with 503 and when to come back.
    answer.headers_mut().insert(ALLOWED_RATE, HeaderValue::from_static("*"));
    Ok(answer)
}

fn check_connection(connection: &str) -> Result<(), Problem> {
    let fine = connection.len() <= CONNECTION_MAX
        && connection.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    if fine {
        Ok(())
    } else {
        Err(Problem::unknown("A connection's name has letters, digits, dots, dashes and underscores only."))
    }
}

fn known(name: &str) -> Result<&'static Source, Problem> {
    sources::source(name)
        .ok_or_else(|| Problem::unknown(format!("There is no such source; there is {}.", sources::names())))
}

async fn take(app: &App, name: &str, connection: Option<&str>, request: Request) -> Result<Json<Answer>, Problem> {
    let source = known(name)?;
    let (parts, body) = request.into_parts();
    let bytes = body::read(body, app.ctx.config.server.body_max_bytes).await?;
    match receive(&app.ctx, source, connection, &first_of_each(&parts.headers), &bytes).await {
        Ok(Received::Kept(id)) => Ok(Json(Answer::Delivery(id.0))),
        Ok(Received::Duplicate) => Ok(Json(Answer::Duplicate(true))),
        Err(refused) => Err(problem(source, &parts.headers, refused)),
    }
}

/// Headers as the sources read them. Values of a repeated header are never joined: a signature would be made of two.
fn first_of_each(headers: &HeaderMap) -> Headers {
    let first = |name| headers.get(name).map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned());
    Headers(headers.keys().filter_map(|name| Some((name.as_str().to_owned(), first(name)?))).collect())
}

fn problem(source: &Source, headers: &HeaderMap, refused: Refused) -> Problem {
    match refused {
        Refused::Signature(e) => {
            let setting = Config::secrets_key(source.name);
            let detail = match e {
                SignatureError::NoSecret => format!("No secret is configured for this source: set {setting}."),
                e => format!("{e}."),
            };
            Problem::of(StatusCode::UNAUTHORIZED)
                .because(detail)
                .with(header::WWW_AUTHENTICATE, HeaderValue::from_static("Signature realm=\"hooks\""))
        }
        Refused::Body(bad) => {
            let form = headers
                .get(header::CONTENT_TYPE)
                .is_some_and(|t| t.as_bytes().starts_with(b"application/x-www-form-urlencoded"));
            let remedy = if form { "; the webhook's content type must be application/json" } else { "" };
            Problem::faults(vec![BadBody { problem: format!("{}{remedy}", bad.problem), ..bad }])
        }
        Refused::Store(cause) => Problem::store(&cause),
    }
}
