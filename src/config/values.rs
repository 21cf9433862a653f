//! Values that are more than a word.

use std::fmt;
use std::net::SocketAddr;

use serde::Deserialize;
use serde::de::Error;
use toml::Value;

use crate::time::DAY_MS;

/// A length of time, written as `90s`, `15m`, `12h`, `7d`; `0s` is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(i64);

/// The longest span that is taken: ten years.
const SPAN_MAX_MS: i64 = 3_653 * DAY_MS;

impl Span {
    /// In milliseconds.
    pub fn ms(self) -> i64 {
        self.0
    }

    /// As the standard library has it.
    pub fn duration(self) -> std::time::Duration {
        std::time::Duration::from_millis(self.0.unsigned_abs())
    }

    /// Reads a span; the error says what was expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let expected = || format!("expected a time such as 90s, 15m, 12h or 7d, found {text:?}");
        let ms = humantime::parse_duration(text).map_err(|_| expected())?.as_millis();
        let ms = i64::try_from(ms).map_err(|_| expected())?;
        if ms > SPAN_MAX_MS { Err("expected at most ten years".into()) } else { Ok(Self(ms)) }
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(d)?).map_err(D::Error::custom)
    }
}

/// An address and port to listen on; port 0 lets the system choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listen(pub SocketAddr);

impl<'de> Deserialize<'de> for Listen {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        let text = text.strip_prefix("localhost:").map_or_else(|| text.clone(), |port| format!("127.0.0.1:{port}"));
        text.parse().map(Self).map_err(|_| {
            D::Error::custom(format!("expected an address and port such as 127.0.0.1:8080, found {text:?}"))
        })
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Settings that are lists: from the environment one plain text is a list too, separated by commas.
const LISTS: &[&str] =
    &["webhook_secrets", "secrets", "trackers", "environments", "labels", "components", "projects", "seal_key"];
/// Settings that are text even where they look like a number.
const TEXTS: &[&str] = &[
    "token",
    "api_token",
    "api_key",
    "private_key",
    "key",
    "email",
    "project",
    "url",
    "model",
    "user",
    "password",
    "query",
    "metric",
    "unit",
];

/// An environment variable's text as the value that the setting `key` wants: numbers, truth values and lists in TOML's
/// form keep their type, anything else is text.
pub fn from_text(key: &str, text: &str) -> Value {
    let trimmed = text.trim();
    if TEXTS.contains(&key) {
        return Value::String(trimmed.to_owned());
    }
    let literal = trimmed.starts_with('[')
        || matches!(trimmed, "true" | "false")
        || trimmed.parse::<f64>().is_ok_and(f64::is_finite);
    let parsed = literal.then(|| format!("v = {trimmed}").parse::<toml::Table>().ok()).flatten();
    let value = parsed.and_then(|mut t| t.remove("v")).unwrap_or_else(|| Value::String(trimmed.to_owned()));
    match value {
        Value::String(text) if LISTS.contains(&key) => {
            let items = text.split(',').map(str::trim).filter(|i| !i.is_empty());
            Value::Array(items.map(|i| Value::String(i.to_owned())).collect())
        }
        value => value,
    }
}
