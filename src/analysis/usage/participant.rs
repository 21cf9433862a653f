//! One person in one rollout: first moments and nothing else.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::strata::{Arm, Channel, Class, SEGMENT_UNTOLD, Share};
use crate::time::{DAY_MS, UnixMs};

/// Days that a [`Days`] holds.
const DAYS_MAX: u32 = 64;

/// What is kept of a person in a rollout, some 100 bytes. Two rows of one person merge into one, in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participant {
    /// The first moment in each stage at which it was settled what they get, and what that was.
    pub stages: BTreeMap<Share, (UnixMs, Arm)>,
    /// The segments that they were told to be in, each with the first moment.
    pub segments: BTreeMap<u32, UnixMs>,
    /// What they did, by event.
    pub events: BTreeMap<u32, Did>,
    /// The days on which they were active.
    pub days: Days,
    /// What they said.
    pub said: Said,
}

/// The first time that a person did something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Did {
    /// When, and the number that came with it in thousandths; `None` where they did it only before.
    pub first: Option<(UnixMs, i64)>,
    /// On how many of the seven days before they had the change they had done it, too.
    pub before: u8,
}

/// What a person said in a rollout: made anew from their statements whenever one of these changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Their first statement.
    pub first: Option<Item>,
    /// Their first negative one, and how it came.
    pub negative: Option<(Moment, Channel)>,
    /// Their first positive one likewise.
    pub positive: Option<(Moment, Channel)>,
    /// How many there are.
    pub items: u16,
}

/// A statement that counts. The order is that of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Item {
    /// When it was said, and when it came.
    pub when: Moment,
    /// How it counts.
    pub class: Class,
    /// How it came.
    pub channel: Channel,
    /// How it feels, in millionths from -1 to 1.
    pub score_micro: i32,
    /// What its sender says that the person had; `None` where that is not told.
    pub told: Option<Arm>,
}

/// When something was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Moment {
    /// When it was said.
    pub at: UnixMs,
    /// When it came.
    pub received: UnixMs,
    /// Brought in afterwards, so that it must alarm nobody.
    pub backfill: bool,
}

/// Where a person first stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Home {
    pub at: UnixMs,
    pub arm: Arm,
    pub stage: Share,
    pub segment: u32,
}

impl Participant {
    /// They were found in a stage, in an arm.
    pub fn expose(&mut self, at: UnixMs, stage: Share, arm: Arm) {
        let known = self.stages.entry(stage).or_insert((at, arm));
        *known = (*known).min((at, arm));
    }

    /// They did something, with a number in thousandths.
    pub fn does(&mut self, event: u32, at: UnixMs, value_milli: i64) {
        self.events.entry(event).or_default().merge(&Did { first: Some((at, value_milli)), before: 0 });
    }

    /// They were told to be in a segment.
    pub fn belong(&mut self, segment: u32, at: UnixMs) {
        earliest(&mut self.segments, segment, at);
    }

    /// Since when they have the change; where they never had it, since when they are known not to.
    pub fn since(&self) -> Option<UnixMs> {
        self.home().map(|h| h.at)
    }

    /// Takes in what another row knows of the same person.
    pub fn merge(&mut self, other: &Self) {
        for (stage, (at, arm)) in &other.stages {
            self.expose(*at, *stage, *arm);
        }
        for (segment, at) in &other.segments {
            self.belong(*segment, *at);
        }
        for (event, did) in &other.events {
            self.events.entry(*event).or_default().merge(did);
        }
        self.days.merge(&other.days);
        self.said.merge(&other.said);
    }

    /// Where they count: where they first had the change, else where they first were known not to have it. Whoever is kept
    /// out at 5 % and let in at 25 % has it from then on.
    pub(super) fn home(&self) -> Option<Home> {
        let first =
            |arm: Arm| self.stages.iter().filter(|(_, (_, a))| *a == arm).map(|(stage, (at, _))| (*at, *stage)).min();
        let treated = first(Arm::Treated).map(|found| (found, Arm::Treated));
        let ((at, stage), arm) = treated.or_else(|| first(Arm::Control).map(|found| (found, Arm::Control)))?;
        Some(Home { at, arm, stage, segment: self.segment_at(at) })
    }

    /// In which stage and arm they were at a moment.
    pub(super) fn stands(&self, at: UnixMs) -> Option<(Share, Arm)> {
        self.stages
            .iter()
            .filter(|(_, (since, _))| *since <= at)
            .max_by_key(|(stage, (since, _))| (*since, **stage))
            .map(|(stage, (_, arm))| (*stage, *arm))
    }

    /// The segment that they were last told to be in by then, else the first that they were told afterwards.
    pub(super) fn segment_at(&self, at: UnixMs) -> u32 {
        let by_then = self.segments.iter().filter(|(_, told)| **told <= at).max_by_key(|(_, told)| **told);
        let after = || self.segments.iter().min_by_key(|(_, told)| **told);
        by_then.or_else(after).map_or(SEGMENT_UNTOLD, |(segment, _)| *segment)
    }
}

impl Did {
    pub(super) fn merge(&mut self, other: &Self) {
        self.first = least(self.first, other.first);
        self.before = self.before.max(other.before);
    }
}

impl Said {
    /// What these statements come to, in whatever order they are given.
    pub fn of(items: impl IntoIterator<Item = Item>) -> Self {
        let mut said = Self::default();
        for item in items {
            said.first = least(said.first, Some(item));
            match item.class {
                Class::Negative => said.negative = least(said.negative, Some((item.when, item.channel))),
                Class::Positive => said.positive = least(said.positive, Some((item.when, item.channel))),
                Class::Uncertain | Class::Other => {}
            }
            said.items = said.items.saturating_add(1);
        }
        said
    }

    fn merge(&mut self, other: &Self) {
        self.first = least(self.first, other.first);
        self.negative = least(self.negative, other.negative);
        self.positive = least(self.positive, other.positive);
        self.items = self.items.max(other.items);
    }
}

fn least<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

fn earliest(map: &mut BTreeMap<u32, UnixMs>, key: u32, at: UnixMs) {
    let known = map.entry(key).or_insert(at);
    *known = (*known).min(at);
}

/// Days, UTC, as a set: the first and the 63 after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Days {
    first: u32,
    bits: u64,
}

impl Days {
    /// The day of a moment, since 1970, UTC.
    pub fn day(at: UnixMs) -> u32 {
        u32::try_from(at.0.div_euclid(DAY_MS)).unwrap_or(0)
    }

    /// Adds a day.
    pub fn add(&mut self, day: u32) {
        self.merge(&Self { first: day, bits: 1 });
    }

    /// Adds another set's days. Days later than 63 after the first of both are let go.
    pub fn merge(&mut self, other: &Self) {
        if other.bits == 0 {
            return;
        }
        if self.bits == 0 {
            *self = *other;
            return;
        }
        let first = self.first.min(other.first);
        let moved = |d: &Self| d.bits.checked_shl(d.first - first).unwrap_or(0);
        *self = Self { first, bits: moved(self) | moved(other) };
    }

    /// Whether a day is in it.
    pub fn has(&self, day: u32) -> bool {
        day.checked_sub(self.first).is_some_and(|d| d < DAYS_MAX && self.bits >> d & 1 == 1)
    }

    /// How many of the days from one to another, both included, are in it.
    pub fn between(&self, from: u32, to: u32) -> i64 {
        (from..=to).map(|d| i64::from(self.has(d))).sum()
    }

    /// Its days, the first first.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        (0..DAYS_MAX).filter(|d| self.bits >> d & 1 == 1).map(|d| self.first + d)
    }

    /// Lets go of days before one.
    pub fn forget_before(&mut self, day: u32) {
        let kept: Vec<u32> = self.iter().filter(|d| *d >= day).collect();
        *self = Self::default();
        for day in kept {
            self.add(day);
        }
    }
}
