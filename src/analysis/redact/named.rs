//! Secrets that stand after their name.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::{What, replace_each};

/// A name of a secret, what ties it to its value, the value, and what the value counts.
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)((?:pass(?:word|wort|wd|phrase|code)|passwd|pwd|kennwort|mot de passe|contraseña|senha|wachtwoord",
        r"|secret|token|api[ _-]?key|access[ _-]?key|private[ _-]?key|client[ _-]?secret|authorization|credentials?",
        r"|cvv|cvc|otp|one[ -]time code|verification code|session(?:[ _-]?id)?|(?-u:\b)(?:pass|pw))",
        r#"["']?)([ \t]*(?::=|=>|[:=：])[ \t]*|[ \t]+(?:is|was|lautet|ist|est|es)[ \t:]+)"#,
        r#"("[^"\n\u{fdd0}-\u{fdef}]{1,200}"|'[^'\n\u{fdd0}-\u{fdef}]{1,200}'|[^\s"'<>\u{fdd0}-\u{fdef}]+)"#,
        r"([ \t]+(?:char|character|letter|digit|symbol|zeichen|caracter|caractère|day|hour|minute)(?:s|es)?(?-u:\b))?",
    ))
    .expect("a fixed expression")
});

/// A form's label on one line, what was typed on the next.
static BELOW: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?im)^([ \t]*(?:(?:my|the|your)[ \t]+)?(?:password|passwort|passphrase|passcode|kennwort|mot de passe|contraseña|senha|wachtwoord",
        r"|api[ _-]?key|access[ _-]?key|token|secret)[ \t]*:?[ \t]*\r?\n[ \t]*)([^\s\u{fdd0}-\u{fdef}]{6,})([ \t]*\r?)$",
    ))
    .expect("a fixed expression")
});

/// Codes to type once, or from a card.
static CODE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"((?-u:\b)(?:(?i:cv[vc]2?|otp|(?:(?:your|my|login|security|sms|verification|confirmation|auth|authentication|2fa|mfa|one[ -]time|pin)[ -]){1,3}code)"#,
        r"(?:[ \t]*[:=]|[ \t]+(?i:is|was))?[ \t]*|PIN[ \t]+|(?i:pin)(?:[ \t]*[:=][ \t]*|[ \t]+(?i:is|was|ist|es|est)[ \t]+))[ \t]*)",
        r"([0-9]{3}[ -][0-9]{3}|[0-9]{3,8})(?-u:\b)",
    ))
    .expect("a fixed expression")
});

/// `482913 is your verification code`.
static IS_YOUR_CODE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?-u:\b)[0-9]{4,8}((?i)[ \t]+is[ \t]+(?:your|my|the)[ \t]+(?:[\p{L}\p{N}-]+[ \t]+){0,3}(?:code|otp|pin)(?-u:\b))")
        .expect("a fixed expression")
});

static BEARER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?i)(?-u:\b)((?:authorization["']?[ \t]*[:=][ \t]*["']?)?)(bearer|basic|digest|token|apikey)([ \t]+)"#,
        r"([A-Za-z0-9._~+/=-]{8,})"
    ))
    .expect("a fixed expression")
});

static CURL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"((?-u:\b)curl[ \t][^\n]*?(?:-u|-U|--user|--proxy-user)[ \t=]*["']?)([^\s:"'\u{fdd0}-\u{fdef}]+:[^\s"'\u{fdd0}-\u{fdef}]+)"#,
    )
    .expect("a fixed expression")
});

/// Share of neighbours of another class from which what follows `Bearer` is no word.
const RANDOM_SHARE: f64 = 0.35;

/// Removes secrets that stand after their name.
pub(super) fn remove(text: String) -> String {
    let secret = What::Secret.mark();
    let text = if text.contains("curl") { replace_each(text, &CURL, |c| format!("{}{secret}", &c[1])) } else { text };
    let text = replace_each(text, &NAMED, named);
    let text = replace_each(text, &BELOW, |c| {
        if is_mixed(&c[2]) { format!("{}{secret}{}", &c[1], &c[3]) } else { c[0].to_owned() }
    });
    let text = replace_each(text, &CODE, |c| format!("{}{secret}", &c[1]));
    let text = replace_each(text, &IS_YOUR_CODE, |c| format!("{secret}{}", &c[1]));
    replace_each(text, &BEARER, bearer)
}

/// `password: x` goes; `password: not accepted` and `my password is wrong` are reports, and stay.
fn named(c: &Captures<'_>) -> String {
    let (name, tie, value) = (&c[1], &c[2], &c[3]);
    let counted = c.get(4).map_or("", |m| m.as_str());
    let by_word = !tie.contains([':', '=', '：']);
    let bare = value.trim_end_matches(['.', ',', ';', ')', '!', '?']);
    let (bare, tail) = if bare.is_empty() { (value, "") } else { value.split_at(bare.len()) };
    let plain = bare.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '’' | '/'));
    let prose = plain && (by_word || SAID_OF_SECRETS.contains(&bare.to_lowercase().as_str()));
    let scheme = matches!(bare.to_lowercase().as_str(), "bearer" | "basic" | "digest")
        || (name.eq_ignore_ascii_case("authorization") && matches!(bare.to_lowercase().as_str(), "token" | "apikey"));
    let length = !counted.is_empty() && bare.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    if prose || scheme || length || bare.contains("://") || !can_be(&name.to_lowercase(), bare) {
        return c[0].to_owned();
    }
    format!("{name}{tie}{}{tail}{counted}", What::Secret.mark())
}

/// Whether what is called so can look so.
fn can_be(name: &str, value: &str) -> bool {
    let name = name.trim_end_matches(['"', '\'']);
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    if name.ends_with("code") && !name.starts_with("pass") || matches!(name, "otp" | "cvv" | "cvc") {
        return digits >= 3;
    }
    if name == "pass" || name.starts_with("session") {
        return value.len() >= 5 && is_mixed(value);
    }
    if name == "pw" {
        return value.chars().count() >= 4;
    }
    if name == "authorization" {
        return !value.bytes().all(|b| b.is_ascii_lowercase());
    }
    // A coin's sign, a key on the keyboard.
    let sign = value.len() <= 5 && value.bytes().all(|b| b.is_ascii_uppercase());
    let key = value.len() <= 3 && value.starts_with('F') && value.len() == digits + 1;
    let chord = ["alt+", "ctrl+", "cmd+", "shift+", "option+"].iter().any(|k| value.to_lowercase().starts_with(k));
    let is_short = name == "token" || name.ends_with("key");
    !(is_short && (sign || key || chord))
}

/// Letters with digits among them, as passwords have and words have not.
fn is_mixed(value: &str) -> bool {
    value.chars().any(char::is_alphabetic) && value.chars().any(char::is_numeric)
}

/// Words that follow `password:` in a report about passwords.
const SAID_OF_SECRETS: [&str; 58] = [
    "a",
    "accepted",
    "after",
    "always",
    "an",
    "and",
    "app",
    "can",
    "cannot",
    "change",
    "changed",
    "does",
    "doesn",
    "error",
    "expired",
    "expires",
    "fail",
    "failed",
    "fails",
    "field",
    "forgot",
    "i",
    "ignored",
    "in",
    "incorrect",
    "invalid",
    "is",
    "it",
    "keeps",
    "lost",
    "missing",
    "must",
    "my",
    "never",
    "no",
    "none",
    "not",
    "null",
    "on",
    "optional",
    "rejected",
    "required",
    "reset",
    "should",
    "still",
    "stopped",
    "the",
    "this",
    "too",
    "unknown",
    "when",
    "why",
    "won",
    "works",
    "wrong",
    "yes",
    "you",
    "your",
];

fn bearer(c: &Captures<'_>) -> String {
    let (header, value) = (&c[1], &c[4]);
    // `token` is a scheme in a header only.
    if header.is_empty() && matches!(c[2].to_lowercase().as_str(), "token" | "apikey") {
        return c[0].to_owned();
    }
    let has = |class: fn(&char) -> bool| value.chars().any(|c| class(&c));
    let secret = has(char::is_ascii_digit) && has(char::is_ascii_alphabetic)
        || value.ends_with('=')
        || !header.is_empty() && has(char::is_ascii_uppercase) && has(char::is_ascii_lowercase)
        || super::secrets::transitions(value) > RANDOM_SHARE;
    if secret { format!("{header}{}{}{}", &c[2], &c[3], What::Secret.mark()) } else { c[0].to_owned() }
}
