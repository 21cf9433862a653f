//! A flag that lives: random changes, told in the way of each kind of platform, shuffled and repeated on their way.
//! What is folded from them is what happened.
use std::collections::BTreeMap;

use hearback::domain::flag::{ChangeKind, FlagChange, Scope};
use hearback::domain::flag_state::FlagState;
use hearback::domain::rollout::End;
use hearback::domain::signal::{Exposure, Signal};
use hearback::time::{MINUTE_MS, UnixMs};
use proptest::prelude::*;
use proptest::sample::Index;

use super::{at, change, everywhere, put_away, rollouts, seen, state, subject_in, switched, told};

/// How much a platform tells of a change.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Manner {
    /// The whole flag before and after, in every change: `LaunchDarkly`, `GrowthBook`, `FeatBit`.
    Whole,
    /// What is new, and nothing else: Flipt, Statsig, `PostHog`.
    New,
    /// What is new of one rule of several: Unleash.
    Rules,
}

#[derive(Clone, Copy, Debug)]
enum Deed {
    Switch(bool),
    /// A rule's share, in percent. Platforms that tell of the whole flag have one rule.
    Reach(u8, f64),
    Archive,
    Restore,
    /// What customers are told apart by; how many see the flag stays.
    Retarget,
}

/// The flag as it is.
#[derive(Clone, Debug, PartialEq)]
struct Truth {
    on: bool,
    shares: BTreeMap<u8, f64>,
    archived: bool,
}

impl Truth {
    fn share(&self) -> f64 {
        self.shares.values().copied().fold(0.0, f64::max)
    }

    fn exposure(&self) -> Exposure {
        if self.archived || !self.on {
            return Exposure::Off;
        }
        Exposure::from_percent(self.share()).unwrap_or(Exposure::Off)
    }

    fn after(&self, deed: Deed) -> Self {
        let mut after = self.clone();
        match deed {
            // Nobody switches on what is put away.
            Deed::Switch(on) => after.on = if self.archived { self.on } else { on },
            Deed::Reach(rule, share) => drop(after.shares.insert(rule, share)),
            Deed::Archive => after.archived = true,
            Deed::Restore => after.archived = false,
            Deed::Retarget => {}
        }
        after
    }

    fn seen(&self, manner: Manner, ms: i64) -> Signal {
        let names: Vec<(String, f64)> = self.shares.iter().map(|(r, s)| (rule_name(manner, *r), *s)).collect();
        let shares: Vec<(&str, f64)> = names.iter().map(|(r, s)| (r.as_str(), *s)).collect();
        let signal = seen(self.on, &shares, ms);
        if self.archived { put_away(signal) } else { signal }
    }
}

fn rule_name(manner: Manner, rule: u8) -> String {
    if manner == Manner::Rules { format!("rule-{rule}") } else { String::new() }
}

/// A deed as the platform tells it.
fn tell(manner: Manner, deed: Deed, before: &Truth, after: &Truth) -> FlagChange {
    let plain = match deed {
        Deed::Switch(_) => switched(after.on),
        Deed::Reach(rule, share) => FlagChange {
            percent_before: before.shares.get(&rule).copied().filter(|_| manner == Manner::Rules),
            percent_after: Some(share),
            scope: if manner == Manner::Rules { Scope::Rule(rule_name(manner, rule)) } else { Scope::Flag },
            ..change(ChangeKind::RolloutChanged)
        },
        Deed::Archive => everywhere(ChangeKind::Archived),
        Deed::Restore => everywhere(ChangeKind::Restored),
        Deed::Retarget => change(ChangeKind::TargetingChanged),
    };
    // What is about the flag everywhere can't tell its state in one environment.
    if manner == Manner::Whole && plain.environment.is_some() {
        FlagChange {
            before: Some(before.on),
            after: Some(after.on),
            percent_before: Some(before.share()),
            percent_after: Some(after.share()),
            ..plain
        }
    } else {
        plain
    }
}

/// What a rollout of the flag is, by a history of exposures alone: its stages, and its end.
type Lived = (Vec<(Exposure, UnixMs)>, Option<(UnixMs, End)>);

fn lived(start: Exposure, history: &[(i64, Deed, Exposure)]) -> Vec<Lived> {
    let mut all: Vec<Lived> = Vec::new();
    let mut now = start;
    for (ms, deed, exposure) in history {
        let live = all.last_mut().filter(|(_, end)| end.is_none());
        match (live, *exposure) {
            (Some((_, end)), Exposure::Off) => {
                *end = Some((at(*ms), if matches!(deed, Deed::Archive) { End::Archived } else { End::RolledBack }));
            }
            (Some((stages, _)), exposure) if stages.last().is_none_or(|(last, _)| *last != exposure) => {
                stages.push((exposure, at(*ms)));
            }
            (None, exposure) if exposure != Exposure::Off && exposure != now => {
                all.push((vec![(exposure, at(*ms))], None));
            }
            (Some(_) | None, _) => {}
        }
        now = *exposure;
    }
    all
}

fn deeds(manner: Manner) -> impl Strategy<Value = Vec<(Deed, i64)>> {
    let rules: u8 = if manner == Manner::Rules { 3 } else { 1 };
    let deed = prop_oneof![
        4 => any::<bool>().prop_map(Deed::Switch),
        6 => (0..rules, 0_u8..=10).prop_map(|(rule, tenths)| Deed::Reach(rule, f64::from(tenths) * 10.0)),
        1 => Just(Deed::Archive),
        2 => Just(Deed::Restore),
        1 => Just(Deed::Retarget),
    ];
    // Several within one millisecond are told apart by the platform's number.
    prop::collection::vec((deed, prop_oneof![Just(0), 1..MINUTE_MS]), 1..14)
}

fn manners() -> impl Strategy<Value = Manner> {
    prop_oneof![Just(Manner::Whole), Just(Manner::New), Just(Manner::Rules)]
}

/// What a flag goes through, and what is told of it: first how it stood, then each deed.
fn told_all(manner: Manner, deeds: &[(Deed, i64)]) -> (Vec<Signal>, Vec<Lived>, Truth) {
    let mut truth = Truth { on: false, shares: BTreeMap::from([(0, 10.0)]), archived: false };
    let start = truth.exposure();
    let mut signals = vec![truth.seen(manner, -1)];
    let mut history = Vec::new();
    let mut ms = 0;
    for (number, (deed, gap)) in (1..).zip(deeds) {
        ms += gap;
        let after = truth.after(*deed);
        let change = FlagChange { sequence: Some(number), ..tell(manner, *deed, &truth, &after) };
        // Nothing is told of a deed that changes nothing.
        if after != truth || matches!(deed, Deed::Retarget) {
            signals.push(told(ms, change));
            history.push((ms, *deed, after.exposure()));
        }
        truth = after;
    }
    (signals, lived(start, &history), truth)
}

/// The signals in another order of arrival, an hour after they happened and some of them twice.
fn shuffled(signals: &[Signal], order: &[Index], again: &[Index]) -> Vec<Signal> {
    let mut all: Vec<Signal> = signals.to_vec();
    all.extend(again.iter().map(|i| i.get(signals).clone()));
    for (i, other) in order.iter().enumerate().take(all.len()) {
        let other = other.index(all.len());
        all.swap(i, other);
    }
    for (i, signal) in (0_i64..).zip(&mut all) {
        signal.received_at = at(60 * MINUTE_MS + i);
    }
    all
}

proptest! {
    #[test]
    fn what_is_told_in_any_order_adds_up_to_what_happened(
        (manner, deeds) in manners().prop_flat_map(|m| (Just(m), deeds(m))),
        order in prop::collection::vec(any::<Index>(), 20),
        again in prop::collection::vec(any::<Index>(), 0..6),
    ) {
        let (signals, lived, truth) = told_all(manner, &deeds);
        let arrived = shuffled(&signals, &order, &again);
        let folded = rollouts(&arrived);
        let told: Vec<Lived> = folded
            .iter()
            .map(|r| (r.stages.iter().map(|s| (s.exposure, s.from)).collect(), r.ended))
            .collect();
        prop_assert_eq!(&told, &lived);
        prop_assert_eq!(state(&arrived).exposure(), Some(truth.exposure()));
        // Dates, names and lineage too are the same as if each had come as it happened.
        prop_assert_eq!(folded, rollouts(&signals));
        prop_assert_eq!(state(&arrived), state(&signals));
    }

    #[test]
    fn being_asked_between_changes_a_platform_tells_nothing_new(
        (manner, deeds) in manners().prop_flat_map(|m| (Just(m), deeds(m))),
        asked in prop::collection::vec(any::<Index>(), 1..5),
    ) {
        // Not within the millisecond of a change: then nobody knows which came first.
        let deeds: Vec<(Deed, i64)> = deeds.into_iter().map(|(deed, gap)| (deed, gap + 2)).collect();
        let (signals, lived, _) = told_all(manner, &deeds);
        let mut truth = Truth { on: false, shares: BTreeMap::from([(0, 10.0)]), archived: false };
        let mut moments = Vec::new();
        let mut ms = 0;
        for (deed, gap) in &deeds {
            ms += gap;
            truth = truth.after(*deed);
            moments.push(truth.seen(manner, ms + 1));
        }
        let mut arrived = signals.clone();
        arrived.extend(asked.iter().map(|i| i.get(&moments).clone()));
        let told: Vec<Lived> = rollouts(&arrived)
            .iter()
            .map(|r| (r.stages.iter().map(|s| (s.exposure, s.from)).collect(), r.ended))
            .collect();
        prop_assert_eq!(told, lived);
    }

    #[test]
    fn whatever_was_lost_a_platform_that_is_asked_puts_right(
        (manner, deeds) in manners().prop_flat_map(|m| (Just(m), deeds(m))),
        lost in prop::collection::vec(any::<Index>(), 1..10),
    ) {
        let (mut signals, _, truth) = told_all(manner, &deeds);
        for i in lost {
            if signals.len() > 1 {
                signals.remove(1 + i.index(signals.len() - 1));
            }
        }
        signals.push(truth.seen(manner, deeds.iter().map(|(_, gap)| gap).sum::<i64>() + 1));
        prop_assert_eq!(FlagState::after(&subject_in("production"), &signals).exposure(), Some(truth.exposure()));
        let live = rollouts(&signals).last().is_some_and(|r| r.ended.is_none());
        // One that began before anybody watched is not a rollout; one that ended is not live.
        prop_assert!(!live || truth.exposure() != Exposure::Off);
    }
}
