//! One form for texts that look the same. Nothing that people wrote to be seen is changed, except that more than two blank
//! lines become two.

use std::borrow::Cow;
use std::iter;

use unicode_normalization::UnicodeNormalization;

use super::hashing::{EMPTY, add_byte, add_bytes};

/// Blank lines that may stand in a row.
const BLANK_LINES_MAX: usize = 2;

/// The text in Unicode's NFC, with line ends as `\n`, without invisible and control characters.
pub fn normalize(text: &str) -> String {
    normalized(text).into_owned()
}

/// [`normalize`], which changes few texts.
pub fn normalized(text: &str) -> Cow<'_, str> {
    // Looking at some bytes at a time is fast, and so is looking on once most are known to be plain.
    let is_plain = |part: &[u8]| part.iter().fold(true, |all, b| all & matches!(b, b'\n' | b' '..=b'~'));
    if text.as_bytes().chunks(32).all(is_plain) || text.chars().all(is_normal) {
        return without_blank_runs(text);
    }
    let composed: String = visible(&text.replace("\r\n", "\n")).nfc().collect();
    Cow::Owned(without_blank_runs(&composed).into_owned())
}

/// Characters that stay as they are whatever stands beside them: they are seen, and compose with none of each other.
fn is_normal(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a1}'..='\u{ac}' | '\u{ae}'..='\u{2ff}' | '\u{2010}'..='\u{2027}'
        | '\u{3001}'..='\u{3029}' | '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}')
}

/// Equal for texts that differ only in case, digits, punctuation and spacing; 0 where nothing else is there. FNV-1a, so
/// that every machine and every release agrees.
pub fn fingerprint(text: &str) -> u64 {
    if text.is_ascii() {
        let letters = || text.bytes().filter(u8::is_ascii_alphabetic);
        return letters().next().map_or(0, |_| letters().fold(EMPTY, |hash, b| add_byte(hash, b.to_ascii_lowercase())));
    }
    let mut any = false;
    let mut hash = EMPTY;
    for c in
        visible(text).nfc().filter(|c| carries_meaning(*c)).flat_map(char::to_lowercase).filter(|c| carries_meaning(*c))
    {
        any = true;
        let mut bytes = [0; 4];
        hash = add_bytes(hash, c.encode_utf8(&mut bytes).as_bytes());
    }
    if any { hash } else { 0 }
}

/// Letters, and pictures: a heart is not a bug.
fn carries_meaning(c: char) -> bool {
    c.is_alphabetic() || is_emoji(c)
}

/// Without what can't be seen. A joiner stays between two parts of one emoji, a variation selector after what it varies.
fn visible(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut last = None;
    let next = text.chars().skip(1).map(Some).chain(iter::once(None));
    for (c, next) in text.chars().zip(next) {
        let c = match c {
            '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => '\n',
            c => c,
        };
        let stays = match c {
            '\n' | '\t' => true,
            '\u{200d}' => last.is_some_and(joins_emoji) && next.is_some_and(is_emoji),
            '\u{fe0e}' | '\u{fe0f}' => {
                last.is_some_and(|l: char| is_emoji(l) || l.is_ascii_digit() || l == '#' || l == '*')
            }
            c => !c.is_control() && !is_invisible(c),
        };
        if stays {
            kept.push(c);
            last = Some(c);
        }
    }
    kept
}

/// Zero-width, direction-changing, tag and non-characters: they hide text from people or change what they see.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fdd0}'..='\u{fdef}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
        || u32::from(c) & 0xfffe == 0xfffe
}

fn joins_emoji(c: char) -> bool {
    is_emoji(c) || c == '\u{fe0f}'
}

/// Whether a character is a picture: the blocks that hold emoji, without Unicode's whole table.
pub(super) fn is_emoji(c: char) -> bool {
    matches!(c,
        '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{23ff}' | '\u{25a0}'..='\u{27bf}' | '\u{2900}'..='\u{297f}'
        | '\u{2b00}'..='\u{2bff}' | '\u{3030}' | '\u{303d}' | '\u{1f000}'..='\u{1faff}')
}

/// Cuts runs of blank lines; lines of nothing but spaces are blank.
fn without_blank_runs(text: &str) -> Cow<'_, str> {
    if !text.contains('\n') {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len());
    let mut blank = 0;
    for line in text.split_inclusive('\n') {
        let is_blank = line.ends_with('\n') && line.trim().is_empty();
        blank = if is_blank { blank + 1 } else { 0 };
        if blank <= BLANK_LINES_MAX {
            kept.push_str(line);
        }
    }
    Cow::Owned(kept)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_normalization::IsNormalized;
    use unicode_normalization::char::canonical_combining_class;

    use super::*;

    #[test]
    fn what_looks_the_same_becomes_the_same() {
        for (text, want) in [
            ("caf\u{65}\u{301}", "café"),
            ("a\r\nb\rc\u{2028}d", "a\nb\nc\nd"),
            ("pay\u{200b}ment\u{ad} \u{202e}fails\u{feff}\u{0}", "payment fails"),
            ("👩\u{200d}💻 works, a\u{200d}b", "👩\u{200d}💻 works, ab"),
            ("❤\u{fe0f} x\u{fe0f}", "❤\u{fe0f} x"),
            ("a\n\n\n\n \t\n\nb", "a\n\n\nb"),
            ("two  spaces\tstay ", "two  spaces\tstay "),
            ("", ""),
        ] {
            assert_eq!(normalize(text), want, "{text:?}");
        }
    }

    #[test]
    fn copies_have_one_fingerprint() {
        let one = fingerprint("The app crashed 3 times!");
        for copy in ["the app crashed 12 times", "THE APP   crashed\ntimes...", "(The app) crashed #7 times?"] {
            assert_eq!(fingerprint(copy), one, "{copy}");
        }
        assert_ne!(fingerprint("The app crashes"), one);
        assert_ne!(fingerprint("👍"), fingerprint("👎"));
        assert_eq!(one, 5_740_431_959_904_130_667, "stable across machines and releases");
    }

    #[test]
    fn a_text_without_words_or_pictures_has_no_fingerprint() {
        for text in ["", "  ", "123", "?!", "…"] {
            assert_eq!(fingerprint(text), 0, "{text:?}");
        }
    }

    #[test]
    fn what_is_normal_stays_whatever_stands_beside_it() {
        let normal: Vec<char> = (char::MIN..=char::MAX).filter(|c| is_normal(*c)).collect();
        for c in &normal {
            assert!(!is_invisible(*c) && (!c.is_control() || *c == '\n'), "{c:?}");
            assert!(unicode_normalization::is_nfc_quick(std::iter::once(*c)) == IsNormalized::Yes, "{c:?}");
            assert_eq!(canonical_combining_class(*c), 0, "{c:?}");
        }
    }

    proptest! {
        #[test]
        fn normalizing_again_changes_nothing(text in any::<String>()) {
            let once = normalize(&text);
            prop_assert_eq!(normalize(&once), once);
        }

        #[test]
        fn normalizing_hostile_texts_again_changes_nothing(text in "[\r\n \u{200b}\u{200d}\u{fe0f}👩💻a\u{301}e\u{2028}]{0,40}") {
            let once = normalize(&text);
            prop_assert_eq!(normalize(&once), once);
        }

        #[test]
        fn a_normalized_text_keeps_its_fingerprint(text in any::<String>()) {
            prop_assert_eq!(fingerprint(&normalize(&text)), fingerprint(&text));
        }
    }
}
