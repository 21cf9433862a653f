//! A ticket that would be filed if a person said yes, and what a person said.

use crate::id::ThemeId;
use crate::time::UnixMs;

/// What a person said of a ticket that would be filed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// File it.
    Yes,
    /// Don't.
    No,
    /// Neither: the yes was taken back before it was filed.
    TakenBack,
}

impl Said {
    /// The name that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::TakenBack => "taken_back",
        }
    }

    /// Reads [`Self::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Yes, Self::No, Self::TakenBack].into_iter().find(|s| s.as_str() == text)
    }
}

/// The latest that was said of a theme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The theme.
    pub theme: ThemeId,
    /// What.
    pub said: Said,
    /// By whom.
    pub actor: String,
    /// Why; may be empty.
    pub reason: String,
    /// Distinct people in the theme at that time.
    pub people: i64,
    /// When.
    pub at: UnixMs,
}

impl Answer {
    /// People who say it now and did not when this was said.
    pub fn fresh(&self, people: i64) -> i64 {
        people.saturating_sub(self.people).max(0)
    }

    /// Whether it is a no that still stands where `people` say it now: fewer than `min` are new.
    pub fn refuses(&self, people: i64, min: i64) -> bool {
        self.said == Said::No && self.fresh(people) < min
    }
}
