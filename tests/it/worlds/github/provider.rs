//! GitHub around its effects: who is let in, how faults and errors are worded, the headers that each answer has.

use hearback::time::Clock;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Call;
use super::state::{INSTALLATION_ID, State};
use crate::worlds::ask::{Answer, Ask, Said};
use crate::worlds::fault::Fault;
use crate::worlds::server::{Books, Shared, World};

impl World for State {
    type Call = Call;

    fn books(&mut self) -> &mut Books<Call> {
        &mut self.books
    }

    fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    fn admit(&mut self, call: Call, ask: &Ask) -> Result<(), Answer> {
        super::app::admit(self, call, ask)
    }

    fn refusal(&self, fault: Fault) -> Answer {
        match fault {
            Fault::SecondaryLimit { retry_after } => {
                let said = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
                retry_after.into_iter().fold(problem(403, said), |answer, wait| answer.with("retry-after", wait))
            }
            Fault::TooMany { retry_after, .. } => {
                let refused = problem(429, "Too many requests");
                retry_after.into_iter().fold(refused, |answer, wait| answer.with("retry-after", wait))
            }
            Fault::PrimaryLimit { reset_in_s } => {
                let reset = self.clock.now().0.div_euclid(1000) + reset_in_s;
                problem(403, &format!("API rate limit exceeded for installation ID {INSTALLATION_ID}."))
                    .with("x-ratelimit-limit", "5000")
                    .with("x-ratelimit-remaining", "0")
                    .with("x-ratelimit-used", "5000")
                    .with("x-ratelimit-reset", reset.to_string())
                    .with("x-ratelimit-resource", "core")
            }
            Fault::Unauthorized => problem(401, "Bad credentials"),
            Fault::NotAccessible => problem(403, "Resource not accessible by integration"),
            Fault::Validation { field, code } => invalid("Issue", field, code),
            Fault::Status(404) => not_found(),
            Fault::Status(status) => problem(status, "Server Error"),
            other => unreachable!("{other:?} has no words"),
        }
    }

    fn lost(&self) -> Answer {
        not_found()
    }

    fn dress(&mut self, ask: &Ask, answer: Answer) -> Answer {
        let reset = self.clock.now().0.div_euclid(1000) + 3600;
        let used = self.books.seen.len();
        let answer = answer
            .with("x-ratelimit-limit", "5000")
            .with("x-ratelimit-remaining", 5000_usize.saturating_sub(used).to_string())
            .with("x-ratelimit-used", used.to_string())
            .with("x-ratelimit-reset", reset.to_string())
            .with("x-ratelimit-resource", "core")
            .with("x-github-media-type", "github.v3; format=json");
        match &answer.body {
            Said::Json(body) if ask.method == http::Method::GET && answer.status == 200 => {
                let etag = format!("W/\"{}\"", hex::encode(Sha256::digest(body.to_string())));
                if ask.header("if-none-match") == Some(etag.as_str()) {
                    return Answer::empty(304).with("etag", etag);
                }
                answer.with("etag", etag)
            }
            _ => answer,
        }
    }

    fn afterwards(shared: &Shared<Self>) {
        super::hooks::send_in_background(shared);
    }
}

/// GitHub's error document.
pub fn problem(status: u16, message: &str) -> Answer {
    Answer::json(
        status,
        json!({
            "message": message,
            "documentation_url": "https://docs.github.com/rest",
            "status": status.to_string(),
        }),
    )
}

pub fn not_found() -> Answer {
    problem(404, "Not Found")
}

/// GitHub's 422.
pub fn invalid(resource: &str, field: &str, code: &str) -> Answer {
    let mut error = json!({"resource": resource, "field": field, "code": code});
    if code == "custom" {
        error["message"] = Value::from(format!("{field} is not acceptable"));
    }
    unprocessable(&error)
}

pub fn unprocessable(error: &Value) -> Answer {
    Answer::json(
        422,
        json!({
            "message": "Validation Failed",
            "errors": [error],
            "documentation_url": "https://docs.github.com/rest",
            "status": "422",
        }),
    )
}

/// GitHub's 301, for any method: a client that turns it into a GET does the wrong thing.
pub fn moved(to: &str) -> Answer {
    Answer::json(
        301,
        json!({
            "message": "Moved Permanently",
            "url": to,
            "documentation_url": "https://docs.github.com/rest/guides/best-practices-for-using-the-rest-api#follow-redirects",
        }),
    )
    .with("location", to)
}
