//! A repository's name.

use std::fmt;

use serde::{Deserialize, Serialize};

/// `owner/name`, checked once at the edge.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RepoName {
    owner: String,
    name: String,
}

impl RepoName {
    /// Reads `owner/name`; both parts of letters, digits, `.`, `-` and `_`, neither `.` nor `..`.
    pub fn parse(text: &str) -> Option<Self> {
        let (owner, name) = text.split_once('/')?;
        let fine = |part: &str| {
            !part.is_empty()
                && part.len() <= 100
                && part != "."
                && part != ".."
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        };
        (fine(owner) && fine(name)).then(|| Self { owner: owner.into(), name: name.into() })
    }

    /// The account that holds it.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// Its name within the account.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for RepoName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

impl TryFrom<String> for RepoName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("expected a repository as owner/name, found {text:?}"))
    }
}

impl From<RepoName> for String {
    fn from(repo: RepoName) -> Self {
        repo.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_owner_and_name_are_a_repository() {
        for good in ["acme/shop", "a-b/c_d.e"] {
            assert_eq!(RepoName::parse(good).map(|r| r.to_string()).as_deref(), Some(good));
        }
        for bad in ["", "acme", "acme/", "/shop", "a/b/c", "a/..", "a b/c", "a/b?x=1"] {
            assert_eq!(RepoName::parse(bad), None, "{bad}");
        }
    }
}
