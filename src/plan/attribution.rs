//! Which rollout a statement belongs to. What can't be told stays unattributed: it is never guessed silently.

use crate::domain::feedback::{AttributedBy, Belongs};
use crate::id::RolloutId;

/// The latest rollout of one flag or release.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The rollout.
    pub rollout: RolloutId,
    /// Whether its window collected when the statement was made.
    pub collecting: bool,
}

/// What the store knows about where a statement may belong.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Candidates {
    /// The rollout that the sender named, where it exists.
    pub named: Option<RolloutId>,
    /// The latest rollout of every flag with the key that the sender named: one a platform, project and environment.
    pub of_flag: Vec<Candidate>,
    /// The latest rollout of every release with the tag that the sender named: one a repository.
    pub of_release: Vec<Candidate>,
    /// Windows that collected when it was said.
    pub collecting: Vec<RolloutId>,
}

/// Where a statement belongs, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribution {
    /// The rollout, where one can be told.
    pub rollout: Option<RolloutId>,
    /// By what.
    pub by: AttributedBy,
    /// The reason as a sentence.
    pub why: String,
}

/// Decides where a statement belongs: by the rollout it names, else its flag, else its release, else by time where
/// exactly one window was open.
pub fn attribute(belongs: &Belongs, found: &Candidates) -> Attribution {
    let to = |rollout: &RolloutId, by, why: String| Attribution { rollout: Some(rollout.clone()), by, why };
    let nowhere = |why: String| Attribution { rollout: None, by: AttributedBy::Unattributed, why };
    if let Some(name) = &belongs.rollout {
        return match &found.named {
            Some(id) => to(id, AttributedBy::Rollout, "it names the rollout".into()),
            None => nowhere(format!("there is no rollout {name}; `hearback rollouts` lists them")),
        };
    }
    if let Some(flag) = &belongs.flag {
        return match the_one(&found.of_flag) {
            One::Is(id) => to(id, AttributedBy::Flag, format!("it names the flag {flag}")),
            One::None => nowhere(format!("no rollout of the flag {flag} is known yet; it joins one that comes")),
            One::Many => nowhere(format!("several flags are called {flag}; send rollout instead")),
        };
    }
    if let Some(tag) = &belongs.release {
        return match the_one(&found.of_release) {
            One::Is(id) => to(id, AttributedBy::Release, format!("it names the release {tag}")),
            One::None => nowhere(format!("no rollout of the release {tag} is known yet; it joins one that comes")),
            One::Many => nowhere(format!("several repositories have a release {tag}; send rollout instead")),
        };
    }
    match found.collecting.as_slice() {
        [] => nowhere("it names no rollout, and no window was open when it was said".into()),
        [id] => to(id, AttributedBy::Time, "one window was open when it was said".into()),
        [..] => nowhere("it names no rollout, and several windows were open; send rollout, flag or release".into()),
    }
}

enum One<'a> {
    Is(&'a RolloutId),
    None,
    Many,
}

/// The only candidate, or the only one that collects.
fn the_one(candidates: &[Candidate]) -> One<'_> {
    let mut collecting = candidates.iter().filter(|c| c.collecting);
    match (candidates, collecting.next(), collecting.next()) {
        ([], ..) => One::None,
        ([only], ..) | (_, Some(only), None) => One::Is(&only.rollout),
        _ => One::Many,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: &str) -> RolloutId {
        RolloutId(n.into())
    }

    #[test]
    fn what_the_sender_names_goes_before_what_the_clock_says() {
        let found = Candidates {
            named: Some(id("ro_named")),
            of_flag: vec![Candidate { rollout: id("ro_flag"), collecting: false }],
            of_release: vec![
                Candidate { rollout: id("ro_other"), collecting: false },
                Candidate { rollout: id("ro_tag"), collecting: true },
            ],
            collecting: vec![id("ro_open")],
        };
        let names = |rollout: Option<&str>, flag: Option<&str>, release: Option<&str>| Belongs {
            rollout: rollout.map(Into::into),
            flag: flag.map(Into::into),
            release: release.map(Into::into),
        };
        for (belongs, rollout, by) in [
            (names(Some("x"), Some("f"), Some("v1")), "ro_named", AttributedBy::Rollout),
            (names(None, Some("f"), Some("v1")), "ro_flag", AttributedBy::Flag),
            (names(None, None, Some("v1")), "ro_tag", AttributedBy::Release),
            (names(None, None, None), "ro_open", AttributedBy::Time),
        ] {
            let got = attribute(&belongs, &found);
            assert_eq!((got.rollout, got.by), (Some(id(rollout)), by), "{belongs:?}");
        }
    }

    #[test]
    fn what_cannot_be_told_is_kept_and_not_guessed() {
        let two_open = Candidates { collecting: vec![id("a"), id("b")], ..Candidates::default() };
        let unknown = Belongs { flag: Some("new".into()), ..Belongs::default() };
        for (belongs, found) in [
            (Belongs::default(), two_open.clone()),
            (Belongs::default(), Candidates::default()),
            (unknown, two_open.clone()),
            (Belongs { rollout: Some("typo".into()), ..Belongs::default() }, two_open),
        ] {
            let got = attribute(&belongs, &found);
            assert_eq!((got.rollout, got.by), (None, AttributedBy::Unattributed), "{belongs:?}: {}", got.why);
        }
    }
}
