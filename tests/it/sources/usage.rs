//! What people did, as other systems send and export it.
use std::fmt::Write as _;
use std::path::PathBuf;

use hearback::domain::usage::{Usage, UsageRecord};
use hearback::sources::usage::{Reading, names, parse};
use proptest::prelude::*;
use proptest::sample::Index;

use super::fuzz::bodies::PRIVATE;
use super::fuzz::{bends, bent};
use super::{RECEIVED, folder};

/// Every payload below `fixtures/usage`, as `segment/batch.json`.
fn payloads() -> Vec<(String, Vec<u8>)> {
    let home = folder("usage");
    let mut files: Vec<PathBuf> = Vec::new();
    for of_shape in std::fs::read_dir(&home).expect("a folder").map(|e| e.expect("an entry").path()) {
        if of_shape.is_dir() {
            files.extend(std::fs::read_dir(of_shape).expect("a folder").map(|e| e.expect("an entry").path()));
        }
    }
    files.sort();
    let name = |f: &PathBuf| f.strip_prefix(&home).expect("below it").to_string_lossy().into_owned();
    files.into_iter().map(|f| (name(&f), std::fs::read(&f).expect("a readable payload"))).collect()
}

fn content_type(file: &str) -> Option<&'static str> {
    file.starts_with("csv/").then_some("text/csv")
}

/// What each payload tells, in `facts.snap` beside them.
#[test]
fn every_payload_of_usage_tells_what_it_told() {
    let mut lines = String::new();
    for (file, body) in payloads() {
        let _ = writeln!(lines, "{file}");
        match parse(&body, content_type(&file), RECEIVED) {
            Err(bad) => {
                let _ = writeln!(lines, "    REFUSED {bad}");
            }
            Ok(reading) => add(&mut lines, &reading),
        }
    }
    insta::with_settings!({
        snapshot_path => folder("usage"), prepend_module_to_snapshot => false, omit_expression => true,
    }, { insta::assert_snapshot!("facts", lines) });
}

#[test]
fn every_shape_of_usage_has_a_payload_that_tells_something() {
    let met: Vec<&str> = payloads()
        .iter()
        .filter_map(|(file, body)| parse(body, content_type(file), RECEIVED).ok())
        .filter(|reading| !reading.records.is_empty())
        .flat_map(|reading| reading.shapes)
        .collect();
    for name in names().split(", ") {
        assert!(met.contains(&name), "put a payload of {name} into tests/it/fixtures/usage/");
    }
}

fn add(lines: &mut String, reading: &Reading) {
    let shapes: Vec<&str> = reading.shapes.iter().copied().collect();
    let told = reading.records.len();
    let _ = writeln!(lines, "    {} sent as {}: {told} facts", reading.sent, shapes.join(", "));
    for record in &reading.records {
        let _ = writeln!(lines, "    {}", words(record));
    }
    for refusal in &reading.refusals {
        let _ = writeln!(lines, "    REFUSED {refusal}");
    }
    for (why, n) in &reading.ignored {
        let _ = writeln!(lines, "    ignored {n}: {why}");
    }
}

fn words(r: &UsageRecord) -> String {
    let mut line = format!("{} {}", r.occurred_at, r.user.as_deref().unwrap_or("somebody"));
    let _ = match &r.what {
        Usage::Exposure { variant } => write!(line, " was shown {}", variant.as_deref().unwrap_or("it")),
        Usage::Event { name, value } => write!(line, " did {name:?} {value:?}"),
        Usage::Traits { attributes } => write!(line, " is {attributes:?}"),
    };
    let named = [("rollout", &r.belongs.rollout), ("flag", &r.belongs.flag), ("release", &r.belongs.release)];
    for (what, name) in named.into_iter().chain([("in", &r.environment), ("id", &r.message_id)]) {
        if let Some(name) = name {
            let _ = write!(line, ", {what} {name}");
        }
    }
    line
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn no_bent_payload_of_usage_makes_it_panic_or_talk(which in any::<Index>(), place in any::<Index>(), bend in bends()) {
        thread_local! {
            static ALL: Vec<Vec<u8>> =
                payloads().into_iter().filter(|(_, body)| serde_json::from_slice::<serde_json::Value>(body).is_ok()).map(|(_, body)| body).collect();
        }
        let body = bent(&ALL.with(|all| which.get(all).clone()), place, &bend);
        let read = parse(&body, None, RECEIVED);
        match &read {
            Err(bad) => prop_assert!(!bad.to_string().contains(PRIVATE), "{}", bad),
            Ok(reading) => {
                for refusal in &reading.refusals {
                    prop_assert!(!refusal.to_string().contains(PRIVATE), "{}", refusal);
                    prop_assert!(refusal.to_string().chars().count() < 1_000, "{}", refusal);
                }
            }
        }
        // The same bytes mean the same.
        prop_assert_eq!(parse(&body, None, RECEIVED), read);
    }
}
