//! A change of a flag as a sender tells it: what is written in the plain form's `data`, or found by a mapping.
//!
//! A flag that is on reaches everybody unless the sender says how many; a share above 0 means that it is on. What was
//! done is taken from the sender's word for it, and where there is none from what the change brings about.

use serde::Deserialize;

use super::release::repo;
use super::{Moment, NAME_MAX, web};
use crate::domain::flag::{ChangeKind, FlagChange, Variant};
use crate::domain::repo::RepoName;
use crate::domain::signal::{About, Signal};
use crate::sources::flags::born;
use crate::sources::{BadBody, Fact, Meaning, clean, read_json};
use crate::time::UnixMs;

/// The platform of what names none.
const PLATFORM: &str = "generic";
/// Variants that are kept of one flag.
const VARIANTS_MAX: usize = 100;

/// Who did something.
#[derive(Deserialize)]
pub(super) struct Actor {
    email: Option<String>,
    name: Option<String>,
}

impl Actor {
    pub(super) fn name(self) -> Option<String> {
        text(self.name.or(self.email))
    }
}

#[derive(Deserialize)]
struct Data {
    #[serde(alias = "platform")]
    provider: Option<String>,
    project: Option<String>,
    environment: Option<String>,
    flag: String,
    change: Option<String>,
    enabled: Option<bool>,
    enabled_before: Option<bool>,
    rollout_percent: Option<f64>,
    #[serde(alias = "rollout_percent_before", alias = "previous_rollout_percent")]
    percent_before: Option<f64>,
    #[serde(default)]
    variants: Vec<VariantData>,
    actor: Option<Actor>,
    url: Option<String>,
    repository: Option<String>,
}

#[derive(Deserialize)]
struct VariantData {
    name: String,
    percent: Option<f64>,
}

/// What the plain form's `data` tells.
pub(super) fn changed(data: &[u8], moment: Moment) -> Result<Meaning, BadBody> {
    let d: Data = read_json(data)?;
    let flag = clean(&d.flag, NAME_MAX);
    if flag.is_empty() {
        return Err(BadBody::of("flag", "expected the flag's key"));
    }
    let mut variants = Vec::new();
    for (i, v) in d.variants.into_iter().take(VARIANTS_MAX).enumerate() {
        let percent = share(v.percent, &format!("variants[{i}].percent"))?;
        variants.push(Variant { name: clean(&v.name, NAME_MAX), percent });
    }
    let told = Told {
        platform: text(d.provider),
        project: text(d.project),
        environment: text(d.environment),
        flag,
        change: d.change,
        enabled: d.enabled,
        enabled_before: d.enabled_before,
        percent: share(d.rollout_percent, "rollout_percent")?,
        percent_before: share(d.percent_before, "percent_before")?,
        tells_share: false,
        variants,
        actor: d.actor.and_then(Actor::name),
        occurred_at: moment.occurred_at,
        event_id: None,
        url: web(d.url),
    };
    let repo = repo(d.repository.as_deref())?;
    let changes = told.changes();
    if changes.is_empty() {
        return Ok(Meaning::Ignored("a change that tells no exposure: send enabled or rollout_percent".into()));
    }
    let fact = |change| fact(change, repo.as_ref(), moment.received_at);
    Ok(Meaning::Facts(changes.into_iter().map(fact).collect()))
}

/// A change knows no repository; where the sender names one, it is told as the signal that the change would be.
fn fact(change: FlagChange, repo: Option<&RepoName>, received_at: UnixMs) -> Fact {
    let Some(repo) = repo else { return Fact::Flag(Box::new(change)) };
    let signal = change.signal(received_at);
    Fact::Signal(Box::new(Signal { about: About { repo: Some(repo.clone()), ..signal.about }, ..signal }))
}

/// What a sender tells of a flag.
#[derive(Default)]
pub(super) struct Told {
    pub(super) platform: Option<String>,
    pub(super) project: Option<String>,
    pub(super) environment: Option<String>,
    /// Never empty.
    pub(super) flag: String,
    /// What was done, in the sender's word.
    pub(super) change: Option<String>,
    pub(super) enabled: Option<bool>,
    pub(super) enabled_before: Option<bool>,
    /// 0 to 100.
    pub(super) percent: Option<f64>,
    /// 0 to 100.
    pub(super) percent_before: Option<f64>,
    /// Whether the sender's form has a place for the share, so that a missing one is unknown and not everybody.
    pub(super) tells_share: bool,
    pub(super) variants: Vec<Variant>,
    pub(super) actor: Option<String>,
    pub(super) occurred_at: Option<UnixMs>,
    pub(super) event_id: Option<String>,
    pub(super) url: Option<String>,
}

impl Told {
    /// The change; empty where nothing is told of whom the flag reaches.
    pub(super) fn changes(self) -> Vec<FlagChange> {
        let word = self.change.as_deref().and_then(kind);
        let on = match (word, self.enabled) {
            (Some(ChangeKind::Disabled), _) => Some(false),
            (_, Some(enabled)) => Some(enabled),
            (Some(ChangeKind::Enabled), None) => Some(true),
            (_, None) => self.percent.filter(|p| *p > 0.0).map(|_| true),
        };
        let Some(kind) = self.done(word, on) else { return Vec::new() };
        let everybody = (on == Some(true) && !self.tells_share).then_some(100.0);
        let whole = FlagChange {
            project: self.project,
            environment: self.environment,
            before: self.enabled_before,
            after: on,
            percent_before: self.percent_before,
            percent_after: self.percent.or(everybody),
            variants: self.variants,
            actor: self.actor,
            occurred_at: self.occurred_at,
            source_event_id: self.event_id,
            url: self.url,
            ..FlagChange::new(self.platform.as_deref().unwrap_or(PLATFORM), self.flag, kind)
        };
        match kind {
            // Whatever else is told, it reaches nobody now.
            ChangeKind::Archived | ChangeKind::Deleted => {
                vec![FlagChange { after: None, percent_after: None, variants: Vec::new(), ..whole }]
            }
            _ => born(whole),
        }
    }

    /// What was done; `None` where the change tells nothing.
    fn done(&self, word: Option<ChangeKind>, on: Option<bool>) -> Option<ChangeKind> {
        let tells = on.is_some() || self.percent.is_some();
        match word {
            // Both words are about the switch, and where it stands now is told too.
            Some(ChangeKind::Enabled | ChangeKind::Disabled) => {
                Some(if on == Some(true) { ChangeKind::Enabled } else { ChangeKind::Disabled })
            }
            Some(ChangeKind::RolloutChanged) => tells.then_some(ChangeKind::RolloutChanged),
            Some(kind) if kind != ChangeKind::MetadataChanged || !tells => Some(kind),
            Some(_) | None => match on {
                Some(false) => Some(ChangeKind::Disabled),
                Some(true) if self.was_on() => Some(ChangeKind::RolloutChanged),
                Some(true) => Some(ChangeKind::Enabled),
                None if self.percent.is_some() => Some(ChangeKind::RolloutChanged),
                None => (!self.variants.is_empty()).then_some(ChangeKind::VariantsChanged),
            },
        }
    }

    fn was_on(&self) -> bool {
        self.enabled_before.unwrap_or(self.percent_before.is_some_and(|p| p > 0.0))
    }
}

/// The kind of change that a sender's word stands for.
fn kind(word: &str) -> Option<ChangeKind> {
    Some(match word.trim().to_lowercase().as_str() {
        "created" | "create" | "added" => ChangeKind::Created,
        "enabled" | "enable" | "on" => ChangeKind::Enabled,
        "disabled" | "disable" | "off" => ChangeKind::Disabled,
        "rollout" | "rollout_changed" => ChangeKind::RolloutChanged,
        "targeting" | "targeting_changed" => ChangeKind::TargetingChanged,
        "variants" | "variants_changed" => ChangeKind::VariantsChanged,
        "archived" | "archive" => ChangeKind::Archived,
        "restored" | "restore" | "unarchived" => ChangeKind::Restored,
        "deleted" | "delete" | "removed" => ChangeKind::Deleted,
        "metadata" | "metadata_changed" => ChangeKind::MetadataChanged,
        _ => return None,
    })
}

fn share(percent: Option<f64>, field: &str) -> Result<Option<f64>, BadBody> {
    match percent {
        Some(p) if !(0.0..=100.0).contains(&p) => Err(BadBody::of(field, "expected a number from 0 to 100")),
        percent => Ok(percent),
    }
}

/// A text from outside, cleaned; `None` where nothing is left of it.
pub(super) fn text(value: Option<String>) -> Option<String> {
    value.map(|v| clean(&v, NAME_MAX)).filter(|v| !v.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(json: &str) -> Vec<(ChangeKind, Option<bool>, Option<f64>)> {
        let moment = Moment { occurred_at: None, received_at: UnixMs(0) };
        match changed(json.as_bytes(), moment).unwrap() {
            Meaning::Facts(facts) => facts
                .into_iter()
                .map(|f| match f {
                    Fact::Flag(c) => (c.kind, c.after, c.percent_after),
                    other => panic!("{other:?}"),
                })
                .collect(),
            Meaning::Ignored(_) | Meaning::Hint { .. } => Vec::new(),
        }
    }

    #[test]
    fn what_was_done_follows_from_what_is_told() {
        use ChangeKind::{
            Archived, Created, Deleted, Disabled, Enabled, RolloutChanged, TargetingChanged, VariantsChanged,
        };
        let (on, off, all) = (Some(true), Some(false), Some(100.0));
        for (data, kind, after, percent) in [
            (r#""enabled": true"#, Enabled, on, all),
            (r#""enabled": true, "rollout_percent": 25"#, Enabled, on, Some(25.0)),
            (r#""rollout_percent": 25"#, Enabled, on, Some(25.0)),
            (r#""rollout_percent": 0"#, RolloutChanged, None, Some(0.0)),
            (r#""rollout_percent": 50, "percent_before": 25"#, RolloutChanged, on, Some(50.0)),
            (r#""enabled": true, "enabled_before": false, "percent_before": 25"#, Enabled, on, all),
            (r#""enabled": true, "enabled_before": true, "rollout_percent": 5"#, RolloutChanged, on, Some(5.0)),
            (r#""enabled": false, "rollout_percent": 25"#, Disabled, off, Some(25.0)),
            (r#""change": "enabled""#, Enabled, on, all),
            (r#""change": "enabled", "enabled": false"#, Disabled, off, None),
            (r#""change": "disabled", "enabled": true"#, Disabled, off, None),
            (r#""change": "rollout", "enabled": true, "rollout_percent": 50"#, RolloutChanged, on, Some(50.0)),
            (r#""change": "targeting""#, TargetingChanged, None, None),
            (r#""change": "archived", "enabled": true"#, Archived, None, None),
            (r#""change": "deleted""#, Deleted, None, None),
            (r#""change": "created", "enabled": true, "environment": "production""#, Created, on, all),
            (r#""change": "created""#, Created, None, None),
            (r#""change": "metadata", "enabled": true"#, Enabled, on, all),
            (r#""change": "spring cleaning", "enabled": false"#, Disabled, off, None),
            (r#""variants": [{"name": "a", "percent": 50}]"#, VariantsChanged, None, None),
        ] {
            assert_eq!(told(&format!(r#"{{"flag": "a", {data}}}"#)), [(kind, after, percent)], "{data}");
        }
        for data in [r#""change": "rollout""#, r#""change": "renamed""#, r#""enabled": null"#] {
            assert_eq!(told(&format!(r#"{{"flag": "a", {data}}}"#)), [], "{data}");
        }
    }

    #[test]
    fn a_flag_that_is_made_switched_on_and_names_no_environment_is_on_all_the_same() {
        let facts = told(r#"{"flag": "a", "change": "created", "enabled": true, "rollout_percent": 10}"#);
        assert_eq!(facts, [(ChangeKind::Created, None, None), (ChangeKind::Enabled, Some(true), Some(10.0))]);
    }

    #[test]
    fn a_repository_stays_with_the_change() {
        let moment = Moment { occurred_at: None, received_at: UnixMs(0) };
        let data = br#"{"flag": "a", "enabled": true, "repository": "acme/shop"}"#;
        let Ok(Meaning::Facts(facts)) = changed(data, moment) else { panic!() };
        let [Fact::Signal(signal)] = facts.as_slice() else { panic!("{facts:?}") };
        assert_eq!(signal.about.repo, RepoName::parse("acme/shop"));
        let Ok(Meaning::Facts(without)) = changed(br#"{"flag": "a", "enabled": true}"#, moment) else { panic!() };
        let [Fact::Flag(change)] = without.as_slice() else { panic!("{without:?}") };
        assert_eq!((&signal.kind, &signal.subject), (&change.clone().signal(UnixMs(0)).kind, &change.subject()));
    }
}
