//! Where things stand in a body of a form of its own: JSON pointers (RFC 6901), from the settings.

use serde::Deserialize;

/// A JSON pointer for each thing that a flag change tells. Only `flag` must be there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The flag's key.
    pub flag: String,
    /// The platform's name; without it the source's.
    pub platform: Option<String>,
    /// The project.
    pub project: Option<String>,
    /// The environment.
    pub environment: Option<String>,
    /// What was done, by the names of a change's kinds.
    pub change: Option<String>,
    /// Whether the flag is on.
    pub enabled: Option<String>,
    /// How many customers it reaches, 0 to 100.
    pub percent: Option<String>,
    /// Who did it.
    pub actor: Option<String>,
    /// When: RFC 3339, or since 1970 in seconds or milliseconds.
    pub occurred_at: Option<String>,
    /// The sender's id of the change.
    pub id: Option<String>,
    /// Where people look at the flag.
    pub url: Option<String>,
}
