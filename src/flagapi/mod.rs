//! Asking flag platforms: what happened since, or how their flags stand. A webhook may never arrive, and a sender that
//! signs nothing gives a hint, not a fact; what the platform says when asked is the fact.
//!
//! A client only reads. It knows nothing of what is stored here: it gives events in the bytes that the platform's webhook
//! would have brought, or the flags as they are, and who asked compares. A platform is a file and a line in [`CLIENTS`].

mod address;
mod answer;
mod ask;
mod facts;
mod flagsmith;
mod flipt;
mod gitlab;
mod growthbook;
mod launchdarkly;
mod memory;
mod posthog;
mod unleash;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;
use tokio::sync::Notify;
use url::Url;

use crate::domain::flag::FlagSeen;
use crate::http::RemoteError;
use crate::time::{Clock, UnixMs};
use ask::{Asker, Manner};

/// How far the asking got before.
#[derive(Clone, Copy, Debug)]
pub struct After<'a> {
    /// What the platform's client gave the last time; `None` the first time.
    pub cursor: Option<&'a str>,
    /// Without a cursor, events before this moment are history.
    pub since: UnixMs,
}

/// What a platform told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Look {
    /// What happened, oldest first, in the bytes that the platform's webhook sends.
    pub events: Vec<Vec<u8>>,
    /// The flags as they are.
    pub seen: Vec<FlagSeen>,
    /// Projects of which every flag that is not put away is among `seen`: one that is not there is gone.
    pub whole: BTreeSet<String>,
    /// Whether a flag's environments are those that its own rules name: in one that they no longer name it is off.
    pub environments_by_flag: bool,
    /// Where to go on.
    pub cursor: Option<String>,
}

/// A platform that can be asked.
#[async_trait]
pub trait FlagApi: fmt::Debug + Send + Sync {
    /// Asks. Reads only, and asks for no more than the platform's limits allow.
    async fn look(&self, after: After<'_>) -> Result<Look, RemoteError>;
}

/// A platform with how often it is asked.
#[derive(Clone, Debug)]
pub struct Platform {
    /// Its client.
    pub api: Arc<dyn FlagApi>,
    /// How often it is asked, ms.
    pub every_ms: i64,
    /// Rung when it should be asked at once.
    pub bell: Arc<Notify>,
}

/// The platforms that can be asked, by the name of their source.
#[derive(Clone, Debug, Default)]
pub struct Platforms(BTreeMap<&'static str, Platform>);

impl Platforms {
    /// Adds one.
    #[must_use]
    pub fn with(mut self, name: &'static str, api: Arc<dyn FlagApi>, every_ms: i64) -> Self {
        self.0.insert(name, Platform { api, every_ms, bell: Arc::default() });
        self
    }

    /// The platform of a source, where it can be asked.
    pub fn get(&self, source: &str) -> Option<&Platform> {
        self.0.get(source)
    }

    /// The names of all.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.0.keys().copied()
    }
}

/// What a client needs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The platform's base address; without one the platform's own service, where it has one.
    pub api_url: Option<Url>,
    /// Its token.
    pub token: SecretString,
    /// The projects to ask for; without any, all that the token sees, where the platform can list them.
    pub projects: Vec<String>,
    /// Of one request.
    pub timeout: Duration,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

/// Makes a platform's client of what asks it and the projects that are to be asked for.
type Make = fn(Asker, Vec<String>) -> Arc<dyn FlagApi>;

/// The platforms that can be asked: how, and by what.
const CLIENTS: &[(&Manner, Make)] = &[
    (&unleash::MANNER, unleash::client),
    (&launchdarkly::MANNER, launchdarkly::client),
    (&flagsmith::MANNER, flagsmith::client),
    (&growthbook::MANNER, growthbook::client),
    (&posthog::MANNER, posthog::client),
    (&gitlab::MANNER, gitlab::client),
    (&flipt::MANNER, flipt::client),
];

/// The client of a source; an error says what its settings lack, or that the source can't be asked.
pub fn client(source: &str, settings: Settings) -> anyhow::Result<Arc<dyn FlagApi>> {
    let Some((manner, make)) = CLIENTS.iter().find(|(manner, _)| manner.name == source) else {
        let names: Vec<&str> = CLIENTS.iter().map(|(manner, _)| manner.name).collect();
        anyhow::bail!(
            "{source} can't be asked: leave out sources.{source}.api_token. Those that can be are {}",
            names.join(", ")
        );
    };
    let asker = Asker::new(manner, &settings)?;
    let projects = settings.projects.into_iter().map(|p| p.trim().to_owned()).filter(|p| !p.is_empty()).collect();
    Ok(make(asker, projects))
}
