//! A text in which marks stand for what was removed, and where each came from.

use std::borrow::Cow;
use std::ops::Range;

use super::{Found, Kind, Redacted, Stretches};

/// Bytes of a mark.
const MARK_LEN: usize = 3;

/// The text as the rules see it.
pub(super) struct Marked<'a> {
    text: Cow<'a, str>,
    /// In order.
    marks: Vec<Mark>,
}

/// One mark.
struct Mark {
    /// Where it stands in the marked text.
    at: usize,
    /// What it stands for in the text that was given.
    from: Range<usize>,
    kind: Kind,
    /// Whether its word stood there already.
    stood: bool,
}

/// Noncharacters that are used as marks, and their neighbours, which expressions leave out with them.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{fdd0}'..='\u{fdef}')
}

impl<'a> Marked<'a> {
    /// A text as it was given. Placeholders in it become marks; noncharacters, which nobody writes, are replaced by the
    /// character for what can't be read, which is as long.
    pub(super) fn of(text: &'a str, placeholders: bool) -> Self {
        let mut text = Cow::Borrowed(text);
        if text.bytes().any(|b| b == 0xef) && text.contains(is_mark) {
            text = Cow::Owned(text.replace(is_mark, "\u{fffd}"));
        }
        let mut marked = Self { text, marks: Vec::new() };
        if placeholders {
            marked.adopt();
        }
        marked
    }

    /// Marks the words that stand in the text.
    fn adopt(&mut self) {
        let mut found = Stretches::new();
        for (at, _) in self.text.match_indices('[') {
            if let Some(kind) = Kind::ALL.into_iter().find(|k| self.text[at..].starts_with(k.word())) {
                found.push((at..at + kind.word().len(), kind));
            }
        }
        self.put(&found, true);
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Puts marks in place of stretches, given in order and apart. A mark inside one becomes part of it.
    pub(super) fn replace(&mut self, found: &[(Range<usize>, Kind)]) {
        self.put(found, false);
    }

    fn put(&mut self, found: &[(Range<usize>, Kind)], stood: bool) {
        if found.is_empty() {
            return;
        }
        let earlier = std::mem::take(&mut self.marks);
        let mut next = Next { text: String::with_capacity(self.text.len()), marks: Vec::new(), at: 0, given: 0 };
        let mut earlier = earlier.into_iter().peekable();
        for (range, kind) in found {
            while let Some(mark) = earlier.next_if(|m| m.at < range.start) {
                next.keep(&self.text, mark);
            }
            let start = next.given + (range.start - next.at);
            next.text.push_str(&self.text[next.at..range.start]);
            (next.at, next.given) = (range.start, start);
            while let Some(mark) = earlier.next_if(|m| m.at < range.end) {
                (next.at, next.given) = (mark.at + MARK_LEN, mark.from.end);
            }
            let end = next.given + (range.end - next.at);
            next.marks.push(Mark { at: next.text.len(), from: start..end, kind: *kind, stood });
            next.text.push(kind.mark());
            (next.at, next.given) = (range.end, end);
        }
        for mark in earlier {
            next.keep(&self.text, mark);
        }
        next.text.push_str(&self.text[next.at..]);
        self.text = Cow::Owned(next.text);
        self.marks = next.marks;
    }

    /// The text with words in place of marks, and what was removed.
    pub(super) fn into_words(self, given: &str) -> Redacted {
        if self.marks.is_empty() {
            return Redacted { text: self.text.into_owned(), found: Vec::new() };
        }
        let mut text = String::with_capacity(given.len());
        let mut at = 0;
        for mark in &self.marks {
            text.push_str(&self.text[at..mark.at]);
            text.push_str(mark.kind.word());
            at = mark.at + MARK_LEN;
        }
        text.push_str(&self.text[at..]);
        let found =
            self.marks.into_iter().filter(|m| !m.stood).map(|m| Found { kind: m.kind, range: m.from }).collect();
        Redacted { text, found }
    }
}

/// A marked text while it is made from an earlier one.
struct Next {
    text: String,
    marks: Vec<Mark>,
    /// How much of the earlier one is done, and where that is in the text that was given.
    at: usize,
    given: usize,
}

impl Next {
    /// Takes an earlier mark over.
    fn keep(&mut self, earlier: &str, mark: Mark) {
        self.text.push_str(&earlier[self.at..mark.at]);
        (self.at, self.given) = (mark.at + MARK_LEN, mark.from.end);
        self.marks.push(Mark { at: self.text.len(), from: mark.from, kind: mark.kind, stood: mark.stood });
        self.text.push(mark.kind.mark());
    }
}
