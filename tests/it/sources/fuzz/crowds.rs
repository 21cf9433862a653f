//! Real payloads in which one list or map holds a thousand times what it held: what comes out stays small.
use std::collections::BTreeSet;
use std::thread;

use hearback::sources::{Meaning, Source, all};
use serde_json::Value;

use super::flood::{FACTS_MAX, size};
use super::places;
use super::seeds::core;
use crate::sources::payloads;

/// Members of the blown-up list or map: more than the facts that may come of one delivery.
const MEMBERS: usize = 1_200;
/// Longest body, bytes, so that the test stays quick; of long members there are fewer then.
const BODY_MAX: usize = 150_000;
/// All facts of one delivery as JSON, bytes: more would make the store grow faster than what was sent.
const FACTS_SIZE_MAX: usize = 4_000_000;

#[test]
fn no_crowd_in_a_payload_makes_a_crowd_of_facts() {
    let sources: Vec<&'static Source> = all().collect();
    let threads = thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let tried: usize = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|n| {
                let mine: Vec<&Source> = sources.iter().skip(n).step_by(threads).copied().collect();
                scope.spawn(move || mine.into_iter().map(crowd).sum::<usize>())
            })
            .collect();
        workers.into_iter().map(|w| w.join().expect("too much came of a body: see above")).sum()
    });
    assert!(tried >= sources.len(), "{tried} crowds in all");
}

/// Blows up each kind of list and map in a source's payloads once; gives how many.
fn crowd(source: &'static Source) -> usize {
    let mut tried = BTreeSet::new();
    for payload in payloads(source) {
        let Ok(document) = serde_json::from_slice::<Value>(&core(&payload)) else { continue };
        let mut list = Vec::new();
        places(&document, "", &mut list);
        for at in list {
            let kind: String = at.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).collect();
            for named in [false, true] {
                let mut document = document.clone();
                let grown = document.pointer_mut(&at).is_some_and(|place| grow(place, named));
                if !grown || !tried.insert((kind.clone(), named)) {
                    continue;
                }
                let body = serde_json::to_vec(&document).expect("JSON");
                let facts = match payload.with_body(body).read() {
                    Ok(Meaning::Facts(facts) | Meaning::Hint { facts, .. }) => facts,
                    Ok(Meaning::Ignored(_)) | Err(_) => continue,
                };
                let whole: usize = facts.iter().map(size).sum();
                let fine = facts.len() <= FACTS_MAX && whole <= FACTS_SIZE_MAX;
                assert!(fine, "{} {} {at}: {} facts, {whole} bytes", source.name, payload.file, facts.len());
            }
        }
    }
    tried.len()
}

/// Fills a list or map with copies of its first member that is more than a word; `named` ones have keys, ids and names
/// of their own.
fn grow(place: &mut Value, named: bool) -> bool {
    let is_more = |v: &&Value| v.is_object() || v.is_array();
    let (Some(member), false) = (
        match &*place {
            Value::Array(items) => items.iter().find(is_more).cloned(),
            Value::Object(fields) => fields.values().find(is_more).cloned(),
            _ => None,
        },
        place.is_object() && named,
    ) else {
        return false;
    };
    let members = MEMBERS.min(BODY_MAX / member.to_string().len());
    for i in 0..members {
        let mut member = member.clone();
        if named {
            rename(&mut member, i);
        }
        match place {
            Value::Array(items) => items.push(member),
            Value::Object(fields) => drop(fields.insert(format!("member-{i}"), member)),
            _ => {}
        }
    }
    true
}

fn rename(member: &mut Value, i: usize) {
    for (name, value) in member.as_object_mut().into_iter().flatten() {
        match value {
            Value::String(text) if ["key", "id", "_id", "name", "environment"].contains(&name.as_str()) => {
                *text = format!("{text}-{i}");
            }
            Value::Object(_) => rename(value, i),
            _ => {}
        }
    }
}
