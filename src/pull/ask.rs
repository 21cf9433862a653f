//! Sends one request, and says what an answer that is none means.

use std::fmt;
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::StatusCode;
use http::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use secrecy::ExposeSecret as _;
use url::Url;

use super::{Credentials, Settings};
use crate::http::{Reach, RemoteError, classify_transport, client, read_capped, retry_after_ms};
use crate::time::{Clock, MINUTE_MS};

/// Longest answer that is read, bytes.
const ANSWER_MAX_BYTES: usize = 16 << 20;
/// How long a system rests that asks for it and does not say how long, ms.
const REST_MS: i64 = MINUTE_MS;
/// Of what a system says of a fault, this many characters are repeated.
const SAID_MAX: usize = 300;

/// A good or bad answer, read to its end.
pub(super) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Asks one system.
pub(super) struct Asker {
    name: String,
    base: Url,
    client: reqwest::Client,
    headers: HeaderMap,
    pub clock: Arc<dyn Clock>,
}

// The headers hold secrets, and an address may hold a password.
impl fmt::Debug for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asker").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Asker {
    /// For the system with these settings. `warehouse` shows a name and a password as `ClickHouse` has it.
    pub(super) fn new(settings: &Settings, warehouse: bool) -> anyhow::Result<Self> {
        let name = &settings.name;
        let mut base = settings.address.clone();
        ensure!(
            ["http", "https"].contains(&base.scheme()) && !base.cannot_be_a_base(),
            "usage.{name}.address: expected an address such as http://prometheus.example:9090"
        );
        base.set_query(None);
        base.set_fragment(None);
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        let secret = |key: &str, text: &str| -> anyhow::Result<HeaderValue> {
            let Ok(mut value) = HeaderValue::from_str(text) else {
                bail!("usage.{name}.{key}: it holds characters that no header can carry");
            };
            value.set_sensitive(true);
            Ok(value)
        };
        match &settings.credentials {
            Credentials::None => {}
            Credentials::Token(token) => {
                let shown = format!("Bearer {}", token.expose_secret().trim());
                headers.insert(AUTHORIZATION, secret("token", &shown)?);
            }
            Credentials::Password { user, password } if warehouse => {
                headers.insert("x-clickhouse-user", secret("user", user)?);
                headers.insert("x-clickhouse-key", secret("password", password.expose_secret().trim())?);
            }
            Credentials::Password { user, password } => {
                ensure!(!user.contains(':'), "usage.{name}.user: expected a name without a colon");
                let both = BASE64_STANDARD.encode(format!("{user}:{}", password.expose_secret().trim()));
                headers.insert(AUTHORIZATION, secret("password", &format!("Basic {both}"))?);
            }
        }
        for (header, value) in &settings.headers {
            let Ok(header) = HeaderName::try_from(header.as_str()) else {
                bail!("usage.{name}.headers: expected names of headers, such as X-Scope-OrgID");
            };
            headers.insert(header, secret("headers", value.expose_secret())?);
        }
        let client = client(Reach::Configured(&base), settings.timeout).context("no HTTP client can be made")?;
        Ok(Self { name: name.clone(), base, client, headers, clock: settings.clock.clone() })
    }

    /// The name of its section.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// An address below the base.
    pub(super) fn at(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    /// A request to an address.
    pub(super) fn post(&self, url: Url) -> reqwest::RequestBuilder {
        self.client.post(url).headers(self.headers.clone())
    }

    /// A question to an address.
    pub(super) fn get(&self, url: Url) -> reqwest::RequestBuilder {
        self.client.get(url).headers(self.headers.clone())
    }

    /// Sends it. All that is asked reads only, so that an answer that was lost had no effect.
    pub(super) async fn send(&self, request: reqwest::RequestBuilder) -> Result<Answer, RemoteError> {
        let response = request.send().await.map_err(|e| classify_transport(&e, false))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = read_capped(response, ANSWER_MAX_BYTES).await.map_err(|e| e.classify(false))?;
        Ok(Answer { status, headers, body })
    }

    /// What an answer means whose status is none of success; `said` is the system's own word for it.
    pub(super) fn meaning(&self, answer: &Answer, said: Option<&str>) -> RemoteError {
        let (name, status) = (&self.name, answer.status);
        let said = said.map(|s| format!(": {}", clean(s))).unwrap_or_default();
        let asks = retry_after_ms(&answer.headers, self.clock.now());
        match status.as_u16() {
            401 | 403 => RemoteError::Unauthorized {
                remedy: format!(
                    "usage.{name} was refused ({status}): set usage.{name}.token, or user and password, to ones that may read"
                ),
            },
            429 => RemoteError::Wait {
                ms: asks.unwrap_or(REST_MS),
                reason: format!("usage.{name} limits how often it is asked"),
            },
            503 if asks.is_some() => {
                RemoteError::Wait { ms: asks.unwrap_or(REST_MS), reason: format!("usage.{name} is overloaded") }
            }
            404 | 410 if said.is_empty() => RemoteError::Gone {
                what: format!("nothing answers such questions at usage.{name}.address: is its path right?"),
            },
            300..=399 => RemoteError::Refused {
                problem: format!("it redirects: set usage.{name}.address to where it really is"),
            },
            408 | 500.. => RemoteError::NotSent { problem: format!("usage.{name} answered {status}{said}") },
            _ => RemoteError::Refused { problem: format!("usage.{name}.query: {status}{said}") },
        }
    }

    /// An answer that can't be read.
    pub(super) fn unreadable(&self, status: StatusCode) -> RemoteError {
        let name = &self.name;
        RemoteError::NotSent {
            problem: format!(
                "usage.{name} answered {status} without a readable document: is usage.{name}.address right?"
            ),
        }
    }

    /// What is wrong with the query.
    pub(super) fn wrong_query(&self, problem: &str) -> RemoteError {
        RemoteError::Refused { problem: format!("usage.{}.query: {}", self.name, clean(problem)) }
    }
}

/// A system's words as one line that is not too long.
pub(super) fn clean(said: &str) -> String {
    let said: String = said.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SAID_MAX).collect();
    said.trim().to_owned()
}
