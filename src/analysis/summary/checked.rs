//! Whether what a language model wrote may stand in place of what was computed.
//!
//! A model reads what strangers wrote and may do as they say. So nothing of its answer is trusted: every stretch in quotation
//! marks must be somebody's words letter for letter, every number one of the computed ones, and nothing may be in it that
//! leads, calls or marks up anything. What does not pass is dropped whole, and the computed words stand.

mod claims;
mod marks;
mod numbers;
mod said;

use serde::Deserialize;

use self::numbers::Allowed;
use super::quotes::Quote;
use super::sentence::{Measure, Sentence, Value};

/// Longest answer that is read, bytes.
const ANSWER_MAX_BYTES: usize = 16 * 1024;
/// Longest summary, characters.
const SUMMARY_MAX: usize = 700;
/// Shortest summary, words.
const WORDS_MIN: usize = 5;
/// Quotes beside the summary.
const QUOTES_MAX: usize = 5;

/// Why an answer was not taken. The names are a closed set: they are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fault {
    /// It is not the JSON that was asked for.
    NoDocument,
    /// It says nothing.
    Empty,
    /// It is longer than a summary.
    TooLong,
    /// A stretch in quotation marks that nobody said.
    InventedQuote,
    /// A number that was not computed, or a word that claims one.
    WrongNumber,
    /// The number of people is not in it: it is no summary of them.
    NoNumber,
    /// An address.
    Link,
    /// A mention, a reference, markup, or a character that hides something.
    Markup,
    /// It is not in the language that was asked for, or is no language.
    Language,
    /// It speaks of itself or of what it was told, not of customers.
    NoSummary,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::NoDocument,
        Self::Empty,
        Self::TooLong,
        Self::InventedQuote,
        Self::WrongNumber,
        Self::NoNumber,
        Self::Link,
        Self::Markup,
        Self::Language,
        Self::NoSummary,
    ];

    /// The name that is counted and stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoDocument => "no_document",
            Self::Empty => "empty",
            Self::TooLong => "too_long",
            Self::InventedQuote => "invented_quote",
            Self::WrongNumber => "wrong_number",
            Self::NoNumber => "no_number",
            Self::Link => "link",
            Self::Markup => "markup",
            Self::Language => "language",
            Self::NoSummary => "no_summary",
        }
    }
}

/// What a model was given.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// The computed words: their numbers may be used, their names too.
    pub sentence: &'a Sentence,
    /// What customers said.
    pub statements: &'a [Quote],
}

/// What passed.
#[derive(Clone, Debug, PartialEq)]
pub struct Rephrased {
    /// The summary, one line.
    pub text: String,
    /// Customers' words that the model chose, as they stand in their statements.
    pub quotes: Vec<Quote>,
}

#[derive(Deserialize)]
struct Answer {
    summary: String,
    #[serde(default)]
    quotes: Vec<String>,
}

/// Checks an answer. Any text is taken, in a time that grows with its length only.
pub fn check(answer: &str, given: &Given<'_>) -> Result<Rephrased, Fault> {
    if answer.len() > ANSWER_MAX_BYTES {
        return Err(Fault::TooLong);
    }
    let answer: Answer = serde_json::from_str(document(answer)).map_err(|_| Fault::NoDocument)?;
    let text = answer.summary.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        return Err(Fault::Empty);
    }
    if text.chars().count() > SUMMARY_MAX || answer.quotes.len() > QUOTES_MAX {
        return Err(Fault::TooLong);
    }
    let said: Vec<said::Said<'_>> = given.statements.iter().map(said::Said::of).collect();
    let own = own_words(&text, given, &said)?;
    marks::check(&own)?;
    let found = numbers::check(&own, &allowed(given.sentence))?;
    claims::check(&own, given.sentence)?;
    let people = given.sentence.numbers().find(|n| n.of == Measure::People).map(|n| n.value);
    if !matches!(people, Some(Value::Count(n)) if found.contains(&n)) {
        return Err(Fault::NoNumber);
    }
    let mut quotes: Vec<Quote> = Vec::new();
    for quote in &answer.quotes {
        let quote = said::find(quote, &said).ok_or(Fault::InventedQuote)?;
        if quotes.iter().all(|q| q.id != quote.id && q.person != quote.person) {
            quotes.push(quote);
        }
    }
    Ok(Rephrased { text, quotes })
}

/// The document in an answer: models like to fence it, and some think aloud before.
fn document(answer: &str) -> &str {
    let answer = match answer.trim().strip_prefix("<think>").and_then(|rest| rest.split_once("</think>")) {
        Some((_, after)) => after.trim(),
        None => answer.trim(),
    };
    let unfenced = answer.strip_prefix("```json").or_else(|| answer.strip_prefix("```"));
    unfenced.and_then(|inner| inner.strip_suffix("```")).unwrap_or(answer).trim()
}

/// Stands for what is not the model's own: a name that was given, or somebody's words.
const THEIRS: char = '\u{fffc}';

/// A text with names that were given and stretches that were said replaced by [`THEIRS`].
fn own_words(text: &str, given: &Given<'_>, said: &[said::Said<'_>]) -> Result<String, Fault> {
    if text.contains(THEIRS) {
        return Err(Fault::Markup);
    }
    let names: Vec<&str> = given.sentence.names().collect();
    let mut own = said::without_quotes(text, said, &names)?;
    let mut phrases = phrases(given.sentence);
    phrases.sort_by_key(|p| std::cmp::Reverse(p.len()));
    for phrase in phrases {
        own = without(&own, &phrase);
    }
    Ok(own)
}

/// What may be repeated letter for letter: names, days and lengths of time. A name that is a number by itself may stand with
/// what it names only.
fn phrases(sentence: &Sentence) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let named = sentence.names().filter(|name| !name.trim().is_empty());
    for name in named.map(|n| n.split_whitespace().collect::<Vec<_>>().join(" ")) {
        if numbers::is_number(&name) {
            all.extend(["version", "variant", "platform", "plan"].map(|of| format!("{of} {name}")));
        } else {
            all.push(name);
        }
    }
    all.extend(
        sentence.numbers().filter(|n| matches!(n.value, Value::Day(_) | Value::Lasting(_))).map(|n| n.value.words()),
    );
    all
}

/// A text with every whole occurrence of a phrase replaced.
fn without(text: &str, phrase: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut at = 0;
    for (start, _) in text.match_indices(phrase) {
        let end = start + phrase.len();
        let touches = |c: Option<char>, edge: Option<char>| {
            c.is_some_and(char::is_alphanumeric) && edge.is_some_and(char::is_alphanumeric)
        };
        let inside = touches(text[..start].chars().next_back(), phrase.chars().next())
            || touches(text[end..].chars().next(), phrase.chars().next_back());
        if start >= at && !inside {
            kept.push_str(&text[at..start]);
            kept.push(THEIRS);
            at = end;
        }
    }
    kept.push_str(&text[at..]);
    kept
}

fn allowed(sentence: &Sentence) -> Allowed {
    let mut allowed = Allowed::default();
    for number in sentence.numbers() {
        match number.value {
            Value::Count(n) => {
                allowed.counts.insert(n);
            }
            Value::Share { part, whole } => {
                allowed.counts.extend([part, whole]);
                allowed.shares.push((part, whole));
            }
            // These may be repeated as they stand.
            Value::Day(_) | Value::Lasting(_) => {}
        }
    }
    allowed
}

#[cfg(test)]
mod tests;
