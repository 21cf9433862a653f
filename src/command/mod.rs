//! What people ask for in a comment: `/hearback close` on a line of its own.
//!
//! [`COMMANDS`] is the one table: what is understood, the help, and the README come from it. [`read`] finds the lines in a
//! comment's Markdown, outside of everything that quotes or shows. What a command does is the flow's to know.

mod lines;
mod may;
mod problem;
mod span;
mod table;
mod words;

pub use may::{Refusal, Role, Standing, Who, may};
pub use problem::Problem;
pub use table::{COMMANDS, Spec, markdown};

/// Commands of one comment that are looked at; what comes after them is told to be too many.
pub const COMMANDS_MAX: usize = 10;

/// What somebody asks for. `of` names the rollout, flag or release where the thread does not tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Which commands there are.
    Help,
    /// How it stands.
    Status {
        /// Of what.
        of: Option<String>,
    },
    /// What customers say, in short.
    Report {
        /// Of what.
        of: Option<String>,
    },
    /// What was decided, and why.
    Why {
        /// Of what.
        of: Option<String>,
    },
    /// Begin to collect.
    Open {
        /// Of what.
        of: Option<String>,
        /// For how long, ms.
        for_ms: Option<i64>,
    },
    /// Collect longer.
    Extend {
        /// By how much, ms.
        by_ms: i64,
        /// Of what.
        of: Option<String>,
    },
    /// Collect no longer.
    Close {
        /// Of what.
        of: Option<String>,
    },
    /// Collect again.
    Reopen {
        /// Of what.
        of: Option<String>,
    },
    /// A customer's words.
    Feedback {
        /// The words.
        text: String,
        /// Whose they are, where they are not the author's own.
        customer: Option<String>,
    },
    /// Somebody has seen the alarm.
    Ack {
        /// Of what.
        of: Option<String>,
    },
    /// The rollout should not go on for now.
    Hold {
        /// Of what.
        of: Option<String>,
    },
    /// It may go on.
    Resume {
        /// Of what.
        of: Option<String>,
    },
    /// Nothing new about a theme for a while.
    Mute {
        /// Which, by its id or name.
        theme: String,
        /// For how long, ms.
        for_ms: i64,
    },
    /// Two themes say the same.
    Merge {
        /// The one that goes, by its id or name.
        theme: String,
        /// The one that stays.
        into: String,
    },
    /// An issue that is there already is the one about this.
    Link {
        /// Which: `41`, `SHOP-7`.
        key: String,
    },
}

impl Command {
    /// Its name in the table.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Help => "help",
            Self::Status { .. } => "status",
            Self::Report { .. } => "report",
            Self::Why { .. } => "why",
            Self::Open { .. } => "open",
            Self::Extend { .. } => "extend",
            Self::Close { .. } => "close",
            Self::Reopen { .. } => "reopen",
            Self::Feedback { .. } => "feedback",
            Self::Ack { .. } => "ack",
            Self::Hold { .. } => "hold",
            Self::Resume { .. } => "resume",
            Self::Mute { .. } => "mute",
            Self::Merge { .. } => "merge",
            Self::Link { .. } => "link",
        }
    }

    /// The rollout, flag or release that it names.
    pub fn names(&self) -> Option<&str> {
        match self {
            Self::Help | Self::Feedback { .. } | Self::Mute { .. } | Self::Merge { .. } | Self::Link { .. } => None,
            Self::Status { of }
            | Self::Report { of }
            | Self::Why { of }
            | Self::Open { of, .. }
            | Self::Extend { of, .. }
            | Self::Close { of }
            | Self::Reopen { of }
            | Self::Ack { of }
            | Self::Hold { of }
            | Self::Resume { of } => of.as_deref(),
        }
    }
}

/// A line that begins with `/hearback`, and what it asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The line as it was written, without the spaces around it.
    pub line: String,
    /// What it asks for, or why that can't be told.
    pub command: Result<Command, Problem>,
}

/// The commands in a comment's Markdown, in their order.
pub fn read(comment: &str) -> Vec<Asked> {
    let lines = lines::commands(comment);
    let surplus = lines.len() > COMMANDS_MAX;
    let mut asked: Vec<Asked> = lines
        .into_iter()
        .take(COMMANDS_MAX)
        .map(|(line, rest)| Asked { command: table::understand(&rest), line })
        .collect();
    if surplus {
        let line = format!("the lines after the first {COMMANDS_MAX}");
        asked.push(Asked { line, command: Err(Problem::TooMany { max: COMMANDS_MAX }) });
    }
    asked
}

/// Whether a line names a flag that a pull request or a release is about, as its own text may: `/hearback link KEY` or
/// `/hearback flag KEY`.
pub fn names_a_flag(line: &str) -> bool {
    let rest = lines::rest_of(line).unwrap_or_default();
    let first = rest.split_whitespace().next().unwrap_or_default();
    ["link", "flag"].iter().any(|word| first.eq_ignore_ascii_case(word))
}

/// A stored line understood again.
pub fn understand(line: &str) -> Result<Command, Problem> {
    lines::rest_of(line).map_or(Err(Problem::NoCommand), |rest| table::understand(&rest))
}
