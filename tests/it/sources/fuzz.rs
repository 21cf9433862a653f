//! Real payloads, bent: a field dropped, a type changed, the end cut off. Nothing panics, and no refusal repeats what
//! the sender wrote.
pub mod bodies;
mod crowds;
mod flood;
mod seeds;

use hearback::sources::Meaning;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use super::{Payload, all_payloads};
use bodies::PRIVATE;

#[derive(Clone, Debug)]
pub(super) enum Bend {
    Drop,
    Replace(Value),
    Cut(Index),
    Flip(Index, u8),
}

pub(super) fn bends() -> impl Strategy<Value = Bend> {
    let value = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(|f| json!(f)),
        Just(json!(PRIVATE)),
        any::<String>().prop_map(Value::from),
        Just(json!("\u{0}\u{202e}\n".repeat(5_000))),
        Just(json!([])),
        Just(json!([PRIVATE])),
        Just(json!({})),
        Just(json!({"login": PRIVATE, "id": PRIVATE})),
        Just(json!("9999-12-31T23:59:60.999999999+23:59")),
    ];
    prop_oneof![
        2 => Just(Bend::Drop),
        6 => value.prop_map(Bend::Replace),
        1 => any::<Index>().prop_map(Bend::Cut),
        1 => (any::<Index>(), any::<u8>()).prop_map(|(at, with)| Bend::Flip(at, with)),
    ]
}

/// Every place in a document, as JSON pointers; the root first.
fn places(value: &Value, at: &str, list: &mut Vec<String>) {
    list.push(at.to_owned());
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields {
                places(inner, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), list);
            }
        }
        Value::Array(items) => {
            for (i, inner) in items.iter().enumerate() {
                places(inner, &format!("{at}/{i}"), list);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

pub(super) fn bent(body: &[u8], place: Index, bend: &Bend) -> Vec<u8> {
    let mut document: Value = serde_json::from_slice(body).expect("a payload is JSON");
    let mut list = Vec::new();
    places(&document, "", &mut list);
    // What a source reads stands near the top: half of the places are drawn from there.
    let near: Vec<String> = list.iter().filter(|p| p.matches('/').count() <= 2).cloned().collect();
    let from = if place.index(2) == 0 { &near } else { &list };
    let at = place.get(from).clone();
    match bend {
        Bend::Drop => {
            let (parent, name) = at.rsplit_once('/').unwrap_or(("", ""));
            match document.pointer_mut(parent) {
                Some(Value::Object(fields)) => drop(fields.remove(&name.replace("~1", "/").replace("~0", "~"))),
                Some(Value::Array(items)) => items.clear(),
                _ => {}
            }
        }
        Bend::Replace(with) => {
            if let Some(old) = document.pointer_mut(&at) {
                *old = with.clone();
            }
        }
        Bend::Cut(end) => return body[..end.index(body.len())].to_vec(),
        Bend::Flip(byte, with) => {
            let mut body = body.to_vec();
            let i = byte.index(body.len());
            body[i] = *with;
            return body;
        }
    }
    serde_json::to_vec(&document).expect("JSON")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]
    #[test]
    fn no_bent_payload_makes_a_source_panic_or_talk(
        which in any::<Index>(), place in any::<Index>(), bend in bends()
    ) {
        thread_local! { static ALL: Vec<Payload> = all_payloads(); }
        let payload = ALL.with(|all| which.get(all).clone());
        let payload = payload.with_body(bent(&payload.body, place, &bend));
        match payload.read() {
            Err(bad) => {
                prop_assert!(!bad.problem.is_empty());
                prop_assert!(!bad.to_string().contains(PRIVATE), "{}", bad);
                prop_assert!(bad.to_string().chars().count() < 1_000, "{}", bad);
            }
            Ok(Meaning::Ignored(why) | Meaning::Hint { why, .. }) => {
                prop_assert!(!why.contains(char::is_control) && why.len() < 1_000, "{}", why);
            }
            Ok(Meaning::Facts(facts)) => prop_assert!(!facts.is_empty()),
        }
        // The same bytes mean the same.
        prop_assert_eq!(payload.read(), payload.read());
    }
}
