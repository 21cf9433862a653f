//! What addresses of pages carry: who signs in, what lets anybody in.

use std::sync::LazyLock;

use regex::Regex;

use super::{Kind, Stretches};

static URL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)(?-u:\b)[a-z][a-z0-9+.-]*://[^\s<>"'`\u{fdd0}-\u{fdef}]+"#).expect("a fixed expression")
});

/// A parameter whose value is a secret or somebody's. Short names count only as whole words: `?monkey=` and `?author=` stay.
static PARAMETER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)[?&#;](?:[a-z0-9_.-]*(?:token|secret|passw|pwd|signature|credential|jwt)[a-z0-9_.-]*",
        r"|(?:[a-z0-9_.-]*[_.-])?(?:(?:api|app|access|private|secret|client|auth|license|account)?key|session(?:id|key)?|auth(?:code|orization)?|pass)",
        r"(?:[_.-][a-z0-9_.-]*)?",
        r"|sig|code|sid|otp|pin|ticket|assertion|mail|email|e-mail|phone|tel|iban|ssn)=",
        r#"([^&#;\s<>"'`\u{fdd0}-\u{fdef}]+)"#,
    ))
    .expect("a fixed expression")
});

/// Addresses whose path alone lets anybody in.
const HOOKS: [&str; 4] =
    ["hooks.slack.com/services/", "/api/webhooks/", ".webhook.office.com/webhookb2/", "hooks.zapier.com/hooks/catch/"];
/// Everybody's name on machines that only know keys.
const NOBODY: &str = "git";

/// Finds who signs in with an address, and paths that let anybody in.
pub(super) fn users_and_hooks(text: &str, found: &mut Stretches) {
    for m in URL.find_iter(text) {
        let url = m.as_str();
        let start = url.find("://").map_or(0, |n| n + 3);
        let authority = url[start..].find(['/', '?', '#']).map_or(url.len(), |n| start + n);
        let host = url[start..authority].rfind('@').map_or(start, |n| start + n);
        if host > start && &url[start..host] != NOBODY {
            found.push((m.start() + start..m.start() + host, Kind::Secret));
        }
        let rest = &url[host..];
        let hook = HOOKS.into_iter().find_map(|h| rest.find(h).map(|n| n + h.len())).filter(|end| *end < rest.len());
        if let Some(end) = hook {
            found.push((m.start() + host + end..m.end(), Kind::Secret));
        }
    }
}

/// Finds secrets in parameters, also in those that were pasted without an address.
pub(super) fn parameters(text: &str, found: &mut Stretches) {
    found.extend(PARAMETER.captures_iter(text).filter_map(|c| c.get(1)).map(|m| (m.range(), Kind::Secret)));
}
