//! What comes back: a ticket that was closed is wanted again when others say it after that, and what people say of a later
//! rollout may be what a ticket of an earlier one is about.

use crate::analysis::themes::{Space, middle_of, resemblance};
use crate::domain::annotation::Intent;
use crate::domain::handling::{Decided, Resolution};
use crate::domain::theme::Theme;

/// Whether a closed ticket is wanted again: so many people say it who did not before it was closed. One that was closed as a
/// duplicate lives on elsewhere, and one that was not planned is muted.
pub fn wanted_again(decided: &Decided, people: i64, asked_for: i64) -> bool {
    decided.resolution == Resolution::Completed && people >= asked_for.max(1)
}

/// Of the themes of earlier rollouts the one that says what `theme` says: the nearest in words, or one of the same name.
/// Praise and complaint are not the same, however near their words are.
pub fn said_before<'e>(space: &Space, theme: &Theme, others: &[Theme], earlier: &'e [Theme]) -> Option<&'e Theme> {
    let middle = middle_of(space, others.iter().chain(earlier));
    let pleased = |t: &Theme| t.intent() == Some(Intent::Praise);
    let mut best: Option<(&Theme, f64)> = None;
    for other in earlier.iter().filter(|e| pleased(e) == pleased(theme)) {
        let near = if !theme.name.is_empty() && other.name.eq_ignore_ascii_case(&theme.name) {
            1.0
        } else {
            resemblance(space, &middle, theme, other)
        };
        if near >= space.cuts.alike_from && best.is_none_or(|(_, most)| near > most) {
            best = Some((other, near));
        }
    }
    best.map(|(theme, _)| theme)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::theme::ThemeVector;
    use crate::id::ThemeId;
    use crate::time::UnixMs;

    fn theme(id: &str, name: &str, sum: &[i64], intent: Intent) -> Theme {
        let made_by = Space::of_words().made_by;
        Theme {
            name: name.into(),
            vector: ThemeVector { made_by, sum: sum.to_vec(), items: 1 },
            intents: [(intent, 5)].into(),
            ..Theme::begun(ThemeId(id.into()), UnixMs(0))
        }
    }

    #[test]
    fn the_nearest_theme_of_before_is_the_same_and_praise_is_another() {
        let bug = Intent::Bug;
        let mine = theme("th_new", "pay crashes", &[1_000, 10, 0], bug);
        let far = theme("th_far", "dark mode", &[0, 10, 1_000], bug);
        let near = theme("th_near", "tapping pay fails", &[900, 200, 0], bug);
        let nearer = theme("th_nearer", "paying crashes", &[990, 20, 0], bug);
        let named = theme("th_named", "Pay Crashes", &[0, 1_000, 0], bug);
        let praise = theme("th_praise", "pay crashes", &[1_000, 10, 0], Intent::Praise);
        let space = Space::of_words();
        for (earlier, same) in [
            (vec![], None),
            (vec![far.clone()], None),
            (vec![far.clone(), near.clone()], Some("th_near")),
            (vec![near, nearer], Some("th_nearer")),
            (vec![far, named], Some("th_named")),
            (vec![praise], None),
        ] {
            let found = said_before(&space, &mine, std::slice::from_ref(&mine), &earlier);
            assert_eq!(found.map(|t| t.id.as_str()), same, "{earlier:?}");
        }
    }

    #[test]
    fn only_what_was_done_comes_back_and_only_with_enough_people() {
        for (resolution, people, again) in [
            (Resolution::Completed, 4, false),
            (Resolution::Completed, 5, true),
            (Resolution::Duplicate, 50, false),
            (Resolution::NotPlanned, 50, false),
            (Resolution::Open, 50, false),
        ] {
            let decided = Decided { resolution, at: UnixMs(1), by: "ada".into(), why: String::new() };
            assert_eq!(wanted_again(&decided, people, 5), again, "{resolution:?} {people}");
        }
    }
}
