//! The real binary as a process: started with nothing but its settings, killed, and started again.

mod customers;

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::worlds::github::FakeGitHub;
use crate::worlds::jira::{EMAIL, FakeJira, TOKEN};
pub use customers::Customers;

/// The longest wait for anything.
pub const PATIENCE: Duration = Duration::from_secs(45);
/// Pause between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(25);
/// The secret that GitHub signs with.
pub const HOOK_SECRET: &str = "a webhook's secret of these tests";
/// The key for `/v1/feedback`.
pub const KEY: &str = "hb_sec_of_these_tests";

/// How a process is started.
#[derive(Clone, Debug)]
pub struct Settings {
    folder: PathBuf,
    environment: Vec<(String, String)>,
    failpoints: Option<String>,
}

impl Settings {
    /// In `folder`, on this database, with times short enough for a test and long enough for a world's lag.
    pub fn new(folder: &Path, database: &str) -> Self {
        let keys = format!("[[keys]]\nkind = \"secret\"\nkey = \"{KEY}\"\n");
        std::fs::write(folder.join("hearback.toml"), keys).unwrap();
        Self::bare(folder)
            .set("database.url", database)
            .set("server.listen", "127.0.0.1:0")
            .set("server.shutdown_grace", "5s")
            .set("policy.coalesce", "1s")
            .set("outbox.request_timeout", "1s")
            .set("outbox.lease", "2s")
            .set("outbox.settle", "3s")
            .set("outbox.retry_min", "100ms")
            .set("outbox.retry_max", "1s")
            .set("outbox.sweep", "0s")
    }

    /// In `folder`, with nothing set.
    pub fn bare(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), environment: Vec::new(), failpoints: None }
    }

    /// Sets `section.key`.
    #[must_use]
    pub fn set(mut self, key: &str, value: &str) -> Self {
        let name = format!("HEARBACK__{}", key.replace('.', "__").to_uppercase());
        self.environment.retain(|(known, _)| *known != name);
        self.environment.push((name, value.to_owned()));
        self
    }

    /// As the App of this GitHub.
    #[must_use]
    pub fn github(self, github: &FakeGitHub) -> Self {
        self.set("github.api_url", github.url())
            .set("github.app_id", &github.app_id().to_string())
            .set("github.private_key", github.private_key_pem())
            .set("github.webhook_secrets", HOOK_SECRET)
            .set("github.write_spacing", "0s")
            .set("github.sweep", "1s")
    }

    /// With this Jira, which is Jira Cloud, and its project `SHOP`.
    #[must_use]
    pub fn jira(self, jira: &FakeJira) -> Self {
        self.set("jira.base_url", jira.url())
            .set("jira.email", EMAIL)
            .set("jira.token", TOKEN)
            .set("jira.project", "SHOP")
            .set("policy.trackers", "jira")
    }

    /// What goes wrong inside, as `FAILPOINTS` takes it: `hb.deliver.sent=return`.
    #[must_use]
    pub fn failpoints(mut self, failpoints: &str) -> Self {
        assert!(compiled_in(), "this needs the feature failpoints: run tests/run, which sets it");
        self.failpoints = Some(failpoints.to_owned());
        self
    }

    /// A command of the binary, in an otherwise empty environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hearback"));
        command.args(arguments).current_dir(&self.folder).env_clear().env("TMPDIR", &self.folder);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.envs(self.failpoints.iter().map(|points| ("FAILPOINTS", points)));
        command
    }
}

/// A running service. Dropping it kills it; in a failing test its log is printed.
pub struct Service {
    child: Child,
    url: String,
    log: Arc<Mutex<String>>,
}

impl Service {
    /// Starts `hearback serve` and waits until it says where it listens.
    pub async fn start(settings: &Settings) -> Self {
        let mut command = settings.command(&["serve"]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let log = Arc::new(Mutex::new(String::new()));
        let (tell, told) = oneshot::channel();
        let kept = Arc::clone(&log);
        std::thread::spawn(move || {
            let mut tell = Some(tell);
            for line in stderr.lines().map_while(Result::ok) {
                if let Some((_, rest)) = line.split_once("listening on http://")
                    && let Some(tell) = tell.take()
                {
                    let address = rest.split([',', ' ']).next().unwrap_or_default();
                    let _ = tell.send(format!("http://{address}"));
                }
                let mut log = kept.lock().unwrap_or_else(PoisonError::into_inner);
                log.push_str(&line);
                log.push('\n');
            }
        });
        let mut service = Self { child, url: String::new(), log };
        let told = tokio::time::timeout(PATIENCE, told).await.expect("the service did not listen in time");
        service.url = told.expect("the service ended before it listened");
        service
    }

    /// Where it listens, `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What it said so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether it has ended.
    pub fn is_dead(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Kills it, as `kill -9` does.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until it is dead, and asserts that nothing less than SIGKILL ended it.
    pub async fn wait_dead(&mut self) {
        let status = self.ended("the process to die at its point").await;
        assert_eq!(status.signal(), Some(9), "it ended otherwise: {status}\n{}", self.log());
    }

    /// Asks it to end, as a supervisor does, and gives how it ended.
    pub async fn terminate(&mut self) -> ExitStatus {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.ended("the process to end after SIGTERM").await
    }

    async fn ended(&mut self, what: &str) -> ExitStatus {
        until(what, async || self.child.try_wait().unwrap()).await
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("-- log of {}\n{}", self.url, self.log());
        }
    }
}

/// Whether the binary has points to fail at.
fn compiled_in() -> bool {
    cfg!(feature = "failpoints")
}

/// Looks until there is something; fails by the name of what it waited for.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.unwrap_or_else(|_| panic!("waited {PATIENCE:?} for {what} in vain"))
}

/// Looks until nothing is left; fails by what it waited for and what was left.
pub async fn until_nothing(what: &str, mut look: impl AsyncFnMut() -> Vec<String>) {
    let mut left = Vec::new();
    let looking = async {
        loop {
            left = look().await;
            if left.is_empty() {
                return;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    let ended = tokio::time::timeout(PATIENCE, looking).await;
    assert!(ended.is_ok(), "waited {PATIENCE:?} for {what} in vain: {left:#?}");
}
