//! Statements: kept together or not at all, and once.

use super::*;
use crate::id::KeyId;
use crate::store::keys::{self, StoredKey};
use crate::time::MINUTE_MS;
use serde_json::json;
use sha2::{Digest, Sha256};

fn key<'a>(key: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    std::iter::once(("authorization", key)).chain(more.iter().copied()).collect()
}

#[tokio::test]
async fn an_answer_tells_where_each_statement_went() {
    let w = World::new("").await;
    let id = w.rollout("new-checkout").await;
    let body = format!(
        "{}\n{}\n{}\n",
        r#"{"text": "I can't pay", "flag": "new-checkout", "user": "u-1"}"#,
        format_args!(r#"{{"rating": {{"value": 1, "scale": 5}}, "rollout": "{id}"}}"#),
        r#"{"text": "Lovely", "flag": "unheard"}"#
    );
    let answer = w.post("/v1/feedback", body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let accepted = answer.json()["accepted"].as_array().unwrap().clone();
    let told: Vec<(&str, &str, bool)> = accepted
        .iter()
        .map(|a| {
            let at = &a["attribution"];
            (at["by"].as_str().unwrap(), at["rollout"].as_str().unwrap_or("none"), a["duplicate"].as_bool().unwrap())
        })
        .collect();
    assert_eq!(told, [("flag", &*id, false), ("rollout", &*id, false), ("unattributed", "none", false)]);
    assert_eq!(w.rows().await["feedback"], 3);
    let listed = w.get(&format!("/v1/rollouts/{id}/feedback")).await.json();
    assert_eq!(listed["feedback"].as_array().unwrap().len(), 2);
    assert!(!listed.to_string().contains("u-1"), "{listed}");
}

#[tokio::test]
async fn the_same_request_twice_is_once() {
    let w = World::new("").await;
    let secret = format!("Bearer {SECRET_KEY}");
    let page = format!("Bearer {PUBLIC_KEY}");
    let once = key(&secret, &[("idempotency-key", "a-1")]);
    let first = w.send("POST", "/v1/feedback", &once, r#"{"text": "Slow"}"#).await;
    w.clock.advance(MINUTE_MS);
    let again = w.send("POST", "/v1/feedback", &once, r#"{"text": "Slow"}"#).await;
    assert_eq!((first.status.as_u16(), &first.text), (200, &again.text));
    assert_eq!((first.header("idempotency-replayed"), again.header("idempotency-replayed")), ("", "true"));
    let other = w.send("POST", "/v1/feedback", &once, r#"{"text": "Fast"}"#).await;
    assert_eq!(other.fault().0, 422);
    assert_eq!(w.rows().await["feedback"], 1);
    // Somebody else's key of the same name is another.
    let elsewhere = key(&page, &[("idempotency-key", "a-1"), ("origin", ORIGIN)]);
    assert_eq!(w.send("POST", "/v1/feedback", &elsewhere, r#"{"text": "Fast"}"#).await.status, 200);
    assert_eq!(w.rows().await["feedback"], 2);
}

#[tokio::test]
async fn many_repeats_at_once_are_one() {
    let w = World::new("").await;
    let secret = format!("Bearer {SECRET_KEY}");
    let once = key(&secret, &[("idempotency-key", "a-1")]);
    let answers = futures_util::future::join_all(
        (0..20).map(|_| w.send("POST", "/v1/feedback", &once, r#"[{"text": "Slow"}, {"text": "Ugly"}]"#)),
    )
    .await;
    assert!(answers.iter().all(|a| a.status == 200 && a.text == answers[0].text), "{answers:?}");
    assert_eq!(w.rows().await["feedback"], 2);
}

#[tokio::test]
async fn a_senders_own_id_is_one_statement() {
    let w = World::new("").await;
    let first = w.post("/v1/feedback", r#"{"text": "Slow", "id": "ticket-7"}"#).await.json();
    let again =
        w.post("/v1/feedback", r#"[{"text": "Slow", "id": "ticket-7"}, {"text": "b", "id": "ticket-8"}]"#).await.json();
    assert_eq!(first["accepted"][0]["id"], again["accepted"][0]["id"]);
    assert_eq!(
        (&again["accepted"][0]["duplicate"], &again["accepted"][1]["duplicate"]),
        (&Value::Bool(true), &Value::Bool(false))
    );
    assert_eq!(w.rows().await["feedback"], 2);
}

#[tokio::test]
async fn one_bad_statement_keeps_all_out() {
    let w = World::new("").await;
    let answer = w.post("/v1/feedback", r#"[{"text": "fine"}, {"text": "fine too"}, {"tetx": "oops"}]"#).await;
    assert_eq!(answer.fault(), (400, vec!["[2].tetx".to_owned()]));
    assert_eq!(w.rows().await["feedback"], 0);
}

#[tokio::test]
async fn a_page_may_send_from_its_origin_only() {
    let w = World::new("").await;
    let public = format!("Bearer {PUBLIC_KEY}");
    let asked =
        w.send("OPTIONS", "/v1/feedback", &[("origin", ORIGIN), ("access-control-request-method", "POST")], "").await;
    assert_eq!((asked.status.as_u16(), asked.header("access-control-allow-origin")), (204, ORIGIN));
    assert_eq!(asked.header("access-control-allow-headers"), "authorization, content-type, idempotency-key");
    for (body, status) in [(r#"{"text": "Slow"}"#, 200), ("{}", 400)] {
        let sent = w.send("POST", "/v1/feedback", &key(&public, &[("origin", ORIGIN)]), body).await;
        assert_eq!((sent.status.as_u16(), sent.header("access-control-allow-origin")), (status, ORIGIN));
        assert_eq!(sent.header("vary"), "origin");
        assert_eq!(sent.header("access-control-allow-credentials"), "");
    }
    for evil in [
        "https://evil.example",
        "https://shop.example.evil",
        "http://shop.example",
        "null",
        "https://shop.example:8443",
    ] {
        for answer in [
            w.send("OPTIONS", "/v1/feedback", &[("origin", evil)], "").await,
            w.send("POST", "/v1/feedback", &key(&public, &[("origin", evil)]), r#"{"text": "Slow"}"#).await,
        ] {
            assert_eq!((answer.fault().0, answer.header("access-control-allow-origin")), (403, ""), "{evil}");
        }
    }
    assert_eq!(w.rows().await["feedback"], 1);
}

#[tokio::test]
async fn a_stored_key_holds_until_it_is_taken_back() {
    let w = World::new("").await;
    let stored = StoredKey {
        id: KeyId("ky_1".into()),
        kind: "public".into(),
        hint: "pk_".into(),
        origins: vec!["https://Other.example".into()],
        events: false,
        created_at: NOW,
        revoked_at: None,
    };
    let mut tx = w.ctx.db.write().await.unwrap();
    keys::insert(&mut tx, &stored, &hex::encode(Sha256::digest(b"pk_stored"))).await.unwrap();
    tx.commit().await.unwrap();
    let headers = [("authorization", "bearer pk_stored"), ("origin", "https://other.example")];
    let sent = w.send("POST", "/v1/feedback", &headers, r#"{"text": "Slow"}"#).await;
    assert_eq!((sent.status.as_u16(), sent.header("access-control-allow-origin")), (200, "https://other.example"));
    assert_eq!(w.send("OPTIONS", "/v1/feedback", &headers[1..], "").await.status, 204);
    let mut tx = w.ctx.db.write().await.unwrap();
    assert!(keys::revoke(&mut tx, &stored.id, NOW).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(w.send("POST", "/v1/feedback", &headers, r#"{"text": "Slow"}"#).await.fault().0, 401);
    assert_eq!(w.send("OPTIONS", "/v1/feedback", &headers[1..], "").await.fault().0, 403);
}

#[tokio::test]
async fn a_key_that_sends_too_much_is_asked_to_wait_and_others_are_not() {
    let w = World::new("feedback_per_minute = 2\n").await;
    for expected in [200, 200, 429, 429] {
        let answer = w.post("/v1/feedback", r#"{"text": "Slow"}"#).await;
        assert_eq!(answer.status.as_u16(), expected);
        if expected == 429 {
            let wait: u64 = answer.header("retry-after").parse().unwrap();
            assert!((1..=60).contains(&wait), "{wait}");
            assert_eq!(answer.fault().0, 429);
        }
    }
    let public = format!("Bearer {PUBLIC_KEY}");
    let page = key(&public, &[("origin", ORIGIN)]);
    assert_eq!(w.send("POST", "/v1/feedback", &page, r#"{"text": "Slow"}"#).await.status, 200);
    assert_eq!(w.rows().await["feedback"], 3);
}

#[tokio::test]
async fn no_field_keeps_personal_data_or_secrets() {
    let w = World::new("").await;
    w.rollout("new-checkout").await;
    let (mail, token) = ("jane.doe@acme.test", "ghp_abcdefghijklmnopqrstuvwxyz0123456789");
    let canary = format!("{mail} {token}");
    let body = json!({
        "text": canary, "flag": "new-checkout", "user": mail, "variant": canary, "channel": mail,
        "attributes": {"plan": canary, mail: "x"}, "url": format!("https://shop.test/?mail={mail}&token={token}"),
        "metadata": {"deep": [{"a": canary}, "call\n+49 171 2345678"], mail: 1},
    });
    let answer = w.post("/v1/feedback", body.to_string()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let Db::Sqlite { read, .. } = &w.ctx.db else { panic!("the tests are on SQLite") };
    let kept: Vec<String> = sqlx::query_scalar(
        "SELECT COALESCE(text, '') || variant || channel || attributes || url || metadata || person FROM feedback",
    )
    .fetch_all(read)
    .await
    .unwrap();
    assert!(kept[0].contains("[email]") && kept[0].contains("[secret]"), "{}", kept[0]);
    for secret in [mail, token, "171 2345678"] {
        assert!(!kept[0].contains(secret), "{secret} in {}", kept[0]);
    }
}

#[tokio::test]
async fn who_is_not_proven_never_revises_what_a_proven_person_said() {
    let w = World::new("").await;
    w.rollout("new-checkout").await;
    let page = format!("Bearer {PUBLIC_KEY}");
    w.post("/v1/feedback", r#"{"text": "It crashes", "flag": "new-checkout", "user": "u-1"}"#).await;
    for text in ["I love it", "I like it"] {
        let body = json!({"text": text, "flag": "new-checkout", "user": "u-1"}).to_string();
        let sent = w.send("POST", "/v1/feedback", &key(&page, &[("origin", ORIGIN)]), body).await;
        assert_eq!(sent.status, 200, "{sent:?}");
    }
    let Db::Sqlite { read, .. } = &w.ctx.db else { panic!("the tests are on SQLite") };
    let people: Vec<(String, i64)> = sqlx::query_as("SELECT person, COUNT(*) FROM feedback GROUP BY person ORDER BY 2")
        .fetch_all(read)
        .await
        .unwrap();
    assert_eq!(people.iter().map(|(_, n)| *n).collect::<Vec<_>>(), [1, 2], "{people:?}");
}
