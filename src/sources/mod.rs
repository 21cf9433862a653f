//! Bytes in, facts out: what each source's deliveries mean. Pure; the same bytes give the same facts.
//!
//! A source is a file and a line in [`SOURCES`]. Its wire types stay in its file.

pub mod feedback;
mod generic;
mod jira;
pub mod releases;
pub mod signature;

use std::collections::BTreeMap;
use std::fmt;

use serde::de::DeserializeOwned;

use crate::domain::repo::RepoName;
use crate::domain::signal::Signal;
use crate::domain::ticket::TrackerName;
use crate::time::UnixMs;
use signature::SignatureError;

/// Request headers by lower-case name; of a repeated one the first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(pub BTreeMap<String, String>);

impl Headers {
    /// A header's value. `name` is lower-case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// What a sender calls its delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The sender's own id of it: equal for a repeated delivery.
    pub id: String,
    /// The kind of event.
    pub event: String,
}

/// A fact that a delivery tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// Something happened to a release or flag.
    Signal(Box<Signal>),
    /// The App's installation changed.
    Installation {
        /// GitHub's id of it.
        id: i64,
        /// The account that it belongs to.
        account: String,
        /// What it is now.
        state: InstallationState,
    },
    /// Repositories were given to the App, or taken from it.
    Repositories {
        /// The account that holds them.
        account: String,
        /// Given.
        added: Vec<RepoName>,
        /// Taken.
        removed: Vec<RepoName>,
    },
    /// A person deleted an issue.
    IssueDeleted {
        /// In which tracker.
        tracker: TrackerName,
        /// Where: the repository or the project.
        target: String,
        /// Which: `41`, `SHOP-7`.
        key: String,
    },
}

/// Whether the App may act for an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstallationState {
    /// It may.
    Active,
    /// An owner suspended it.
    Suspended,
    /// It was uninstalled.
    Deleted,
}

impl InstallationState {
    /// The name that is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Deleted => "deleted",
        }
    }
}

/// What a delivery means.
#[derive(Clone, Debug, PartialEq)]
pub enum Meaning {
    /// These facts.
    Facts(Vec<Fact>),
    /// Nothing that concerns hearback, and why.
    Ignored(String),
}

/// Why a body is not what the source sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadBody {
    /// The field, as a path such as `release.id`; empty where the whole body is meant.
    pub field: String,
    /// What is wrong with it and what was expected.
    pub problem: String,
}

impl fmt::Display for BadBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() { f.write_str(&self.problem) } else { write!(f, "{}: {}", self.field, self.problem) }
    }
}

impl BadBody {
    fn of(field: &str, problem: impl Into<String>) -> Self {
        Self { field: field.to_owned(), problem: problem.into() }
    }
}

/// Checks a signature: headers, raw body, the secrets of which any may fit, the present moment.
pub type Verify = fn(&Headers, &[u8], &[String], UnixMs) -> Result<(), SignatureError>;

/// How one source's deliveries are checked and read.
#[derive(Clone, Copy)]
pub struct Source {
    /// The name in `/hooks/{source}`.
    pub name: &'static str,
    /// Checks the signature over the raw body with any of the secrets.
    pub verify: Verify,
    /// Reads the sender's id and kind of event.
    pub envelope: fn(&Headers, &[u8]) -> Result<Envelope, BadBody>,
    /// Whether events of this kind are read at all; of others the body is not kept.
    pub reads: fn(&str) -> bool,
    /// Says what the delivery means.
    pub parse: fn(&str, &[u8], UnixMs) -> Result<Meaning, BadBody>,
    /// Whether the signature covers the sender's id, so that nobody can send the same body under another.
    pub signs_id: bool,
    /// Headers that are kept with the body.
    pub keeps: &'static [&'static str],
}

/// Every source that can be received from.
pub const SOURCES: &[Source] = &[releases::github::SOURCE, jira::SOURCE, generic::SOURCE];

/// The source of that name.
pub fn source(name: &str) -> Option<&'static Source> {
    SOURCES.iter().find(|s| s.name == name)
}

/// Reads JSON into a wire type; the error names the field, never the value.
pub(crate) fn read_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, BadBody> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut reader)
        .map_err(|e| BadBody { field: place(e.path()), problem: describe(e.inner()) })?;
    reader.end().map_err(|_| BadBody::of("", "not JSON: there is more after the end of the first value"))?;
    Ok(value)
}

/// The field that an error is about; empty where it is about the whole body.
fn place(path: &serde_path_to_error::Path) -> String {
    let path = path.to_string();
    path.trim_end_matches('?').trim_end_matches('.').to_owned()
}

/// What serde says without what the sender wrote: `invalid type: string "…", expected i64` holds the value.
fn describe(e: &serde_json::Error) -> String {
    if e.is_syntax() || e.is_eof() {
        return format!("not JSON: line {} column {}", e.line(), e.column());
    }
    let text = e.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(head, _)| head);
    match (text.starts_with("missing field") || text.starts_with("duplicate field"), text.rsplit_once("expected ")) {
        (true, _) => text.to_owned(),
        (false, Some((_, expected))) => format!("expected {expected}"),
        (false, None) => "not what this source sends".to_owned(),
    }
}

/// A text from outside as one line without control characters, at most `max` characters.
fn clean(text: &str, max: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(max).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_bytes_make_a_source_panic(body in proptest::collection::vec(any::<u8>(), 0..300), event in "[a-z_]{0,20}") {
            for source in SOURCES {
                let _ = (source.parse)(&event, &body, UnixMs(0));
                let _ = (source.envelope)(&Headers::default(), &body);
                let _ = (source.verify)(&Headers::default(), &body, &["secret".into()], UnixMs(0));
            }
        }
    }
}
