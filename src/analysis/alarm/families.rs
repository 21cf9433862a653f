//! Many questions at once: each theme, segment and event by itself, with a bound on how many of those that are called are
//! false (e-BH: Wang and Ramdas 2022; Fischer, Xu and Ramdas 2024), which holds at every moment and however they hang
//! together.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::cells::{Allocation, ArmCell, Picture};
use super::exposure::{EPOCHS_MAX, Exposure, restarts};
use super::share::fold;
use super::verdict::{Process, ShareNow, Side, Verdict, evaluate};
use crate::analysis::stats::fdr;
use crate::analysis::stats::hex::{Hex, Tally};
use crate::analysis::stats::sigma_day::{DAYS, Period, sigma_day};
use crate::domain::alarm::{AlarmRules, Grade};

/// The drift of a theme's share between windows, log odds.
const THEME_DRIFT: f64 = 0.15;
/// How far a theme may be from its baseline by itself, log odds: one that is new may come with any share.
const THEME_SPREAD_MAX: f64 = 1.5;
/// Statements of the baseline from which on a theme tells how much days drift.
const THEME_LARGE: u64 = 50;

/// One of a family.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// Which theme, segment or event.
    pub name: String,
    /// What its cells come to.
    pub verdict: Verdict,
    /// Whether it is called, with at most the agreed share of false ones among those called.
    pub called: bool,
}

fn family(rules: &AlarmRules, named: Vec<(String, Verdict)>) -> Vec<Member> {
    let ln_e: Vec<f64> = named.iter().map(|(_, v)| v.ln_e).collect();
    let called: BTreeSet<usize> = fdr::ebh_ln(&ln_e, rules.false_discoveries).into_iter().collect();
    let member = |(i, (name, verdict)): (usize, (String, Verdict))| {
        let called = called.contains(&i) && verdict.people >= rules.min_people;
        Member { name, verdict, called }
    };
    named.into_iter().enumerate().map(member).collect()
}

/// Each segment by itself.
pub fn segments(rules: &AlarmRules, picture: &Picture, side: Side, from: u32) -> Vec<Member> {
    let arms = picture.arms.iter().map(|c| &c.stratum.segment);
    let names: BTreeSet<&String> = arms.chain(picture.shares.iter().map(|c| &c.stratum.segment)).collect();
    let of = |name: &String| {
        let mut own = picture.clone();
        own.arms.retain(|c| c.stratum.segment == *name);
        own.shares.retain(|c| c.stratum.segment == *name);
        own.baseline.cells.retain(|c| c.segment == *name);
        own.allocations.retain(|a| a.segment == *name);
        evaluate(rules, &own, side, from, 0)
    };
    family(rules, names.into_iter().map(|name| (name.clone(), of(name))).collect())
}

/// An event, and the people who spoke up by whether they had met it before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EventCells {
    /// Its name.
    pub event: String,
    /// `exposed` are people who had met it, `control` those who had not.
    pub cells: Vec<ArmCell>,
    /// The share of people who meet it, by stage and segment, fixed before those who spoke up.
    pub met: Vec<Allocation>,
}

/// Each event by itself: whether people who met it speak up more often.
pub fn events(rules: &AlarmRules, events: &[EventCells], side: Side, from: u32) -> Vec<Member> {
    let of = |event: &EventCells| {
        let exposure = Exposure::read(rules, &event.cells, &event.met, &[], side, from);
        let Some(exposure) = exposure else { return Verdict { side, ..Verdict::default() } };
        let (ln_e, people) = (exposure.ln_e(), exposure.people());
        Verdict {
            side,
            ln_e,
            grade: rules.grade(ln_e, people, 0),
            people,
            process: Process::Label,
            ln_e_label: Some(ln_e),
            starts: exposure.starts(),
            rate_ratio: Some(exposure.rate_ratio()),
            ..Verdict::default()
        }
    };
    family(rules, events.iter().map(|e| (e.event.clone(), of(e))).collect())
}

/// Themes of a window, against their shares before it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Themes {
    /// People who said anything, by epoch.
    pub people: Vec<u64>,
    /// People of the baseline who said anything.
    pub before: u64,
    /// Days that the baseline spans.
    pub days: u32,
    /// Each theme.
    pub themes: Vec<ThemeCells>,
}

/// One theme.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThemeCells {
    /// Its id.
    pub theme: String,
    /// People who said it, by epoch.
    pub people: Vec<u64>,
    /// People of the baseline who said it; 0 for a new one.
    pub before: u64,
    /// Of the baseline by day, where it is known: people who said it, of all who said anything.
    pub by_day: Vec<Period>,
}

/// What a burst calls for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Burst {
    /// Nothing.
    #[default]
    None,
    /// A badge.
    Badge,
    /// Telling people.
    Notify,
}

impl Burst {
    /// The grade that it comes to: a badge tells nobody, and a theme alone suggests no pause.
    pub fn grade(self) -> Grade {
        match self {
            Self::None => Grade::None,
            Self::Badge => Grade::Watch,
            Self::Notify => Grade::Alert,
        }
    }
}

/// What the evidence of a theme calls for. In trials of 150 themes a false badge came in up to six of ten rollouts and a
/// false notice in up to one of eleven; only [`Member::called`] has a proof for all themes together.
pub fn burst(rules: &AlarmRules, ln_e: f64, people: u64) -> Burst {
    let reaches = |threshold: f64| people >= rules.min_people && ln_e >= threshold.ln();
    if reaches(rules.theme_notify) {
        Burst::Notify
    } else if reaches(rules.theme_badge) {
        Burst::Badge
    } else {
        Burst::None
    }
}

/// Each theme by itself: whether its share among all who speak grew. How many speak does not matter, so neither prompts
/// nor weekends do.
pub fn themes(rules: &AlarmRules, seen: &Themes) -> Vec<Member> {
    let day = day_drift(seen);
    let half = seen.themes.len() as f64 / 2.0;
    let of = |theme: &ThemeCells| {
        let (before, all) = (theme.before.min(seen.before) as f64, seen.before as f64);
        let usual = (before + 0.5) / (all + half.max(1.0));
        let sampling = 1.0 / (before + 0.5) + 1.0 / (all - before + 0.5);
        let drift = day * day / f64::from(seen.days.max(1)) + THEME_DRIFT * THEME_DRIFT;
        let spread = (sampling + drift).sqrt().min(THEME_SPREAD_MAX);
        let tally = |(all, said): (&u64, u64)| vec![Tally { stratum: 0, items: *all, hits: said.min(*all) }];
        let counts = theme.people.iter().copied().chain(std::iter::repeat(0));
        let epochs: Vec<Vec<Tally>> = seen.people.iter().take(EPOCHS_MAX).zip(counts).map(tally).collect();
        let now = epochs.iter().flatten().fold(ShareNow { usual: Some(usual), ..ShareNow::default() }, |sum, t| {
            ShareNow { people: sum.people + t.items, hits: sum.hits + t.hits, ..sum }
        });
        let (ln_e, starts) = fold(&mut Hex::new(&[usual], spread, day, restarts(rules)), &epochs);
        Verdict {
            ln_e,
            grade: burst(rules, ln_e, now.hits).grade(),
            people: now.hits,
            process: Process::Share,
            ln_e_share: Some(ln_e),
            starts,
            share: Some(now),
            ..Verdict::default()
        }
    };
    family(rules, seen.themes.iter().map(|t| (t.theme.clone(), of(t))).collect())
}

/// How much days drift: the median over large themes.
fn day_drift(seen: &Themes) -> f64 {
    let large = seen.themes.iter().filter(|t| t.before >= THEME_LARGE && !t.by_day.is_empty());
    let mut drifts: Vec<f64> = large.map(|t| sigma_day(&t.by_day)).collect();
    drifts.sort_by(f64::total_cmp);
    drifts.get(drifts.len() / 2).copied().unwrap_or(DAYS.towards * DAYS.inflation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::alarm::cells::{Said, Stratum};

    fn theme(name: &str, before: u64, people: [u64; 8]) -> ThemeCells {
        ThemeCells { theme: name.into(), people: people.to_vec(), before, by_day: Vec::new() }
    }

    #[test]
    fn a_theme_that_bursts_is_called_and_the_others_are_not() {
        let seen = Themes {
            people: vec![300; 8],
            before: 6_000,
            days: 28,
            themes: vec![
                theme("quiet", 60, [3, 3, 2, 4, 3, 3, 2, 3]),
                theme("burst", 60, [3, 3, 2, 4, 15, 18, 14, 16]),
                theme("new", 0, [0, 0, 0, 0, 0, 30, 30, 30]),
                theme("large", 1_200, [60, 55, 62, 61, 58, 60, 63, 57]),
            ],
        };
        let rules = AlarmRules::default();
        let members = themes(&rules, &seen);
        let called: Vec<(&str, bool, Burst)> = members
            .iter()
            .map(|m| (m.name.as_str(), m.called, burst(&rules, m.verdict.ln_e, m.verdict.people)))
            .collect();
        assert_eq!(
            called,
            [
                ("quiet", false, Burst::None),
                ("burst", true, Burst::Notify),
                ("new", true, Burst::Notify),
                ("large", false, Burst::None),
            ]
        );
        assert!(members[1].verdict.starts[4] > 0.5, "{:?}", members[1].verdict.starts);
    }

    fn cell(segment: &str, exposed: u64, control: u64) -> ArmCell {
        let said = |negative| Said { negative, positive: 0 };
        let stratum = Stratum { segment: segment.into(), ..Stratum::default() };
        ArmCell { epoch: 0, stratum, exposed: said(exposed), control: said(control) }
    }

    fn half(segment: &str) -> Allocation {
        Allocation { segment: segment.into(), planned: 0.5, ..Allocation::default() }
    }

    #[test]
    fn the_segment_that_suffers_is_named() {
        let picture = Picture {
            arms: vec![cell("free", 30, 29), cell("pro", 70, 20)],
            allocations: vec![half("free"), half("pro")],
            ..Picture::default()
        };
        let called: Vec<String> = segments(&AlarmRules::default(), &picture, Side::Worse, 0)
            .into_iter()
            .filter_map(|m| m.called.then_some(m.name))
            .collect();
        assert_eq!(called, ["pro"]);
    }

    #[test]
    fn the_event_that_goes_with_complaints_is_named() {
        let of = |event: &str, met, not| EventCells {
            event: event.into(),
            cells: vec![cell("", met, not)],
            met: vec![Allocation { planned: 0.2, ..Allocation::default() }],
        };
        let called: Vec<bool> =
            events(&AlarmRules::default(), &[of("error_timeout", 40, 60), of("opened_menu", 20, 80)], Side::Worse, 0)
                .iter()
                .map(|m| m.called)
                .collect();
        assert_eq!(called, [true, false]);
    }
}
