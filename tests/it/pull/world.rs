//! A system that is asked: what it answers is a function of what is asked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use hearback::domain::series::{Binding, HourPoint, Hours, PullKind};
use hearback::pull::{About, Credentials, Puller, Settings, client};
use hearback::time::{HOUR_MS, ManualClock, UnixMs};
use http::{HeaderMap, Method, StatusCode, Uri};
use serde_json::Value;

/// 2026-10-09T10:00:00Z.
pub const TEN: UnixMs = UnixMs(1_791_540_000_000);
/// Two hours from ten.
pub const HOURS: Hours = Hours { from: TEN, to: UnixMs(TEN.0 + 2 * HOUR_MS) };
/// The rollout that is asked about.
pub const ABOUT: About<'static> =
    About { flag: Some("new-checkout"), rollout: Some("ro_1"), environment: Some("production") };

/// A question as it came.
#[derive(Clone, Debug)]
pub struct Ask {
    pub method: Method,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub headers: HeaderMap,
    pub body: String,
}

impl Ask {
    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|v| v.to_str().expect("text"))
    }

    /// A field of a form.
    pub fn form(&self, name: &str) -> Option<String> {
        url::form_urlencoded::parse(self.body.as_bytes()).find(|(n, _)| n == name).map(|(_, v)| v.into_owned())
    }
}

/// An answer: its status, its headers, its body.
pub type Reply = (u16, Vec<(&'static str, &'static str)>, String);

pub fn json(body: &Value) -> Reply {
    (200, vec![("content-type", "application/json")], body.to_string())
}

struct Books {
    answers: Box<dyn Fn(&Ask) -> Reply + Send + Sync>,
    asked: Vec<Ask>,
}

pub struct World {
    pub url: url::Url,
    pub clock: ManualClock,
    books: Arc<Mutex<Books>>,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for World {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl World {
    pub async fn start(answers: impl Fn(&Ask) -> Reply + Send + Sync + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = url::Url::parse(&format!("http://{}/below", listener.local_addr().unwrap())).unwrap();
        let books = Arc::new(Mutex::new(Books { answers: Box::new(answers), asked: Vec::new() }));
        let app = Router::new().fallback(answer).with_state(books.clone());
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, clock: ManualClock::at(TEN.plus(3 * HOUR_MS)), books, server }
    }

    pub fn settings(&self, kind: PullKind, query: &str) -> Settings {
        settings(&self.url, kind, query, &self.clock)
    }

    pub fn client(&self, kind: PullKind, query: &str) -> Arc<dyn Puller> {
        client(self.settings(kind, query)).unwrap()
    }

    /// What was asked since this was called last.
    pub fn asked(&self) -> Vec<Ask> {
        std::mem::take(&mut self.books.lock().unwrap().asked)
    }
}

pub fn settings(url: &url::Url, kind: PullKind, query: &str, clock: &ManualClock) -> Settings {
    Settings {
        name: "shop".into(),
        kind,
        address: url.clone(),
        query: query.into(),
        metric: "errors".into(),
        credentials: Credentials::None,
        headers: BTreeMap::new(),
        project: Some("7".into()),
        binding: Binding::Params,
        timeout: Duration::from_secs(10),
        look_again: Duration::from_millis(1),
        clock: Arc::new(clock.clone()),
    }
}

pub fn point(hour: i64, sum: f64, n: i64) -> HourPoint {
    HourPoint { metric: "errors".into(), hour_ms: TEN.0 + hour * HOUR_MS, sum, n }
}

async fn answer(
    State(books): State<Arc<Mutex<Books>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let query = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let body = String::from_utf8(body.to_vec()).unwrap();
    let ask = Ask { method, path: uri.path().to_owned(), query, headers, body };
    let mut books = books.lock().unwrap();
    let (status, headers, body) = (books.answers)(&ask);
    books.asked.push(ask);
    let mut response = Response::new(body.into());
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    for (name, value) in headers {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    response
}
