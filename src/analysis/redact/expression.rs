//! Expressions over letters of all scripts. Compiled, each is large, and most texts need nothing of that: those without a
//! letter beyond ASCII are read with a small one that knows no others and finds the same.

use std::borrow::Cow;
use std::sync::OnceLock;

use regex::Regex;

/// Each is compiled when the first text comes that needs it.
pub(super) struct Expression {
    source: Cow<'static, str>,
    small: OnceLock<Regex>,
    whole: OnceLock<Regex>,
}

impl Expression {
    /// A fixed expression of this crate.
    pub(super) const fn of(source: &'static str) -> Self {
        Self { source: Cow::Borrowed(source), small: OnceLock::new(), whole: OnceLock::new() }
    }

    /// One that is put together from parts.
    pub(super) fn joined(parts: &[&str]) -> Self {
        Self { source: Cow::Owned(parts.concat()), small: OnceLock::new(), whole: OnceLock::new() }
    }

    /// As it reads a text.
    pub(super) fn on(&self, text: &str) -> &Regex {
        if text.is_ascii() || text.chars().all(is_small) {
            self.small.get_or_init(|| compiled(&small(&self.source)))
        } else {
            self.whole.get_or_init(|| compiled(&self.source))
        }
    }
}

fn compiled(source: &str) -> Regex {
    Regex::new(source).expect("a fixed expression")
}

/// ASCII, and what people write in any language that is neither a letter nor a number nor a mark on one: quotes, dashes,
/// pictures, and the noncharacters that stand for what was removed.
fn is_small(c: char) -> bool {
    c.is_ascii()
        || matches!(c, '\u{2010}'..='\u{2027}' | '\u{2600}'..='\u{2712}' | '\u{1f300}'..='\u{1faff}'
            | '\u{fdd0}'..='\u{fdef}')
}

/// Classes of letters, and what of them is ASCII. A class of none has no other name.
const CLASSES: [(&str, &str); 12] = [
    (r"\p{L}", "[A-Za-z]"),
    (r"\p{Latin}", "[A-Za-z]"),
    (r"\p{Lu}", "[A-Z]"),
    (r"\p{Ll}", "[a-z]"),
    (r"\p{N}", "[0-9]"),
    (r"\p{M}", NONE),
    (r"\p{Han}", NONE),
    (r"\p{Hiragana}", NONE),
    (r"\p{Katakana}", NONE),
    (r"\p{Arabic}", NONE),
    (r"\p{Devanagari}", NONE),
    (r"\p{Thai}", NONE),
];
const NONE: &str = "[a&&b]";

/// The expression with nothing in its classes but ASCII.
fn small(source: &str) -> String {
    CLASSES.iter().fold(source.to_owned(), |source, (class, ascii)| source.replace(class, ascii))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_texts_hold_no_letter_beyond_ascii() {
        let of_a_class = Regex::new(r"[\p{L}\p{N}\p{M}\p{Han}\p{Arabic}\p{Latin}&&[^\x00-\x7f]]").expect("a class");
        for c in (char::MIN..=char::MAX).filter(|c| is_small(*c)) {
            assert!(!of_a_class.is_match(&c.to_string()), "{c:?}");
        }
    }

    #[test]
    fn small_and_whole_find_the_same_in_small_texts() {
        let source = r"(?i)[\p{L}\p{N}\p{M}._'’-]+@(\p{Lu}[\p{L}-]*|[\p{Arabic}&&\p{L}]x)|(?:^|[^\p{L}])k\p{N}{2}";
        let (small, whole) = (compiled(&small(source)), compiled(source));
        for text in ["a.b@c-d", "“x@Y”", "no k12 K13", "–k99", "😀@a k1", "@x", "", "o’b@c"] {
            let found = |regex: &Regex| regex.find_iter(text).map(|m| m.range()).collect::<Vec<_>>();
            assert_eq!(found(&small), found(&whole), "{text}");
        }
    }
}
