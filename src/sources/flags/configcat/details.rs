//! What changed of a setting: a text for people, one line each. `key: false ➔ true` is the value for whom no rule catches,
//! and `+ 20% true` under *Rollout percentage items changed* a share of all whom no targeting rule catches, which adds up
//! to 100 and stands before that value. A setting has no switch. How other changes read is not documented. After
//! `ConfigCat`'s documentation, *Notifications - Webhooks*, *Percentage Options* and *Feature Flag Evaluation*.

use super::super::{percent, text};
use crate::domain::flag::{ChangeKind, FlagChange, Scope, Variant};

/// Percentages that are read of one setting.
const SHARES_MAX: usize = 100;

/// What is told of one setting.
#[derive(Default)]
pub(super) struct Told {
    created: bool,
    deleted: bool,
    /// The value for whom no rule catches, before and after.
    value: Option<(String, String)>,
    /// The percentages before and after; empty where they are not told.
    before: Vec<Variant>,
    after: Vec<Variant>,
    /// Something in words that are not documented.
    more: bool,
}

impl Told {
    pub(super) fn hear(&mut self, key: &str, event: Option<&str>, details: &str) {
        // Only `changed` is documented.
        match event.map(str::to_ascii_lowercase).as_deref() {
            Some("created" | "added") => self.created = true,
            Some("deleted" | "removed") => self.deleted = true,
            _ => {}
        }
        let mut of_percentages = false;
        for line in details.lines() {
            let bare = line.trim();
            if bare.is_empty() {
                continue;
            }
            if let (true, Some((added, share))) = (of_percentages, share(bare)) {
                let list = if added { &mut self.after } else { &mut self.before };
                if list.len() < SHARES_MAX {
                    list.push(share);
                }
                continue;
            }
            of_percentages = bare.to_ascii_lowercase().contains("percentage");
            // Values of rules are indented.
            let values = line.strip_prefix(key).and_then(|l| l.strip_prefix(':')).map(str::trim);
            match values.map(|v| v.split_once(" ➔ ")) {
                Some(Some((old, new))) => self.value = Some((old.to_owned(), new.to_owned())),
                Some(None) if values == Some("") => {}
                _ => self.more |= !of_percentages,
            }
        }
    }

    pub(super) fn changes(self, change: &FlagChange) -> Vec<FlagChange> {
        let of = |kind| FlagChange { kind, ..change.clone() };
        if self.deleted {
            return vec![of(ChangeKind::Deleted)];
        }
        let mut list = Vec::new();
        if self.created {
            list.push(of(ChangeKind::Created));
        }
        let value = self.value.as_ref().map(|(old, new)| (switched(old), switched(new)));
        let shared = |list: &[Variant]| (!list.is_empty()).then_some(true);
        let whole = FlagChange {
            before: shared(&self.before).or(value.and_then(|(old, _)| old)),
            after: shared(&self.after),
            percent_before: reach(&self.before),
            percent_after: reach(&self.after),
            variants: if reach(&self.after).is_none() { self.after.clone() } else { Vec::new() },
            ..change.clone()
        };
        match value {
            // Where there are shares, nobody but whom `ConfigCat` can't tell apart gets this value.
            Some((Some(_), Some(true))) if !self.after.is_empty() => {
                list.push(FlagChange { kind: ChangeKind::Enabled, ..whole.clone() });
            }
            Some((Some(_), Some(false))) if !self.after.is_empty() => {}
            Some((Some(old), Some(new))) => list.push(FlagChange {
                before: Some(old),
                after: Some(new),
                scope: Scope::Default,
                ..of(if new { ChangeKind::Enabled } else { ChangeKind::Disabled })
            }),
            Some(_) => list.push(FlagChange { kind: ChangeKind::VariantsChanged, ..whole.clone() }),
            None => {}
        }
        if !self.after.is_empty() {
            list.push(FlagChange { kind: ChangeKind::RolloutChanged, ..whole.clone() });
        }
        if self.more || list.is_empty() {
            list.push(FlagChange { kind: ChangeKind::TargetingChanged, ..whole });
        }
        list
    }
}

/// A line such as `+ 20% true`: whether it is new, and the share.
fn share(line: &str) -> Option<(bool, Variant)> {
    let (added, rest) = match line.strip_prefix('+') {
        Some(rest) => (true, rest),
        None => (false, line.strip_prefix('-')?),
    };
    let (share, value) = rest.split_once('%')?;
    let share = percent(share.trim().parse().ok()?)?;
    Some((added, Variant { name: text(Some(value.to_owned()))?, percent: Some(share) }))
}

/// The value of a flag that is on or off.
fn switched(value: &str) -> Option<bool> {
    match value.trim().to_ascii_lowercase().as_str() {
        "true" | "on" => Some(true),
        "false" | "off" => Some(false),
        _ => None,
    }
}

/// How many get `true`; `None` for values of another kind, and for shares that are not the whole.
fn reach(shares: &[Variant]) -> Option<f64> {
    let of = |v: &Variant| v.percent.unwrap_or_default();
    let all: f64 = shares.iter().map(of).sum();
    if (all - 100.0).abs() > 0.01 || shares.iter().any(|v| switched(&v.name).is_none()) {
        return None;
    }
    percent(shares.iter().filter(|v| switched(&v.name) == Some(true)).map(of).sum())
}
