//! Statements in, readings out; keys; what is imported, listed and explained.

use serde_json::{Value, json};

use super::Desk;
use crate::service::{HOOK_SECRET, Service, Settings};
use crate::worlds::github::FakeGitHub;

const STATEMENTS: &str = r#"{"id": "1", "text": "The checkout crashes when I tap pay", "rating": {"value": 1, "scale": 5}}
{"id": "2", "text": "I love the new checkout, thank you!"}

{"id": "3", "text": "Write to ada@example.com, the checkout crashes when I tap pay"}
{"id": "4", "text": ""}
"#;

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
}

#[test]
fn analyze_answers_in_order_and_in_shape() {
    for arguments in [&["analyze"][..], &["analyze", "--themes"]] {
        let desk = Desk::new();
        let ended = desk.run_with(arguments, STATEMENTS);
        assert_eq!(ended.status, 0, "{ended:#?}");
        let answers = lines(&ended.out);
        let ids: Vec<&str> = answers.iter().map(|a| a["id"].as_str().unwrap()).collect();
        assert_eq!(ids, ["1", "2", "3", "4"]);
        for a in &answers {
            let label = a["sentiment"]["label"].as_str().unwrap();
            assert!(["negative", "neutral", "positive", "mixed"].contains(&label), "{a}");
            assert!((-1.0..=1.0).contains(&a["sentiment"]["score"].as_f64().unwrap()), "{a}");
            assert!((0.0..=1.0).contains(&a["sentiment"]["confidence"].as_f64().unwrap()), "{a}");
            assert!((0.0..=1.0).contains(&a["intent"]["confidence"].as_f64().unwrap()), "{a}");
            let intent = a["intent"]["label"].as_str().unwrap();
            assert!(["bug", "request", "usability", "question", "praise", "other"].contains(&intent), "{a}");
            assert!(a["spam"].is_boolean() && a["redacted_text"].is_string() && a["language"].is_string(), "{a}");
            assert_eq!(a.get("theme").is_some(), arguments.contains(&"--themes"), "{a}");
        }
        assert_eq!(answers[0]["sentiment"]["label"], "negative");
        assert_eq!(answers[1]["sentiment"]["label"], "positive");
        assert!(!answers[2]["redacted_text"].as_str().unwrap().contains("ada@example.com"), "{}", answers[2]);
        if arguments.contains(&"--themes") {
            assert_eq!(answers[0]["theme"], answers[2]["theme"]);
            assert_ne!(answers[0]["theme"], answers[1]["theme"]);
        }
        assert_eq!(std::fs::read_dir(desk.path()).unwrap().count(), 0, "no database is made");
    }
}

#[test]
fn analyze_names_the_line_that_is_none() {
    for (input, says) in [
        ("{\"id\": \"1\", \"text\": \"x\"}\nnonsense\n", "line 2"),
        ("{\"id\": \"1\"}\n", "text"),
        ("{\"text\": \"x\"}\n", "id"),
    ] {
        let ended = Desk::new().run_with(&["analyze"], input);
        assert_eq!(ended.status, 1, "{ended:#?}");
        assert!(ended.err.contains(says), "{says:?}: {}", ended.err);
    }
    let ended = Desk::new().run_with(&["analyze"], "");
    assert_eq!((ended.status, ended.out.as_str()), (0, ""));
}

#[test]
fn keys_are_made_listed_and_taken_back() {
    let desk = Desk::new();
    let made = desk.json(&["keys", "create", "--kind", "public", "--origin", "https://shop.example/", "--json"]);
    let (id, key) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap());
    assert!(key.starts_with("hb_pub_") && key.len() > 30, "{made}");
    assert_eq!(made["origins"], json!(["https://shop.example"]));

    let secret = desk.run(&["keys", "create", "--kind", "secret"]);
    assert_eq!(secret.status, 0);
    assert!(secret.out.trim().starts_with("hb_sec_"), "the key alone is data: {secret:#?}");

    let listed = desk.done(&["keys", "list"]);
    assert_eq!(listed.lines().count(), 2);
    assert!(listed.contains(id) && !listed.contains(key), "what is kept does not give the key away: {listed}");

    assert_eq!(desk.run(&["keys", "revoke", id]).status, 0);
    let again = desk.run(&["keys", "revoke", id]);
    assert_eq!(again.status, 1, "{again:#?}");
    assert!(desk.done(&["keys", "list"]).contains("taken back"));
    let open = desk.run(&["keys", "create", "--kind", "public"]);
    assert_eq!(open.status, 2);
    assert!(open.err.contains("--origin"), "{}", open.err);
    let path = desk.run(&["keys", "create", "--kind", "public", "--origin", "https://shop.example/checkout"]);
    assert_eq!(path.status, 2);
}

const CSV: &str = "text,rating,rating_scale,user,attributes.plan,occurred_at\n\
    The checkout crashes when I tap pay,1,5,ana,pro,\n\
    \"Checkout crashes on pay, every time\",1,5,ben,free,\n\
    Tapping pay crashes the checkout,2,5,dora,pro,\n\
    The checkout crashes when I press pay,1,5,emil,,\n\
    Checkout crashes as soon as I tap pay,1,5,goran,pro,\n";

/// A folder in whose database a release is known and five people were imported, twice.
async fn imported() -> (Desk, Value, Value) {
    let desk = Desk::new();
    let github = FakeGitHub::start().await;
    let database = format!("sqlite://{}", desk.path().join("hearback-data/hearback.db").display());
    let settings = Settings::new(desk.path(), &database).set("github.webhook_secrets", HOOK_SECRET);
    let mut service = Service::start(&settings).await;
    github.deliver_to(&format!("{}/hooks/github", service.url()), HOOK_SECRET);
    github.publish_release("v1.4.0").await;
    crate::service::until("the rollout", async || {
        let found = desk.json(&["rollouts", "--json"]);
        (!found.as_array().unwrap().is_empty()).then_some(())
    })
    .await;
    assert!(service.terminate().await.success());
    desk.file("said.csv", CSV);
    let first = desk.json(&["import", "said.csv", "--rollout", "v1.4.0", "--json"]);
    let second = desk.json(&["import", "said.csv", "--rollout", "v1.4.0", "--json"]);
    (desk, first, second)
}

#[tokio::test]
async fn a_second_import_of_the_same_file_adds_nothing() {
    let (desk, first, second) = imported().await;
    assert_eq!((&first["read"], &first["added"]), (&json!(5), &json!(5)));
    assert_eq!((&second["read"], &second["added"], &second["known"]), (&json!(5), &json!(0), &json!(5)));
    let report = desk.json(&["report", "v1.4.0", "--format", "json"]);
    assert_eq!((&report["people"], &report["statements"]), (&json!(5), &json!(5)), "{report:#}");

    desk.file("more.jsonl", "{\"text\": \"It still crashes\", \"user\": \"ivo\"}\n{\"text\": 7}\n");
    let faulty = desk.run(&["import", "more.jsonl", "--rollout", "v1.4.0"]);
    assert_eq!(faulty.status, 1);
    assert!(faulty.err.contains("more.jsonl:2") && faulty.err.contains("text"), "{}", faulty.err);
    assert_eq!(desk.run(&["import", "nowhere.csv", "--rollout", "v1.4.0"]).status, 1);
    assert_eq!(desk.run(&["import", "said.csv", "--rollout", "v0"]).status, 1);
}

#[test]
fn usage_is_imported_whatever_the_file_holds() {
    let desk = Desk::new();
    // Lines of many records each: all of them together are more than one request may hold.
    let track = |user: usize| json!({"type": "track", "userId": format!("u{user}"), "event": "search"});
    let batch = |line: usize| json!({"batch": (0..120).map(|n| track(line * 120 + n)).collect::<Vec<_>>()}).to_string();
    let lines: Vec<String> = (0..100).map(batch).collect();
    desk.file("events.jsonl", &lines.join("\n"));
    let told = desk.json(&["import", "events.jsonl", "--usage", "--json"]);
    assert_eq!((&told["read"], &told["counted"], &told["refused"]), (&json!(12_000), &json!(12_000), &json!(0)));
    assert_eq!(told, desk.json(&["import", "events.jsonl", "--usage", "--json"]));

    desk.file("shown.csv", "user,flag,variant\nana,new-checkout,on\n,new-checkout,off\n");
    let told = desk.json(&["import", "shown.csv", "--usage", "--json"]);
    assert_eq!((&told["waiting"], &told["read"]), (&json!(1), &json!(2)), "the flag is not known yet: {told}");
    let words = desk.run(&["import", "shown.csv", "--usage"]);
    assert_eq!(words.status, 0, "{words:#?}");
    assert!(words.err.contains("1 wait for a rollout that is not known yet"), "{}", words.err);

    desk.file("nonsense.jsonl", "not JSON\n");
    let faulty = desk.run(&["import", "nonsense.jsonl", "--usage"]);
    assert!(faulty.status == 1 && faulty.err.contains("nonsense.jsonl"), "{faulty:#?}");
    assert_eq!(desk.run(&["import", "nowhere.jsonl", "--usage"]).status, 1);
    assert_eq!(desk.run(&["import", "shown.csv", "--usage", "--rollout", "x"]).status, 2);
}

#[tokio::test]
async fn rollouts_are_listed_reported_and_explained() {
    let (desk, ..) = imported().await;
    let rows = desk.json(&["rollouts", "--json"]);
    let id = rows[0]["id"].as_str().unwrap();
    let listed = desk.done(&["rollouts"]);
    assert!(listed.contains(id) && listed.contains("v1.4.0") && listed.contains("5 people"), "{listed}");
    for name in [id, "v1.4.0"] {
        let report = desk.done(&["report", name]);
        assert!(report.starts_with("# Customer feedback on v1.4.0"), "{report}");
        assert!(report.contains("5 distinct people"), "{report}");
    }
    let page = desk.done(&["report", id, "--format", "html"]);
    assert!(page.to_lowercase().starts_with("<!doctype html>") && page.contains("v1.4.0"), "{page}");
    let data = desk.json(&["report", id, "--json"]);
    assert_eq!(data["rollout"], json!(id));

    let why = desk.done(&["why", "v1.4.0"]);
    assert!(why.contains("5 distinct people say it; 5 were asked for"), "{why}");
    assert!(why.contains("customers are exposed"), "{why}");
    let why = desk.json(&["why", "v1.4.0", "--json"]);
    assert!(why["decisions"].as_array().unwrap().iter().any(|d| d["verdict"] == "file"), "{why:#}");
}
