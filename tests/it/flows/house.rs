//! A service in this process, with a GitHub around it and a clock that moves when told.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hearback::domain::tally::Tally;
use hearback::domain::ticket::Ticket;
use hearback::flagapi::Platforms;
use hearback::flow::check::{self, Line};
use hearback::flow::{Context, policies, poll, sweep};
use hearback::id::{CountingEntropy, RolloutId};
use hearback::sources::signature::sign_standard_webhooks;
use hearback::store::rollouts::Counts;
use hearback::store::{deliveries, rollouts, tickets};
use hearback::time::{Clock as _, ManualClock, UnixMs};
use hearback::{app, config, jobs, web};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::databases::{Kind, Ledger, fresh};
use crate::service::{HOOK_SECRET, KEY};
use crate::worlds::github::{FakeGitHub, Issue};

/// The release that most tests are about.
pub const TAG: &str = "v1.4.0";
/// Enough people for an issue.
pub const FIVE: [&str; 5] = ["ana", "ben", "dora", "emil", "goran"];

/// The secret that whoever tells of flags signs with.
pub const GENERIC_SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

/// A service, its GitHub, its clock.
pub struct House {
    /// What use cases need.
    pub ctx: Context,
    /// Its clock, which is the world's too.
    pub clock: ManualClock,
    /// GitHub.
    pub github: FakeGitHub,
    /// What the database holds.
    pub ledger: Ledger,
    client: reqwest::Client,
    url: String,
    said: AtomicUsize,
    door: JoinHandle<()>,
    /// Where files of the test may lie.
    pub folder: TempDir,
}

impl Drop for House {
    fn drop(&mut self) {
        self.door.abort();
    }
}

impl House {
    /// With these settings on top of the usual ones.
    pub async fn with(kind: Kind, settings: &[(&str, &str)]) -> Self {
        Self::asking(kind, settings, Platforms::default()).await
    }

    /// With these settings, and flag platforms that can be asked.
    pub async fn asking(kind: Kind, settings: &[(&str, &str)], platforms: Platforms) -> Self {
        Self::at(kind, settings, platforms, Self::clock()).await
    }

    /// A clock on the day on which these tests take place.
    pub fn clock() -> ManualClock {
        ManualClock::at(UnixMs::parse_rfc3339("2026-10-09T10:00:00Z").unwrap())
    }

    /// On a clock that others have, too.
    pub async fn at(kind: Kind, settings: &[(&str, &str)], platforms: Platforms, clock: ManualClock) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let github = FakeGitHub::start_at(clock.clone()).await.strict();
        let database = fresh(kind, folder.path()).await;
        let app_id = github.app_id().to_string();
        let mut given = vec![
            ("database.url", database.as_str()),
            ("github.api_url", github.url()),
            ("github.app_id", &app_id),
            ("github.private_key", github.private_key_pem()),
            ("github.webhook_secrets", HOOK_SECRET),
            // The clock stands still while work is done, so that a pause between writes would last for ever.
            ("github.write_spacing", "0s"),
            ("log.level", "warn"),
        ];
        given.retain(|(key, _)| settings.iter().all(|(own, _)| own != key));
        given.extend(settings);
        let environment =
            given.iter().map(|(k, v)| (format!("HEARBACK__{}", k.replace('.', "__").to_uppercase()), (*v).to_owned()));
        let mut config = config::read(None, environment).unwrap();
        config.local.dir = folder.path().join("issues");
        config.keys.push(config::KeySettings {
            kind: config::KeyKind::Secret,
            key: KEY.to_owned().into(),
            origins: Vec::new(),
            events: false,
        });
        let mut ctx = app::build(config, Arc::new(clock.clone()), Arc::new(CountingEntropy::default())).await.unwrap();
        ctx.platforms = Arc::new(platforms);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (router, server) = (web::router(ctx.clone()), ctx.config.server.clone());
        let door = tokio::spawn(async move {
            web::serve(listener, router, &server, std::future::pending()).await.unwrap();
        });
        github.deliver_to(&format!("{url}/hooks/github"), HOOK_SECRET);
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let ledger = Ledger::of(ctx.db.clone());
        Self { ctx, clock, github, ledger, client, url, said: AtomicUsize::new(0), door, folder }
    }

    /// With the usual settings.
    pub async fn new(kind: Kind) -> Self {
        Self::with(kind, &[]).await
    }

    /// A house in which a release is published and its window open.
    pub async fn with_release(kind: Kind, settings: &[(&str, &str)]) -> Self {
        let house = Self::with(kind, settings).await;
        house.github.publish_release(TAG).await;
        house.work().await;
        house
    }

    /// A house in which five people said that the checkout crashes, and both issues are filed.
    pub async fn with_issues(kind: Kind, settings: &[(&str, &str)]) -> Self {
        let house = Self::with_release(kind, settings).await;
        house.crash(&FIVE).await;
        house
    }

    /// Where it is reached.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Works until nothing is due now.
    pub async fn work(&self) {
        self.github.settle().await;
        jobs::settle(&self.ctx).await.unwrap();
    }

    /// Lets time pass, then works; in steps, because what is done at one moment makes something due at the next.
    pub async fn later(&self, ms: i64) {
        for _ in 0..4 {
            self.clock.advance(ms / 4);
            self.work().await;
        }
    }

    /// Runs the sweeps that are due, then works.
    pub async fn sweep(&self) {
        sweep::run_due(&self.ctx).await.unwrap();
        self.work().await;
    }

    /// Reads the policies that are due, then works.
    pub async fn rules(&self) {
        policies::read::read_due(&self.ctx, &|| false).await.unwrap();
        self.work().await;
    }

    /// Asks the flag platforms that are due, then works.
    pub async fn ask(&self) {
        for name in self.ctx.platforms.names() {
            poll::ask_if_due(&self.ctx, name, self.ctx.platforms.get(name).unwrap()).await.unwrap();
        }
        self.work().await;
    }

    /// Sends a webhook. Gives the answer's status.
    pub async fn hook(&self, path: &str, authorization: Option<&str>, body: &Value) -> u16 {
        let mut request = self.client.post(format!("{}/hooks/{path}", self.url)).json(body);
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        request.send().await.unwrap().status().as_u16()
    }

    /// Each rollout of a flag, oldest first: its stages, and how it ended.
    pub async fn stages(&self, flag: &str) -> Vec<String> {
        let mut tx = self.ctx.db.read().await.unwrap();
        let mut all = Vec::new();
        for id in rollouts::of_flag(&mut tx, flag, None, 100).await.unwrap() {
            all.push(rollouts::get(&mut tx, &id).await.unwrap().unwrap());
        }
        all.sort_by_key(|r| (r.subject.key(), r.generation));
        all.iter()
            .map(|r| {
                let names: Vec<&str> = r.stages.iter().map(|s| s.name.as_str()).collect();
                let ended = r.ended.map(|(_, how)| format!(", {how:?}")).unwrap_or_default();
                format!("{}: {}{ended}", r.label(), names.join(" "))
            })
            .collect()
    }

    /// Posts one statement and gives the answer; nothing is worked on yet.
    pub async fn post(&self, statement: Value) -> Value {
        let n = self.said.fetch_add(1, Ordering::SeqCst);
        let request = self.client.post(format!("{}/v1/feedback", self.url)).bearer_auth(KEY);
        let answer = request.header("idempotency-key", format!("said-{n}")).json(&statement).send().await.unwrap();
        let status = answer.status();
        let body: Value = answer.json().await.unwrap();
        assert!(status.is_success(), "{status}: {body}");
        body
    }

    /// A flag is on for so many percent of production, as any platform may tell: `sources.generic.secrets` must be
    /// [`GENERIC_SECRET`].
    pub async fn roll_out(&self, flag: &str, percent: f64) {
        let now = self.clock.now();
        let data =
            json!({"flag": flag, "environment": "production", "enabled": percent > 0.0, "rollout_percent": percent});
        let body = json!({"type": "flag.changed", "timestamp": now.rfc3339(), "data": data}).to_string();
        let id = format!("flag-{}", self.said.fetch_add(1, Ordering::SeqCst));
        let seconds = now.0 / 1_000;
        let signature = sign_standard_webhooks(GENERIC_SECRET, &id, seconds, body.as_bytes());
        let request = self.client.post(format!("{}/hooks/generic", self.url)).header("webhook-id", id);
        let request = request.header("webhook-timestamp", seconds).header("webhook-signature", signature);
        let status = request.body(body).send().await.unwrap().status();
        assert_eq!(status, 200);
    }

    /// Sends something to the API, and gives the status.
    pub async fn tell(&self, path: &str, body: &Value) -> u16 {
        let request = self.client.post(format!("{}{path}", self.url)).bearer_auth(KEY);
        request.json(body).send().await.unwrap().status().as_u16()
    }

    /// Sends something to the API that is taken, and gives what it answers.
    pub async fn send(&self, path: &str, body: &Value) -> String {
        let answer = self.client.post(format!("{}{path}", self.url)).bearer_auth(KEY).json(body).send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert_eq!(status, 200, "{text}");
        text
    }

    /// What the API answers.
    pub async fn get(&self, path: &str) -> String {
        let answer = self.client.get(format!("{}{path}", self.url)).bearer_auth(KEY).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.unwrap()
    }

    /// These people say that the checkout crashes; then work is done, and the coalescing time passes.
    pub async fn crash(&self, people: &[&str]) {
        for user in people {
            let text =
                format!("The checkout crashes when I tap pay{}", if user.len() % 2 == 0 { "" } else { ", every time" });
            self.post(json!({"release": TAG, "user": user, "text": text})).await;
        }
        self.work().await;
        self.later(2 * 60_000).await;
    }

    /// The only rollout.
    pub async fn rollout(&self) -> RolloutId {
        let mut ids = self.ledger.column("SELECT id FROM rollouts").await;
        assert_eq!(ids.len(), 1, "one rollout: {ids:?}");
        RolloutId(ids.remove(0))
    }

    /// How many people count, and how many statements were read, of the only rollout.
    pub async fn heard(&self) -> (i64, i64) {
        let id = self.rollout().await;
        let mut tx = self.ctx.db.read().await.unwrap();
        let counts: Counts = rollouts::counts(&mut tx, &id).await.unwrap();
        (Tally::from(counts.tally).people(), counts.items)
    }

    /// The states of all windows.
    pub async fn windows(&self) -> Vec<String> {
        self.ledger.column("SELECT state FROM windows ORDER BY rollout_id").await
    }

    /// The tickets of the only rollout.
    pub async fn tickets(&self) -> Vec<Ticket> {
        let id = self.rollout().await;
        let mut tx = self.ctx.db.read().await.unwrap();
        tickets::of_rollout(&mut tx, &id).await.unwrap()
    }

    /// The ticket about the theme.
    pub async fn theme_ticket(&self) -> Ticket {
        self.tickets().await.into_iter().find(|t| t.theme.is_some()).expect("a ticket about a theme")
    }

    /// The filed issue about the rollout as a whole.
    pub fn report(&self) -> Issue {
        let issues = self.github.filed();
        issues.into_iter().find(|i| i.title.starts_with("Customer feedback on")).expect("a report")
    }

    /// The filed issue about the theme.
    pub fn theme(&self) -> Issue {
        let mut issues = self.github.filed();
        issues.retain(|i| !i.title.starts_with("Customer feedback on"));
        assert_eq!(issues.len(), 1, "one issue about a theme: {issues:#?}");
        issues.remove(0)
    }

    /// What `hearback check` says, line by line.
    pub async fn check(&self) -> Vec<Line> {
        check::check(&self.ctx).await.unwrap()
    }

    /// What is wrong by `hearback check`.
    pub async fn wrong(&self) -> Vec<String> {
        self.check().await.into_iter().filter(|l| !l.ok).map(|l| format!("{}: {}", l.what, l.says)).collect()
    }

    /// The outcomes of all deliveries, oldest first, with the detail.
    pub async fn outcomes(&self) -> Vec<(String, String)> {
        let mut tx = self.ctx.db.read().await.unwrap();
        let all = deliveries::outcomes(&mut tx, 1_000).await.unwrap();
        all.into_iter()
            .map(|(_, _, outcome, detail)| (outcome.unwrap_or_default(), detail.unwrap_or_default()))
            .collect()
    }

    /// Marks the App's comments as read.
    pub fn read_comments(&self) {
        for issue in self.github.filed() {
            self.github.comments_read(issue.number);
        }
    }

    /// Fails where anything is left over: statements or deliveries unread, actions unsent, comments that nobody read,
    /// calls to what GitHub does not have, faults that were never met.
    pub async fn finish(self) {
        self.github.settle().await;
        assert_eq!(self.ledger.unfinished().await, Vec::<String>::new());
        assert_eq!(self.ledger.due(self.clock.now().0).await, Vec::<String>::new(), "rollouts want a look");
        self.github.finish();
        self.ctx.db.close().await;
    }
}
