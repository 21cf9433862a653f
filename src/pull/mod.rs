//! Asking for numbers where they already are: Prometheus, `PostHog`, a warehouse that takes SQL over HTTP.
//!
//! A client asks one question about one rollout and some whole hours, and gives a series by the hour or counts by variant.
//! It knows nothing of what is stored here, nor when to ask ([`plan::pulls`](crate::plan::pulls) says that). A flag's name
//! is somebody's words and gets into no query but escaped or as a parameter ([`template`]). Nothing is asked twice by
//! itself.

mod ask;
mod posthog;
mod prometheus;
mod rows;
mod sql;
mod template;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;
use url::Url;

use crate::domain::series::{Binding, Hours, PullKind, Pulled};
use crate::http::RemoteError;
use crate::time::Clock;
use template::Hole;

/// What is asked about.
#[derive(Clone, Copy, Debug, Default)]
pub struct About<'a> {
    /// The flag's key, of a rollout of a flag.
    pub flag: Option<&'a str>,
    /// The rollout's id.
    pub rollout: Option<&'a str>,
    /// The environment that it is in.
    pub environment: Option<&'a str>,
}

impl<'a> About<'a> {
    /// The name for a place; an error where this rollout has none.
    fn name(&self, hole: Hole) -> Result<&'a str, RemoteError> {
        let name = match hole {
            Hole::Flag => self.flag,
            Hole::Rollout => self.rollout,
            Hole::Environment => self.environment,
            Hole::From | Hole::To | Hole::Step => None,
        };
        let missing =
            || RemoteError::Refused { problem: format!("the query names ${}, and this rollout has none", hole.name()) };
        name.ok_or_else(missing)
    }
}

/// A system that can be asked.
#[async_trait]
pub trait Puller: fmt::Debug + Send + Sync {
    /// Asks about one rollout.
    async fn pull(&self, about: About<'_>, hours: Hours) -> Result<Pulled, RemoteError>;

    /// Tries the address and the credentials; what was seen, for people.
    async fn check(&self) -> Result<String, RemoteError>;

    /// Whether its query names a flag, so that it tells nothing of releases.
    fn needs_flag(&self) -> bool;

    /// Shortest time between two questions, ms; 0 where it sets no limit.
    fn spacing_ms(&self) -> i64;
}

/// The systems that can be asked, by the names of their sections.
pub type Pullers = BTreeMap<String, Arc<dyn Puller>>;

/// How one shows who one is.
#[derive(Clone, Debug, Default)]
pub enum Credentials {
    /// Nobody asks.
    #[default]
    None,
    /// A name and a password: `Authorization: Basic`, and `X-ClickHouse-User` and `-Key` in SQL.
    Password {
        /// The name.
        user: String,
        /// The password.
        password: SecretString,
    },
    /// `Authorization: Bearer`.
    Token(SecretString),
}

/// What a client needs to know: `[usage.NAME]`.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The name of the section, for people.
    pub name: String,
    /// What it is.
    pub kind: PullKind,
    /// The base address, with whatever path the system lies below.
    pub address: Url,
    /// The question.
    pub query: String,
    /// What the answer is called.
    pub metric: String,
    /// Who one is.
    pub credentials: Credentials,
    /// Headers besides: `X-Scope-OrgID` and the like.
    pub headers: BTreeMap<String, SecretString>,
    /// `PostHog`'s project.
    pub project: Option<String>,
    /// How names get into SQL.
    pub binding: Binding,
    /// Longest time that one request may take.
    pub timeout: Duration,
    /// How long to wait before looking whether a query that takes longer is done; doubles.
    pub look_again: Duration,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

/// A client; connects to nothing yet. An error names the setting that lacks or is wrong.
pub fn client(settings: Settings) -> anyhow::Result<Arc<dyn Puller>> {
    Ok(match settings.kind {
        PullKind::Prometheus => Arc::new(prometheus::Prometheus::new(settings)?),
        PullKind::PostHog => Arc::new(posthog::PostHog::new(settings)?),
        PullKind::Sql => Arc::new(sql::Sql::new(settings)?),
    })
}
