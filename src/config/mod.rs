//! Settings: documented defaults, then a file, then the environment. What does not fit stops the start with the file,
//! the line, the key and what was expected.

mod locate;
mod values;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use toml::{Table, Value};

use crate::domain::policy::{CloseWhen, OpensOn, Policy, TicketMode};
use crate::domain::repo::RepoName;
use crate::domain::ticket::TrackerName;
pub use values::{Listen, Span};

/// The documented defaults.
pub const DEFAULT: &str = include_str!("default.toml");

/// A setting that does not fit, with where it stands.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// `hearback.toml:7`, or the environment variable.
    pub place: String,
    /// The key, such as `server.listen`.
    pub key: String,
    /// What is wrong and what was expected.
    pub problem: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.place, self.key, self.problem)
    }
}

impl std::error::Error for ConfigError {}

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
    /// What is done by itself.
    pub policy: PolicySettings,
    /// Ingest keys.
    #[serde(default)]
    pub keys: Vec<KeySettings>,
    /// How actions are performed.
    pub outbox: Outbox,
    /// What is logged.
    pub log: Log,
    /// The file that was read, where there was one.
    #[serde(skip)]
    pub file: Option<PathBuf>,
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
    pub sweep: Span,
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

/// Reads the settings of this process: the file that `path` or `HEARBACK_CONFIG` names, else `hearback.toml` where it
/// lies in the working directory, and the environment.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn load(path: Option<&Path>) -> Result<Config> {
    let named = path.map(Path::to_owned).or_else(|| std::env::var("HEARBACK_CONFIG").ok().map(PathBuf::from));
    let file = named.or_else(|| Some(PathBuf::from("hearback.toml")).filter(|p| p.is_file()));
    let text = match &file {
        Some(path) => {
            let text = std::fs::read_to_string(path);
            Some((path.clone(), text.with_context(|| format!("reading the settings {}", path.display()))?))
        }
        None => None,
    };
    Ok(read(text, std::env::vars())?)
}

/// Reads settings from a file's text and environment variables.
pub fn read(
    file: Option<(PathBuf, String)>,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<Config, ConfigError> {
    let mut table: Table = DEFAULT.parse().expect("the embedded defaults are TOML");
    let mut layers = locate::Layers::default();
    let folder = file.as_ref().and_then(|(path, _)| path.parent().map(Path::to_owned)).unwrap_or_default();
    if let Some((path, text)) = &file {
        let layer: Table = text.parse().map_err(|e: toml::de::Error| ConfigError {
            place: format!("{}:{}", path.display(), e.span().map_or(1, |s| locate::line(text, s.start))),
            key: "(syntax)".into(),
            problem: e.message().to_owned(),
        })?;
        merge(&mut table, layer);
        layers.file = Some((path.clone(), text.clone()));
    }
    for (name, value) in environment {
        let Some(path) = variable_path(&name) else { continue };
        let key = path.last().map(String::as_str).unwrap_or_default();
        set(&mut table, &path, values::from_text(key, &value));
        layers.variables.insert(path.join("."), name);
    }
    secrets_from_files(&mut table, &folder).map_err(|(key, problem)| layers.error(&key, problem))?;
    let mut config: Config = serde_path_to_error::deserialize(Value::Table(table)).map_err(|e| {
        let problem = without_value(e.inner().message());
        let mut key = e.path().to_string();
        if let Some(unknown) = locate::unknown_key(&problem)
            && !key.ends_with(unknown)
        {
            key = if key == "." { unknown.to_owned() } else { format!("{key}.{unknown}") };
        }
        layers.error(&key, problem)
    })?;
    check(&config).map_err(|(key, problem)| layers.error(&key, problem))?;
    if let Some((path, _)) = file {
        // Paths in a file are meant from where the file lies; the default is meant from the working directory.
        if layers.file_names("local.dir") && config.local.dir.is_relative() {
            config.local.dir = folder.join(&config.local.dir);
        }
        config.file = Some(path);
    }
    Ok(config)
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
            other => self.sources.get(other).map(|s| s.secrets.clone()).unwrap_or_default(),
        }
    }
}

/// `HEARBACK__SERVER__LISTEN` is `server.listen`; `DATABASE_URL` is `database.url`.
fn variable_path(name: &str) -> Option<Vec<String>> {
    if name == "DATABASE_URL" {
        return Some(vec!["database".into(), "url".into()]);
    }
    let path: Vec<String> = name.strip_prefix("HEARBACK__")?.split("__").map(str::to_lowercase).collect();
    path.iter().all(|p| !p.is_empty()).then_some(path)
}

/// Whether a text is an origin as browsers send it, but for its case and a port that goes without saying.
fn is_origin(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|u| {
        matches!(u.scheme(), "http" | "https") && u.path() == "/" && u.query().is_none() && u.username().is_empty()
    })
}

/// What serde says without the value that was given: it may be a secret.
fn without_value(problem: &str) -> String {
    let tells_value = problem.starts_with("invalid type: ") || problem.starts_with("invalid value: ");
    match problem.rsplit_once(", expected ").filter(|_| tells_value) {
        Some((_, expected)) => format!("expected {expected}"),
        None => problem.to_owned(),
    }
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

fn merge(base: &mut Table, layer: Table) {
    for (key, value) in layer {
        match (base.get_mut(&key), value) {
            (Some(Value::Table(old)), Value::Table(new)) => merge(old, new),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

fn set(table: &mut Table, path: &[String], value: Value) {
    match path {
        [] => {}
        [key] => {
            table.insert(key.clone(), value);
        }
        [key, rest @ ..] => {
            let inner = table.entry(key.clone()).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(inner) = inner {
                set(inner, rest, value);
            }
        }
    }
}

/// How much is logged.
const LEVELS: &[&str] = &["off", "error", "warn", "info", "debug", "trace"];
/// Settings that may be given as `…_file`.
const SECRETS: &[&str] = &["private_key", "token", "api_token", "key", "webhook_secrets", "secrets", "url"];

/// Replaces `KEY_file = path` by the file's content; of lists, a secret a line.
fn secrets_from_files(table: &mut Table, folder: &Path) -> Result<(), (String, String)> {
    fn walk(table: &mut Table, folder: &Path, prefix: &str) -> Result<(), (String, String)> {
        let names: Vec<String> = table.keys().cloned().collect();
        for name in names {
            let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            if let Some(secret) = name.strip_suffix("_file").filter(|s| SECRETS.contains(s)) {
                let Some(Value::String(path)) = table.remove(&name) else {
                    return Err((key, "expected a path in quotes".into()));
                };
                let path = folder.join(path);
                let text = std::fs::read_to_string(&path)
                    .map_err(|e| (key.clone(), format!("can't read {}: {e}", path.display())))?;
                let value = if secret.ends_with("secrets") {
                    let lines = text.lines().map(str::trim).filter(|l| !l.is_empty());
                    Value::Array(lines.map(|l| Value::String(l.to_owned())).collect())
                } else {
                    Value::String(text.trim().to_owned())
                };
                table.insert(secret.to_owned(), value);
                continue;
            }
            match table.get_mut(&name) {
                Some(Value::Table(inner)) => walk(inner, folder, &key)?,
                Some(Value::Array(list)) => {
                    for inner in list.iter_mut().filter_map(Value::as_table_mut) {
                        walk(inner, folder, &key)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
    walk(table, folder, "")
}

/// What no type can say: ranges, and settings that need each other.
fn check(c: &Config) -> Result<(), (String, String)> {
    let wrong = |key: &str, problem: &str| Err((key.to_owned(), problem.to_owned()));
    if c.policy.min_people == 0 {
        return wrong("policy.min_people", "expected a whole number from 1");
    }
    if !(0.0..=1.0).contains(&c.policy.min_confidence) {
        return wrong("policy.min_confidence", "expected a number from 0 to 1");
    }
    if c.outbox.attempts_max == 0 {
        return wrong("outbox.attempts_max", "expected a whole number from 1");
    }
    if c.outbox.retry_min.ms() > c.outbox.retry_max.ms() {
        return wrong("outbox.retry_min", "expected at most outbox.retry_max");
    }
    if c.policy.environments.is_empty() {
        return wrong("policy.environments", "expected at least one, such as production");
    }
    if c.server.public_url.as_ref().is_some_and(|u| !["http", "https"].contains(&u.scheme())) {
        return wrong("server.public_url", "expected an address that begins with https://");
    }
    let level = |part: &str| part.contains('=') || LEVELS.contains(&part.trim().to_lowercase().as_str());
    if !c.log.level.split(',').all(level) {
        return wrong(
            "log.level",
            "expected off, error, warn, info, debug or trace, or pairs such as hearback::web=debug",
        );
    }
    if c.policy.trackers.as_ref().is_some_and(Vec::is_empty) {
        return wrong("policy.trackers", "expected at least one of github, jira, local");
    }
    if !["http", "https"].contains(&c.github.api_url.scheme()) {
        return wrong("github.api_url", "expected an address that begins with https://");
    }
    if c.jira.base_url.as_ref().is_some_and(|u| !["http", "https"].contains(&u.scheme())) {
        return wrong("jira.base_url", "expected an address that begins with https://");
    }
    if c.github.app_id.is_some() && c.github.private_key.is_none() {
        return wrong("github.app_id", "an App needs its key too: set github.private_key_file");
    }
    if c.outbox.lease.ms() < 2 * c.outbox.request_timeout.ms() {
        return wrong(
            "outbox.lease",
            "expected at least twice outbox.request_timeout: the lease is read before each call",
        );
    }
    for (key, value) in [
        ("server.body_max_bytes", c.server.body_max_bytes),
        ("server.feedback_max_bytes", c.server.feedback_max_bytes),
        ("server.connections_max", c.server.connections_max),
        ("server.requests_max", c.server.requests_max),
    ] {
        if value == 0 {
            return wrong(key, "expected a whole number from 1");
        }
    }
    if c.server.feedback_per_minute == 0 {
        return wrong("server.feedback_per_minute", "expected a whole number from 1");
    }
    let empty = |secret: &SecretString| secret.expose_secret().trim().trim_start_matches("whsec_").is_empty();
    for source in crate::sources::SOURCES {
        if c.secrets_of(source.name).iter().any(empty) {
            // With an empty secret anybody could sign.
            let problem = "expected secrets that are not empty, such as openssl rand -hex 32 prints".to_owned();
            return Err((Config::secrets_key(source.name), problem));
        }
    }
    for (i, key) in c.keys.iter().enumerate() {
        if empty(&key.key) {
            let problem = "expected a key that is not empty, such as openssl rand -hex 32 prints".to_owned();
            return Err((format!("keys[{i}].key"), problem));
        }
        if key.origins.iter().any(|o| !is_origin(o)) {
            return Err((format!("keys[{i}].origins"), "expected origins such as https://shop.example".into()));
        }
    }
    if let Some(name) = ["github", "jira"].into_iter().find(|n| c.sources.contains_key(*n)) {
        return Err((format!("sources.{name}"), format!("has a section of its own: set {name}.webhook_secrets")));
    }
    for name in c.sources.keys() {
        if crate::sources::source(name).is_none() {
            let known: Vec<&str> = crate::sources::SOURCES.iter().map(|s| s.name).collect();
            return Err((format!("sources.{name}"), format!("unknown source, expected one of {}", known.join(", "))));
        }
    }
    if !c.database.url.starts_with("sqlite:") && !c.database.url.starts_with("postgres") {
        return wrong("database.url", "expected sqlite://PATH or postgres://USER:PASSWORD@HOST/NAME");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(text: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let file = (!text.is_empty()).then(|| (PathBuf::from("hearback.toml"), text.to_owned()));
        read(file, environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())))
    }

    #[test]
    fn no_settings_at_all_are_enough() {
        let c = from("", &[]).unwrap();
        assert_eq!(c.server.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(c.policy(), Policy::default());
    }

    #[test]
    fn the_environment_goes_before_the_file() {
        let file = "[server]\nlisten = \"127.0.0.1:1\"\n[policy]\nmin_people = 3\ntrackers = [\"jira\"]\n";
        let environment = [
            ("HEARBACK__SERVER__LISTEN", "127.0.0.1:2"),
            ("DATABASE_URL", "postgres://u:p@h/d"),
            ("HEARBACK__GITHUB__WEBHOOK_SECRETS", "[\"first-secret\", \"second-secret\"]"),
            ("HEARBACK__SOURCES__GENERIC__SECRETS", "whsec_c2VjcmV0"),
            ("HEARBACK__GITHUB__TOKEN", "12345"),
            ("HEARBACK__POLICY__MIN_PEOPLE", "7"),
        ];
        let c = from(file, &environment).unwrap();
        assert_eq!((c.server.listen.to_string().as_str(), c.policy.min_people), ("127.0.0.1:2", 7));
        assert_eq!((c.github.webhook_secrets.len(), c.secrets_of("generic").len()), (2, 1));
        assert_eq!(c.policy().trackers, [TrackerName::Jira]);
        assert_eq!(c.database.url, "postgres://u:p@h/d");
        let wrong = from("", &[("HEARBACK__POLICY__WINDOW", "soon")]).unwrap_err();
        assert_eq!(wrong.place, "environment variable HEARBACK__POLICY__WINDOW");
    }

    #[test]
    fn what_does_not_fit_is_named_with_its_line_and_what_was_expected() {
        for (text, said) in [
            ("[server]\nlisen = \"x\"\n", "hearback.toml:2: server.lisen: unknown field `lisen`, expected one of"),
            ("\n[server]\nlisten = \"x\"\n", "hearback.toml:3: server.listen: expected an address and port"),
            ("[policy]\nwindow = \"soon\"\n", "hearback.toml:2: policy.window: expected a time such as"),
            ("[policy]\nmin_people = 0\n", "hearback.toml:2: policy.min_people: expected a whole number from 1"),
            (
                "[policy]\ntickets = \"yes\"\n",
                "hearback.toml:2: policy.tickets: unknown variant `yes`, expected one of",
            ),
            ("[policy\n", "hearback.toml:1: (syntax)"),
            (
                "[github]\nwebhook_secrets = [\"\"]\n",
                "hearback.toml:2: github.webhook_secrets: expected secrets that are not empty",
            ),
            (
                "[sources.generic]\nsecrets = [\"whsec_\"]\n",
                "hearback.toml:2: sources.generic.secrets: expected secrets",
            ),
            (
                "[[keys]]\nkind = \"secret\"\nkey = \"\"\n",
                "hearback.toml:3: keys[0].key: expected a key that is not empty",
            ),
            ("[github]\nwebhook_secrets = 12345678\n", "hearback.toml:2: github.webhook_secrets: a secret in quotes"),
            ("[sources]\ngeneric = \"whsec_very\"\n", "hearback.toml:2: sources.generic: expected struct"),
            ("[log]\nlevel = \"blah blah\"\n", "hearback.toml:2: log.level: expected off, error, warn"),
            ("[sources.jira]\nsecrets = []\n", "hearback.toml:1: sources.jira: has a section of its own"),
            ("[sources.unheard]\nsecrets = []\n", "hearback.toml:1: sources.unheard: unknown source"),
            ("[github]\napp_id = 1\n", "hearback.toml:2: github.app_id: an App needs its key too"),
            ("[github]\ntoken_file = \"nowhere\"\n", "hearback.toml:2: github.token_file: can't read nowhere"),
        ] {
            let error = from(text, &[]).unwrap_err().to_string();
            assert!(error.starts_with(said), "{error}\n  wanted {said}");
        }
    }

    #[test]
    fn a_secret_never_shows() {
        let c = from("[github]\ntoken = \"ghp_very\"\n[database]\nurl = \"postgres://u:hunter2@h/d\"\n", &[]).unwrap();
        let shown = format!("{c:?}");
        assert!(!shown.contains("ghp_very") && !shown.contains("hunter2"), "{shown}");
    }
}
