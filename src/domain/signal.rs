//! A normalised fact from a source: what happened to a release or a flag, and when.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::flag::{Change, ChangeKind, Variant};
use super::repo::RepoName;
use crate::time::{DAY_MS, UnixMs};

/// A source's time this far ahead of the arrival orders nothing, ms.
const AHEAD_MAX_MS: i64 = DAY_MS;

/// How many customers a change reaches.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exposure {
    /// Nobody.
    Off,
    /// This share of customers, in percent, above 0 and below 100.
    Percent(f64),
    /// Some, and the source does not say how many: a pre-release, a canary.
    Some,
    /// Everybody.
    On,
}

impl Exposure {
    /// From a percentage; 0 and less is off, 100 and more is on. `None` for what is not a number.
    pub fn from_percent(percent: f64) -> Option<Self> {
        match percent {
            p if p.is_nan() => None,
            p if p <= 0.0 => Some(Self::Off),
            p if p >= 100.0 => Some(Self::On),
            p => Some(Self::Percent(p)),
        }
    }

    /// The way people read it: `off`, `25 %`, `some`, `100 %`.
    pub fn words(self) -> String {
        match self {
            Self::Off => "off".into(),
            Self::Percent(p) => format!("{p} %"),
            Self::Some => "some".into(),
            Self::On => "100 %".into(),
        }
    }
}

/// What a signal is about: its identity, the same in every delivery.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A published release; `origin` is the platform and repository id, `release` the platform's id of it.
    Release {
        /// Platform and repository, such as `github:186853002`.
        origin: String,
        /// The platform's id of the release.
        release: String,
    },
    /// A flag in one environment.
    Flag {
        /// The flag platform, such as `unleash` or a name of the sender's own.
        platform: String,
        /// The platform's project, empty where there is none.
        project: String,
        /// The environment.
        environment: String,
        /// The flag's key.
        flag: String,
    },
    /// A flag in all environments: what archives it, or makes it, names none. It joins the flag in each of them.
    FlagEverywhere {
        /// The flag platform.
        platform: String,
        /// The platform's project, empty where there is none.
        project: String,
        /// The flag's key.
        flag: String,
    },
    /// A tag of a repository: what a deployment names. It joins the release with that tag.
    Tag {
        /// Platform and repository, such as `github:186853002`.
        origin: String,
        /// The tag or branch that was deployed.
        tag: String,
    },
}

impl Subject {
    /// One line that is equal where the subject is; parts are length-prefixed, so that no text can pass for another.
    pub fn key(&self) -> String {
        let parts: (&str, Vec<&str>) = match self {
            Self::Release { origin, release } => ("release", vec![origin, release]),
            Self::Flag { platform, project, environment, flag } => ("flag", vec![platform, project, environment, flag]),
            Self::FlagEverywhere { platform, project, flag } => ("flags", vec![platform, project, flag]),
            Self::Tag { origin, tag } => ("tag", vec![origin, tag]),
        };
        parts.1.iter().fold(parts.0.to_owned(), |key, part| format!("{key}|{}:{part}", part.len()))
    }

    /// The flag in all environments, where this is a flag.
    pub fn everywhere(&self) -> Option<Self> {
        match self {
            Self::Flag { platform, project, flag, .. } => {
                Some(Self::FlagEverywhere { platform: platform.clone(), project: project.clone(), flag: flag.clone() })
            }
            Self::FlagEverywhere { .. } => Some(self.clone()),
            Self::Release { .. } | Self::Tag { .. } => None,
        }
    }

    /// The flag's key, where this is a flag.
    pub fn flag(&self) -> Option<&str> {
        match self {
            Self::Flag { flag, .. } | Self::FlagEverywhere { flag, .. } => Some(flag),
            Self::Release { .. } | Self::Tag { .. } => None,
        }
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum SignalKind {
    /// A release or pre-release came out.
    Published {
        /// Marked as not for everybody.
        prerelease: bool,
    },
    /// A pre-release became a release, or a release came out (GitHub says `released` for both).
    Promoted,
    /// Its text changed.
    Edited,
    /// A deployment of it succeeded.
    Deployed {
        /// Where to.
        environment: String,
        /// Whether the source calls that production.
        production: bool,
    },
    /// A flag changed.
    Flag(Box<Change>),
    /// A flag was seen as it is.
    FlagSeen {
        /// Whether it is on.
        on: Option<bool>,
        /// How many customers its rules reach while it is on, 0 to 100, by the rule's id.
        shares: BTreeMap<String, f64>,
        /// Its variants.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        variants: Vec<Variant>,
        /// Whether it is put away, or gone.
        archived: bool,
    },
    /// A flag exists now.
    Created,
    /// A flag is on for this many.
    Exposed {
        /// Off ends the rollout.
        exposure: Exposure,
    },
    /// It was taken back.
    Unpublished,
    /// A flag is put away for good.
    Archived,
    /// It is gone.
    Deleted,
}

impl SignalKind {
    /// What comes first where two signals of one subject carry the same moment.
    pub fn rank(&self) -> u8 {
        match self {
            Self::Created => 0,
            Self::Flag(change) => match change.kind {
                ChangeKind::Created => 0,
                ChangeKind::Restored => 1,
                ChangeKind::RolloutChanged | ChangeKind::TargetingChanged | ChangeKind::VariantsChanged => 3,
                ChangeKind::Enabled | ChangeKind::Disabled => 4,
                ChangeKind::MetadataChanged => 5,
                ChangeKind::Archived => 7,
                ChangeKind::Deleted => 8,
            },
            Self::Published { .. } => 1,
            // A flag that is seen in the second in which it changed: the change is the news.
            Self::Promoted | Self::FlagSeen { .. } => 2,
            Self::Exposed { .. } => 3,
            Self::Deployed { .. } => 4,
            Self::Edited => 5,
            Self::Unpublished => 6,
            Self::Archived => 7,
            Self::Deleted => 8,
        }
    }

    /// The source's own number of it, which goes before the rank where one moment has several.
    pub fn sequence(&self) -> Option<i64> {
        match self {
            Self::Flag(change) => change.sequence,
            _ => None,
        }
    }

    /// The name that is stored and shown.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Flag(change) => change.kind.as_str(),
            Self::FlagSeen { .. } => "seen",
            Self::Published { .. } => "published",
            Self::Promoted => "promoted",
            Self::Exposed { .. } => "exposed",
            Self::Deployed { .. } => "deployed",
            Self::Edited => "edited",
            Self::Unpublished => "unpublished",
            Self::Archived => "archived",
            Self::Deleted => "deleted",
        }
    }
}

/// What a source tells besides, for people to read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// The repository, where the source knows it.
    pub repo: Option<RepoName>,
    /// The release's tag.
    pub tag: Option<String>,
    /// Its name.
    pub title: Option<String>,
    /// Where people read more.
    pub url: Option<String>,
    /// The GitHub App's installation that sent it.
    pub installation: Option<i64>,
}

/// One fact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// What it is about.
    pub subject: Subject,
    /// What happened.
    pub kind: SignalKind,
    /// When, by the source's clock; `None` where it does not say.
    pub occurred_at: Option<UnixMs>,
    /// When hearback received it.
    pub received_at: UnixMs,
    /// Who did it, by the source's name.
    pub actor: Option<String>,
    /// For people.
    pub about: About,
}

impl Signal {
    /// The moment to order by: the source's where it tells one, else the arrival. A time that is far ahead of the arrival
    /// is no time: it would outlast everything that is told after it.
    pub fn at(&self) -> UnixMs {
        self.occurred_at.filter(|at| at.since(self.received_at) <= AHEAD_MAX_MS).unwrap_or(self.received_at)
    }
}
