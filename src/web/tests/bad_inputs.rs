//! Each bad input has its status and names its field, and leaves nothing behind.

use std::fmt::Write as _;

use super::*;

/// Method, path, headers and body; the status and the fields that are named.
type Case<'a> = (&'a str, String, Headers, &'a str, u16, &'a [&'a str]);
type Headers = &'static [(&'static str, &'static str)];

const AUTH: Headers = &[("authorization", "Bearer sk_for_tests")];
const PAGE: Headers = &[("authorization", "Bearer pk_for_tests"), ("origin", ORIGIN)];
const BARE: Headers = &[("authorization", "Bearer pk_for_tests")];
const NULL_ORIGIN: Headers = &[("authorization", "Bearer pk_for_tests"), ("origin", "null")];
const EVIL: Headers = &[("authorization", "Bearer pk_for_tests"), ("origin", "https://evil.example")];
const SPACED: Headers = &[("authorization", "Bearer sk_for_tests"), ("idempotency-key", "a b")];
const BROTLI: Headers = &[("authorization", "Bearer sk_for_tests"), ("content-encoding", "br")];
const BROKEN: Headers = &[("authorization", "Bearer sk_for_tests"), ("content-encoding", "gzip")];
const NONE: &str = "/v1/rollouts/ro_00000000000000000000";

/// Tells every case that ends otherwise than expected, and that nothing was kept of any.
async fn refuses(w: &World, cases: Vec<Case<'_>>) {
    let before = w.rows().await;
    let mut wrong = String::new();
    for (method, path, headers, body, status, fields) in cases {
        let answer = w.send(method, &path, headers, body.to_owned()).await;
        let fault = answer.fault();
        if fault.0 != status || fault.1 != fields {
            let _ = writeln!(wrong, "{method} {path}: {fault:?}, expected {status} {fields:?}: {}", answer.text);
        }
        if status == 401 {
            assert!(!answer.header("www-authenticate").is_empty(), "{answer:?}");
        }
        if status == 405 {
            assert!(!answer.header("allow").is_empty(), "{answer:?}");
        }
        assert!(answer.text.len() < 2_000 && !answer.text.contains("sqlx"), "{answer:?}");
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert_eq!(w.rows().await, before);
}

#[tokio::test]
async fn what_senders_get_wrong_is_named_and_kept_nowhere() {
    let w = World::new("feedback_max_bytes = 2000\nbody_max_bytes = 2000\n").await;
    let large = "x".repeat(2_001);
    let cases: Vec<Case<'_>> = vec![
        ("GET", "/nowhere".into(), &[], "", 404, &[]),
        ("GET", "/hooks/github".into(), &[], "", 405, &[]),
        ("PUT", "/v1/feedback".into(), AUTH, "", 405, &[]),
        ("POST", "/hooks/unheard".into(), &[], "{}", 404, &[]),
        ("POST", "/hooks/github/a%20b".into(), &[], "{}", 404, &[]),
        ("POST", "/hooks/github/a%ff".into(), &[], "{}", 400, &[]),
        ("POST", "/hooks/github".into(), &[], "{}", 401, &[]),
        ("POST", "/hooks/github".into(), &[], &large, 413, &[]),
        ("POST", "/v1/feedback".into(), &[], "{}", 401, &[]),
        ("POST", "/v1/feedback".into(), &[("authorization", "Basic eDp5")], "{}", 401, &[]),
        ("POST", "/v1/feedback".into(), &[("authorization", "Bearer ")], "{}", 401, &[]),
        ("POST", "/v1/feedback".into(), &[("authorization", "Bearer nobody")], "{}", 401, &[]),
        ("POST", "/v1/feedback".into(), BARE, "{}", 403, &[]),
        ("POST", "/v1/feedback".into(), NULL_ORIGIN, "{}", 403, &[]),
        ("POST", "/v1/feedback".into(), EVIL, "{}", 403, &[]),
        ("POST", "/v1/feedback".into(), PAGE, "{}", 400, &["text"]),
        ("POST", "/v1/feedback".into(), AUTH, "", 400, &[""]),
        ("POST", "/v1/feedback".into(), AUTH, "[", 400, &[""]),
        (
            "POST",
            "/v1/feedback".into(),
            AUTH,
            r#"[{"text": "a"}, {"rating": {"value": 9, "scale": 5}, "x": 1}]"#,
            400,
            &["[1].x", "[1].rating"],
        ),
        ("POST", "/v1/feedback".into(), AUTH, &large, 413, &[]),
        ("POST", "/v1/feedback".into(), SPACED, r#"{"text": "a"}"#, 400, &["Idempotency-Key"]),
        ("POST", "/v1/feedback".into(), BROTLI, r#"{"text": "a"}"#, 415, &[]),
        ("POST", "/v1/feedback".into(), BROKEN, "no gzip", 400, &[]),
        ("OPTIONS", "/v1/feedback".into(), &[("origin", "https://evil.example")], "", 403, &[]),
        ("OPTIONS", "/v1/feedback".into(), &[], "", 403, &[]),
    ];
    refuses(&w, cases).await;
    let endless = format!("Bearer {}", "k".repeat(600));
    assert_eq!(w.send("POST", "/v1/feedback", &[("authorization", &endless)], "{}").await.fault().0, 401);
}

#[tokio::test]
async fn what_readers_get_wrong_is_named() {
    let w = World::new("").await;
    let id = w.rollout("known").await;
    let at = |rest: &str| format!("/v1/rollouts/{id}{rest}");
    let cases: Vec<Case<'_>> = vec![
        ("GET", "/v1/rollouts".into(), &[], "", 401, &[]),
        ("GET", "/v1/rollouts".into(), PAGE, "", 403, &[]),
        ("GET", "/v1/rollouts?limit=0".into(), AUTH, "", 400, &["limit"]),
        ("GET", "/v1/rollouts?limit=201".into(), AUTH, "", 400, &["limit"]),
        ("GET", "/v1/rollouts?limit=-1".into(), AUTH, "", 400, &["limit"]),
        ("GET", "/v1/rollouts?limit=9999999999999999999999".into(), AUTH, "", 400, &["limit"]),
        ("GET", "/v1/rollouts?after=x".into(), AUTH, "", 400, &["after"]),
        ("GET", "/v1/rollouts?after=1.a'b".into(), AUTH, "", 400, &["after"]),
        ("GET", "/v1/rollouts?after=-1.ro_a".into(), AUTH, "", 400, &["after"]),
        ("GET", "/v1/rollouts?page=2".into(), AUTH, "", 400, &["page"]),
        ("GET", "/v1/rollouts/../../etc/passwd".into(), AUTH, "", 404, &[]),
        ("GET", "/v1/rollouts/ro_%27OR%271%27=%271".into(), AUTH, "", 404, &[]),
        ("GET", NONE.into(), AUTH, "", 404, &[]),
        ("GET", at("?x=1"), AUTH, "", 400, &["x"]),
        ("GET", at("/report?format=pdf"), AUTH, "", 400, &["format"]),
        ("GET", at("/nothing"), AUTH, "", 404, &[]),
        ("GET", "/v1/kpis".into(), PAGE, "", 403, &[]),
        ("DELETE", at(""), AUTH, "", 405, &[]),
    ];
    refuses(&w, cases).await;
}

#[tokio::test]
async fn what_cannot_be_done_is_told_and_changes_nothing() {
    let w = World::new("").await;
    let id = w.rollout("known").await;
    let at = |rest: &str| format!("/v1/rollouts/{id}{rest}");
    let cases: Vec<Case<'_>> = vec![
        ("POST", "/v1/rollouts".into(), PAGE, "{}", 403, &[]),
        ("POST", "/v1/rollouts".into(), AUTH, "", 400, &["flag"]),
        ("POST", "/v1/rollouts".into(), AUTH, "{", 400, &[""]),
        ("POST", "/v1/rollouts".into(), AUTH, r#"{"flag": "a", "release": "b"}"#, 400, &["release"]),
        ("POST", "/v1/rollouts".into(), AUTH, r#"{"release": "b", "environment": "c"}"#, 400, &["environment"]),
        ("POST", "/v1/rollouts".into(), AUTH, r#"{"flag": " "}"#, 400, &["flag"]),
        ("POST", "/v1/rollouts".into(), AUTH, r#"{"flag": "a\u0000"}"#, 400, &["flag"]),
        ("POST", "/v1/rollouts".into(), AUTH, r#"{"flag": "a", "repository": "a/../b"}"#, 400, &["repository"]),
        ("POST", "/v1/rollouts".into(), AUTH, r#"{"flag": "a", "environment": "staging"}"#, 409, &[]),
        ("POST", at("/extend"), AUTH, "", 400, &[""]),
        ("POST", at("/extend"), AUTH, r#"{"by": "soon"}"#, 400, &["by"]),
        ("POST", at("/extend"), AUTH, r#"{"by": "3d", "to": 1}"#, 400, &["to"]),
        ("POST", at("/extend"), AUTH, r#"{"by": "0s"}"#, 409, &[]),
        ("POST", at("/reopen"), AUTH, "", 409, &[]),
        ("POST", at("/close"), PAGE, "", 403, &[]),
        ("POST", format!("{NONE}/close"), AUTH, "", 404, &[]),
        ("GET", "/".into(), &[("x-forwarded-for", "10.0.0.1")], "", 403, &[]),
        ("GET", "/rollouts/ro_nothing".into(), &[], "", 404, &[]),
        ("GET", format!("/rollouts/{id}?order=oldest"), &[], "", 400, &["order"]),
        ("GET", format!("/rollouts/{id}?after=x"), &[], "", 400, &["after"]),
        ("GET", format!("/rollouts/{id}?order=least_sure&after=NaN.fb_a"), &[], "", 400, &["after"]),
        ("GET", format!("/rollouts/{id}?order=least_sure&after=1e0.fb_a"), &[], "", 400, &["after"]),
        ("GET", format!("/rollouts/{id}?saved=ro_a"), &[], "", 404, &[]),
        ("POST", "/feedback/fb_a/reading".into(), &[], "", 403, &[]),
        ("POST", "/feedback/fb_a/reading".into(), AUTH, "sentiment=negative", 403, &[]),
        ("POST", "/feedback/fb_a/reading".into(), &[("x-forwarded-for", "10.0.0.1")], "", 403, &[]),
    ];
    refuses(&w, cases).await;
}

#[tokio::test]
async fn every_answer_protects_who_reads_it_and_has_a_name() {
    let w = World::new("").await;
    let mut names = std::collections::BTreeSet::new();
    for path in ["/healthz", "/nowhere", "/openapi.json", "/v1/rollouts"] {
        let answer = w.send("GET", path, &[("x-request-id", "chosen by the caller")], Body::empty()).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("x-frame-options"), "DENY");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert!(answer.header("content-security-policy").starts_with("default-src 'none'"));
        assert!(answer.header("x-request-id").starts_with("rq_"));
        names.insert(answer.header("x-request-id").to_owned());
    }
    assert_eq!(names.len(), 4);
}

#[tokio::test]
async fn where_the_store_fails_nothing_is_answered_with_200() {
    let w = World::new("").await;
    w.ctx.db.close().await;
    let body = br#"{"type": "flag.changed", "data": {"flag": "a", "enabled": true}}"#;
    for answer in [
        w.generic("d-1", body).await,
        w.post("/v1/feedback", r#"{"text": "a"}"#).await,
        w.get("/v1/rollouts").await,
        w.send("POST", "/v1/feedback", &[("authorization", "Bearer other")], "{}").await,
        w.send("GET", "/metrics", &[], Body::empty()).await,
    ] {
        assert_eq!(answer.fault().0, 503);
        assert_eq!(answer.header("retry-after"), "5");
    }
    let ready = w.send("GET", "/readyz", &[], Body::empty()).await;
    assert_eq!((ready.status.as_u16(), &ready.json()["checks"]["database"]["ok"]), (503, &Value::Bool(false)));
    assert_eq!(w.send("GET", "/healthz", &[], Body::empty()).await.status, 200);
}
