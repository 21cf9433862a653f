//! `PostHog`'s query API: `POST {base}/api/projects/{id}/query/` with `HogQL`. Names go apart from the query, as `values`.
//!
//! A query that takes longer is told by a `query_status`, and looked after until it is done. Its limits are for the whole
//! organisation and have changed over time, so that it is asked once a minute at most. After `PostHog`'s documentation,
//! *API queries*.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::ask::{Answer, Asker};
use super::template::{Hole, Language, Template};
use super::{About, Puller, Settings, rows};
use crate::domain::series::{Hours, Pulled};
use crate::http::RemoteError;
use crate::time::{MINUTE_MS, SECOND_MS};

/// Shortest time between two questions, ms.
const SPACING_MS: i64 = MINUTE_MS;
/// Times that a query is looked after before it is given up until the next time.
const LOOKS_MAX: u32 = 8;

/// A project of `PostHog`.
#[derive(Debug)]
pub(super) struct PostHog {
    asker: Asker,
    query: Template,
    metric: String,
    project: String,
    look_again: Duration,
    /// When the last question was asked, by our clock.
    asked_at: AtomicI64,
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    columns: Option<Vec<String>>,
    #[serde(default)]
    results: Option<Value>,
    #[serde(default, rename = "hasMore")]
    has_more: Option<bool>,
    #[serde(default)]
    error: Option<Value>,
    #[serde(default)]
    detail: Option<String>,
    #[serde(default)]
    query_status: Option<Status>,
}

#[derive(Deserialize)]
struct Status {
    id: String,
    #[serde(default)]
    complete: bool,
    #[serde(default)]
    error: Value,
    #[serde(default)]
    error_message: Option<String>,
    #[serde(default)]
    results: Value,
}

impl PostHog {
    pub(super) fn new(settings: Settings) -> anyhow::Result<Self> {
        let name = &settings.name;
        let asker = Asker::new(&settings, false)?;
        let query = Template::read(&settings.query, Language::Sql)
            .map_err(|problem| anyhow::anyhow!("usage.{name}.query: {problem}"))?;
        let project = settings.project.as_deref().map(str::trim).filter(|p| !p.is_empty()).map(ToOwned::to_owned);
        let project = project.ok_or_else(|| anyhow::anyhow!("usage.{name}.project: expected the project's number"))?;
        let asked_at = AtomicI64::new(i64::MIN);
        Ok(Self { asker, query, metric: settings.metric, project, look_again: settings.look_again, asked_at })
    }

    /// Asks, and waits until the answer is there: the columns and the rows.
    async fn ask(&self, query: &str, values: &Map<String, Value>) -> Result<Body, RemoteError> {
        let now = self.asker.clock.now();
        let since = now.0.saturating_sub(self.asked_at.load(Ordering::Relaxed));
        if since < SPACING_MS {
            let reason = format!("usage.{} is asked once a minute", self.asker.name());
            return Err(RemoteError::Wait { ms: (SPACING_MS - since).clamp(SECOND_MS, SPACING_MS), reason });
        }
        self.asked_at.store(now.0, Ordering::Relaxed);
        let question = json!({
            "query": {"kind": "HogQLQuery", "query": query, "values": values},
            "refresh": "blocking",
            "name": format!("hearback {}", self.asker.name()),
        });
        // Its addresses end with a slash; without one it redirects.
        let url = self.asker.at(&["api", "projects", &self.project, "query", ""]);
        let answer = self.asker.send(self.asker.post(url).json(&question)).await?;
        let mut body = self.read(&answer)?;
        let mut wait = self.look_again;
        for _ in 0..LOOKS_MAX {
            let Some(id) = body.query_status.as_ref().filter(|s| !s.complete).map(|s| s.id.clone()) else { break };
            tokio::time::sleep(wait).await;
            wait *= 2;
            let url = self.asker.at(&["api", "projects", &self.project, "query", &id, ""]);
            body = self.read(&self.asker.send(self.asker.get(url)).await?)?;
        }
        self.done(body)
    }

    fn read(&self, answer: &Answer) -> Result<Body, RemoteError> {
        let body: Option<Body> = serde_json::from_slice(&answer.body).ok();
        if !answer.status.is_success() {
            let said = body.and_then(|b| b.detail);
            return Err(self.asker.meaning(answer, said.as_deref()));
        }
        body.ok_or_else(|| self.asker.unreadable(answer.status))
    }

    /// The answer of a query that is done, which may lie within its status.
    fn done(&self, body: Body) -> Result<Body, RemoteError> {
        let failed = |e: &Value| !matches!(e, Value::Null | Value::Bool(false));
        let Some(status) = body.query_status else {
            return match &body.error {
                Some(error) if failed(error) => Err(self.asker.wrong_query(error.as_str().unwrap_or("it failed"))),
                Some(_) | None => Ok(body),
            };
        };
        if failed(&status.error) {
            return Err(self.asker.wrong_query(status.error_message.as_deref().unwrap_or("it failed")));
        }
        if !status.complete {
            return Err(RemoteError::NotSent {
                problem: format!("usage.{}: the query took too long", self.asker.name()),
            });
        }
        if body.results.is_some() {
            return Ok(Body { query_status: None, ..body });
        }
        serde_json::from_value(status.results).map_err(|_| self.asker.unreadable(http::StatusCode::OK))
    }
}

#[async_trait]
impl Puller for PostHog {
    async fn pull(&self, about: About<'_>, hours: Hours) -> Result<Pulled, RemoteError> {
        let mut values = Map::new();
        let used: Vec<Hole> = [Hole::Flag, Hole::Rollout, Hole::Environment, Hole::From, Hole::To]
            .into_iter()
            .filter(|h| self.query.has(*h))
            .collect();
        for hole in used {
            let value = match hole {
                Hole::From => json!(hours.from.0 / SECOND_MS),
                Hole::To => json!(hours.to.0 / SECOND_MS),
                name => json!(about.name(name)?),
            };
            values.insert(hole.name().into(), value);
        }
        let query = self
            .query
            .fill(|hole, _| Ok(format!("{{{}}}", hole.name())))
            .map_err(|problem| self.asker.wrong_query(&problem))?;
        let body = self.ask(&query, &values).await?;
        if body.has_more == Some(true) {
            return Err(self.asker.wrong_query("there are more rows than its limit: add LIMIT 50000, or group them"));
        }
        let (Some(columns), Some(Value::Array(results))) = (body.columns, body.results) else {
            return Err(self.asker.unreadable(http::StatusCode::OK));
        };
        let row = |cells: Value| match cells {
            Value::Array(cells) if cells.len() == columns.len() => Some(columns.iter().cloned().zip(cells).collect()),
            _ => None,
        };
        let rows: Option<Vec<Map<String, Value>>> = results.into_iter().map(row).collect();
        let rows = rows.ok_or_else(|| self.asker.unreadable(http::StatusCode::OK))?;
        rows::read(&rows, &self.metric, hours).map_err(|problem| self.asker.wrong_query(&problem))
    }

    async fn check(&self) -> Result<String, RemoteError> {
        self.ask("SELECT 1", &Map::new()).await?;
        Ok(format!("answers HogQL for project {}", self.project))
    }

    fn needs_flag(&self) -> bool {
        self.query.has(Hole::Flag)
    }

    fn spacing_ms(&self) -> i64 {
        SPACING_MS
    }
}
