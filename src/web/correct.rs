//! `POST /v1/feedback/{id}/reading`: a person says what a statement means where it was read wrongly.

use axum::Json;
use axum::extract::{Path, Request, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::problem::Problem;
use super::query::feedback_id;
use super::{App, auth, body};
use crate::domain::annotation::{Intent, Sentiment};
use crate::domain::correction::Correction;
use crate::flow::correct::correct;

/// Largest request, bytes.
const BODY_MAX: usize = 4_096;
/// Longest name, in characters.
const WHO_MAX_CHARS: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    sentiment: Option<Sentiment>,
    intents: Option<Vec<Intent>>,
    spam: Option<bool>,
    who: Option<String>,
}

/// Keeps a correction: `{"sentiment"?, "intents"?, "spam"?, "who"?}`, one of the first three at least.
pub async fn post(State(app): State<App>, Path(id): Path<String>, request: Request) -> Result<Json<Value>, Problem> {
    let (parts, sent) = request.into_parts();
    let key = auth::secret(&app.ctx, &app.keys, &parts.headers).await?.id;
    let id = feedback_id(&id)?;
    let sent: Sent = body::json(&body::read(sent, BODY_MAX).await?)?;
    let who = sent.who.as_deref().map(str::trim).filter(|w| !w.is_empty()).unwrap_or(&key);
    if who.chars().count() > WHO_MAX_CHARS {
        return Err(Problem::field("who", format!("expected at most {WHO_MAX_CHARS} characters")));
    }
    let correction = Correction { sentiment: sent.sentiment, intents: sent.intents, spam: sent.spam };
    if correction.intents.as_ref().is_some_and(Vec::is_empty) {
        return Err(Problem::field("intents", "expected one or more; other where it wants nothing of these"));
    }
    if correction == Correction::default() {
        return Err(Problem::field("sentiment", "expected this, intents or spam"));
    }
    if !correct(&app.ctx, &id, &correction, who).await.map_err(|e| Problem::store(&e))? {
        return Err(Problem::unknown("There is no statement with this id."));
    }
    Ok(Json(json!({
        "feedback": id,
        "correction": {
            "sentiment": correction.sentiment, "intents": correction.intents, "spam": correction.spam, "who": who,
        },
    })))
}
