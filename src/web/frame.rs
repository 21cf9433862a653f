//! What stands around every request: its name, the headers that protect browsers, and its line in the log.

use std::sync::LazyLock;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use tracing::{Instrument, debug, info, info_span};

use crate::flow::Context;
use crate::render::html;

/// The name of a request, for whoever asks about it.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What machines ask to see whether it works.
const PROBES: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// Marks an answer as a page whose forms come back here.
#[derive(Clone, Copy, Debug)]
pub struct HasForms;

/// What browsers may load: nothing but the style of our own pages.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| framed(&html::policy()));

/// The same where a page [`HasForms`].
static POLICY_WITH_FORMS: LazyLock<HeaderValue> = LazyLock::new(|| framed(&html::policy_with_forms()));

fn framed(policy: &str) -> HeaderValue {
    let policy = format!("{policy}; frame-ancestors 'none'");
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

/// No guessing of types, no frame, no trace of where a reader came from.
const PROTECTION: [(HeaderName, &str); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
];

/// Names a request, logs how it ended, and protects who reads the answer. The name is always ours: one from outside
/// would let anybody write into the log.
pub async fn frame(State(ctx): State<Context>, request: Request, next: Next) -> Response {
    let id = format!("rq_{:032x}", ctx.entropy.bits());
    let path = request.extensions().get::<MatchedPath>().map_or("(none)", MatchedPath::as_str).to_owned();
    let span = info_span!("request", request.id = %id, http.method = %request.method(), http.route = %path);
    let began = ctx.now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let status = response.status().as_u16();
    let ms = ctx.now().since(began);
    // Probes come every few seconds and say nothing while all is well.
    let quiet = PROBES.contains(&&*path) && status == 200;
    span.in_scope(|| {
        if quiet {
            debug!(http.status = status, http.ms = ms, "answered {status}");
        } else {
            info!(http.status = status, http.ms = ms, "answered {status}");
        }
    });
    let has_forms = response.extensions().get::<HasForms>().is_some();
    let headers = response.headers_mut();
    if has_forms {
        // With no-referrer a browser does not say where a form comes from, to us neither.
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert(REQUEST_ID, id);
    }
    let policy = if has_forms { POLICY_WITH_FORMS.clone() } else { POLICY.clone() };
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    for (name, value) in PROTECTION {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    response
}
