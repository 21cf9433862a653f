//! What other systems send, and what it means.
mod fixtures;
mod fuzz;
mod signatures;

use std::path::{Path, PathBuf};

use hearback::sources::{BadBody, Meaning, Source};
use hearback::time::UnixMs;

/// The moment at which every fixture is received: 2026-11-01T00:00:00Z.
const RECEIVED: UnixMs = UnixMs(1_793_491_200_000);

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures").join(name)
}

/// The payloads of a source: file name and bytes, by name.
fn payloads(source: &Source) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder(source.name));
    let entries = entries.unwrap_or_else(|e| panic!("tests/it/fixtures/{} has no payloads: {e}", source.name));
    let mut all: Vec<(String, Vec<u8>)> = entries
        .map(|e| e.expect("an entry").path())
        .filter(|p| p.extension().is_some_and(|e| e == "json"))
        .map(|p| {
            let name = p.file_name().expect("a file").to_string_lossy().into_owned();
            (name, std::fs::read(&p).expect("a readable payload"))
        })
        // Beside Jira's webhooks lies what its API answers.
        .filter(|(name, _)| source.name != "jira" || name.starts_with("webhook."))
        .collect();
    all.sort();
    all
}

/// The event as the sender names it, from the file's name: its first word, or after `webhook.` as Jira has it.
fn event(file: &str) -> String {
    let first = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
    match file.strip_prefix("webhook.").map(first) {
        Some(of_issue) if of_issue.starts_with("issue_") => format!("jira:{of_issue}"),
        Some(of_jira) => of_jira,
        None => first(file.trim_start_matches("constructed.")),
    }
}

fn read(source: &Source, file: &str, body: &[u8]) -> Result<Meaning, BadBody> {
    (source.parse)(&event(file), body, RECEIVED)
}
