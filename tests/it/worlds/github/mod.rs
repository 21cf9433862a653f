//! A GitHub for tests: App auth, issues, comments, deliveries, and people who act.
//!
//! ```ignore
//! let github = FakeGitHub::start().await;
//! github.deliver_to(&format!("{service}/hooks/github"), "secret");
//! github.fail_next(Call::CreateIssue, Fault::DropAfter);
//! github.publish_release("v1.2.0").await;
//! assert_eq!(github.posts_to_create(), 1);
//! github.finish();
//! ```
mod app;
mod comments;
mod events;
mod hooks;
mod issues;
mod labels;
mod paging;
mod people;
mod repos;
mod shapes;
mod state;

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

use axum::Router;
use hearback::time::{Clock, SystemClock};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::fault::Fault;
use super::server::{Answer, Ask, Books, Said, Served, Shared, World, routes};
use state::{APP_ID, INSTALLATION_ID, Installation, Person, Repo, State};
pub use state::{BOT, PERSONAL_LOGIN, PERSONAL_TOKEN};

/// The calls that a client can make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Token,
    App,
    Installations,
    RepoInstallation,
    InstallationRepos,
    User,
    RateLimit,
    GetRepo,
    GetFile,
    Permission,
    CheckRun,
    ListReleases,
    GetRelease,
    ListIssues,
    CreateIssue,
    GetIssue,
    EditIssue,
    SearchIssues,
    ListComments,
    CreateComment,
    GetComment,
    EditComment,
    DeleteComment,
    AddLabels,
    SetLabels,
    RemoveLabel,
    CreateLabel,
    ListLabels,
    React,
    ListReactions,
    Deliveries,
    GetDelivery,
    Redeliver,
}

/// A running GitHub with one repository, `acme/shop`, where the App is installed.
///
/// People who are there: `ada` (admin), `wendy` (write) and `olaf`, who is no collaborator.
/// Faults, request counts and the address come from [`Served`].
#[derive(Clone)]
pub struct FakeGitHub {
    served: Arc<Served<State>>,
    repo_id: u64,
    strict: bool,
}

impl Deref for FakeGitHub {
    type Target = Served<State>;

    fn deref(&self) -> &Self::Target {
        &self.served
    }
}

impl FakeGitHub {
    /// Starts on the machine's clock.
    pub async fn start() -> Self {
        Self::start_at(SystemClock).await
    }

    /// Starts on a clock of the test's: stamps, token ends, `since` and lags follow it.
    pub async fn start_at(clock: impl Clock + 'static) -> Self {
        let served = Served::start(router(), |url| world(url, Arc::new(clock))).await;
        Self { served: Arc::new(served), repo_id: FIRST_REPO_ID, strict: false }
    }

    /// [`Self::finish`] will also fail on the App's comments that nobody read.
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.strict = true;
        self
    }

    /// The same world, acting on another repository, made on first mention.
    #[must_use]
    pub fn in_repo(&self, full_name: &str) -> Self {
        let (owner, name) = full_name.split_once('/').expect("owner/name");
        let mut world = self.lock();
        let known = world.repos.values().find(|r| r.full_name() == full_name).map(|r| r.id);
        let repo_id = known.unwrap_or_else(|| {
            let id = world.next_id();
            world.repos.insert(id, repo(id, owner, name));
            id
        });
        drop(world);
        Self { repo_id, ..self.clone() }
    }

    /// The repository's `owner/name` now.
    pub fn repo(&self) -> String {
        self.lock().repos[&self.repo_id].full_name()
    }

    /// The App's id.
    #[expect(clippy::unused_self, reason = "a test asks the world that it talks to")]
    pub fn app_id(&self) -> u64 {
        APP_ID
    }

    /// The App's private key, as GitHub hands it out (PKCS #1). Made for these tests; it opens nothing.
    #[expect(clippy::unused_self, reason = "a test asks the world that it talks to")]
    pub fn private_key_pem(&self) -> &'static str {
        include_str!("test_app.pem")
    }

    /// The installation on `acme`.
    #[expect(clippy::unused_self, reason = "a test asks the world that it talks to")]
    pub fn installation_id(&self) -> u64 {
        INSTALLATION_ID
    }

    /// Panics when the service called something that is not there, when a planned fault was never met, when
    /// deliveries are still on their way, or, in strict mode, when a comment of the App's was not read.
    pub fn finish(&self) {
        let mut wrong = self.leftovers();
        let world = self.lock();
        if world.in_flight + world.outgoing.len() > 0 {
            wrong.push("deliveries still on their way: `settle()` first".into());
        }
        if self.strict {
            let issues = world.repos.values().flat_map(|r| r.issues.values());
            let unread = issues.flat_map(|i| i.comments.iter().map(move |c| (i.number, c)));
            let unread = unread.filter(|(_, c)| !c.read && (c.author == BOT || c.author == PERSONAL_LOGIN));
            wrong.extend(unread.map(|(n, c)| format!("unread comment on #{n}: {:?}", c.body)));
        }
        drop(world);
        assert!(wrong.is_empty(), "GitHub at the end of the test:\n  {}", wrong.join("\n  "));
    }
}

const FIRST_REPO_ID: u64 = 1_296_269;

fn world(url: &str, clock: Arc<dyn Clock>) -> State {
    let mut people = BTreeMap::new();
    for (id, login, role) in [(11, "ada", Some("admin")), (12, "wendy", Some("write")), (13, "olaf", None)] {
        people.insert(login.to_owned(), Person { id, role });
    }
    people.insert(BOT.into(), Person { id: 14, role: None });
    people.insert(PERSONAL_LOGIN.into(), Person { id: 15, role: Some("write") });
    people.insert("acme".into(), Person { id: 16, role: None });
    State {
        books: Books::default(),
        clock,
        base: url.to_owned(),
        repos: BTreeMap::from([(FIRST_REPO_ID, repo(FIRST_REPO_ID, "acme", "shop"))]),
        people,
        tokens: BTreeMap::new(),
        installation: Installation::Active,
        list_lag_ms: 0,
        search_lag_ms: 0,
        read_lag_ms: 0,
        link_loops: false,
        tells_own_writes: false,
        hook: None,
        deliveries_fail: false,
        deliveries: Vec::new(),
        outgoing: Vec::new(),
        in_flight: 0,
        actor: BOT.into(),
        last_id: 10_000_000,
    }
}

fn repo(id: u64, owner: &str, name: &str) -> Repo {
    Repo {
        id,
        owner: owner.into(),
        name: name.into(),
        old_names: Vec::new(),
        has_issues: true,
        removed: false,
        issues: BTreeMap::new(),
        labels: Vec::new(),
        files: BTreeMap::new(),
        releases: BTreeMap::new(),
        check_runs: Vec::new(),
    }
}

fn router() -> Router<Shared<State>> {
    let in_repo = || {
        let tables = [repos::IN_REPO, issues::IN_REPO, comments::IN_REPO, labels::IN_REPO];
        tables.into_iter().fold(Router::new(), |router, table| router.merge(routes(table)))
    };
    // A renamed repository and every page link lead to the second form.
    routes(app::ROUTES)
        .merge(routes(hooks::ROUTES))
        .merge(routes(issues::ROUTES))
        .nest("/repos/{owner}/{repo}", in_repo())
        .nest("/repositories/{repo_id}", in_repo())
}

impl World for State {
    type Call = Call;

    fn books(&mut self) -> &mut Books<Call> {
        &mut self.books
    }

    fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    fn admit(&mut self, call: Call, ask: &Ask) -> Result<(), Answer> {
        app::admit(self, call, ask)
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
        hooks::send_in_background(shared);
    }
}

/// GitHub's error document.
fn problem(status: u16, message: &str) -> Answer {
    Answer::json(
        status,
        json!({
            "message": message,
            "documentation_url": "https://docs.github.com/rest",
            "status": status.to_string(),
        }),
    )
}

fn not_found() -> Answer {
    problem(404, "Not Found")
}

/// GitHub's 422.
fn invalid(resource: &str, field: &str, code: &str) -> Answer {
    let mut error = json!({"resource": resource, "field": field, "code": code});
    if code == "custom" {
        error["message"] = Value::from(format!("{field} is not acceptable"));
    }
    unprocessable(&error)
}

fn unprocessable(error: &Value) -> Answer {
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
fn moved(to: &str) -> Answer {
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
