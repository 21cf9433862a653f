//! The real ones.

use std::collections::BTreeMap;
use std::sync::Arc;

use hearback::domain::series::{Arm, Binding, Hours, PullKind};
use hearback::pull::{About, Credentials, Puller, Settings, client};
use hearback::time::{HOUR_MS, ManualClock, SECOND_MS, UnixMs};

use super::world::{ABOUT, HOURS, TEN, point, settings};
use crate::databases::peer;

/// What `tests/run` says of a peer.
fn facts(variable: &str) -> BTreeMap<String, String> {
    let facts = peer(variable);
    let facts = facts.split_whitespace().filter_map(|f| f.split_once('='));
    facts.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn asked(facts: &BTreeMap<String, String>, kind: PullKind, query: &str) -> Settings {
    settings(&facts["url"].parse().unwrap(), kind, query, &ManualClock::at(TEN))
}

#[tokio::test]
async fn a_real_prometheus_tells_hours_and_takes_every_name() {
    let facts = facts("HEARBACK_TEST_PROMETHEUS");
    let from = UnixMs(facts["from_s"].parse::<i64>().unwrap() * SECOND_MS);
    let hours = Hours { from, to: from.plus(3 * HOUR_MS) };
    let ask = |query: &str| client(asked(&facts, PullKind::Prometheus, query)).unwrap();
    assert_eq!(ask("vector(1)").check().await.unwrap(), "answers PromQL");

    let pulled = ask("max(checkout_errors{flag=\"$flag\"})").pull(ABOUT, hours).await.unwrap();
    let means: Vec<(i64, f64)> = pulled
        .hours
        .iter()
        .map(|p| ((p.hour_ms - from.0) / HOUR_MS, p.sum / f64::from(u32::try_from(p.n).unwrap())))
        .collect();
    assert_eq!(means, [(0, 0.25), (1, 0.5)], "and the third hour holds no number");
    assert!(pulled.hours.iter().all(|p| p.n > 100), "{:?}", pulled.hours);

    let tricky = About { flag: Some("a\"b\\c'd.*"), ..ABOUT };
    let hour = Hours { from, to: from.plus(HOUR_MS) };
    for query in ["sum(tricky{flag=\"$flag\"})", "sum(tricky{flag=~\"$flag\"})", "sum(tricky{flag='$flag'})"] {
        let pulled = ask(query).pull(tricky, hour).await.unwrap();
        let first = &pulled.hours[0];
        assert!((first.sum / f64::from(u32::try_from(first.n).unwrap()) - 7.0).abs() < 1e-9, "{query}: {pulled:?}");
    }
    let injected = About { flag: Some("x\"} or vector(1) or x{flag=\""), ..ABOUT };
    assert_eq!(ask("sum(tricky{flag=\"$flag\"})").pull(injected, hour).await.unwrap().hours, []);

    let error = ask("sum(").pull(ABOUT, hour).await.unwrap_err().to_string();
    assert!(error.starts_with("refused: usage.shop.query:") && error.contains("parse error"), "{error}");
    let error = ask("tricky").pull(ABOUT, hour).await.unwrap_err().to_string();
    assert!(error.contains("expected one series, found 2"), "{error}");
}

async fn fill(facts: &BTreeMap<String, String>, sql: &str) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.post(&facts["url"]).header("x-clickhouse-user", &facts["writer"]);
    let answer = request.header("x-clickhouse-key", &facts["password"]).body(sql.to_owned()).send().await.unwrap();
    let status = answer.status();
    assert!(status.is_success(), "{status}: {}", answer.text().await.unwrap());
}

#[tokio::test]
async fn a_real_clickhouse_tells_hours_and_variants_and_no_name_leaves_its_literal() {
    let facts = facts("HEARBACK_TEST_CLICKHOUSE");
    let nasty = "x' OR '1'='1";
    fill(
        &facts,
        "CREATE TABLE seen (at DateTime, flag String, variant String, person UInt64, errors Float64) ENGINE = Memory",
    )
    .await;
    let row = |minute: i64, flag: &str, variant: &str, person: u64, errors: f64| {
        let at = TEN.0 / SECOND_MS + minute * 60;
        format!("({at}, '{}', '{variant}', {person}, {errors})", flag.replace('\'', "''"))
    };
    let rows = [
        row(0, "new-checkout", "on", 1, 0.5),
        row(1, "new-checkout", "on", 2, 0.0),
        row(61, "new-checkout", "off", 3, 2.0),
        row(2, nasty, "on", 4, 40.0),
        row(200, "new-checkout", "on", 5, 8.0),
    ];
    fill(&facts, &format!("INSERT INTO seen VALUES {}", rows.join(", "))).await;

    let ask = |query: &str, binding: Binding| -> Arc<dyn Puller> {
        let password = facts["password"].as_str().into();
        let credentials = Credentials::Password { user: facts["reader"].clone(), password };
        client(Settings { credentials, binding, ..asked(&facts, PullKind::Sql, query) }).unwrap()
    };
    let series = "SELECT toStartOfHour(at) AS hour, sum(errors) AS sum, count() AS n FROM seen WHERE flag = $flag \
        AND at >= toDateTime($from) AND at < toDateTime($to) GROUP BY hour ORDER BY hour";
    let hourly = ask(series, Binding::Literals);
    assert_eq!(hourly.check().await.unwrap(), "answers SQL");
    assert_eq!(hourly.pull(ABOUT, HOURS).await.unwrap().hours, [point(0, 0.5, 2), point(1, 2.0, 1)]);
    let of_nasty = hourly.pull(About { flag: Some(nasty), ..ABOUT }, HOURS).await.unwrap();
    assert_eq!(of_nasty.hours, [point(0, 40.0, 1)], "its own row, and no other");
    for name in ["'", "''", "' --", "'; DROP TABLE seen --", "new-checkout' OR 1 = 1 OR '", "{flag:String}", "ключ"]
    {
        assert_eq!(hourly.pull(About { flag: Some(name), ..ABOUT }, HOURS).await.unwrap().hours, [], "{name}");
    }

    let counts = "SELECT variant, uniq(person) AS exposed, countIf(errors > 0) AS events FROM seen WHERE flag = $flag \
        AND at < toDateTime($to) GROUP BY variant ORDER BY variant";
    let pulled = ask(counts, Binding::Literals).pull(ABOUT, HOURS).await.unwrap();
    let arm = |variant: &str, exposed, events| Arm {
        variant: Some(variant.into()),
        segment: None,
        exposed,
        events,
        negatives: None,
    };
    assert_eq!(pulled.arms, [arm("off", 1, 1), arm("on", 2, 1)]);

    // Debian's server is older than parameters.
    let error = ask(series, Binding::Params).pull(ABOUT, HOURS).await.unwrap_err().to_string();
    assert!(error.contains("set usage.shop.binding = \"literals\""), "{error}");
    let error = ask("SELECT * FROM nowhere", Binding::Literals).pull(ABOUT, HOURS).await.unwrap_err().to_string();
    assert!(error.contains("nowhere"), "{error}");
    let wrong = Credentials::Password { user: facts["reader"].clone(), password: "wrong".into() };
    let stranger =
        client(Settings { credentials: wrong, binding: Binding::Literals, ..asked(&facts, PullKind::Sql, "SELECT 1") });
    assert!(stranger.unwrap().check().await.unwrap_err().to_string().contains("usage.shop.token"));
}
