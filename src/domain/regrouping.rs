//! What people decided about themes: merged, split, moved, and taken back. Decisions are only ever added, and what they come
//! to is worked out from all of them, so that taking the latest back restores exactly what was before it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::id::{FeedbackId, ThemeId};
use crate::time::UnixMs;

/// One decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Regrouping {
    /// Two themes say the same.
    Merge {
        /// The one that is no longer shown.
        theme: ThemeId,
        /// The one that shows what both say.
        into: ThemeId,
    },
    /// A theme says two things.
    Split {
        /// The theme.
        theme: ThemeId,
        /// The statements that leave it.
        items: Vec<FeedbackId>,
        /// The theme that they begin.
        begins: ThemeId,
    },
    /// A statement stands in the wrong theme.
    Move {
        /// The statement.
        item: FeedbackId,
        /// Where it belongs; `None` where in no theme.
        to: Option<ThemeId>,
    },
    /// The latest decision that is in force is taken back.
    Undo,
}

impl Regrouping {
    /// The name that is stored and shown.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Merge { .. } => "merge",
            Self::Split { .. } => "split",
            Self::Move { .. } => "move",
            Self::Undo => "undo",
        }
    }
}

/// A decision as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// 1, 2, 3 in a rollout.
    pub seq: i64,
    /// What was decided.
    pub what: Regrouping,
    /// By whom, as shown.
    pub by: String,
    /// When.
    pub at: UnixMs,
}

/// What all decisions come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrangement {
    /// Statements that a person put somewhere.
    homes: BTreeMap<FeedbackId, Option<ThemeId>>,
    /// Themes that are shown in another.
    into: BTreeMap<ThemeId, ThemeId>,
    /// Themes that a person decided something about.
    held: BTreeSet<ThemeId>,
    /// What would be taken back next.
    latest: Option<Regrouping>,
}

impl Arrangement {
    /// Of decisions in their order.
    pub fn of<'a>(entries: impl IntoIterator<Item = &'a Regrouping>) -> Self {
        let mut in_force: Vec<&Regrouping> = Vec::new();
        let mut all = Self::default();
        for entry in entries {
            if !matches!(entry, Regrouping::Undo) {
                in_force.push(entry);
                continue;
            }
            // What came in meanwhile and found its way to a theme that was split off is shown where that came from.
            if let Some(Regrouping::Split { theme, begins, .. }) = in_force.pop() {
                all.into.insert(begins.clone(), theme.clone());
                all.held.extend([begins.clone(), theme.clone()]);
            }
        }
        all.latest = in_force.last().map(|e| (*e).clone());
        for entry in in_force {
            all.apply(entry);
        }
        all
    }

    fn apply(&mut self, entry: &Regrouping) {
        match entry {
            Regrouping::Merge { theme, into } => {
                self.into.insert(theme.clone(), into.clone());
                self.held.extend([theme.clone(), into.clone()]);
            }
            Regrouping::Split { theme, items, begins } => {
                self.homes.extend(items.iter().map(|i| (i.clone(), Some(begins.clone()))));
                self.held.extend([theme.clone(), begins.clone()]);
            }
            Regrouping::Move { item, to } => {
                self.homes.insert(item.clone(), to.clone());
                self.held.extend(to.clone());
            }
            Regrouping::Undo => {}
        }
    }

    /// The home of a statement that was placed in `placed`.
    pub fn home(&self, item: &FeedbackId, placed: Option<&ThemeId>) -> Option<ThemeId> {
        self.homes.get(item).cloned().unwrap_or_else(|| placed.cloned())
    }

    /// Whether a person put this statement where it is.
    pub fn holds_item(&self, item: &FeedbackId) -> bool {
        self.homes.contains_key(item)
    }

    /// The theme that shows what has its home in `theme`.
    pub fn shown(&self, theme: &ThemeId) -> ThemeId {
        let mut at = theme;
        // A theme is shown in one that was shown itself, so that there is no circle; the bound is for what was not written
        // by this program.
        for _ in 0..=self.into.len() {
            match self.into.get(at) {
                Some(next) => at = next,
                None => break,
            }
        }
        at.clone()
    }

    /// Where a theme is shown, where not by itself.
    pub fn goes_into(&self, theme: &ThemeId) -> Option<ThemeId> {
        Some(self.shown(theme)).filter(|shown| shown != theme)
    }

    /// Whether a person decided something about this theme: it neither goes away nor changes its name by itself.
    pub fn holds(&self, theme: &ThemeId) -> bool {
        self.held.contains(theme)
    }

    /// What [`Regrouping::Undo`] would take back.
    pub fn latest(&self) -> Option<&Regrouping> {
        self.latest.as_ref()
    }
}

/// Why a decision can't be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// No such theme is shown.
    NoTheme(ThemeId),
    /// A theme can't be merged into itself.
    Itself(ThemeId),
    /// No such statement counts in this rollout.
    NoItem(FeedbackId),
    /// The statement is in another theme.
    NotIn(FeedbackId, ThemeId),
    /// It is there already.
    There(FeedbackId),
    /// No statement was named.
    NothingNamed,
    /// Nothing would be left in the theme.
    NothingLeft(ThemeId),
    /// There is nothing to take back.
    NothingToUndo,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoTheme(id) => {
                write!(f, "theme {id}: not shown in this rollout; `hearback themes ROLLOUT` lists those that are")
            }
            Self::Itself(id) => write!(f, "theme {id}: can't be merged into itself; name two themes"),
            Self::NoItem(id) => {
                write!(f, "feedback {id}: does not count in this rollout; name one that is shown there")
            }
            Self::NotIn(id, theme) => {
                write!(f, "feedback {id}: not in theme {theme}; name statements of that theme only")
            }
            Self::There(id) => write!(f, "feedback {id}: is there already"),
            Self::NothingNamed => f.write_str("ids: none given; name the statements that leave the theme"),
            Self::NothingLeft(id) => {
                write!(f, "theme {id}: nothing would be left in it; leave at least one statement out")
            }
            Self::NothingToUndo => f.write_str("nothing was merged, split or moved that could be undone"),
        }
    }
}

impl std::error::Error for Refused {}
