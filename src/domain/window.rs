//! The span in which hearback collects feedback on a rollout.
//!
//! A window is what its transitions make of it: [`Window::rebuild`] folds the kept history into the present state.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::rollout::End;
use crate::id::RolloutId;
use crate::time::{UnixMs, span_in_words};

/// Where a window stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WindowState {
    /// Known, and nobody is exposed yet.
    Planned,
    /// Collecting.
    Open,
    /// Everybody has it; collecting until the soak is over.
    Soaking,
    /// A close rule fired; what came in is still being read.
    Closing,
    /// Done.
    Closed,
    /// Collecting again after it was closed.
    Reopened,
    /// Never exposed anybody.
    Cancelled,
}

impl WindowState {
    /// All states.
    pub const ALL: [Self; 7] =
        [Self::Planned, Self::Open, Self::Soaking, Self::Closing, Self::Closed, Self::Reopened, Self::Cancelled];

    /// The name that is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Open => "open",
            Self::Soaking => "soaking",
            Self::Closing => "closing",
            Self::Closed => "closed",
            Self::Reopened => "reopened",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads [`Self::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == text)
    }

    /// Whether feedback that names no rollout may be attributed to it by time.
    pub fn collects(self) -> bool {
        matches!(self, Self::Open | Self::Soaking | Self::Reopened | Self::Closing)
    }

    /// Whether it may turn into `to`.
    pub fn may_become(self, to: Self) -> bool {
        match self {
            Self::Planned => matches!(to, Self::Open | Self::Cancelled),
            Self::Open | Self::Reopened => matches!(to, Self::Soaking | Self::Closing),
            Self::Soaking => matches!(to, Self::Open | Self::Closing),
            Self::Closing => matches!(to, Self::Closed | Self::Reopened),
            Self::Closed => to == Self::Reopened,
            Self::Cancelled => to == Self::Open,
        }
    }
}

/// Why a window changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "cause")]
pub enum Cause {
    /// A signal made the rollout known.
    Announced,
    /// Customers are exposed.
    Exposed,
    /// Everybody has it.
    FullyExposed,
    /// Fewer have it than before.
    Narrowed,
    /// Its date has come.
    DateReached,
    /// Enough people answered.
    ResponsesReached {
        /// How many.
        people: i64,
    },
    /// Everybody had it for long enough.
    Soaked,
    /// All rules that had to hold together do.
    AllRulesHold,
    /// It was taken back, put away or deleted.
    Ended {
        /// How.
        how: End,
    },
    /// Everything that came in is read.
    AllRead,
    /// A person asked.
    Asked,
    /// A person asked for more time.
    Extended {
        /// By how much, ms.
        by_ms: i64,
    },
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Announced => f.write_str("the rollout became known"),
            Self::Exposed => f.write_str("customers are exposed"),
            Self::FullyExposed => f.write_str("everybody has it"),
            Self::Narrowed => f.write_str("fewer customers have it than before"),
            Self::DateReached => f.write_str("its date has come"),
            Self::ResponsesReached { people } => write!(f, "{people} people answered"),
            Self::Soaked => f.write_str("everybody had it for the whole soak"),
            Self::AllRulesHold => f.write_str("every close rule holds"),
            Self::Ended { how: End::RolledBack } => f.write_str("it was rolled back"),
            Self::Ended { how: End::Deleted } => f.write_str("it was deleted"),
            Self::Ended { how: End::Archived } => f.write_str("it was archived"),
            Self::AllRead => f.write_str("everything that came in is read"),
            Self::Asked => f.write_str("somebody asked for it"),
            Self::Extended { by_ms } => write!(f, "extended by {}", span_in_words(*by_ms)),
        }
    }
}

/// One step in a window's life. `from` equal to `to` is a step that moves the date only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transition {
    /// 1 for the first.
    pub seq: i64,
    /// The state before; `None` for the first.
    pub from: Option<WindowState>,
    /// The state after.
    pub to: WindowState,
    /// When.
    pub at: UnixMs,
    /// Why.
    pub cause: Cause,
    /// Who: `hearback` itself, or a person's or key's name.
    pub actor: String,
    /// When the window is to close by date after this step; [`UnixMs::NEVER`] where no date closes it.
    pub closes_at: UnixMs,
}

/// A window as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// The rollout that it belongs to.
    pub rollout: RolloutId,
    /// Where it stands.
    pub state: WindowState,
    /// Since when it collects; `None` while planned.
    pub opened_at: Option<UnixMs>,
    /// When it closes by date; [`UnixMs::NEVER`] where no date closes it.
    pub closes_at: UnixMs,
    /// When it was closed, or cancelled.
    pub closed_at: Option<UnixMs>,
    /// When it was last reopened: what ended the rollout before that does not close it again.
    pub reopened_at: Option<UnixMs>,
    /// When a person last gave it more time: that date goes before the other rules.
    pub extended_at: Option<UnixMs>,
    /// Number of the latest transition.
    pub seq: i64,
}

impl Window {
    /// The state before anything happened.
    pub fn unborn(rollout: RolloutId) -> Self {
        Self {
            rollout,
            state: WindowState::Planned,
            opened_at: None,
            closes_at: UnixMs::NEVER,
            closed_at: None,
            reopened_at: None,
            extended_at: None,
            seq: 0,
        }
    }

    /// The state after `step`.
    #[must_use]
    pub fn after(&self, step: &Transition) -> Self {
        let mut next = Self { state: step.to, closes_at: step.closes_at, seq: step.seq, ..self.clone() };
        if matches!(step.cause, Cause::Extended { .. }) {
            next.extended_at = Some(step.at);
        }
        match step.to {
            WindowState::Open => {
                next.opened_at.get_or_insert(step.at);
                next.closed_at = None;
            }
            WindowState::Reopened if step.from != Some(WindowState::Reopened) => {
                next.reopened_at = Some(step.at);
                next.extended_at = None;
                next.closed_at = None;
            }
            WindowState::Closed | WindowState::Cancelled => next.closed_at = Some(step.at),
            WindowState::Planned | WindowState::Soaking | WindowState::Closing | WindowState::Reopened => {}
        }
        next
    }

    /// The present state from the kept history.
    pub fn rebuild(rollout: RolloutId, history: &[Transition]) -> Self {
        history.iter().fold(Self::unborn(rollout), |window, step| window.after(step))
    }
}
