//! What an answer of a flag platform means for a reader.
//!
//! Limits are told by `Retry-After` (RFC 9110) and by a family of headers that no standard holds together: `RateLimit-*`
//! (GitLab, GrowthBook, Unleash), `X-RateLimit-*`, and LaunchDarkly's `X-Ratelimit-Global-Remaining` and
//! `X-Ratelimit-Route-Remaining`. The reset beside them is a span in seconds or a moment in seconds or milliseconds; its
//! size tells which.

use chrono::DateTime;
use http::header::DATE;
use http::{HeaderMap, StatusCode};

use super::ask::Manner;
use crate::http::{RemoteError, retry_after_ms, wait_ms};
use crate::time::{SECOND_MS, UnixMs};

/// How long to wait where a platform asks for it and does not say how long, ms.
const WAIT_MS: i64 = 30 * SECOND_MS;
/// What is left of a limit; any of these.
const REMAINING: &[&str] =
    &["ratelimit-remaining", "x-ratelimit-remaining", "x-ratelimit-global-remaining", "x-ratelimit-route-remaining"];
/// When it is renewed; the first of these.
const RESET: &[&str] = &["ratelimit-reset", "x-ratelimit-reset"];
/// A reset below this is a span in seconds: as a moment it would lie in 1970.
const SPAN_MAX_S: i64 = 10_000_000;
/// A reset below this is a moment in seconds: in milliseconds it would lie in 1973.
const MOMENT_MAX_S: i64 = 100_000_000_000;

/// When the platform answered, by its own clock and exact to the second; by ours where it does not say.
pub(super) fn at(headers: &HeaderMap, now: UnixMs) -> UnixMs {
    let said = headers.get(DATE).and_then(|v| v.to_str().ok()).and_then(|v| DateTime::parse_from_rfc2822(v).ok());
    let at = said.map_or(now, |date| UnixMs(date.timestamp_millis()));
    UnixMs(at.0 - at.0.rem_euclid(SECOND_MS))
}

/// How long nothing should be asked, where the limit is used up with this answer, ms.
pub(super) fn exhausted_ms(headers: &HeaderMap, now: UnixMs) -> Option<i64> {
    REMAINING.iter().any(|name| number(headers, name) == Some(0)).then(|| reset_ms(headers, now).unwrap_or(WAIT_MS))
}

/// What an answer means whose status is none of success.
pub(super) fn meaning(
    manner: &Manner,
    what: &str,
    status: StatusCode,
    headers: &HeaderMap,
    now: UnixMs,
) -> RemoteError {
    let name = manner.name;
    // Spans are counted from the platform's own present: our clocks may differ.
    let now = at(headers, now);
    let code = status.as_u16();
    let used_up = exhausted_ms(headers, now);
    if matches!(code, 429 | 503) || (status.is_client_error() && used_up.is_some()) {
        let ms = retry_after_ms(headers, now).or(used_up).or_else(|| reset_ms(headers, now)).unwrap_or(WAIT_MS);
        let reason = if code == 503 { "is overloaded" } else { "limits how fast it is asked" };
        return RemoteError::Wait { ms, reason: format!("{name} {reason}") };
    }
    match code {
        401 => RemoteError::Unauthorized {
            remedy: format!("{name} does not take sources.{name}.api_token: renew it. Needed is {}", manner.token),
        },
        403 => RemoteError::Unauthorized {
            remedy: format!(
                "{name} does not let sources.{name}.api_token read {what}: give it that right. Needed is {}",
                manner.token
            ),
        },
        404 | 410 => RemoteError::Gone {
            what: format!(
                "{what}: {name} knows none, or sources.{name}.api_token may not see it. Check sources.{name}.projects \
                 and sources.{name}.api_url"
            ),
        },
        300..=399 => RemoteError::Refused {
            problem: format!("{name} redirects: set sources.{name}.api_url to where it really is"),
        },
        408 | 500.. => RemoteError::NotSent { problem: format!("{name} answered {status} to the question for {what}") },
        _ => RemoteError::Refused { problem: format!("{name} answered {status} to the question for {what}") },
    }
}

/// Until the limit is renewed, ms; `None` where that is not told or has passed.
fn reset_ms(headers: &HeaderMap, now: UnixMs) -> Option<i64> {
    let said = RESET.iter().find_map(|name| number(headers, name)).filter(|n| *n >= 0)?;
    let ms = match said {
        0..SPAN_MAX_S => said * SECOND_MS,
        SPAN_MAX_S..MOMENT_MAX_S => UnixMs(said * SECOND_MS).since(now),
        _ => UnixMs(said).since(now),
    };
    (ms >= 0).then(|| wait_ms(ms))
}

fn number(headers: &HeaderMap, name: &str) -> Option<i64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::ask::Auth;
    use super::*;
    use crate::time::HOUR_MS;

    const MANNER: Manner = Manner {
        name: "flags",
        base: None,
        prefix: &["api"],
        auth: Auth::Bare,
        projects: None,
        headers: &[],
        token: "a token that reads",
    };
    /// Friday, 9 October 2026, 10:00.
    const NOW: UnixMs = UnixMs(1_791_540_000_000);

    fn heard(status: u16, headers: &[(&'static str, &str)]) -> RemoteError {
        let headers = headers.iter().map(|(k, v)| (http::HeaderName::from_static(k), v.parse().unwrap())).collect();
        meaning(&MANNER, "the flags of shop", StatusCode::from_u16(status).unwrap(), &headers, NOW)
    }

    #[test]
    fn waits_are_read_in_every_form_and_bounded() {
        for (status, headers, ms) in [
            (429, vec![("retry-after", "7")], 7_000),
            (429, vec![("retry-after", "Fri, 09 Oct 2026 10:02:00 GMT")], 120_000),
            (429, vec![("retry-after", "99999999")], HOUR_MS),
            (429, vec![("retry-after", "13"), ("ratelimit-reset", "40")], 13_000),
            (429, vec![("ratelimit-reset", "40")], 40_000),
            (429, vec![("ratelimit-reset", "1791540050")], 50_000),
            (429, vec![("x-ratelimit-reset", "1791540004500")], 4_500),
            (429, vec![("x-ratelimit-reset", "1791539999000")], WAIT_MS),
            (429, vec![("x-ratelimit-reset", "-1")], WAIT_MS),
            (429, vec![("x-ratelimit-reset", "9223372036854775807")], HOUR_MS),
            (429, vec![], WAIT_MS),
            (503, vec![("retry-after", "3")], 3_000),
            (503, vec![], WAIT_MS),
            (403, vec![("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1791540060")], 60_000),
            (400, vec![("x-ratelimit-route-remaining", "0")], WAIT_MS),
            // An hour ahead of us: what it counts from is its own clock.
            (429, vec![("date", "Fri, 09 Oct 2026 11:00:00 GMT"), ("x-ratelimit-reset", "1791543605")], 5_000),
        ] {
            let got = heard(status, &headers);
            assert!(matches!(got, RemoteError::Wait { ms: said, .. } if said == ms), "{headers:?}: {got:?}");
        }
    }

    #[test]
    fn refusals_name_the_setting_that_helps() {
        for (status, kind, words) in [
            (401, "Unauthorized", "sources.flags.api_token: renew it. Needed is a token that reads"),
            (403, "Unauthorized", "sources.flags.api_token read the flags of shop"),
            (404, "Gone", "sources.flags.projects"),
            (410, "Gone", "the flags of shop"),
            (302, "Refused", "sources.flags.api_url"),
            (400, "Refused", "400 Bad Request"),
            (500, "NotSent", "500 Internal Server Error"),
            (502, "NotSent", "the flags of shop"),
            (408, "NotSent", "408"),
        ] {
            let got = heard(status, &[]);
            assert!(format!("{got:?}").starts_with(kind) && got.to_string().contains(words), "{status}: {got:?}");
        }
    }

    #[test]
    fn the_platforms_clock_counts_and_ours_stands_in() {
        let told = HeaderMap::from_iter([(DATE, "Wed, 25 Nov 2026 00:52:52 GMT".parse().unwrap())]);
        assert_eq!(at(&told, NOW).rfc3339(), "2026-11-25T00:52:52Z");
        let nonsense = HeaderMap::from_iter([(DATE, "today".parse().unwrap())]);
        assert_eq!(at(&nonsense, NOW.plus(999)), NOW);
        assert_eq!(at(&HeaderMap::new(), UnixMs(-1)), UnixMs(-1_000));
    }
}
