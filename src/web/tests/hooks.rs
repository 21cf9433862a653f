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

/// Standard Webhooks' headers of a generic delivery.
fn signed(w: &World, id: &str, body: &[u8]) -> Vec<(&'static str, String)> {
    let seconds = w.ctx.now().0 / 1_000;
    let signature = sign_standard_webhooks(GENERIC_SECRET, id, seconds, body);
    vec![("webhook-id", id.to_owned()), ("webhook-timestamp", seconds.to_string()), ("webhook-signature", signature)]
}

async fn send_generic(w: &World, path: &str, headers: &[(&'static str, String)], body: &[u8]) -> Answer {
    let headers: Vec<(&str, &str)> = headers.iter().map(|(k, v)| (*k, &**v)).collect();
    w.send("POST", path, &headers, body.to_vec()).await
}

#[tokio::test]
async fn a_sender_of_cloud_events_may_ask_first() {
    let w = World::new("").await;
    let ask = [("webhook-request-origin", "events.acme.example"), ("webhook-request-rate", "120")];
    for path in ["/hooks/generic", "/hooks/generic/shop-1"] {
        let answer = w.send("OPTIONS", path, &ask, "").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.header("webhook-allowed-origin"), "events.acme.example");
        assert_eq!(answer.header("webhook-allowed-rate"), "*");
        assert!(answer.header("allow").contains("POST"), "{answer:?}");
        let without = w.send("OPTIONS", path, &[], "").await;
        assert_eq!((without.fault().0, without.header("allow")), (405, "POST,OPTIONS"));
    }
    for (path, status) in [("/hooks/github", 405), ("/hooks/unheard", 404), ("/hooks/generic/a%20b", 404)] {
        assert_eq!(w.send("OPTIONS", path, &ask, "").await.fault().0, status, "{path}");
    }
    let long = "a".repeat(300);
    for origin in ["", "a b", &*long] {
        let answer = w.send("OPTIONS", "/hooks/generic", &[("webhook-request-origin", origin)], "").await;
        assert_eq!(answer.fault(), (400, vec!["WebHook-Request-Origin".to_owned()]), "{origin}");
    }
}

#[tokio::test]
async fn a_cloud_event_is_kept_once_by_its_source_and_id() {
    let w = World::new("").await;
    let data = br#"{"flag": "new-checkout", "environment": "production", "enabled": true}"#;
    let bearer = ("authorization", format!("Bearer {GENERIC_SECRET}"));
    let event = |id: &str, source: &str| {
        vec![
            ("ce-specversion", "1.0".to_owned()),
            ("ce-id", id.to_owned()),
            ("ce-source", source.to_owned()),
            ("ce-type", "com.acme.flag.changed".to_owned()),
        ]
    };
    for (id, source, kept) in [("1", "/a", true), ("1", "/a", false), ("2", "/a", true), ("1", "/b", true)] {
        let headers = [event(id, source), vec![bearer.clone()]].concat();
        let answer = send_generic(&w, "/hooks/generic", &headers, data).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.json()["duplicate"], if kept { Value::Null } else { true.into() }, "{source} {id}");
    }
    // Whatever proves it, it is the same event.
    let headers = [event("2", "/a"), signed(&w, "d-9", data)].concat();
    assert_eq!(send_generic(&w, "/hooks/generic", &headers, data).await.json()["duplicate"], true);
    let nobody = send_generic(&w, "/hooks/generic", &event("3", "/a"), data).await;
    assert_eq!(nobody.fault().0, 401);
    ingest::ingest_waiting(&w.ctx).await.unwrap();
    let listed = w.get("/v1/rollouts").await.json();
    assert_eq!(listed["rollouts"][0]["label"], "new-checkout in production");
}

#[tokio::test]
async fn a_connection_reads_bodies_by_its_own_mapping() {
    let settings = SETTINGS.replace(
        "[policy]",
        "[sources.generic.mapping.toggler]\nflag = \"/toggle/key\"\nenvironment = \"/where\"\nenabled = \"/toggle/on\"\n[policy]",
    );
    let w = World::with(&settings).await;
    let body = br#"{"toggle": {"key": "dark-mode", "on": "on"}, "where": "production"}"#;
    let answer = send_generic(&w, "/hooks/generic/toggler", &signed(&w, "d-1", body), body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let bad = br#"{"toggle": {"on": true}}"#;
    let refused = send_generic(&w, "/hooks/generic/toggler", &signed(&w, "d-2", bad), bad).await;
    assert_eq!(refused.fault(), (400, vec!["/toggle/key".to_owned()]));
    // Without a mapping of its own, another connection takes the documented forms alone.
    let refused = send_generic(&w, "/hooks/generic/other", &signed(&w, "d-3", body), body).await;
    assert_eq!(refused.fault().0, 400);
    ingest::ingest_waiting(&w.ctx).await.unwrap();
    let listed = w.get("/v1/rollouts").await.json();
    assert_eq!(listed["rollouts"][0]["label"], "dark-mode in production");
}
