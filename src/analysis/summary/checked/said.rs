//! Whether somebody said it.
//!
//! Two texts are the same words where they differ in spacing and in the shape of quotation marks, apostrophes and dashes
//! only. A stretch begins and ends with a whole word, because "happy" is not what was said with "unhappy"; and no word that
//! turns it round may stand right before it, because "works" is not what was said with "never works".

use super::super::quotes::{QUOTE_MAX_CHARS, Quote};
use super::{Fault, THEIRS};
use unicode_segmentation::UnicodeSegmentation;

/// Fewest letters of a quote: less proves nothing.
const LETTERS_MIN: usize = 2;
/// The same where a number is in it: it must not pass for a computed one.
const LETTERS_WITH_NUMBER_MIN: usize = 8;
/// Words that turn round what follows, in the languages that are read.
const TURNS: &[&str] = &[
    "not",
    "no",
    "never",
    "without",
    "hardly",
    "barely",
    "isn't",
    "wasn't",
    "aren't",
    "don't",
    "doesn't",
    "didn't",
    "can't",
    "cannot",
    "couldn't",
    "won't",
    "wouldn't",
    "nicht",
    "kein",
    "keine",
    "keinen",
    "nie",
    "niemals",
    "ohne",
    "kaum",
    "ne",
    "pas",
    "jamais",
    "sans",
    "aucun",
    "aucune",
    "nunca",
    "jamás",
    "sin",
    "não",
    "nao",
    "nem",
    "sem",
    "non",
    "mai",
    "senza",
    "niet",
    "geen",
    "nooit",
    "zonder",
    "لا",
    "لم",
    "لن",
    "ليس",
    "नहीं",
    "न",
    "不",
    "没",
    "没有",
];

/// A statement, ready to be searched.
pub(super) struct Said<'a> {
    quote: &'a Quote,
    /// The text in its plain form.
    plain: String,
    /// For each byte of `plain`, where it comes from.
    from: Vec<usize>,
}

impl<'a> Said<'a> {
    pub fn of(quote: &'a Quote) -> Self {
        let mut plain = String::with_capacity(quote.text.len());
        let mut from = Vec::with_capacity(quote.text.len());
        for (at, c) in quote.text.char_indices() {
            let before = plain.len();
            push_plain(&mut plain, c);
            from.resize(from.len() + plain.len() - before, at);
        }
        Self { quote, plain, from }
    }

    /// Where the words are in the statement, as bytes of it.
    fn find(&self, plain: &str) -> Option<std::ops::Range<usize>> {
        self.plain.match_indices(plain).find_map(|(start, _)| {
            let end = start + plain.len();
            (self.is_whole(start, end) && !self.is_turned(start)).then(|| {
                let next = self.from.get(end).copied().unwrap_or(self.quote.text.len());
                self.from[start]..next
            })
        })
    }

    fn is_whole(&self, start: usize, end: usize) -> bool {
        let cuts = |at: usize| {
            let (before, after) = (self.plain[..at].chars().next_back(), self.plain[at..].chars().next());
            // Scripts without spaces have no words to cut.
            let wordy = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() && !spaceless(c));
            wordy(before) && wordy(after)
        };
        !cuts(start) && !cuts(end)
    }

    fn is_turned(&self, start: usize) -> bool {
        let before = self.plain[..start].trim_end();
        // A sentence that ended turns nothing.
        if before.ends_with(['.', '!', '?', ';', ':', ',', '。', '！', '？', '、']) {
            return false;
        }
        let last = before.rsplit(|c: char| !c.is_alphanumeric() && c != '\'').next().unwrap_or_default().to_lowercase();
        TURNS.contains(&last.as_str()) || before.ends_with(['不', '没'])
    }
}

/// Letters that are written without spaces between words.
fn spaceless(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

/// Adds a character in its plain form.
fn push_plain(plain: &mut String, c: char) {
    match c {
        c if c.is_whitespace() => {
            if !plain.ends_with(' ') {
                plain.push(' ');
            }
        }
        '“' | '”' | '„' | '‟' | '«' | '»' | '「' | '」' | '『' | '』' | '＂' => plain.push('"'),
        '‘' | '’' | '‚' | '‛' | '‹' | '›' | '`' | '´' | '＇' => plain.push('\''),
        '‐' | '‑' | '‒' | '–' | '—' | '―' => plain.push('-'),
        '…' => plain.push_str("..."),
        c => plain.push(c),
    }
}

fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    text.chars().for_each(|c| push_plain(&mut plain, c));
    plain.trim().to_owned()
}

/// The quote where somebody said it, letter for letter as it stands there and made whole sentences where that is short
/// enough: a stretch that was cut out may mean something else.
pub(super) fn find(stretch: &str, said: &[Said<'_>]) -> Option<Quote> {
    let (said, range) = place(stretch, said)?;
    let text = &said.quote.text;
    let whole = sentences_around(text, &range);
    let chosen = if whole.chars().count() <= QUOTE_MAX_CHARS { whole } else { text[range].trim() };
    Some(Quote { text: chosen.to_owned(), ..said.quote.clone() })
}

fn sentences_around<'t>(text: &'t str, range: &std::ops::Range<usize>) -> &'t str {
    let (mut start, mut end) = (0, text.len());
    for (at, sentence) in text.split_sentence_bound_indices() {
        if at <= range.start {
            start = at;
        }
        if at < range.end {
            end = at + sentence.len();
        }
    }
    text[start..end].trim()
}

fn place<'s, 'a>(stretch: &str, said: &'s [Said<'a>]) -> Option<(&'s Said<'a>, std::ops::Range<usize>)> {
    let plain = plain(stretch);
    // A writer's own comma or full stop may stand within the marks.
    let words = plain.trim_matches(|c: char| c.is_whitespace() || ".,;:!?\"'".contains(c));
    let letters: usize = words.chars().filter(|c| c.is_alphabetic()).map(|c| if spaceless(c) { 2 } else { 1 }).sum();
    let least = if words.contains(char::is_numeric) { LETTERS_WITH_NUMBER_MIN } else { LETTERS_MIN };
    if letters < least {
        return None;
    }
    said.iter().find_map(|s| s.find(words).map(|range| (s, range)))
}

/// A text with every stretch in quotation marks replaced, where somebody said it or it is a name that was given.
pub(super) fn without_quotes(text: &str, said: &[Said<'_>], names: &[&str]) -> Result<String, Fault> {
    let chars: Vec<char> = text.chars().collect();
    let mut own = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let before = at.checked_sub(1).map(|i| chars[i]);
        let Some(closers) = opens(chars[at], before, chars.get(at + 1).copied()) else {
            // What only ever closes has nothing that it could close.
            if matches!(chars[at], '”' | '»' | '」' | '』' | '›') {
                return Err(Fault::InventedQuote);
            }
            own.push(chars[at]);
            at += 1;
            continue;
        };
        let Some(len) = chars[at + 1..]
            .iter()
            .enumerate()
            .position(|(i, c)| closers.contains(c) && closes(chars[at], chars.get(at + 2 + i).copied()))
        else {
            if matches!(chars[at], '\'' | '‘') {
                own.push('\'');
                at += 1;
                continue;
            }
            return Err(Fault::InventedQuote);
        };
        let stretch: String = chars[at + 1..at + 1 + len].iter().collect();
        let is_name = names.iter().any(|name| plain(name) == plain(&stretch).trim_matches([',', '.', ' ']));
        if !is_name && place(&stretch, said).is_none() {
            return Err(Fault::InventedQuote);
        }
        own.push(THEIRS);
        at += len + 2;
    }
    Ok(own)
}

/// What closes a stretch that opens here; `None` where none does. An apostrophe in a word opens nothing.
fn opens(c: char, before: Option<char>, after: Option<char>) -> Option<&'static [char]> {
    match c {
        '"' | '＂' => Some(&['"', '＂']),
        '“' | '„' | '‟' => Some(&['”', '“', '"']),
        '«' => Some(&['»']),
        '‹' => Some(&['›']),
        '「' => Some(&['」']),
        '『' => Some(&['』']),
        '`' => Some(&['`']),
        '\'' | '‘' | '‚' | '‛'
            if before.is_none_or(|b| !b.is_alphanumeric()) && after.is_some_and(|a| !a.is_whitespace()) =>
        {
            Some(&['\'', '’', '‘'])
        }
        _ => None,
    }
}

/// A single mark within a word is an apostrophe.
fn closes(opened: char, after: Option<char>) -> bool {
    !matches!(opened, '\'' | '‘' | '‚' | '‛') || after.is_none_or(|a| !a.is_alphanumeric())
}
