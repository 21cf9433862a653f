//! The story that every case tells, and what has to be true at its end.

use std::time::Duration;

use hearback::domain::tally::Tally;
use hearback::id::RolloutId;
use hearback::store::{rollouts, themes};
use hearback::time::{Clock as _, SystemClock};
use tempfile::TempDir;

use crate::databases::{Kind, Ledger, fresh};
use crate::service::{Customers, HOOK_SECRET, Service, Settings, until, until_nothing};
use crate::worlds::github::FakeGitHub;

/// What is released.
const TAG: &str = "v1.4.0";
/// Five people say the same, enough for an issue.
const FIRST: &[(&str, &str)] = &[
    ("ana", "The checkout crashes when I tap pay"),
    ("ben", "Checkout crashes on pay, every time"),
    ("dora", "Tapping pay crashes the checkout"),
    ("emil", "The checkout crashes when I press pay"),
    ("goran", "Checkout crashes as soon as I tap pay"),
];
/// A sixth says it too, and one of the first says it again.
const LATER: &[(&str, &str)] =
    &[("ivo", "Checkout crashes when I pay by card"), ("ana", "The checkout still crashes when I tap pay")];
/// New issues are missing from GitHub's lists for this long, ms.
pub const LAG_MS: i64 = 1_000;

/// How long everything has to be at rest.
const STILL: Duration = Duration::from_millis(200);

/// A world, a database and people: everything that outlives a process.
pub struct Stage {
    /// GitHub.
    pub github: FakeGitHub,
    /// Customers.
    pub customers: Customers,
    /// How the service is started.
    pub settings: Settings,
    /// Its database.
    pub database: String,
    _folder: TempDir,
}

impl Stage {
    /// A GitHub whose lists lag behind its writes, and a database that nobody used before.
    pub async fn new(kind: Kind) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let github = FakeGitHub::start().await;
        github.list_lag(LAG_MS);
        let database = fresh(kind, folder.path()).await;
        let settings = Settings::new(folder.path(), &database).github(&github);
        Self { github, customers: Customers::new(), settings, database, _folder: folder }
    }

    /// Points GitHub's webhooks at a service.
    pub fn deliver_to(&self, service: &Service) {
        self.github.deliver_to(&format!("{}/hooks/github", service.url()), HOOK_SECRET);
    }

    /// The release is published, five customers speak; once that is worked off two more statements come. Goes on where
    /// the service dies on the way.
    pub async fn tell(&mut self, service: &mut Service) {
        self.release_and_first_five(service).await;
        self.quiet_or_dead(service).await;
        self.later_two(service).await;
        self.quiet_or_dead(service).await;
    }

    /// The story's first half.
    pub async fn release_and_first_five(&mut self, service: &Service) {
        self.deliver_to(service);
        self.github.publish_release(TAG).await;
        self.customers.say(service.url(), "monday", TAG, FIRST).await;
    }

    /// Its second half.
    pub async fn later_two(&mut self, service: &Service) {
        self.customers.say(service.url(), "tuesday", TAG, LATER).await;
    }

    /// The senders do what senders do: what was not answered comes again.
    pub async fn senders_repeat(&mut self, service: &Service) {
        self.deliver_to(service);
        self.customers.repeat_unanswered(service.url()).await;
    }

    /// Waits until nothing is left to do and everything that GitHub told has arrived.
    pub async fn quiet(&self) {
        let ledger = Ledger::open(&self.database).await;
        until_nothing("everything to be worked off", async || {
            let wrong = self.restless(&ledger).await;
            if !wrong.is_empty() {
                return wrong;
            }
            // What is planned at one moment follows from what ended a moment before: look again.
            tokio::time::sleep(STILL).await;
            self.restless(&ledger).await
        })
        .await;
        ledger.db().close().await;
    }

    /// Waits until nothing is left to do, or nobody to do it.
    pub async fn quiet_or_dead(&self, service: &mut Service) {
        tokio::select! {
            () = self.quiet() => {}
            () = until("the process to die", async || service.is_dead().then_some(())) => {}
        }
    }

    async fn restless(&self, ledger: &Ledger) -> Vec<String> {
        let mut wrong = ledger.unfinished().await;
        wrong.extend(ledger.due(SystemClock.now().0).await.into_iter().map(|id| format!("{id} wants a look")));
        if self.github.waiting() > 0 {
            wrong.push("deliveries on their way".into());
        }
        let here = ledger.column("SELECT dedupe_key FROM deliveries").await;
        for delivery in self.github.deliveries() {
            let key = format!("{}/{}", delivery.event.name, delivery.event.guid);
            if !here.contains(&key) {
                wrong.push(format!("{key} never arrived"));
            }
        }
        if ledger.number("SELECT COUNT(*) FROM rollouts").await == 0 {
            wrong.push("no rollout".into());
        }
        wrong
    }

    /// What has to be true at the end, whatever happened on the way; closed doubles are none either.
    pub async fn holds(&self) {
        let issues = self.github.filed();
        self.each_thing_is_there_once(&issues.iter().map(|i| i.title.as_str()).collect::<Vec<_>>()).await;
        let open: Vec<bool> = issues.iter().map(|i| i.open).collect();
        assert_eq!(open, [true, true], "both issues are open");
        let mut comments: Vec<usize> = issues.iter().map(|i| self.github.comments_read(i.number).len()).collect();
        comments.sort_unstable();
        assert_eq!(comments, [0, 1], "one comment with quotes, at the theme's issue");
        self.github.finish();
    }

    /// The same for any tracker that ends with these issues.
    pub async fn each_thing_is_there_once(&self, titles: &[&str]) {
        let ledger = Ledger::open(&self.database).await;
        assert_eq!(titles.len(), 2, "a report and a theme, each filed once: {titles:#?}");
        assert_eq!(ledger.unfinished().await, Vec::<String>::new());
        for (what, sql) in [
            ("rollouts", "SELECT COUNT(*) FROM rollouts"),
            ("windows", "SELECT COUNT(*) FROM windows WHERE state = 'open'"),
            ("themes that people speak of", "SELECT COUNT(*) FROM themes WHERE people > 0"),
            ("tickets about a theme", "SELECT COUNT(*) FROM tickets WHERE subject <> 'report' AND state = 'filed'"),
            ("reports", "SELECT COUNT(*) FROM tickets WHERE subject = 'report' AND state = 'filed'"),
        ] {
            assert_eq!(ledger.number(sql).await, 1, "{what}");
        }
        for (what, sql) in [
            ("deliveries that failed", "SELECT COUNT(*) FROM deliveries WHERE outcome = 'failed'"),
            ("actions that were given up", "SELECT COUNT(*) FROM actions WHERE state = 'failed'"),
            ("steps of windows without the one before", "SELECT MAX(seq) - COUNT(*) FROM transitions"),
        ] {
            assert_eq!(ledger.number(sql).await, 0, "{what}");
        }
        let id = RolloutId(ledger.column("SELECT id FROM rollouts").await.remove(0));
        let mut tx = ledger.db().read().await.unwrap();
        let counts = rollouts::counts(&mut tx, &id).await.unwrap();
        assert_eq!(Tally::from(counts.tally).people(), 6, "six people, one of whom spoke twice");
        assert_eq!((counts.items, counts.anonymous, counts.spam), (7, 0, 0));
        let themes = themes::of_rollout(&mut tx, &id).await.unwrap();
        assert_eq!(themes.iter().map(|t| t.tally.people()).sum::<i64>(), 6);
        drop(tx);
        ledger.db().close().await;
    }

    /// Every delivery and every request comes once more, from senders that are not sure: nothing changes.
    pub async fn everything_again_changes_nothing(&mut self, service: &Service) {
        let before = self.picture().await;
        for delivery in self.github.deliveries() {
            let heard = self.github.replay(&delivery).await;
            assert_eq!(heard.status, 200, "a delivery that came again: {heard:?}");
        }
        self.customers.repeat_all(service.url()).await;
        self.quiet().await;
        assert_eq!(self.picture().await, before);
    }

    async fn picture(&self) -> String {
        let ledger = Ledger::open(&self.database).await;
        let sizes = ledger.sizes().await;
        ledger.db().close().await;
        let issues: Vec<_> =
            self.github.filed().into_iter().map(|i| (i.number, i.title, i.body, i.comments.len())).collect();
        format!("{sizes:#?}\n{issues:#?}")
    }
}
