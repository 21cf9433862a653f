//! Flagsmith after the views and serializers of Flagsmith/flagsmith.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::world::{Ask, Reply, Shelf, World, look, seen, stock};

/// A feature that is on.
pub fn flag(n: usize) -> Value {
    json!({
        "id": n, "name": format!("flag-{n}"), "type": "STANDARD", "is_archived": false, "multivariate_options": [],
        "environment_feature_state": {"id": n, "feature_state_value": null, "environment": 23, "enabled": true}
    })
}

pub fn answer(shelf: &mut Shelf, ask: &Ask) -> Reply {
    if ask.headers.get("authorization").is_none_or(|v| v != "Api-Key s3cr3t-t0k3n") {
        return Reply::status(401);
    }
    let path = ask.below("/api/v1/").unwrap_or_default();
    let page = ask.number("page").unwrap_or(1);
    let list = |results: Value, count: usize, more: bool| {
        // The next page's address is the one behind the proxy.
        let next = more.then_some("http://10.0.0.7:8000/api/v1/?page=2");
        Reply::json(&json!({"count": count, "next": next, "previous": null, "results": results}))
    };
    match path.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["projects", ""] => Reply::json(&json!([
            {"id": 12, "name": "Shop", "organisation": 3}, {"id": 13, "name": "Backoffice", "organisation": 3}
        ])),
        ["environments", ""] if ask.param("project") == Some("12") => {
            let environment = json!({"id": 23, "name": "Production", "api_key": "ser.23", "project": 12});
            list(json!([environment]), 1, false)
        }
        ["environments", ""] => list(json!([]), 0, false),
        ["projects", "12", "features", ""] if ask.param("environment") == Some("23") => {
            let size = ask.number("page_size").unwrap_or(999).min(shelf.page_max);
            let (results, count) = shelf.page((page - 1) * size, size);
            let more = page * size < count;
            list(json!(results), count, more)
        }
        ["environments", "ser.23", "featurestates", ""] => {
            let feature = ask.number("feature").unwrap();
            let shares = json!([
                {"id": 1, "multivariate_feature_option": 10, "percentage_allocation": 50.0},
                {"id": 2, "multivariate_feature_option": 11, "percentage_allocation": 12.5}
            ]);
            list(
                json!([{"id": 99, "feature": feature, "enabled": true, "environment": 23, "identity": null,
                "feature_segment": null, "multivariate_feature_state_values": shares}]),
                1,
                false,
            )
        }
        _ => Reply::status(404),
    }
}

async fn world(flags: Vec<Value>) -> (World, Arc<Mutex<Shelf>>) {
    let shelf = stock(flags);
    let held = shelf.clone();
    (World::start(move |ask| answer(&mut held.lock().unwrap(), ask)).await, shelf)
}

fn state(flag: &str, on: bool, share: f64) -> Value {
    json!({"platform": "flagsmith", "project": "Shop", "environment": "Production", "flag": flag, "on": on,
        "shares": {"": share}, "archived": false, "at": 1_791_540_000_000_i64})
}

#[tokio::test]
async fn a_feature_is_told_by_names_and_with_the_shares_of_its_variants() {
    let mut off = flag(2);
    off["environment_feature_state"]["enabled"] = json!(false);
    // What is put away is delivered as before.
    off["is_archived"] = json!(true);
    let mut many = flag(3);
    many["type"] = json!("MULTIVARIATE");
    many["multivariate_options"] = json!([
        {"id": 10, "type": "unicode", "string_value": "blue", "integer_value": null, "boolean_value": null},
        {"id": 11, "type": "int", "string_value": null, "integer_value": 7, "boolean_value": null}
    ]);
    let mut unmade = flag(4);
    unmade["environment_feature_state"] = json!(null);
    let (world, _) = world(vec![flag(1), off, many, unmade]).await;
    let told = look(&world.client("flagsmith", &[])).await.unwrap();
    let mut of_many = state("flag-3", true, 62.5);
    of_many["variants"] = json!([
        {"name": "blue", "percent": 50.0}, {"name": "7", "percent": 12.5}, {"name": "control", "percent": 37.5}
    ]);
    assert_eq!(seen(&told), json!([state("flag-1", true, 100.0), state("flag-2", false, 100.0), of_many]));
    assert_eq!(told.whole, BTreeSet::from(["Shop".to_owned()]), "of the other one there is no environment");
}

#[tokio::test]
async fn a_project_is_named_by_its_id_or_its_name_and_a_missing_one_hides_no_other() {
    for named in ["12", "Shop"] {
        let (world, _) = world(vec![flag(1)]).await;
        let told = look(&world.client("flagsmith", &[named, "Nowhere"])).await.unwrap();
        assert_eq!(seen(&told), json!([state("flag-1", true, 100.0)]), "{named}");
    }
    let (world, _) = world(vec![flag(1)]).await;
    let error = look(&world.client("flagsmith", &["Nowhere"])).await.unwrap_err().to_string();
    assert!(error.contains("the project Nowhere") && error.contains("sources.flagsmith.projects"), "{error}");
}
