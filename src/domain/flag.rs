//! What a flag platform tells of one flag: a change, or the state that it is in.
//!
//! Platforms tell little: the new state alone, or one rule of many, or just that something changed.
//! [`FlagState`](super::flag_state::FlagState) adds up what is known, so that before and after can be told of every change.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::signal::{About, Signal, SignalKind, Subject};
use crate::time::UnixMs;

/// What was done to a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// It exists now.
    Created,
    /// It was switched on.
    Enabled,
    /// It was switched off.
    Disabled,
    /// It reaches another share of customers.
    RolloutChanged,
    /// It reaches other customers, and nobody said how many.
    TargetingChanged,
    /// Its variants changed, or what they get.
    VariantsChanged,
    /// It was put away.
    Archived,
    /// It was fetched back.
    Restored,
    /// It is gone.
    Deleted,
    /// What people read of it changed: a name, a tag, a description.
    MetadataChanged,
}

impl ChangeKind {
    /// The name that is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::RolloutChanged => "rollout_changed",
            Self::TargetingChanged => "targeting_changed",
            Self::VariantsChanged => "variants_changed",
            Self::Archived => "archived",
            Self::Restored => "restored",
            Self::Deleted => "deleted",
            Self::MetadataChanged => "metadata_changed",
        }
    }

    /// Whether it is about the flag in all environments, where none is named.
    pub fn is_everywhere(self) -> bool {
        match self {
            Self::Created | Self::Archived | Self::Restored | Self::Deleted | Self::MetadataChanged => true,
            Self::Enabled | Self::Disabled | Self::RolloutChanged | Self::TargetingChanged | Self::VariantsChanged => {
                false
            }
        }
    }
}

/// Whose hand moved a flag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hand {
    /// A person, or a program in a person's name.
    #[default]
    Person,
    /// The platform by a plan: a ramp, a milestone, a release plan, a schedule.
    Ramp,
    /// The platform's own watch over the rollout: a guarded or safe rollout, a safeguard.
    Guard,
}

impl Hand {
    /// Whether it is the default, which need not be written.
    pub fn is_person(&self) -> bool {
        *self == Self::Person
    }

    /// For people; empty for a person, whom the actor names.
    pub fn words(self) -> &'static str {
        match self {
            Self::Person => "",
            Self::Ramp => "by a ramp",
            Self::Guard => "by a safeguard",
        }
    }
}

/// One of the values that a flag gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Variant {
    /// Its name or key.
    pub name: String,
    /// How many get it, in percent of those that the flag reaches; `None` where the platform does not say.
    pub percent: Option<f64>,
}

/// What the percentages of a change are of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The whole flag in its environment.
    #[default]
    Flag,
    /// One of several rules, by the platform's id; the flag reaches as many as the widest of them does. A rule that is
    /// removed reaches 0 %. `before` and `after` are the rule's own, not the flag's.
    Rule(String),
    /// What everybody gets whom no rule catches: rules of such a flag count whether it is on or off.
    Default,
}

impl Scope {
    fn is_flag(&self) -> bool {
        *self == Self::Flag
    }
}

/// A change of a flag, in the same words for every platform. What the platform does not tell is `None`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlagChange {
    /// The platform: `unleash`, `launchdarkly`.
    pub platform: String,
    /// The platform's project, by its key.
    pub project: Option<String>,
    /// The environment, by its key; `None` for all of them, and where the platform has none.
    pub environment: Option<String>,
    /// The flag's key.
    pub flag: String,
    /// What was done.
    pub kind: ChangeKind,
    /// Whether it was on.
    pub before: Option<bool>,
    /// Whether it is on.
    pub after: Option<bool>,
    /// How many customers it reached while on, 0 to 100.
    pub percent_before: Option<f64>,
    /// How many customers it reaches while on, 0 to 100.
    pub percent_after: Option<f64>,
    /// What the percentages are of.
    #[serde(default, skip_serializing_if = "Scope::is_flag")]
    pub scope: Scope,
    /// Its variants after the change; empty where the platform does not say.
    pub variants: Vec<Variant>,
    /// Whose hand it was.
    #[serde(default, skip_serializing_if = "Hand::is_person")]
    pub hand: Hand,
    /// Who did it, by the platform's name.
    pub actor: Option<String>,
    /// When, by the platform's clock.
    pub occurred_at: Option<UnixMs>,
    /// The platform's own number of the change, where it counts: it orders what happened in one millisecond.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<i64>,
    /// The platform's id of the change.
    pub source_event_id: Option<String>,
    /// Where people look at the flag.
    pub url: Option<String>,
}

impl FlagChange {
    /// A change of which only what and where are known.
    pub fn new(platform: &str, flag: impl Into<String>, kind: ChangeKind) -> Self {
        Self {
            platform: platform.to_owned(),
            project: None,
            environment: None,
            flag: flag.into(),
            kind,
            before: None,
            after: None,
            percent_before: None,
            percent_after: None,
            scope: Scope::Flag,
            variants: Vec::new(),
            hand: Hand::Person,
            actor: None,
            occurred_at: None,
            sequence: None,
            source_event_id: None,
            url: None,
        }
    }

    /// What the change is about: the flag in one environment, or everywhere.
    pub fn subject(&self) -> Subject {
        subject(
            &self.platform,
            self.project.as_deref(),
            self.environment.as_deref(),
            &self.flag,
            self.kind.is_everywhere(),
        )
    }

    /// The change as a signal that arrived at `received_at`.
    pub fn signal(self, received_at: UnixMs) -> Signal {
        let subject = self.subject();
        Signal {
            subject,
            occurred_at: self.occurred_at,
            received_at,
            actor: self.actor,
            about: About { url: self.url, ..About::default() },
            kind: SignalKind::Flag(Box::new(Change {
                kind: self.kind,
                before: self.before,
                after: self.after,
                percent_before: self.percent_before,
                percent_after: self.percent_after,
                scope: self.scope,
                variants: self.variants,
                hand: self.hand,
                sequence: self.sequence,
                source_event_id: self.source_event_id,
            })),
        }
    }
}

fn subject(platform: &str, project: Option<&str>, environment: Option<&str>, flag: &str, everywhere: bool) -> Subject {
    let platform = platform.to_owned();
    let (project, flag) = (project.unwrap_or_default().to_owned(), flag.to_owned());
    match environment {
        None if everywhere => Subject::FlagEverywhere { platform, project, flag },
        environment => {
            Subject::Flag { platform, project, environment: environment.unwrap_or_default().to_owned(), flag }
        }
    }
}

/// A change as a signal keeps it: what the subject, the moment and the actor do not tell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields of a FlagChange")]
pub struct Change {
    pub kind: ChangeKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent_before: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent_after: Option<f64>,
    #[serde(default, skip_serializing_if = "Scope::is_flag")]
    pub scope: Scope,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<Variant>,
    #[serde(default, skip_serializing_if = "Hand::is_person")]
    pub hand: Hand,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_event_id: Option<String>,
}

/// A flag as its platform shows it when asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlagSeen {
    /// The platform.
    pub platform: String,
    /// Its project.
    pub project: Option<String>,
    /// The environment; `None` where the platform has none.
    pub environment: Option<String>,
    /// The flag's key.
    pub flag: String,
    /// Whether it is on; `None` where the platform does not say.
    pub on: Option<bool>,
    /// How many customers its rules reach while it is on, 0 to 100, by the rule's id as [`Scope::Rule`] has it; the whole
    /// flag's under the empty id. Empty where the platform does not say.
    #[serde(default)]
    pub shares: BTreeMap<String, f64>,
    /// Its variants.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<Variant>,
    /// Whether it is put away, or gone.
    #[serde(default)]
    pub archived: bool,
    /// Where people look at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// When the platform answered, by its own clock.
    pub at: UnixMs,
}

impl FlagSeen {
    /// What it is about.
    pub fn subject(&self) -> Subject {
        subject(&self.platform, self.project.as_deref(), self.environment.as_deref(), &self.flag, false)
    }

    /// What is seen, as a signal that arrived at `received_at`.
    pub fn signal(self, received_at: UnixMs) -> Signal {
        Signal {
            subject: self.subject(),
            occurred_at: Some(self.at),
            received_at,
            actor: None,
            about: About { url: self.url, ..About::default() },
            kind: SignalKind::FlagSeen {
                on: self.on,
                shares: self.shares,
                variants: self.variants,
                archived: self.archived,
            },
        }
    }
}
