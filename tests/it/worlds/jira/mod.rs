//! A Jira for tests, Cloud or Data Center: issues, comments, transitions, search, properties, links, and people.
//!
//! ```ignore
//! let jira = FakeJira::start(Flavour::Cloud).await;
//! jira.require_field("customfield_10010");
//! jira.fail_next(Call::CreateIssue, Fault::TooMany { reason: "jira-burst-based", retry_after: Some("2") });
//! jira.search_lag(300);
//! jira.finish();
//! ```
mod comments;
mod issues;
mod jql;
mod links;
mod meta;
mod people;
mod search;
mod shapes;
mod state;
pub mod text;
mod transitions;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use std::sync::Arc;

use axum::Router;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::DateTime;
use hearback::time::{Clock, SystemClock};
use serde_json::json;

use super::ask::{Answer, Ask};
use super::fault::Fault;
use super::server::{Books, Served, Shared, World, routes};
pub use state::Flavour;
use state::{Project, State, Transition};

/// The account that the service acts as.
pub const BOT: &str = "hearback-bot";
/// Cloud: the e-mail of [`BOT`].
pub const EMAIL: &str = "bot@acme.test";
/// Cloud: its API token. Data Center: its personal access token.
pub const TOKEN: &str = "jira-test-token";
/// A person.
pub const ADA: &str = "ada";

/// The calls that a client can make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Myself,
    ServerInfo,
    GetProject,
    CreateMeta,
    CreateIssue,
    GetIssue,
    EditIssue,
    ListComments,
    CreateComment,
    GetComment,
    EditComment,
    DeleteComment,
    ListTransitions,
    Transition,
    Search,
    Count,
    GetProperty,
    SetProperty,
    RemoteLink,
    ListRemoteLinks,
    LinkIssues,
}

/// A running Jira with projects `SHOP` and `OPS`, types `Task`, `Bug` and `Story`, and the statuses To Do, In
/// Progress and Done.
///
/// Faults, request counts and the address come from [`Served`].
#[derive(Clone)]
pub struct FakeJira {
    served: Arc<Served<State>>,
    strict: bool,
}

impl Deref for FakeJira {
    type Target = Served<State>;

    fn deref(&self) -> &Self::Target {
        &self.served
    }
}

impl FakeJira {
    /// Starts on the machine's clock.
    pub async fn start(flavour: Flavour) -> Self {
        Self::start_at(flavour, SystemClock).await
    }

    /// Starts on a clock of the test's: stamps and lag follow it.
    pub async fn start_at(flavour: Flavour, clock: impl Clock + 'static) -> Self {
        let served = Served::start(router(), |url| world(url, flavour, Arc::new(clock))).await;
        Self { served: Arc::new(served), strict: false }
    }

    /// [`Self::finish`] will also fail on the service's comments that nobody read.
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    /// What the service sends as `Authorization`.
    pub fn authorization(&self) -> String {
        authorization(self.lock().flavour)
    }

    /// Panics when the service called something that is not there, when a planned fault was never met, or, in strict
    /// mode, when a comment of the service's was not read.
    pub fn finish(&self) {
        let mut wrong = self.leftovers();
        if self.strict {
            let world = self.lock();
            let unread = world.issues.values().flat_map(|i| i.comments.iter().map(move |c| (&i.key, c)));
            let unread = unread.filter(|(_, c)| !c.read && c.author == BOT);
            wrong.extend(unread.map(|(key, c)| format!("unread comment on {key}: {:?}", c.body.plain())));
        }
        assert!(wrong.is_empty(), "Jira at the end of the test:\n  {}", wrong.join("\n  "));
    }
}

fn authorization(flavour: Flavour) -> String {
    match flavour {
        Flavour::Cloud => format!("Basic {}", STANDARD.encode(format!("{EMAIL}:{TOKEN}"))),
        Flavour::DataCenter => format!("Bearer {TOKEN}"),
    }
}

fn world(url: &str, flavour: Flavour, clock: Arc<dyn Clock>) -> State {
    let issue_types = || ["Task", "Bug", "Story"].map(ToOwned::to_owned).to_vec();
    let project = |id, key: &str| Project { id, key: key.into(), issue_types: issue_types(), last_number: 0 };
    let step = |id: &str, to: &str, category| Transition { id: id.into(), to: to.into(), category, demands: vec![] };
    State {
        books: Books::default(),
        clock,
        flavour,
        base: url.to_owned(),
        projects: BTreeMap::from([("OPS".into(), project(10_001, "OPS")), ("SHOP".into(), project(10_002, "SHOP"))]),
        issues: BTreeMap::new(),
        refused_fields: BTreeSet::new(),
        required_fields: BTreeSet::new(),
        transitions: vec![
            step("11", "To Do", "new"),
            step("21", "In Progress", "indeterminate"),
            step("31", "Done", "done"),
        ],
        search_lag_ms: 0,
        actor: BOT,
        hook: None,
        sent: Vec::new(),
        links: Vec::new(),
        last_id: 20_000,
    }
}

fn router() -> Router<Shared<State>> {
    let tables = [meta::ROUTES, issues::ROUTES, comments::ROUTES, transitions::ROUTES, search::ROUTES, links::ROUTES];
    let api = tables.into_iter().fold(Router::new(), |router, table| router.merge(routes(table)));
    Router::new().nest("/rest/api/{version}", api)
}

impl World for State {
    type Call = Call;

    fn books(&mut self) -> &mut Books<Call> {
        &mut self.books
    }

    fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    fn admit(&mut self, _: Call, ask: &Ask) -> Result<(), Answer> {
        self.actor = BOT;
        if ask.header("authorization") != Some(authorization(self.flavour).as_str()) {
            return Err(self.refusal(Fault::Unauthorized));
        }
        let versions: &[&str] = if self.flavour == Flavour::Cloud { &["2", "3", "latest"] } else { &["2", "latest"] };
        if !versions.contains(&ask.param("version")) {
            return Err(self.lost());
        }
        match ask.body {
            Ok(_) => Ok(()),
            Err(()) => Err(problem(400, "There was an error parsing JSON. Check that your request body is valid.")),
        }
    }

    fn refusal(&self, fault: Fault) -> Answer {
        match fault {
            Fault::TooMany { reason, retry_after } => {
                retry_after.into_iter().fold(self.limited(reason, 60), |a, wait| a.with("Retry-After", wait))
            }
            Fault::SecondaryLimit { retry_after } => {
                retry_after.into_iter().fold(self.limited("jira-burst-based", 1), |a, w| a.with("Retry-After", w))
            }
            Fault::PrimaryLimit { reset_in_s } => self.limited("jira-quota-tenant-based", reset_in_s),
            Fault::Unauthorized => problem(401, "Client must be authenticated to access this resource."),
            Fault::NotAccessible => problem(403, "You do not have permission to perform this operation."),
            Fault::Validation { field, code } => refuse(field, code),
            Fault::Status(404) => gone(),
            Fault::Status(status) => problem(status, "Internal server error"),
            other => unreachable!("{other:?} has no words"),
        }
    }

    fn lost(&self) -> Answer {
        Answer::html(404, "<html><head><title>Oops, you&#39;ve found a dead link.</title></head></html>")
    }
}

impl State {
    /// 429. The reset is ISO 8601 to the minute, rounded up; it is no epoch.
    fn limited(&self, reason: &str, reset_in_s: i64) -> Answer {
        let minute = (self.clock.now().0 + reset_in_s * 1000).div_euclid(60_000) + 1;
        let reset = DateTime::from_timestamp(minute * 60, 0).unwrap_or_default().format("%Y-%m-%dT%H:%MZ");
        problem(429, "Rate limit exceeded.")
            .with("RateLimit-Reason", reason)
            .with("X-RateLimit-Limit", "100")
            .with("X-RateLimit-Remaining", "0")
            .with("X-RateLimit-Reset", reset.to_string())
    }

    /// Whether this request speaks ADF.
    fn adf(&self, ask: &Ask) -> bool {
        ask.param("version") == "3" || (self.flavour == Flavour::Cloud && ask.param("version") == "latest")
    }
}

/// An error that is about no field.
fn problem(status: u16, message: &str) -> Answer {
    Answer::json(status, json!({"errorMessages": [message], "errors": {}}))
}

/// An error about one field.
fn refuse(field: &str, message: &str) -> Answer {
    Answer::json(400, json!({"errorMessages": [], "errors": {field: message}}))
}

fn gone() -> Answer {
    problem(404, "Issue does not exist or you do not have permission to see it.")
}
