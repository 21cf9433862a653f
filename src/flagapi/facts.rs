//! What all clients make of what a platform tells.

use std::collections::BTreeMap;

use url::Url;

use super::Look;
use crate::domain::flag::FlagSeen;
use crate::http::RemoteError;
use crate::sources::flags::name;
use crate::time::UnixMs;

/// Longest address that is kept, in characters.
const URL_MAX: usize = 2_000;

/// The share of a whole flag, where it is known.
pub(super) fn whole_flag(share: Option<f64>) -> BTreeMap<String, f64> {
    share.map(|share| (String::new(), share)).into_iter().collect()
}

/// A flag of which only the name is known so far; `None` where it has none.
pub(super) fn seen(platform: &str, project: Option<String>, flag: &str, at: UnixMs) -> Option<FlagSeen> {
    Some(FlagSeen {
        platform: platform.to_owned(),
        project,
        environment: None,
        flag: name(flag)?,
        on: None,
        shares: BTreeMap::new(),
        variants: Vec::new(),
        archived: false,
        url: None,
        at,
    })
}

/// An address that people can follow.
pub(super) fn web(url: impl Into<String>) -> Option<String> {
    Some(url.into()).filter(|u| u.len() <= URL_MAX && (u.starts_with("https://") || u.starts_with("http://")))
}

/// What is told project by project: one that is not there must not hide the others.
pub(super) struct Round {
    platform: &'static str,
    /// What was told so far.
    pub look: Look,
    missing: Option<RemoteError>,
}

impl Round {
    /// Nothing was told yet.
    pub fn of(platform: &'static str) -> Self {
        Self { platform, look: Look::default(), missing: None }
    }

    /// What was told, but for what is not there: that is remembered.
    pub fn pass_over<T>(&mut self, told: Result<T, RemoteError>) -> Result<Option<T>, RemoteError> {
        match told {
            Err(gone @ RemoteError::Gone { .. }) => {
                tracing::warn!(source = self.platform, "{gone}");
                self.missing = Some(gone);
                Ok(None)
            }
            told => told.map(Some),
        }
    }

    /// A project whose flags are in `look`; `told` says whether they are all.
    pub fn add(&mut self, project: &str, told: Result<bool, RemoteError>) -> Result<(), RemoteError> {
        let whole = self.pass_over(told)? == Some(true);
        self.look.whole.extend(name(project).filter(|_| whole));
        Ok(())
    }

    /// Whether something was not there.
    pub fn misses(&self) -> bool {
        self.missing.is_some()
    }

    /// All that was told; where that is nothing, what is missing.
    pub fn end(self) -> Result<Look, RemoteError> {
        match self.missing {
            Some(missing) if self.look.seen.is_empty() => Err(missing),
            _ => Ok(self.look),
        }
    }
}

/// A page of a list that is read by limit and offset.
pub(super) fn at_offset(first: &Url, limit: usize, offset: usize) -> Url {
    let mut url = first.clone();
    url.query_pairs_mut().append_pair("limit", &limit.to_string()).append_pair("offset", &offset.to_string());
    url
}
