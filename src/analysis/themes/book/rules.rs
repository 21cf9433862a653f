//! Which decisions can be.

use std::collections::BTreeSet;

use super::{Book, Member};
use crate::domain::regrouping::{Arrangement, Refused, Regrouping};
use crate::id::{FeedbackId, ThemeId};

impl Book {
    /// Whether a decision can be, and why not.
    pub(super) fn may(&self, what: &Regrouping, arrangement: &Arrangement) -> Result<(), Refused> {
        let is_shown = |id: &ThemeId| {
            let known = self.themes.get(id).is_some_and(|t| t.tally.people() > 0 && t.into.is_none());
            if known { Ok(()) } else { Err(Refused::NoTheme(id.clone())) }
        };
        let member = |id: &FeedbackId| -> Result<&Member, Refused> {
            self.members.get(id).ok_or_else(|| Refused::NoItem(id.clone()))
        };
        match what {
            Regrouping::Merge { theme, into } => {
                is_shown(theme)?;
                is_shown(into)?;
                if theme == into { Err(Refused::Itself(theme.clone())) } else { Ok(()) }
            }
            Regrouping::Split { theme, items, .. } => {
                is_shown(theme)?;
                let leaving: BTreeSet<&FeedbackId> = items.iter().collect();
                for id in &leaving {
                    if member(id)?.item.theme.as_ref() != Some(theme) {
                        return Err(Refused::NotIn((*id).clone(), theme.clone()));
                    }
                }
                let all = self.members.values().filter(|m| m.item.theme.as_ref() == Some(theme)).count();
                match leaving.len() {
                    0 => Err(Refused::NothingNamed),
                    n if n >= all => Err(Refused::NothingLeft(theme.clone())),
                    _ => Ok(()),
                }
            }
            Regrouping::Move { item, to } => {
                if let Some(to) = to {
                    is_shown(to)?;
                }
                if member(item)?.item.theme == *to { Err(Refused::There(item.clone())) } else { Ok(()) }
            }
            Regrouping::Undo => arrangement.latest().map(|_| ()).ok_or(Refused::NothingToUndo),
        }
    }
}
