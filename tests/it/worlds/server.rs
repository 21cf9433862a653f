//! The shell that every world shares: one request in, the books kept, the planned fault applied, one answer out.

use std::convert::Infallible;
use std::io;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{RawPathParams, Request, State};
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, on};
use hearback::time::{Clock, UnixMs};
use http::Uri;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::runtime::Runtime;
use tokio::task::{AbortHandle, JoinSet};
use tower::ServiceExt as _;

use super::ask::{Answer, Ask, Outcome};
use super::fault::{Course, Fault, Faults};

/// The worlds' own runtime: it outlives each test's, and a test that blocks does not stop it.
pub static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().thread_name("world").build().unwrap()
});

/// A request that came in.
#[derive(Clone, Debug)]
pub struct Seen<C> {
    /// Which call it was.
    pub call: C,
    /// When, by the world's clock.
    pub at: UnixMs,
    /// What it asked.
    pub ask: Ask,
}

/// What a world notes about its callers.
#[derive(Debug)]
pub struct Books<C> {
    /// What shall go wrong.
    pub faults: Faults<C>,
    /// Each known request, also those that met a fault.
    pub seen: Vec<Seen<C>>,
    /// Requests to routes that the world does not have.
    pub unexpected: Vec<String>,
}

impl<C> Default for Books<C> {
    fn default() -> Self {
        Self { faults: Faults::default(), seen: Vec::new(), unexpected: Vec::new() }
    }
}

/// A provider's behaviour around its effects.
pub trait World: Send + Sized + 'static {
    /// The names of its calls.
    type Call: Copy + PartialEq + std::fmt::Debug + Send + Sync + 'static;
    /// Its books.
    fn books(&mut self) -> &mut Books<Self::Call>;
    /// Its clock.
    fn clock(&self) -> &dyn Clock;
    /// Who may call; before the effect.
    fn admit(&mut self, call: Self::Call, ask: &Ask) -> Result<(), Answer>;
    /// How it words a fault.
    fn refusal(&self, fault: Fault) -> Answer;
    /// What it answers where it has no such route.
    fn lost(&self) -> Answer;
    /// Headers and conditions that each of its answers shares.
    fn dress(&mut self, _ask: &Ask, answer: Answer) -> Answer {
        answer
    }
    /// What follows an effect without the caller waiting for it.
    fn afterwards(_shared: &Shared<Self>) {}
}

/// A world's state, shared between its server and the test.
pub type Shared<W> = Arc<Mutex<W>>;

/// What a route does to the world.
pub type Effect<W> = fn(&mut W, &Ask) -> Outcome;

/// A line of a world's route table.
pub type Line<W> = (MethodFilter, &'static str, <W as World>::Call, Effect<W>);

/// The state, also when a failed assertion in another thread has poisoned it.
pub fn lock<W>(shared: &Shared<W>) -> MutexGuard<'_, W> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A router from a table.
pub fn routes<W: World>(table: &[Line<W>]) -> Router<Shared<W>> {
    table
        .iter()
        .fold(Router::new(), |router, &(method, path, call, effect)| router.route(path, route(method, call, effect)))
}

fn route<W: World>(method: MethodFilter, call: W::Call, effect: Effect<W>) -> MethodRouter<Shared<W>> {
    on(method, move |State(shared): State<Shared<W>>, params: RawPathParams, request: Request| async move {
        let params = params.iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
        let ask = read(params, request).await;
        meet(&shared, call, effect, ask).await
    })
}

async fn read(params: Vec<(String, String)>, request: Request) -> Ask {
    let asked = whole_uri(&request);
    let (parts, body) = request.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let body = if bytes.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(&bytes).map_err(|_| ()) };
    let query = asked.query().unwrap_or_default();
    let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    Ask { method: parts.method, path: asked.path().to_owned(), query, headers: parts.headers, body, params }
}

/// The address as it was sent; a nested route sees less of it.
#[derive(Clone)]
struct Sent(Uri);

fn whole_uri(request: &Request) -> Uri {
    request.extensions().get::<Sent>().map_or_else(|| request.uri().clone(), |sent| sent.0.clone())
}

async fn meet<W: World>(shared: &Shared<W>, call: W::Call, effect: Effect<W>, ask: Ask) -> Response {
    let course = {
        let mut world = lock(shared);
        let at = world.clock().now();
        world.books().seen.push(Seen { call, at, ask: ask.clone() });
        let fault = world.books().faults.take(call);
        fault.map(|fault| fault.course(|fault| world.refusal(fault)))
    };
    let act = {
        let shared = Arc::clone(shared);
        move || {
            let mut world = lock(&shared);
            let done = world.admit(call, &ask).and_then(|()| effect(&mut world, &ask));
            let answer = world.dress(&ask, done.unwrap_or_else(|refused| refused));
            drop(world);
            W::afterwards(&shared);
            answer
        }
    };
    match course {
        None => act().whole(),
        Some(Course::Refuse(answer)) => answer.whole(),
        Some(Course::DoThenSay(answer)) => {
            act();
            answer.whole()
        }
        Some(Course::HangUp { done }) => {
            if done {
                act();
            }
            hang_up()
        }
        Some(Course::Wait { ms, done: false }) => {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            act().whole()
        }
        Some(Course::Wait { ms, done: true }) => {
            let answer = act();
            tokio::time::sleep(Duration::from_millis(ms)).await;
            answer.whole()
        }
        Some(Course::Later { ms }) => {
            let late = RUNTIME.spawn(async move {
                tokio::time::sleep(Duration::from_millis(ms)).await;
                act();
            });
            late.await.unwrap();
            hang_up()
        }
        Some(Course::Half { promised }) => act().half(promised),
    }
}

/// Marks an answer that must not be sent.
#[derive(Clone, Copy)]
struct HangUp;

fn hang_up() -> Response {
    let mut response = Response::new(Body::empty());
    response.extensions_mut().insert(HangUp);
    response
}

async fn unexpected<W: World>(State(shared): State<Shared<W>>, request: Request) -> Response {
    let mut world = lock(&shared);
    let line = format!("{} {}", request.method(), whole_uri(&request));
    world.books().unexpected.push(line);
    world.lost().whole()
}

/// A world that listens. Dropping it closes the door.
pub struct Served<W: World> {
    /// The state.
    pub shared: Shared<W>,
    url: String,
    accepting: AbortHandle,
}

impl<W: World> Drop for Served<W> {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl<W: World> Served<W> {
    /// Listens on a free port of 127.0.0.1; `build` gets the base address, because answers name it.
    pub async fn start(router: Router<Shared<W>>, build: impl FnOnce(&str) -> W) -> Self {
        let listening = RUNTIME.spawn(tokio::net::TcpListener::bind("127.0.0.1:0"));
        let listener = listening.await.unwrap().unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Mutex::new(build(&url)));
        let app = router
            .fallback(unexpected::<W>)
            .method_not_allowed_fallback(unexpected::<W>)
            .with_state(Arc::clone(&shared));
        let accepting = RUNTIME.spawn(accept(listener, app)).abort_handle();
        Self { shared, url, accepting }
    }

    /// Where it listens, `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its state.
    pub fn lock(&self) -> MutexGuard<'_, W> {
        lock(&self.shared)
    }

    /// The next such call meets this fault; several queue up.
    pub fn fail_next(&self, call: W::Call, fault: Fault) {
        self.fail_times(call, 1, fault);
    }

    /// The next `times` such calls meet it.
    pub fn fail_times(&self, call: W::Call, times: u32, fault: Fault) {
        self.lock().books().faults.plan(Some(call), Some(times), fault);
    }

    /// Each such call meets it until [`Self::heal`].
    pub fn fail_always(&self, call: W::Call, fault: Fault) {
        self.lock().books().faults.plan(Some(call), None, fault);
    }

    /// Every call meets it until [`Self::heal`]: an outage.
    pub fn fail_everything(&self, fault: Fault) {
        self.lock().books().faults.plan(None, None, fault);
    }

    /// All goes well again.
    pub fn heal(&self) {
        self.lock().books().faults.heal();
    }

    /// How many such requests came in, those that met a fault included.
    pub fn calls(&self, call: W::Call) -> usize {
        self.requests(call).len()
    }

    /// Such requests in the order in which they came.
    pub fn requests(&self, call: W::Call) -> Vec<Seen<W::Call>> {
        self.lock().books().seen.iter().filter(|seen| seen.call == call).cloned().collect()
    }

    /// What is wrong with a test's end: requests to routes that are not there, faults that nothing met.
    pub fn leftovers(&self) -> Vec<String> {
        let mut world = self.lock();
        let books = world.books();
        let lost = books.unexpected.iter().map(|line| format!("unexpected call: {line}"));
        lost.chain(books.faults.unmet().into_iter().map(|f| format!("fault never met: {f}"))).collect()
    }
}

/// hyper's loop by hand: axum's own cannot close a connection without an answer.
async fn accept(listener: tokio::net::TcpListener, app: Router) {
    let mut open = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let app = app.clone();
        let service = hyper::service::service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
            let app = app.clone();
            let sent = Sent(request.uri().clone());
            request.extensions_mut().insert(sent);
            async move {
                let response = app.oneshot(request.map(Body::new)).await.unwrap_or_else(|e: Infallible| match e {});
                // An error from the service makes hyper close the socket with nothing written.
                match response.extensions().get::<HangUp>() {
                    Some(_) => Err(io::Error::other("hang up")),
                    None => Ok(response),
                }
            }
        });
        open.spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        while open.try_join_next().is_some() {}
    }
}
