//! What addresses of pages carry: who signs in, what lets anybody in.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::{What, replace_each};

static URL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)(?-u:\b)[a-z][a-z0-9+.-]*://[^\s<>"'`\u{fdd0}-\u{fdef}]+"#).expect("a fixed expression")
});

/// A parameter whose value is a secret or somebody's. Short names count only as whole words: `?monkey=` and `?author=` stay.
static PARAMETER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)([?&#;](?:[a-z0-9_.-]*(?:token|secret|passw|pwd|signature|credential|jwt)[a-z0-9_.-]*",
        r"|(?:[a-z0-9_.-]*[_.-])?(?:(?:api|app|access|private|secret|client|auth|license)?key|session(?:id|key)?|auth(?:code|orization)?|pass)",
        r"(?:[_.-][a-z0-9_.-]*)?",
        r"|sig|code|sid|otp|pin|ticket|assertion|mail|email|e-mail|phone|tel|iban|ssn)=)",
        r#"([^&#;\s<>"'`\u{fdd0}-\u{fdef}]+)"#,
    ))
    .expect("a fixed expression")
});

/// Addresses whose path alone lets anybody in.
const HOOKS: [&str; 2] = ["hooks.slack.com/services/", "/api/webhooks/"];

/// Removes secrets from addresses, and from parameters that were pasted without one.
pub(super) fn remove(text: String) -> String {
    let text = if text.contains("://") { without_users_and_hooks(text) } else { text };
    replace_each(text, &PARAMETER, |p| format!("{}{}", &p[1], What::Secret.mark()))
}

fn without_users_and_hooks(text: String) -> String {
    replace_each(text, &URL, |c: &Captures<'_>| {
        let url = &c[0];
        let start = url.find("://").map_or(0, |n| n + 3);
        let authority = url[start..].find(['/', '?', '#']).map_or(url.len(), |n| start + n);
        let host = url[start..authority].rfind('@').map_or(start, |n| start + n);
        let user = if host > start { What::Secret.mark() } else { "" };
        let (scheme, rest) = (&url[..start], &url[host..]);
        let hook = HOOKS.into_iter().find_map(|h| rest.find(h).map(|n| n + h.len())).filter(|end| *end < rest.len());
        match hook {
            Some(end) => format!("{scheme}{user}{}{}", &rest[..end], What::Secret.mark()),
            None => format!("{scheme}{user}{rest}"),
        }
    })
}
