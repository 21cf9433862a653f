//! A text as words, pictures and marks. What carries no words (addresses of pages, placeholders of what was removed) is
//! passed over.

use std::ops::Range;

use super::normalize::is_emoji;

/// Longest text that is read word by word, in words; what follows is not looked at.
const WORDS_MAX: usize = 4_000;

/// Faces made of marks, longest first.
const FACES: [&str; 30] = [
    ":'-(", ":'(", ":'-)", ":')", ":-)", ":-(", ";-)", ":-/", ":-\\", ":-d", ":-p", ":-|", ">:(", ":((", ":))", "=)",
    "=(", ":)", ":(", ";)", ":/", ":\\", ":d", ":p", ":|", "<3", "</3", ":]", ":[", "^^",
];

/// What a stretch of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Letters, with digits and apostrophes in them.
    Word,
    /// A number.
    Number,
    /// One emoji, or a face made of marks.
    Picture,
    /// A comma, a dash: a clause may end.
    Pause,
    /// A full stop, a line end: a sentence ends.
    Stop,
    /// An exclamation mark.
    Shout,
    /// A question mark.
    Ask,
}

/// One stretch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// What it is.
    pub kind: Kind,
    /// Where it stands in the text, in bytes.
    pub at: Range<usize>,
    /// Where it stands in [`Words::lower`].
    low: Range<usize>,
    /// All in capitals, two letters or more.
    pub shouted: bool,
    /// A letter is drawn out ("soooo").
    pub drawn_out: bool,
}

/// A text, read.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    /// All of it in order.
    pub all: Vec<Word>,
    /// The words in lower case with one space between, apostrophes straight, drawn-out letters cut to two.
    lower: String,
}

impl Words {
    /// Reads a text.
    pub fn read(text: &str) -> Self {
        let mut words = Self::default();
        let mut at = 0;
        while at < text.len() && words.all.len() < WORDS_MAX {
            at = words.take(text, at);
        }
        words
    }

    /// One word in lower case.
    pub fn lower(&self, index: usize) -> &str {
        &self.lower[self.all[index].low.clone()]
    }

    /// `count` words in lower case with one space between; `None` where there are fewer or a mark stands between them.
    pub fn phrase(&self, first: usize, count: usize) -> Option<&str> {
        let part = self.all.get(first..first + count)?;
        let joined =
            part.iter().all(|w| matches!(w.kind, Kind::Word | Kind::Number) || count == 1 && w.kind == Kind::Picture);
        joined.then(|| &self.lower[part[0].low.start..part[count - 1].low.end])
    }

    /// How many are words.
    pub fn count(&self) -> usize {
        self.all.iter().filter(|w| w.kind == Kind::Word).count()
    }

    /// Takes what begins at `at`, and tells where the next begins.
    fn take(&mut self, text: &str, at: usize) -> usize {
        let rest = &text[at..];
        let Some(c) = rest.chars().next() else { return text.len() };
        if c.is_alphanumeric() {
            return self.take_word(text, at);
        }
        if let Some(skipped) = placeholder(rest) {
            return at + skipped;
        }
        if let Some(face) =
            face(rest, at == 0 || text[..at].ends_with(char::is_whitespace) || text[..at].ends_with(['.', '!', '?']))
        {
            self.push(Kind::Picture, at..at + face.len(), face);
            return at + face.len();
        }
        let end = at + c.len_utf8();
        match c {
            '!' | '！' | '¡' => self.push(Kind::Shout, at..end, ""),
            '?' | '？' => self.push(Kind::Ask, at..end, ""),
            '.' | '\n' | '…' | '。' => self.push(Kind::Stop, at..end, ""),
            ',' | ';' | ':' | '(' | ')' | '–' | '—' | '、' => self.push(Kind::Pause, at..end, ""),
            c if is_emoji(c) => self.push(Kind::Picture, at..end, &rest[..c.len_utf8()]),
            _ => {}
        }
        end
    }

    fn take_word(&mut self, text: &str, at: usize) -> usize {
        let rest = &text[at..];
        let mut end = rest.len();
        let mut chars = rest.char_indices().peekable();
        while let Some((i, c)) = chars.next() {
            let inside = c.is_alphanumeric()
                || matches!(c, '\'' | '’') && chars.peek().is_some_and(|(_, next)| next.is_alphabetic())
                || matches!(c, '\u{300}'..='\u{36f}');
            if !inside {
                end = i;
                break;
            }
        }
        if rest[end..].starts_with("://") {
            return at + rest.find(char::is_whitespace).unwrap_or(rest.len());
        }
        let shown = &rest[..end];
        let kind = if shown.chars().all(char::is_numeric) { Kind::Number } else { Kind::Word };
        let (low, drawn_out) = plain(shown);
        let letters = shown.chars().filter(|c| c.is_alphabetic()).count();
        let shouted = letters > 1 && shown.chars().all(|c| !c.is_lowercase());
        self.push(kind, at..at + end, &low);
        if let Some(word) = self.all.last_mut() {
            word.shouted = shouted;
            word.drawn_out = drawn_out;
        }
        at + end
    }

    fn push(&mut self, kind: Kind, at: Range<usize>, low: &str) {
        if !self.lower.is_empty() && !low.is_empty() {
            self.lower.push(' ');
        }
        let start = self.lower.len();
        self.lower.push_str(low);
        self.all.push(Word { kind, at, low: start..self.lower.len(), shouted: false, drawn_out: false });
    }
}

/// In lower case, with a straight apostrophe, no letter more than twice in a row; and whether one was.
fn plain(shown: &str) -> (String, bool) {
    let mut low = String::with_capacity(shown.len());
    let mut drawn_out = false;
    let mut last = ('\0', 0);
    for c in shown.chars().flat_map(char::to_lowercase) {
        let c = if c == '’' { '\'' } else { c };
        last = (c, if c == last.0 { last.1 + 1 } else { 1 });
        if last.1 > 2 && c.is_alphabetic() {
            drawn_out = true;
        } else {
            low.push(c);
        }
    }
    (low, drawn_out)
}

/// Length of a `[placeholder]` that begins here.
fn placeholder(rest: &str) -> Option<usize> {
    ["[email]", "[phone]", "[card]", "[iban]", "[ip]", "[mac]", "[id]", "[secret]"]
        .into_iter()
        .find(|p| rest.starts_with(p))
        .map(str::len)
}

/// A face made of marks. Those with letters or slashes only after a space: `C:/d` is a path.
fn face(rest: &str, apart: bool) -> Option<&'static str> {
    let begins = |face: &str| rest.get(..face.len()).is_some_and(|head| head.eq_ignore_ascii_case(face));
    let ends = |face: &str| rest[face.len()..].chars().next().is_none_or(|c| !c.is_alphanumeric() && c != '/');
    FACES.into_iter().find(|f| begins(f) && ends(f) && (apart || !f.ends_with(['d', 'p', '/', '\\', '|', ']', '['])))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shape(text: &str) -> String {
        let words = Words::read(text);
        let shown = (0..words.all.len()).map(|i| match words.all[i].kind {
            Kind::Word | Kind::Number => words.lower(i).to_owned(),
            Kind::Picture => format!("<{}>", words.lower(i)),
            Kind::Pause => ",".into(),
            Kind::Stop => ".".into(),
            Kind::Shout => "!".into(),
            Kind::Ask => "?".into(),
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn texts_are_read_as_people_write_them() {
        for (text, want) in [
            ("Don’t CRASH, pls!", "don't crash , pls !"),
            ("soooo goood :-) <3", "soo good <:-)> <<3>"),
            ("see https://a.b/c?d=1 now", "see now"),
            ("write [email] :D 👍🏽", "write <:d> <👍> <🏽>"),
            ("C:/dir v1.4", "c , dir v1 . 4"),
            ("", ""),
        ] {
            assert_eq!(shape(text), want, "{text}");
        }
    }

    #[test]
    fn phrases_do_not_cross_marks() {
        let words = Words::read("not working, at all");
        assert_eq!(words.phrase(0, 2), Some("not working"));
        assert_eq!(words.phrase(1, 3), None);
        assert_eq!(words.phrase(4, 9), None);
    }

    proptest! {
        #[test]
        fn any_text_can_be_read(text in any::<String>()) {
            let words = Words::read(&text);
            for (i, word) in words.all.iter().enumerate() {
                prop_assert!(text.get(word.at.clone()).is_some());
                let _ = (words.lower(i), words.phrase(i, 3));
            }
        }
    }
}
