//! What is known of a flag in one environment: what its changes add up to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::flag::{Change, ChangeKind, Hand, Scope, Variant};
use super::rollout::in_order;
use super::signal::{Exposure, Signal, SignalKind, Subject};
use crate::time::UnixMs;

/// What is known of a flag in one environment, after the changes that were heard of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FlagState {
    /// Whether it is on; `None` while nobody said.
    pub on: Option<bool>,
    /// How many its rules reach, in percent, by the rule's id; the whole flag's under the empty one.
    pub shares: BTreeMap<String, f64>,
    /// Its variants.
    pub variants: Vec<Variant>,
    /// Whether it is put away, or gone.
    pub archived: bool,
}

/// The rule's id under which what no rule catches is kept.
pub const DEFAULT_SHARE: &str = "*";

impl FlagState {
    /// What all that was heard of a flag adds up to. `signals` may come in any order and repeat.
    pub fn after(subject: &Subject, signals: &[Signal]) -> Self {
        let mut state = Self::default();
        for signal in in_order(subject, signals) {
            state.hear(&signal.kind);
        }
        state
    }

    /// How many customers it reaches; `None` while that is not known.
    pub fn exposure(&self) -> Option<Exposure> {
        match (self.archived, self.on) {
            (true, _) | (false, Some(false)) => Some(Exposure::Off),
            (false, None) => None,
            (false, Some(true)) => Some(self.percent().and_then(Exposure::from_percent).unwrap_or(Exposure::Some)),
        }
    }

    /// How many it reaches while on, 0 to 100: as many as its widest rule.
    pub fn percent(&self) -> Option<f64> {
        self.shares.values().copied().reduce(f64::max)
    }

    /// What `change` itself says of the time before it; `None` where that is not all that is needed.
    fn told_before(change: &Change) -> Option<Exposure> {
        let told = match change.scope {
            Scope::Flag => Self { on: change.before, ..Self::default() },
            Scope::Rule(_) | Scope::Default => return None,
        };
        match (told.on, change.percent_before) {
            (Some(true), Some(p)) => Exposure::from_percent(p),
            (Some(true), None) if change.percent_after.is_some() => None,
            _ => told.exposure(),
        }
    }

    /// Adds what a signal tells. Gives the exposures before and after, where they are known: what the change says
    /// itself of the time before it stands in where nothing else is known.
    pub fn hear(&mut self, kind: &SignalKind) -> (Option<Exposure>, Option<Exposure>) {
        let mut before = self.exposure();
        match kind {
            SignalKind::Flag(change) => {
                before = before.or_else(|| Self::told_before(change));
                self.apply(change);
            }
            SignalKind::FlagSeen { on, shares, variants, archived } => {
                self.on = on.or(self.on);
                if !shares.is_empty() {
                    self.shares.clone_from(shares);
                }
                if !variants.is_empty() {
                    self.variants.clone_from(variants);
                }
                self.archived = *archived;
            }
            SignalKind::Exposed { exposure } => {
                self.archived = false;
                self.on = Some(*exposure != Exposure::Off);
                match exposure {
                    Exposure::Off => {}
                    Exposure::Some => self.shares.clear(),
                    Exposure::Percent(p) => self.shares = BTreeMap::from([(String::new(), *p)]),
                    Exposure::On => self.shares = BTreeMap::from([(String::new(), 100.0)]),
                }
            }
            SignalKind::Archived | SignalKind::Deleted => self.archived = true,
            SignalKind::Created => *self = Self::default(),
            SignalKind::Published { .. }
            | SignalKind::Promoted
            | SignalKind::Edited
            | SignalKind::Deployed { .. }
            | SignalKind::Unpublished => {}
        }
        (before, self.exposure())
    }

    fn apply(&mut self, change: &Change) {
        match change.kind {
            // A key may be used again: what was known of the old flag says nothing of the new one.
            ChangeKind::Created => *self = Self::default(),
            ChangeKind::Archived => self.archived = true,
            ChangeKind::Deleted => *self = Self { archived: true, ..Self::default() },
            ChangeKind::Restored => self.archived = false,
            ChangeKind::Enabled
            | ChangeKind::Disabled
            | ChangeKind::RolloutChanged
            | ChangeKind::TargetingChanged
            | ChangeKind::VariantsChanged
            | ChangeKind::MetadataChanged => {}
        }
        let put_away = matches!(change.kind, ChangeKind::Archived | ChangeKind::Deleted);
        match &change.scope {
            Scope::Flag => {
                self.on = change.after.or(self.on);
                match change.percent_after {
                    Some(percent) => self.shares = BTreeMap::from([(String::new(), percent)]),
                    // Another share, and nobody said which: the old one is not it.
                    None if change.kind == ChangeKind::RolloutChanged => self.shares.clear(),
                    None => {}
                }
            }
            Scope::Rule(id) => {
                let share = if change.after == Some(false) { Some(0.0) } else { change.percent_after };
                if let Some(share) = share {
                    // What was said of the whole flag before is made of its rules from now on.
                    self.shares.remove("");
                    self.shares.insert(id.clone(), share);
                } else if change.after == Some(true) && self.shares.get(id) == Some(&0.0) {
                    // Switched on again, it reaches some: how many is not told, and is not as few as the rules that
                    // reach nobody.
                    self.shares.retain(|_, share| *share > 0.0);
                }
            }
            Scope::Default => {
                self.on = Some(true);
                if let Some(on) = change.after {
                    self.shares.remove("");
                    let share = if on { change.percent_after.unwrap_or(100.0) } else { 0.0 };
                    self.shares.insert(DEFAULT_SHARE.to_owned(), share);
                }
            }
        }
        if !change.variants.is_empty() {
            self.variants.clone_from(&change.variants);
        }
        // Whoever switches it on has it before them: that it was fetched back was not heard.
        if change.kind == ChangeKind::Enabled && !put_away {
            self.archived = false;
        }
    }
}

/// A change of a flag with what it was before, and what after: told by the change, or known from all before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// When, by the platform's clock where it has one.
    pub at: UnixMs,
    /// What was done, by the name of its kind.
    pub what: &'static str,
    /// How many it reached before; `None` while nobody told.
    pub before: Option<Exposure>,
    /// How many it reached after.
    pub after: Option<Exposure>,
    /// How many it reached while on before, 0 to 100.
    pub percent_before: Option<f64>,
    /// How many it reaches while on after.
    pub percent_after: Option<f64>,
    /// Whose hand it was.
    pub hand: Hand,
    /// Who, by the platform's name.
    pub actor: Option<String>,
}

/// Everything that was heard of a flag in one environment, oldest first. `signals` may come in any order and repeat.
pub fn history(subject: &Subject, signals: &[Signal]) -> Vec<Step> {
    let mut state = FlagState::default();
    in_order(subject, signals)
        .into_iter()
        .map(|signal| {
            let percent_before = state.percent();
            let (before, after) = state.hear(&signal.kind);
            let hand = match &signal.kind {
                SignalKind::Flag(change) => change.hand,
                _ => Hand::Person,
            };
            Step {
                at: signal.at(),
                what: signal.kind.as_str(),
                before,
                after,
                percent_before,
                percent_after: state.percent(),
                hand,
                actor: signal.actor.clone(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::flag::FlagChange;
    use super::*;

    #[test]
    fn a_rule_that_is_switched_on_again_reaches_some_until_its_share_is_told() {
        let mut state = FlagState { on: Some(true), ..FlagState::default() };
        let change = |rule: &str, after, percent_after| FlagChange {
            scope: Scope::Rule(rule.to_owned()),
            after,
            percent_after,
            ..FlagChange::new("optimizely", "a", ChangeKind::RolloutChanged)
        };
        for (rule, after, percent, exposure) in [
            ("pilot", None, Some(0.0), Exposure::Off),
            ("everyone", None, Some(25.0), Exposure::Percent(25.0)),
            ("everyone", Some(false), None, Exposure::Off),
            ("everyone", Some(true), None, Exposure::Some),
            ("everyone", None, Some(50.0), Exposure::Percent(50.0)),
            ("everyone", Some(true), None, Exposure::Percent(50.0)),
        ] {
            let (_, now) = state.hear(&change(rule, after, percent).signal(UnixMs(0)).kind);
            assert_eq!(now, Some(exposure), "{rule} {after:?} {percent:?}");
        }
    }
}
