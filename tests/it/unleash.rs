//! The real binary beside somebody else's Unleash, which `tests/run` starts: a flag is walked through its stages, told by
//! webhooks, and once more with the webhooks cut off in the middle.
//!
//! One test, because Unleash knows one address for its webhooks.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value, json};

use crate::databases::{Kind, Ledger, fresh, peer};
use crate::service::{Customers, Service, Settings, until};
use crate::worlds::post::guid;

/// What `tests/run` says of Unleash.
struct Unleash {
    facts: BTreeMap<String, String>,
    client: reqwest::Client,
}

impl Unleash {
    fn of_the_run() -> Self {
        let facts = peer("HEARBACK_TEST_UNLEASH");
        let facts = facts.split_whitespace().filter_map(|f| f.split_once('='));
        let facts = facts.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { facts, client: reqwest::Client::builder().no_proxy().build().unwrap() }
    }

    fn fact(&self, name: &str) -> &str {
        self.facts.get(name).unwrap_or_else(|| panic!("{name} is not in HEARBACK_TEST_UNLEASH"))
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let url = format!("{}/api/admin/projects/default/features{path}", self.fact("url"));
        let request = self.client.request(method, &url).header("authorization", self.fact("admin_token"));
        let answer = body.iter().fold(request, reqwest::RequestBuilder::json).send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{url}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// A new flag with a strategy at 10 % in production, and the strategy's id. Nobody has it yet.
    async fn create(&self, flag: &str) -> String {
        self.ask(Method::POST, "", Some(json!({"name": flag, "type": "release"}))).await;
        let path = format!("/{flag}/environments/production/strategies");
        let made = self.ask(Method::POST, &path, Some(strategy(flag, 10))).await;
        made["id"].as_str().expect("the strategy's id").to_owned()
    }

    async fn widen(&self, flag: &str, id: &str, percent: i64) {
        let path = format!("/{flag}/environments/production/strategies/{id}");
        self.ask(Method::PUT, &path, Some(strategy(flag, percent))).await;
    }

    async fn switch(&self, flag: &str, to: &str) {
        self.ask(Method::POST, &format!("/{flag}/environments/production/{to}"), None).await;
    }
}

fn strategy(flag: &str, percent: i64) -> Value {
    json!({"name": "flexibleRollout", "constraints": [], "variants": [], "disabled": false,
           "parameters": {"rollout": percent.to_string(), "stickiness": "default", "groupId": flag}})
}

/// Rollouts as the API tells them: each with the names of its stages, the state of its window, and how it ended.
async fn told(customers: &Customers, service: &Service, flag: &str) -> Vec<String> {
    let list = customers.read(service.url(), "/v1/rollouts").await;
    let mut all = Vec::new();
    for rollout in list["rollouts"].as_array().unwrap() {
        if rollout["subject"]["flag"] != json!(flag) {
            continue;
        }
        assert_eq!(rollout["subject"]["platform"], "unleash", "{rollout}");
        assert_eq!(rollout["subject"]["environment"], "production", "{rollout}");
        let path = format!("/v1/rollouts/{}/timeline", rollout["id"].as_str().unwrap());
        let timeline = customers.read(service.url(), &path).await;
        let stages: Vec<&str> = timeline["timeline"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|e| e["kind"] == "stage")
            .map(|e| e["name"].as_str().unwrap())
            .collect();
        let ended = rollout["ended"]["how"].as_str().unwrap_or("lasts");
        let line = format!(
            "#{} {}, {}, {ended}",
            rollout["generation"],
            stages.join(" → "),
            rollout["window"]["state"].as_str().unwrap()
        );
        all.push(line);
    }
    all.sort();
    all
}

async fn until_told(customers: &Customers, service: &Service, flag: &str, wanted: &[&str]) {
    let what = format!("the rollouts of {flag} to be {wanted:?}");
    until(&what, async || (told(customers, service, flag).await == wanted).then_some(())).await;
}

const WHOLE: &str = "#1 10 % → 50 % → 100 %, closed, rolled_back";

#[tokio::test]
async fn a_flag_is_heard_stage_by_stage_and_what_a_webhook_missed_is_asked_for() {
    let unleash = Unleash::of_the_run();
    let folder = tempfile::tempdir().unwrap();
    let customers = Customers::new();
    let run = &guid()[..8];

    // By webhooks alone: Unleash sends, nobody is asked.
    let database = fresh(Kind::Sqlite, folder.path()).await;
    let settings = Settings::new(folder.path(), &database)
        .set("server.listen", &peer("HEARBACK_TEST_UNLEASH_LISTEN"))
        .set("sources.unleash.secrets", unleash.fact("hook_token"));
    let mut service = Service::start(&settings).await;
    let told_flag = &format!("told-{run}");
    let id = unleash.create(told_flag).await;
    unleash.switch(told_flag, "on").await;
    until_told(&customers, &service, told_flag, &["#1 10 %, open, lasts"]).await;
    unleash.widen(told_flag, &id, 50).await;
    until_told(&customers, &service, told_flag, &["#1 10 % → 50 %, open, lasts"]).await;
    unleash.widen(told_flag, &id, 100).await;
    until_told(&customers, &service, told_flag, &["#1 10 % → 50 % → 100 %, soaking, lasts"]).await;
    unleash.switch(told_flag, "off").await;
    until_told(&customers, &service, told_flag, &[WHOLE]).await;
    unleash.switch(told_flag, "on").await;
    until_told(&customers, &service, told_flag, &[WHOLE, "#2 100 %, soaking, lasts"]).await;
    let ledger = Ledger::open(&database).await;
    let asked = "SELECT COUNT(*) FROM deliveries WHERE proof = 'asked'";
    assert_eq!(ledger.number(asked).await, 0, "nobody was asked");

    // Cut off in the middle: the first stage is told, the rest happens while nobody listens.
    let cut_flag = &format!("cut-{run}");
    let id = unleash.create(cut_flag).await;
    unleash.switch(cut_flag, "on").await;
    until_told(&customers, &service, cut_flag, &["#1 10 %, open, lasts"]).await;
    service.kill();
    unleash.widen(cut_flag, &id, 50).await;
    unleash.widen(cut_flag, &id, 100).await;
    unleash.switch(cut_flag, "off").await;
    // Unleash sends once a second, and each only once: by then it has sent these in vain.
    until("Unleash to have sent them", async || {
        let path = format!("/api/admin/search/events?feature=IS:{cut_flag}");
        let url = format!("{}{path}", unleash.fact("url"));
        let answer = unleash.client.get(url).header("authorization", unleash.fact("admin_token")).send().await.ok()?;
        let log: Value = answer.json().await.ok()?;
        (log["total"] == json!(6)).then_some(())
    })
    .await;
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;

    // With a token it asks, and the end is the same.
    let settings = settings
        .set("server.listen", "127.0.0.1:0")
        .set("sources.unleash.api_url", unleash.fact("url"))
        .set("sources.unleash.api_token", unleash.fact("admin_token"));
    let mut service = Service::start(&settings).await;
    until_told(&customers, &service, cut_flag, &[WHOLE]).await;
    until_told(&customers, &service, told_flag, &[WHOLE, "#2 100 %, soaking, lasts"]).await;
    assert!(service.terminate().await.success());
}
