//! GitLab after its documentation of the feature flags API.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::world::{Ask, Reply, Shelf, World, look, seen, stock};

/// A flag that everybody gets.
pub fn flag(n: usize) -> Value {
    with_strategies(&format!("flag-{n}"), &json!([strategy("default", &json!({}), &["*"])]))
}

fn with_strategies(name: &str, strategies: &Value) -> Value {
    json!({"name": name, "description": "", "active": true, "version": "new_version_flag", "scopes": [],
        "created_at": "2026-10-09T09:00:00.000Z", "updated_at": "2026-10-09T09:00:00.000Z", "strategies": strategies})
}

fn strategy(name: &str, parameters: &Value, scopes: &[&str]) -> Value {
    let scopes: Vec<Value> = scopes.iter().map(|s| json!({"id": 1, "environment_scope": s})).collect();
    json!({"id": 1, "name": name, "parameters": parameters, "scopes": scopes, "user_list": null})
}

pub fn answer(shelf: &mut Shelf, ask: &Ask) -> Reply {
    if ask.headers.get("private-token").is_none_or(|v| v != "s3cr3t-t0k3n") {
        return Reply::status(401);
    }
    match ask.path.as_str() {
        "/api/v4/projects/acme%2Fshop" | "/api/v4/projects/1" => Reply::json(&json!({
            "id": 1, "path_with_namespace": "acme/shop", "web_url": "https://gitlab.example.com/acme/shop"
        })),
        "/api/v4/projects/acme%2Fshop/feature_flags" | "/api/v4/projects/1/feature_flags" => {
            let (size, page) = (ask.number("per_page").unwrap_or(20), ask.number("page").unwrap_or(1));
            let size = size.min(shelf.page_max);
            let (flags, total) = shelf.page((page - 1) * size, size);
            let next =
                format!("<https://gitlab.example.com{}?page={}&per_page={size}>; rel=\"next\"", ask.path, page + 1);
            let first = format!("<https://gitlab.example.com{}?page=1>; rel=\"first\"", ask.path);
            let links = if page * size < total { format!("{next}, {first}") } else { first };
            Reply::json(&json!(flags)).with("link", &links).with("x-total", &total.to_string())
        }
        _ => Reply::status(404),
    }
}

async fn world(flags: Vec<Value>) -> (World, Arc<Mutex<Shelf>>) {
    let shelf = stock(flags);
    let held = shelf.clone();
    (World::start(move |ask| answer(&mut held.lock().unwrap(), ask)).await, shelf)
}

fn state(environment: Option<&str>, on: bool, shares: &Value) -> Value {
    json!({"platform": "gitlab", "project": "acme/shop", "environment": environment, "flag": "new_checkout", "on": on,
        "shares": shares, "archived": false, "url": "https://gitlab.example.com/acme/shop/-/feature_flags",
        "at": 1_791_540_000_000_i64})
}

#[tokio::test]
async fn a_flag_is_told_for_each_pattern_of_environments_with_its_widest_strategy() {
    let users = strategy("userWithId", &json!({"userIds": "user1"}), &["production"]);
    let half = strategy(
        "flexibleRollout",
        &json!({"groupId": "default", "rollout": "50", "stickiness": "default"}),
        &["production", "staging"],
    );
    let some = strategy("gradualRolloutUserId", &json!({"groupId": "default", "percentage": "60"}), &["*"]);
    let all = strategy("default", &json!({}), &["staging"]);
    for (strategies, wanted) in [
        (json!([]), json!([state(None, false, &json!({}))])),
        (json!([some]), json!([state(None, true, &json!({"": 60.0}))])),
        (json!([users]), json!([state(None, false, &json!({})), state(Some("production"), true, &json!({}))])),
        (
            json!([users, half, all]),
            json!([
                state(None, false, &json!({})),
                state(Some("production"), true, &json!({"": 50.0})),
                state(Some("staging"), true, &json!({"": 100.0})),
            ]),
        ),
        (
            json!([half, some]),
            json!([
                state(None, true, &json!({"": 60.0})),
                state(Some("production"), true, &json!({"": 60.0})),
                state(Some("staging"), true, &json!({"": 60.0})),
            ]),
        ),
    ] {
        let (world, _) = world(vec![with_strategies("new_checkout", &strategies)]).await;
        let told = look(&world.client("gitlab", &["acme/shop"])).await.unwrap();
        assert_eq!(seen(&told), wanted, "{strategies}");
    }
}

#[tokio::test]
async fn a_project_may_be_named_by_its_number_and_is_told_by_its_path() {
    let (world, _) = world(vec![flag(1)]).await;
    let told = look(&world.client("gitlab", &["1"])).await.unwrap();
    assert_eq!(told.seen[0].project.as_deref(), Some("acme/shop"));
    assert_eq!(told.whole, BTreeSet::from(["acme/shop".to_owned()]));
}

#[tokio::test]
async fn a_flag_that_is_switched_off_is_off_everywhere() {
    let mut off = flag(1);
    off["active"] = json!(false);
    off["strategies"] = json!([strategy("default", &json!({}), &["*", "production"])]);
    let (world, _) = world(vec![off]).await;
    let told = look(&world.client("gitlab", &["acme/shop"])).await.unwrap();
    let on: Vec<_> = told.seen.iter().map(|s| (s.environment.as_deref(), s.on)).collect();
    assert_eq!(on, [(None, Some(false)), (Some("production"), Some(false))]);
}
