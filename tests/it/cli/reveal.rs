//! What redaction took out, shown to a named person: with the right key, recorded, and else not at all.

use hearback::id::FeedbackId;
use hearback::store::{Db, sealed};
use serde_json::json;

use super::Desk;
use crate::store::samples;

const TEXT: &str = "Checkout fails, write to ada@example.com, card 4111 1111 1111 1111";
const OLD: &str = "an old key of more than 32 characters";
const NEW: &str = "a new key, of more than 32 characters";

/// Takes one statement in.
async fn say(desk: &Desk) -> String {
    let line = json!({"text": TEXT, "user": "ada", "url": "https://shop.example/?token=abc123&x=1",
                      "attributes": {"plan": "pro", "contact": "+49 171 1234567"}});
    import(desk, &format!("{line}\n")).await;
    let db = open(desk).await;
    let found = column(&db, "SELECT id FROM feedback").await;
    db.close().await;
    assert_eq!(found.len(), 1);
    found[0].clone()
}

/// Takes lines in, about a rollout that is there.
async fn import(desk: &Desk, lines: &str) {
    desk.done(&["migrate"]);
    let db = open(desk).await;
    let rollout = samples::kept(&db, "new-checkout").await.unwrap();
    db.close().await;
    desk.file("said.jsonl", lines);
    desk.done(&["import", "said.jsonl", "--rollout", rollout.as_str()]);
}

async fn open(desk: &Desk) -> Db {
    Db::open(&format!("sqlite://{}", desk.path().join("hearback-data/hearback.db").display())).await.unwrap()
}

async fn column(db: &Db, sql: &'static str) -> Vec<String> {
    let Db::Sqlite { write, .. } = db else { panic!("not SQLite") };
    sqlx::query_scalar(sql).fetch_all(write).await.unwrap()
}

fn set(desk: &Desk, keys: &[&str]) {
    desk.file("hearback.toml", &format!("[analysis]\nseal_key = {}\n", json!(keys)));
}

#[tokio::test]
async fn the_original_is_shown_and_the_look_recorded() {
    let desk = Desk::new();
    set(&desk, &[OLD]);
    let id = say(&desk).await;
    // The old key still opens when another seals.
    set(&desk, &[NEW, OLD]);
    let shown = desk.run(&["reveal", &id, "--who", "Grace", "--why", "she asked for her data"]);
    assert_eq!(shown.status, 0, "{shown:#?}");
    let want = format!("{TEXT}\nattributes/contact: +49 171 1234567\nurl: https://shop.example/?token=abc123&x=1\n");
    assert_eq!(shown.out, want);
    let data = desk.json(&["reveal", &id, "--who", "Grace", "--why", "again", "--json"]);
    assert_eq!((&data["id"], &data["texts"]["text"]), (&json!(id), &json!(TEXT)));

    let db = open(&desk).await;
    let mut tx = db.read().await.unwrap();
    let looks = sealed::reveals(&mut tx, &FeedbackId(id.clone())).await.unwrap();
    let who: Vec<_> = looks.iter().map(|l| (l.who.as_str(), l.why.as_str())).collect();
    assert_eq!(who, [("Grace", "she asked for her data"), ("Grace", "again")]);
    drop(tx);
    let kept = column(&db, "SELECT text FROM feedback").await;
    assert_eq!(kept, ["Checkout fails, write to [email], card [card]"], "what is kept stays redacted");
    db.close().await;
    let mut bytes = Vec::new();
    for file in std::fs::read_dir(desk.path().join("hearback-data")).unwrap() {
        bytes.extend(std::fs::read(file.unwrap().path()).unwrap_or_default());
    }
    for secret in ["ada@example.com", "4111 1111", "abc123", "171 1234567"] {
        assert!(!bytes.windows(secret.len()).any(|w| w == secret.as_bytes()), "{secret} lies open in the database");
    }
}

#[tokio::test]
async fn what_does_not_open_says_why_and_records_nothing() {
    let desk = Desk::new();
    set(&desk, &[OLD]);
    let id = say(&desk).await;
    let fails = |desk: &Desk, id: &str, says: &str| {
        let ended = desk.run(&["reveal", id, "--who", "Grace", "--why", "a reason"]);
        assert_eq!((ended.status, ended.out.as_str()), (1, ""), "{ended:#?}");
        assert!(ended.err.contains(says), "{says:?}: {}", ended.err);
    };
    fails(&desk, "fb_none", "no statement fb_none is kept");
    set(&desk, &[NEW]);
    fails(&desk, &id, "which analysis.seal_key does not hold");
    set(&desk, &[]);
    fails(&desk, &id, "analysis.seal_key is not set");
    set(&desk, &[OLD]);
    let db = open(&desk).await;
    column(&db, "UPDATE feedback SET text = 'changed' RETURNING id").await;
    fails(&desk, &id, "changed since");
    column(&db, "UPDATE sealed SET sealed = x'0102030405060708090a0b0c0d0e' RETURNING key_id").await;
    fails(&desk, &id, "does not open it");
    assert_eq!(column(&db, "SELECT id FROM reveals").await, Vec::<String>::new());
    column(&db, "DELETE FROM feedback RETURNING id").await;
    assert_eq!(column(&db, "SELECT feedback_id FROM sealed").await, Vec::<String>::new(), "it goes with its statement");
    db.close().await;

    let blank = desk.run(&["reveal", &id, "--who", " ", "--why", "x"]);
    assert_eq!(blank.status, 2);
    assert!(blank.err.contains("--who"), "{}", blank.err);
    assert_eq!(desk.run(&["reveal", &id]).status, 2);
    set(&desk, &["short"]);
    fails(&desk, &id, "analysis.seal_key: expected at least 32 characters");
}

#[tokio::test]
async fn without_a_key_redaction_is_final() {
    let desk = Desk::new();
    let id = say(&desk).await;
    set(&desk, &[OLD]);
    let ended = desk.run(&["reveal", &id, "--who", "Grace", "--why", "a reason"]);
    assert_eq!(ended.status, 1);
    assert!(ended.err.contains("nothing is sealed"), "{}", ended.err);
}

#[tokio::test]
async fn names_are_taken_out_where_that_is_set() {
    for (setting, want) in [("false", "My name is Jane Doe"), ("true", "My name is [name]")] {
        let desk = Desk::new();
        desk.file("hearback.toml", &format!("[analysis]\nredact_names = {setting}\n"));
        import(&desk, "{\"text\": \"My name is Jane Doe\"}\n").await;
        let db = open(&desk).await;
        assert_eq!(column(&db, "SELECT text FROM feedback").await, [want]);
        db.close().await;
    }
}
