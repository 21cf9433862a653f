//! Counters, and what a person adds to them.

use std::collections::BTreeMap;

use super::key::{CellKey, Landed, Side, Sum};
use super::participant::{Days, Did, Item, Moment, Participant};
use super::strata::{Arm, Channel, Class, RolloutClock, Share};
use crate::time::{DAY_MS, HOUR_MS, UnixMs};

/// A person is asked after their first three days what they had said.
const LANDMARK_DAYS: i64 = 3;
/// A first time without a number counts as one, in thousandths.
pub(super) const ONE_MILLI: i64 = 1_000;
/// The epoch of what was brought in afterwards: it stands in tables, and in no alarm.
pub(super) const BACKFILLED: u8 = u8::MAX;
/// Numbers of customers are cut to this, in thousandths: 10^8. The high part of its square is 2.3 * 10^12, so that the sums
/// over a million people still fit into the whole numbers that both databases hold.
const VALUE_MAX_MILLI: i64 = 100_000_000_000;

/// Counters of one rollout: whole numbers by key. A counter of 0 is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cells(BTreeMap<CellKey, i64>);

/// The epoch in which something came.
fn arrival(moment: Moment, clock: &RolloutClock) -> u8 {
    if moment.backfill { BACKFILLED } else { clock.epoch(moment.received) }
}

impl Cells {
    /// What one person counts.
    pub fn of(person: &Participant, clock: &RolloutClock) -> Self {
        let mut cells = Self::default();
        cells.count(person, clock, 1, &|_| true);
        cells
    }

    /// What is to be added where a person's row changes. Events that stay as they were cost nothing where nothing else
    /// changed that they hang on.
    pub fn change(old: Option<&Participant>, new: Option<&Participant>, clock: &RolloutClock) -> Self {
        let mut cells = Self::default();
        let (Some(was), Some(is)) = (old, new) else {
            for (person, n) in [(old, -1), (new, 1)] {
                if let Some(person) = person {
                    cells.count(person, clock, n, &|_| true);
                }
            }
            return cells;
        };
        let same_frame = was.stages == is.stages && was.segments == is.segments && was.said == is.said;
        let touched = |event: u32| !same_frame || was.events.get(&event) != is.events.get(&event);
        cells.count(was, clock, -1, &touched);
        cells.count(is, clock, 1, &touched);
        cells
    }

    /// Adds to a counter.
    pub fn add(&mut self, key: CellKey, n: i64) {
        let now = self.0.entry(key).or_default();
        *now = now.saturating_add(n);
        if *now == 0 {
            self.0.remove(&key);
        }
    }

    /// Adds other counters to these.
    pub fn merge(&mut self, other: &Self) {
        other.0.iter().for_each(|(key, n)| self.add(*key, *n));
    }

    /// A counter.
    pub fn get(&self, key: &CellKey) -> i64 {
        self.0.get(key).copied().unwrap_or(0)
    }

    /// All counters that are not 0, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&CellKey, i64)> {
        self.0.iter().map(|(key, n)| (key, *n))
    }

    /// Whether nothing is counted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many counters there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    fn count(&mut self, p: &Participant, clock: &RolloutClock, n: i64, events: &dyn Fn(u32) -> bool) {
        self.count_said(p, clock, n);
        let Some(home) = p.home() else { return };
        let (arm, stage, segment) = (home.arm, home.stage, home.segment);
        self.add(CellKey::Exposed { arm, stage, segment }, n);
        for (stage, (_, arm)) in &p.stages {
            self.add(CellKey::Evaluated { stage: *stage, arm: *arm, segment }, n);
        }
        let since = |moment: Option<Moment>| moment.filter(|m| m.at >= home.at);
        let turned = [
            (Side::Negative, since(p.said.negative.map(|(when, _)| when))),
            (Side::Positive, since(p.said.positive.map(|(when, _)| when))),
        ];
        for (side, turned) in turned {
            if let Some(turned) = turned {
                let epoch = arrival(turned, clock);
                self.add(CellKey::Turned { side, arm, stage, segment, epoch }, n);
            }
        }
        for (event, did) in p.events.iter().filter(|(event, _)| events(**event)) {
            let event = *event;
            self.count_cuped(event, arm, stage, home.at, did, n);
            let Some((at, _)) = did.first.filter(|(at, _)| *at >= home.at) else { continue };
            self.add(CellKey::Used { event, arm, stage, segment }, n);
            for (side, turned) in turned {
                let Some(turned) = turned else { continue };
                if at >= turned.at {
                    self.add(CellKey::After { event, side, arm, stage, segment }, n);
                } else {
                    let epoch = arrival(turned, clock);
                    self.add(CellKey::Hit { event, side, arm, stage, segment, epoch }, n);
                }
            }
        }
        self.count_landed(p, home.at, arm, clock.cohort(home.at), n);
    }

    fn count_said(&mut self, p: &Participant, clock: &RolloutClock, n: i64) {
        let Some(Item { when, class, channel, score_micro, told }) = p.said.first else { return };
        let segment = p.segment_at(p.since().unwrap_or(when.at));
        let place = p.stands(when.at);
        let epoch = (!when.backfill).then(|| clock.epoch(when.received));
        self.add(CellKey::Said { place, segment, channel, epoch, class }, n);
        self.add(CellKey::Items { place, segment, channel }, n * i64::from(p.said.items));
        for (sum, part) in squared(i64::from(score_micro)) {
            self.add(CellKey::Score { place, segment, channel, sum }, n * part);
        }
        if class != Class::Uncertain {
            let hour = when.at.0.div_euclid(HOUR_MS);
            self.add(CellKey::Hour { hour, negative: false }, n);
            if class == Class::Negative {
                self.add(CellKey::Hour { hour, negative: true }, n);
            }
        }
        if let Some(arm) = told.filter(|_| !when.backfill) {
            self.add(CellKey::Told { channel, arm, linked: p.since().is_some() }, n);
        }
        for (side, turned) in [(Side::Negative, p.said.negative), (Side::Positive, p.said.positive)] {
            let Some((moment, channel)) = turned.filter(|(m, _)| !m.backfill) else { continue };
            let Some((stage, arm)) = p.stands(moment.at) else { continue };
            let epoch = clock.epoch(moment.received);
            self.add(CellKey::Label { side, epoch, stage, segment, arm, channel }, n);
        }
    }

    fn count_cuped(&mut self, event: u32, arm: Arm, stage: Share, since: UnixMs, did: &Did, n: i64) {
        let x = i64::from(did.before);
        let y = did.first.filter(|(at, _)| *at >= since).map(|(_, y)| y.clamp(-VALUE_MAX_MILLI, VALUE_MAX_MILLI));
        let above = squared(y.map_or(0, |y| y - ONE_MILLI));
        let sums = above.into_iter().chain([(Sum::X, x), (Sum::Xx, x * x), (Sum::Xy, x * y.unwrap_or(0))]);
        for (sum, part) in sums.filter(|(_, part)| *part != 0) {
            self.add(CellKey::Cuped { event, arm, stage, sum }, n * part);
        }
    }

    fn count_landed(&mut self, p: &Participant, since: UnixMs, arm: Arm, cohort: u8, n: i64) {
        let day = Days::day(since);
        // Whoever speaks was still there: silent people are compared only where they were still there, too.
        if p.days.between(day + 1, day + 3) == 0 {
            return;
        }
        let class = said_by(p, since, since.plus(LANDMARK_DAYS * DAY_MS));
        let days = p.days.between(day + 4, day + 14);
        for (landed, part) in [
            (Landed::All, 1),
            (Landed::Day7, i64::from(p.days.between(day + 4, day + 7) > 0)),
            (Landed::Day14, i64::from(p.days.between(day + 8, day + 14) > 0)),
            (Landed::Days, days),
            (Landed::DaysSquared, days * days),
        ] {
            self.add(CellKey::Landmark { arm, class, cohort, landed }, n * part);
        }
    }
}

/// What a person had said between two moments: the earlier side where there are both.
fn said_by(p: &Participant, from: UnixMs, until: UnixMs) -> Option<Class> {
    let inside = |at: UnixMs| from <= at && at < until;
    let side =
        |turned: Option<(Moment, Channel)>, class| turned.filter(|(m, _)| inside(m.at)).map(|(m, _)| (m.at, class));
    let sides = [side(p.said.negative, Class::Negative), side(p.said.positive, Class::Positive)];
    let first = p.said.first.filter(|i| inside(i.when.at)).map(|i| i.class);
    sides.into_iter().flatten().min().map(|(_, class)| class).or(first)
}

/// A number and its square in two parts.
fn squared(y: i64) -> [(Sum, i64); 3] {
    let square = i128::from(y) * i128::from(y);
    let part = |n: i128| i64::try_from(n).unwrap_or(i64::MAX);
    [(Sum::Y, y), (Sum::YyHigh, part(square >> 32)), (Sum::YyLow, part(square & 0xffff_ffff))]
}

/// The value of an event in thousandths, cut to [`VALUE_MAX_MILLI`]: what came with it, else one.
pub fn value_milli(value: Option<f64>) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "cut to a range that i64 holds; NaN becomes one")]
    match value {
        Some(v) if v.is_finite() => (v * 1_000.0).round().clamp(-1e11, 1e11) as i64,
        Some(_) | None => ONE_MILLI,
    }
}
