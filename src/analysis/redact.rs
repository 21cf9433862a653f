//! Removes personal data and secrets. Names and street addresses are not promised: without a model every capitalised word
//! would be one. What is doubtful and costs little (a long random token) goes; what people need to understand a report
//! (versions, dates, amounts, error codes, commit-sized hashes) stays.
//!
//! Redacting again changes nothing, and the time taken grows with the text's length only: expressions are finite automata,
//! and everything looked up by hand looks at a bounded stretch.

mod fold;
mod mail;
mod named;
mod numbers;
mod phones;
mod secrets;
mod urls;

use std::borrow::Cow;

use regex::{Captures, Regex};

/// A text that may leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redacted {
    /// What is left, with `[email]`, `[phone]` and the like in place of what was removed.
    pub text: String,
}

/// What was removed. While the rules run, each stands in the text as one of Unicode's noncharacters ("for internal use"), so
/// that no rule reads another's placeholder as somebody's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Email,
    Phone,
    Card,
    Iban,
    Address,
    Mac,
    Id,
    Secret,
}

impl What {
    const ALL: [(Self, &'static str); 8] = [
        (Self::Email, "[email]"),
        (Self::Phone, "[phone]"),
        (Self::Card, "[card]"),
        (Self::Iban, "[iban]"),
        (Self::Address, "[ip]"),
        (Self::Mac, "[mac]"),
        (Self::Id, "[id]"),
        (Self::Secret, "[secret]"),
    ];

    fn mark(self) -> &'static str {
        match self {
            Self::Email => "\u{fdd0}",
            Self::Phone => "\u{fdd1}",
            Self::Card => "\u{fdd2}",
            Self::Iban => "\u{fdd3}",
            Self::Address => "\u{fdd4}",
            Self::Mac => "\u{fdd5}",
            Self::Id => "\u{fdd6}",
            Self::Secret => "\u{fdd7}",
        }
    }
}

/// Rounds of all rules. A removal can uncover what looked like part of something else; two rounds settle every text that
/// people write.
const ROUNDS_MAX: usize = 8;

/// Removes personal data and secrets from a text.
pub fn redact(text: &str) -> Redacted {
    let mut marked = to_marks(text);
    for _ in 0..ROUNDS_MAX {
        let next = numbers::remove(secrets::remove(marked.clone()));
        if next == marked {
            return Redacted { text: to_words(marked) };
        }
        marked = next;
    }
    // Only a text built to escape is still moving: nothing of it leaves.
    Redacted { text: to_words(What::Secret.mark().to_owned()) }
}

fn to_marks(text: &str) -> String {
    let mut marked = text.replace(|c: char| matches!(c, '\u{fdd0}'..='\u{fdef}'), "");
    if marked.contains('[') {
        for (what, word) in What::ALL {
            marked = marked.replace(word, what.mark());
        }
    }
    marked
}

fn to_words(mut marked: String) -> String {
    if marked.contains(|c: char| matches!(c, '\u{fdd0}'..='\u{fdef}')) {
        for (what, word) in What::ALL {
            marked = marked.replace(what.mark(), word);
        }
    }
    marked
}

/// Replaces stretches, given in order and apart, by their marks.
fn replace(text: String, found: &[(std::ops::Range<usize>, What)]) -> String {
    if found.is_empty() {
        return text;
    }
    let mut kept = String::with_capacity(text.len());
    let mut at = 0;
    for (range, what) in found {
        kept.push_str(&text[at..range.start]);
        kept.push_str(what.mark());
        at = range.end;
    }
    kept.push_str(&text[at..]);
    kept
}

/// Puts what `by` says in place of each match.
fn replace_each(text: String, expression: &Regex, by: impl Fn(&Captures<'_>) -> String) -> String {
    match expression.replace_all(&text, by) {
        Cow::Borrowed(_) => text,
        Cow::Owned(changed) => changed,
    }
}

#[cfg(test)]
mod tests;
