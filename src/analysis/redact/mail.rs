//! Mail addresses, as machines write them and as people do.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::{What, replace_each};

static EMAIL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?:"[^"\n@\u{fdd0}-\u{fdef}]{1,64}"|[\p{L}\p{N}\p{M}._%+'’&=-]*[\p{L}\p{N}_%+-])(?:@|＠|&#64;|%40)"#,
        r"[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.\p{L}[\p{L}\p{N}-]+",
        r"|[\p{L}\p{N}._%+-]+[ \t]*[\[({][ \t]*(?i:at|@)[ \t]*[\])}][ \t]*[\p{L}\p{N}-]+",
        r"(?:(?:\.|[ \t]*[\[({][ \t]*(?i:dot|punkt|\.)[ \t]*[\])}][ \t]*)[\p{L}\p{N}-]+)+",
    ))
    .expect("a fixed expression")
});

/// `jane at example dot com`, with endings that are no words: one can stare at the dot in a corner.
static SPOKEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)[\p{L}\p{N}._%+-]+[ \t]+at[ \t]+([\p{L}\p{N}-]+)(?:[ \t]+(?:dot|punkt)[ \t]+[\p{L}\p{N}-]+){0,2}[ \t]+(?:dot|punkt)[ \t]+",
        r"(?:com|org|net|edu|gov|info|dev|biz|io|co|ai|de|fr|nl|eu|uk|ca|au|jp|cn|br|ch|pl|ru|dk|fi)(?-u:\b)",
    ))
    .expect("a fixed expression")
});

static SPACED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"([\p{L}\p{N}._%+-]+)[ \t]?@[ \t]{1,2}[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.\p{L}[\p{L}\p{N}-]+")
        .expect("a fixed expression")
});

/// Words before a lone `@` that means "at".
const NOBODY: [&str; 32] = [
    "available",
    "bought",
    "buy",
    "check",
    "download",
    "find",
    "found",
    "get",
    "her",
    "here",
    "him",
    "it",
    "live",
    "look",
    "me",
    "meet",
    "now",
    "only",
    "order",
    "ordered",
    "out",
    "page",
    "posted",
    "price",
    "sale",
    "see",
    "shop",
    "site",
    "them",
    "up",
    "us",
    "you",
];

/// Removes mail addresses.
pub(super) fn remove(text: String) -> String {
    let text = replace_each(text, &EMAIL, |_| What::Email.mark().to_owned());
    let text = replace_each(text, &SPOKEN, spoken);
    if text.contains('@') { replace_each(text, &SPACED, spaced) } else { text }
}

fn spoken(c: &Captures<'_>) -> String {
    let nowhere = matches!(c[1].to_lowercase().as_str(), "the" | "a" | "my" | "our" | "this" | "that");
    if nowhere { c[0].to_owned() } else { What::Email.mark().to_owned() }
}

fn spaced(c: &Captures<'_>) -> String {
    let local = c[1].to_lowercase();
    let nobody = !local.chars().any(char::is_alphabetic) || NOBODY.contains(&local.as_str());
    if nobody { c[0].to_owned() } else { What::Email.mark().to_owned() }
}
