//! Where things stand in a body of a form of its own: JSON pointers (RFC 6901), from the settings.

use serde::Deserialize;

/// A JSON pointer for each thing that a flag change tells. Only `flag` must be there. Without one for `percent`, a flag
/// that is on reaches everybody.
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

impl Mapping {
    /// Every pointer that is set, with the name of its setting.
    pub fn pointers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let optional = [
            ("platform", &self.platform),
            ("project", &self.project),
            ("environment", &self.environment),
            ("change", &self.change),
            ("enabled", &self.enabled),
            ("percent", &self.percent),
            ("actor", &self.actor),
            ("occurred_at", &self.occurred_at),
            ("id", &self.id),
            ("url", &self.url),
        ];
        let set = optional.into_iter().filter_map(|(name, pointer)| Some((name, pointer.as_deref()?)));
        std::iter::once(("flag", self.flag.as_str())).chain(set)
    }
}

/// Whether a text is a JSON pointer to a member: `/flag/key`. A `/` in a name is written `~1`, a `~` as `~0`.
pub fn is_pointer(text: &str) -> bool {
    text.starts_with('/') && text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']))
}
