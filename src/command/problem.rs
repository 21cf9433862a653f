//! Why a line asks for nothing that can be done. The words are for the person who wrote it.

use std::fmt;

/// What is wrong with a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// There is no such command.
    Unknown {
        /// What was written.
        found: String,
        /// What may have been meant.
        near: Option<&'static str>,
    },
    /// An argument is missing.
    Missing {
        /// Of which command.
        command: &'static str,
        /// Which.
        argument: &'static str,
        /// What to write.
        remedy: &'static str,
    },
    /// An argument is not what it has to be.
    NotThat {
        /// Of which command.
        command: &'static str,
        /// Which.
        argument: &'static str,
        /// What was written.
        found: String,
        /// What has to be there.
        wanted: &'static str,
    },
    /// Something is left that the command has no use for.
    TooMuch {
        /// Which command.
        command: &'static str,
        /// Where it begins.
        found: String,
    },
    /// One comment asks for too much.
    TooMany {
        /// What is looked at.
        max: usize,
    },
    /// The line holds none.
    NoCommand,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { found, near: Some(near) } => {
                write!(f, "There is no command “{found}”. Did you mean {near}?")
            }
            Self::Unknown { found, near: None } => {
                write!(f, "There is no command “{found}”. Write “/hearback help” for those that there are.")
            }
            Self::Missing { command, argument, remedy } => {
                write!(f, "“{command}” needs {argument}: write {remedy} after it.")
            }
            Self::NotThat { command, argument, found, wanted } => {
                write!(f, "“{command}” can't use “{found}” as {argument}: it has to be {wanted}.")
            }
            Self::TooMuch { command, found } => {
                write!(
                    f,
                    "“{command}” has no use for “{found}”: leave it out, or put names of several words in quotes."
                )
            }
            Self::TooMany { max } => {
                write!(f, "One comment may hold {max} commands: write the others in another comment.")
            }
            Self::NoCommand => {
                f.write_str("The line holds no command. Write “/hearback help” for those that there are.")
            }
        }
    }
}
