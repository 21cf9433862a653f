//! `GET /v1/rollouts` and `/v1/rollouts/{id}`: what is rolled out, where its window stands, and how people feel.

use anyhow::Result;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use serde_json::{Value, json};

use super::problem::Problem;
use super::query::{Page, Query, listed, no_such_rollout, rollout_id};
use super::{App, auth};
use crate::domain::rollout::Rollout;
use crate::domain::signal::Subject;
use crate::domain::tally::Tally;
use crate::domain::window::Window;
use crate::flow::{mentions, policies};
use crate::id::RolloutId;
use crate::plan::verdict;
use crate::render::report;
use crate::store::{Tx, rollouts, windows};
use crate::time::UnixMs;

/// All rollouts, newest first.
pub async fn list(State(app): State<App>, headers: HeaderMap, uri: Uri) -> Result<Json<Value>, Problem> {
    auth::secret(&app.ctx, &app.keys, &headers).await?;
    let page = Page::of(&uri)?;
    let mut tx = app.ctx.db.read().await?;
    let (rows, next) = newest(&mut tx, &page).await?;
    let mut items = Vec::with_capacity(rows.len());
    for id in rows {
        items.extend(Overview::load(&app, &mut tx, &id).await?.map(|o| o.data()));
    }
    tx.commit().await?;
    Ok(Json(listed("rollouts", items, next.as_deref())))
}

/// The ids of a page, and the cursor of the next.
pub(super) async fn newest(tx: &mut Tx, page: &Page) -> Result<(Vec<RolloutId>, Option<String>)> {
    let after = page.after.as_ref().map(|(at, id)| (*at, RolloutId(id.clone())));
    let mut rows = rollouts::page(tx, after.as_ref().map(|(at, id)| (*at, id)), page.limit + 1).await?;
    let next = page.cut(&mut rows, |(id, at)| (*at, id.0.clone()));
    Ok((rows.into_iter().map(|(id, _)| id).collect(), next))
}

/// One rollout.
pub async fn get(
    State(app): State<App>,
    Path(id): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Json<Value>, Problem> {
    auth::secret(&app.ctx, &app.keys, &headers).await?;
    Query::of(&uri, &[])?;
    let id = rollout_id(&id)?;
    let mut tx = app.ctx.db.read().await?;
    let overview = Overview::load(&app, &mut tx, &id).await?.ok_or_else(no_such_rollout)?;
    let brought_by = mentions::brought_by(&mut tx, &overview.rollout).await?;
    tx.commit().await?;
    let mut data = overview.data();
    data["brought_by"] = brought_by.iter().map(report::mention).collect();
    Ok(Json(data))
}

/// What one line tells of a rollout.
pub(super) struct Overview {
    pub(super) rollout: Rollout,
    pub(super) window: Window,
    pub(super) tally: Tally,
    statements: i64,
    min_people: i64,
}

impl Overview {
    pub(super) async fn load(app: &App, tx: &mut Tx, id: &RolloutId) -> Result<Option<Self>> {
        let Some(rollout) = rollouts::get(tx, id).await? else { return Ok(None) };
        let counts = rollouts::counts(tx, id).await?;
        let policy = policies::of(&app.ctx, tx, &rollout).await?;
        Ok(Some(Self {
            rollout,
            window: windows::get(tx, id).await?.unwrap_or_else(|| Window::unborn(id.clone())),
            tally: counts.tally.into(),
            statements: counts.items,
            min_people: policy.min_people,
        }))
    }

    pub(super) fn sentence(&self) -> String {
        verdict::sentence(&self.rollout, self.tally, self.min_people)
    }

    fn data(&self) -> Value {
        let r = &self.rollout;
        json!({
            "id": r.id,
            "label": r.label(),
            "subject": subject(r),
            "repository": r.about.repo,
            "url": r.about.url,
            "generation": r.generation,
            "parent": r.parent,
            "started_at": r.started_at.map(UnixMs::rfc3339),
            "ended": r.ended.map(|(at, how)| json!({"at": at.rfc3339(), "how": how})),
            "exposure": r.stage().map(|s| s.exposure.words()),
            "window": window(&self.window),
            "people": self.tally.people(),
            "statements": self.statements,
            "sentiment": self.tally,
            "verdict": {
                "leaning": verdict::leaning(self.tally, self.min_people).as_str(),
                "sentence": self.sentence(),
            },
        })
    }
}

fn subject(r: &Rollout) -> Value {
    match &r.subject {
        Subject::Flag { platform, project, environment, flag } => json!({
            "kind": "flag", "flag": flag, "environment": environment, "platform": platform, "project": project,
        }),
        Subject::FlagEverywhere { platform, project, flag } => json!({
            "kind": "flag", "flag": flag, "platform": platform, "project": project,
        }),
        Subject::Release { origin, release } => json!({
            "kind": "release", "release": r.about.tag.as_ref().unwrap_or(release), "origin": origin,
        }),
        Subject::Tag { origin, tag } => json!({"kind": "release", "release": tag, "origin": origin}),
    }
}

/// A window as it is sent.
pub(super) fn window(w: &Window) -> Value {
    json!({
        "state": w.state,
        "opened_at": w.opened_at.map(UnixMs::rfc3339),
        "closes_at": (w.closes_at != UnixMs::NEVER).then(|| w.closes_at.rfc3339()),
        "closed_at": w.closed_at.map(UnixMs::rfc3339),
    })
}
