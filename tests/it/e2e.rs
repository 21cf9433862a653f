//! The real binary as an App of somebody else's GitHub: the emulator that `tests/run` starts.
//!
//! One test, because the emulator knows one address for its webhooks.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use hearback::time::{Clock as _, SystemClock};
use serde_json::{Value, json};

use crate::databases::{Kind, Ledger, fresh, peer};
use crate::service::{Customers, Service, Settings, until};
use crate::worlds::post::{guid, sign};

/// The emulator numbers deliveries by its clock in milliseconds: two writes in one would look like one delivery.
const BETWEEN_WRITES: Duration = Duration::from_millis(20);

/// An issue of the App's.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Filed {
    title: String,
    body: String,
    comments: Vec<String>,
}

/// What `tests/run` says of the emulator.
struct Emulator {
    facts: BTreeMap<String, String>,
    client: reqwest::Client,
}

impl Emulator {
    fn of_the_run() -> Self {
        let facts = peer("HEARBACK_TEST_GITHUB_EMULATOR");
        let facts = facts.split_whitespace().filter_map(|f| f.split_once('='));
        let facts = facts.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { facts, client: reqwest::Client::builder().no_proxy().user_agent("ada").build().unwrap() }
    }

    fn fact(&self, name: &str) -> &str {
        self.facts.get(name).unwrap_or_else(|| panic!("{name} is not in HEARBACK_TEST_GITHUB_EMULATOR"))
    }

    /// What Ada, an admin, does or reads.
    async fn ada(&self, method: http::Method, path: &str, body: Option<Value>) -> Value {
        tokio::time::sleep(BETWEEN_WRITES).await;
        let url = format!("{}/repos/{}{path}", self.fact("api"), self.fact("repo"));
        let request = self.client.request(method, &url).bearer_auth(self.fact("admin_token"));
        let answer = body.iter().fold(request, reqwest::RequestBuilder::json).send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{url}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    async fn get(&self, path: &str) -> Value {
        self.ada(http::Method::GET, path, None).await
    }

    /// The issues that the App filed about a release, by number.
    async fn filed(&self, tag: &str) -> BTreeMap<u64, Filed> {
        let mut filed = BTreeMap::new();
        for issue in self.get("/issues?state=all&per_page=100").await.as_array().unwrap() {
            if issue["user"]["login"] != "hearback[bot]" || !text(&issue["title"]).contains(tag) {
                continue;
            }
            let number = issue["number"].as_u64().unwrap();
            let comments = self.get(&format!("/issues/{number}/comments")).await;
            let comments = comments.as_array().unwrap().iter().map(|c| text(&c["body"])).collect();
            filed.insert(number, Filed { title: text(&issue["title"]), body: text(&issue["body"]), comments });
        }
        filed
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Every delivery that the service keeps, as the emulator sent it: event, id, body.
async fn received(ledger: &Ledger) -> Vec<(String, String, Vec<u8>)> {
    let rows = ledger.column("SELECT event || ' ' || dedupe_key || ' ' || hex(body) FROM deliveries ORDER BY id").await;
    let split = |row: String| {
        let mut parts = row.split(' ');
        let event = parts.next().unwrap().to_owned();
        let id = parts.next().unwrap().rsplit('/').next().unwrap().to_owned();
        (event, id, hex::decode(parts.next().unwrap_or_default()).unwrap())
    };
    rows.into_iter().map(split).collect()
}

/// Waits until nothing is left to do, and long enough for a webhook of our own writes to have come.
async fn quiet(ledger: &Ledger, what: &str) {
    let mut rest = 0;
    until(what, async || {
        let idle = ledger.unfinished().await.is_empty() && ledger.due(SystemClock.now().0).await.is_empty();
        rest = if idle { rest + 1 } else { 0 };
        (rest > 20).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_release_becomes_one_issue_that_is_kept_true() {
    let emulator = Emulator::of_the_run();
    let listen = peer("HEARBACK_TEST_E2E_LISTEN");
    let folder = tempfile::tempdir().unwrap();
    let database = fresh(Kind::Sqlite, folder.path()).await;
    let settings = Settings::new(folder.path(), &database)
        .set("server.listen", &listen)
        .set("github.api_url", emulator.fact("api"))
        .set("github.app_id", emulator.fact("app_id"))
        .set("github.private_key_file", emulator.fact("key"))
        .set("github.webhook_secrets", emulator.fact("webhook_secret"))
        .set("github.write_spacing", "20ms")
        // The emulator keeps no deliveries.
        .set("github.sweep", "0s");
    let mut service = Service::start(&settings).await;
    let ledger = Ledger::open(&database).await;
    let mut customers = Customers::new();

    // A person publishes a release; its signed webhook arrives, and a window opens.
    let n = u32::from_str_radix(&guid()[..8], 16).unwrap();
    let tag = &format!("v1.{}.{}", n >> 16, n & 0xffff);
    emulator.ada(http::Method::POST, "/releases", Some(json!({"tag_name": tag, "name": "Faster checkout"}))).await;
    until("the webhook", async || (!received(&ledger).await.is_empty()).then_some(())).await;
    quiet(&ledger, "the window to open").await;
    let list = customers.read(service.url(), "/v1/rollouts").await;
    assert_eq!(list["rollouts"][0]["label"], json!(tag), "{list}");

    // Customers speak; a report and one issue are filed by the App.
    let five = ["ana", "ben", "dora", "emil", "goran"].map(|user| (user, "The checkout crashes when I tap pay"));
    customers.say(service.url(), "monday", tag, &five).await;
    quiet(&ledger, "the issue").await;
    let first = emulator.filed(tag).await;
    assert_eq!(first.len(), 2, "a report and a theme: {first:#?}");
    let about_theme = |filed: &BTreeMap<u64, Filed>| {
        filed.iter().find(|(_, f)| !f.title.starts_with("Customer feedback on")).map(|(n, f)| (*n, f.clone())).unwrap()
    };
    let (number, issue) = about_theme(&first);
    assert!(issue.body.contains("5 people say"), "{}", issue.body);
    assert_eq!(issue.comments.len(), 1, "the quotes: {issue:#?}");

    // A person writes around what is ours; more customers speak; the same issue is edited.
    let (above, below) = ("Ada: I look into it.\n\n", "\n\nSee also the run book.");
    let body = format!("{above}{}{below}", issue.body);
    emulator.ada(http::Method::PATCH, &format!("/issues/{number}"), Some(json!({"body": body}))).await;
    customers
        .say(service.url(), "tuesday", tag, &[("ivo", "Checkout crashes when I tap pay"), ("ana", five[0].1)])
        .await;
    until("the sixth person in the issue", async || {
        about_theme(&emulator.filed(tag).await).1.body.contains("6 people say").then_some(())
    })
    .await;
    quiet(&ledger, "everything to be worked off").await;
    let later = emulator.filed(tag).await;
    assert_eq!(later.keys().collect::<Vec<_>>(), first.keys().collect::<Vec<_>>(), "never a second one");
    let (_, issue) = about_theme(&later);
    assert!(issue.body.starts_with(above) && issue.body.ends_with(below), "{:?}", issue.body);
    assert_eq!(issue.comments.len(), 1);

    // Every delivery comes again: raw, and as a recorded file.
    let sizes = ledger.sizes().await;
    let all = received(&ledger).await;
    assert!(all.iter().any(|(event, ..)| event == "issues"), "our own writes are told too");
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut recorded = String::new();
    for (event, id, body) in &all {
        let signature = sign(emulator.fact("webhook_secret"), body);
        let request = client
            .post(emulator.fact("webhook_url"))
            .header("x-github-event", event)
            .header("x-github-delivery", id)
            .header("x-hub-signature-256", &signature)
            .body(body.clone());
        assert_eq!(request.send().await.unwrap().status(), 200, "{event} {id}");
        let headers = json!({"x-github-event": event, "x-github-delivery": id, "x-hub-signature-256": signature});
        let body = String::from_utf8(body.clone()).unwrap();
        let line = json!({"method": "POST", "path": "/hooks/github", "headers": headers, "body": body});
        writeln!(recorded, "{line}").unwrap();
    }
    std::fs::write(folder.path().join("recorded.jsonl"), recorded).unwrap();
    for arguments in [&["replay", "recorded.jsonl", "--to"][..], &["replay", "recorded.jsonl", "--sign", "--to"]] {
        let ended = settings.command(arguments).arg(service.url()).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(ended.status.success(), "{arguments:?}: {said}");
        assert!(said.contains(&format!("{} deliveries sent, 0 of them refused", all.len())), "{said}");
    }
    customers.repeat_all(service.url()).await;
    quiet(&ledger, "the repetitions").await;
    assert_eq!(ledger.sizes().await, sizes);
    assert_eq!(emulator.filed(tag).await, later);
    assert_eq!(service.terminate().await.code(), Some(0), "{}", service.log());
}
