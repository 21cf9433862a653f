//! Mail addresses, as machines write them and as people do.

use std::ops::Range;

use super::expression::Expression;
use super::fold::joins;
use super::{Kind, Stretches, is_one_of};

static EMAIL: Expression = Expression::of(concat!(
    r#"(?:"[^"\n@\u{fdd0}-\u{fdef}]{1,64}"|[\p{L}\p{N}\p{M}._%+'’&=-]*[\p{L}\p{N}_%+-])(?:@|＠|&#64;|%40)"#,
    r"[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.\p{L}[\p{L}\p{N}-]+",
    r"|[\p{L}\p{N}._%+-]+[ \t]*[\[({][ ]?(?i:at|@|arroba|chiocciola)[ ]?[\])}][ \t]*[\p{L}\p{N}-]+",
    r"(?:(?:\.|[ \t]*[\[({][ ]?(?i:dot|punkt|punto|point|ponto|punt|\.)[ ]?[\])}][ \t]*)[\p{L}\p{N}-]+)+",
));

/// `jane at example dot com`, with endings that are no words: one can stare at the dot in a corner.
static SPOKEN: Expression = Expression::of(concat!(
    r"(?i)[\p{L}\p{N}._%+-]+[ ]+(?:at|arroba|chez|chiocciola|apenstaartje)[ ]+([\p{L}\p{N}-]+)(?:[ ]+(?:dot|punkt|punto|point|ponto|punt)[ ]+[\p{L}\p{N}-]+){0,2}[ ]+(?:dot|punkt|punto|point|ponto|punt)[ ]+",
    r"(?:com|org|net|edu|gov|info|dev|biz|io|co|ai|de|fr|nl|eu|uk|ca|au|jp|cn|br|ch|pl|ru|dk|fi)(?-u:\b)",
));

static SPACED: Expression =
    Expression::of(r"([\p{L}\p{N}._%+-]+)[ \t]?@[ \t]{1,2}[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.\p{L}[\p{L}\p{N}-]+");

/// Words before a lone `@` that means "at".
const NOBODY: &str = concat!(
    "available|bought|buy|check|download|find|found|get|her|here|him|it|live|look|me|meet|now|only|order|ordered|out|",
    "page|posted|price|sale|see|shop|site|them|up|us|you",
);

/// Finds mail addresses as machines write them, and with a bracketed `at`.
pub(super) fn written(text: &str, found: &mut Stretches) {
    for m in EMAIL.on(text).find_iter(text) {
        // Whoever fetches code signs in as nobody.
        let nobody =
            m.as_str().starts_with("git@") && (text[..m.start()].ends_with("://") || text[m.end()..].starts_with(':'));
        if !nobody {
            found.push((alone(text, m.range()), Kind::Email));
        }
    }
}

/// Without what stands next to it: a field's name and `=`, and words of scripts without spaces.
fn alone(text: &str, range: Range<usize>) -> Range<usize> {
    let shown = &text[range.clone()];
    let Some(at) = shown.rfind('@') else { return range };
    let (local, domain) = shown.split_at(at);
    let field = local.rfind('=').filter(|end| {
        let name = local[..*end].rsplit('&').next().unwrap_or_default();
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphabetic() || matches!(b, b'_' | b'-'))
    });
    let mut start = field.map_or(0, |end| end + 1);
    if local.ends_with(|c: char| c.is_ascii()) {
        start =
            local.rfind(runs_on).map_or(start, |i| start.max(i + local[i..].chars().next().map_or(1, char::len_utf8)));
    }
    let last = domain.rfind('.').map_or(0, |dot| dot + 1);
    let ascii = domain[last..].starts_with(|c: char| c.is_ascii_alphabetic());
    let end = if ascii { domain[last..].find(runs_on).map_or(domain.len(), |i| last + i) } else { domain.len() };
    range.start + start..range.start + at + end
}

/// A letter that may follow another word's without a space.
fn runs_on(c: char) -> bool {
    c.is_alphabetic() && !joins(Some(c))
}

/// Finds those that are spelt out.
pub(super) fn spoken(text: &str, found: &mut Stretches) {
    for c in SPOKEN.on(text).captures_iter(text) {
        let nowhere = matches!(c[1].to_lowercase().as_str(), "the" | "a" | "my" | "our" | "this" | "that");
        if !nowhere && let Some(m) = c.get(0) {
            found.push((m.range(), Kind::Email));
        }
    }
}

/// Finds those with a space around the `@`.
pub(super) fn spaced(text: &str, found: &mut Stretches) {
    for c in SPACED.on(text).captures_iter(text) {
        let local = c[1].to_lowercase();
        let nobody = !local.chars().any(char::is_alphabetic) || is_one_of(&local, NOBODY);
        if !nobody && let Some(m) = c.get(0) {
            found.push((m.range(), Kind::Email));
        }
    }
}
