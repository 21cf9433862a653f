//! Settings: documented defaults, then a file, then the environment. What does not fit stops the start with the file,
//! the line, the key and what was expected.

mod check;
mod locate;
mod settings;
mod values;

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use toml::{Table, Value};

pub use settings::{
    AlarmSettings, Analysis, Config, Database, GitHub, GitHubFeedback, Jira, JiraFlavour, KeyKind, KeySettings,
    LanguageModel, Local, Log, LogFormat, Outbox, People, PolicySettings, Server, SourceSettings, Summary,
    UsageSettings, without_password,
};
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
    check::check(&config).map_err(|(key, problem)| layers.error(&key, problem))?;
    if let Some((path, _)) = file {
        // Paths in a file are meant from where the file lies; the default is meant from the working directory.
        if layers.file_names("local.dir") && config.local.dir.is_relative() {
            config.local.dir = folder.join(&config.local.dir);
        }
        let analysis = &mut config.analysis;
        for (key, path) in
            [("analysis.model", &mut analysis.model), ("analysis.encoder_dir", &mut analysis.encoder_dir)]
        {
            if layers.file_names(key)
                && let Some(path) = path.as_mut().filter(|p| p.is_relative())
            {
                *path = folder.join(&path);
            }
        }
        config.file = Some(path);
    }
    Ok(config)
}

/// `HEARBACK__SERVER__LISTEN` is `server.listen`; `DATABASE_URL` is `database.url`.
fn variable_path(name: &str) -> Option<Vec<String>> {
    if name == "DATABASE_URL" {
        return Some(vec!["database".into(), "url".into()]);
    }
    let path: Vec<String> = name.strip_prefix("HEARBACK__")?.split("__").map(str::to_lowercase).collect();
    path.iter().all(|p| !p.is_empty()).then_some(path)
}

/// What serde says without the value that was given: it may be a secret.
fn without_value(problem: &str) -> String {
    let tells_value = problem.starts_with("invalid type: ") || problem.starts_with("invalid value: ");
    match problem.rsplit_once(", expected ").filter(|_| tells_value) {
        Some((_, expected)) => format!("expected {expected}"),
        None => problem.to_owned(),
    }
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

/// Settings that may be given as `…_file`.
const SECRETS: &[&str] = &[
    "private_key",
    "token",
    "api_token",
    "api_key",
    "key",
    "webhook_secrets",
    "secrets",
    "url",
    "seal_key",
    "password",
];

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
                let value = if secret.ends_with("secrets") || secret == "seal_key" {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::alarm::AlarmRules;
    use crate::domain::policy::Policy;
    use crate::domain::ticket::TrackerName;

    fn from(text: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let file = (!text.is_empty()).then(|| (PathBuf::from("hearback.toml"), text.to_owned()));
        read(file, environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())))
    }

    #[test]
    fn no_settings_at_all_are_enough() {
        let c = from("", &[]).unwrap();
        assert_eq!(c.server.listen.to_string(), "127.0.0.1:8080");
        assert_eq!(c.policy(), Policy::default());
        assert_eq!(c.alarms(), AlarmRules::default());
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
            ("[policy]\nreopen_people = 0\n", "hearback.toml:2: policy.reopen_people: expected a whole number from 1"),
            (
                "[github]\ncreates_per_hour = 0\n",
                "hearback.toml:2: github.creates_per_hour: expected a whole number from 1",
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
            (
                "[sources.generic.mapping.toggler]\nflag = \"\"\n",
                "hearback.toml:2: sources.generic.mapping.toggler.flag: expected a JSON pointer that begins with /",
            ),
            (
                "[sources.generic.mapping.toggler]\nflag = \"/key\"\nenabled = \"on\"\n",
                "hearback.toml:3: sources.generic.mapping.toggler.enabled: expected a JSON pointer",
            ),
            (
                "[sources.generic.mapping.toggler]\nflag = \"/a~b\"\n",
                "hearback.toml:2: sources.generic.mapping.toggler.flag: expected a JSON pointer",
            ),
            (
                "[sources.generic.mapping.toggler]\nenabled = \"/on\"\n",
                "hearback.toml:1: sources.generic.mapping.toggler: missing field `flag`",
            ),
            ("[github]\napp_id = 1\n", "hearback.toml:2: github.app_id: an App needs its key too"),
            ("[summary.llm]\nmodel = \"m\"\n", "hearback.toml:2: summary.llm.model: it needs an address too"),
            (
                "[summary.llm]\nbase_url = \"http://localhost/v1\"\n",
                "hearback.toml:2: summary.llm.base_url: it needs a model too",
            ),
            (
                "[summary.llm]\nbase_url = \"ftp://localhost\"\nmodel = \"m\"\n",
                "hearback.toml:2: summary.llm.base_url: expected an address",
            ),
            (
                "[summary.llm]\ntimeout = \"0s\"\n",
                "hearback.toml:2: summary.llm.timeout: expected a time from 1s to 5m",
            ),
            ("[summary.llm]\nbudget_per_day = -1\n", "hearback.toml:2: summary.llm.budget_per_day: expected a whole"),
            ("[alarms]\nwatch = 1\n", "hearback.toml:2: alarms.watch: expected a number above 1"),
            ("[alarms]\nalert = 4\n", "hearback.toml:2: alarms.alert: expected at least alarms.watch"),
            ("[alarms]\ncritical = 19\n", "hearback.toml:2: alarms.critical: expected at least alarms.alert"),
            ("[alarms]\nmin_people = 0\n", "hearback.toml:2: alarms.min_people: expected a whole number from 1"),
            ("[alarms]\nepochs = 0\n", "hearback.toml:2: alarms.epochs: expected a whole number from 1 to 100"),
            ("[alarms]\nodds_guard = 0.9\n", "hearback.toml:2: alarms.odds_guard: expected a number from 1 to 2"),
            ("[alarms]\nmismatch = 1\n", "hearback.toml:2: alarms.mismatch: expected a number above 0 and below 1"),
            (
                "[alarms]\ntheme_notify = 19\n",
                "hearback.toml:2: alarms.theme_notify: expected at least alarms.theme_badge",
            ),
            (
                "[alarms]\nitems_per_day_max = 0\n",
                "hearback.toml:2: alarms.items_per_day_max: expected a whole number from 1",
            ),
            ("[github]\ntoken_file = \"nowhere\"\n", "hearback.toml:2: github.token_file: can't read nowhere"),
        ] {
            let error = from(text, &[]).unwrap_err().to_string();
            assert!(error.starts_with(said), "{error}\n  wanted {said}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_source_of_usage_is_named_with_its_line() {
        let good = ["kind = \"prometheus\"", "address = \"http://127.0.0.1:9090\"", "query = \"up\"", "bad = \"high\""];
        let of = |more: &[&str]| {
            let lines: Vec<&str> = ["[usage.shop]"].into_iter().chain(good).chain(more.iter().copied()).collect();
            from(&lines.join("\n"), &[])
        };
        assert!(of(&[]).is_ok());
        assert!(of(&["token = \"t\"", "every = \"0s\"", "timeout = \"5m\""]).is_ok());
        for (more, said) in [
            (&["timeout = \"6m\""][..], "hearback.toml:6: usage.shop.timeout: expected a time from 1s to 5m"),
            (&["every = \"30s\""], "hearback.toml:6: usage.shop.every: expected at least 1m, or 0s for never"),
            (&["token = \"t\"", "user = \"u\""], "hearback.toml:6: usage.shop.token: expected a token, or user and"),
            (&["user = \"u\""], "hearback.toml:6: usage.shop.user: it needs a password too"),
            (&["password = \"p\""], "hearback.toml:6: usage.shop.password: it needs a user too"),
            (&["colour = \"red\""], "hearback.toml:6: usage.shop.colour: unknown"),
        ] {
            let error = of(more).unwrap_err().to_string();
            assert!(error.starts_with(said), "{error}\n  wanted {said}");
        }
        for (from_text, to, said) in [
            ("http://127.0.0.1:9090", "ftp://127.0.0.1", "hearback.toml:3: usage.shop.address: expected an address"),
            ("prometheus", "graphite", "hearback.toml:2: usage.shop.kind: "),
            ("\"high\"", "\"wrong\"", "hearback.toml:5: usage.shop.bad: "),
        ] {
            let text = format!("[usage.shop]\n{}\n", good.join("\n")).replace(from_text, to);
            let error = from(&text, &[]).unwrap_err().to_string();
            assert!(error.starts_with(said), "{error}\n  wanted {said}");
        }
        let posthog = format!("[usage.shop]\n{}\n", good.join("\n")).replace("prometheus", "posthog");
        let error = from(&posthog, &[]).unwrap_err().to_string();
        assert!(error.contains("usage.shop.project: expected PostHog's number of the project"), "{error}");
    }

    #[test]
    fn a_mapping_is_chosen_by_the_connection() {
        let c = from(
            "[sources.generic.mapping.default]\nflag = \"/a\"\n[sources.generic.mapping.toggler]\nflag = \"/b\"\npercent = \"/p~1x\"\n",
            &[],
        )
        .unwrap();
        let flag = |connection| c.mapping("generic", connection).map(|m| m.flag.as_str());
        assert_eq!((flag(None), flag(Some("toggler")), flag(Some("other"))), (Some("/a"), Some("/b"), None));
    }

    #[test]
    fn a_secret_never_shows() {
        let c = from("[github]\ntoken = \"ghp_very\"\n[database]\nurl = \"postgres://u:hunter2@h/d\"\n", &[]).unwrap();
        let shown = format!("{c:?}");
        assert!(!shown.contains("ghp_very") && !shown.contains("hunter2"), "{shown}");
    }
}
