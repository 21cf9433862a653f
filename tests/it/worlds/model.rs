//! A language model behind HTTP: it reads what it is asked and answers well, unless a test has told it otherwise.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use http::HeaderMap;
use serde_json::{Value, json};

use super::server::RUNTIME;

/// Tokens that it says a question took.
pub const TOKENS: i64 = 900;

/// A question as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Asked {
    /// The document between the marks.
    pub fn data(&self) -> Value {
        let user = self.body["messages"][1]["content"].as_str().unwrap();
        let inner = user.strip_prefix("<data>").and_then(|u| u.strip_suffix("</data>")).unwrap();
        serde_json::from_str(inner).unwrap()
    }

    /// The number of people in it.
    pub fn people(&self) -> u32 {
        let computed = self.data()["computed"].as_str().unwrap().to_owned();
        computed.split(' ').next().unwrap().parse().unwrap()
    }
}

/// What it does in place of a good answer.
#[derive(Clone, Debug)]
pub enum Whim {
    /// Says this, as the content of its message.
    Says(String),
    /// Answers with this status, and with a wait where one is given.
    Refuses(u16, Option<&'static str>),
    /// Answers 200 with this body.
    Body(String),
    /// Never answers.
    Stalls,
    /// Refuses questions that come with wishes, and answers others.
    Plain,
}

#[derive(Debug, Default)]
struct Books {
    asked: Vec<Asked>,
    whims: VecDeque<Whim>,
    always: Option<Whim>,
}

/// The model.
#[derive(Debug)]
pub struct FakeModel {
    address: SocketAddr,
    books: Arc<Mutex<Books>>,
    server: tokio::task::AbortHandle,
}

impl Drop for FakeModel {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn lock(books: &Mutex<Books>) -> MutexGuard<'_, Books> {
    books.lock().unwrap_or_else(PoisonError::into_inner)
}

impl FakeModel {
    pub async fn start() -> Self {
        let books = Arc::new(Mutex::new(Books::default()));
        let app = Router::new().fallback(answer).with_state(books.clone());
        let (send, address) = tokio::sync::oneshot::channel();
        let server = RUNTIME.spawn(async move {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            send.send(listener.local_addr().unwrap()).unwrap();
            axum::serve(listener, app).await.unwrap();
        });
        Self { address: address.await.unwrap(), books, server: server.abort_handle() }
    }

    /// What belongs into `summary.llm.base_url`.
    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// The next answers are these.
    pub fn next(&self, whims: impl IntoIterator<Item = Whim>) {
        lock(&self.books).whims.extend(whims);
    }

    /// Every answer is this from now on; a good one where `None`.
    pub fn always(&self, whim: Option<Whim>) {
        lock(&self.books).always = whim;
    }

    /// What was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        lock(&self.books).asked.clone()
    }
}

/// What a good model says: the people, and somebody's words.
pub fn good(asked: &Asked) -> String {
    let data = asked.data();
    let summary = format!(
        "{} people tell that the checkout ends by itself when they pay, and they are unhappy with it.",
        asked.people()
    );
    json!({"summary": summary, "quotes": [data["statements"][0]]}).to_string()
}

async fn answer(State(books): State<Arc<Mutex<Books>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    let asked = Asked { path: parts.uri.path().to_owned(), headers: parts.headers, body };
    let whim = {
        let mut books = lock(&books);
        books.asked.push(asked.clone());
        let next = books.whims.pop_front();
        next.or_else(|| books.always.clone())
    };
    let said = |text: String| {
        let body = json!({
            "id": "c1", "object": "chat.completion", "model": asked.body["model"],
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": TOKENS - 100, "completion_tokens": 100, "total_tokens": TOKENS},
        });
        (200, None, body.to_string())
    };
    let wishes = asked.body.get("response_format").is_some();
    let (status, wait, body) = match whim {
        Some(Whim::Plain) if wishes => {
            (400, None, json!({"error": {"message": "unknown field", "code": "bad"}}).to_string())
        }
        None | Some(Whim::Plain) => said(good(&asked)),
        Some(Whim::Says(text)) => said(text),
        Some(Whim::Refuses(status, wait)) => {
            (status, wait, json!({"error": {"code": "no", "message": "no"}}).to_string())
        }
        Some(Whim::Body(body)) => (200, None, body),
        Some(Whim::Stalls) => {
            tokio::time::sleep(Duration::from_mins(10)).await;
            (200, None, String::new())
        }
    };
    let mut response = Response::builder().status(status).header("content-type", "application/json");
    if let Some(wait) = wait {
        response = response.header("retry-after", wait);
    }
    response.body(Body::from(body)).unwrap()
}
