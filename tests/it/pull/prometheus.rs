use hearback::domain::series::{Hours, PullKind};
use hearback::http::RemoteError;
use hearback::pull::{About, Credentials, client};
use hearback::time::DAY_MS;
use serde_json::{Value, json};

use super::world::{ABOUT, Ask, HOURS, Reply, TEN, World, json, point};

const QUERY: &str = r#"max(errors{flag="$flag", env="$environment"}[$step])"#;

fn matrix(result: &Value) -> Reply {
    json(&json!({"status": "success", "data": {"resultType": "matrix", "result": result}}))
}

#[tokio::test]
async fn samples_are_added_up_by_the_hour_and_nan_is_none() {
    let world = World::start(|_: &Ask| {
        matrix(&json!([{"metric": {}, "values": [
            [1_791_540_000, "1"], [1_791_540_015.5, "2.5"], [1_791_540_030, "NaN"], [1_791_540_045, "+Inf"],
            [1_791_543_600, "4"], [1_791_547_200, "100"], [1_791_539_999, "100"],
        ]}]))
    })
    .await;
    let pulled = world.client(PullKind::Prometheus, QUERY).pull(ABOUT, HOURS).await.unwrap();
    assert_eq!(pulled.hours, [point(0, 3.5, 2), point(1, 4.0, 1)]);
    let asked = world.asked();
    assert_eq!((asked[0].method.as_str(), asked[0].path.as_str()), ("POST", "/below/api/v1/query_range"));
    assert_eq!(asked[0].form("query").unwrap(), r#"max(errors{flag="new-checkout", env="production"}[15s])"#);
    for (name, value) in [("start", "1791540000"), ("end", "1791547199"), ("step", "15")] {
        assert_eq!(asked[0].form(name).as_deref(), Some(value), "{name}");
    }
}

#[tokio::test]
async fn a_flags_name_stays_a_label_whatever_it_holds() {
    let world = World::start(|_: &Ask| matrix(&json!([]))).await;
    let about = About { flag: Some("x\"} or vector(1) or {a=\"\\\n"), ..ABOUT };
    let pulled =
        world.client(PullKind::Prometheus, "max(e{flag=\"$flag\", f=~\"$flag\"})").pull(about, HOURS).await.unwrap();
    assert_eq!(pulled.hours, []);
    let query = world.asked()[0].form("query").unwrap();
    assert_eq!(
        query,
        r#"max(e{flag="x\x22} or vector(1) or {a=\x22\\\n", f=~"x\x22\\} or vector\\(1\\) or \\{a=\x22\\\\\n"})"#
    );
}

#[tokio::test]
async fn a_week_is_asked_for_in_no_more_than_five_hundred_steps() {
    let world = World::start(|_: &Ask| matrix(&json!([]))).await;
    let week = Hours { from: TEN.plus(-7 * DAY_MS), to: TEN };
    world.client(PullKind::Prometheus, QUERY).pull(ABOUT, week).await.unwrap();
    assert_eq!(world.asked()[0].form("step").as_deref(), Some("1210"));
}

#[tokio::test]
async fn who_asks_is_shown_as_the_settings_say() {
    let world =
        World::start(|_: &Ask| json(&json!({"status": "success", "data": {"resultType": "vector", "result": []}})))
            .await;
    let password = Credentials::Password { user: "shop".into(), password: "pass".into() };
    for (credentials, shown) in [
        (Credentials::None, None),
        (Credentials::Token("t0ken".into()), Some("Bearer t0ken")),
        (password, Some("Basic c2hvcDpwYXNz")),
    ] {
        let mut settings = world.settings(PullKind::Prometheus, QUERY);
        settings.credentials = credentials;
        settings.headers.insert("X-Scope-OrgID".into(), "tenant-1".into());
        assert_eq!(client(settings).unwrap().check().await.unwrap(), "answers PromQL");
        let asked = world.asked();
        assert_eq!((asked[0].header("authorization"), asked[0].header("x-scope-orgid")), (shown, Some("tenant-1")));
        assert_eq!(asked[0].path, "/below/api/v1/query");
    }
}

#[tokio::test]
async fn warnings_are_passed_on_and_an_error_with_data_is_an_error() {
    let body =
        json!({"status": "success", "warnings": ["slow\nstore"], "data": {"resultType": "matrix", "result": []}});
    let world = World::start(move |_: &Ask| json(&body)).await;
    let pulled = world.client(PullKind::Prometheus, QUERY).pull(ABOUT, HOURS).await.unwrap();
    assert_eq!(pulled.warnings, ["slow store"]);
    let data = json!({"resultType": "matrix", "result": [{"metric": {}, "values": [[1_791_540_000, "1"]]}]});
    let body = json!({"status": "error", "errorType": "execution", "error": "too many samples", "data": data});
    let world = World::start(move |_: &Ask| (422, vec![], body.to_string())).await;
    let error = world.client(PullKind::Prometheus, QUERY).pull(ABOUT, HOURS).await.unwrap_err();
    assert_eq!(error, RemoteError::Refused { problem: "usage.shop.query: too many samples".into() });
}

#[tokio::test]
async fn what_is_wrong_is_said_with_its_remedy() {
    let several = json!([{"metric": {"a": "1"}, "values": []}, {"metric": {"a": "2"}, "values": []}]);
    let histogram = json!([{"metric": {}, "histograms": [[1, {"count": "1", "sum": "1"}]]}]);
    let error = |kind: &str| json!({"status": "error", "errorType": kind, "error": "words"}).to_string();
    let cases: Vec<(Reply, &str)> = vec![
        (matrix(&several), "refused: usage.shop.query: expected one series, found 2: put sum(…)"),
        (matrix(&histogram), "refused: usage.shop.query: it gives histograms"),
        (
            json(&json!({"status": "success", "data": {"resultType": "scalar", "result": [1, "1"]}})),
            "refused: usage.shop.query: expected one that gives a number over time, this gives a scalar",
        ),
        ((400, vec![], error("bad_data")), "refused: usage.shop.query: words"),
        ((503, vec![], error("timeout")), "not done: usage.shop could not answer: words"),
        (
            (401, vec![], "no".into()),
            "the credentials are not taken: usage.shop was refused (401 Unauthorized): set usage.shop.token",
        ),
        ((429, vec![("retry-after", "7")], String::new()), "asked to wait 7 seconds"),
        ((404, vec![], "<html>".into()), "not there: nothing answers such questions at usage.shop.address"),
        ((302, vec![("location", "/login")], String::new()), "refused: it redirects: set usage.shop.address"),
        ((502, vec![], "<html>".into()), "not done: usage.shop answered 502 Bad Gateway"),
        (
            (200, vec![], "<html>".into()),
            "not done: usage.shop answered 200 OK without a readable document: is usage.shop.address right?",
        ),
    ];
    for (reply, said) in cases {
        let world = World::start(move |_: &Ask| reply.clone()).await;
        let error = world.client(PullKind::Prometheus, QUERY).pull(ABOUT, HOURS).await.unwrap_err().to_string();
        assert!(error.starts_with(said), "{error}, not {said}");
    }
    let world = World::start(|_: &Ask| matrix(&json!([]))).await;
    let nameless = About { flag: None, ..ABOUT };
    let error = world.client(PullKind::Prometheus, QUERY).pull(nameless, HOURS).await.unwrap_err().to_string();
    assert_eq!(error, "refused: the query names $flag, and this rollout has none");
    let spliced = client(world.settings(PullKind::Prometheus, "sum($flag)")).unwrap_err().to_string();
    assert!(spliced.starts_with("usage.shop.query: $flag stands outside of quotes"), "{spliced}");
    assert_eq!(world.asked().len(), 0);
}
