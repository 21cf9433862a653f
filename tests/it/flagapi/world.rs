//! A flag platform as a small world: what it answers is a function of what is asked, and faults are state.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use hearback::flagapi::{After, FlagApi, Look, Settings, client};
use hearback::http::RemoteError;
use hearback::sources::digest;
use hearback::time::{ManualClock, UnixMs};
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use url::Url;

/// What the platforms' clocks show.
pub const DATE: &str = "Fri, 09 Oct 2026 10:00:00 GMT";

/// A question as it came.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The path, as it stood in the request.
    pub path: String,
    /// The query's parameters, decoded; repeated ones in order.
    pub query: Vec<(String, String)>,
    /// Its headers.
    pub headers: HeaderMap,
}

impl Ask {
    /// A parameter.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// A parameter that is a number.
    pub fn number(&self, name: &str) -> Option<usize> {
        self.param(name)?.parse().ok()
    }

    /// Its segments below `prefix`, decoded; `None` where it lies elsewhere.
    pub fn below(&self, prefix: &str) -> Option<Vec<String>> {
        let rest = self.path.strip_prefix(prefix)?;
        let decode = |s: &str| {
            url::form_urlencoded::parse(format!("x={s}").as_bytes()).next().map(|(_, v)| v.into_owned()).unwrap()
        };
        Some(rest.split('/').map(decode).collect())
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Reply {
    pub fn json(body: &Value) -> Self {
        Self { status: 200, headers: vec![("content-type".into(), "application/json".into())], body: body.to_string() }
    }

    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: "{}".into() }
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

/// What goes wrong with the next answer to a path.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Another answer comes.
    Instead(Reply),
    /// The answer ends before its end.
    Cut,
}

type Answers = Box<dyn Fn(&Ask) -> Reply + Send + Sync>;

struct Books {
    answers: Answers,
    /// By what the path ends with.
    faults: BTreeMap<String, Fault>,
    asked: Vec<Ask>,
    statuses: Vec<u16>,
}

/// The platform.
pub struct World {
    address: SocketAddr,
    books: Arc<Mutex<Books>>,
    /// Our own clock, far from the platform's.
    pub clock: ManualClock,
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
        let address = listener.local_addr().unwrap();
        let books = Books { answers: Box::new(answers), faults: BTreeMap::new(), asked: vec![], statuses: vec![] };
        let books = Arc::new(Mutex::new(books));
        let app = Router::new().fallback(answer).with_state(books.clone());
        let server = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        let clock = ManualClock::at(UnixMs::parse_rfc3339("2026-10-09T17:31:12.345Z").unwrap());
        Self { address, books, clock, server }
    }

    /// Its base address.
    pub fn url(&self) -> Url {
        Url::parse(&format!("http://{}", self.address)).unwrap()
    }

    /// A client of it.
    pub fn client(&self, source: &str, projects: &[&str]) -> Arc<dyn FlagApi> {
        client(source, self.settings(projects)).unwrap()
    }

    pub fn settings(&self, projects: &[&str]) -> Settings {
        Settings {
            api_url: Some(self.url()),
            token: TOKEN.into(),
            projects: projects.iter().map(|p| (*p).to_owned()).collect(),
            timeout: Duration::from_secs(10),
            clock: Arc::new(self.clock.clone()),
        }
    }

    /// The next answer to a path that ends so goes wrong.
    pub fn fault(&self, path_ends: &str, fault: Fault) {
        self.books.lock().unwrap().faults.insert(path_ends.to_owned(), fault);
    }

    /// What was asked since this was called last.
    pub fn asked(&self) -> Vec<Ask> {
        std::mem::take(&mut self.books.lock().unwrap().asked)
    }

    /// With which statuses was answered since this was called last.
    pub fn statuses(&self) -> Vec<u16> {
        std::mem::take(&mut self.books.lock().unwrap().statuses)
    }
}

/// What the platforms want to be shown.
pub const TOKEN: &str = "s3cr3t-t0k3n";

/// A platform's flags, whose list may misbehave.
#[derive(Debug, Default)]
pub struct Shelf {
    /// The flags in the order of the list.
    pub flags: Vec<Value>,
    /// Flags on a page at most, whatever is asked for.
    pub page_max: usize,
    /// The list has no end.
    pub endless: bool,
    /// The first flag goes as soon as a page was read.
    pub shrinks: bool,
}

impl Shelf {
    /// A page, and how many the list holds.
    pub fn page(&mut self, offset: usize, limit: usize) -> (Vec<Value>, usize) {
        if self.endless {
            return (self.flags[..1].to_vec(), 1_000_000);
        }
        let page = self.flags.iter().skip(offset).take(limit.min(self.page_max)).cloned().collect();
        let total = self.flags.len();
        if std::mem::take(&mut self.shrinks) {
            self.flags.remove(0);
        }
        (page, total)
    }
}

/// A shelf behind a mutex, for a world to answer from.
pub fn stock(flags: Vec<Value>) -> Arc<Mutex<Shelf>> {
    Arc::new(Mutex::new(Shelf { flags, page_max: 100, ..Shelf::default() }))
}

/// Looks without having looked before.
pub async fn look(api: &Arc<dyn FlagApi>) -> Result<Look, RemoteError> {
    api.look(After { cursor: None, since: UnixMs::parse_rfc3339("2026-10-06T10:00:00Z").unwrap() }).await
}

/// The flags of a look as JSON, as they are kept.
pub fn seen(look: &Look) -> Value {
    serde_json::to_value(&look.seen).unwrap()
}

async fn answer(State(books): State<Arc<Mutex<Books>>>, request: Request) -> Response {
    let ask = Ask {
        path: request.uri().path().to_owned(),
        query: url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()).into_owned().collect(),
        headers: request.headers().clone(),
    };
    let mut books = books.lock().unwrap();
    books.asked.push(ask.clone());
    let key = books.faults.keys().find(|end| ask.path.ends_with(end.as_str())).cloned();
    let fault = key.and_then(|key| books.faults.remove(&key));
    let mut reply = match &fault {
        Some(Fault::Instead(reply)) => reply.clone(),
        _ => (books.answers)(&ask),
    };
    if !reply.headers.iter().any(|(name, _)| name == "date") {
        reply = reply.with("date", DATE);
    }
    let etag = format!("W/\"{}\"", digest(reply.body.as_bytes()));
    if reply.status == 200 {
        if ask.headers.get("if-none-match").is_some_and(|known| *known == *etag) {
            // Of the headers of a page only those that tell its state and time come again.
            reply.headers.retain(|(name, _)| name == "date");
            reply = Reply { status: 304, body: String::new(), ..reply };
        }
        reply = reply.with("etag", &etag);
    }
    books.statuses.push(reply.status);
    let body = match fault {
        Some(Fault::Cut) => {
            let half = reply.body[..reply.body.len() / 2].to_owned();
            let cut = std::io::Error::other("cut");
            Body::from_stream(futures_util::stream::iter([Ok(half), Err(cut)]))
        }
        _ => Body::from(reply.body),
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap();
    for (name, value) in reply.headers {
        response.headers_mut().insert(http::HeaderName::try_from(name).unwrap(), value.parse().unwrap());
    }
    response
}
