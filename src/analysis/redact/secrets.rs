//! What opens doors: keys, tokens, passwords, what stands in addresses of pages; and mail addresses.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::{What, mail, named, replace_each, urls};

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

/// A long token, with the word before it that says it names a record.
static LONG: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"((?i:commit|sha-?1?|revision|trace(?:[ _-]?id)?)["']?(?:[ \t]+(?i:id|hash|sha|is))?[ \t:=#("'`]{1,4})?"#,
        r"([A-Za-z0-9+/_=-]{32,})",
    ))
    .expect("a fixed expression")
});

/// Removes secrets and mail addresses.
pub(super) fn remove(text: String) -> String {
    let text = without_key_blocks(text);
    let text = urls::remove(text);
    let text = replace_each(text, &TOKEN, |c| format!("{}{}", &c[1], What::Secret.mark()));
    let text = named::remove(text);
    let text = mail::remove(text);
    replace_each(text, &LONG, long)
}

fn long(c: &Captures<'_>) -> String {
    let (before, token) = (c.get(1).map_or("", |m| m.as_str()), &c[2]);
    if looks_random(token) && !names_a_record(before, token) {
        format!("{before}{}", What::Secret.mark())
    } else {
        c[0].to_owned()
    }
}

/// Whole hashes of commits and ids of traces, where a word says so: `commit 3f2a…`, `/commit/3f2a…`, `trace_id=4bf9…`.
fn names_a_record(before: &str, token: &str) -> bool {
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    let start = token.bytes().rposition(|b| !hex(b)).map_or(0, |n| n + 1);
    let (head, name) = token.split_at(start);
    let says = |text: &str| {
        let text = text.trim_end_matches(|c: char| !c.is_ascii_alphanumeric()).to_ascii_lowercase();
        ["commit", "sha", "sha1", "sha-1", "revision", "trace", "traceid", "trace_id", "trace-id"]
            .iter()
            .any(|word| text.ends_with(word))
    };
    let said = if head.is_empty() { !before.is_empty() } else { says(head) };
    matches!(name.len(), 32 | 40) && said && !looks_random(head)
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

/// Share of a token's neighbours that are of another class.
pub(super) fn transitions(token: &str) -> f64 {
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
