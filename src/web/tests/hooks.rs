//! Deliveries: kept once, by whom they say.

use super::*;
use crate::flow::ingest;
use crate::store::deliveries;

const CHANGE: &[u8] =
    br#"{"type": "flag.changed", "timestamp": "2026-10-09T09:59:00Z", "data": {"flag": "new-checkout", "environment": "production", "enabled": true, "rollout_percent": 25}}"#;

#[tokio::test]
async fn a_delivery_is_kept_once() {
    let w = World::new("").await;
    let first = w.generic("d-1", CHANGE).await;
    assert_eq!(first.status, 200, "{first:?}");
    assert!(first.json()["delivery"].as_str().unwrap().starts_with("dl_"), "{first:?}");
    let again = w.generic("d-1", CHANGE).await;
    assert_eq!((again.status.as_u16(), again.text.as_str()), (200, r#"{"duplicate":true}"#));
    assert_eq!(w.rows().await["deliveries"], 1);
    ingest::ingest_waiting(&w.ctx).await.unwrap();
    let listed = w.get("/v1/rollouts").await.json();
    assert_eq!(listed["rollouts"][0]["label"], "new-checkout in production");
    assert_eq!(listed["rollouts"][0]["window"]["state"], "planned");
    // Nobody has looked at it yet, and it can be steered all the same.
    let id = listed["rollouts"][0]["id"].as_str().unwrap();
    let extended = w.post(&format!("/v1/rollouts/{id}/extend"), r#"{"by": "1d"}"#).await;
    assert_eq!((extended.status.as_u16(), &extended.json()["window"]["state"]), (200, &Value::from("open")));
}

#[tokio::test]
async fn a_release_comes_in_under_the_name_of_a_connection() {
    let w = World::new("").await;
    let body = std::fs::read("tests/it/fixtures/github/release.published.json").unwrap();
    let signature = sign_hub_sha256(GITHUB_SECRET, &body);
    let headers = [("x-github-delivery", "g-1"), ("x-github-event", "release"), ("x-hub-signature-256", &*signature)];
    let answer = w.send("POST", "/hooks/github/shop-1", &headers, body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let mut tx = w.ctx.db.read().await.unwrap();
    assert_eq!(deliveries::counts(&mut tx).await.unwrap(), (1, 1));
}

#[tokio::test]
async fn nobody_is_believed_without_a_signature_that_fits() {
    let w = World::new("").await;
    let good = sign_hub_sha256(GITHUB_SECRET, CHANGE);
    let other = sign_hub_sha256("x", CHANGE);
    let base = [("x-github-delivery", "g-1"), ("x-github-event", "release")];
    for signatures in [
        vec![],
        vec![&*other],
        vec!["sha256="],
        vec!["sha1=da39a3ee5e6b4b0d3255bfef95601890afd80709"],
        vec!["sha256=\u{e4}"],
        // The first stands: two are never joined to one.
        vec![&*other, &*good],
    ] {
        let headers: Vec<(&str, &str)> =
            base.into_iter().chain(signatures.iter().map(|s| ("x-hub-signature-256", *s))).collect();
        let answer = w.send("POST", "/hooks/github", &headers, CHANGE).await;
        assert_eq!(answer.fault().0, 401, "{signatures:?}");
    }
    let stale = w.ctx.now().0 / 1_000 - 301;
    let signature = sign_standard_webhooks(GENERIC_SECRET, "d-1", stale, CHANGE);
    let stamp = stale.to_string();
    let headers = [("webhook-id", "d-1"), ("webhook-timestamp", &*stamp), ("webhook-signature", &*signature)];
    let answer = w.send("POST", "/hooks/generic", &headers, CHANGE).await;
    assert_eq!(answer.fault().0, 401);
    assert!(answer.text.contains("check both clocks"), "{answer:?}");
    assert_eq!(w.rows().await["deliveries"], 0);
    // The refused id is not burned.
    assert_eq!(w.generic("d-1", CHANGE).await.status, 200);
}

#[tokio::test]
async fn without_a_secret_the_answer_says_what_to_set() {
    let w = World::with("").await;
    let answer = w.github("g-1", "release", b"{}").await;
    assert_eq!(answer.fault().0, 401);
    assert!(answer.text.contains("set github.webhook_secrets"), "{answer:?}");
    let answer = w.generic("d-1", b"{}").await;
    assert!(answer.text.contains("set sources.generic.secrets"), "{answer:?}");
}

#[tokio::test]
async fn a_signed_body_that_is_not_what_is_sent_is_told_by_field() {
    let w = World::new("").await;
    let before = w.rows().await;
    for (body, field) in [
        (r#"{"type": "flag.changed", "data": {"enabled": true}}"#, "data"),
        (r#"{"type": "flag.changed", "data": {"flag": "a", "rollout_percent": 101}}"#, "data.rollout_percent"),
        (r#"{"type": "flag.changed", "timestamp": "now", "data": {"flag": "a"}}"#, "timestamp"),
        ("{", ""),
    ] {
        assert_eq!(w.generic("d-1", body.as_bytes()).await.fault(), (400, vec![field.to_owned()]), "{body}");
    }
    let answer = w.github("g-1", "release", br#"{"action": "published", "release": {"id": "x"}}"#).await;
    assert_eq!(answer.fault().0, 400);
    assert!(answer.fault().1[0].starts_with("release"), "{answer:?}");
    assert_eq!(w.rows().await, before);
}
