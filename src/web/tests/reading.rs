//! Reading, acting, operating and the dashboard.

use super::*;
use crate::flow::{analyze, ingest};
use crate::time::DAY_MS;

async fn say(w: &World, flag: &str, statements: &[(&str, &str)]) {
    for (user, text) in statements {
        let body = serde_json::json!({"text": text, "user": user, "flag": flag});
        assert_eq!(w.post("/v1/feedback", body.to_string()).await.status, 200);
        w.clock.advance(1_000);
    }
}

#[tokio::test]
async fn pages_tell_every_rollout_once() {
    let w = World::new("").await;
    let mut made = Vec::new();
    for i in 0..7 {
        made.push(w.rollout(&format!("flag-{i}")).await);
        w.clock.advance(i % 2);
    }
    let mut seen = Vec::new();
    let mut path = "/v1/rollouts?limit=3".to_owned();
    loop {
        let page = w.get(&path).await.json();
        let ids = page["rollouts"].as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap().to_owned());
        seen.extend(ids);
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/rollouts?limit=3&after={next}");
    }
    made.sort();
    let mut sorted = seen.clone();
    sorted.sort();
    assert_eq!(sorted, made);
}

#[tokio::test]
async fn statements_are_paged_latest_first() {
    let w = World::new("").await;
    let id = w.rollout("a").await;
    say(&w, "a", &[("1", "one"), ("2", "two"), ("3", "three")]).await;
    let first = w.get(&format!("/v1/rollouts/{id}/feedback?limit=2")).await.json();
    let texts: Vec<&str> = first["feedback"].as_array().unwrap().iter().map(|f| f["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["three", "two"]);
    let next = first["next"].as_str().unwrap();
    let rest = w.get(&format!("/v1/rollouts/{id}/feedback?limit=2&after={next}")).await.json();
    assert_eq!((rest["feedback"][0]["text"].as_str(), rest["next"].as_str()), (Some("one"), None));
}

#[tokio::test]
async fn what_did_not_change_is_not_sent_again() {
    let w = World::new("").await;
    let id = w.rollout("a").await;
    let key = format!("Bearer {SECRET_KEY}");
    for path in [
        "/v1/rollouts".to_owned(),
        format!("/v1/rollouts/{id}"),
        format!("/v1/rollouts/{id}/timeline"),
        "/v1/kpis".into(),
    ] {
        let first = w.get(&path).await;
        let tag = first.header("etag").to_owned();
        assert!(tag.starts_with("W/\""), "{first:?}");
        let other = format!("\"x\", {tag}");
        for known in [&*tag, tag.trim_start_matches("W/"), &*other, "*"] {
            let again = w.send("GET", &path, &[("authorization", &key), ("if-none-match", known)], "").await;
            assert_eq!(
                (again.status.as_u16(), again.text.as_str(), again.header("etag")),
                (304, "", &*tag),
                "{path} {known}"
            );
        }
        let unknown = w.send("GET", &path, &[("authorization", &key), ("if-none-match", "W/\"0\"")], "").await;
        assert_eq!(unknown.status, 200);
        // Nobody learns from a tag what a key would be needed for.
        let stranger = w.send("GET", &path, &[("if-none-match", &*tag)], "").await;
        assert_eq!(stranger.fault().0, 401);
    }
    let before = w.get("/v1/rollouts").await.header("etag").to_owned();
    w.rollout("b").await;
    assert_ne!(w.get("/v1/rollouts").await.header("etag"), before);
}

#[tokio::test]
async fn a_rollout_that_lasts_is_not_opened_twice() {
    let w = World::new("").await;
    let id = w.rollout("new-checkout").await;
    let again = w.post("/v1/rollouts", r#"{"flag": "new-checkout"}"#).await;
    assert_eq!((again.status.as_u16(), again.json()["id"].as_str()), (200, Some(&*id)));
    assert_eq!(again.header("location"), format!("/v1/rollouts/{id}"));
    let elsewhere = w.post("/v1/rollouts", r#"{"flag": "new-checkout", "environment": "eu"}"#).await;
    assert_eq!(elsewhere.status, 201);
    let release = w.post("/v1/rollouts", r#"{"release": "v2.0.0", "repository": "acme/shop"}"#).await;
    assert_eq!(release.status, 201, "{release:?}");
    let told = w.get(&format!("/v1/rollouts/{}", release.json()["id"].as_str().unwrap())).await.json();
    assert_eq!((told["label"].as_str(), told["repository"].as_str()), (Some("v2.0.0"), Some("acme/shop")));
    assert_eq!(told["window"]["state"], "open");
}

#[tokio::test]
async fn what_ended_or_was_deleted_is_opened_anew() {
    let w = World::new("").await;
    let first = w.rollout("new-checkout").await;
    let change = |what: &str| {
        let data = serde_json::json!({"flag": "new-checkout", "environment": "production", "change": what});
        serde_json::json!({"type": "flag.changed", "timestamp": w.ctx.now().rfc3339(), "data": data}).to_string()
    };
    w.clock.advance(DAY_MS);
    assert_eq!(w.generic("d-1", change("disabled").as_bytes()).await.status, 200);
    ingest::ingest_waiting(&w.ctx).await.unwrap();
    w.clock.advance(DAY_MS);
    let second = w.rollout("new-checkout").await;
    let told = w.get(&format!("/v1/rollouts/{second}")).await.json();
    assert_eq!((&told["parent"], &told["generation"]), (&Value::from(&*first), &Value::from(2)));
    let before = w.get(&format!("/v1/rollouts/{first}")).await.json();
    assert_eq!(before["ended"]["how"], "rolled_back");
    w.clock.advance(DAY_MS);
    assert_eq!(w.generic("d-2", change("deleted").as_bytes()).await.status, 200);
    ingest::ingest_waiting(&w.ctx).await.unwrap();
    w.clock.advance(DAY_MS);
    let third = w.rollout("new-checkout").await;
    let told = w.get(&format!("/v1/rollouts/{third}")).await.json();
    assert_eq!((&told["parent"], &told["generation"]), (&Value::from(&*second), &Value::from(3)));
    assert_eq!(w.get(&format!("/v1/rollouts/{second}")).await.json()["ended"]["how"], "deleted");
}

#[tokio::test]
async fn a_window_is_extended_closed_and_reopened_or_the_answer_says_why_not() {
    let w = World::new("").await;
    let id = w.rollout("new-checkout").await;
    let path = |what: &str| format!("/v1/rollouts/{id}/{what}");
    let before = w.get(&format!("/v1/rollouts/{id}")).await.json();
    let closes = UnixMs::parse_rfc3339(before["window"]["closes_at"].as_str().unwrap()).unwrap();
    let extended = w.post(&path("extend"), r#"{"by": "3d"}"#).await.json();
    assert_eq!(extended["window"]["closes_at"].as_str(), Some(&*closes.plus(3 * DAY_MS).rfc3339()));
    assert_eq!(w.post(&path("close"), "").await.json()["window"]["state"], "closing");
    let refused = w.post(&path("close"), "{}").await;
    assert_eq!(refused.fault().0, 409);
    assert!(refused.text.contains("The window is closing and can't be closed."), "{refused:?}");
    assert_eq!(w.post(&path("reopen"), "").await.json()["window"]["state"], "reopened");
    let timeline = w.get(&path("timeline")).await.json();
    let steps: Vec<&str> = timeline["timeline"].as_array().unwrap().iter().filter_map(|e| e["to"].as_str()).collect();
    assert_eq!(steps, ["planned", "open", "open", "closing", "reopened"]);
    let kinds: Vec<&str> =
        timeline["timeline"].as_array().unwrap().iter().map(|e| e["kind"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"stage") && kinds.contains(&"window"), "{kinds:?}");
    // The key itself stands nowhere.
    assert!(!timeline.to_string().contains(SECRET_KEY), "{timeline}");
}

#[tokio::test]
async fn findings_tell_the_share_with_its_interval() {
    let w = World::new("").await;
    let id = w.rollout("new-checkout").await;
    let empty = w.get(&format!("/v1/rollouts/{id}/findings")).await.json();
    assert_eq!(
        (&empty["findings"][0]["share"], &empty["findings"][0]["leaning"]),
        (&Value::Null, &Value::from("no_signal"))
    );
    let bad = "The checkout is terrible and broken, I hate it";
    say(&w, "new-checkout", &[("1", bad), ("2", bad), ("3", bad), ("4", "I love it, it is great and works perfectly")])
        .await;
    analyze::analyze_waiting(&w.ctx).await.unwrap();
    let told = w.get(&format!("/v1/rollouts/{id}/findings")).await.json();
    let finding = &told["findings"][0];
    assert_eq!(
        (&finding["part"], &finding["whole"], &finding["share"]),
        (&Value::from(3), &Value::from(4), &Value::from(0.75))
    );
    let (low, high) = (finding["low"].as_f64().unwrap(), finding["high"].as_f64().unwrap());
    assert!((low - 0.3006).abs() < 1e-3 && (high - 0.9544).abs() < 1e-3, "{finding}");
    let themes = w.get(&format!("/v1/rollouts/{id}/themes")).await.json();
    assert!(themes["themes"].as_array().unwrap().iter().any(|t| t["people"] == 3), "{themes}");
}

#[tokio::test]
async fn a_report_is_data_markdown_or_a_page() {
    let w = World::new("").await;
    let id = w.rollout("<script>alert(1)</script>").await;
    let path = |format: &str| format!("/v1/rollouts/{id}/report{format}");
    assert_eq!(w.get(&path("")).await.json()["rollout"], Value::from(&*id));
    let text = w.get(&path("?format=md")).await;
    assert_eq!((text.status.as_u16(), text.header("content-type")), (200, "text/markdown; charset=utf-8"));
    assert!(text.text.contains("No signal"), "{text:?}");
    let page = w.get(&path("?format=html")).await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(!page.text.contains("<script"), "{page:?}");
}

#[tokio::test]
async fn the_dashboard_is_for_this_machine_only() {
    let w = World::new("").await;
    let id = w.rollout("<b>bold</b>").await;
    let index = w.send("GET", "/", &[], "").await;
    assert_eq!(index.status, 200, "{index:?}");
    assert!(
        index.text.contains(&format!("http://127.0.0.1:8080/rollouts/{id}")) && !index.text.contains("<b>bold"),
        "{index:?}"
    );
    assert_eq!(w.send("GET", &format!("/rollouts/{id}"), &[], "").await.status, 200);
    let from = |peer: Option<[u8; 4]>, host: &str, more: Option<(&str, &str)>| {
        let mut request = Request::builder().uri("/").header("host", host);
        if let Some((name, value)) = more {
            request = request.header(name, value);
        }
        let mut request = request.body(Body::empty()).unwrap();
        if let Some(peer) = peer {
            request.extensions_mut().insert(ConnectInfo(SocketAddr::from((peer, 4000))));
        }
        request
    };
    let here = [127, 0, 0, 1];
    for request in [
        from(Some([10, 0, 0, 7]), "127.0.0.1:8080", None),
        from(None, "127.0.0.1:8080", None),
        from(Some(here), "rebound.example:8080", None),
        from(Some(here), "127.0.0.1.evil.example", None),
        from(Some(here), "127.0.0.1:8080", Some(("x-forwarded-for", "127.0.0.1"))),
        from(Some(here), "127.0.0.1:8080", Some(("forwarded", "for=127.0.0.1"))),
    ] {
        let shown = format!("{request:?}");
        let answer = w.answer(request).await;
        assert_eq!(answer.fault().0, 403, "{shown}");
        assert!(answer.text.contains("ssh -L"), "{answer:?}");
    }
    assert_eq!(w.answer(from(Some(here), "localhost", None)).await.status, 200);
}

#[tokio::test]
async fn operators_see_whether_it_works() {
    let w = World::new("").await;
    assert_eq!(w.send("GET", "/readyz", &[], "").await.json()["ready"], true);
    w.rollout("a").await;
    let body = br#"{"type": "flag.changed", "data": {"flag": "a", "enabled": true}}"#;
    assert_eq!(w.generic("d-1", body).await.status, 200);
    let metrics = w.send("GET", "/metrics", &[], "").await;
    assert!(metrics.header("content-type").starts_with("application/openmetrics-text"));
    for line in ["hearback_deliveries_waiting 1", "hearback_windows{state=\"open\"} 1", "# EOF"] {
        assert!(metrics.text.contains(line), "{line} in {}", metrics.text);
    }
    // Nobody works on what waits.
    w.clock.advance(11 * crate::time::MINUTE_MS);
    let ready = w.send("GET", "/readyz", &[], "").await;
    assert_eq!(ready.status, 503);
    assert_eq!(
        (&ready.json()["checks"]["database"]["ok"], &ready.json()["checks"]["backlog"]["ok"]),
        (&Value::Bool(true), &Value::Bool(false))
    );
    let kpis = w.get("/v1/kpis").await.json();
    assert_eq!((&kpis["coverage"]["value"], &kpis["coverage"]["whole"]), (&Value::from(1.0), &Value::from(1)));
    assert!(kpis["response_rate"]["why"].as_str().is_some_and(|w| !w.is_empty()));
}
