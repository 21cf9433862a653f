//! What all clients make of what a platform tells.

use std::collections::BTreeMap;

use crate::domain::flag::FlagSeen;
use crate::http::RemoteError;
use crate::time::UnixMs;

/// Longest key, name or id that is kept, in characters; as long as in what the platform's webhook tells, or a flag
/// would be two.
const NAME_MAX: usize = 200;
/// Longest address that is kept, in characters.
const URL_MAX: usize = 2_000;

/// A text from outside as one line without control characters; `None` where nothing is left of it.
pub(super) fn name(text: &str) -> Option<String> {
    let line: String = text.chars().filter(|c| !c.is_control()).take(NAME_MAX).collect();
    Some(line.trim().to_owned()).filter(|line| !line.is_empty())
}

/// A percentage; what is no number from 0 to 100 is not known.
pub(super) fn percent(value: f64) -> Option<f64> {
    (0.0..=100.0).contains(&value).then_some(value)
}

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

/// What was told of one of several projects: that it is not there must not hide the others. Keeps that in `missing`.
pub(super) fn pass_over(
    platform: &'static str,
    told: Result<bool, RemoteError>,
    missing: &mut Option<RemoteError>,
) -> Result<bool, RemoteError> {
    match told {
        Err(gone @ RemoteError::Gone { .. }) => {
            tracing::warn!(source = platform, "{gone}");
            *missing = Some(gone);
            Ok(false)
        }
        told => told,
    }
}
