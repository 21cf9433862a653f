//! `GET /openapi.json`: the `OpenAPI` 3.1 document, written by hand and held to the router by a test.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

/// The document.
pub const DOCUMENT: &str = include_str!("openapi.json");

/// The JSON Schema of policies, for editors: `GET /policy.schema.json`.
pub async fn policy_schema() -> Response {
    let kind = HeaderValue::from_static("application/schema+json");
    ([(header::CONTENT_TYPE, kind)], crate::sources::policy::schema().to_string()).into_response()
}

/// The document.
pub async fn get() -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], DOCUMENT).into_response()
}
