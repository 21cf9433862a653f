//! What stands under a rollout: `/feedback`, `/themes`, `/findings`, `/tickets`, `/timeline`, `/report`.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::problem::Problem;
use super::query::{Page, Query, listed, no_such_rollout, rollout_id};
use super::{App, auth};
use crate::domain::feedback::Feedback;
use crate::flow::reports::{self, Full};
use crate::id::{FeedbackId, RolloutId};
use crate::render::{html, markdown, report};
use crate::store::{decisions, feedback, rollouts, themes};
use crate::time::UnixMs;

/// Lets secret keys through and reads the id.
async fn reader(app: &App, headers: &HeaderMap, id: &str) -> Result<RolloutId, Problem> {
    auth::secret(&app.ctx, &app.keys, headers).await?;
    rollout_id(id)
}

/// The same where a question takes no parameters.
async fn plain_reader(app: &App, headers: &HeaderMap, id: &str, uri: &Uri) -> Result<RolloutId, Problem> {
    let id = reader(app, headers, id).await?;
    Query::of(uri, &[])?;
    Ok(id)
}

async fn full(app: &App, id: &RolloutId) -> Result<Full, Problem> {
    reports::by_id(&app.ctx, id).await?.ok_or_else(no_such_rollout)
}

/// What customers said, redacted, the latest first.
pub async fn statements(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Json<Value>, Problem> {
    let id = reader(&app, &headers, &id).await?;
    let page = Page::of(&uri)?;
    let before = page.after.as_ref().map(|(at, id)| (*at, FeedbackId(id.clone())));
    let mut tx = app.ctx.db.read().await?;
    rollouts::get(&mut tx, &id).await?.ok_or_else(no_such_rollout)?;
    let mut rows =
        feedback::of_rollout(&mut tx, &id, before.as_ref().map(|(at, id)| (*at, id)), page.limit + 1).await?;
    tx.commit().await?;
    let next = page.cut(&mut rows, |f| (f.occurred_at, f.id.0.clone()));
    Ok(Json(listed("feedback", rows.iter().map(statement).collect::<Vec<_>>(), next.as_deref())))
}

fn statement(f: &Feedback) -> Value {
    json!({
        "id": f.id,
        "text": f.text,
        "rating": f.rating,
        "person": f.person,
        "anonymous": f.anonymous,
        "variant": f.variant,
        "attributes": f.attributes,
        "channel": f.channel,
        "occurred_at": f.occurred_at.rfc3339(),
        "theme": f.theme,
        // `null` until it was read.
        "annotation": f.annotation.as_ref().map(|a| json!({
            "language": a.language,
            "sentiment": {"label": a.sentiment, "score": a.score, "confidence": a.confidence},
            "intent": {"label": a.intent, "confidence": a.intent_confidence},
            "spam": a.spam,
            "supported": a.details.supported,
            "abstains": a.details.abstains,
            "contradicts": a.details.contradicts,
            "intents": a.details.intents,
            "aspects": a.details.aspects,
            "engine": a.engine,
        })),
    })
}

/// What several people say alike, the largest first.
pub async fn what_they_say(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Json<Value>, Problem> {
    let id = plain_reader(&app, &headers, &id, &uri).await?;
    let mut tx = app.ctx.db.read().await?;
    rollouts::get(&mut tx, &id).await?.ok_or_else(no_such_rollout)?;
    let mut known = themes::of_rollout(&mut tx, &id).await?;
    tx.commit().await?;
    known.retain(|t| t.tally.people() > 0);
    known.sort_by(|a, b| b.tally.people().cmp(&a.tally.people()).then_with(|| a.id.cmp(&b.id)));
    Ok(Json(listed("themes", known.iter().map(report::theme).collect::<Vec<_>>(), None)))
}

/// Statistical statements with their intervals and what they rest on: how many people are unhappy by their latest statement,
/// then what the counters say.
pub async fn findings(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Json<Value>, Problem> {
    let id = plain_reader(&app, &headers, &id, &uri).await?;
    let mut data = report::data(&full(&app, &id).await?.account());
    let found = data["findings"].take();
    let share = &data["negative_share"];
    let (part, whole) = (share["part"].as_i64().unwrap_or(0), share["whole"].as_i64().unwrap_or(0));
    let finding = json!({
        "name": "negative_share",
        "method": "Wilson score interval",
        "level": 0.95,
        "part": part,
        "whole": whole,
        "share": (whole > 0).then(|| part as f64 / whole as f64),
        "low": share["low"],
        "high": share["high"],
        "leaning": data["verdict"]["leaning"],
        "sentence": data["verdict"]["sentence"],
    });
    let all: Vec<Value> = [finding].into_iter().chain(found.as_array().cloned().unwrap_or_default()).collect();
    Ok(Json(listed("findings", all, None)))
}

/// Issues that are kept true.
pub async fn tickets(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Json<Value>, Problem> {
    let id = plain_reader(&app, &headers, &id, &uri).await?;
    let data = report::data(&full(&app, &id).await?.account());
    Ok(Json(listed("tickets", &data["tickets"], None)))
}

/// What happened and why, the oldest first: stages, steps of the window, decisions.
pub async fn timeline(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Json<Value>, Problem> {
    let id = plain_reader(&app, &headers, &id, &uri).await?;
    let full = full(&app, &id).await?;
    let account = full.account();
    let mut tx = app.ctx.db.read().await?;
    let decided = decisions::of_rollout(&mut tx, &id).await?;
    tx.commit().await?;
    let mut events: Vec<(UnixMs, Value)> = Vec::new();
    for s in &account.rollout.stages {
        let until = s.until.map(UnixMs::rfc3339);
        let stage = json!({
            "kind": "stage", "name": s.name, "exposure": s.exposure.words(), "until": until, "by": s.by,
        });
        events.push((s.from, stage));
    }
    if let Some((at, how)) = account.rollout.ended {
        events.push((at, json!({"kind": "ended", "how": how})));
    }
    for t in account.history {
        let cause = t.cause.to_string();
        events.push((t.at, json!({"kind": "window", "from": t.from, "to": t.to, "cause": cause, "actor": t.actor})));
    }
    for d in decided {
        let evidence: Value = serde_json::from_str(&d.evidence).unwrap_or(Value::Null);
        let event = json!({
            "kind": "decision", "subject": d.subject, "verdict": d.verdict, "why": d.why, "evidence": evidence,
        });
        events.push((UnixMs(d.at_ms), event));
    }
    events.sort_by_key(|(at, _)| *at);
    let events: Vec<Value> = events
        .into_iter()
        .map(|(at, mut event)| {
            event["at"] = json!(at.rfc3339());
            event
        })
        .collect();
    Ok(Json(listed("timeline", events, None)))
}

/// The readable account: `?format=json`, `md` or `html`.
pub async fn account(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    let id = reader(&app, &headers, &id).await?;
    let query = Query::of(&uri, &["format"])?;
    let full = full(&app, &id).await?;
    let account = full.account();
    let typed = |kind, text: String| ([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], text).into_response();
    match query.get("format").unwrap_or("json") {
        "json" => Ok(Json(report::data(&account)).into_response()),
        "md" => {
            let text = markdown::render(&report::document(&account));
            Ok(typed("text/markdown; charset=utf-8", text))
        }
        "html" => {
            Ok(typed("text/html; charset=utf-8", html::page(&report::title(account.rollout), &report::body(&account))))
        }
        _ => Err(Problem::field("format", "expected json, md or html")),
    }
}
