//! What a flag platform's answer means against what is known: which flags are news, and which are gone.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::flag::FlagSeen;
use crate::domain::flag_state::FlagState;
use crate::domain::signal::{Exposure, Subject};
use crate::time::UnixMs;

/// Whether a flag is not as it is known.
pub fn is_news(known: Option<&FlagState>, seen: &FlagSeen) -> bool {
    let mut after = known.cloned().unwrap_or_default();
    let before = after.exposure();
    after.hear(&seen.clone().signal(seen.at).kind);
    known.is_none() || before != after.exposure() || known.is_some_and(|k| k.archived != after.archived)
}

/// What a platform that lists everything no longer lists: flags that are gone, and flags that are off in an environment
/// because nothing is said of it any more. Where it lists none at all, that is more likely a token that may see nothing.
///
/// `by_flag` says that a flag's environments are those that its own rules name; else an environment counts only where
/// another flag of the project is listed in it.
pub fn gone<'a>(
    seen: &[FlagSeen],
    whole: &BTreeSet<String>,
    by_flag: bool,
    known: impl Iterator<Item = (&'a Subject, &'a FlagState)>,
) -> Vec<FlagSeen> {
    let project = |s: &FlagSeen| s.project.clone().unwrap_or_default();
    let place = |s: &FlagSeen| s.environment.clone().unwrap_or_default();
    // Dated by the first answer: what was made while the others were asked for came after it.
    let mut at: BTreeMap<String, UnixMs> = BTreeMap::new();
    for s in seen {
        at.entry(project(s)).and_modify(|first| *first = s.at.min(*first)).or_insert(s.at);
    }
    let flags: BTreeSet<(String, String)> = seen.iter().map(|s| (project(s), s.flag.clone())).collect();
    let places: BTreeSet<(String, String)> = seen.iter().map(|s| (project(s), place(s))).collect();
    let all: BTreeSet<String> = seen.iter().map(|s| s.subject().key()).collect();
    known
        .filter(|(_, state)| !state.archived && state.exposure() != Some(Exposure::Off))
        .filter_map(|(subject, _)| {
            let Subject::Flag { platform, project, environment, flag } = subject else { return None };
            if !whole.contains(project) || all.contains(&subject.key()) {
                return None;
            }
            let listed = flags.contains(&(project.clone(), flag.clone()));
            if listed && !by_flag && !places.contains(&(project.clone(), environment.clone())) {
                return None;
            }
            Some(FlagSeen {
                platform: platform.clone(),
                project: Some(project.clone()).filter(|p| !p.is_empty()),
                environment: Some(environment.clone()).filter(|e| !e.is_empty()),
                flag: flag.clone(),
                on: listed.then_some(false),
                shares: BTreeMap::new(),
                variants: Vec::new(),
                archived: !listed,
                url: None,
                at: *at.get(project)?,
            })
        })
        .collect()
}
