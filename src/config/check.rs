//! What no type can say of the settings: ranges, and settings that need each other.

use secrecy::{ExposeSecret as _, SecretString};

use super::Config;
use super::settings::{AlarmSettings, LanguageModel, UsageSettings};
use crate::domain::series::PullKind;
use crate::time::{MINUTE_MS, SECOND_MS};

/// How much is logged.
const LEVELS: &[&str] = &["off", "error", "warn", "info", "debug", "trace"];

/// Epochs of a window beyond this are shorter than people take to speak.
const EPOCHS_MAX: u32 = 100;

/// Shortest key that nobody guesses, in characters.
const SEAL_KEY_CHARS_MIN: usize = 32;

/// What no type can say: ranges, and settings that need each other.
pub(super) fn check(c: &Config) -> Result<(), (String, String)> {
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
    sections(c)?;
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
    for source in crate::sources::all() {
        if c.secrets_of(source.name).iter().any(empty) {
            // With an empty secret anybody could sign.
            let problem = "expected secrets that are not empty, such as openssl rand -hex 32 prints".to_owned();
            return Err((Config::secrets_key(source.name), problem));
        }
    }
    let short = |key: &SecretString| key.expose_secret().trim().len() < SEAL_KEY_CHARS_MIN;
    if c.analysis.seal_key.iter().any(short) {
        return wrong("analysis.seal_key", "expected at least 32 characters, such as openssl rand -hex 32 prints");
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
            let known = crate::sources::names();
            return Err((format!("sources.{name}"), format!("unknown source, expected one of {known}")));
        }
    }
    for (name, source) in &c.sources {
        for (connection, mapping) in &source.mapping {
            if let Some((setting, _)) = mapping.pointers().find(|(_, pointer)| !crate::sources::is_pointer(pointer)) {
                let key = format!("sources.{name}.mapping.{connection}.{setting}");
                return Err((key, "expected a JSON pointer that begins with /, such as /flag/key".into()));
            }
        }
    }
    if !c.database.url.starts_with("sqlite:") && !c.database.url.starts_with("postgres") {
        return wrong("database.url", "expected sqlite://PATH or postgres://USER:PASSWORD@HOST/NAME");
    }
    Ok(())
}

/// `[alarms]`: evidence is above 1, and each grade asks for at least as much as the one below it.
fn alarms(a: &AlarmSettings) -> Result<(), (String, String)> {
    let above_one = |x: f64| x.is_finite() && x > 1.0;
    let part = |x: f64| x > 0.0 && x < 1.0;
    let (number, whole, share) =
        ("expected a number above 1", "expected a whole number from 1", "expected a number above 0 and below 1");
    for (key, holds, expected) in [
        ("watch", above_one(a.watch), number),
        ("alert", a.alert.is_finite() && a.alert >= a.watch, "expected at least alarms.watch"),
        ("critical", a.critical.is_finite() && a.critical >= a.alert, "expected at least alarms.alert"),
        ("min_people", a.min_people > 0, whole),
        ("epochs", (1..=EPOCHS_MAX).contains(&a.epochs), "expected a whole number from 1 to 100"),
        ("odds_guard", (1.0..=2.0).contains(&a.odds_guard), "expected a number from 1 to 2"),
        ("mismatch", part(a.mismatch), share),
        ("linkage", above_one(a.linkage), number),
        ("false_discoveries", part(a.false_discoveries), share),
        ("theme_badge", above_one(a.theme_badge), number),
        (
            "theme_notify",
            a.theme_notify.is_finite() && a.theme_notify >= a.theme_badge,
            "expected at least alarms.theme_badge",
        ),
        ("items_per_day_max", a.items_per_day_max > 0, whole),
    ] {
        if !holds {
            return Err((format!("alarms.{key}"), expected.to_owned()));
        }
    }
    Ok(())
}

/// Sections whose settings need each other.
fn sections(c: &Config) -> Result<(), (String, String)> {
    language_model(&c.summary.llm)?;
    alarms(&c.alarms)?;
    counts(c)?;
    c.usage.iter().try_for_each(|(name, usage)| usage_of(name, usage))
}

/// Counts of which none makes no sense.
fn counts(c: &Config) -> Result<(), (String, String)> {
    for (key, n) in [
        ("policy.reopen_people", c.policy.reopen_people.unwrap_or(1)),
        ("github.creates_per_minute", c.github.creates_per_minute),
        ("github.creates_per_hour", c.github.creates_per_hour),
    ] {
        if n == 0 {
            return Err((key.to_owned(), "expected a whole number from 1".into()));
        }
    }
    Ok(())
}

/// `[summary.llm]`: an address and a name belong together.
fn language_model(llm: &LanguageModel) -> Result<(), (String, String)> {
    let wrong = |key: &str, problem: &str| Err((key.to_owned(), problem.to_owned()));
    if llm.base_url.as_ref().is_some_and(|u| !["http", "https"].contains(&u.scheme())) {
        return wrong("summary.llm.base_url", "expected an address such as http://127.0.0.1:11434/v1");
    }
    match (&llm.base_url, llm.model.as_deref().map(str::trim)) {
        (None, Some(_)) => return wrong("summary.llm.model", "it needs an address too: set summary.llm.base_url"),
        (Some(_), None | Some("")) => {
            return wrong("summary.llm.base_url", "it needs a model too: set summary.llm.model");
        }
        (Some(_), Some(_)) | (None, None) => {}
    }
    if !(SECOND_MS..=5 * MINUTE_MS).contains(&llm.timeout.ms()) {
        return wrong("summary.llm.timeout", "expected a time from 1s to 5m");
    }
    if llm.budget_per_day < 0 {
        return wrong("summary.llm.budget_per_day", "expected a whole number of tokens; 0 asks nothing");
    }
    Ok(())
}

/// `[usage.NAME]`: what belongs together. The query is read where it is asked.
fn usage_of(name: &str, u: &UsageSettings) -> Result<(), (String, String)> {
    let wrong = |key: &str, problem: &str| Err((format!("usage.{name}.{key}"), problem.to_owned()));
    if !["http", "https"].contains(&u.address.scheme()) {
        return wrong("address", "expected an address such as http://prometheus.example.com:9090");
    }
    if !(SECOND_MS..=5 * MINUTE_MS).contains(&i64::try_from(u.timeout().as_millis()).unwrap_or(i64::MAX)) {
        return wrong("timeout", "expected a time from 1s to 5m");
    }
    if u.every.is_some() && u.every_ms() > 0 && u.every_ms() < MINUTE_MS {
        return wrong("every", "expected at least 1m, or 0s for never");
    }
    match (&u.token, &u.user, &u.password) {
        (Some(_), Some(_), _) | (Some(_), _, Some(_)) => {
            return wrong("token", "expected a token, or user and password");
        }
        (None, Some(_), None) => return wrong("user", "it needs a password too"),
        (None, None, Some(_)) => return wrong("password", "it needs a user too"),
        (_, Some(_), Some(_)) | (_, None, None) => {}
    }
    if u.kind == PullKind::PostHog && u.project.as_deref().is_none_or(|p| p.trim().is_empty()) {
        return wrong("project", "expected PostHog's number of the project");
    }
    Ok(())
}

/// Whether a text is an origin as browsers send it, but for its case and a port that goes without saying.
fn is_origin(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|u| {
        matches!(u.scheme(), "http" | "https") && u.path() == "/" && u.query().is_none() && u.username().is_empty()
    })
}
