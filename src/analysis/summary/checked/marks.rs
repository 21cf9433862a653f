//! Nothing that leads, calls, marks up or hides: the model's own words are letters, digits and the marks of plain prose.
//! What is not on the list is not in it, so that no list of dangers has to be complete.

use super::{Fault, THEIRS};

/// Marks of plain prose.
const MARKS: &str = ".,;:!?()'’‘–—-…%/& ";
/// Share of words, in percent, that must be among [`COMMON`].
const COMMON_MIN: usize = 12;
/// Words that English prose can't do without.
const COMMON: &[&str] = &[
    "a",
    "about",
    "after",
    "also",
    "and",
    "are",
    "as",
    "at",
    "be",
    "because",
    "been",
    "but",
    "by",
    "can",
    "customers",
    "do",
    "for",
    "from",
    "had",
    "has",
    "have",
    "in",
    "is",
    "it",
    "its",
    "many",
    "more",
    "most",
    "not",
    "of",
    "on",
    "one",
    "or",
    "people",
    "say",
    "since",
    "some",
    "than",
    "that",
    "the",
    "their",
    "them",
    "they",
    "this",
    "to",
    "users",
    "was",
    "were",
    "when",
    "which",
    "while",
    "who",
    "with",
    "would",
];
/// What a model says of itself, of its task, or to its reader.
const ASIDES: &[&str] = &[
    "as an ai",
    "language model",
    "i cannot",
    "i can't",
    "i'm sorry",
    "i am sorry",
    "instruction",
    "system prompt",
    "json",
    "the assistant",
    "click here",
    "visit ",
    "log in at",
    "your password",
    "dear ",
];

/// Checks words in which everything of others is [`THEIRS`].
pub(super) fn check(own: &str) -> Result<(), Fault> {
    let chars: Vec<char> = own.chars().collect();
    for (i, c) in chars.iter().enumerate() {
        let before = i.checked_sub(1).map(|b| chars[b]);
        let after = chars.get(i + 1).copied();
        let letter = |c: Option<char>| c.is_some_and(char::is_alphabetic);
        match c {
            // An address has no space after its dots and colons.
            '.' if letter(after) && before.is_some_and(char::is_alphanumeric) && !abbreviates(&chars, i) => {
                return Err(Fault::Link);
            }
            ':' if after.is_some_and(|a| !a.is_whitespace() && a != THEIRS) => return Err(Fault::Link),
            // `/close` is a command; `and/or` is not.
            '/' if !before.is_some_and(char::is_alphanumeric) || !after.is_some_and(char::is_alphanumeric) => {
                return Err(Fault::Markup);
            }
            '-' if before == Some('-') => return Err(Fault::Markup),
            // A line that begins with one is a list.
            '-' | '–' | '—' if before.is_none() => return Err(Fault::Markup),
            c if *c == THEIRS || MARKS.contains(*c) || c.is_ascii_alphanumeric() || is_latin(*c) => {}
            // Other scripts are other languages; the rest is markup, pictures and what can't be seen.
            c if c.is_alphabetic() => return Err(Fault::Language),
            c if c.is_numeric() => return Err(Fault::WrongNumber),
            _ => return Err(Fault::Markup),
        }
    }
    is_english_prose(own)
}

/// `e.g.` and the like: single letters around the dot.
fn abbreviates(chars: &[char], dot: usize) -> bool {
    let single = |at: Option<usize>, beyond: Option<usize>| {
        at.and_then(|i| chars.get(i)).is_some_and(|c| c.is_alphabetic())
            && !beyond.and_then(|i| chars.get(i)).is_some_and(|c| c.is_alphanumeric())
    };
    single(dot.checked_sub(1), dot.checked_sub(2)) && single(Some(dot + 1), Some(dot + 2))
}

/// Letters of the Latin script beyond ASCII; no ligatures and no letters that only look like others.
fn is_latin(c: char) -> bool {
    matches!(c, '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{17f}')
}

fn is_english_prose(own: &str) -> Result<(), Fault> {
    let lower = own.to_lowercase().replace('’', "'");
    if ASIDES.iter().any(|aside| lower.contains(aside)) {
        return Err(Fault::NoSummary);
    }
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphabetic() && c != '\'').filter(|w| !w.is_empty()).collect();
    if words.len() < super::WORDS_MIN {
        return Err(Fault::Empty);
    }
    let common = words.iter().filter(|w| COMMON.contains(w)).count();
    let mut different = words.clone();
    different.sort_unstable();
    different.dedup();
    // A model that turns in circles says the same few words.
    let circles = words.len() >= 20 && different.len() * 3 < words.len();
    if common * 100 < words.len() * COMMON_MIN || circles { Err(Fault::Language) } else { Ok(()) }
}
