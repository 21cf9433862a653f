//! One customer statement.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::annotation::Annotation;
use crate::id::{FeedbackId, RolloutId, ThemeId};
use crate::time::UnixMs;

/// Longest text that is taken, in characters. Longer statements are refused by name, not cut.
pub const TEXT_MAX_CHARS: usize = 20_000;

/// A mark on a scale: `value` of `scale`, `1..=scale` (a scale of 2 is thumbs: 1 down, 2 up; 11 is 0-10 shifted by one).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rating {
    /// What was chosen.
    pub value: f64,
    /// The best that could be chosen.
    pub scale: f64,
}

impl Rating {
    /// Where the mark lies from -1 (worst) to 1 (best). The worst mark is 0 where 0 was given or the scale is 10
    /// (a 0-10 question), else 1.
    pub fn polarity(self) -> f64 {
        let worst = if self.scale >= 10.0 || self.value < 1.0 { 0.0 } else { 1.0 };
        let span = (self.scale - worst).max(f64::MIN_POSITIVE);
        ((self.value - worst) / span * 2.0 - 1.0).clamp(-1.0, 1.0)
    }
}

/// How a statement found its rollout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AttributedBy {
    /// The sender named the rollout.
    Rollout,
    /// The sender named a flag that has one.
    Flag,
    /// The sender named a release that has one.
    Release,
    /// Exactly one window was open at the time.
    Time,
    /// Nothing names one: kept, not guessed.
    Unattributed,
}

impl AttributedBy {
    /// The name that is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rollout => "rollout",
            Self::Flag => "flag",
            Self::Release => "release",
            Self::Time => "time",
            Self::Unattributed => "unattributed",
        }
    }
}

/// What the sender said about where a statement belongs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Belongs {
    /// A rollout's id.
    pub rollout: Option<String>,
    /// A flag's key.
    pub flag: Option<String>,
    /// A release's tag.
    pub release: Option<String>,
}

/// A statement as it came in, checked, before anything is concluded from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// What was said; `None` where only a mark was given.
    pub text: Option<String>,
    /// The mark, where one was given.
    pub rating: Option<Rating>,
    /// Where the sender says it belongs.
    pub belongs: Belongs,
    /// The variant that the person saw.
    pub variant: Option<String>,
    /// The sender's name of the person; never stored as it is.
    pub user: Option<String>,
    /// Plan, country and the like.
    pub attributes: BTreeMap<String, String>,
    /// `api`, `widget`, `import`, or what the sender says.
    pub channel: String,
    /// The sender's idea of the language (BCP 47).
    pub locale: Option<String>,
    /// Where in the product it was said.
    pub url: Option<String>,
    /// When it was said.
    pub occurred_at: UnixMs,
    /// Anything else, kept and not read.
    pub metadata: Option<serde_json::Value>,
}

/// A stored statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Feedback {
    /// Its id.
    pub id: FeedbackId,
    /// Where it belongs.
    pub rollout: Option<RolloutId>,
    /// Pseudonymous key of who said it.
    pub person: String,
    /// Whether the sender told who said it; else the person is a guess from the text.
    pub anonymous: bool,
    /// What was said, personal data and secrets removed.
    pub text: Option<String>,
    /// The mark.
    pub rating: Option<Rating>,
    /// The variant that the person saw.
    pub variant: Option<String>,
    /// Plan, country and the like.
    pub attributes: BTreeMap<String, String>,
    /// How it came in.
    pub channel: String,
    /// When it was said.
    pub occurred_at: UnixMs,
    /// What analysis says; `None` until it was read.
    pub annotation: Option<Annotation>,
    /// Its theme.
    pub theme: Option<ThemeId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_any_scale_lie_between_worst_and_best() {
        for (value, scale, polarity) in [
            (1.0, 5.0, -1.0),
            (3.0, 5.0, 0.0),
            (5.0, 5.0, 1.0),
            (0.0, 10.0, -1.0),
            (10.0, 10.0, 1.0),
            (2.0, 2.0, 1.0),
            (0.0, 1.0, -1.0),
        ] {
            let got = Rating { value, scale }.polarity();
            assert!((got - polarity).abs() < 1e-9, "{value}/{scale}: {got}");
        }
    }
}
