//! What went wrong, for the caller: `application/problem+json` (RFC 9457) with the field and the remedy, and nothing of
//! the inside.

use axum::Json;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tracing::error;

use crate::sources::BadBody;

/// The media type of a problem.
pub const MEDIA_TYPE: &str = "application/problem+json";
/// When to come back after the store failed, seconds.
const STORE_RETRY_S: u64 = 5;

/// A fault in one field of what was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldFault {
    field: String,
    problem: String,
}

impl From<BadBody> for FieldFault {
    fn from(bad: BadBody) -> Self {
        Self { field: bad.field, problem: bad.problem }
    }
}

/// An answer that is an error.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    name: &'static str,
    title: &'static str,
    detail: String,
    errors: Vec<FieldFault>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// A problem of a status, told in the status' own words.
    pub fn of(status: StatusCode) -> Self {
        let (name, title, detail) = words(status);
        Self { status, name, title, detail: detail.to_owned(), errors: Vec::new(), headers: Vec::new() }
    }

    /// The same with a sentence that says what happened and what helps.
    #[must_use]
    pub fn because(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// The same with a header.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The same with the time after which to try again, seconds.
    #[must_use]
    pub fn retry_after(self, seconds: u64) -> Self {
        self.with(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// A body that is not what is expected, with each fault.
    pub fn faults(faults: Vec<BadBody>) -> Self {
        let detail = match faults.as_slice() {
            [one] => one.to_string(),
            many => format!("{} fields are not what is expected; errors tells each.", many.len()),
        };
        let mut problem = Self::of(StatusCode::BAD_REQUEST).because(detail);
        problem.errors = faults.into_iter().map(FieldFault::from).collect();
        problem
    }

    /// One field that is not what is expected.
    pub fn field(field: &str, problem: impl Into<String>) -> Self {
        Self::faults(vec![BadBody { field: field.to_owned(), problem: problem.into() }])
    }

    /// There is no such thing.
    pub fn unknown(detail: impl Into<String>) -> Self {
        Self::of(StatusCode::NOT_FOUND).because(detail)
    }

    /// The store failed: the log says why, the caller tries again.
    pub fn store(cause: &anyhow::Error) -> Self {
        error!("the store failed: {cause:#}");
        Self::of(StatusCode::SERVICE_UNAVAILABLE)
            .because("What you sent could not be kept or read just now. Send it again.")
            .retry_after(STORE_RETRY_S)
    }
}

impl From<anyhow::Error> for Problem {
    fn from(cause: anyhow::Error) -> Self {
        Self::store(&cause)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        #[derive(Serialize)]
        struct Wire<'a> {
            r#type: String,
            title: &'a str,
            status: u16,
            detail: &'a str,
            #[serde(skip_serializing_if = "<[_]>::is_empty")]
            errors: &'a [FieldFault],
        }
        let wire = Wire {
            r#type: format!("urn:hearback:problem:{}", self.name),
            title: self.title,
            status: self.status.as_u16(),
            detail: &self.detail,
            errors: &self.errors,
        };
        let mut response = (self.status, Json(wire)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        response.headers_mut().extend(self.headers);
        response
    }
}

/// Gives errors that a library made the form of all others; their headers, such as `Allow`, stay.
pub async fn shape(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let typed = response.headers().get(header::CONTENT_TYPE).and_then(|t| t.to_str().ok());
    let ours = typed.is_some_and(|t| !t.starts_with("text/plain"));
    if ours || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let (from, _) = response.into_parts();
    let mut shaped = Problem::of(status).into_response();
    for (name, value) in &from.headers {
        if ![header::CONTENT_TYPE, header::CONTENT_LENGTH].contains(name) {
            shaped.headers_mut().append(name, value.clone());
        }
    }
    shaped
}

/// The answer where the program itself broke. The panic hook has told the log.
pub fn panicked(_cause: Box<dyn std::any::Any + Send>) -> Response<Body> {
    Problem::of(StatusCode::INTERNAL_SERVER_ERROR).into_response()
}

fn words(status: StatusCode) -> (&'static str, &'static str, &'static str) {
    match status.as_u16() {
        400 => ("bad-request", "Not what is expected", "The request is not what is expected here."),
        401 => ("unauthorized", "Not known", "Nobody knows who sent this."),
        403 => ("forbidden", "Not allowed", "This is not allowed to whoever sent it."),
        404 => {
            ("not-found", "Not there", "There is nothing under this address; GET /openapi.json tells what there is.")
        }
        405 => ("method-not-allowed", "Wrong method", "This address takes other methods; the header Allow names them."),
        408 => ("too-slow", "Too slow", "The body was not there in time. Send it again."),
        409 => ("conflict", "Not in this state", "This can't be done in the present state."),
        413 => ("too-large", "Too large", "The body is larger than what is taken."),
        415 => ("unsupported-encoding", "Unknown encoding", "Send the body as it is, or compressed with gzip."),
        422 => ("key-reused", "Idempotency key used before", "This key was used for another request."),
        429 => ("too-many", "Too many requests", "There were too many requests. Wait as the header Retry-After says."),
        503 => ("overloaded", "Not now", "There is too much to do just now. Wait as the header Retry-After says."),
        500.. => ("internal", "A fault of ours", "Something broke on our side; the log says what. Try again."),
        _ => ("refused", "Refused", "The request was refused."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_problem_tells_the_field_and_nothing_else() {
        let answer = Problem::field("rating.scale", "expected a scale from 2 to 100").into_response();
        assert_eq!(answer.status(), 400);
        assert_eq!(answer.headers()["content-type"], MEDIA_TYPE);
        let body = axum::body::to_bytes(answer.into_body(), 10_000).await.unwrap();
        insta::assert_snapshot!(String::from_utf8_lossy(&body), @r#"{"type":"urn:hearback:problem:bad-request","title":"Not what is expected","status":400,"detail":"rating.scale: expected a scale from 2 to 100","errors":[{"field":"rating.scale","problem":"expected a scale from 2 to 100"}]}"#);
    }

    #[tokio::test]
    async fn a_failing_store_tells_no_inside() {
        let answer = Problem::store(&anyhow::anyhow!("no such table: keys")).into_response();
        assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].to_str().unwrap()), (503, "5"));
        let body = axum::body::to_bytes(answer.into_body(), 10_000).await.unwrap();
        assert!(!String::from_utf8_lossy(&body).contains("table"));
    }

    #[tokio::test]
    async fn a_panic_is_a_fault_of_ours_and_tells_nothing() {
        async fn broken() -> StatusCode {
            panic!("the secret is hunter2")
        }
        let router = axum::Router::new()
            .route("/", axum::routing::get(broken))
            .layer(tower_http::catch_panic::CatchPanicLayer::custom(panicked));
        let request = Request::builder().uri("/").body(Body::empty()).unwrap();
        let answer = tower::ServiceExt::oneshot(router, request).await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["content-type"]),
            (500, &HeaderValue::from_static(MEDIA_TYPE))
        );
        let body = axum::body::to_bytes(answer.into_body(), 10_000).await.unwrap();
        assert!(!String::from_utf8_lossy(&body).contains("hunter2"));
    }
}
