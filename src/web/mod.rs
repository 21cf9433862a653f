//! The HTTP entrance: it translates between requests and use cases, and decides nothing.
//!
//! From outside to inside a request passes: its name (`x-request-id`) and the headers that protect browsers; the log,
//! which tells method, route and status and never a body or header; the form of errors; panics; the bound on requests
//! under way; the deadline of the body; what is left of a body; decompression; and then the endpoint, which reads at
//! most so many bytes of what was decompressed.

mod answer;
mod auth;
mod body;
mod correct;
mod dashboard;
mod etag;
mod events;
mod feedback;
mod frame;
mod health;
mod hooks;
mod kpis;
mod open;
mod openapi;
mod parts;
pub mod problem;
mod query;
mod rollouts;
mod server;
mod steer;

use std::num::NonZeroU32;
use std::sync::Arc;

use axum::Router;
use axum::error_handling::HandleErrorLayer;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, get, post};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tower::limit::GlobalConcurrencyLimitLayer;
use tower::{BoxError, ServiceBuilder};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::decompression::RequestDecompressionLayer;

use crate::flow;
use auth::SettingsKeys;
use problem::Problem;

pub use openapi::DOCUMENT as OPENAPI;
pub use server::serve;

/// When to come back after a request was shed, seconds.
const SHED_RETRY_S: u64 = 1;

/// What every endpoint knows.
#[derive(Clone)]
struct App {
    ctx: flow::Context,
    keys: Arc<SettingsKeys>,
    rates: Arc<DefaultKeyedRateLimiter<String>>,
}

/// A path and what answers there.
type Route = (&'static str, MethodRouter<App>);

/// What senders and readers call. The dashboard answers with a refusal where it is not on.
fn working(dashboard_on: bool) -> Vec<Route> {
    let read = |route: MethodRouter<App>| route.layer(from_fn(etag::etag));
    vec![
        ("/hooks/{source}", post(hooks::post).options(hooks::options)),
        ("/hooks/{source}/{connection}", post(hooks::post_connection).options(hooks::options_connection)),
        ("/v1/feedback", post(feedback::post).options(feedback::options)),
        ("/v1/events", post(events::post).options(feedback::options)),
        ("/v1/logs", post(events::logs).options(feedback::options)),
        ("/v1/feedback/{id}/reading", post(correct::post)),
        ("/v1/rollouts", read(get(rollouts::list)).post(open::post)),
        ("/v1/rollouts/{id}", read(get(rollouts::get))),
        ("/v1/rollouts/{id}/feedback", read(get(parts::statements))),
        ("/v1/rollouts/{id}/themes", read(get(parts::what_they_say))),
        ("/v1/rollouts/{id}/findings", read(get(parts::findings))),
        ("/v1/rollouts/{id}/tickets", read(get(parts::tickets))),
        ("/v1/rollouts/{id}/timeline", read(get(parts::timeline))),
        ("/v1/rollouts/{id}/report", read(get(parts::account))),
        ("/v1/rollouts/{id}/extend", post(steer::extend)),
        ("/v1/rollouts/{id}/close", post(steer::close)),
        ("/v1/rollouts/{id}/reopen", post(steer::reopen)),
        ("/v1/rollouts/{id}/acknowledge", post(steer::acknowledge)),
        ("/v1/rollouts/{id}/themes/{theme}/approve", post(answer::approve)),
        ("/v1/rollouts/{id}/themes/{theme}/refuse", post(answer::refuse)),
        ("/v1/kpis", read(get(kpis::get))),
        ("/", get(dashboard::index).layer(from_fn_with_state(dashboard_on, dashboard::only_this_machine))),
        (
            "/rollouts/{id}",
            get(dashboard::rollout).layer(from_fn_with_state(dashboard_on, dashboard::only_this_machine)),
        ),
        (
            "/feedback/{id}/reading",
            post(dashboard::correct).layer(from_fn_with_state(dashboard_on, dashboard::only_this_machine)),
        ),
    ]
}

/// What operators call; answered under any load.
fn operating() -> Vec<Route> {
    vec![
        ("/healthz", get(health::live)),
        ("/readyz", get(health::ready)),
        ("/metrics", get(health::metrics)),
        ("/openapi.json", get(openapi::get)),
        ("/policy.schema.json", get(openapi::policy_schema)),
    ]
}

/// Everything that is answered over HTTP.
pub fn router(ctx: flow::Context) -> Router {
    let server = &ctx.config.server;
    let dashboard_on = server.dashboard.unwrap_or(server.public_url.is_none());
    let per_minute = NonZeroU32::new(server.feedback_per_minute).unwrap_or(NonZeroU32::MIN);
    let shed = ServiceBuilder::new()
        .layer(HandleErrorLayer::new(overloaded))
        .load_shed()
        .layer(GlobalConcurrencyLimitLayer::new(server.requests_max));
    let bodies = ServiceBuilder::new()
        .layer(from_fn_with_state(server.body_timeout.duration(), body::bound))
        .layer(RequestDecompressionLayer::new());
    let around = ServiceBuilder::new()
        .layer(from_fn_with_state(ctx.clone(), frame::frame))
        .layer(from_fn(problem::shape))
        .layer(CatchPanicLayer::custom(problem::panicked));
    let app = App {
        keys: Arc::new(SettingsKeys::of(&ctx)),
        rates: Arc::new(RateLimiter::keyed(Quota::per_minute(per_minute))),
        ctx,
    };
    let all = |routes: Vec<Route>| routes.into_iter().fold(Router::new(), |r, (path, route)| r.route(path, route));
    all(working(dashboard_on))
        .fallback(|| async { Problem::of(StatusCode::NOT_FOUND) })
        .layer(bodies)
        .layer(shed)
        .merge(all(operating()))
        .layer(around)
        .with_state(app)
}

async fn overloaded(_cause: BoxError) -> Problem {
    Problem::of(StatusCode::SERVICE_UNAVAILABLE).retry_after(SHED_RETRY_S)
}

#[cfg(test)]
mod tests;
