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
mod platform;
mod provider;
mod pulls;
mod readout;
mod repos;
mod shapes;
mod state;

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

use axum::Router;
use hearback::time::{Clock, SystemClock};

use super::server::{Books, Served, Shared, routes};
use state::{APP_ID, INSTALLATION_ID, Installation, Person, Repo, State};
pub use state::{BOT, Issue, PERSONAL_LOGIN, PERSONAL_TOKEN};

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
    Membership,
    CheckRun,
    EditCheckRun,
    ListCheckRuns,
    PullFiles,
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
        if self.waiting() > 0 {
            wrong.push("deliveries still on their way: `settle()` first".into());
        }
        let world = self.lock();
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
        teams: BTreeMap::new(),
        tokens: BTreeMap::new(),
        installation: Installation::Active,
        list_lag_ms: 0,
        search_lag_ms: 0,
        read_lag_ms: 0,
        lists_of_all_fail: false,
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
        proposed: BTreeMap::new(),
        releases: BTreeMap::new(),
        pulls: BTreeMap::new(),
        check_runs: Vec::new(),
    }
}

fn router() -> Router<Shared<State>> {
    let in_repo = || {
        let tables = [repos::IN_REPO, issues::IN_REPO, comments::IN_REPO, labels::IN_REPO, pulls::IN_REPO];
        tables.into_iter().fold(Router::new(), |router, table| router.merge(routes(table)))
    };
    // A renamed repository and every page link lead to the second form.
    routes(app::ROUTES)
        .merge(routes(hooks::ROUTES))
        .merge(routes(issues::ROUTES))
        .nest("/repos/{owner}/{repo}", in_repo())
        .nest("/repositories/{repo_id}", in_repo())
}
