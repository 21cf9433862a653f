//! Who may ask for what.

use super::Command;
use crate::domain::policy::Permission;

/// What somebody may in a repository, the least first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// No collaborator.
    #[default]
    None,
    /// May read.
    Read,
    /// May sort issues.
    Triage,
    /// May write.
    Write,
    /// May set up most things.
    Maintain,
    /// May do everything.
    Admin,
}

impl Role {
    /// Reads GitHub's name of a role; what is not known counts as none.
    pub fn parse(name: &str) -> Self {
        match name {
            "read" => Self::Read,
            "triage" => Self::Triage,
            "write" => Self::Write,
            "maintain" => Self::Maintain,
            "admin" => Self::Admin,
            _ => Self::None,
        }
    }
}

/// Who may give a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Whoever can comment.
    Anyone,
    /// Whoever may write in the repository.
    Writers,
}

impl Who {
    /// For people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Anyone => "anyone",
            Self::Writers => "write access",
        }
    }
}

impl From<Permission> for Role {
    fn from(permission: Permission) -> Self {
        match permission {
            Permission::Read => Self::Read,
            Permission::Triage => Self::Triage,
            Permission::Write => Self::Write,
            Permission::Maintain => Self::Maintain,
            Permission::Admin => Self::Admin,
        }
    }
}

/// Somebody who gives a command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// What they may in the repository.
    pub role: Role,
    /// Whether the policy in force there lets them steer.
    pub steers: bool,
    /// Whether it is a program.
    pub bot: bool,
}

/// Why somebody may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Programs steer nothing.
    Bot,
    /// It takes write access.
    NeedsWrite,
}

impl Refusal {
    /// For the person who asked.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Bot => "Programs can't give commands: a person with write access has to ask for it.",
            Self::NeedsWrite => {
                "Thanks, but that takes write access to this repository, or what its policy asks for instead: one of its \
                 maintainers can do it. Everybody \
                 can write “/hearback status”, “report”, “why” and “help”."
            }
        }
    }
}

impl Command {
    /// Who may give it. Words of one's own are anyone's to say; words in another's name are not.
    pub fn who(&self) -> Who {
        match self {
            Self::Help
            | Self::Status { .. }
            | Self::Report { .. }
            | Self::Why { .. }
            | Self::Feedback { customer: None, .. } => Who::Anyone,
            Self::Feedback { customer: Some(_), .. }
            | Self::Open { .. }
            | Self::Extend { .. }
            | Self::Close { .. }
            | Self::Reopen { .. }
            | Self::Ack { .. }
            | Self::Hold { .. }
            | Self::Resume { .. }
            | Self::Mute { .. }
            | Self::Merge { .. }
            | Self::Link { .. } => Who::Writers,
        }
    }
}

/// Whether somebody may give a command.
pub fn may(command: &Command, standing: Standing) -> Result<(), Refusal> {
    match (standing.bot, command.who()) {
        (true, _) => Err(Refusal::Bot),
        (false, Who::Anyone) => Ok(()),
        (false, Who::Writers) if standing.steers => Ok(()),
        (false, Who::Writers) => Err(Refusal::NeedsWrite),
    }
}
