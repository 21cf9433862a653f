//! What an answer of Jira's means for the caller.
//!
//! Statuses and headers as Atlassian documents them for rate limiting and errors; `401` and `403` carry
//! `X-Seraph-LoginReason` where Jira asks for a CAPTCHA after failed logins.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use url::Url;

use super::{Effect, header, redirected_to};
use crate::http::{RemoteError, lost, retry_after_ms, wait_ms};
use crate::time::{SECOND_MS, UnixMs};

/// How long to wait where Jira asks for it and does not say how long, ms.
const WAIT_MS: i64 = 30 * SECOND_MS;
/// Most of Jira's words that are passed on, characters.
const WORDS_MAX: usize = 300;

/// How a request failed, where more can be done about it than [`RemoteError`] tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Jira refused fields; nothing happened.
    Fields(FieldErrors),
    /// The account may not do that; nothing happened.
    Forbidden {
        /// What, and what helps.
        problem: String,
    },
    /// Anything else.
    Remote(RemoteError),
}

/// What Jira says of the fields of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FieldErrors {
    /// By field id.
    pub errors: BTreeMap<String, String>,
    /// About no field.
    pub error_messages: Vec<String>,
}

impl FieldErrors {
    /// All of it in one line.
    pub fn words(&self) -> String {
        let fields = self.errors.iter().map(|(field, said)| format!("{field}: {}", clipped(said)));
        let all: Vec<String> = self.error_messages.iter().map(|said| clipped(said)).chain(fields).collect();
        if all.is_empty() { "without a reason".into() } else { all.join("; ") }
    }
}

impl From<RemoteError> for Failure {
    fn from(error: RemoteError) -> Self {
        Self::Remote(error)
    }
}

impl From<Failure> for RemoteError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Fields(fields) => Self::Refused { problem: format!("Jira says {}", fields.words()) },
            Failure::Forbidden { problem } => Self::Refused { problem },
            Failure::Remote(error) => error,
        }
    }
}

/// An answer whose status is none of success.
pub struct Refused<'a> {
    pub status: StatusCode,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
    pub effect: Effect,
}

impl Refused<'_> {
    /// What it means.
    pub fn failure(&self, base: &Url, now: UnixMs) -> Failure {
        let words = self.words();
        match self.status.as_u16() {
            _ if self.captcha() => RemoteError::Unauthorized {
                remedy: format!(
                    "Jira asks the account for a CAPTCHA after failed logins (X-Seraph-LoginReason): log in once in a \
                     browser at {base}, or let an administrator reset the failed login count, then check jira.token"
                ),
            }
            .into(),
            300..=399 => RemoteError::Refused {
                problem: format!(
                    "Jira redirects to {}: set jira.base_url to where it really is",
                    redirected_to(self.headers)
                ),
            }
            .into(),
            400 => Failure::Fields(
                serde_json::from_slice(self.body)
                    .unwrap_or_else(|_| FieldErrors { error_messages: vec![words], ..FieldErrors::default() }),
            ),
            401 => RemoteError::Unauthorized {
                remedy: format!(
                    "{base} says {words}; renew jira.token (with jira.email on Cloud), or give it its scopes"
                ),
            }
            .into(),
            403 if self.wait(now).is_some() => self.asks_to_wait(now, &words).into(),
            // A write may have happened before whoever stands in front gave up.
            503 if self.effect == Effect::None && self.wait(now).is_some() => self.asks_to_wait(now, &words).into(),
            403 => Failure::Forbidden {
                problem: format!("{words}; give the account of jira.token that permission in the project's settings"),
            },
            404 | 410 => RemoteError::Gone {
                what: format!("{words} It is deleted, or the account of jira.token may not see it"),
            }
            .into(),
            409 => {
                RemoteError::NotSent { problem: format!("somebody else changed it at the same time: {words}") }.into()
            }
            429 => self.asks_to_wait(now, &words).into(),
            408 | 500..=599 => {
                lost(format!("Jira answered {}: {words}", self.status), self.effect == Effect::Some).into()
            }
            _ => RemoteError::Refused { problem: format!("Jira answers {}: {words}", self.status) }.into(),
        }
    }

    fn captcha(&self) -> bool {
        header(self.headers, "X-Seraph-LoginReason").is_some_and(|why| why.contains("AUTHENTICATION_DENIED"))
    }

    /// What Jira says, as far as it is no page.
    fn words(&self) -> String {
        let said = serde_json::from_slice::<FieldErrors>(self.body).ok();
        let said = said.filter(|said| !said.errors.is_empty() || !said.error_messages.is_empty());
        said.map_or_else(|| format!("{} without a reason.", self.status), |said| clipped(&said.words()))
    }

    fn asks_to_wait(&self, now: UnixMs, words: &str) -> RemoteError {
        let reason = header(self.headers, "RateLimit-Reason")
            .or_else(|| header(self.headers, "X-Beta-RateLimit-Reason"))
            .map_or_else(|| words.to_owned(), ToOwned::to_owned);
        RemoteError::Wait { ms: self.wait(now).unwrap_or(WAIT_MS), reason }
    }

    /// For how long Jira asks to wait, where it says so in a form that can be read.
    fn wait(&self, now: UnixMs) -> Option<i64> {
        let reset = || {
            let said = ["X-RateLimit-Reset", "X-Beta-RateLimit-Reset"];
            let at = said.iter().find_map(|name| header(self.headers, name)).and_then(minute)?;
            Some(wait_ms(at.since(now))).filter(|_| at > now)
        };
        retry_after_ms(self.headers, now).or_else(reset)
    }
}

fn clipped(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= WORDS_MAX {
        return line;
    }
    format!("{}…", line.chars().take(WORDS_MAX).collect::<String>())
}

/// `2026-10-09T10:10Z`: Jira's resets are exact to the minute. Seconds are taken where they come.
fn minute(text: &str) -> Option<UnixMs> {
    let naive = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%MZ").ok();
    naive.map(|at| UnixMs(at.and_utc().timestamp_millis())).or_else(|| UnixMs::parse_rfc3339(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::HOUR_MS;

    fn failure(status: u16, effect: Effect, headers: &[(&'static str, &str)], body: &str) -> RemoteError {
        let map = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        let status = StatusCode::from_u16(status).unwrap();
        let refused = Refused { status, headers: &map, body: body.as_bytes(), effect };
        let now = UnixMs::parse_rfc3339("2026-10-09T10:00:00Z").unwrap();
        refused.failure(&"https://acme.atlassian.net/".parse().unwrap(), now).into()
    }

    #[test]
    fn waits_are_read_in_every_form_and_bounded() {
        for (status, headers, ms) in [
            (429, vec![("Retry-After", "3")], 3_000),
            (429, vec![("retry-after", "0")], 1_000),
            (429, vec![("Retry-After", "Fri, 09 Oct 2026 10:02:00 GMT")], 120_000),
            (429, vec![("Retry-After", "soon")], WAIT_MS),
            (429, vec![("Retry-After", "soon"), ("X-RateLimit-Reset", "2026-10-09T10:10Z")], 600_000),
            (429, vec![("X-Beta-RateLimit-Reset", "2026-10-09T10:10:00Z")], 600_000),
            (429, vec![("X-RateLimit-Reset", "2026-10-09T09:59Z")], WAIT_MS),
            (429, vec![("Retry-After", "4000000000")], HOUR_MS),
            (429, vec![], WAIT_MS),
            (403, vec![("Retry-After", "7")], 7_000),
        ] {
            let got = failure(status, Effect::Some, &headers, "{}");
            assert!(matches!(got, RemoteError::Wait { ms: said, .. } if said == ms), "{headers:?}: {got:?}");
        }
        let named = failure(429, Effect::Some, &[("RateLimit-Reason", "jira-burst-based")], "{}");
        assert_eq!(named, RemoteError::Wait { ms: WAIT_MS, reason: "jira-burst-based".into() });
    }

    #[test]
    fn a_lost_answer_matters_to_writes_only() {
        for status in [408, 500, 502, 503, 504] {
            let wrote = failure(status, Effect::Some, &[("Retry-After", "7")], "<html>");
            assert!(matches!(wrote, RemoteError::Unknown { .. }), "{status}: {wrote:?}");
            let read = failure(status, Effect::None, &[], "<html>");
            assert!(matches!(read, RemoteError::NotSent { .. }), "{status}: {read:?}");
        }
        let asked = failure(503, Effect::None, &[("Retry-After", "7")], "<html>");
        assert!(matches!(asked, RemoteError::Wait { ms: 7_000, .. }), "{asked:?}");
    }

    #[test]
    fn refusals_say_what_helps() {
        let captcha = [("X-Seraph-LoginReason", "AUTHENTICATION_DENIED")];
        for (status, headers, words) in [
            (401, &[][..], "renew jira.token"),
            (401, &captcha, "CAPTCHA"),
            (403, &captcha, "X-Seraph-LoginReason"),
            (403, &[], "permission in the project's settings"),
            (404, &[], "may not see it"),
            (302, &[("Location", "https://sso.acme.test/login")], "https://sso.acme.test/login: set jira.base_url"),
            (413, &[], "413"),
        ] {
            let got = failure(status, Effect::Some, headers, "{}").to_string();
            assert!(got.contains(words), "{status}: {got}");
        }
        let body = r#"{"errorMessages":["Odd."],"errors":{"priority":"is odd"}}"#;
        assert_eq!(failure(400, Effect::Some, &[], body).to_string(), "refused: Jira says Odd.; priority: is odd");
        assert_eq!(
            failure(400, Effect::Some, &[], "<html>").to_string(),
            "refused: Jira says 400 Bad Request without a reason."
        );
    }
}
