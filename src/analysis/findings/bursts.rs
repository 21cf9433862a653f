//! Themes that are told more often than at the beginning of the window, whatever else is said.

use std::collections::BTreeMap;

use crate::analysis::alarm::families::{self, ThemeCells, Themes};
use crate::analysis::usage::RolloutClock;
use crate::domain::alarm::AlarmRules;
use crate::domain::theme::{QUARTER_MS, Theme};
use crate::time::{DAY_MS, UnixMs};

/// People who spoke from whom it is known what is usual: themes are a rollout's own, so that nothing before it tells that.
const USUAL_PEOPLE: u64 = 50;

/// By theme, `ln` of the evidence that its share grew since the first epochs of the window, in which [`USUAL_PEOPLE`] had
/// spoken, and its share then. Nothing where nobody spoke since.
pub fn bursts(rules: &AlarmRules, clock: &RolloutClock, themes: &[Theme]) -> BTreeMap<String, (f64, f64)> {
    let of = |theme: &Theme| {
        let mut epochs: BTreeMap<u8, u64> = BTreeMap::new();
        for (quarter, people) in &theme.quarters {
            let epoch = clock.epoch(UnixMs(quarter.saturating_mul(QUARTER_MS)));
            *epochs.entry(epoch).or_default() += people.max(&0).unsigned_abs();
        }
        epochs
    };
    let all: Vec<(&Theme, BTreeMap<u8, u64>)> = themes.iter().map(|t| (t, of(t))).collect();
    let mut people: BTreeMap<u8, u64> = BTreeMap::new();
    for (epoch, n) in all.iter().flat_map(|(_, epochs)| epochs) {
        *people.entry(*epoch).or_default() += n;
    }
    let mut before = 0;
    let usual = people.iter().find_map(|(epoch, n)| {
        before += n;
        (before >= USUAL_PEOPLE).then_some(*epoch)
    });
    let (Some(usual), Some(last)) = (usual, people.keys().next_back().copied()) else { return BTreeMap::new() };
    if last <= usual {
        return BTreeMap::new();
    }
    let later = |epochs: &BTreeMap<u8, u64>| -> Vec<u64> {
        (usual + 1..=last).map(|epoch| epochs.get(&epoch).copied().unwrap_or_default()).collect()
    };
    let cells = |(theme, epochs): &(&Theme, BTreeMap<u8, u64>)| ThemeCells {
        theme: theme.id.0.clone(),
        people: later(epochs),
        before: epochs.range(..=usual).map(|(_, n)| n).sum(),
        by_day: Vec::new(),
    };
    let days = (i64::from(usual) + 1).saturating_mul(clock.epoch_ms).div_euclid(DAY_MS);
    let seen = Themes {
        people: later(&people),
        before,
        days: u32::try_from(days).unwrap_or(u32::MAX),
        themes: all.iter().map(cells).collect(),
    };
    let told = families::themes(rules, &seen).into_iter();
    told.filter_map(|m| Some((m.name, (m.verdict.ln_e, m.verdict.share?.usual?)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ThemeId;

    const PER_DAY: i64 = DAY_MS / QUARTER_MS;

    fn theme(id: &str, people_by_day: &[i64]) -> Theme {
        let mut theme = Theme::begun(ThemeId(id.into()), UnixMs(0));
        theme.quarters = (0..).zip(people_by_day).map(|(day, n)| (day * PER_DAY + 1, *n)).collect();
        theme
    }

    #[test]
    fn a_theme_that_grows_against_the_others_is_told_from_one_that_grows_with_them() {
        let clock = RolloutClock::new(UnixMs(0), 14 * DAY_MS);
        let themes = [
            theme("steady", &[60, 60, 60, 120, 120, 120, 120]),
            theme("burst", &[4, 4, 4, 30, 40, 40, 40]),
            theme("with the others", &[20, 20, 20, 40, 40, 40, 40]),
        ];
        let found = bursts(&AlarmRules::default(), &clock, &themes);
        let ln_e = |id: &str| found[id].0;
        assert!(ln_e("burst") > 100_f64.ln(), "{found:?}");
        assert!(ln_e("steady") < 20_f64.ln() && ln_e("with the others") < 20_f64.ln(), "{found:?}");
        assert!((found["burst"].1 - 4.5 / 85.5).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn before_it_is_known_what_is_usual_nothing_bursts() {
        let clock = RolloutClock::new(UnixMs(0), 14 * DAY_MS);
        let rules = AlarmRules::default();
        assert_eq!(bursts(&rules, &clock, &[]), BTreeMap::new());
        assert_eq!(bursts(&rules, &clock, &[theme("a", &[10, 10])]), BTreeMap::new(), "too few people");
        assert_eq!(bursts(&rules, &clock, &[theme("a", &[500])]), BTreeMap::new(), "nothing came since");
    }
}
