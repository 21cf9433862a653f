//! What opens doors: keys, tokens, passwords, what stands in addresses of pages; and mail addresses.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::{What, replace_each};

/// Shortest random-looking token that is taken for a secret, in characters. Commit-sized hashes of 7 to 12 stay.
const TOKEN_MIN: usize = 32;
/// Share of neighbours of another class (lower, upper, digit) from which a token looks random. Random base64 is near 0.6,
/// paths and joined words stay below 0.3; random hex, of fewer letters, is near 0.47, and nothing else is all hex.
const RANDOM_SHARE: f64 = 0.35;
const RANDOM_SHARE_HEX: f64 = 0.25;

static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
    compiled(&[
        "gh[pousr]_[A-Za-z0-9]{16,}",
        "github_pat_[A-Za-z0-9_]{16,}",
        "glpat-[A-Za-z0-9_-]{16,}",
        "(?:AKIA|ASIA|AGPA|AIDA|AROA)[A-Z0-9]{12,}",
        "xox[a-z]-[A-Za-z0-9-]{8,}",
        "xapp-[A-Za-z0-9-]{8,}",
        "(?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]{8,}",
        "sk-[A-Za-z0-9_-]{20,}",
        "whsec_[A-Za-z0-9+/=]{16,}",
        "AIza[A-Za-z0-9_-]{30,}",
        "ya29\\.[A-Za-z0-9_-]{16,}",
        "(?:npm|hf|dop_v1|shpat|pypi|dckr_pat|lin_api|phx|phc)[_-][A-Za-z0-9_-]{20,}",
        "SG\\.[A-Za-z0-9_-]{16,}\\.[A-Za-z0-9_-]{16,}",
        "ATATT[A-Za-z0-9_=-]{16,}",
        // A signed JSON token begins with `{"` in base64.
        "eyJ[A-Za-z0-9_-]{6,}\\.[A-Za-z0-9_-]+(?:\\.[A-Za-z0-9_-]*)?",
    ])
});

static BEARER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?-u:\b)(bearer|basic|digest)([ \t]+)([A-Za-z0-9._~+/=-]{8,})").expect("a fixed expression")
});

/// A name of a secret, what ties it to its value, the value.
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)((?:pass(?:word|wort|wd|phrase|code)|passwd|pwd|kennwort|mot de passe|contraseña|senha|wachtwoord",
        r"|secret|token|api[ _-]?key|access[ _-]?key|private[ _-]?key|client[ _-]?secret|authorization|credentials?",
        r#"|cvv|cvc|otp|one[ -]time code|verification code)["']?)([ \t]*(?::=|=>|[:=])[ \t]*|[ \t]+(?:is|was|lautet|ist|est|es)[ \t:]+)"#,
        r#"("[^"\n\u{fdd0}-\u{fdef}]{1,200}"|'[^'\n\u{fdd0}-\u{fdef}]{1,200}'|[^\s"'<>\u{fdd0}-\u{fdef}]+)"#,
    ))
    .expect("a fixed expression")
});

static URL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i)(?-u:\b)[a-z][a-z0-9+.-]*://[^\s<>"'`\u{fdd0}-\u{fdef}]+"#).expect("a fixed expression")
});

static PARAMETER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)([?&#;](?:[a-z0-9_.-]*(?:token|secret|passw|pwd|key|signature|credential|session|auth|jwt)[a-z0-9_.-]*",
        r"|sig|code|sid|otp|pin|ticket|assertion|mail|email|e-mail|phone|tel|iban|ssn)=)([^&#;\s]+)",
    ))
    .expect("a fixed expression")
});

static EMAIL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"[\p{L}\p{N}\p{M}._%+'’&=-]*[\p{L}\p{N}_%+-](?:@|＠|&#64;|%40)[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.\p{L}[\p{L}\p{N}-]+",
        r"|[\p{L}\p{N}._%+-]+[ \t]*[\[({][ \t]*(?i:at|@)[ \t]*[\])}][ \t]*[\p{L}\p{N}-]+",
        r"(?:(?:\.|[ \t]*[\[({][ \t]*(?i:dot|punkt|\.)[ \t]*[\])}][ \t]*)[\p{L}\p{N}-]+)+",
    ))
    .expect("a fixed expression")
});

static LONG: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"[A-Za-z0-9+/_=-]{32,}").expect("a fixed expression"));

/// Removes secrets and mail addresses.
pub(super) fn remove(text: String) -> String {
    let text = without_key_blocks(text);
    let text = if text.contains("://") { without_secrets_in_urls(text) } else { text };
    let text = replace_each(text, &TOKEN, |c| format!("{}{}", &c[1], What::Secret.mark()));
    let text = replace_each(text, &NAMED, named);
    let text = replace_each(text, &BEARER, bearer);
    let text = replace_each(text, &EMAIL, |_| What::Email.mark().to_owned());
    replace_each(text, &LONG, |c| if looks_random(&c[0]) { What::Secret.mark().to_owned() } else { c[0].to_owned() })
}

/// Token shapes, each only where no letter or digit stands before it.
fn compiled(shapes: &[&str]) -> Regex {
    Regex::new(&format!("(^|[^A-Za-z0-9])(?:{})", shapes.join("|"))).expect("fixed expressions")
}

/// Private keys, whole; to the end of the text where the end of the block was not pasted.
fn without_key_blocks(text: String) -> String {
    const BEGIN: &str = "-----BEGIN ";
    const HEAD_MAX: usize = 60;
    if !text.contains(BEGIN) {
        return text;
    }
    let mut kept = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find(BEGIN) {
        let (before, block) = rest.split_at(at);
        kept.push_str(before);
        let body = &block[BEGIN.len()..];
        let head = body.find("-----").filter(|n| *n <= HEAD_MAX && body[..*n].contains("PRIVATE KEY"));
        let Some(head) = head else {
            kept.push_str(BEGIN);
            rest = body;
            continue;
        };
        kept.push_str(What::Secret.mark());
        let inside = &body[head + 5..];
        rest = inside
            .find("-----END ")
            .map(|end| &inside[end + 9..])
            .and_then(|tail| tail.find("-----").filter(|n| *n <= HEAD_MAX).map(|n| &tail[n + 5..]))
            .unwrap_or_default();
    }
    kept.push_str(rest);
    kept
}

fn without_secrets_in_urls(text: String) -> String {
    replace_each(text, &URL, |c| {
        let url = &c[0];
        let start = url.find("://").map_or(0, |n| n + 3);
        let authority = url[start..].find(['/', '?', '#']).map_or(url.len(), |n| start + n);
        let host = url[start..authority].rfind('@').map_or(start, |n| start + n);
        let user = if host > start { What::Secret.mark() } else { "" };
        let (scheme, rest) = (&url[..start], &url[host..]);
        let hook = HOOKS.into_iter().find_map(|h| rest.find(h).map(|n| n + h.len())).filter(|end| *end < rest.len());
        if let Some(end) = hook {
            return format!("{scheme}{user}{}{}", &rest[..end], What::Secret.mark());
        }
        let rest = PARAMETER.replace_all(rest, |p: &Captures<'_>| format!("{}{}", &p[1], What::Secret.mark()));
        format!("{scheme}{user}{rest}")
    })
}

/// Addresses whose path alone lets anybody in.
const HOOKS: [&str; 2] = ["hooks.slack.com/services/", "/api/webhooks/"];

/// `password: x` goes; `password: not accepted` and `my password is wrong` are reports, and stay.
fn named(c: &Captures<'_>) -> String {
    let (name, tie, value) = (&c[1], &c[2], &c[3]);
    let by_word = !tie.contains([':', '=']);
    let bare = value.trim_end_matches(['.', ',', ';', ')', '!', '?']);
    let (bare, tail) = if bare.is_empty() { (value, "") } else { value.split_at(bare.len()) };
    let plain = bare.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '’' | '/'));
    let prose = plain && (by_word || SAID_OF_SECRETS.contains(&bare.to_lowercase().as_str()));
    let scheme = matches!(bare.to_lowercase().as_str(), "bearer" | "basic" | "digest");
    if prose || scheme || bare.contains("://") {
        return c[0].to_owned();
    }
    format!("{name}{tie}{}{tail}", What::Secret.mark())
}

/// Words that follow `password:` in a report about passwords.
const SAID_OF_SECRETS: [&str; 32] = [
    "a",
    "after",
    "an",
    "and",
    "app",
    "can",
    "cannot",
    "does",
    "doesn",
    "error",
    "expired",
    "field",
    "forgot",
    "i",
    "incorrect",
    "invalid",
    "is",
    "it",
    "missing",
    "my",
    "no",
    "none",
    "not",
    "null",
    "required",
    "reset",
    "the",
    "too",
    "when",
    "why",
    "wrong",
    "you",
];

fn bearer(c: &Captures<'_>) -> String {
    let value = &c[3];
    let has = |class: fn(&char) -> bool| value.chars().any(|c| class(&c));
    let secret = has(char::is_ascii_digit) && has(char::is_ascii_alphabetic)
        || value.ends_with('=')
        || transitions(value) > RANDOM_SHARE;
    if secret { format!("{}{}{}", &c[1], &c[2], What::Secret.mark()) } else { c[0].to_owned() }
}

/// Random letters and digits change their class far more often than words, paths and file names do.
fn looks_random(token: &str) -> bool {
    let digits = token.bytes().filter(u8::is_ascii_digit).count();
    let letters = token.bytes().filter(u8::is_ascii_alphabetic).count();
    let share = if token.bytes().all(|b| b.is_ascii_hexdigit()) { RANDOM_SHARE_HEX } else { RANDOM_SHARE };
    token.len() >= TOKEN_MIN && digits >= 3 && letters >= 3 && !ends_with_uuid(token) && transitions(token) >= share
}

/// Names of records, not keys to them: reports need them.
fn ends_with_uuid(token: &str) -> bool {
    let token = token.trim_end_matches(['-', '/', '=', '_']);
    let shape = |(i, b): (usize, u8)| if matches!(i, 8 | 13 | 18 | 23) { b == b'-' } else { b.is_ascii_hexdigit() };
    token.len().checked_sub(36).is_some_and(|from| token.bytes().skip(from).enumerate().all(shape))
}

fn transitions(token: &str) -> f64 {
    let class = |b: u8| match b {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    };
    let kinds: Vec<u8> = token.bytes().map(class).filter(|k| *k < 3).collect();
    let changes = kinds.windows(2).filter(|w| w[0] != w[1]).count();
    changes as f64 / kinds.len().max(1) as f64
}
