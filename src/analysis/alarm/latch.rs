//! An alarm that was raised stays raised until a person acknowledges it; then it is armed anew, harder.
//!
//! The m-th time it takes `2^m` times the evidence, from epochs of its own. The chances of a false alarm, each at most
//! `1 / threshold`, add up to less than twice that of the first.
//!
//! The last epoch has none after it: all that comes later counts in it. What was seen there goes on from what was seen: the
//! factor by which evidence grows from a moment on is evidence by itself, whatever it was at that moment.

use serde::{Deserialize, Serialize};

use super::verdict::Verdict;
use crate::domain::alarm::Grade;

/// Where an alarm stands. [`Latch::from_epoch`] and [`Latch::rearms`] go into the next evaluation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Latch {
    /// How often it was armed anew.
    pub rearms: u32,
    /// The first epoch that counts.
    pub from_epoch: u32,
    /// `ln` of the evidence that a person has last seen; 0 before.
    #[serde(default)]
    pub seen_ln_e: f64,
    /// Whether it was seen in the last epoch, so that evidence is judged by how much it has grown since.
    #[serde(default)]
    pub goes_on: bool,
    /// What was raised.
    pub state: State,
}

/// Whether it is raised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum State {
    /// It waits for evidence.
    #[default]
    Armed,
    /// It was raised, and nobody acknowledged it yet.
    Raised {
        /// The highest grade so far.
        grade: Grade,
        /// `ln` of the evidence at that moment.
        ln_e: f64,
    },
    /// A person has seen it; it is armed anew with the epoch [`Latch::from_epoch`].
    Acknowledged {
        /// The grade that it had.
        grade: Grade,
    },
}

/// What came of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// People are to be told.
    Raised {
        /// How bad it is.
        grade: Grade,
    },
    /// It is worse than they were told.
    Upgraded {
        /// How bad it is now.
        grade: Grade,
    },
    /// A person has seen it.
    Acknowledged {
        /// What they have seen.
        grade: Grade,
    },
    /// It waits for evidence again, for `2^rearms` times as much as at first.
    Rearmed {
        /// How often it was.
        rearms: u32,
    },
}

impl Latch {
    /// The state after an evaluation in `epoch`, and what is to be told. The evaluation must be made with this latch's
    /// `from_epoch` and `rearms`. What falls again stays raised.
    #[must_use]
    pub fn step(&self, epoch: u32, verdict: &Verdict) -> (Self, Option<Event>) {
        let (grade, ln_e) = (verdict.grade, verdict.ln_e);
        let with = |state| Self { state, ..self.clone() };
        match self.state {
            State::Armed if grade.tells() => (with(State::Raised { grade, ln_e }), Some(Event::Raised { grade })),
            State::Raised { grade: before, .. } if grade > before => {
                (with(State::Raised { grade, ln_e }), Some(Event::Upgraded { grade }))
            }
            State::Acknowledged { .. } if epoch >= self.from_epoch => {
                let rearms = self.rearms.saturating_add(1);
                let armed = Self { rearms, state: State::Armed, ..self.clone() };
                (armed, Some(Event::Rearmed { rearms }))
            }
            State::Armed | State::Raised { .. } | State::Acknowledged { .. } => (self.clone(), None),
        }
    }

    /// The part of the evidence, as `ln`, that nobody has seen yet.
    #[must_use]
    pub fn unseen(&self, ln_e: f64) -> f64 {
        if self.goes_on { ln_e - self.seen_ln_e } else { ln_e }
    }

    /// The state after a person has seen it in `epoch`, with evidence of `ln_e` in all: what came until its end was behind
    /// what they saw. Nothing where nothing is raised. `last` is the last epoch there is.
    #[must_use]
    pub fn acknowledge(&self, epoch: u32, last: u32, ln_e: f64) -> (Self, Option<Event>) {
        match self.state {
            State::Raised { grade, ln_e: raised } => {
                let goes_on = epoch >= last;
                let seen = Self {
                    seen_ln_e: if goes_on { ln_e } else { self.seen_ln_e.max(raised) },
                    from_epoch: if goes_on { self.from_epoch } else { (epoch + 1).max(self.from_epoch) },
                    goes_on,
                    state: State::Acknowledged { grade },
                    ..self.clone()
                };
                (seen, Some(Event::Acknowledged { grade }))
            }
            State::Armed | State::Acknowledged { .. } => (self.clone(), None),
        }
    }

    /// The grade that is shown: the latched one where it is raised, else that of the evaluation.
    pub fn shown(&self, verdict: &Verdict) -> Grade {
        match self.state {
            State::Raised { grade, .. } => grade.max(verdict.grade),
            State::Armed => verdict.grade,
            State::Acknowledged { .. } => Grade::None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::alarm::AlarmRules;

    fn verdict(ln_e: f64, latch: &Latch) -> Verdict {
        let grade = AlarmRules::default().grade(ln_e, 50, latch.rearms);
        Verdict { ln_e, grade, ..Verdict::default() }
    }

    #[test]
    fn an_alarm_goes_its_way_from_raised_to_armed_anew() {
        let latch = Latch::default();
        let (latch, event) = latch.step(2, &verdict(3.5, &latch));
        assert_eq!(event, Some(Event::Raised { grade: Grade::Alert }));
        let (latch, event) = latch.step(2, &verdict(0.0, &latch));
        assert_eq!((event, latch.shown(&verdict(0.0, &latch))), (None, Grade::Alert));
        let (latch, event) = latch.step(3, &verdict(5.0, &latch));
        assert_eq!(event, Some(Event::Upgraded { grade: Grade::Critical }));
        let (latch, event) = latch.acknowledge(3, 63, 5.0);
        assert_eq!(event, Some(Event::Acknowledged { grade: Grade::Critical }));
        let (latch, event) = latch.step(3, &verdict(9.0, &latch));
        assert_eq!(event, None);
        let (latch, event) = latch.step(4, &verdict(9.0, &latch));
        assert_eq!((event, latch.from_epoch), (Some(Event::Rearmed { rearms: 1 }), 4));
        // 20 is no longer enough, 40 is.
        let (latch, event) = latch.step(5, &verdict(3.5, &latch));
        assert_eq!(event, None);
        assert_eq!(latch.step(5, &verdict(3.8, &latch)).1, Some(Event::Raised { grade: Grade::Alert }));
    }

    #[test]
    fn what_is_seen_in_the_last_epoch_is_armed_anew_for_what_comes_after() {
        let judged = |ln_e: f64, latch: &Latch| {
            let grade = AlarmRules::default().grade(latch.unseen(ln_e), 50, latch.rearms);
            Verdict { ln_e, grade, ..Verdict::default() }
        };
        let latch = Latch { from_epoch: 7, ..Latch::default() };
        let (latch, event) = latch.step(63, &judged(3.5, &latch));
        assert_eq!(event, Some(Event::Raised { grade: Grade::Alert }));
        let (latch, _) = latch.acknowledge(63, 63, 4.0);
        assert_eq!((latch.from_epoch, latch.unseen(4.0)), (7, 0.0), "later statements count in the same epoch");
        let (latch, event) = latch.step(63, &judged(4.0, &latch));
        assert_eq!(event, Some(Event::Rearmed { rearms: 1 }));
        // Forty times as much as was seen is told, less is not.
        assert_eq!(latch.step(63, &judged(7.6, &latch)).1, None);
        assert_eq!(latch.step(63, &judged(7.8, &latch)).1, Some(Event::Raised { grade: Grade::Alert }));
    }

    #[test]
    fn acknowledging_what_is_not_raised_changes_nothing() {
        let latch = Latch::default();
        assert_eq!(latch.acknowledge(5, 63, 0.0), (latch.clone(), None));
    }

    #[test]
    fn a_latch_survives_being_stored() {
        let latch = Latch {
            rearms: 2,
            from_epoch: 7,
            seen_ln_e: 4.0,
            goes_on: true,
            state: State::Raised { grade: Grade::Alert, ln_e: 3.5 },
        };
        let text = serde_json::to_string(&latch).expect("JSON");
        assert_eq!(serde_json::from_str::<Latch>(&text).expect("a latch"), latch);
    }

    proptest! {
        #[test]
        fn nothing_is_raised_twice_without_a_person_between(steps in prop::collection::vec((-2.0..8.0_f64, 0_u8..8), 0..80)) {
            let mut latch = Latch::default();
            let mut open = None;
            for (epoch, (ln_e, hand)) in (0_u32..).zip(steps) {
                let rearms = latch.rearms;
                let (next, event) =
                    if hand == 0 { latch.acknowledge(epoch, 1_000, ln_e) } else { latch.step(epoch, &verdict(ln_e, &latch)) };
                match event {
                    Some(Event::Raised { grade }) => {
                        prop_assert_eq!(open.replace(grade), None);
                        prop_assert!(ln_e >= (20.0_f64 * 2.0_f64.powi(i32::try_from(rearms).unwrap())).ln());
                    }
                    Some(Event::Upgraded { grade }) => prop_assert!(open.replace(grade).is_some_and(|g| g < grade)),
                    Some(Event::Acknowledged { grade }) => prop_assert_eq!(open.take(), Some(grade)),
                    Some(Event::Rearmed { rearms: now }) => prop_assert!(open.is_none() && now == rearms + 1),
                    None => {}
                }
                prop_assert!(next.rearms >= rearms && next.from_epoch >= latch.from_epoch);
                latch = next;
            }
        }
    }

    #[test]
    fn all_false_alarms_together_stay_within_a_tenth() {
        let rules = AlarmRules::default();
        // The evidence that each arming takes is at least 1 over the chance that it is false.
        let chance = |rearms: u32| {
            let least = (0..4_000).map(|i| f64::from(i) * 0.01).find(|ln_e| rules.grade(*ln_e, 50, rearms).tells());
            (-least.expect("some evidence is enough")).exp()
        };
        let all: f64 = (0..40).map(chance).sum();
        assert!(all <= 0.10, "{all}");
    }
}
