//! What is wrong with a policy's file, where, and what helps.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

/// The beginning of a file.
pub const BEGIN: Place = Place { line: 1, column: 1 };

/// One thing that is wrong with a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, in characters.
    pub column: u32,
    /// The setting, such as `steer.teams`; empty where the file as a whole is meant.
    pub field: String,
    /// What is wrong.
    pub problem: String,
    /// What helps.
    pub remedy: String,
}

impl Fault {
    /// Of one setting.
    pub fn of(at: Place, field: &str, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            line: at.line,
            column: at.column,
            field: field.chars().filter(|c| !c.is_control()).take(100).collect(),
            problem: problem.into(),
            remedy: remedy.into(),
        }
    }

    /// Of the file as a whole.
    pub fn whole(at: Place, problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::of(at, "", problem, remedy)
    }

    /// What is wrong and what helps, as one sentence.
    pub fn sentence(&self) -> String {
        let field = if self.field.is_empty() { String::new() } else { format!("{}: ", self.field) };
        format!("{field}{}; {}", self.problem, self.remedy)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.sentence())
    }
}
