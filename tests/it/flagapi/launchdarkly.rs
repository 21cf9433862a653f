//! LaunchDarkly after its `OpenAPI` description, version 20240415 of the API.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::world::{Ask, Reply, Shelf, TOKEN, World, look, seen, stock};

/// A flag that is on in production for 10 %.
pub fn flag(n: usize) -> Value {
    let weights = json!([{"variation": 0, "weight": 10_000}, {"variation": 1, "weight": 90_000}]);
    json!({
        "key": format!("flag-{n}"), "name": "A flag", "archived": false, "_version": 7,
        "variations": [{"_id": "a", "value": true}, {"_id": "b", "value": false}],
        "environments": {"production": {
            "on": true, "archived": false, "offVariation": 1, "fallthrough": {"rollout": {"variations": weights}},
            "rules": [], "targets": [], "_site": {"href": format!("/shop/production/features/flag-{n}")}
        }}
    })
}

/// Environments of the project, the critical one last.
const ENVIRONMENTS: &[&str] = &["test", "staging", "eu", "production"];

pub fn answer(shelf: &mut Shelf, ask: &Ask) -> Reply {
    let shown = |name: &str| ask.headers.get(name).and_then(|v| v.to_str().ok());
    if shown("authorization") != Some(TOKEN) || shown("ld-api-version") != Some("20240415") {
        return Reply::status(401);
    }
    let (limit, offset) = (ask.number("limit").unwrap_or(20), ask.number("offset").unwrap_or(0));
    let part = |all: Vec<Value>| -> Vec<Value> { all.into_iter().skip(offset).take(limit).collect() };
    let path = ask.below("/api/v2/").unwrap_or_default();
    match path.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["projects"] => Reply::json(&json!({"items": part(vec![json!({"key": "shop"})]), "totalCount": 1})),
        ["projects", "shop", "environments"] => {
            let all = ENVIRONMENTS.iter().map(|key| json!({"key": key, "critical": *key == "production"}));
            Reply::json(&json!({"items": part(all.collect()), "totalCount": ENVIRONMENTS.len()}))
        }
        ["flags", "shop"] => {
            let wanted: BTreeSet<&str> =
                ask.query.iter().filter(|(n, _)| n == "env").map(|(_, v)| v.as_str()).collect();
            if wanted.is_empty() || wanted.len() > 3 || limit > 100 || ask.param("summary") != Some("0") {
                return Reply::status(400);
            }
            let (mut items, total) = shelf.page(offset, limit);
            for flag in &mut items {
                flag["environments"].as_object_mut().unwrap().retain(|e, _| wanted.contains(e.as_str()));
            }
            Reply::json(&json!({"items": items, "totalCount": total}))
        }
        _ => Reply::status(404),
    }
}

async fn world(flags: Vec<Value>) -> (World, Arc<Mutex<Shelf>>) {
    let shelf = stock(flags);
    let held = shelf.clone();
    (World::start(move |ask| answer(&mut held.lock().unwrap(), ask)).await, shelf)
}

#[tokio::test]
async fn the_critical_environment_is_asked_for_first_and_three_at_a_time() {
    let (world, _) = world(vec![flag(1)]).await;
    let told = look(&world.client("launchdarkly", &["shop"])).await.unwrap();
    assert_eq!(told.whole, BTreeSet::from(["shop".to_owned()]));
    let asked = world.asked();
    let environments: Vec<Vec<&str>> = asked
        .iter()
        .filter(|ask| ask.path.ends_with("/flags/shop"))
        .map(|ask| ask.query.iter().filter(|(n, _)| n == "env").map(|(_, v)| v.as_str()).collect())
        .collect();
    assert_eq!(environments, [vec!["production", "test", "staging"], vec!["eu"]]);
}

#[tokio::test]
async fn a_flag_is_told_as_it_is_in_each_environment() {
    let documented = json!({
        "key": "my-flag", "archived": false, "variations": [{"value": "a", "name": "Blue"}, {"value": "b"}],
        "environments": {
            "test": {"on": false, "offVariation": 1, "fallthrough": {"variation": 0},
                "_site": {"href": "/shop/test/features/my-flag"}},
            "staging": {"on": true, "offVariation": 1, "fallthrough": {"variation": 1}},
            "eu": {"on": true, "offVariation": 1, "fallthrough": {"variation": 1}, "rules": [{"variation": 0}]},
            "production": {"on": true, "offVariation": 1, "fallthrough": {"rollout": {"variations": [
                {"variation": 0, "weight": 12500}, {"variation": 1, "weight": 87500}]}}}
        }
    });
    let put_away = json!({"key": "old", "archived": true, "environments": {"production": {"on": true}}});
    let (world, _) = world(vec![documented, put_away]).await;
    let told = look(&world.client("launchdarkly", &[])).await.unwrap();
    let state = |environment: &str, on: bool| {
        json!({"platform": "launchdarkly", "project": "shop", "environment": environment, "flag": "my-flag", "on": on,
            "shares": {}, "archived": false, "at": 1_791_540_000_000_i64})
    };
    let with = |mut state: Value, share: f64, variants: Value| {
        state["shares"] = json!({"": share});
        state["variants"] = variants;
        state
    };
    let everybody = |name: &str| json!([{"name": name, "percent": 100.0}]);
    let mut test = with(state("test", false), 100.0, everybody("Blue"));
    test["url"] = json!(format!("{}shop/test/features/my-flag", world.url()));
    let mut eu = state("eu", true);
    eu["variants"] = everybody("b");
    assert_eq!(
        seen(&told),
        json!([
            with(
                state("production", true),
                12.5,
                json!([{"name": "Blue", "percent": 12.5}, {"name": "b", "percent": 87.5}])
            ),
            test,
            with(state("staging", true), 0.0, everybody("b")),
            eu,
        ])
    );
}

#[tokio::test]
async fn a_limit_that_is_renewed_soon_is_waited_for_within_the_look() {
    let shelf = stock(vec![flag(1)]);
    let world = World::start(move |ask| {
        let reply = answer(&mut shelf.lock().unwrap(), ask);
        // In a tenth of a second by the platform's clock.
        let reset = "1791540000100";
        if ask.path.ends_with("/environments") {
            return reply.with("x-ratelimit-route-remaining", "0").with("x-ratelimit-reset", reset);
        }
        reply
    })
    .await;
    let told = look(&world.client("launchdarkly", &["shop"])).await.unwrap();
    assert_eq!(told.seen.len(), 1);
}

#[tokio::test]
async fn a_limit_that_is_renewed_late_ends_the_look() {
    let shelf = stock(vec![flag(1)]);
    let world = World::start(move |ask| {
        let reply = answer(&mut shelf.lock().unwrap(), ask);
        reply.with("x-ratelimit-global-remaining", "0").with("x-ratelimit-reset", "1791540040000")
    })
    .await;
    let api = world.client("launchdarkly", &["shop"]);
    let error = look(&api).await.unwrap_err().to_string();
    assert_eq!(error, "asked to wait 40 seconds: launchdarkly says that its limit is used up");
    assert_eq!(world.asked().len(), 1);
    world.clock.advance(20_000);
    assert!(look(&api).await.unwrap_err().to_string().contains("20 seconds"), "and asks nothing before");
    assert_eq!(world.asked().len(), 0);
}
