//! A request as a world's effects see it, and what they answer.

use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::Response;
use http::{HeaderMap, Method};
use serde_json::Value;

/// A request as the effects see it.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The method.
    pub method: Method,
    /// Path without query, as it was sent.
    pub path: String,
    /// Query pairs, decoded.
    pub query: Vec<(String, String)>,
    /// Headers.
    pub headers: HeaderMap,
    /// The body; null where there is none, `Err` where it is no JSON.
    pub body: Result<Value, ()>,
    /// Path parameters, decoded.
    pub params: Vec<(String, String)>,
}

impl Ask {
    /// A path parameter; empty where the route has none of that name.
    pub fn param(&self, name: &str) -> &str {
        pair(&self.params, name).unwrap_or_default()
    }

    /// A path parameter as a number.
    pub fn number(&self, name: &str) -> u64 {
        self.param(name).parse().unwrap_or(0)
    }

    /// A query parameter.
    pub fn query(&self, name: &str) -> Option<&str> {
        pair(&self.query, name)
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    /// The body, null where it is missing or broken.
    pub fn json(&self) -> &Value {
        self.body.as_ref().unwrap_or(&Value::Null)
    }

    /// A string of the body.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.json()[key].as_str()
    }
}

fn pair<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(k, _)| k == name).map(|(_, v)| v.as_str())
}

/// What a world answers.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Headers besides the content type.
    pub headers: Vec<(&'static str, String)>,
    /// The document.
    pub body: Said,
}

/// An answer's document.
#[derive(Clone, Debug)]
pub enum Said {
    /// None.
    Nothing,
    /// JSON.
    Json(Value),
    /// A page.
    Html(&'static str),
}

/// An effect's result: an answer, or the answer that refuses.
pub type Outcome = Result<Answer, Answer>;

impl Answer {
    /// A JSON answer.
    pub fn json(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body: Said::Json(body) }
    }

    /// An answer without a body.
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Said::Nothing }
    }

    /// A page.
    pub fn html(status: u16, page: &'static str) -> Self {
        Self { status, headers: Vec::new(), body: Said::Html(page) }
    }

    /// The same with one more header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn bytes(&self) -> Bytes {
        match &self.body {
            Said::Nothing => Bytes::new(),
            Said::Json(value) => Bytes::from(value.to_string()),
            Said::Html(page) => Bytes::from_static(page.as_bytes()),
        }
    }

    fn head(&self) -> http::response::Builder {
        let mut head = Response::builder().status(self.status);
        match self.body {
            Said::Nothing => {}
            Said::Json(_) => head = head.header("content-type", "application/json; charset=utf-8"),
            Said::Html(_) => head = head.header("content-type", "text/html; charset=utf-8"),
        }
        self.headers.iter().fold(head, |head, (name, value)| head.header(*name, value))
    }

    /// As it is.
    pub fn whole(&self) -> Response {
        self.head().body(Body::from(self.bytes())).unwrap()
    }

    /// Half of the bytes; where the other half was promised, the connection closes instead of keeping the promise.
    pub fn half(&self, promised: bool) -> Response {
        let bytes = self.bytes();
        let half = bytes.slice(..bytes.len() / 2);
        if !promised {
            return self.head().body(Body::from(half)).unwrap();
        }
        let pieces = futures_util::stream::unfold(Some(half), |half| async move {
            match half {
                Some(half) if !half.is_empty() => Some((Ok(half), Some(Bytes::new()))),
                // The pause lets the first half reach the wire.
                Some(_) => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    Some((Err(io::Error::other("cut")), None))
                }
                None => None,
            }
        });
        self.head().header("content-length", bytes.len()).body(Body::from_stream(pieces)).unwrap()
    }
}
