//! A language model behind an address that takes chat completions (`POST {base}/chat/completions`), as services do, and
//! llama.cpp, Ollama, vLLM and the like on a machine of one's own.
//!
//! It knows nothing of what it is asked or answers: text goes in, text comes out. Who asks has made sure that what leaves may
//! leave, and trusts nothing of what comes back. One question is one request, and a second where the server takes none of the
//! wishes that came along.

mod wire;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use http::StatusCode;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use url::Url;

use crate::http::{Reach, RemoteError, classify_transport, client, read_capped, retry_after_ms};
use crate::time::{Clock, MINUTE_MS};

/// Longest answer that is read, bytes: a summary with everything that servers put around it.
const ANSWER_MAX_BYTES: usize = 256 * 1024;
/// How long a server rests that asks for it without saying how long, ms.
const REST_MS: i64 = MINUTE_MS;

/// What a client needs to know.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `http://127.0.0.1:11434/v1`.
    pub base_url: Url,
    /// The model's name there.
    pub model: String,
    /// Shown as `Authorization: Bearer`; servers of one's own need none.
    pub api_key: Option<SecretString>,
    /// Longest time that one request may take.
    pub timeout: Duration,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Prompt<'a> {
    /// What the model is for.
    pub system: &'a str,
    /// The data.
    pub user: &'a str,
    /// Tokens that the answer may have.
    pub answer_max_tokens: u32,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The model's words.
    pub text: String,
    /// Tokens of question and answer, where the server counts them.
    pub tokens: Option<i64>,
}

/// A client.
pub struct Llm {
    client: reqwest::Client,
    address: Url,
    model: String,
    headers: HeaderMap,
    clock: Arc<dyn Clock>,
    /// The server takes a question only, no wishes for the form of its answer.
    plain: AtomicBool,
}

// The headers hold the key, and an address may hold a password.
impl fmt::Debug for Llm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Llm").field("model", &self.model).finish_non_exhaustive()
    }
}

impl Llm {
    /// A client; connects to nothing yet. Fails where the address or the key can't be used at all.
    pub fn new(settings: Settings) -> anyhow::Result<Self> {
        let Settings { base_url, model, api_key, timeout, clock } = settings;
        ensure!(
            ["http", "https"].contains(&base_url.scheme()) && !base_url.cannot_be_a_base(),
            "summary.llm.base_url: expected an address such as http://127.0.0.1:11434/v1"
        );
        let mut address = base_url.clone();
        address.set_query(None);
        address.set_fragment(None);
        if let Ok(mut path) = address.path_segments_mut() {
            path.pop_if_empty().extend(["chat", "completions"]);
        }
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(key) = api_key {
            let Ok(mut shown) = HeaderValue::from_str(&format!("Bearer {}", key.expose_secret().trim())) else {
                bail!("summary.llm.api_key: it holds characters that no header can carry");
            };
            shown.set_sensitive(true);
            headers.insert(AUTHORIZATION, shown);
        }
        let client = client(Reach::Configured(&base_url), timeout).context("no HTTP client can be made")?;
        Ok(Self { client, address, model, headers, clock, plain: AtomicBool::new(false) })
    }

    /// The model's name.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// Asks once. [`RemoteError::Unknown`] where the server may have worked, and been paid, for an answer that did not come.
    pub async fn ask(&self, prompt: Prompt<'_>) -> Result<Answer, RemoteError> {
        let plain = self.plain.load(Ordering::Relaxed);
        let (status, headers, body) = self.send(&wire::request(&self.model, prompt, plain)).await?;
        if !plain && matches!(status, StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY) {
            // Some know no `response_format`, others no `max_tokens`: what is left is known to all.
            let (status, headers, body) = self.send(&wire::request(&self.model, prompt, true)).await?;
            if status.is_success() {
                self.plain.store(true, Ordering::Relaxed);
            }
            return self.meaning(status, &headers, &body);
        }
        self.meaning(status, &headers, &body)
    }

    async fn send(&self, body: &Value) -> Result<(StatusCode, HeaderMap, bytes::Bytes), RemoteError> {
        let request = self.client.post(self.address.clone()).headers(self.headers.clone()).body(body.to_string());
        let response = request.send().await.map_err(|e| classify_transport(&e, true))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = read_capped(response, ANSWER_MAX_BYTES).await;
        if !status.is_success() {
            return Ok((status, headers, body.unwrap_or_default()));
        }
        Ok((status, headers, body.map_err(|e| e.classify(true))?))
    }

    fn meaning(&self, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Result<Answer, RemoteError> {
        if status.is_success() {
            return wire::answer(body).map_err(|problem| RemoteError::Unknown { problem });
        }
        let said = wire::refusal(body).map(|code| format!(" ({code})")).unwrap_or_default();
        let wait = retry_after_ms(headers, self.clock.now());
        Err(match status {
            StatusCode::TOO_MANY_REQUESTS => RemoteError::Wait {
                ms: wait.unwrap_or(REST_MS),
                reason: format!("the language model asks to wait{said}"),
            },
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => RemoteError::Unauthorized {
                remedy: format!(
                    "it answered {status}{said}: set summary.llm.api_key to a key that may use {}",
                    self.model
                ),
            },
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => RemoteError::Gone {
                what: format!(
                    "it answered {status}{said}: summary.llm.base_url ends where /chat/completions begins, often with /v1, \
                     and summary.llm.model is a name that the server lists under /models"
                ),
            },
            status if status.is_redirection() => RemoteError::Moved { to: None },
            status if status.is_server_error() => match wait {
                Some(ms) => RemoteError::Wait { ms, reason: format!("the language model answered {status}{said}") },
                None => RemoteError::NotSent { problem: format!("the language model answered {status}{said}") },
            },
            status => RemoteError::Refused { problem: format!("the language model answered {status}{said}") },
        })
    }
}
