//! Prometheus and what answers as it does: `POST {base}/api/v1/query_range`, as a form, since queries get long.
//!
//! A sample that is `NaN` or infinite is no data. The query must come to one series: several can't be told apart here. The
//! steps are 15 seconds, or wider where a span would have more than 500 of them; the server refuses more than 11,000.
//! After prometheus/prometheus `docs/querying/api.md`.

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::Value;

use super::ask::{Answer, Asker, clean};
use super::rows::Points;
use super::template::{Hole, Language, Stands, Template, promql};
use super::{About, Puller, Settings};
use crate::domain::series::{Hours, Pulled};
use crate::http::RemoteError;
use crate::time::{SECOND_MS, UnixMs};

/// Shortest step, seconds: nothing is scraped much oftener.
const STEP_MIN_S: i64 = 15;
/// Steps of one question.
const STEPS_MAX: i64 = 500;
/// Warnings that are passed on.
const WARNINGS_MAX: usize = 5;

/// A Prometheus.
#[derive(Debug)]
pub(super) struct Prometheus {
    asker: Asker,
    query: Template,
    metric: String,
}

#[derive(Deserialize)]
struct Body {
    status: String,
    data: Option<Data>,
    #[serde(rename = "errorType")]
    error_type: Option<String>,
    error: Option<String>,
    #[serde(default)]
    warnings: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    result_type: String,
    result: Value,
}

#[derive(Deserialize)]
struct Series {
    #[serde(default)]
    values: Vec<(f64, String)>,
    #[serde(default)]
    histograms: Vec<Value>,
}

impl Prometheus {
    pub(super) fn new(settings: Settings) -> anyhow::Result<Self> {
        let asker = Asker::new(&settings, false)?;
        let query = Template::read(&settings.query, Language::PromQl)
            .map_err(|problem| anyhow::anyhow!("usage.{}.query: {problem}", settings.name))?;
        Ok(Self { asker, query, metric: settings.metric })
    }

    /// Sends a form and reads what came back.
    async fn ask(&self, path: &str, form: &[(&str, String)]) -> Result<(Data, Vec<String>), RemoteError> {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = self.asker.post(self.asker.at(&["api", "v1", path]));
        let request = request.header(http::header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(body);
        let answer = self.asker.send(request).await?;
        self.read(&answer)
    }

    fn read(&self, answer: &Answer) -> Result<(Data, Vec<String>), RemoteError> {
        let body: Option<Body> = serde_json::from_slice(&answer.body).ok();
        let Some(body) = body else {
            // A proxy before it answers in its own words.
            let good = answer.status.is_success();
            return Err(if good { self.asker.unreadable(answer.status) } else { self.asker.meaning(answer, None) });
        };
        // An error may come with data, which is then not all of it.
        if body.status != "success" {
            let said = body.error.unwrap_or_else(|| "an error without words".into());
            return Err(match body.error_type.as_deref() {
                Some("timeout" | "canceled" | "internal" | "unavailable") => RemoteError::NotSent {
                    problem: format!("usage.{} could not answer: {}", self.asker.name(), clean(&said)),
                },
                Some("bad_data" | "execution") => self.asker.wrong_query(&said),
                _ if answer.status.is_success() => self.asker.wrong_query(&said),
                _ => self.asker.meaning(answer, Some(&said)),
            });
        }
        let data =
            body.data.filter(|_| answer.status.is_success()).ok_or_else(|| self.asker.unreadable(answer.status))?;
        Ok((data, body.warnings.iter().take(WARNINGS_MAX).map(|w| clean(w)).collect()))
    }

    fn points(&self, data: Data, hours: Hours) -> Result<Points, RemoteError> {
        if data.result_type != "matrix" {
            let problem =
                format!("expected one that gives a number over time, this gives a {}", clean(&data.result_type));
            return Err(self.asker.wrong_query(&problem));
        }
        let unreadable = |_| self.asker.unreadable(http::StatusCode::OK);
        let series: Vec<Series> = serde_json::from_value(data.result).map_err(unreadable)?;
        if series.len() > 1 {
            let problem = format!("expected one series, found {}: put sum(…) or max(…) around it", series.len());
            return Err(self.asker.wrong_query(&problem));
        }
        let mut points = Points::default();
        for series in series {
            if !series.histograms.is_empty() {
                let problem = "it gives histograms: take histogram_quantile(…) or histogram_sum(…) of them";
                return Err(self.asker.wrong_query(problem));
            }
            for (at, value) in series.values {
                let value: f64 = value.parse().map_err(|_| self.asker.unreadable(http::StatusCode::OK))?;
                if value.is_finite() {
                    points.add(moment(at), value, 1, hours);
                }
            }
        }
        Ok(points)
    }
}

#[async_trait]
impl Puller for Prometheus {
    async fn pull(&self, about: About<'_>, hours: Hours) -> Result<Pulled, RemoteError> {
        if hours.is_empty() {
            return Ok(Pulled::default());
        }
        let step = step_s(hours);
        for hole in [Hole::Flag, Hole::Rollout, Hole::Environment] {
            if self.query.has(hole) {
                about.name(hole)?;
            }
        }
        let fill = |hole: Hole, stands: Stands| match hole {
            Hole::From => Ok(seconds(hours.from).to_string()),
            Hole::To => Ok(seconds(hours.to).to_string()),
            Hole::Step => Ok(format!("{step}s")),
            Hole::Flag | Hole::Rollout | Hole::Environment => {
                let name = about.name(hole).map_err(|e| e.to_string())?;
                promql(name, stands == Stands::Quoted { regex: true })
            }
        };
        let query = self.query.fill(fill).map_err(|problem| self.asker.wrong_query(&problem))?;
        // Its end is inclusive, and the sample there belongs to the next hour.
        let form = [
            ("query", query),
            ("start", seconds(hours.from).to_string()),
            ("end", (seconds(hours.to) - 1).to_string()),
            ("step", step.to_string()),
        ];
        let (data, warnings) = self.ask("query_range", &form).await?;
        let points = self.points(data, hours)?;
        Ok(Pulled { hours: points.finish(&self.metric), warnings, ..Pulled::default() })
    }

    async fn check(&self) -> Result<String, RemoteError> {
        self.ask("query", &[("query", "vector(1)".into())]).await?;
        Ok("answers PromQL".into())
    }

    fn needs_flag(&self) -> bool {
        self.query.has(Hole::Flag)
    }

    fn spacing_ms(&self) -> i64 {
        0
    }
}

/// The step for a span, seconds.
fn step_s(hours: Hours) -> i64 {
    let range_s = hours.ms() / SECOND_MS;
    ((range_s + STEPS_MAX - 1) / STEPS_MAX).max(STEP_MIN_S)
}

fn seconds(at: UnixMs) -> i64 {
    at.0.div_euclid(SECOND_MS)
}

/// A sample's time, which is in seconds with up to three digits behind the point.
fn moment(seconds: f64) -> UnixMs {
    #[expect(clippy::cast_possible_truncation, reason = "saturates, and then lies outside of every span")]
    UnixMs((seconds * 1e3).round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{DAY_MS, HOUR_MS};

    #[test]
    fn steps_are_no_shorter_than_a_scrape_and_no_more_than_can_be_asked_for() {
        for (ms, step) in [(HOUR_MS, 15), (DAY_MS, 173), (7 * DAY_MS, 1_210)] {
            let hours = Hours { from: UnixMs(0), to: UnixMs(ms) };
            assert_eq!(step_s(hours), step);
            assert!(hours.ms() / SECOND_MS / step_s(hours) <= STEPS_MAX);
        }
    }
}
