//! Time as a value. Everything that decides takes a `UnixMs`; only [`SystemClock`] asks the machine.
//!
//! Durations are milliseconds too, so that what is stored and what is compared is one unit.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, SecondsFormat};
use serde::{Deserialize, Serialize};

/// Milliseconds in a second.
pub const SECOND_MS: i64 = 1_000;
/// Milliseconds in a minute.
pub const MINUTE_MS: i64 = 60 * SECOND_MS;
/// Milliseconds in an hour.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
/// Milliseconds in a day.
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// A moment: milliseconds since 1970-01-01T00:00:00Z. Arithmetic saturates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixMs(pub i64);

impl UnixMs {
    /// The last moment that can be told; stands for "never".
    pub const NEVER: Self = Self(i64::MAX);

    /// This moment `ms` milliseconds later (earlier where negative).
    #[must_use]
    pub fn plus(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this moment; negative where it is later.
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Reads RFC 3339 (`2026-10-09T10:00:00Z`, any offset). `None` for anything else.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        DateTime::parse_from_rfc3339(text).ok().map(|t| Self(t.timestamp_millis()))
    }

    /// Reads RFC 3339, or the same with an offset without a colon, as Jira writes it (`2026-10-09T10:00:00.000+0000`).
    pub fn parse_iso8601(text: &str) -> Option<Self> {
        let plain =
            || DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z").ok().map(|t| Self(t.timestamp_millis()));
        Self::parse_rfc3339(text).or_else(plain)
    }

    /// RFC 3339 in UTC, to the second.
    pub fn rfc3339(self) -> String {
        match DateTime::from_timestamp_millis(self.0) {
            Some(t) => t.to_rfc3339_opts(SecondsFormat::Secs, true),
            None => "never".into(),
        }
    }

    /// The way people read it in a ticket: `2026-10-09 10:00 UTC`.
    pub fn human(self) -> String {
        match DateTime::from_timestamp_millis(self.0) {
            Some(t) => t.format("%Y-%m-%d %H:%M UTC").to_string(),
            None => "never".into(),
        }
    }
}

impl fmt::Display for UnixMs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

/// A span in words, two units at most: `3 days 4 hours`, `45 minutes`, `12 seconds`.
pub fn span_in_words(ms: i64) -> String {
    let units = [(DAY_MS, "day"), (HOUR_MS, "hour"), (MINUTE_MS, "minute"), (SECOND_MS, "second")];
    let mut rest = ms.max(0);
    let mut words = Vec::new();
    for (size, name) in units {
        let n = rest / size;
        if n > 0 {
            words.push(format!("{n} {name}{}", if n == 1 { "" } else { "s" }));
            rest %= size;
        } else if !words.is_empty() {
            break;
        }
        if words.len() == 2 {
            break;
        }
    }
    if words.is_empty() { "under a second".into() } else { words.join(" ") }
}

/// Where moments come from.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The present moment.
    fn now(&self) -> UnixMs;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine for the time")]
    fn now(&self) -> UnixMs {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        UnixMs(since.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX)))
    }
}

/// A clock that moves only when told; its clones move together.
#[derive(Clone, Debug, Default)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// A clock that stands at `at`.
    pub fn at(at: UnixMs) -> Self {
        Self(Arc::new(AtomicI64::new(at.0)))
    }

    /// Moves the clock by `ms`.
    pub fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> UnixMs {
        UnixMs(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3339_survives_a_round_trip() {
        let t = UnixMs::parse_rfc3339("2026-10-09T12:00:00+02:00").unwrap();
        assert_eq!(t.rfc3339(), "2026-10-09T10:00:00Z");
        assert_eq!(UnixMs::parse_rfc3339("yesterday"), None);
    }

    #[test]
    fn spans_read_as_people_say_them() {
        for (ms, words) in [
            (0, "under a second"),
            (12 * SECOND_MS, "12 seconds"),
            (DAY_MS + 2 * HOUR_MS + 5, "1 day 2 hours"),
            (DAY_MS + 5 * MINUTE_MS, "1 day"),
        ] {
            assert_eq!(span_in_words(ms), words);
        }
    }
}
