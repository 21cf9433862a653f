//! The settings as types, a section a struct. What each means stands in `default.toml`, which is shown to people.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use secrecy::SecretString;
use serde::Deserialize;
use toml::Value;

use super::values::{Listen, Span};
use crate::domain::alarm::AlarmRules;
use crate::domain::existing::Existing;
use crate::domain::policy::{CloseWhen, OpensOn, Policy, TicketMode};
use crate::domain::repo::RepoName;
use crate::domain::series::{Bad, Binding, PullKind};
use crate::domain::ticket::TrackerName;
use crate::sources::Mapping;
use crate::time::{HOUR_MS, MINUTE_MS};

/// How often a source is asked where nothing is said, ms.
const POLL_MS: i64 = MINUTE_MS;
/// The connection of a path that names none.
const DEFAULT_CONNECTION: &str = "default";

/// All settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The service.
    pub server: Server,
    /// Where things are kept.
    pub database: Database,
    /// GitHub, as an App or with a token.
    pub github: GitHub,
    /// Jira.
    pub jira: Jira,
    /// The folder tracker.
    pub local: Local,
    /// Each other source by its name in `/hooks/{source}`.
    pub sources: BTreeMap<String, SourceSettings>,
    /// Where usage is counted already, by names that people choose.
    #[serde(default)]
    pub usage: BTreeMap<String, UsageSettings>,
    /// How what customers say is read.
    pub analysis: Analysis,
    /// How people are told apart where what they do is counted.
    pub people: People,
    /// What is done by itself.
    pub policy: PolicySettings,
    /// When people are told that something changed.
    pub alarms: AlarmSettings,
    /// Ingest keys.
    #[serde(default)]
    pub keys: Vec<KeySettings>,
    /// How summaries are made.
    pub summary: Summary,
    /// How actions are performed.
    pub outbox: Outbox,
    /// What is logged.
    pub log: Log,
    /// The file that was read, where there was one.
    #[serde(skip)]
    pub file: Option<PathBuf>,
}

impl Config {
    /// The policy for what no repository says itself.
    pub fn policy(&self) -> Policy {
        let p = &self.policy;
        let configured = || {
            let found: Vec<TrackerName> =
                [(self.github.is_configured(), TrackerName::GitHub), (self.jira.is_configured(), TrackerName::Jira)]
                    .into_iter()
                    .filter(|(is, _)| *is)
                    .map(|(_, name)| name)
                    .collect();
            if found.is_empty() { vec![TrackerName::Local] } else { found }
        };
        Policy {
            trackers: p.trackers.clone().unwrap_or_else(configured),
            repository: p.repository.clone(),
            tickets: p.tickets,
            opens_on: p.opens_on,
            window_ms: p.window.ms(),
            soak_ms: p.soak.ms(),
            responses: i64::from(p.responses),
            close_when: p.close_when,
            min_people: i64::from(p.min_people),
            min_confidence: p.min_confidence,
            coalesce_ms: p.coalesce.ms(),
            environments: p.environments.clone(),
            labels: p.labels.clone(),
            existing: p.existing,
            reopen_people: i64::from(p.reopen_people.unwrap_or(p.min_people)),
            sync: p.sync,
            ..Policy::default()
        }
    }

    /// The rules by which people are told that something changed.
    pub fn alarms(&self) -> AlarmRules {
        let a = &self.alarms;
        AlarmRules {
            watch: a.watch,
            alert: a.alert,
            critical: a.critical,
            min_people: u64::from(a.min_people),
            epochs: a.epochs,
            odds_guard: a.odds_guard,
            mismatch: a.mismatch,
            linkage: a.linkage,
            false_discoveries: a.false_discoveries,
            theme_badge: a.theme_badge,
            theme_notify: a.theme_notify,
            items_per_day_max: u64::from(a.items_per_day_max),
        }
    }

    /// The setting that holds the secrets of a source, for people.
    pub fn secrets_key(source: &str) -> String {
        match source {
            "github" | "jira" => format!("{source}.webhook_secrets"),
            other => format!("sources.{other}.secrets"),
        }
    }

    /// The secrets with which a source signs.
    pub fn secrets_of(&self, source: &str) -> Vec<SecretString> {
        match source {
            "github" => self.github.webhook_secrets.clone(),
            "jira" => self.jira.webhook_secrets.clone(),
            other => self.source(other).map(|s| s.secrets.clone()).unwrap_or_default(),
        }
    }

    /// The settings of a source, under whichever of its names they stand.
    pub fn source(&self, name: &str) -> Option<&SourceSettings> {
        let source = crate::sources::source(name)?;
        [source.name].iter().chain(source.aliases).find_map(|n| self.sources.get(*n))
    }

    /// How bodies that come to a source over a connection are to be read, where they are of a form of their own.
    pub fn mapping(&self, source: &str, connection: Option<&str>) -> Option<&Mapping> {
        self.source(source)?.mapping.get(connection.unwrap_or(DEFAULT_CONNECTION))
    }
}

/// `[server]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in default.toml, which is shown to people")]
pub struct Server {
    pub listen: Listen,
    pub public_url: Option<url::Url>,
    pub dashboard: Option<bool>,
    pub body_max_bytes: usize,
    pub feedback_max_bytes: usize,
    pub connections_max: usize,
    pub connections_per_address_max: usize,
    pub requests_max: usize,
    pub header_timeout: Span,
    pub body_timeout: Span,
    pub feedback_per_minute: u32,
    pub shutdown_grace: Span,
}

/// `[database]`
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in default.toml, which is shown to people")]
pub struct Database {
    pub url: String,
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("url", &without_password(&self.url)).finish()
    }
}

/// An address as people may see it.
pub fn without_password(url: &str) -> String {
    match url::Url::parse(url) {
        Ok(mut parsed) => {
            if parsed.password().is_some() {
                let _ = parsed.set_password(Some("…"));
            }
            if parsed.query().is_some_and(|q| q.contains("password")) {
                parsed.set_query(Some("…"));
            }
            parsed.to_string()
        }
        Err(_) => url.to_owned(),
    }
}

/// `[github]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in default.toml, which is shown to people")]
pub struct GitHub {
    pub api_url: url::Url,
    pub app_id: Option<u64>,
    pub private_key: Option<SecretString>,
    pub token: Option<SecretString>,
    #[serde(deserialize_with = "one_or_many")]
    pub webhook_secrets: Vec<SecretString>,
    pub write_spacing: Span,
    pub creates_per_minute: u32,
    pub creates_per_hour: u32,
    pub sweep: Span,
    pub policies: Span,
    pub feedback: GitHubFeedback,
}

/// `[github.feedback]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in default.toml, which is shown to people")]
pub struct GitHubFeedback {
    pub labels: Vec<String>,
    pub mention: bool,
}

impl GitHub {
    /// Whether tickets can be filed there.
    pub fn is_configured(&self) -> bool {
        self.token.is_some() || (self.app_id.is_some() && self.private_key.is_some())
    }
}

/// `[jira]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in default.toml, which is shown to people")]
pub struct Jira {
    pub base_url: Option<url::Url>,
    pub flavour: JiraFlavour,
    pub email: Option<String>,
    pub token: Option<SecretString>,
    pub project: Option<String>,
    pub issue_type: String,
    pub priority: BTreeMap<String, String>,
    pub labels: Vec<String>,
    pub components: Vec<String>,
    pub custom: BTreeMap<String, Value>,
    pub not_planned: Vec<String>,
    #[serde(deserialize_with = "one_or_many")]
    pub webhook_secrets: Vec<SecretString>,
}

impl Jira {
    /// Whether tickets can be filed there.
    pub fn is_configured(&self) -> bool {
        self.base_url.is_some() && self.token.is_some() && self.project.is_some()
    }
}

/// The two Jiras, which take different bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JiraFlavour {
    /// REST v3, documents.
    Cloud,
    /// REST v2, wiki markup.
    DataCenter,
}

/// `[local]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in default.toml, which is shown to people")]
pub struct Local {
    pub dir: PathBuf,
}

/// `[sources.NAME]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in default.toml, which is shown to people")]
pub struct SourceSettings {
    #[serde(default, deserialize_with = "one_or_many")]
    pub secrets: Vec<SecretString>,
    pub api_url: Option<url::Url>,
    pub api_token: Option<SecretString>,
    #[serde(default)]
    pub projects: Vec<String>,
    pub poll: Option<Span>,
    #[serde(default)]
    pub mapping: BTreeMap<String, Mapping>,
}

impl SourceSettings {
    /// How often the source is asked, ms; 0 for never. Without a token it can't be asked.
    pub fn poll_ms(&self) -> i64 {
        self.poll.map_or(POLL_MS, Span::ms)
    }
}

/// `[usage.latency]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in default.toml, which is shown to people")]
pub struct UsageSettings {
    pub kind: PullKind,
    pub address: url::Url,
    pub query: String,
    pub metric: Option<String>,
    pub unit: Option<String>,
    pub bad: Bad,
    pub every: Option<Span>,
    pub timeout: Option<Span>,
    pub token: Option<SecretString>,
    pub user: Option<String>,
    pub password: Option<SecretString>,
    #[serde(default)]
    pub headers: BTreeMap<String, SecretString>,
    pub project: Option<String>,
    #[serde(default)]
    pub binding: Binding,
}

impl UsageSettings {
    /// How often it is asked about each rollout, ms; 0 for never.
    pub fn every_ms(&self) -> i64 {
        self.every.map_or(HOUR_MS, Span::ms)
    }

    /// Longest time that one question may take.
    pub fn timeout(&self) -> std::time::Duration {
        self.timeout.map_or(std::time::Duration::from_secs(30), Span::duration)
    }
}

/// `[analysis]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in default.toml, which is shown to people")]
pub struct Analysis {
    pub model: Option<PathBuf>,
    pub encoder_dir: Option<PathBuf>,
    pub redact_names: bool,
    #[serde(deserialize_with = "one_or_many")]
    pub seal_key: Vec<SecretString>,
}

/// `[people]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in default.toml, which is shown to people")]
pub struct People {
    pub segment: Vec<String>,
    pub control: Vec<String>,
}

/// `[policy]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in default.toml, which is shown to people")]
pub struct PolicySettings {
    pub trackers: Option<Vec<TrackerName>>,
    pub repository: Option<RepoName>,
    pub tickets: TicketMode,
    pub opens_on: OpensOn,
    pub window: Span,
    pub soak: Span,
    pub responses: u32,
    pub close_when: CloseWhen,
    pub min_people: u32,
    pub min_confidence: f64,
    pub coalesce: Span,
    pub environments: Vec<String>,
    pub labels: Vec<String>,
    pub existing: Existing,
    pub reopen_people: Option<u32>,
    pub sync: bool,
}

/// `[alarms]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in default.toml, which is shown to people")]
pub struct AlarmSettings {
    pub watch: f64,
    pub alert: f64,
    pub critical: f64,
    pub min_people: u32,
    pub epochs: u32,
    pub odds_guard: f64,
    pub mismatch: f64,
    pub linkage: f64,
    pub false_discoveries: f64,
    pub theme_badge: f64,
    pub theme_notify: f64,
    pub items_per_day_max: u32,
}

/// `[[keys]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in default.toml, which is shown to people")]
pub struct KeySettings {
    pub kind: KeyKind,
    pub key: SecretString,
    #[serde(default)]
    pub origins: Vec<String>,
    #[serde(default)]
    pub events: bool,
}

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyKind {
    /// Add feedback from the registered origins; visible to everybody.
    Public,
    /// Add feedback and read; for servers only.
    Secret,
}

impl KeyKind {
    /// The name that is stored and sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Secret => "secret",
        }
    }
}

/// `[summary]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in default.toml, which is shown to people")]
pub struct Summary {
    pub llm: LanguageModel,
}

/// `[summary.llm]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in default.toml, which is shown to people")]
pub struct LanguageModel {
    pub base_url: Option<url::Url>,
    pub model: Option<String>,
    pub api_key: Option<SecretString>,
    pub timeout: Span,
    pub budget_per_day: i64,
}

/// `[outbox]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in default.toml, which is shown to people")]
pub struct Outbox {
    pub request_timeout: Span,
    pub lease: Span,
    pub settle: Span,
    pub retry_min: Span,
    pub retry_max: Span,
    pub attempts_max: u32,
    pub sweep: Span,
}

/// `[log]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "documented in default.toml, which is shown to people")]
pub struct Log {
    pub format: LogFormat,
    pub level: String,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// A list of secrets, or one.
fn one_or_many<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Vec<SecretString>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a secret in quotes, or a list of them")]
    enum Given {
        One(SecretString),
        Many(Vec<SecretString>),
    }
    Ok(match Given::deserialize(d)? {
        Given::One(secret) => vec![secret],
        Given::Many(secrets) => secrets,
    })
}
