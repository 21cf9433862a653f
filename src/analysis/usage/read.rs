//! What counters say: tables, shares and sums, ready for the methods that read them.

use std::collections::{BTreeMap, BTreeSet};

use super::cells::{BACKFILLED, Cells, ONE_MILLI};
use super::key::{CellKey, Landed, Place, Side, Sum};
use super::strata::{Arm, Channel, Class, RolloutClock, Share};
use crate::time::{DAY_MS, UnixMs};

/// First negative (or positive) statements of one epoch and stratum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LabelCell {
    /// By arrival.
    pub epoch: u8,
    /// The stage in which they were said.
    pub stage: Share,
    /// The segment of who said them.
    pub segment: u32,
    /// How they came.
    pub channel: Channel,
    /// The configured chance to have the change; `None` where it is not told, so that the cell tells nothing.
    pub p: Option<f64>,
    /// How many.
    pub n: i64,
    /// Of these, by people who had the change.
    pub exposed: i64,
}

/// People by their first statement, of one epoch and stratum; those who did not get the change are not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HexCell {
    /// By arrival.
    pub epoch: u8,
    /// Their segment.
    pub segment: u32,
    /// How it came.
    pub channel: Channel,
    /// How many, uncertain ones not among them.
    pub n: i64,
    /// Of these, on the side that is looked at.
    pub a: i64,
}

/// People by the class of their first statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the classes")]
pub struct Shares {
    pub negative: i64,
    pub positive: i64,
    pub uncertain: i64,
    pub other: i64,
}

impl Shares {
    /// Of how many a share is taken.
    pub fn n(&self) -> i64 {
        self.negative + self.positive + self.other
    }

    fn add(&mut self, class: Class, n: i64) {
        *match class {
            Class::Negative => &mut self.negative,
            Class::Positive => &mut self.positive,
            Class::Uncertain => &mut self.uncertain,
            Class::Other => &mut self.other,
        } += n;
    }
}

/// Scores of first statements, in millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "sums named by what they sum")]
pub struct Scores {
    pub n: i64,
    pub sum_micro: i64,
    pub sum_squares_micro2: i128,
}

/// People who were still there after three days, by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retained {
    /// Of how many it is known whether they came back in the first week.
    pub week1: i64,
    /// Of these, who came back on days 4 to 7.
    pub week1_back: i64,
    /// Of how many it is known whether they came back in the second week.
    pub week2: i64,
    /// Of these, who came back on days 8 to 14.
    pub week2_back: i64,
    /// Of the latter's days 4 to 14, how many were active ones: the sum over people.
    pub days: i64,
    /// The sum of the squares.
    pub days_squared: i64,
}

/// Sums over people, for an adjusted comparison of arms. y is in thousandths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "sums named by what they sum")]
pub struct Cuped {
    pub n: i64,
    pub x: i64,
    pub xx: i64,
    pub y: i64,
    pub yy: i128,
    pub xy: i64,
}

impl Cells {
    /// People in an arm, in one stage or in all.
    pub fn exposed_by(&self, arm: Arm, stage: Option<Share>) -> i64 {
        self.iter()
            .map(|(key, n)| match key {
                CellKey::Exposed { arm: a, stage: s, .. } if *a == arm && stage.is_none_or(|wanted| wanted == *s) => n,
                _ => 0,
            })
            .sum()
    }

    /// People in an arm by stage and segment.
    pub fn strata(&self, arm: Arm) -> BTreeMap<(Share, u32), i64> {
        self.sums(|key| match key {
            CellKey::Exposed { arm: a, stage, segment } if *a == arm => Some((*stage, *segment)),
            _ => None,
        })
    }

    /// In each stage, how many got the change and how many did not: what is compared with the plan.
    pub fn evaluated(&self) -> BTreeMap<Share, (i64, i64)> {
        let mut all: BTreeMap<Share, (i64, i64)> = BTreeMap::new();
        for (key, n) in self.iter() {
            if let CellKey::Evaluated { stage, arm, .. } = key {
                let of = all.entry(*stage).or_default();
                *match arm {
                    Arm::Treated => &mut of.0,
                    Arm::Control => &mut of.1,
                } += n;
            }
        }
        all
    }

    /// In each stage and segment, how many got the change and how many did not.
    pub fn evaluated_in(&self) -> BTreeMap<(Share, u32), (i64, i64)> {
        let mut all: BTreeMap<(Share, u32), (i64, i64)> = BTreeMap::new();
        for (key, n) in self.iter() {
            if let CellKey::Evaluated { stage, arm, segment } = key {
                let of = all.entry((*stage, *segment)).or_default();
                *if *arm == Arm::Treated { &mut of.0 } else { &mut of.1 } += n;
            }
        }
        all
    }

    /// First negative (or positive) statements of people of whom it is known what they got, by epoch and stratum.
    pub fn label(&self, side: Side) -> Vec<LabelCell> {
        let mut all: BTreeMap<(u8, Share, u32, Channel), (i64, i64)> = BTreeMap::new();
        for (key, n) in self.iter() {
            if let CellKey::Label { side: s, epoch, stage, segment, arm, channel } = key
                && *s == side
            {
                let of = all.entry((*epoch, *stage, *segment, *channel)).or_default();
                of.0 += n;
                of.1 += if *arm == Arm::Treated { n } else { 0 };
            }
        }
        all.into_iter()
            .map(|((epoch, stage, segment, channel), (n, exposed))| LabelCell {
                epoch,
                stage,
                segment,
                channel,
                p: stage.p(),
                n,
                exposed,
            })
            .collect()
    }

    /// Of first statements whose sender says what the person had, how many there are and of how many that is known from
    /// exposures, too: by channel and arm.
    pub fn told(&self) -> BTreeMap<(Channel, Arm), (i64, i64)> {
        let mut all: BTreeMap<(Channel, Arm), (i64, i64)> = BTreeMap::new();
        for (key, n) in self.iter() {
            if let CellKey::Told { channel, arm, linked } = key {
                let of = all.entry((*channel, *arm)).or_default();
                of.0 += n;
                of.1 += if *linked { n } else { 0 };
            }
        }
        all
    }

    /// First statements by epoch, segment and channel; those of people who did not get the change, and what was brought in
    /// afterwards, are not among them.
    pub fn hex(&self, side: Side) -> Vec<HexCell> {
        let mut all: BTreeMap<(u8, u32, Channel), (i64, i64)> = BTreeMap::new();
        let wanted = match side {
            Side::Negative => Class::Negative,
            Side::Positive => Class::Positive,
        };
        for (key, n) in self.iter() {
            if let CellKey::Said { place, segment, channel, epoch: Some(epoch), class } = key
                && !matches!(place, Some((_, Arm::Control)))
                && *channel != Channel::Imported
                && *class != Class::Uncertain
            {
                let of = all.entry((*epoch, *segment, *channel)).or_default();
                of.0 += n;
                of.1 += if *class == wanted { n } else { 0 };
            }
        }
        all.into_iter().map(|((epoch, segment, channel), (n, a))| HexCell { epoch, segment, channel, n, a }).collect()
    }

    /// For an event, a table of each stratum of people who have the change, by stage and segment: `[a, b, c, d]` are those
    /// with the event who turned, with it who did not, without it who turned, without it who did not. What somebody did
    /// after they turned does not count.
    pub fn tables_by_stratum(&self, event: u32, side: Side) -> BTreeMap<(Share, u32), [i64; 4]> {
        let treated = |arm: &Arm, s: &Side| *arm == Arm::Treated && *s == side;
        let turned = self.sums(|key| match key {
            CellKey::Turned { side: s, arm, stage, segment, .. } if treated(arm, s) => Some((*stage, *segment)),
            _ => None,
        });
        let used = self.sums(|key| match key {
            CellKey::Used { event: e, arm: Arm::Treated, stage, segment } if *e == event => Some((*stage, *segment)),
            _ => None,
        });
        let after = self.sums(|key| match key {
            CellKey::After { event: e, side: s, arm, stage, segment } if *e == event && treated(arm, s) => {
                Some((*stage, *segment))
            }
            _ => None,
        });
        let hit = self.sums(|key| match key {
            CellKey::Hit { event: e, side: s, arm, stage, segment, .. } if *e == event && treated(arm, s) => {
                Some((*stage, *segment))
            }
            _ => None,
        });
        let of = |map: &BTreeMap<(Share, u32), i64>, at: &(Share, u32)| map.get(at).copied().unwrap_or(0);
        self.strata(Arm::Treated)
            .into_iter()
            .map(|(at, people)| {
                let (m, n, a) = (of(&turned, &at), of(&used, &at) - of(&after, &at), of(&hit, &at));
                (at, [a, n - a, m - a, people - n - m + a])
            })
            .collect()
    }

    /// The tables of an event for negative statements, in the order of the strata.
    pub fn tables(&self, event: u32) -> Vec<[i64; 4]> {
        self.tables_by_stratum(event, Side::Negative).into_values().collect()
    }

    /// Of people who have the change and turned in each epoch, how many there are and how many had done the event before:
    /// by epoch and stratum. What was brought in afterwards is not among them.
    pub fn turned_with(&self, event: u32, side: Side) -> BTreeMap<(u8, Share, u32), (i64, i64)> {
        let mut all: BTreeMap<(u8, Share, u32), (i64, i64)> = BTreeMap::new();
        for (key, n) in self.iter() {
            match key {
                CellKey::Turned { side: s, arm: Arm::Treated, stage, segment, epoch }
                    if *s == side && *epoch != BACKFILLED =>
                {
                    all.entry((*epoch, *stage, *segment)).or_default().0 += n;
                }
                CellKey::Hit { event: e, side: s, arm: Arm::Treated, stage, segment, epoch }
                    if *e == event && *s == side && *epoch != BACKFILLED =>
                {
                    all.entry((*epoch, *stage, *segment)).or_default().1 += n;
                }
                _ => {}
            }
        }
        all
    }

    /// The events that anybody did since they had it, or before.
    pub fn events(&self) -> BTreeSet<u32> {
        self.iter()
            .filter_map(|(key, _)| match key {
                CellKey::Used { event, .. } | CellKey::Cuped { event, .. } => Some(*event),
                _ => None,
            })
            .collect()
    }

    /// How many people of an arm did something since they had it, of how many.
    pub fn used(&self, event: u32, arm: Arm) -> (i64, i64) {
        let used = self.iter().map(|(key, n)| match key {
            CellKey::Used { event: e, arm: a, .. } if *e == event && *a == arm => n,
            _ => 0,
        });
        (used.sum(), self.exposed_by(arm, None))
    }

    /// People by the class of their first statement, where `wanted` holds.
    pub fn shares(&self, wanted: impl Fn(Place, u32, Channel) -> bool) -> Shares {
        let mut shares = Shares::default();
        for (key, n) in self.iter() {
            if let CellKey::Said { place, segment, channel, class, .. } = key
                && wanted(*place, *segment, *channel)
            {
                shares.add(*class, n);
            }
        }
        shares
    }

    /// The segments and channels in which anybody spoke.
    pub fn said_in(&self) -> BTreeSet<(u32, Channel)> {
        self.iter()
            .filter_map(|(key, _)| match key {
                CellKey::Said { segment, channel, .. } => Some((*segment, *channel)),
                _ => None,
            })
            .collect()
    }

    /// Statements, however many of one person, where `wanted` holds.
    pub fn items(&self, wanted: impl Fn(Place, u32, Channel) -> bool) -> i64 {
        self.iter()
            .map(|(key, n)| match key {
                CellKey::Items { place, segment, channel } if wanted(*place, *segment, *channel) => n,
                _ => 0,
            })
            .sum()
    }

    /// The scores of first statements, where `wanted` holds.
    pub fn scores(&self, wanted: impl Fn(Place, u32, Channel) -> bool) -> Scores {
        let shares = self.shares(&wanted);
        let mut scores = Scores { n: shares.n() + shares.uncertain, ..Scores::default() };
        for (key, n) in self.iter() {
            if let CellKey::Score { place, segment, channel, sum } = key
                && wanted(*place, *segment, *channel)
            {
                match sum {
                    Sum::Y => scores.sum_micro += n,
                    Sum::YyHigh => scores.sum_squares_micro2 += i128::from(n) << 32,
                    Sum::YyLow => scores.sum_squares_micro2 += i128::from(n),
                    Sum::X | Sum::Xx | Sum::Xy => {}
                }
            }
        }
        scores
    }

    /// What became of people who had the change and were still there after three days, by what they had said by then
    /// (`None`: nothing). Only those count of whom it is known by `now`.
    pub fn retained(&self, clock: &RolloutClock, now: UnixMs) -> BTreeMap<Option<Class>, Retained> {
        let mut all: BTreeMap<Option<Class>, Retained> = BTreeMap::new();
        for (key, n) in self.iter() {
            let CellKey::Landmark { arm: Arm::Treated, class, cohort, landed } = key else { continue };
            let ended = clock.cohort_ends(*cohort);
            let over = |days: i64| ended.plus((days + 1) * DAY_MS) <= now;
            let of = all.entry(*class).or_default();
            let (week1, week2) = (i64::from(over(7)) * n, i64::from(over(14)) * n);
            match landed {
                Landed::All => {
                    of.week1 += week1;
                    of.week2 += week2;
                }
                Landed::Day7 => of.week1_back += week1,
                Landed::Day14 => of.week2_back += week2,
                Landed::Days => of.days += week2,
                Landed::DaysSquared => of.days_squared += week2,
            }
        }
        all
    }

    /// Sums over the people of an arm for an event, by stage.
    pub fn cuped(&self, event: u32, arm: Arm) -> BTreeMap<Share, Cuped> {
        let mut all: BTreeMap<Share, Cuped> = BTreeMap::new();
        let mut used: BTreeMap<Share, i64> = BTreeMap::new();
        for (key, n) in self.iter() {
            match key {
                CellKey::Exposed { arm: a, stage, .. } if *a == arm => all.entry(*stage).or_default().n += n,
                CellKey::Cuped { event: e, arm: a, stage, sum } if *e == event && *a == arm => {
                    let of = all.entry(*stage).or_default();
                    match sum {
                        Sum::X => of.x += n,
                        Sum::Xx => of.xx += n,
                        Sum::Y => of.y += n,
                        Sum::YyHigh => of.yy += i128::from(n) << 32,
                        Sum::YyLow => of.yy += i128::from(n),
                        Sum::Xy => of.xy += n,
                    }
                }
                CellKey::Used { event: e, arm: a, stage, .. } if *e == event && *a == arm => {
                    *used.entry(*stage).or_default() += n;
                }
                _ => {}
            }
        }
        // What is summed up is by how much the numbers are above one, which everybody brings who did it.
        for (stage, used) in used {
            let of = all.entry(stage).or_default();
            let (one, above) = (i128::from(ONE_MILLI), i128::from(of.y));
            of.yy += 2 * one * above + one * one * i128::from(used);
            of.y += ONE_MILLI * used;
        }
        all
    }

    /// First statements by the hour since 1970 in which they were said: negative ones, and all that have a side or surely
    /// none.
    pub fn hours(&self) -> BTreeMap<i64, (i64, i64)> {
        let mut all: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
        for (key, n) in self.iter() {
            if let CellKey::Hour { hour, negative } = key {
                let of = all.entry(*hour).or_default();
                *if *negative { &mut of.0 } else { &mut of.1 } += n;
            }
        }
        all
    }

    fn sums<K: Ord>(&self, of: impl Fn(&CellKey) -> Option<K>) -> BTreeMap<K, i64> {
        let mut all = BTreeMap::new();
        for (key, n) in self.iter() {
            if let Some(at) = of(key) {
                *all.entry(at).or_default() += n;
            }
        }
        all
    }
}
