//! Flag platforms, each a file that turns what its platform sends into [`FlagChange`]s.
//!
//! A platform is a file and a line below. Its file says what the platform signs, what it tells and what it leaves out;
//! what can't be told is `None`, never a guess. Where the platform's API shows flags in the form that its webhook sends,
//! the client that asks reads them with the types of these files, so that both mean the same.

use super::{BadBody, Envelope, Fact, Incoming, Meaning, Repeats, Source, clean, read_json};
use crate::domain::flag::{ChangeKind, FlagChange, FlagSeen, Hand, Scope, Variant};
use crate::time::UnixMs;

/// Makes a module and an entry in the list of each name.
macro_rules! platforms {
    ($($name:ident,)*) => {
        $(pub(crate) mod $name;)*

        /// Every flag platform that can be received from.
        pub const PLATFORMS: &[Source] = &[$($name::SOURCE),*];
    };
}

platforms! {
    configcat,
    devcycle,
    featbit,
    flagsmith,
    flipt,
    gitlab,
    go_feature_flag,
    growthbook,
    launchdarkly,
    optimizely,
    posthog,
    split,
    statsig,
    unleash,
}

/// The kind under which what a platform told when asked is kept: its flags as they are.
pub const SEEN: &str = "seen";

/// Reads flags as they are, as [`seen_body`] wrote them.
pub fn seen(body: &[u8]) -> Result<Meaning, BadBody> {
    let seen: Vec<FlagSeen> = read_json(body)?;
    Ok(Meaning::Facts(seen.into_iter().map(|s| Fact::Seen(Box::new(s))).collect()))
}

/// Writes flags as they are, for [`seen`].
pub fn seen_body(seen: &[FlagSeen]) -> Vec<u8> {
    serde_json::to_vec(seen).unwrap_or_default()
}

/// Longest key, name or id that is kept, in characters.
const NAME_MAX: usize = 200;
/// Longest address that is kept, in characters.
const URL_MAX: usize = 2_000;
/// Changes that are kept of one delivery. No platform is known to send as many; a body of 5 MB could hold 50,000.
const CHANGES_MAX: usize = 1_000;

/// The changes of one delivery; without any it is ignored, and `why` says what it was. Of more than are kept, the
/// platform is asked.
fn facts(mut changes: Vec<FlagChange>, why: impl FnOnce() -> String) -> Meaning {
    if changes.is_empty() {
        return Meaning::Ignored(why());
    }
    let more = changes.len() > CHANGES_MAX;
    changes.truncate(CHANGES_MAX);
    let facts = changes.into_iter().map(|c| Fact::Flag(Box::new(c))).collect();
    if more {
        return Meaning::Hint { facts, why: format!("it tells more than {CHANGES_MAX} changes at once") };
    }
    Meaning::Facts(facts)
}

/// A change, and where it makes a flag or fetches it back without naming an environment, how it stands by itself: that
/// there is such a flag is said of all environments, how it stands only where it lives.
pub(super) fn born(change: FlagChange) -> Vec<FlagChange> {
    let tells = change.after.is_some() || change.percent_after.is_some();
    let makes = matches!(change.kind, ChangeKind::Created | ChangeKind::Restored);
    if !makes || change.environment.is_some() || !tells {
        return vec![change];
    }
    let stands = match change.after {
        Some(true) => ChangeKind::Enabled,
        Some(false) => ChangeKind::Disabled,
        None => ChangeKind::RolloutChanged,
    };
    let made = FlagChange {
        before: None,
        after: None,
        percent_before: None,
        percent_after: None,
        scope: Scope::Flag,
        variants: Vec::new(),
        ..change.clone()
    };
    vec![made, FlagChange { kind: stands, ..change }]
}

/// A key, name or id from outside, cleaned; `None` where nothing is left of it.
pub(crate) fn name(text: &str) -> Option<String> {
    Some(clean(text, NAME_MAX)).filter(|v| !v.is_empty())
}

/// The same of one that may not be there.
fn text(value: Option<String>) -> Option<String> {
    name(&value?)
}

/// The flag's key, which no change is without.
fn key(value: &str, field: &str) -> Result<String, BadBody> {
    name(value).ok_or_else(|| BadBody::of(field, "expected the flag's key"))
}

/// A percentage; what is no number from 0 to 100 is not known.
pub(crate) fn percent(value: f64) -> Option<f64> {
    (0.0..=100.0).contains(&value).then_some(value)
}

/// An address that people can follow.
fn web(url: Option<String>) -> Option<String> {
    url.filter(|u| u.starts_with("https://") || u.starts_with("http://")).map(|u| clean(&u, URL_MAX))
}
