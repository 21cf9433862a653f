use std::sync::atomic::{AtomicUsize, Ordering};

use hearback::domain::series::{Arm, PullKind};
use hearback::http::RemoteError;
use hearback::pull::{About, Credentials, client};
use hearback::time::MINUTE_MS;
use serde_json::{Value, json};

use super::world::{ABOUT, Ask, HOURS, Reply, World, json, point};

const QUERY: &str = "SELECT toStartOfHour(timestamp) AS hour, count() AS sum FROM events WHERE event = '$feature_flag_called' \
    AND properties.$feature_flag = $flag AND timestamp >= toDateTime($from) AND timestamp < toDateTime($to) GROUP BY hour";

fn rows(columns: &Value, results: &Value) -> Value {
    json!({"columns": columns, "results": results, "hasMore": false, "error": null, "query_status": null})
}

#[tokio::test]
async fn names_go_apart_from_the_query() {
    let world =
        World::start(|_: &Ask| json(&rows(&json!(["hour", "sum"]), &json!([["2026-10-09T10:00:00Z", 12]])))).await;
    let mut settings = world.settings(PullKind::PostHog, QUERY);
    settings.credentials = Credentials::Token("phx_t0ken".into());
    let name = "x' OR 1=1 --";
    let pulled = client(settings).unwrap().pull(About { flag: Some(name), ..ABOUT }, HOURS).await.unwrap();
    assert_eq!(pulled.hours, [point(0, 12.0, 1)]);
    let asked = world.asked();
    assert_eq!((asked[0].method.as_str(), asked[0].path.as_str()), ("POST", "/below/api/projects/7/query/"));
    assert_eq!(asked[0].header("authorization"), Some("Bearer phx_t0ken"));
    let body: Value = serde_json::from_str(&asked[0].body).unwrap();
    assert_eq!(body["query"]["values"], json!({"flag": name, "from": 1_791_540_000, "to": 1_791_547_200}));
    let query = body["query"]["query"].as_str().unwrap();
    assert!(query.contains("properties.$feature_flag = {flag} AND timestamp >= toDateTime({from})"), "{query}");
    assert_eq!((&body["query"]["kind"], &body["refresh"]), (&json!("HogQLQuery"), &json!("blocking")));
}

#[tokio::test]
async fn variants_are_counted() {
    let body = rows(&json!(["variant", "exposed", "events"]), &json!([["on", 120, 30], [null, 5, 0]]));
    let world = World::start(move |_: &Ask| json(&body)).await;
    let pulled = world.client(PullKind::PostHog, "SELECT 1").pull(ABOUT, HOURS).await.unwrap();
    let arm = |variant: Option<&str>, exposed, events| Arm {
        variant: variant.map(ToOwned::to_owned),
        segment: None,
        exposed,
        events,
        negatives: None,
    };
    assert_eq!(pulled.arms, [arm(Some("on"), 120, 30), arm(None, 5, 0)]);
}

#[tokio::test]
async fn a_query_that_takes_longer_is_looked_after() {
    let looks = AtomicUsize::new(0);
    let world = World::start(move |ask: &Ask| {
        let done = looks.fetch_add(1, Ordering::SeqCst) == 3;
        assert_eq!(ask.method.as_str(), if ask.path.ends_with("/query/") { "POST" } else { "GET" });
        let results = rows(&json!(["hour", "sum"]), &json!([[1_791_543_600, 3]]));
        json(&json!({"query_status": {"id": "q1", "complete": done, "error": false, "results": if done { results } else { Value::Null }}}))
    })
    .await;
    let pulled = world.client(PullKind::PostHog, QUERY).pull(ABOUT, HOURS).await.unwrap();
    assert_eq!(pulled.hours, [point(1, 3.0, 1)]);
    let paths: Vec<String> = world.asked().into_iter().map(|a| a.path).collect();
    assert_eq!(paths[1..], ["/below/api/projects/7/query/q1/"; 3]);
}

#[tokio::test]
async fn it_is_asked_once_a_minute_at_most() {
    let world = World::start(|_: &Ask| json(&rows(&json!(["hour", "sum"]), &json!([])))).await;
    let posthog = world.client(PullKind::PostHog, QUERY);
    assert!(posthog.pull(ABOUT, HOURS).await.is_ok());
    world.clock.advance(MINUTE_MS - 20_000);
    let error = posthog.pull(ABOUT, HOURS).await.unwrap_err();
    assert_eq!(error, RemoteError::Wait { ms: 20_000, reason: "usage.shop is asked once a minute".into() });
    world.clock.advance(20_000);
    assert!(posthog.pull(ABOUT, HOURS).await.is_ok());
    assert_eq!((world.asked().len(), posthog.spacing_ms()), (2, MINUTE_MS));
}

#[tokio::test]
async fn what_is_wrong_is_said_with_its_remedy() {
    let never = json!({"query_status": {"id": "q1", "complete": false}});
    let failed =
        json!({"query_status": {"id": "q1", "complete": true, "error": true, "error_message": "out of memory"}});
    let more = json!({"columns": ["hour", "sum"], "results": [], "hasMore": true});
    let detail =
        json!({"type": "validation_error", "code": "illegal", "detail": "no such field: x", "attr": null}).to_string();
    let cases: Vec<(Reply, &str)> = vec![
        ((400, vec![], detail), "refused: usage.shop.query: 400 Bad Request: no such field: x"),
        ((401, vec![], "{}".into()), "the credentials are not taken: usage.shop was refused"),
        ((429, vec![("retry-after", "30")], "{}".into()), "asked to wait 30 seconds"),
        ((429, vec![], "{}".into()), "asked to wait 1 minute"),
        (json(&never), "not done: usage.shop: the query took too long"),
        (json(&failed), "refused: usage.shop.query: out of memory"),
        (json(&json!({"error": "broken"})), "refused: usage.shop.query: broken"),
        (json(&more), "refused: usage.shop.query: there are more rows than its limit"),
        (json(&rows(&json!(["a"]), &json!([[1]]))), "refused: usage.shop.query: expected the columns hour and sum"),
        (
            json(&rows(&json!(["hour", "sum"]), &json!([[1]]))),
            "not done: usage.shop answered 200 OK without a readable",
        ),
    ];
    for (reply, said) in cases {
        let world = World::start(move |_: &Ask| reply.clone()).await;
        let error = world.client(PullKind::PostHog, QUERY).pull(ABOUT, HOURS).await.unwrap_err().to_string();
        assert!(error.starts_with(said), "{error}, not {said}");
    }
}
