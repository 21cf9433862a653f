//! Any bytes into the reading of statements, and of policies. What is read must be read in bounds and twice the same; libFuzzer tells what
//! panics, and what takes longer than `-timeout`.
#![no_main]
#![allow(dead_code, missing_docs, reason = "the rooms are looked at by their own lints")]

#[path = "../../../src/analysis/mod.rs"]
pub mod analysis;
#[path = "../../../src/domain/mod.rs"]
pub mod domain;
#[path = "../../../src/id.rs"]
pub mod id;
/// Of the sources, those that need no other room.
pub mod sources {
    #[path = "../../../../src/sources/policy/mod.rs"]
    pub mod policy;
}
#[path = "../../../src/time.rs"]
pub mod time;

use analysis::model::{Model, texts};
use analysis::{Reader, lines, normalize, redact, themes};
use domain::feedback::Rating;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let plain = normalize::normalize(&text);
    assert_eq!(normalize::normalize(&plain), plain, "normalising again changes nothing");
    let clean = redact::redact(&plain).text;
    assert_eq!(redact::redact(&clean).text, clean, "redacting again changes nothing");
    let value = f64::from(bytes.first().copied().unwrap_or(0));
    let rating = Some(Rating { value, scale: 5.0 }).filter(|_| bytes.len() % 2 == 0);
    for text in [&plain, &clean] {
        let read = Reader::shipped().annotate(Some(text), rating, None);
        assert!((-1.0..=1.0).contains(&read.score) && (0.0..=1.0).contains(&read.confidence), "{read:?}");
        assert_eq!(Reader::shipped().annotate(Some(text), rating, None), read);
        let _ = themes::direction(text, &read.language);
    }
    let _ = lines::read_line(&text);
    let _ = texts::read(bytes, 0, 1.0);
    let _ = Model::from_bytes(bytes);
    match sources::policy::read(&text) {
        Ok(policy) => {
            let kept = serde_json::to_string(&policy).expect("a policy is JSON");
            assert_eq!(serde_json::from_str::<domain::repo_policy::RepoPolicy>(&kept).ok(), Some(policy));
        }
        Err(faults) => assert!(faults.iter().all(|f| f.line > 0 && f.column > 0) && !faults.is_empty()),
    }
});
