//! Flipt 1 after its documentation.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use hearback::domain::flag_state::FlagState;
use serde_json::{Value, json};

use super::world::{Ask, Reply, Shelf, World, look, seen, stock};

/// A boolean flag that 10 % get.
pub fn flag(n: usize) -> Value {
    boolean(&format!("flag-{n}"), false)
}

fn boolean(key: &str, enabled: bool) -> Value {
    json!({"key": key, "name": "A flag", "description": "", "enabled": enabled, "type": "BOOLEAN_FLAG_TYPE",
        "createdAt": "2026-10-09T09:00:00Z", "updatedAt": "2026-10-09T09:00:00Z", "namespaceKey": "default",
        "variants": [], "defaultVariant": null})
}

pub fn answer(shelf: &mut Shelf, ask: &Ask) -> Reply {
    let threshold = json!({"id": "r1", "rank": 1, "type": "THRESHOLD_ROLLOUT_TYPE",
        "threshold": {"percentage": 10.0, "value": true}});
    answer_with(shelf, ask, &[threshold])
}

fn answer_with(shelf: &mut Shelf, ask: &Ask, rollouts: &[Value]) -> Reply {
    if ask.headers.get("authorization").is_none_or(|v| v != "Bearer s3cr3t-t0k3n") {
        return Reply::status(401);
    }
    let path = ask.below("/api/v1/namespaces/default/").unwrap_or_default();
    let limit = ask.number("limit").unwrap_or(1000).min(shelf.page_max);
    let offset = ask.number("pageToken").unwrap_or(0);
    // A token is opaque; here it happens to be where the page begins.
    let token = |total: usize| if offset + limit < total { (offset + limit).to_string() } else { String::new() };
    match path.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["flags"] => {
            let (flags, total) = shelf.page(offset, limit);
            Reply::json(&json!({"flags": flags, "nextPageToken": token(total), "totalCount": total}))
        }
        ["flags", _, "rollouts"] => {
            let page: Vec<&Value> = rollouts.iter().skip(offset).take(limit).collect();
            let total = rollouts.len();
            Reply::json(&json!({"rules": page, "nextPageToken": token(total), "totalCount": total}))
        }
        _ => Reply::status(404),
    }
}

async fn world(flags: Vec<Value>, rollouts: Vec<Value>) -> (World, Arc<Mutex<Shelf>>) {
    let shelf = stock(flags);
    let held = shelf.clone();
    (World::start(move |ask| answer_with(&mut held.lock().unwrap(), ask, &rollouts)).await, shelf)
}

fn threshold(id: &str, rank: i64, percentage: f64, value: bool) -> Value {
    json!({"id": id, "rank": rank, "type": "THRESHOLD_ROLLOUT_TYPE",
        "threshold": {"percentage": percentage, "value": value}})
}

fn segment(id: &str, rank: i64) -> Value {
    json!({"id": id, "rank": rank, "type": "SEGMENT_ROLLOUT_TYPE", "segment": {"segmentKey": "beta", "value": true}})
}

#[tokio::test]
async fn a_boolean_flag_is_always_on_and_its_default_is_a_share() {
    let rollouts = vec![segment("s", 1), threshold("t", 2, 50.0, true)];
    let (world, _) = world(vec![boolean("new_checkout", false)], rollouts).await;
    let told = look(&world.client("flipt", &[])).await.unwrap();
    let url = format!("{}#/namespaces/default/flags/new_checkout", world.url());
    assert_eq!(
        seen(&told),
        json!([{"platform": "flipt", "project": "default", "environment": null, "flag": "new_checkout", "on": true,
            "shares": {"*": 0.0, "t": 50.0}, "archived": false, "url": url, "at": 1_791_540_000_000_i64}])
    );
}

#[tokio::test]
async fn thresholds_take_the_same_customers_first() {
    for (enabled, rollouts, reached) in [
        (false, vec![], 0.0),
        (true, vec![], 100.0),
        (false, vec![threshold("a", 1, 20.0, true), threshold("b", 2, 50.0, true)], 50.0),
        // 20 % are taken before the half comes.
        (false, vec![threshold("a", 1, 20.0, false), threshold("b", 2, 50.0, true)], 30.0),
        (true, vec![threshold("a", 1, 20.0, false)], 80.0),
        // The rank counts, not the place in the list.
        (true, vec![threshold("b", 2, 100.0, true), threshold("a", 1, 20.0, false)], 80.0),
        (
            false,
            vec![threshold("a", 1, 20.0, true), threshold("b", 2, 60.0, false), threshold("c", 3, 90.0, true)],
            50.0,
        ),
        (true, vec![threshold("a", 1, 30.0, true), threshold("b", 2, 50.0, false)], 80.0),
    ] {
        let (world, shelf) = world(vec![boolean("new_checkout", enabled)], rollouts.clone()).await;
        shelf.lock().unwrap().page_max = 2;
        let told = look(&world.client("flipt", &["default"])).await.unwrap();
        let shares: BTreeMap<String, f64> = told.seen[0].shares.clone();
        let state = FlagState { on: told.seen[0].on, shares, ..FlagState::default() };
        assert_eq!(state.percent(), Some(reached), "{rollouts:?}");
    }
}

#[tokio::test]
async fn a_flag_with_variants_is_told_by_its_default_alone() {
    let mut variants = boolean("colour", true);
    variants["type"] = json!("VARIANT_FLAG_TYPE");
    let (world, _) = world(vec![variants], vec![threshold("t", 1, 50.0, true)]).await;
    let told = look(&world.client("flipt", &["default"])).await.unwrap();
    assert_eq!(serde_json::to_value(&told.seen[0].shares).unwrap(), json!({"*": 100.0}));
    assert!(world.asked().iter().all(|ask| !ask.path.ends_with("/rollouts")));
}
