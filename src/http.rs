//! The only place that builds an outbound client: time-outs, size caps, address guard, user agent, and one way to say
//! how a call failed.
//!
//! No client here repeats a request: only the outbox does, because only it knows what a repetition would mean.

use std::fmt;

/// How a call to a remote system failed, by what the caller may conclude from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemoteError {
    /// It certainly had no effect and may be tried again: no connection, 500-class answers to a read, 409.
    NotSent {
        /// What went wrong, for people.
        problem: String,
    },
    /// It may have had its effect: the answer was lost, cut, or no document.
    Unknown {
        /// What went wrong, for people.
        problem: String,
    },
    /// The remote system asks to wait.
    Wait {
        /// For how long, ms.
        ms: i64,
        /// Its word for why.
        reason: String,
    },
    /// Our credentials are not taken: 401.
    Unauthorized {
        /// What to do about it.
        remedy: String,
    },
    /// The App's installation is suspended or gone.
    Suspended {
        /// What to do about it.
        remedy: String,
    },
    /// It refuses, and will again: a field, a permission, a limit of length.
    Refused {
        /// What, and what helps.
        problem: String,
    },
    /// The object is not there: 404, 410.
    Gone {
        /// What is gone, and what helps.
        what: String,
    },
    /// The object lives elsewhere now.
    Moved {
        /// The new target, such as `acme/store`, where it could be learned.
        to: Option<String>,
    },
}

impl fmt::Display for RemoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSent { problem } => write!(f, "not done: {problem}"),
            Self::Unknown { problem } => write!(f, "the answer was lost: {problem}"),
            Self::Wait { ms, reason } => write!(f, "asked to wait {}: {reason}", crate::time::span_in_words(*ms)),
            Self::Unauthorized { remedy } => write!(f, "the credentials are not taken: {remedy}"),
            Self::Suspended { remedy } => write!(f, "the App may not act: {remedy}"),
            Self::Refused { problem } => write!(f, "refused: {problem}"),
            Self::Gone { what } => write!(f, "not there: {what}"),
            Self::Moved { to: Some(to) } => write!(f, "it moved to {to}"),
            Self::Moved { to: None } => f.write_str("it moved, and does not say where to"),
        }
    }
}

impl std::error::Error for RemoteError {}
