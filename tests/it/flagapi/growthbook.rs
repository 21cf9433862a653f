//! GrowthBook after `listFeatures.ts` and `getApiFeatureObj` of growthbook/growthbook.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::world::{Ask, Reply, Shelf, World, look, seen, stock};

/// A boolean feature that 10 % get.
pub fn flag(n: usize) -> Value {
    feature(
        &format!("flag-{n}"),
        "shop",
        &json!([
            {"id": "fr_1", "type": "rollout", "enabled": true, "condition": "", "value": "true", "coverage": 0.1}
        ]),
    )
}

fn feature(id: &str, project: &str, rules: &Value) -> Value {
    json!({
        "id": id, "archived": false, "project": project, "valueType": "boolean", "defaultValue": "false", "tags": [],
        "environments": {"production": {"enabled": true, "defaultValue": "false", "rules": rules}}
    })
}

pub fn answer(shelf: &mut Shelf, ask: &Ask) -> Reply {
    if ask.headers.get("authorization").is_none_or(|v| v != "Bearer s3cr3t-t0k3n") {
        return Reply::status(401);
    }
    if ask.path != "/api/v1/features" {
        return Reply::status(404);
    }
    let (limit, offset) = (ask.number("limit").unwrap_or(10), ask.number("offset").unwrap_or(0));
    if limit > 100 {
        return Reply::status(400);
    }
    let (mut features, total) = shelf.page(offset, limit);
    features.retain(|f| ask.param("projectId").is_none_or(|p| f["project"] == p));
    let more = offset + limit.min(shelf.page_max) < total;
    Reply::json(&json!({"features": features, "limit": limit, "offset": offset, "count": features.len(),
        "total": total, "hasMore": more, "nextOffset": more.then_some(offset + limit)}))
}

async fn world(flags: Vec<Value>) -> (World, Arc<Mutex<Shelf>>) {
    let shelf = stock(flags);
    let held = shelf.clone();
    (World::start(move |ask| answer(&mut held.lock().unwrap(), ask)).await, shelf)
}

fn state(flag: &str, project: Option<&str>, shares: &Value) -> Value {
    json!({"platform": "growthbook", "project": project, "environment": "production", "flag": flag, "on": true,
        "shares": shares, "archived": false, "at": 1_791_540_000_000_i64})
}

#[tokio::test]
async fn a_feature_reaches_as_many_as_its_widest_rule_gives_something_else_than_its_default() {
    let rule = |kind: &str, more: Value| {
        let mut rule = json!({"type": kind, "enabled": true, "condition": "", "value": "true"});
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        rule
    };
    for (rules, shares) in [
        (json!([]), json!({"": 0.0})),
        (json!([rule("rollout", json!({"coverage": 0.29}))]), json!({"": 29.0})),
        (json!([rule("rollout", json!({"coverage": 0.5, "enabled": false}))]), json!({"": 0.0})),
        (json!([rule("force", json!({}))]), json!({"": 100.0})),
        (json!([rule("force", json!({"condition": "{\"id\": 1}"}))]), json!({})),
        (
            json!([rule("force", json!({"value": "false"})), rule("rollout", json!({"coverage": 0.5}))]),
            json!({"": 0.0}),
        ),
        (json!([rule("safe-rollout", json!({"variationValue": "true", "controlValue": "false"}))]), json!({})),
    ] {
        let (world, _) = world(vec![feature("new-checkout", "", &rules)]).await;
        let told = look(&world.client("growthbook", &[])).await.unwrap();
        assert_eq!(seen(&told), json!([state("new-checkout", None, &shares)]), "{rules}");
        assert_eq!(told.whole, BTreeSet::from([String::new()]), "those of no project are all here");
    }
}

#[tokio::test]
async fn what_is_put_away_is_told_so_and_projects_are_kept_apart() {
    let mut old = flag(1);
    old["archived"] = json!(true);
    let (world, _) = world(vec![old, feature("other", "prj_2", &json!([]))]).await;
    let told = look(&world.client("growthbook", &["shop"])).await.unwrap();
    let mut wanted = state("flag-1", Some("shop"), &json!({"": 10.0}));
    wanted["archived"] = json!(true);
    assert_eq!(seen(&told), json!([wanted]));
    let all = look(&world.client("growthbook", &[])).await.unwrap();
    assert_eq!(all.whole, BTreeSet::from(["shop".to_owned(), "prj_2".to_owned()]));
}
