//! What alarms are worked out from: whole numbers that add up, by epoch and stratum.
//!
//! A count is of *people* by their first statement that [`super::admission`] let in. The epoch is that in which the
//! statement *arrived*, from 0 at the opening of the window ([`crate::domain::alarm::AlarmRules::epoch_ms`]); cells of one
//! epoch and stratum may come in parts and in any order. A stage that changes inside of an epoch needs a stratum of its
//! own, which it has by its name.

use serde::{Deserialize, Serialize};

use super::super::stats::sigma_day::Period;
use super::verdict::Side;

/// Within what people are compared like with like. Empty names stand for "not told apart".
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Stratum {
    /// The stage of the rollout, such as `5 %`.
    pub stage: String,
    /// The class of people, such as a plan.
    pub segment: String,
    /// The way that the statement came, with solicited and unsolicited ones apart.
    pub channel: String,
}

/// People with a negative first statement, and people with a positive one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Unhappy people.
    pub negative: u64,
    /// Happy people.
    pub positive: u64,
}

impl Said {
    /// The count that speaks for this side.
    pub fn of(self, side: Side) -> u64 {
        match side {
            Side::Worse => self.negative,
            Side::Better => self.positive,
        }
    }
}

/// Identified people who were evaluated, by what they got.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArmCell {
    /// When it arrived.
    pub epoch: u32,
    /// Where.
    pub stratum: Stratum,
    /// What exposed people said.
    pub exposed: Said,
    /// What the others said.
    pub control: Said,
}

/// Everybody who spoke in the window.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareCell {
    /// When it arrived.
    pub epoch: u32,
    /// Where; the stage does not matter.
    pub stratum: Stratum,
    /// People whose statement was read with enough confidence, the neutral ones among them.
    pub people: u64,
    /// Those who took a side.
    pub said: Said,
}

/// The share of people that a stage exposes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Allocation {
    /// The stage, as in [`Stratum::stage`].
    pub stage: String,
    /// The segment, as in [`Stratum::segment`].
    pub segment: String,
    /// The configured share, 0 to 1: fixed before anybody is evaluated, never what was seen.
    pub planned: f64,
    /// People who were evaluated and exposed.
    pub exposed: u64,
    /// People who were evaluated and not exposed.
    pub control: u64,
    /// The largest of [`super::guards::ln_mismatches`] of its stage in earlier evaluations, 0 at first: a plan that was
    /// once found wrong stays so.
    pub ln_mismatch_max: f64,
}

/// Statements of one arm in one channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Linked {
    /// Those whose person is known.
    pub linked: u64,
    /// All of them.
    pub all: u64,
}

/// Statements of one channel by arm.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Linkage {
    /// The channel, as in [`Stratum::channel`].
    pub channel: String,
    /// Of exposed people.
    pub exposed: Linked,
    /// Of the others.
    pub control: Linked,
}

/// What was usual before the window, in one segment and channel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaselineCell {
    /// As in [`Stratum::segment`].
    pub segment: String,
    /// As in [`Stratum::channel`].
    pub channel: String,
    /// People.
    pub people: u64,
    /// Those who took a side.
    pub said: Said,
}

/// People of one day, or of one past window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// All of them.
    pub people: u64,
    /// Those who took a side.
    pub said: Said,
}

impl Span {
    /// The counts that speak for this side.
    pub fn of(self, side: Side) -> Period {
        Period { hits: self.said.of(side), items: self.people }
    }
}

/// What was usual before the window.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// By stratum.
    pub cells: Vec<BaselineCell>,
    /// By day: how much days drift.
    pub days: Vec<Span>,
    /// Past windows in which nothing was found: how much windows drift.
    pub windows: Vec<Span>,
}

/// Everything that one evaluation looks at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// Exposed people and others; empty where everybody has it.
    pub arms: Vec<ArmCell>,
    /// Everybody.
    pub shares: Vec<ShareCell>,
    /// What was usual.
    pub baseline: Baseline,
    /// The plan, by stage and segment.
    pub allocations: Vec<Allocation>,
    /// Whose statements are known, by channel.
    pub linkage: Vec<Linkage>,
}
