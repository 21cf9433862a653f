//! The only place that builds an outbound client: time-outs, size caps, address guard, user agent, and one way to say
//! how a call failed.
//!
//! No client here repeats a request: only the outbox does, because only it knows what a repetition would mean.

mod guard;

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use chrono::DateTime;
use http::HeaderMap;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Body;
use url::{Host, Url};

use crate::time::{HOUR_MS, SECOND_MS, UnixMs};
pub use guard::{is_public, outside_address};

/// What every request of ours is sent under.
pub const USER_AGENT: &str = concat!("hearback/", env!("CARGO_PKG_VERSION"));
/// The longest wait that is taken from an answer, ms: whoever asks for more is asked again after it.
const WAIT_MAX_MS: i64 = HOUR_MS;
/// The shortest wait, ms: an answer of "now" must not become a busy loop.
const WAIT_MIN_MS: i64 = SECOND_MS;
/// A connection that is idle for longer is not used again: a server that closes it under a request makes a write whose
/// outcome nobody knows.
const IDLE_MAX: Duration = Duration::from_secs(20);
/// The longest wait for a connection.
const CONNECT_MAX: Duration = Duration::from_secs(5);

/// Whose address a client is for.
#[derive(Clone, Copy, Debug)]
pub enum Reach<'a> {
    /// A base address from the settings: it may be anywhere, the operator's own network included. Proxies are taken
    /// from `HTTPS_PROXY` and its kin, except for this machine itself.
    Configured(&'a Url),
    /// Addresses that come from outside: only public ones, and never through a proxy, which would resolve names by
    /// itself. See [`outside_address`] for what the client alone can't refuse.
    Outside,
}

/// Builds a client: every request ends within `timeout`, no redirect is followed, nothing is repeated.
pub fn client(reach: Reach<'_>, timeout: Duration) -> reqwest::Result<reqwest::Client> {
    let builder = reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .pool_idle_timeout(IDLE_MAX)
        .connect_timeout(timeout.min(CONNECT_MAX))
        .read_timeout(timeout)
        .timeout(timeout);
    let builder = match reach {
        Reach::Configured(base) if is_this_machine(base) => builder.no_proxy(),
        Reach::Configured(_) => builder,
        Reach::Outside => builder.no_proxy().dns_resolver(guard::PublicOnly),
    };
    builder.build()
}

fn is_this_machine(base: &Url) -> bool {
    match base.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Why a body was not read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyError {
    /// It is longer than what is taken.
    TooLong {
        /// What is taken.
        max_bytes: usize,
    },
    /// The connection ended before it did.
    Cut {
        /// How, for people.
        problem: String,
    },
}

impl BodyError {
    /// What may be concluded, where the request could have had an effect or not.
    pub fn classify(&self, had_effect: bool) -> RemoteError {
        let problem = match self {
            Self::TooLong { max_bytes } => format!("the answer is longer than {max_bytes} bytes"),
            Self::Cut { problem } => format!("the answer was cut: {problem}"),
        };
        lost(problem, had_effect)
    }
}

/// Reads an answer's body, never holding more than `max_bytes` of it.
pub async fn read_capped(response: reqwest::Response, max_bytes: usize) -> Result<Bytes, BodyError> {
    read_body_capped(reqwest::Body::from(response), max_bytes).await
}

/// [`read_capped`] for any body.
pub async fn read_body_capped<B>(body: B, max_bytes: usize) -> Result<Bytes, BodyError>
where
    B: Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    match Limited::new(body, max_bytes).collect().await {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(e) if e.is::<LengthLimitError>() => Err(BodyError::TooLong { max_bytes }),
        Err(e) => Err(BodyError::Cut { problem: in_a_line(&*e) }),
    }
}

/// What may be concluded from a request that brought no answer. `had_effect` says whether the request could have one.
pub fn classify_transport(error: &reqwest::Error, had_effect: bool) -> RemoteError {
    let problem = in_a_line(error);
    if error.is_connect() || error.is_builder() {
        return RemoteError::NotSent { problem };
    }
    // Anything later may have left this machine.
    lost(problem, had_effect)
}

/// An answer that never came, or that is none.
pub fn lost(problem: String, had_effect: bool) -> RemoteError {
    if had_effect { RemoteError::Unknown { problem } } else { RemoteError::NotSent { problem } }
}

/// An error with its causes, without addresses: they may hold secrets.
fn in_a_line(error: &dyn std::error::Error) -> String {
    let mut said: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(e) = next {
        let words = e.to_string();
        let words = words.split(" for url (").next().unwrap_or_default().to_owned();
        if said.last() != Some(&words) {
            said.push(words);
        }
        next = e.source();
    }
    said.join(": ")
}

/// How long `Retry-After` asks to wait, in seconds or as a date; between a second and an hour. `None` where it is
/// missing, in the past or nonsense.
pub fn retry_after_ms(headers: &HeaderMap, now: UnixMs) -> Option<i64> {
    let said = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?.trim();
    let ms = match said.parse::<i64>() {
        Ok(seconds) => seconds.checked_mul(SECOND_MS)?,
        Err(_) => UnixMs(DateTime::parse_from_rfc2822(said).ok()?.timestamp_millis()).since(now),
    };
    (ms >= 0).then(|| wait_ms(ms))
}

/// A wait within the bounds that hold for every remote system.
pub fn wait_ms(asked_ms: i64) -> i64 {
    asked_ms.clamp(WAIT_MIN_MS, WAIT_MAX_MS)
}

/// How a call to a remote system failed, by what the caller may conclude from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemoteError {
    /// It certainly had no effect and may be tried again: no connection, 500-class answers to a read, 409.
    NotSent {
        /// What went wrong, for people.
        problem: String,
    },
    /// It may have had its effect: the answer was lost, cut, or no document.
    Unknown {
        /// What went wrong, for people.
        problem: String,
    },
    /// The remote system asks to wait.
    Wait {
        /// For how long, ms.
        ms: i64,
        /// Its word for why.
        reason: String,
    },
    /// Our credentials are not taken: 401.
    Unauthorized {
        /// What to do about it.
        remedy: String,
    },
    /// The App's installation is suspended or gone.
    Suspended {
        /// What to do about it.
        remedy: String,
    },
    /// It refuses, and will again: a field, a permission, a limit of length.
    Refused {
        /// What, and what helps.
        problem: String,
    },
    /// The object is not there: 404, 410.
    Gone {
        /// What is gone, and what helps.
        what: String,
    },
    /// The object lives elsewhere now.
    Moved {
        /// The new target, such as `acme/store`, or `acme/store#7` where one ticket alone moved; where it could be learned.
        to: Option<String>,
    },
}

impl fmt::Display for RemoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSent { problem } => write!(f, "not done: {problem}"),
            Self::Unknown { problem } => write!(f, "the answer was lost: {problem}"),
            Self::Wait { ms, reason } => write!(f, "asked to wait {}: {reason}", crate::time::span_in_words(*ms)),
            Self::Unauthorized { remedy } => write!(f, "the credentials are not taken: {remedy}"),
            Self::Suspended { remedy } => write!(f, "the App may not act: {remedy}"),
            Self::Refused { problem } => write!(f, "refused: {problem}"),
            Self::Gone { what } => write!(f, "not there: {what}"),
            Self::Moved { to: Some(to) } => write!(f, "it moved to {to}"),
            Self::Moved { to: None } => f.write_str("it moved, and does not say where to"),
        }
    }
}

impl std::error::Error for RemoteError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_seconds_or_a_date_and_nothing_else() {
        let now = UnixMs::parse_rfc3339("2015-10-21T07:27:00Z").unwrap();
        for (said, ms) in [
            ("7", Some(7_000)),
            ("0", Some(1_000)),
            ("999999", Some(HOUR_MS)),
            ("Wed, 21 Oct 2015 07:28:00 GMT", Some(60_000)),
            ("Wed, 21 Oct 2015 07:26:00 GMT", None),
            ("-1", None),
            ("soon", None),
            ("", None),
            ("9223372036854775807", None),
        ] {
            let headers = HeaderMap::from_iter([(http::header::RETRY_AFTER, said.parse().unwrap())]);
            assert_eq!(retry_after_ms(&headers, now), ms, "{said}");
        }
        assert_eq!(retry_after_ms(&HeaderMap::new(), now), None);
    }

    #[tokio::test]
    async fn no_more_of_a_body_is_held_than_is_allowed() {
        let body = || http_body_util::Full::new(Bytes::from_static(b"0123456789"));
        assert_eq!(read_body_capped(body(), 10).await.unwrap(), "0123456789");
        assert_eq!(read_body_capped(body(), 9).await, Err(BodyError::TooLong { max_bytes: 9 }));
    }

    #[tokio::test]
    async fn nobody_there_is_certain_also_for_a_write() {
        let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let base = Url::parse(&format!("http://{gone}/secret")).unwrap();
        let client = client(Reach::Configured(&base), Duration::from_secs(2)).unwrap();
        let error = client.post(base).send().await.unwrap_err();
        let RemoteError::NotSent { problem } = classify_transport(&error, true) else { panic!("{error:?}") };
        assert!(!problem.contains("secret"), "{problem}");
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_not_followed() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://localhost:{}/", listener.local_addr().unwrap().port());
        let client = client(Reach::Outside, Duration::from_secs(2)).unwrap();
        let error = client.get(url).send().await.unwrap_err();
        assert!(in_a_line(&error).contains("no public address"), "{error:?}");
    }
}
