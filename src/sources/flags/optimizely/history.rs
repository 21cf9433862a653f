//! An entry of the change history: an entity, and the properties of it that changed.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use super::super::{ChangeKind, FlagChange, Scope, percent, text};

/// Shares of traffic are ten-thousandths.
const SHARE_PERCENT: f64 = 0.01;
/// An entry, as far as it is read.
#[derive(Deserialize)]
pub(super) struct Entry {
    pub(super) id: Option<i64>,
    pub(super) created: Option<String>,
    change_type: Option<String>,
    environment: Option<String>,
    pub(super) entity: Entity,
    pub(super) user: Option<User>,
    #[serde(default)]
    changes: Vec<Property>,
}

/// What was changed.
#[derive(Deserialize)]
pub(super) struct Entity {
    #[serde(rename = "type")]
    kind: String,
    key: Option<String>,
    name: Option<String>,
    api_url: Option<String>,
    pub(super) ui_url: Option<String>,
}

/// Who changed it.
#[derive(Deserialize)]
pub(super) struct User {
    pub(super) display_name: Option<String>,
    pub(super) email: Option<String>,
}

#[derive(Deserialize)]
struct Property {
    #[serde(rename = "property")]
    path: String,
    before: Option<Value>,
    after: Option<Value>,
}

impl Entry {
    /// The part of its addresses that stands `nth` after one of `names`. In those for people another word stands between.
    fn after(&self, names: &[&str], nth: usize) -> Option<String> {
        [&self.entity.api_url, &self.entity.ui_url].into_iter().flatten().find_map(|address| {
            let path = address.split(['?', '#']).next().unwrap_or_default();
            let mut parts = path.split('/').skip_while(|p| !names.contains(p)).skip(1).filter(|p| *p != "manage");
            text(parts.nth(nth).map(str::to_owned))
        })
    }

    /// The key of the flag that it is about; `None` where it is about none. Names are for people and may be no keys.
    pub(super) fn flag(&self) -> Option<String> {
        let kind = self.entity.kind.as_str();
        if !matches!(kind, "flag" | "ruleset" | "rule" | "variation") {
            return None;
        }
        let own = || [&self.entity.key, &self.entity.name].into_iter().flatten().find(|k| is_key(k)).cloned();
        self.after(&["flags"], 0).or_else(|| own().filter(|_| kind == "flag"))
    }

    /// The environment; a flag and its variations are the same in all.
    pub(super) fn environment(&self) -> Option<String> {
        match self.entity.kind.as_str() {
            "ruleset" | "rule" => text(self.environment.clone()).or_else(|| self.after(&["environments", "rules"], 0)),
            _ => None,
        }
    }

    /// What it means, each change made of `change`.
    pub(super) fn changes(&self, change: &FlagChange) -> Vec<FlagChange> {
        let of = |kind| vec![FlagChange { kind, ..change.clone() }];
        let done = self.change_type.as_deref().unwrap_or("update");
        match (self.entity.kind.as_str(), done) {
            ("flag", "create") => of(ChangeKind::Created),
            ("flag", "archive") => of(ChangeKind::Archived),
            ("flag", "unarchive") => of(ChangeKind::Restored),
            ("flag", "delete") => of(ChangeKind::Deleted),
            ("flag", _) => self.of_flag(change),
            ("variation", _) => of(ChangeKind::VariantsChanged),
            ("ruleset", _) => self.of_rules(change, |p| Some(p.to_owned())),
            _ => self.of_rule(change, done),
        }
    }

    fn of_flag(&self, change: &FlagChange) -> Vec<FlagChange> {
        let archived = self.changes.iter().find(|p| p.path == "archived").and_then(|p| p.after.as_ref()?.as_bool());
        let kind = match archived {
            Some(true) => ChangeKind::Archived,
            Some(false) => ChangeKind::Restored,
            None => ChangeKind::MetadataChanged,
        };
        vec![FlagChange { kind, ..change.clone() }]
    }

    /// A rule by itself, whose properties are told without its key before them. A rule whose key is not told can't be
    /// told from others: that something changed is all that is known of it.
    fn of_rule(&self, change: &FlagChange, done: &str) -> Vec<FlagChange> {
        let named = text(self.entity.key.clone()).or_else(|| self.after(&["rules"], 1));
        let Some(rule) = named.filter(|k| is_key(k)) else {
            return vec![FlagChange { kind: ChangeKind::TargetingChanged, ..change.clone() }];
        };
        let scope = Scope::Rule(rule.clone());
        let gone = FlagChange {
            kind: ChangeKind::RolloutChanged,
            percent_after: Some(0.0),
            scope: scope.clone(),
            ..change.clone()
        };
        if matches!(done, "delete" | "archive") {
            return vec![gone];
        }
        let found = self.of_rules(change, |p| Some(format!("rules.{rule}.{p}")));
        if found.is_empty() {
            vec![FlagChange { kind: ChangeKind::TargetingChanged, scope, ..change.clone() }]
        } else {
            found
        }
    }

    /// What changed in a ruleset: its switch, then its rules in the order in which they are told.
    fn of_rules(&self, change: &FlagChange, place: impl Fn(&str) -> Option<String>) -> Vec<FlagChange> {
        let (mut changes, mut seen) = (Vec::new(), BTreeSet::new());
        for property in &self.changes {
            let Some(path) = place(&property.path) else { continue };
            let Some(next) = property.change(&path, change) else { continue };
            let rule = match &next.scope {
                Scope::Rule(rule) => rule.clone(),
                Scope::Flag | Scope::Default => String::new(),
            };
            // Many properties of one rule may change at once, and it is one change of whom it is for.
            let new = seen.insert((next.kind.as_str(), rule));
            if new || next.percent_after.is_some() || next.after.is_some() {
                changes.push(next);
            }
        }
        changes
    }
}

/// What the platform takes for a key.
fn is_key(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
}

/// A rule, where it came or went as a whole.
#[derive(Deserialize)]
struct Rule {
    enabled: Option<bool>,
    percentage_included: Option<f64>,
}

fn rule_share(value: Option<&Value>) -> Option<f64> {
    let rule = Rule::deserialize(value?).ok()?;
    if rule.enabled == Some(false) { Some(0.0) } else { share(rule.percentage_included) }
}

fn share(ten_thousandths: Option<f64>) -> Option<f64> {
    percent(ten_thousandths? * SHARE_PERCENT)
}

impl Property {
    /// What the property's change means; `None` for times, numbers and addresses.
    fn change(&self, path: &str, change: &FlagChange) -> Option<FlagChange> {
        let switch = |v: &Option<Value>| v.as_ref().and_then(Value::as_bool);
        let number = |v: &Option<Value>| share(v.as_ref().and_then(Value::as_f64));
        let mut parts = path.split('.');
        let kind = match (parts.next()?, parts.next()) {
            ("enabled", None) => {
                let after = switch(&self.after)?;
                let kind = if after { ChangeKind::Enabled } else { ChangeKind::Disabled };
                return Some(FlagChange { kind, before: switch(&self.before), after: Some(after), ..change.clone() });
            }
            ("rules", Some(rule)) => {
                let scope = Scope::Rule(text(Some(rule.to_owned()))?);
                let of = FlagChange { kind: ChangeKind::RolloutChanged, scope, ..change.clone() };
                let kind = match (parts.next(), parts.next()) {
                    (None, _) => {
                        let was = if self.before.is_some() { rule_share(self.before.as_ref()) } else { Some(0.0) };
                        let is = if self.after.is_some() { rule_share(self.after.as_ref()) } else { Some(0.0) };
                        return Some(FlagChange { percent_before: was, percent_after: is, ..of });
                    }
                    (Some("percentage_included"), None) => {
                        let (was, is) = (number(&self.before), number(&self.after));
                        return Some(FlagChange { percent_before: was, percent_after: is, ..of });
                    }
                    (Some("enabled"), None) => {
                        return Some(FlagChange { before: switch(&self.before), after: switch(&self.after), ..of });
                    }
                    (Some("variations"), _) => ChangeKind::VariantsChanged,
                    (Some("audience_conditions" | "audience_ids" | "allow_list" | "type"), _) => {
                        ChangeKind::TargetingChanged
                    }
                    _ => return None,
                };
                return Some(FlagChange { kind, ..of });
            }
            ("rule_priorities", _) => ChangeKind::TargetingChanged,
            ("default_variation_key", _) => ChangeKind::VariantsChanged,
            _ => return None,
        };
        Some(FlagChange { kind, ..change.clone() })
    }
}
