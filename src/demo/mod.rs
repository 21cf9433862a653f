//! `hearback demo`: the whole job on bundled data. The real server on a free port, a fresh database, signed deliveries
//! and feedback over HTTP; nothing here reaches into the service.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use url::Url;

use crate::config::{self, Config};
use crate::id::{Entropy, OsEntropy};
use crate::sources::signature::sign_hub_sha256;
use crate::time::{Clock, SystemClock};
use crate::{app, http, jobs, telemetry};

/// What customers say first, a statement a line.
const FIRST: &str = include_str!("first.jsonl");
/// What they say once the issue is there.
const LATER: &str = include_str!("later.jsonl");
/// Longest wait for one step.
const PATIENCE: Duration = Duration::from_secs(15);
/// Pause between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Stands in an issue whose window is over.
const CLOSED: &str = "closed since";
/// Longest answer that is read, bytes.
const ANSWER_MAX_BYTES: usize = 1_048_576;

/// Runs the demo; with `keep` it serves on until somebody ends it.
pub async fn run(keep: bool) -> Result<()> {
    let entropy = OsEntropy;
    let folder = std::env::temp_dir().join(format!("hearback-demo-{:08x}", entropy.bits() & 0xffff_ffff));
    let secret = app::fresh_secret(&entropy);
    let key = app::fresh_secret(&entropy);
    let config = settings(&folder, secret.expose_secret(), key.expose_secret())?;
    telemetry::start_log(&config.log);

    let ctx = app::build(config, Arc::new(SystemClock), Arc::new(OsEntropy)).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await.context("listening on a free port of 127.0.0.1")?;
    let base: Url = format!("http://{}", listener.local_addr()?).parse()?;
    let (end, ended) = oneshot::channel::<()>();
    let service = tokio::spawn(app::serve_on(ctx, listener, async move {
        let _ = ended.await;
    }));
    let client = http::client(http::Reach::Configured(&base), PATIENCE)?;
    let demo = Demo { client, base, secret: secret.expose_secret().into(), key: key.expose_secret().into() };

    let told = demo.tell(&folder).await?;
    writeln!(
        std::io::stdout(),
        "{}\nIssue:  {}\nReport: {}",
        told.issue.trim_end(),
        told.issue_at.display(),
        told.report_at.display()
    )?;
    if keep {
        eprintln!("\nThe dashboard is at {} (Ctrl-C ends it).", demo.base);
        jobs::stop_signal().await;
    }
    let _ = end.send(());
    service.await?
}

fn settings(folder: &Path, secret: &str, key: &str) -> Result<Config> {
    let database = format!("sqlite://{}", folder.join("hearback.db").display());
    let given = [
        ("DATABASE_URL", database.as_str()),
        ("HEARBACK__GITHUB__WEBHOOK_SECRETS", secret),
        ("HEARBACK__POLICY__COALESCE", "1s"),
        ("HEARBACK__LOG__LEVEL", "warn"),
    ];
    let mut config = config::read(None, given.map(|(name, value)| (name.to_owned(), value.to_owned())))?;
    config.local.dir = folder.join("issues");
    config.keys.push(config::KeySettings {
        kind: config::KeyKind::Secret,
        key: key.to_owned().into(),
        origins: Vec::new(),
        events: false,
    });
    Ok(config)
}

/// A sender and reader of the service.
struct Demo {
    client: reqwest::Client,
    base: Url,
    secret: String,
    key: String,
}

/// What the demo ends with.
struct Told {
    issue: String,
    issue_at: PathBuf,
    report_at: PathBuf,
}

fn step(says: &str) {
    eprintln!("* {says}");
}

impl Demo {
    async fn tell(&self, folder: &Path) -> Result<Told> {
        step(&format!("hearback serves on {} with a fresh database in {}", self.base, folder.display()));
        let now = SystemClock.now().rfc3339();
        let published = self.deliver("published", "demo-1", &now).await?;
        step(&format!("acme/shop publishes v1.4.0; GitHub's signed webhook is kept as {}", published["delivery"]));
        let rollout = self.rollout().await?;
        step(&format!("a feedback window opens for the rollout {rollout}"));

        let said = self.say(FIRST, "first").await?;
        step(&format!("{said} customers answer through the API, with a phone number, a mention and a test among it"));
        let (issue_at, issue) = self.issue(&rollout).await?;
        step(&format!("enough of them say the same, so an issue is filed: {}", title(&issue)));

        let again = self.deliver("published", "demo-1", &now).await?;
        let repeated = self.say(FIRST, "first").await?;
        if again["duplicate"] != json!(true) {
            bail!("the same delivery was taken twice: {again}");
        }
        step(&format!("the same webhook and the same {repeated} statements come again: nothing changes"));

        let said = self.say(LATER, "later").await?;
        self.until_file(&issue_at, |text| text != issue).await?;
        step(&format!(
            "{said} more answer, one of them for the second time: the same issue is edited, not another filed"
        ));

        self.deliver("unpublished", "demo-2", &SystemClock.now().plus(1_000).rfc3339()).await?;
        let (report_at, verdict) = self.verdict(&rollout).await?;
        step(&format!("the release is taken back, the window closes. Verdict: {verdict}\n"));
        let issue = self.until_file(&issue_at, |text| text.contains(CLOSED)).await?;
        Ok(Told { issue, issue_at, report_at })
    }

    /// Sends a release event as GitHub does.
    async fn deliver(&self, action: &str, id: &str, at: &str) -> Result<Value> {
        let body = json!({
            "action": action,
            "release": {
                "id": 1_401, "tag_name": "v1.4.0", "name": "Faster checkout", "draft": action == "unpublished",
                "prerelease": false, "published_at": at, "updated_at": at,
                "html_url": "https://github.com/acme/shop/releases/tag/v1.4.0",
            },
            "repository": {"id": 186_853_002, "full_name": "acme/shop"},
            "sender": {"login": "ada"},
        })
        .to_string();
        let request = self
            .client
            .post(self.base.join("/hooks/github")?)
            .header("x-github-event", "release")
            .header("x-github-delivery", id)
            .header("x-hub-signature-256", sign_hub_sha256(&self.secret, body.as_bytes()))
            .header("content-type", "application/json")
            .body(body);
        self.send(request).await
    }

    /// Sends statements; gives how many were kept.
    async fn say(&self, lines: &'static str, idempotency_key: &str) -> Result<usize> {
        let request = self
            .client
            .post(self.base.join("/v1/feedback")?)
            .bearer_auth(&self.key)
            .header("idempotency-key", idempotency_key)
            .header("content-type", "application/x-ndjson")
            .body(lines);
        let answer = self.send(request).await?;
        answer["accepted"].as_array().map(Vec::len).context("an answer without what was accepted")
    }

    async fn rollout(&self) -> Result<String> {
        self.until("a rollout", || async {
            let list = self.get("/v1/rollouts").await?;
            Ok(list["rollouts"][0]["id"].as_str().map(ToOwned::to_owned))
        })
        .await
    }

    /// The first issue about a theme: where it lies and what it says.
    async fn issue(&self, rollout: &str) -> Result<(PathBuf, String)> {
        let path = format!("/v1/rollouts/{rollout}/tickets");
        self.until("an issue", || async {
            let list = self.get(&path).await?;
            let tickets = list["tickets"].as_array().cloned().unwrap_or_default();
            let filed = tickets.iter().find(|t| !t["theme"].is_null() && t["state"] == "filed");
            let Some(at) = filed.and_then(file) else { return Ok(None) };
            let text = std::fs::read_to_string(&at).with_context(|| format!("reading {}", at.display()))?;
            Ok(Some((at, text)))
        })
        .await
    }

    /// What a file says, once it says what is waited for.
    async fn until_file(&self, at: &Path, says: impl Fn(&str) -> bool) -> Result<String> {
        self.until("the issue to be edited", || async {
            let text = std::fs::read_to_string(at).with_context(|| format!("reading {}", at.display()))?;
            Ok(says(&text).then_some(text))
        })
        .await
    }

    /// The report's file and its verdict, once the window is closed and the report says so.
    async fn verdict(&self, rollout: &str) -> Result<(PathBuf, String)> {
        let (report, tickets) = (format!("/v1/rollouts/{rollout}/report"), format!("/v1/rollouts/{rollout}/tickets"));
        self.until("the window to close", || async {
            let told = self.get(&report).await?;
            let list = self.get(&tickets).await?;
            let tickets = list["tickets"].as_array().cloned().unwrap_or_default();
            let filed = tickets.iter().find(|t| t["theme"].is_null() && t["state"] == "filed").and_then(file);
            let (Some(at), Some(says)) = (filed, told["verdict"]["sentence"].as_str()) else { return Ok(None) };
            let closed = told["window"]["state"] == "closed";
            let written = std::fs::read_to_string(&at)?.contains(CLOSED);
            Ok((closed && written).then(|| (at, says.to_owned())))
        })
        .await
    }

    async fn get(&self, path: &str) -> Result<Value> {
        self.send(self.client.get(self.base.join(path)?).bearer_auth(&self.key)).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Value> {
        let answer = request.send().await.context("asking the service")?;
        let (status, url) = (answer.status(), answer.url().clone());
        let body = http::read_capped(answer, ANSWER_MAX_BYTES).await.map_err(|e| anyhow::anyhow!("{url}: {e:?}"))?;
        if !status.is_success() {
            bail!("{url} answered {status}: {}", String::from_utf8_lossy(&body));
        }
        serde_json::from_slice(&body).with_context(|| format!("reading the answer of {url}"))
    }

    /// Looks until there is something; a step that takes too long is named.
    async fn until<T, F: Future<Output = Result<Option<T>>>>(&self, what: &str, look: impl Fn() -> F) -> Result<T> {
        let looking = async {
            loop {
                if let Some(found) = look().await? {
                    return Ok(found);
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        tokio::time::timeout(PATIENCE, looking)
            .await
            .unwrap_or_else(|_| bail!("waited {} s for {what} in vain; RUST_LOG=info says more", PATIENCE.as_secs()))
    }
}

/// The file of a ticket in the local tracker.
fn file(ticket: &Value) -> Option<PathBuf> {
    ticket["url"].as_str().and_then(|u| Url::parse(u).ok()).and_then(|u| u.to_file_path().ok())
}

/// The title line of an issue's file.
fn title(issue: &str) -> &str {
    issue.lines().find_map(|l| l.strip_prefix("# ")).unwrap_or("(untitled)")
}
