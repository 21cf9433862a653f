//! `POST /feedback/{id}/reading`: a form of the dashboard that says what a statement means.

use std::collections::BTreeMap;

use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tracing::error;

use super::{forms, statements};
use crate::domain::annotation::{Intent, Sentiment};
use crate::domain::correction::Correction;
use crate::flow::{analyze, correct};
use crate::render::statements::{Field, WHO_MAX_CHARS, address};
use crate::store::{corrections, feedback};
use crate::web::problem::Problem;
use crate::web::query::feedback_id;
use crate::web::{App, body};

/// Largest form, bytes: a name of a hundred characters, each in up to twelve bytes, and the rest.
const BODY_MAX: usize = 4_096;
/// How long a browser remembers a name, seconds: a year.
const WHO_AGE_S: u32 = 365 * 24 * 60 * 60;

/// What a form says.
struct Sent {
    sentiment: Option<Sentiment>,
    intent: Option<Intent>,
    spam: Option<bool>,
    who: String,
}

/// Keeps the correction, or takes it back where everything is left to the engine, and leads back to the page.
pub async fn post(State(app): State<App>, Path(id): Path<String>, request: Request) -> Result<Response, Problem> {
    let (parts, sent) = request.into_parts();
    forms::from_here(&parts.headers)?;
    let id = feedback_id(&id)?;
    let fields = read(&body::read(sent, BODY_MAX).await?)?;
    let get = |field: Field| fields.get(field.as_str()).map(String::as_str).unwrap_or_default();
    forms::carries(&app.ctx, id.as_str(), get(Field::Token))?;
    let (order, after) = statements::place(Some(get(Field::Order)), Some(get(Field::After)))?;
    let sent = Sent {
        sentiment: choice(Field::Sentiment, get(Field::Sentiment), Sentiment::parse)?,
        intent: choice(Field::Intent, get(Field::Intent), Intent::parse)?,
        spam: choice(Field::Spam, get(Field::Spam), |text| match text {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        })?,
        who: name(get(Field::Who))?,
    };
    let unknown = || Problem::unknown("There is no statement of a rollout with this id.");
    let mut tx = app.ctx.db.read().await?;
    let before = corrections::of_all(&mut tx, std::iter::once(&id)).await?.remove(&id);
    let (item, _) = feedback::get(&mut tx, &id).await?.ok_or_else(unknown)?;
    tx.commit().await?;
    let rollout = item.rollout.ok_or_else(unknown)?;
    let correction = correction(&sent, before.map(|kept| kept.correction));
    if correction == Correction::default() {
        correct::take_back(&app.ctx, &id, &sent.who).await?;
    } else {
        correct::correct(&app.ctx, &id, &correction, &sent.who).await?;
    }
    if let Err(e) = analyze::read_at_once(&app.ctx, &rollout, &id).await {
        // It is kept, and read with the others that wait.
        error!(feedback.id = %id, "a corrected statement waits for another reading: {e:#}");
    }
    let back = format!("{}&saved={id}#saved", address(&rollout, order, after.as_deref()));
    let who: String = url::form_urlencoded::byte_serialize(sent.who.as_bytes()).collect();
    let cookie = format!("{}={who}; Path=/; Max-Age={WHO_AGE_S}; HttpOnly; SameSite=Strict", statements::WHO);
    let mut response = StatusCode::SEE_OTHER.into_response();
    for (header, value) in [(header::LOCATION, back), (header::SET_COOKIE, cookie)] {
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().insert(header, value);
        }
    }
    Ok(response)
}

/// The fields of a form; one that is unknown or there twice is a slip.
fn read(bytes: &[u8]) -> Result<BTreeMap<String, String>, Problem> {
    let mut fields = BTreeMap::new();
    for (name, value) in url::form_urlencoded::parse(bytes) {
        let Some(field) = Field::ALL.into_iter().find(|f| f.as_str() == name) else {
            let known = Field::ALL.map(Field::as_str).join(", ");
            return Err(Problem::field("", format!("unknown field, expected some of {known}")));
        };
        if fields.insert(name.into_owned(), value.into_owned()).is_some() {
            return Err(Problem::field(field.as_str(), "expected once"));
        }
    }
    Ok(fields)
}

/// A choice; an empty one leaves it to the engine.
fn choice<T>(field: Field, text: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Problem> {
    if text.is_empty() {
        return Ok(None);
    }
    parse(text).map(Some).ok_or_else(|| Problem::field(field.as_str(), "expected one of the choices, or nothing"))
}

fn name(text: &str) -> Result<String, Problem> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > WHO_MAX_CHARS || text.chars().any(char::is_control) {
        let expected = format!("expected a name of at most {WHO_MAX_CHARS} characters; it is recorded");
        return Err(Problem::field(Field::Who.as_str(), expected));
    }
    Ok(text.to_owned())
}

/// What is kept. The form holds the main intent alone: where that stays, so do the others.
fn correction(sent: &Sent, before: Option<Correction>) -> Correction {
    let same = before.and_then(|b| b.intents).filter(|all| all.first() == sent.intent.as_ref());
    let intents = same.or_else(|| sent.intent.map(|main| vec![main]));
    Correction { sentiment: sent.sentiment, intents, spam: sent.spam }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_intents_stay_where_the_main_one_does() {
        let sent = |intent| Sent { sentiment: None, intent, spam: None, who: "ana".into() };
        let before = Correction { intents: Some(vec![Intent::Bug, Intent::Request]), ..Correction::default() };
        for (intent, intents) in [
            (Some(Intent::Bug), Some(vec![Intent::Bug, Intent::Request])),
            (Some(Intent::Praise), Some(vec![Intent::Praise])),
            (None, None),
        ] {
            assert_eq!(correction(&sent(intent), Some(before.clone())).intents, intents);
        }
        assert_eq!(correction(&sent(Some(Intent::Bug)), None).intents, Some(vec![Intent::Bug]));
    }
}
