//! What GitHub's answers mean.
//!
//! Order matters among the refusals: a limit answers 403 like a missing permission, and a 403 that is taken for a limit
//! would be asked again for ever.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::http::{RemoteError, lost, retry_after_ms, wait_ms};
use crate::time::{MINUTE_MS, SECOND_MS, UnixMs};

/// How long GitHub asks to wait where it names no time, ms.
const LIMIT_WAIT_MS: i64 = MINUTE_MS;
/// Characters of GitHub's own words that are passed on.
const WORDS_MAX_CHARS: usize = 200;

/// An answer that was read to its end.
#[derive(Debug)]
pub(super) struct Heard {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Why a call came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What may be concluded.
    pub error: RemoteError,
    /// GitHub's status, where it answered.
    pub status: Option<u16>,
    /// The fields that it named in a 422.
    pub fields: Vec<String>,
}

impl From<RemoteError> for Failure {
    fn from(error: RemoteError) -> Self {
        Self { error, status: None, fields: Vec::new() }
    }
}

impl From<Failure> for RemoteError {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}

impl Failure {
    /// Whether what was asked for is not there.
    pub fn is_gone(&self) -> bool {
        matches!(self.error, RemoteError::Gone { .. })
    }
}

/// The request that was answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    /// What it was about, for people: `acme/shop#41`.
    pub what: &'a str,
    /// Whether it could have an effect.
    pub writes: bool,
    /// When the answer came.
    pub now: UnixMs,
}

#[derive(Default, Deserialize)]
struct Problem {
    #[serde(default)]
    message: String,
    #[serde(default)]
    errors: Vec<FieldProblem>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum FieldProblem {
    Field { field: Option<String>, code: Option<String>, message: Option<String> },
    Words(String),
}

impl Heard {
    /// The document, where the answer is a good one.
    pub fn read<T: DeserializeOwned>(&self, asked: Asked<'_>) -> Result<T, Failure> {
        serde_json::from_slice(&self.body).map_err(|e| Failure {
            error: lost(format!("GitHub answered {} without a readable document: {e}", self.status), asked.writes),
            status: Some(self.status.as_u16()),
            fields: Vec::new(),
        })
    }

    /// Where a redirect leads.
    pub fn location(&self) -> Option<&str> {
        let redirects = [301, 302, 307, 308].contains(&self.status.as_u16());
        self.headers.get(http::header::LOCATION).filter(|_| redirects)?.to_str().ok()
    }

    /// Passes a good answer, and says what any other means.
    pub fn judge(self, asked: Asked<'_>) -> Result<Self, Failure> {
        if self.status.is_success() {
            return Ok(self);
        }
        let problem: Problem = serde_json::from_slice(&self.body).unwrap_or_default();
        let fields = problem.errors.iter().filter_map(FieldProblem::field).collect();
        let error = self.meaning(&problem, asked);
        Err(Failure { error, status: Some(self.status.as_u16()), fields })
    }

    fn meaning(&self, problem: &Problem, asked: Asked<'_>) -> RemoteError {
        let Asked { what, writes, now } = asked;
        let said = words(&problem.message);
        if let Some(wait) = self.limit(&problem.message, writes, now) {
            return wait;
        }
        match self.status.as_u16() {
            300..=399 => RemoteError::Moved { to: None },
            401 => RemoteError::Unauthorized {
                remedy: format!(
                    "GitHub says {said}. Check github.app_id and github.private_key_file, or github.token; \
                     an App's key also needs a clock that is right within a minute"
                ),
            },
            403 if problem.message.contains("suspended") => RemoteError::Suspended {
                remedy: format!(
                    "the App's installation is suspended, so {what} is out of reach: an owner of the \
                     account lifts that under Settings, GitHub Apps"
                ),
            },
            403 if problem.message.contains("locked") => RemoteError::Refused {
                problem: format!("the conversation of {what} is locked: unlock it, and hearback can write there again"),
            },
            403 => RemoteError::Refused {
                problem: format!(
                    "GitHub says {said} to {what}: hearback needs the permission Issues: read and write \
                     there, and an owner has to accept it in the installation"
                ),
            },
            404 if problem.message.contains("Integration not found") => {
                RemoteError::Unauthorized { remedy: "GitHub knows no such App: check github.app_id".into() }
            }
            410 if problem.message.to_lowercase().contains("disabled") => RemoteError::Refused {
                problem: format!(
                    "issues are switched off for {what}: switch them on in the repository's Settings, \
                     General, Features, or name another repository"
                ),
            },
            404 | 410 => RemoteError::Gone {
                what: format!("{what}: deleted, or not visible with the permissions that hearback has"),
            },
            409 => RemoteError::NotSent { problem: format!("GitHub says {said} to {what}") },
            422 => RemoteError::Refused { problem: format!("GitHub refuses {what}: {}", problem.in_words()) },
            500.. => lost(format!("GitHub answered {} to {what}", self.status), writes),
            _ => RemoteError::Refused { problem: format!("GitHub answered {} to {what}: {said}", self.status) },
        }
    }

    /// A limit, in the order in which GitHub documents its signs.
    fn limit(&self, message: &str, writes: bool, now: UnixMs) -> Option<RemoteError> {
        let status = self.status.as_u16();
        let number = |name: &str| self.headers.get(name)?.to_str().ok()?.parse::<i64>().ok();
        let after = retry_after_ms(&self.headers, now);
        let wait = |ms, reason: &str| Some(RemoteError::Wait { ms, reason: reason.to_owned() });
        match (status, after) {
            (403 | 429, Some(ms)) => wait(ms, "GitHub limits how fast it is asked"),
            // A write may have happened before the server gave up.
            (500.., Some(ms)) if !writes => wait(ms, "GitHub is overloaded"),
            (403 | 429, None) if number("x-ratelimit-remaining") == Some(0) => {
                // A reset in the past is a clock that differs: the wait must not become none.
                let left = number("x-ratelimit-reset")
                    .and_then(|s| s.checked_mul(SECOND_MS))
                    .map(|reset| UnixMs(reset).since(now))
                    .filter(|left| *left > 0);
                wait(left.map_or(LIMIT_WAIT_MS, wait_ms), "GitHub's hourly limit is used up")
            }
            (429, None) => wait(LIMIT_WAIT_MS, "GitHub limits how fast it is asked"),
            (403, None) if ["rate limit", "abuse detection"].iter().any(|w| message.to_lowercase().contains(w)) => {
                wait(LIMIT_WAIT_MS, "GitHub limits how fast it is asked")
            }
            _ => None,
        }
    }
}

impl FieldProblem {
    fn field(&self) -> Option<String> {
        match self {
            Self::Field { field, .. } => field.clone(),
            Self::Words(_) => None,
        }
    }
}

impl Problem {
    fn in_words(&self) -> String {
        let each: Vec<String> = self
            .errors
            .iter()
            .map(|e| match e {
                FieldProblem::Field { field, code, message } => {
                    let said = message.as_ref().or(code.as_ref()).map(|m| words(m)).unwrap_or_default();
                    format!("{}: {said}", field.as_deref().map_or("the request", |f| f))
                }
                FieldProblem::Words(said) => words(said),
            })
            .collect();
        if each.is_empty() { words(&self.message) } else { words(&each.join("; ")) }
    }
}

/// Somebody's words, short and in one line.
fn words(said: &str) -> String {
    let line: String = said.chars().map(|c| if c.is_control() { ' ' } else { c }).take(WORDS_MAX_CHARS).collect();
    if line.trim().is_empty() { "nothing more".into() } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(status: u16, headers: &[(&'static str, &str)], body: &str) -> Heard {
        let headers = headers.iter().map(|(k, v)| (http::HeaderName::from_static(k), v.parse().unwrap())).collect();
        Heard { status: StatusCode::from_u16(status).unwrap(), headers, body: Bytes::from(body.to_owned()) }
    }

    fn name(error: &RemoteError) -> String {
        match error {
            RemoteError::Wait { ms, .. } => format!("Wait {ms}"),
            other => format!("{other:?}").split(' ').next().unwrap().to_owned(),
        }
    }

    #[test]
    fn an_answer_means_what_github_documents() {
        let said = |message: &str| format!("{{\"message\": \"{message}\"}}");
        let now = UnixMs(1_000_000_000);
        for (status, headers, body, read, write) in [
            (401, vec![], said("Bad credentials"), "Unauthorized", "Unauthorized"),
            (403, vec![], said("Resource not accessible by integration"), "Refused", "Refused"),
            (403, vec![], said("This installation has been suspended"), "Suspended", "Suspended"),
            (403, vec![], said("You have exceeded a secondary rate limit."), "Wait 60000", "Wait 60000"),
            (403, vec![("retry-after", "7")], said(""), "Wait 7000", "Wait 7000"),
            (403, vec![("retry-after", "x")], said("secondary rate limit"), "Wait 60000", "Wait 60000"),
            (
                403,
                vec![("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1000090")],
                said("API rate limit exceeded"),
                "Wait 90000",
                "Wait 90000",
            ),
            (
                403,
                vec![("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "999000")],
                said("API rate limit exceeded"),
                "Wait 60000",
                "Wait 60000",
            ),
            (429, vec![], String::new(), "Wait 60000", "Wait 60000"),
            (404, vec![], said("Not Found"), "Gone", "Gone"),
            (404, vec![], said("Integration not found"), "Unauthorized", "Unauthorized"),
            (410, vec![], said("This issue was deleted"), "Gone", "Gone"),
            (410, vec![], said("Issues are disabled for this repo"), "Refused", "Refused"),
            (301, vec![], said("Moved Permanently"), "Moved", "Moved"),
            (409, vec![], said("Conflict"), "NotSent", "NotSent"),
            (422, vec![], said("Validation Failed"), "Refused", "Refused"),
            (451, vec![], said("Unavailable"), "Refused", "Refused"),
            (502, vec![], "<html>".into(), "NotSent", "Unknown"),
            (503, vec![("retry-after", "3")], String::new(), "Wait 3000", "Unknown"),
        ] {
            for (writes, wanted) in [(false, read), (true, write)] {
                let asked = Asked { what: "acme/shop", writes, now };
                let failure = heard(status, &headers, &body).judge(asked).unwrap_err();
                assert_eq!(name(&failure.error), wanted, "{status} {headers:?} {body}");
            }
        }
    }

    #[test]
    fn a_refused_field_is_named() {
        let body = r#"{"message": "Validation Failed", "errors": [
            {"resource": "Issue", "field": "labels", "code": "invalid"},
            {"resource": "Issue", "field": "title", "code": "custom", "message": "title is\n too long"},
            "and more"]}"#;
        let asked = Asked { what: "a new issue in acme/shop", writes: true, now: UnixMs(0) };
        let failure = heard(422, &[], body).judge(asked).unwrap_err();
        assert_eq!(failure.fields, ["labels", "title"]);
        let wanted = "refused: GitHub refuses a new issue in acme/shop: labels: invalid; title: title is  too long; \
             and more";
        assert_eq!(failure.error.to_string(), wanted);
    }

    #[test]
    fn half_a_document_is_no_answer() {
        let asked = |writes| Asked { what: "x", writes, now: UnixMs(0) };
        for body in ["{\"number\": 4", "<html>", ""] {
            let read = heard(201, &[], body).read::<serde_json::Value>(asked(false)).unwrap_err();
            assert_eq!(name(&read.error), "NotSent", "{body}");
            let write = heard(201, &[], body).read::<serde_json::Value>(asked(true)).unwrap_err();
            assert_eq!(name(&write.error), "Unknown", "{body}");
        }
    }
}
