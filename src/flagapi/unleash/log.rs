//! The event log.
//!
//! It knows neither a cursor nor a moment to begin at: it is read by offset, newest first, until what is known. An event is
//! there with the fields that the webhook sends, and two more for people. Its id is taken before its change is committed,
//! so that a lower one may come to light after a higher one: the last few are read again. Whoever keeps events knows them
//! by their id.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::After;
use super::super::ask::Asker;
use crate::http::RemoteError;
use crate::time::UnixMs;

/// Events on a page; beyond 1,000 Unleash gives 50.
const PER_PAGE: usize = 200;
/// Pages of the log that are read in one look: what lies further back is told by the flags as they are.
const PAGES_MAX: usize = 20;
/// How far below the highest known id an event may still come to light.
const AGAIN: i64 = 20;
/// What the log told.
pub(super) struct Log {
    /// The events by their id, each with the flag that it is about. Those about none are left out.
    pub events: BTreeMap<i64, (String, Vec<u8>)>,
    /// The highest id that was seen.
    pub newest: Option<i64>,
    /// Whether all was read that happened since.
    pub whole: bool,
}

#[derive(Deserialize)]
struct Events {
    events: Vec<Box<RawValue>>,
}

/// What of an event tells where it belongs.
#[derive(Deserialize)]
struct Head {
    id: i64,
    #[serde(rename = "createdAt")]
    created_at: Option<String>,
    #[serde(rename = "featureName")]
    feature: Option<String>,
}

impl Log {
    /// Reads what happened since, of these projects or of all.
    pub async fn read(ask: &Asker, projects: &[String], after: After<'_>) -> Result<Self, RemoteError> {
        let mut log = Self { events: BTreeMap::new(), newest: None, whole: false };
        let mut known: Option<i64> = after.cursor.and_then(|c| c.parse().ok());
        for page in 0..PAGES_MAX {
            let mut url = ask.at(["search", "events"]);
            {
                let mut query = url.query_pairs_mut();
                query.append_pair("limit", &PER_PAGE.to_string());
                query.append_pair("offset", &(page * PER_PAGE).to_string());
                if !projects.is_empty() {
                    query.append_pair("project", &format!("IS_ANY_OF:{}", projects.join(",")));
                }
            }
            let page_of_log = ask.get::<Events>(&url, "the event log").await?.value;
            let read = |event: &str| Some((serde_json::from_str::<Head>(event).ok()?, event.as_bytes().to_vec()));
            let events: Vec<(Head, Vec<u8>)> = page_of_log.events.iter().filter_map(|e| read(e.get())).collect();
            if page == 0 {
                log.newest = events.iter().map(|(head, _)| head.id).max();
                // A log whose ids are lower than what was seen is another log: a database that was set back.
                known = known.filter(|known| log.newest.is_some_and(|newest| newest >= *known));
            }
            let reached = events.iter().any(|(head, _)| head.is_old(known, after.since));
            for (head, body) in events {
                let news = head.is_news(known, after.since);
                if let Some(flag) = head.feature.filter(|_| news) {
                    log.events.insert(head.id, (flag, body));
                }
            }
            if reached || page_of_log.events.len() < PER_PAGE {
                log.whole = true;
                return Ok(log);
            }
        }
        tracing::warn!(
            source = ask.name(),
            "more than {} events since the last look: the older are not read",
            PAGES_MAX * PER_PAGE
        );
        Ok(log)
    }
}

impl Head {
    fn happened(&self) -> UnixMs {
        self.created_at.as_deref().and_then(UnixMs::parse_rfc3339).unwrap_or_default()
    }

    /// Whether nothing behind it in the log is wanted.
    fn is_old(&self, known: Option<i64>, since: UnixMs) -> bool {
        match known {
            Some(known) => self.id <= known - AGAIN,
            None => self.happened() < since,
        }
    }

    /// Whether it is to be told.
    fn is_news(&self, known: Option<i64>, since: UnixMs) -> bool {
        match known {
            Some(known) if self.id > known => true,
            _ => !self.is_old(known, since) && self.happened() >= since,
        }
    }
}
