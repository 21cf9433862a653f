//! Bytes in, facts out: what each source's deliveries mean. Pure; the same bytes give the same facts.
//!
//! A source is a file and a line in a list: [`flags`] has the one of the flag platforms, [`all`] the rest. Its wire types
//! stay in its file.

pub mod feedback;
mod fields;
pub mod flags;
mod generic;
mod jira;
mod json;
mod mapping;
pub mod policy;
pub mod releases;
pub mod signature;
pub mod usage;

use std::collections::BTreeMap;
use std::fmt;

use sha2::{Digest, Sha256};

use crate::domain::comment::Comment;
use crate::domain::flag::{FlagChange, FlagSeen};
use crate::domain::handling::TicketChange;
use crate::domain::mention::{Mention, PullHead};
use crate::domain::repo::RepoName;
use crate::domain::repo_policy::PolicyNews;
use crate::domain::signal::Signal;
use crate::time::UnixMs;
use json::describe;
pub(crate) use json::read_json;
pub use mapping::{Mapping, is_pointer};
use signature::schemes::Scheme;

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
    /// What makes a delivery a repetition.
    pub repeats: Repeats,
}

impl Envelope {
    /// What tells the delivery from others: the kind is part of it, because some senders number events of different kinds
    /// alike.
    pub fn key(&self) -> String {
        format!("{}/{}", self.event, self.id)
    }

    /// A delivery whose sender gives it no id: the same bytes are the same fact, because they hold their own time or
    /// number.
    pub fn of_body(event: impl Into<String>, body: &[u8]) -> Self {
        Self { id: digest(body), event: event.into(), repeats: Repeats::Body }
    }

    /// A delivery whose sender gives it no id, and whose bytes hold no time: they are a repetition only if they come
    /// again within `ms`. Longer, and a flag that is switched to and fro would be heard once.
    pub fn within(event: impl Into<String>, body: &[u8], ms: i64) -> Self {
        Self { id: digest(body), event: event.into(), repeats: Repeats::Within { ms } }
    }
}

/// What makes a delivery a repetition of an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeats {
    /// The sender's id alone: the proof covers it, or bodies repeat for good reason.
    Id,
    /// The sender's id, or the same body under another one: nothing proves the id, and a body holds its own time.
    Body,
    /// The id, within this time.
    Within {
        /// In ms.
        ms: i64,
    },
}

/// A body's name: SHA-256, hex.
pub fn digest(body: &[u8]) -> String {
    hex::encode(Sha256::digest(body))
}

/// A fact that a delivery tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// Something happened to a release or flag.
    Signal(Box<Signal>),
    /// A flag changed.
    Flag(Box<FlagChange>),
    /// A flag is in this state.
    Seen(Box<FlagSeen>),
    /// A release or a merged pull request may name flags.
    Named(Box<Mention>),
    /// The latest commit of a pull request that was merged.
    Head(Box<PullHead>),
    /// A repository's policy is to be read.
    Policy(Box<PolicyNews>),
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
    /// Somebody wrote something in a thread.
    Comment(Box<Comment>),
    /// Somebody changed the text of an issue that may hold boxes of ours.
    IssueEdited(Box<IssueEdited>),
    /// Somebody did something with an issue, which may be a ticket.
    Ticket(Box<TicketChange>),
}

/// An issue whose text somebody changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueEdited {
    /// Its repository.
    pub repo: RepoName,
    /// Its number there.
    pub number: i64,
    /// The text now.
    pub body: String,
    /// The text before, where that is told.
    pub before: Option<String>,
    /// Who changed it.
    pub by: String,
    /// Whether that is a program.
    pub bot: bool,
    /// When, to the second.
    pub at: UnixMs,
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
    /// That something changed: where the platform can be asked, it is; else these facts count, which tell only part of
    /// it.
    Hint {
        /// What can be told without asking.
        facts: Vec<Fact>,
        /// What is missing, for people.
        why: String,
    },
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

/// A delivery as a source reads it.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'a> {
    /// The kind of event, as the envelope has it; empty while the envelope is read.
    pub event: &'a str,
    /// The headers: all while the envelope is read, later those that the source keeps.
    pub headers: &'a Headers,
    /// The raw body.
    pub body: &'a [u8],
    /// When it came.
    pub received_at: UnixMs,
    /// Where in the body things stand, for bodies of a form of their own.
    pub mapping: Option<&'a Mapping>,
}

impl<'a> Incoming<'a> {
    /// A delivery of which the kind is not read yet.
    pub fn new(headers: &'a Headers, body: &'a [u8], received_at: UnixMs) -> Self {
        Self { event: "", headers, body, received_at, mapping: None }
    }
}

/// How one source's deliveries are checked and read.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// The name in `/hooks/{source}`.
    pub name: &'static str,
    /// Other names that it answers to.
    pub aliases: &'static [&'static str],
    /// How its deliveries are proved: any of these.
    pub schemes: &'static [&'static Scheme],
    /// Reads the sender's id and kind of event.
    pub envelope: fn(&Incoming<'_>) -> Result<Envelope, BadBody>,
    /// Whether events of this kind are read at all; of others the body is not kept.
    pub reads: fn(&str) -> bool,
    /// Says what the delivery means.
    pub parse: fn(&Incoming<'_>) -> Result<Meaning, BadBody>,
    /// Headers that are kept with the body; never credentials or signatures.
    pub keeps: &'static [&'static str],
}

/// Every source that can be received from.
pub fn all() -> impl Iterator<Item = &'static Source> {
    [&releases::github::SOURCE, &jira::SOURCE].into_iter().chain(flags::PLATFORMS).chain([&generic::SOURCE])
}

/// The names of all sources, for people.
pub fn names() -> String {
    all().map(|s| s.name).collect::<Vec<_>>().join(", ")
}

/// The source of that name.
pub fn source(name: &str) -> Option<&'static Source> {
    all().find(|s| s.name == name || s.aliases.contains(&name))
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
            let headers = Headers::default();
            let incoming = Incoming { event: &event, ..Incoming::new(&headers, &body, UnixMs(0)) };
            for source in all() {
                let _ = (source.parse)(&incoming);
                let _ = (source.envelope)(&incoming);
                let claim = signature::Claim { headers: &headers, body: &body, token: None };
                assert!(signature::verify(source.schemes, &claim, &["secret".into()], UnixMs(0)).is_err());
            }
        }
    }
}
