//! The real binary as an App of somebody else's GitHub: the emulator that `tests/run` starts.
//!
//! One test, because the emulator knows one address for its webhooks.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
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
        self.somebody("admin_token", method, path, body).await
    }

    /// What somebody with this token does or reads.
    async fn somebody(&self, token: &str, method: http::Method, path: &str, body: Option<Value>) -> Value {
        tokio::time::sleep(BETWEEN_WRITES).await;
        let url = format!("{}/repos/{}{path}", self.fact("api"), self.fact("repo"));
        let request = self.client.request(method, &url).bearer_auth(self.fact(token));
        let answer = body.iter().fold(request, reqwest::RequestBuilder::json).send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{url}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// What hearback answers in a thread.
    async fn answers(&self, thread: u64) -> Vec<String> {
        let all = self.get(&format!("/issues/{thread}/comments")).await;
        let ours = all.as_array().unwrap().iter().filter(|c| c["user"]["login"] == "hearback[bot]");
        // Without what keeps other programs from acting on it.
        ours.map(|c| text(&c["body"]).replace('\u{2060}', "")).collect()
    }

    async fn get(&self, path: &str) -> Value {
        self.ada(http::Method::GET, path, None).await
    }

    /// The check run that tells of a commit's policy, once it is there.
    async fn check(&self, sha: &Value) -> Value {
        let path = format!("/commits/{}/check-runs?check_name=hearback%20policy", text(sha));
        until("the check run", async || self.get(&path).await["check_runs"].as_array().unwrap().first().cloned()).await
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

/// Where the window of a flag stands.
async fn state(customers: &Customers, service: &str, flag: &str) -> String {
    let list = customers.read(service, "/v1/rollouts").await;
    let label = json!(format!("{flag} in production"));
    let ours = list["rollouts"].as_array().unwrap().iter().find(|r| r["label"] == label);
    text(&ours.expect("the rollout of the flag")["window"]["state"])
}

/// Ada mistypes a policy, and mends it: each commit is told, and only the good one is in force.
async fn a_policy_is_mended(emulator: &Emulator, ledger: &Ledger) {
    let put = async |text: &str, before: Option<&Value>| {
        let mut body = json!({"message": "Settings", "content": STANDARD.encode(text)});
        if let Some(sha) = before {
            body["sha"] = sha.clone();
        }
        emulator.ada(http::Method::PUT, "/contents/.github/hearback.yml", Some(body)).await
    };
    let wrong = put("version: 1\ntickets: of\n", None).await;
    let told = emulator.check(&wrong["commit"]["sha"]).await;
    assert_eq!(told["conclusion"], "failure", "{told:#}");
    let notes = emulator.get(&format!("/check-runs/{}/annotations", told["id"])).await;
    // The emulator keeps no columns, and wraps the list.
    let note = &notes["check_annotations"][0];
    assert_eq!((&note["path"], &note["start_line"]), (&json!(".github/hearback.yml"), &json!(2)), "{notes:#}");
    let kept = ledger.column("SELECT repo FROM policies WHERE faults IS NOT NULL AND text IS NULL").await;
    assert_eq!(kept, [emulator.fact("repo")]);
    let mended = put("version: 1\nmin_people: 5\n", Some(&wrong["content"]["sha"])).await;
    let told = emulator.check(&mended["commit"]["sha"]).await;
    assert_eq!(told["conclusion"], "success", "{told:#}");
    let said = text(&told["output"]["title"]);
    assert!(said.starts_with("This policy would have filed 2 issues in the last 90 days"), "{said}");
    quiet(ledger, "the policy").await;
}

/// In a pull request somebody who may write asks for a window, and somebody who may not for its end. Gives the flag and the pull request.
async fn a_pull_request_steers(
    emulator: &Emulator,
    ledger: &Ledger,
    customers: &Customers,
    service: &str,
    n: u32,
) -> (String, u64) {
    let flag = format!("basket-{n}");
    let pull = json!({"title": "A new basket", "head": flag, "base": "main", "body": "Behind a flag."});
    let pull = emulator.somebody("writer_token", http::Method::POST, "/pulls", Some(pull)).await;
    let pull = pull["number"].as_u64().unwrap();
    let comments = format!("/issues/{pull}/comments");
    let wish = json!({"body": format!("Here it comes.\r\n\r\n/hearback open {flag} for 20d\r\n")});
    emulator.somebody("writer_token", http::Method::POST, &comments, Some(wish)).await;
    until("the answer to who may write", async || emulator.answers(pull).await.pop()).await;
    quiet(ledger, "the window of the flag").await;
    assert_eq!(state(customers, service, &flag).await, "open");
    let said = emulator.answers(pull).await;
    assert!(said.len() == 1 && said[0].contains(&format!("{flag} in production: open until")), "{said:#?}");
    let wish = json!({"body": format!("/hearback close {flag}")});
    emulator.somebody("outsider_token", http::Method::POST, &comments, Some(wish)).await;
    until("the answer to who may not", async || {
        emulator.answers(pull).await.into_iter().find(|said| said.contains("takes write access"))
    })
    .await;
    quiet(ledger, "the refusal").await;
    assert_eq!((state(customers, service, &flag).await, emulator.answers(pull).await.len()), ("open".to_owned(), 1));
    (flag, pull)
}

/// The emulator knows one address for its webhooks: whoever listens there is alone.
static LISTENING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

#[tokio::test]
async fn a_release_becomes_one_issue_that_is_kept_true() {
    let _alone = LISTENING.lock().await;
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

    a_policy_is_mended(&emulator, &ledger).await;
    let (flag, pull) = a_pull_request_steers(&emulator, &ledger, &customers, service.url(), n).await;

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
    assert_eq!(
        (state(&customers, service.url(), &flag).await, emulator.answers(pull).await.len()),
        ("open".to_owned(), 1)
    );
    assert_eq!(service.terminate().await.code(), Some(0), "{}", service.log());
}

#[tokio::test]
async fn a_box_that_a_writer_ticks_in_the_report_becomes_an_issue() {
    let _alone = LISTENING.lock().await;
    let emulator = Emulator::of_the_run();
    let folder = tempfile::tempdir().unwrap();
    let database = fresh(Kind::Sqlite, folder.path()).await;
    let settings = Settings::new(folder.path(), &database)
        .set("server.listen", &peer("HEARBACK_TEST_E2E_LISTEN"))
        .set("github.api_url", emulator.fact("api"))
        .set("github.app_id", emulator.fact("app_id"))
        .set("github.private_key_file", emulator.fact("key"))
        .set("github.webhook_secrets", emulator.fact("webhook_secret"))
        .set("github.write_spacing", "20ms")
        .set("github.sweep", "0s")
        .set("policy.tickets", "suggest");
    let mut service = Service::start(&settings).await;
    let ledger = Ledger::open(&database).await;
    let mut customers = Customers::new();
    let n = u32::from_str_radix(&guid()[..8], 16).unwrap();
    let tag = &format!("v2.{}.{}", n >> 16, n & 0xffff);

    // Somebody wrote of it before customers did.
    let own = json!({"title": format!("Crash on checkout when pressing pay, {tag}"), "body": "The checkout crashes."});
    let own = emulator.ada(http::Method::POST, "/issues", Some(own)).await["number"].as_u64().unwrap();
    emulator.ada(http::Method::POST, "/releases", Some(json!({"tag_name": tag, "name": "Faster checkout"}))).await;
    until("the webhook", async || (!received(&ledger).await.is_empty()).then_some(())).await;
    quiet(&ledger, "the window to open").await;
    let five = ["ana", "ben", "dora", "emil", "goran"].map(|user| (user, "The checkout crashes when I tap pay"));
    customers.say(service.url(), "monday", tag, &five).await;
    until("the box", async || emulator.filed(tag).await.values().any(|f| f.body.contains("- [ ] ")).then_some(()))
        .await;
    quiet(&ledger, "the report").await;
    let filed = emulator.filed(tag).await;
    assert_eq!(filed.len(), 1, "the report alone: {filed:#?}");
    let (report, said) = filed.into_iter().next().unwrap();

    // Ada, who may write, ticks it: GitHub tells of that in a signed `issues` delivery.
    let ticked = json!({"body": said.body.replacen("- [ ] ", "- [x] ", 1)});
    emulator.ada(http::Method::PATCH, &format!("/issues/{report}"), Some(ticked)).await;
    until("the issue", async || (emulator.filed(tag).await.len() == 2).then_some(())).await;
    quiet(&ledger, "everything to be worked off").await;
    let filed = emulator.filed(tag).await;
    let (number, issue) = filed.iter().find(|(n, _)| **n != report).unwrap();
    assert!(issue.body.contains("5 people say"), "{}", issue.body);
    assert!(issue.body.contains(&format!("[\\#{own}](<")), "people's own issue is named: {}", issue.body);
    until("the report to tell", async || {
        emulator.filed(tag).await[&report].body.contains(&format!("[\\#{number}](<")).then_some(())
    })
    .await;
    let why =
        ledger.column("SELECT why FROM decisions WHERE verdict = 'file' ORDER BY at_ms DESC, id DESC LIMIT 1").await;
    assert_eq!(why, ["ada said yes"]);

    // The delivery once more, with its signature: nothing more is filed.
    let edit = received(&ledger).await.into_iter().rfind(|(e, _, body)| {
        e == "issues"
            && String::from_utf8_lossy(body).contains("- [x] ")
            && String::from_utf8_lossy(body).contains("\"ada\"")
    });
    let (event, id, body) = edit.expect("the delivery");
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client
        .post(emulator.fact("webhook_url"))
        .header("x-github-event", event)
        .header("x-github-delivery", id)
        .header("x-hub-signature-256", sign(emulator.fact("webhook_secret"), &body))
        .body(body);
    assert_eq!(request.send().await.unwrap().status(), 200);
    quiet(&ledger, "the repetition").await;
    assert_eq!(emulator.filed(tag).await.len(), 2);
    assert_eq!(service.terminate().await.code(), Some(0), "{}", service.log());
}
