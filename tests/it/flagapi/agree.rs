//! What a platform's webhook tells of a flag and what is seen when it is asked is one flag in one state: else each look
//! would undo what each delivery did.

use hearback::domain::flag::FlagSeen;
use hearback::domain::flag_state::FlagState;
use hearback::domain::signal::Signal;
use hearback::sources::{self, Fact, Headers, Incoming, Meaning};
use hearback::time::UnixMs;
use serde_json::{Value, json};

use super::world::{Ask, Reply, Shelf, World, look, stock};
use super::{flagsmith, flipt, gitlab, growthbook, launchdarkly, posthog};

/// What the deliveries tell, as signals.
fn signals(source: &str, deliveries: &[Value]) -> Vec<Signal> {
    let source = sources::source(source).unwrap();
    let headers = Headers::default();
    let mut signals = Vec::new();
    for (n, delivery) in deliveries.iter().enumerate() {
        let received_at = UnixMs(1_791_539_000_000 + i64::try_from(n).unwrap());
        let body = delivery.to_string();
        let incoming = Incoming::new(&headers, body.as_bytes(), received_at);
        let event = (source.envelope)(&incoming).unwrap().event;
        assert!((source.reads)(&event), "{event}");
        match (source.parse)(&Incoming { event: &event, ..incoming }).unwrap() {
            Meaning::Facts(facts) | Meaning::Hint { facts, .. } => signals.extend(facts.into_iter().map(|fact| {
                let Fact::Flag(change) = fact else { panic!("{fact:?}") };
                change.signal(received_at)
            })),
            Meaning::Ignored(why) => panic!("{why}: {delivery}"),
        }
    }
    signals
}

/// The flags as they are seen.
async fn seen(source: &str, project: &str, answer: fn(&mut Shelf, &Ask) -> Reply, flags: Vec<Value>) -> Vec<FlagSeen> {
    let shelf = stock(flags);
    let world = World::start(move |ask| answer(&mut shelf.lock().unwrap(), ask)).await;
    look(&world.client(source, &[project])).await.unwrap().seen
}

/// The state that the deliveries add up to is the one that is seen.
fn agree(seen: &FlagSeen, signals: &[Signal]) {
    let subject = seen.subject();
    let everywhere = subject.everywhere();
    let about_it = |s: &&Signal| s.subject == subject || Some(&s.subject) == everywhere.as_ref();
    let of_it: Vec<Signal> = signals.iter().filter(about_it).cloned().collect();
    assert!(!of_it.is_empty(), "nothing is told of {subject:?}, but of {:?}", signals.first().map(|s| &s.subject));
    let told = FlagState::after(&subject, &of_it);
    let mut both = told.clone();
    both.hear(&seen.clone().signal(UnixMs(0)).kind);
    assert_eq!((both.on, both.percent(), both.exposure()), (told.on, told.percent(), told.exposure()), "{seen:?}");
    if !told.variants.is_empty() {
        assert_eq!(both.variants, told.variants, "{seen:?}");
    }
}

#[tokio::test]
async fn launchdarklys_entries_agree() {
    let weights = |a: u32, b: u32| json!({"rollout": {"variations": [{"variation": 0, "weight": a}, {"variation": 1, "weight": b}]}});
    for (fallthrough, rules) in [
        (weights(12_345, 87_655), json!([])),
        (json!({"variation": 0}), json!([])),
        (json!({"variation": 1}), json!([])),
        (json!({"variation": 1}), json!([{"variation": 0}])),
        (json!({"variation": 1}), json!([weights(33_333, 66_667)])),
    ] {
        let mut flag = launchdarkly::flag(1);
        flag["environments"]["production"]["fallthrough"] = fallthrough;
        flag["environments"]["production"]["rules"] = rules;
        let mut before = flag.clone();
        before["environments"]["production"]["on"] = json!(false);
        let access = json!({"action": "updateOn", "resource": "proj/shop:env/production:flag/flag-1"});
        let entry = json!({"_id": "1", "kind": "flag", "date": 1_791_539_000_000_i64, "accesses": [access],
            "name": "A flag", "description": "", "previousVersion": before, "currentVersion": flag});
        let seen = seen("launchdarkly", "shop", launchdarkly::answer, vec![flag]).await;
        agree(&seen[0], &signals("launchdarkly", &[entry]));
    }
}

#[tokio::test]
async fn flagsmiths_states_agree() {
    let many = |feature: &mut Value| {
        feature["type"] = json!("MULTIVARIATE");
        feature["multivariate_options"] = json!([
            {"id": 10, "type": "unicode", "string_value": "blue"}, {"id": 11, "type": "int", "integer_value": 7}
        ]);
    };
    let values = json!([
        {"id": 1, "multivariate_feature_option": {"id": 10, "value": "blue"}, "percentage_allocation": 50.0},
        {"id": 2, "multivariate_feature_option": {"id": 11, "value": 7}, "percentage_allocation": 12.5}
    ]);
    for (multivariate, kind, values) in [(false, "STANDARD", json!([])), (true, "MULTIVARIATE", values)] {
        let mut feature = flagsmith::flag(1);
        if multivariate {
            many(&mut feature);
        }
        let state = |enabled: bool| {
            json!({"enabled": enabled, "environment": {"id": 23, "name": "Production"}, "feature_segment": null,
                "feature": {"id": 1, "name": "flag-1", "type": kind, "project": {"id": 12, "name": "Shop"}},
                "feature_state_value": null, "identity": null, "identity_identifier": null,
                "multivariate_feature_state_values": values})
        };
        let hook = json!({"event_type": "FLAG_UPDATED", "data": {"new_state": state(true), "previous_state": state(false),
            "changed_by": "rae@example.com", "timestamp": "2026-10-09T09:43:20.000000Z"}});
        let seen = seen("flagsmith", "12", flagsmith::answer, vec![feature]).await;
        agree(&seen[0], &signals("flagsmith", &[hook]));
    }
}

#[tokio::test]
async fn growthbooks_events_agree() {
    let rule = |more: Value| {
        let mut rule = json!({"id": "fr_1", "enabled": true, "condition": "", "value": "true"});
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        rule
    };
    for rules in [
        json!([]),
        json!([rule(json!({"type": "rollout", "coverage": 0.29}))]),
        json!([rule(json!({"type": "force"}))]),
        json!([rule(json!({"type": "force", "condition": "{\"id\": 1}"}))]),
        json!([rule(json!({"type": "experiment", "coverage": 0.5, "values": [
            {"value": "false", "weight": 0.5, "name": "Control"}, {"value": "true", "weight": 0.5, "name": "New"}]}))]),
        json!([rule(json!({"type": "safe-rollout", "controlValue": "false", "variationValue": "true"}))]),
    ] {
        let mut feature = growthbook::flag(1);
        feature["environments"]["production"]["rules"] = rules;
        let mut before = feature["environments"].clone();
        before["production"]["enabled"] = json!(false);
        let event = json!({"event": "feature.updated", "object": "feature", "created": 1_791_539_000_000_i64,
            "data": {"object": feature, "previous_attributes": {"environments": before}}, "user": null});
        let seen = seen("growthbook", "shop", growthbook::answer, vec![feature]).await;
        agree(&seen[0], &signals("growthbook", &[event]));
    }
}

#[tokio::test]
async fn posthogs_activity_agrees() {
    for (groups, multivariate) in [
        (json!([{"properties": [], "rollout_percentage": 50}]), json!(null)),
        (json!([{"properties": [], "rollout_percentage": null}]), json!(null)),
        (json!([]), json!(null)),
        (json!([{"rollout_percentage": "many"}]), json!(null)),
        (json!([{"rollout_percentage": 5}]), json!({"variants": [{"key": "blue", "rollout_percentage": 100}]})),
    ] {
        let mut flag = posthog::flag(1);
        flag["filters"] = json!({"groups": groups, "multivariate": multivariate});
        let change = |field: &str, before: Value, after: &Value| json!({"type": "FeatureFlag", "action": "changed", "field": field, "before": before, "after": after});
        let changes = json!([
            change("active", json!(false), &json!(true)),
            change("filters", json!({"groups": [{"rollout_percentage": 1}]}), &flag["filters"])
        ]);
        let hook = json!({"event": {"uuid": "1", "event": "$activity_log_entry_created",
            "url": "https://us.posthog.com/project/1/events/1", "timestamp": "2026-10-09T09:43:20.000Z",
            "properties": {"activity": "updated", "scope": "FeatureFlag", "item_id": "1", "user": null,
                "created_at": "2026-10-09T09:43:20.000Z", "detail": {"name": "flag-1", "changes": changes}}}});
        let seen = seen("posthog", "1", posthog::answer, vec![flag]).await;
        agree(&seen[0], &signals("posthog", &[hook]));
    }
}

#[tokio::test]
async fn gitlabs_hook_is_about_the_flag_that_is_seen() {
    let hook = json!({"object_kind": "feature_flag", "project": {"id": 1, "path_with_namespace": "acme/shop"},
        "object_attributes": {"id": 6, "name": "flag-1", "active": true}});
    let seen = seen("gitlab", "acme/shop", gitlab::answer, vec![gitlab::flag(1)]).await;
    let told = signals("gitlab", &[hook]);
    assert_eq!(told[0].subject, seen[0].subject());
}

#[tokio::test]
async fn flipts_audit_agrees() {
    let event = |kind: &str, action: &str, payload: Value| {
        json!({"version": "0.2", "type": kind, "action": action, "metadata": {}, "payload": payload,
            "timestamp": "2026-10-09T09:43:20Z", "status": "success"})
    };
    for enabled in [false, true] {
        let mut flag = flipt::flag(1);
        flag["enabled"] = json!(enabled);
        let made = json!({"key": "flag-1", "name": "A flag", "enabled": enabled, "namespace_key": "default"});
        let threshold = json!({"id": "r1", "flag_key": "flag-1", "namespace_key": "default", "rank": 1,
            "threshold": {"percentage": 10, "value": true}});
        let told = [event("flag", "created", made), event("rollout", "created", threshold)];
        let seen = seen("flipt", "default", flipt::answer, vec![flag]).await;
        agree(&seen[0], &signals("flipt", &told));
    }
}
