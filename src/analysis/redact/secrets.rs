//! What opens doors and has no shape of its own: private keys in blocks, and long tokens that look random.

use std::sync::LazyLock;

use regex::Regex;

use super::{Kind, Stretches};

/// Shortest random-looking token that is taken for a secret, in characters. Commit-sized hashes of 7 to 12 stay.
pub(super) const TOKEN_MIN: usize = 32;
/// Share of neighbours of another class (lower, upper, digit) from which a token looks random. Random base64 is near 0.6,
/// paths and joined words stay below 0.3; random hex, of fewer letters, is near 0.47, and nothing else is all hex.
const RANDOM_SHARE: f64 = 0.35;
const RANDOM_SHARE_HEX: f64 = 0.25;

/// A long token, with the word before it that says it names a record.
static LONG: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"((?i:commit|sha-?(?:1|256|384|512)?(?:sum)?|md5(?:sum)?|revision|checksum|digest|etag|fingerprint|hash"#,
        r#"|(?:trace|span|build|request|correlation)[ _-]?id|trace)["']?(?:[ \t]+(?i:id|hash|sha|is|of))?[ \t:=#("'`]{1,4}"#,
        r"|(?:ハッシュ値?|チェックサム|コミット|校验[和值]?|哈希值?|提交)[はが为是:： ]{0,3})?",
        r"([A-Za-z0-9+/_=-]{32,})",
    ))
    .expect("a fixed expression")
});

/// Finds long tokens that look random.
pub(super) fn long_tokens(text: &str, found: &mut Stretches) {
    for c in LONG.captures_iter(text) {
        let Some(token) = c.get(2) else { continue };
        let before = c.get(1).map_or("", |m| m.as_str());
        if looks_random(token.as_str()) && !is_integrity(token.as_str()) && !names_a_record(before, token.as_str()) {
            found.push((token.range(), Kind::Secret));
        }
    }
}

/// Whole hashes of commits and ids of traces, where a word says so: `commit 3f2a…`, `/commit/3f2a…`, `trace_id=4bf9…`.
fn names_a_record(before: &str, token: &str) -> bool {
    let is_hash = |part: &str| {
        HASHES.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    };
    let mut said = !before.is_empty();
    let mut rest = String::with_capacity(token.len());
    let mut records = false;
    for part in token.split_inclusive(['/', '=', '+']).flat_map(after_fields) {
        let part = part.trim_end_matches(['/', '=', '-', '+']);
        if ends_with_uuid(part) || said && is_hash(part) {
            records = true;
        } else {
            rest.push_str(part);
        }
        let word = part.to_ascii_lowercase();
        said = SAY_RECORD.iter().any(|says| word.ends_with(says));
    }
    records && !looks_random(&rest)
}

/// `sha-3f2a…` is two parts; the dashes of an id are its own.
fn after_fields(part: &str) -> impl Iterator<Item = &str> {
    let cut = SAY_RECORD.iter().find_map(|says| {
        let tied = part.get(..says.len()).is_some_and(|head| head.eq_ignore_ascii_case(says));
        (tied && part[says.len()..].starts_with('-')).then_some(says.len() + 1)
    });
    let (head, tail) = part.split_at(cut.unwrap_or(0));
    [head, tail].into_iter().filter(|p| !p.is_empty())
}

/// What stands before a hash in an address or a field.
const SAY_RECORD: [&str; 13] = [
    "commit", "commits", "tree", "blob", "rustc", "sha", "sha1", "sha256", "md5", "revision", "trace", "traceid",
    "trace_id",
];

/// Digits of hashes and of ids of traces.
const HASHES: [usize; 5] = [32, 40, 64, 96, 128];

/// `sha512-…==`, as lists of packages have it.
fn is_integrity(token: &str) -> bool {
    ["sha1-", "sha256-", "sha384-", "sha512-"].iter().any(|head| token.starts_with(head))
}

/// Finds private keys, whole; to the end of the text where the end of the block was not pasted.
pub(super) fn key_blocks(text: &str, found: &mut Stretches) {
    const BEGIN: &str = "-----BEGIN ";
    const HEAD_MAX: usize = 60;
    let mut from = 0;
    while let Some(at) = text[from..].find(BEGIN) {
        let start = from + at;
        let body = start + BEGIN.len();
        let head = dashes(&text[body..], HEAD_MAX).filter(|n| text[body..body + n].contains("PRIVATE KEY"));
        let Some(head) = head else {
            from = body;
            continue;
        };
        let inside = body + head;
        let end = text[inside..]
            .find("-----END ")
            .map(|end| inside + end + 9)
            .and_then(|tail| dashes(&text[tail..], HEAD_MAX).map(|n| tail + n + 5))
            .unwrap_or(text.len());
        found.push((start..end, Kind::Secret));
        from = end;
    }
}

/// Where a line of a block's edge ends in five dashes.
fn dashes(text: &str, within: usize) -> Option<usize> {
    let near = text.char_indices().nth(within).map_or(text, |(n, _)| &text[..n]);
    near.find("-----")
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
