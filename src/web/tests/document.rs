//! The `OpenAPI` document tells what is there, and what is there is in it.

use std::collections::BTreeSet;

use super::*;
use crate::web::{OPENAPI, operating, working};

fn document() -> Value {
    serde_json::from_str(OPENAPI).unwrap()
}

/// A schema of the document with everything that it refers to.
fn validator(schema: &Value) -> jsonschema::Validator {
    let whole = serde_json::json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "allOf": [schema],
        "components": document()["components"],
    });
    jsonschema::validator_for(&whole).unwrap()
}

/// What is wrong with a value by a schema.
fn faults(schema: &Value, value: &Value) -> Vec<String> {
    validator(schema).iter_errors(value).map(|e| format!("{}: {e}", e.instance_path())).collect()
}

#[tokio::test]
async fn routes_and_document_name_the_same_paths_and_methods() {
    let w = World::new("").await;
    let document = document();
    let told: BTreeSet<&str> = document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    let routes: BTreeSet<&str> = working(true).iter().chain(&operating()).map(|(path, _)| *path).collect();
    assert_eq!(routes, told);
    for path in routes {
        let methods: BTreeSet<String> = document["paths"][path]
            .as_object()
            .unwrap()
            .keys()
            .filter(|k| *k != "parameters")
            .map(|k| k.to_uppercase())
            .collect();
        let concrete = path
            .replace("{id}", "ro_a")
            .replace("{theme}", "th_a")
            .replace("{source}", "github")
            .replace("{connection}", "a");
        let allow = w.send("TRACE", &concrete, &[], "").await.header("allow").to_owned();
        let answered: BTreeSet<String> = allow.split(',').filter(|m| *m != "HEAD").map(ToOwned::to_owned).collect();
        assert_eq!(answered, methods, "{path}");
    }
}

#[test]
fn examples_are_what_their_schemas_say() {
    fn walk(node: &Value, place: &str, seen: &mut usize) {
        if let Some(map) = node.as_object() {
            if let (Some(schema), Some(example)) = (map.get("schema"), map.get("example")) {
                assert_eq!(faults(schema, example), Vec::<String>::new(), "{place}");
                *seen += 1;
            }
            for (name, inner) in map {
                walk(inner, &format!("{place}/{name}"), seen);
            }
        }
        for (i, inner) in node.as_array().into_iter().flatten().enumerate() {
            walk(inner, &format!("{place}/{i}"), seen);
        }
    }
    let mut seen = 0;
    walk(&document(), "", &mut seen);
    assert!(seen > 20, "{seen}");
}

#[tokio::test]
async fn answers_are_what_the_document_says() {
    let w = World::new("").await;
    let id = w.rollout("new-checkout").await;
    let statement = serde_json::json!({
        "text": "I can't pay", "rating": {"value": 1, "scale": 5}, "flag": "new-checkout", "user": "u", "variant": "b",
        "attributes": {"plan": "pro"}, "locale": "en",
    });
    let document = document();
    let schema = |path: &str, method: &str, status: &str| {
        document["paths"][path][method]["responses"][status]["content"]["application/json"]["schema"].clone()
    };
    assert_eq!(faults(&document["components"]["schemas"]["Feedback"], &statement), Vec::<String>::new());
    let accepted = w.post("/v1/feedback", statement.to_string()).await;
    assert_eq!(faults(&schema("/v1/feedback", "post", "200"), &accepted.json()), Vec::<String>::new());
    crate::flow::analyze::analyze_waiting(&w.ctx).await.unwrap();
    crate::flow::reconcile::reconcile_due(&w.ctx).await.unwrap();
    let problem = &document["components"]["schemas"]["Problem"];
    assert_eq!(faults(problem, &w.post("/v1/feedback", "[{}]").await.json()), Vec::<String>::new());
    for path in ["/v1/rollouts", "/v1/kpis", "/healthz", "/readyz"] {
        assert_eq!(faults(&schema(path, "get", "200"), &w.get(path).await.json()), Vec::<String>::new(), "{path}");
    }
    for under in ["", "/feedback", "/themes", "/findings", "/tickets", "/timeline", "/report"] {
        let answer = w.get(&format!("/v1/rollouts/{id}{under}")).await;
        let told = faults(&schema(&format!("/v1/rollouts/{{id}}{under}"), "get", "200"), &answer.json());
        assert_eq!(told, Vec::<String>::new(), "{under}: {}", answer.text);
    }
    let closed = w.post(&format!("/v1/rollouts/{id}/close"), "").await.json();
    assert_eq!(faults(&schema("/v1/rollouts/{id}/close", "post", "200"), &closed), Vec::<String>::new());
}
