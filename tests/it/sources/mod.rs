//! What other systems send, and what it means.
mod fixtures;
mod fuzz;
mod mentions;
mod sequences;
mod signatures;
mod usage;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hearback::sources::{BadBody, Envelope, Headers, Incoming, Meaning, Source};
use hearback::time::UnixMs;

/// The moment at which every fixture is received: 2026-11-01T00:00:00Z.
const RECEIVED: UnixMs = UnixMs(1_793_491_200_000);

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures").join(name)
}

/// Where a source's payloads lie: those of flag platforms in `flags/`.
fn folder_of(source: &Source) -> PathBuf {
    let of_flags = folder("flags").join(source.name);
    if of_flags.is_dir() { of_flags } else { folder(source.name) }
}

/// One payload as it was sent.
#[derive(Clone)]
struct Payload {
    source: &'static Source,
    file: String,
    headers: Headers,
    body: Vec<u8>,
}

/// The payloads of a source, by name. Headers that matter lie beside them in `headers.json`: by a payload's file name,
/// and under `*` those that all have.
fn payloads(source: &'static Source) -> Vec<Payload> {
    let folder = folder_of(source);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let sent: BTreeMap<String, BTreeMap<String, String>> = match std::fs::read(folder.join("headers.json")) {
        Ok(text) => serde_json::from_slice(&text).expect("headers.json: {file: {header: value}}"),
        Err(_) => BTreeMap::new(),
    };
    let mut all: Vec<Payload> = entries
        .map(|e| e.expect("an entry").path())
        .filter(|p| p.extension().is_some_and(|e| e == "json"))
        .map(|p| (p.file_name().expect("a file").to_string_lossy().into_owned(), p))
        // Beside Jira's webhooks lies what its API answers.
        .filter(|(name, _)| name != "headers.json" && (source.name != "jira" || name.starts_with("webhook.")))
        .map(|(file, path)| {
            let mut headers = Headers::default();
            if source.name == "github" {
                headers.0.insert("x-github-event".into(), github_event(&file));
                headers.0.insert("x-github-delivery".into(), file.clone());
            }
            for of in ["*", &file] {
                headers.0.extend(sent.get(of).into_iter().flatten().map(|(k, v)| (k.to_lowercase(), v.clone())));
            }
            Payload { source, headers, body: std::fs::read(path).expect("a readable payload"), file }
        })
        .collect();
    all.sort_by(|a, b| a.file.cmp(&b.file));
    all
}

/// The event of a GitHub payload, from its file's name.
fn github_event(file: &str) -> String {
    file.trim_start_matches("constructed.").split('.').next().unwrap_or_default().to_owned()
}

fn all_payloads() -> Vec<Payload> {
    hearback::sources::all().flat_map(payloads).collect()
}

impl Payload {
    fn envelope(&self) -> Result<Envelope, BadBody> {
        (self.source.envelope)(&Incoming::new(&self.headers, &self.body, RECEIVED))
    }

    /// What it means, as the service reads it: the kind of event from the envelope, and only the headers that are kept.
    fn read(&self) -> Result<Meaning, BadBody> {
        let event = self.envelope()?.event;
        let kept = |name: &String| self.source.keeps.contains(&name.as_str());
        let headers = Headers(self.headers.0.clone().into_iter().filter(|(name, _)| kept(name)).collect());
        if !(self.source.reads)(&event) {
            return Ok(Meaning::Ignored(format!("events of the kind {event} are not used")));
        }
        (self.source.parse)(&Incoming { event: &event, ..Incoming::new(&headers, &self.body, RECEIVED) })
    }

    fn with_body(&self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self.clone() }
    }
}
