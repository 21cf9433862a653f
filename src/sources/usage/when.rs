//! When something happened, by clocks that may be wrong.

use chrono::{NaiveDate, NaiveDateTime};
use serde_json::Value;

use crate::time::{DAY_MS, MINUTE_MS, UnixMs};

/// A time may lie this far in the future: clocks differ, ms.
const FUTURE_MAX_MS: i64 = 5 * MINUTE_MS;
/// And this far back, ms.
const PAST_MAX_MS: i64 = 3_653 * DAY_MS;
/// What is expected where a time can't be read.
pub(super) const EXPECTED: &str = "expected a time as 2026-10-09T10:00:00Z, or seconds or milliseconds since 1970";

/// A moment as programs write it: RFC 3339; without an offset, with a blank or the date alone, which is then UTC; or a
/// number of seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by its size.
pub fn read(value: &Value) -> Option<UnixMs> {
    match value {
        Value::Number(n) => number(n.as_f64()?),
        Value::String(text) => text_as_time(text),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// [`read`] of a text.
pub(super) fn text_as_time(text: &str) -> Option<UnixMs> {
    let text = text.trim();
    if let Ok(n) = text.parse::<f64>() {
        return number(n);
    }
    // Warehouses write `2026-10-09 10:00:00 UTC`, and zones as `+00`.
    let text = text.strip_suffix(" UTC").unwrap_or(text);
    if let Some(at) = UnixMs::parse_rfc3339(text) {
        return Some(at);
    }
    let with_offset = ["%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f %#z"];
    if let Some(at) = with_offset.iter().find_map(|f| chrono::DateTime::parse_from_str(text, f).ok()) {
        return Some(UnixMs(at.timestamp_millis()));
    }
    let without = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"];
    let at = without.iter().find_map(|f| NaiveDateTime::parse_from_str(text, f).ok());
    let at = at.or_else(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0))?;
    Some(UnixMs(at.and_utc().timestamp_millis()))
}

/// A number since 1970: seconds up to the year 5138, then milliseconds, microseconds, nanoseconds.
fn number(n: f64) -> Option<UnixMs> {
    if !n.is_finite() || n < 0.0 {
        return None;
    }
    let ms = match n {
        n if n < 1e11 => n * 1e3,
        n if n < 1e14 => n,
        n if n < 1e17 => n / 1e3,
        n if n < 1e20 => n / 1e6,
        _ => return None,
    };
    #[expect(clippy::cast_possible_truncation, reason = "below 1e14, and a part of a millisecond is none of ours")]
    Some(UnixMs(ms as i64))
}

/// What a sender's clock tells about one record.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clocks {
    /// When it happened, by the sender's clock.
    pub at: Option<UnixMs>,
    /// When it was sent, by the same clock.
    pub sent: Option<UnixMs>,
}

/// When it happened by our clock: the sender's differs by what lies between its sending and our receiving, which both
/// Segment and `PostHog` correct for. A moment that is still ahead is the moment of arrival, as phones have wrong clocks
/// and what happened has happened. An error for what lies more than ten years back.
pub(super) fn happened(clocks: Clocks, received_at: UnixMs) -> Result<UnixMs, String> {
    let Some(at) = clocks.at else { return Ok(received_at) };
    let skew = clocks.sent.map_or(0, |sent| received_at.since(sent));
    let at = at.plus(skew);
    if at.since(received_at) > FUTURE_MAX_MS {
        return Ok(received_at);
    }
    if received_at.since(at) > PAST_MAX_MS {
        return Err("it lies more than ten years back: check the sender's clock".into());
    }
    Ok(at)
}
