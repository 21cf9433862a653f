//! `POST /v1/events` and `POST /v1/logs`: what people do. Each record of a request stands for itself, and nothing is
//! counted twice, so a request whose answer was lost may be sent again as it is.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use governor::clock::Clock as _;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::auth::{self, Caller};
use super::feedback::allow;
use super::problem::Problem;
use super::{App, body};
use crate::config::KeyKind;
use crate::flow::usage::{Told, take};
use crate::sources::BadBody;
use crate::sources::usage::{Reading, otlp, parse};

/// Reasons that one answer tells.
const REASONS_MAX: usize = 20;
/// Requests whose records are read and counted at one time: read, they hold many times what they were sent as.
const COUNTING_MAX: usize = 4;
/// A request waits this long for its turn.
const TURN_WAIT: Duration = Duration::from_secs(3);
/// When to come back where there was no turn, seconds.
const TURN_RETRY_S: u64 = 2;
/// The turns that are free.
static COUNTING: Semaphore = Semaphore::const_new(COUNTING_MAX);

/// Takes exposures and usage in any of the shapes that are known.
pub async fn post(State(app): State<App>, request: Request) -> Response {
    entered(app, request, |_, _, answer| Ok(answer.own())).await
}

/// Takes OpenTelemetry's log records, and answers as its exporters expect it.
pub async fn logs(State(app): State<App>, request: Request) -> Response {
    entered(app, request, |headers, reading, _| {
        let (mime, bytes) = match content_type(headers) {
            Some(mime) if mime.contains("protobuf") => ("application/x-protobuf", otlp::answer_protobuf(reading)),
            _ => ("application/json", otlp::answer_json(reading)),
        };
        Ok(([(header::CONTENT_TYPE, HeaderValue::from_static(mime))], Bytes::from(bytes)).into_response())
    })
    .await
}

async fn entered(
    app: App,
    request: Request,
    answered: fn(&HeaderMap, &Reading, Answer<'_>) -> Result<Response, Problem>,
) -> Response {
    let (parts, body) = request.into_parts();
    let origin = auth::origin(&parts.headers);
    let caller = match auth::caller(&app.ctx, &app.keys, &parts.headers).await {
        Ok(caller) => caller,
        Err(problem) => return problem.into_response(),
    };
    if let Err(problem) = auth::check_origin(&caller, origin.as_deref()).and_then(|()| may_tell(&caller)) {
        return problem.into_response();
    }
    let taken = taken(&app, &caller, &parts.headers, body).await;
    let mut answer = match taken
        .and_then(|(reading, told)| answered(&parts.headers, &reading, Answer { reading: &reading, told: &told }))
    {
        Ok(answer) => answer,
        Err(problem) => problem.into_response(),
    };
    if caller.kind == KeyKind::Public {
        allow(&mut answer, parts.headers.get(header::ORIGIN));
    }
    answer
}

fn may_tell(caller: &Caller) -> Result<(), Problem> {
    if caller.kind == KeyKind::Secret || caller.events {
        return Ok(());
    }
    Err(Problem::of(StatusCode::FORBIDDEN).because(
        "This public key may add feedback only; make one with hearback keys create --events, or send from a server.",
    ))
}

async fn taken(app: &App, caller: &Caller, headers: &HeaderMap, body: Body) -> Result<(Reading, Vec<Told>), Problem> {
    // Its own allowance: a flood of events must not keep statements out.
    if let Err(early) = app.rates.check_key(&format!("{} events", caller.id)) {
        let wait = early.wait_time_from(app.rates.clock().now());
        return Err(Problem::of(StatusCode::TOO_MANY_REQUESTS)
            .because("This key sends more requests than server.feedback_per_minute; send several events in one.")
            .retry_after(wait.as_secs() + 1));
    }
    let bytes = body::read(body, app.ctx.config.server.body_max_bytes).await?;
    let Ok(Ok(_turn)) = timeout(TURN_WAIT, COUNTING.acquire()).await else {
        return Err(Problem::of(StatusCode::SERVICE_UNAVAILABLE)
            .because("Too many requests with events are on their way at once.")
            .retry_after(TURN_RETRY_S));
    };
    let mut reading =
        parse(&bytes, content_type(headers), app.ctx.now()).map_err(|fault| Problem::faults(vec![fault]))?;
    drop(bytes);
    if reading.records.is_empty() && reading.refused > 0 {
        let faults = reading.refusals.iter().map(|r| BadBody {
            field: if r.field.is_empty() { format!("[{}]", r.record) } else { format!("[{}].{}", r.record, r.field) },
            problem: r.problem.clone(),
        });
        return Err(Problem::faults(faults.collect()));
    }
    let unproven = (caller.kind == KeyKind::Public).then_some(caller.id.as_str());
    let told = take(&app.ctx, std::mem::take(&mut reading.records), unproven).await?;
    Ok((reading, told))
}

fn content_type(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::CONTENT_TYPE)?.to_str().ok()
}

/// What became of a request.
struct Answer<'a> {
    reading: &'a Reading,
    told: &'a [Told],
}

impl Answer<'_> {
    fn own(&self) -> Response {
        let (mut counted, mut waiting) = (0, 0);
        let mut ignored: BTreeMap<&str, usize> = self.reading.ignored.iter().map(|(why, n)| (*why, *n)).collect();
        for told in self.told {
            match told {
                Told::Counted(_) => counted += 1,
                Told::Waits => waiting += 1,
                Told::Ignored(why) => *ignored.entry(why.as_str()).or_default() += 1,
            }
        }
        let refusals = self.reading.refusals.iter();
        let answer = json!({
            "received": self.reading.sent,
            "counted": counted,
            "waiting": waiting,
            "ignored": ignored.into_iter().take(REASONS_MAX).map(|(why, n)| json!({"why": why, "records": n})).collect::<Vec<_>>(),
            "refused": self.reading.refused,
            "refusals": refusals.map(|r| json!({"record": r.record, "field": r.field, "problem": r.problem})).collect::<Vec<_>>(),
        });
        axum::Json(answer).into_response()
    }
}
