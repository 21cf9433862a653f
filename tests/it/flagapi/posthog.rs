//! PostHog after its API documentation.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::world::{Ask, Reply, Shelf, World, look, seen, stock};

/// A flag that 10 % get.
pub fn flag(n: usize) -> Value {
    with_filters(n, &json!({"groups": [{"properties": [], "rollout_percentage": 10}], "multivariate": null}))
}

fn with_filters(n: usize, filters: &Value) -> Value {
    json!({"id": n, "name": "", "key": format!("flag-{n}"), "filters": filters, "deleted": false, "active": true})
}

pub fn answer(shelf: &mut Shelf, ask: &Ask) -> Reply {
    if ask.headers.get("authorization").is_none_or(|v| v != "Bearer s3cr3t-t0k3n") {
        return Reply::status(401);
    }
    if ask.path != "/api/projects/1/feature_flags/" {
        return Reply::status(404);
    }
    let (limit, offset) = (ask.number("limit").unwrap_or(100), ask.number("offset").unwrap_or(0));
    let (results, count) = shelf.page(offset, limit);
    let next =
        (offset + results.len() < count).then_some("http://posthog-web:8000/api/projects/1/feature_flags/?offset=1");
    Reply::json(&json!({"count": count, "next": next, "previous": null, "results": results}))
}

async fn world(flags: Vec<Value>) -> (World, Arc<Mutex<Shelf>>) {
    let shelf = stock(flags);
    let held = shelf.clone();
    (World::start(move |ask| answer(&mut held.lock().unwrap(), ask)).await, shelf)
}

#[tokio::test]
async fn a_flag_reaches_as_many_as_its_widest_condition_set() {
    let share = |p: Value| json!({"properties": [], "rollout_percentage": p});
    for (groups, shares) in [
        (json!([share(json!(10)), share(json!(25.5))]), json!({"": 25.5})),
        (json!([share(json!(10)), share(json!(null))]), json!({"": 100.0})),
        (json!([share(json!("50"))]), json!({"": 50.0})),
        (json!([share(json!(10)), share(json!("many"))]), json!({})),
        (json!([]), json!({"": 0.0})),
        (json!(null), json!({})),
    ] {
        let (world, _) = world(vec![with_filters(7, &json!({"groups": groups}))]).await;
        let told = look(&world.client("posthog", &["1"])).await.unwrap();
        let wanted = json!([{"platform": "posthog", "project": "1", "environment": null, "flag": "flag-7", "on": true,
            "shares": shares, "archived": false, "url": format!("{}project/1/feature_flags/7", world.url()),
            "at": 1_791_540_000_000_i64}]);
        assert_eq!(seen(&told), wanted, "{groups}");
    }
}

#[tokio::test]
async fn variants_are_told_and_what_is_deleted_is_not() {
    let variants = json!([{"key": "control", "rollout_percentage": 50}, {"key": "blue", "rollout_percentage": 50}]);
    let mut gone = flag(2);
    gone["deleted"] = json!(true);
    let many = with_filters(1, &json!({"groups": [{}], "multivariate": {"variants": variants}}));
    let (world, _) = world(vec![many, gone]).await;
    let told = look(&world.client("posthog", &["1"])).await.unwrap();
    assert_eq!(told.seen.len(), 1);
    assert_eq!(
        serde_json::to_value(&told.seen[0].variants).unwrap(),
        json!([{"name": "control", "percent": 50.0}, {"name": "blue", "percent": 50.0}])
    );
}
