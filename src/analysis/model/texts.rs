//! Labelled texts as CSV: `text,language,sentiment,intent,judged`. All but the text may be missing or empty.
//!
//! `sentiment` is `negative`, `neutral`, `positive` or `mixed`. `intent` is one or several of `bug`, `request`,
//! `usability`, `question`, `praise`, `other` and `spam`, joined by `+`; what is not named is not wanted. `judged` names the
//! intents that somebody looked for, where that is not all of them.

use std::fmt;

use super::learn::{Labelled, WANTS};
use crate::analysis::normalize;
use crate::domain::annotation::{Intent, Sentiment};
use crate::domain::correction::Correction;

/// The name of what nobody meant.
const SPAM: &str = "spam";

/// What the shipped weights are made from, in this order, and what each text counts.
pub const SETS: [(&str, f32); 21] = [
    ("app_feature_sentiment", 1.0),
    ("goemotions", 1.0),
    ("maalej", 1.0),
    ("uci_sentences", 1.0),
    ("vader_amazon", 1.0),
    ("vader_movie", 1.0),
    ("vader_nyt", 1.0),
    ("vader_tweets", 1.0),
    ("en_customers", 2.0),
    ("en_engineering", 2.0),
    ("en_intent_spam", 2.0),
    ("de_train", 2.0),
    ("fr_train", 2.0),
    ("es_train", 2.0),
    ("pt_train", 2.0),
    ("it_train", 2.0),
    ("nl_train", 2.0),
    ("ja_train", 2.0),
    ("zh_train", 2.0),
    ("ar_train", 2.0),
    ("hi_train", 2.0),
];

/// Labelled texts that no weights are made from: those that learn from corrections may not get worse on them.
pub(super) const CHECKS: [(&str, &[u8]); 11] = [
    ("en_check", include_bytes!("texts/en_check.csv")),
    ("de_check", include_bytes!("texts/de_check.csv")),
    ("fr_check", include_bytes!("texts/fr_check.csv")),
    ("es_check", include_bytes!("texts/es_check.csv")),
    ("pt_check", include_bytes!("texts/pt_check.csv")),
    ("it_check", include_bytes!("texts/it_check.csv")),
    ("nl_check", include_bytes!("texts/nl_check.csv")),
    ("ja_check", include_bytes!("texts/ja_check.csv")),
    ("zh_check", include_bytes!("texts/zh_check.csv")),
    ("ar_check", include_bytes!("texts/ar_check.csv")),
    ("hi_check", include_bytes!("texts/hi_check.csv")),
];

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextsError {
    /// The line, from 1; the first is the header.
    pub line: u64,
    /// What is wrong and what was expected.
    pub problem: String,
}

impl fmt::Display for TextsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

impl std::error::Error for TextsError {}

/// Reads a file.
///
/// # Errors
/// Names the line, the column and what was expected.
pub fn read(csv: &[u8], set: usize, weight: f32) -> Result<Vec<Labelled>, TextsError> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(csv);
    let problem = |line: u64, problem: String| TextsError { line, problem };
    let header = reader.headers().map_err(|e| problem(1, e.to_string()))?.clone();
    let column = |name: &str| header.iter().position(|h| h.trim_start_matches('\u{feff}') == name);
    let columns = ["text", "language", "sentiment", "intent", "judged"].map(column);
    if columns[0].is_none() {
        return Err(problem(1, "text: missing, expected a column of this name".into()));
    }
    if columns[2].is_none() && columns[3].is_none() {
        return Err(problem(1, "sentiment: missing, expected this column, or intent, or both".into()));
    }
    let mut texts = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| problem(e.position().map_or(0, csv::Position::line), e.to_string()))?;
        let line = record.position().map_or(0, csv::Position::line);
        let field = |i: usize| columns[i].and_then(|c| record.get(c)).map_or("", str::trim);
        let told = |what: &str, said: String| problem(line, format!("{what}: {said}"));
        let text = normalize::normalize(field(0));
        if text.is_empty() {
            return Err(told("text", "empty, expected what was said".into()));
        }
        let sentiment = match field(2) {
            "" => None,
            name => Some(Sentiment::parse(name).ok_or_else(|| {
                told("sentiment", format!("{name:?}, expected negative, neutral, positive or mixed"))
            })?),
        };
        let intents = numbers(field(3)).map_err(|name| told("intent", unknown(name)))?;
        let judged = numbers(field(4)).map_err(|name| told("judged", unknown(name)))?;
        let language = Some(field(1)).filter(|l| !l.is_empty()).map(str::to_owned);
        let wants = wants(&intents, &judged, sentiment.is_some());
        texts.push(Labelled { text, language, sentiment, wants, set, weight });
    }
    Ok(texts)
}

/// A person's word on a statement as a labelled text.
pub fn corrected(text: &str, locale: Option<&str>, correction: &Correction) -> Labelled {
    let is_spam = correction.spam == Some(true);
    let wants = std::array::from_fn(|i| match Intent::ALL.get(i) {
        Some(intent) => correction.intents.as_ref().filter(|_| !is_spam).map(|wanted| wanted.contains(intent)),
        None => correction.spam,
    });
    let sentiment = correction.sentiment.filter(|_| !is_spam);
    Labelled { text: text.to_owned(), language: locale.map(str::to_owned), sentiment, wants, set: 0, weight: 1.0 }
}

fn unknown(name: &str) -> String {
    let known: Vec<&str> = Intent::ALL.into_iter().map(Intent::as_str).collect();
    format!("{name:?}, expected {} or {SPAM}, several joined by +", known.join(", "))
}

/// Where each named intent stands.
fn numbers(names: &str) -> Result<Vec<usize>, &str> {
    let number = |name| {
        let intent = Intent::parse(name).and_then(|i| Intent::ALL.iter().position(|other| *other == i));
        intent.or_else(|| (name == SPAM).then_some(WANTS - 1)).ok_or(name)
    };
    names.split('+').map(str::trim).filter(|n| !n.is_empty()).map(number).collect()
}

/// Of spam nobody asks what it wants; what somebody found a feeling in is no spam.
fn wants(intents: &[usize], judged: &[usize], felt: bool) -> [Option<bool>; WANTS] {
    let is_spam = intents.contains(&(WANTS - 1));
    std::array::from_fn(|i| {
        if i == WANTS - 1 {
            return (felt || !intents.is_empty() || !judged.is_empty()).then_some(is_spam);
        }
        let looked_for = if judged.is_empty() { !intents.is_empty() } else { judged.contains(&i) };
        (looked_for && !is_spam).then_some(intents.contains(&i))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_as_they_are_meant() {
        let csv = "text,language,sentiment,intent,judged\n\
            It crashes,en,negative,bug+praise,\n\
            asdf,,,spam,\n\
            fine,,neutral,,\n\
            hm,,,,bug+request\n\
            \"a, \"\"b\"\"\",,mixed,request,bug+request\n";
        let read = read(csv.as_bytes(), 3, 2.0).expect("a good file");
        let wants: Vec<String> = read
            .iter()
            .map(|t| t.wants.map(|w| w.map_or('.', |w| if w { 'y' } else { 'n' })).iter().collect())
            .collect();
        // Bug, usability, request, question, praise, other, spam.
        assert_eq!(wants, ["ynnnynn", "......y", "......n", "n.n...n", "n.y...n"]);
        assert_eq!((read[0].language.as_deref(), read[4].text.as_str(), read[4].set), (Some("en"), "a, \"b\"", 3));
        assert_eq!(read[4].sentiment, Some(Sentiment::Mixed));
    }

    #[test]
    fn a_bad_file_is_told_what_was_expected() {
        for (csv, says) in [
            ("", "line 1: text: missing"),
            ("text\nhello\n", "line 1: sentiment: missing"),
            ("text,sentiment\nhello,happy\n", "line 2: sentiment: \"happy\", expected negative"),
            ("text,intent\na,bug\nhello,bug+wish\n", "line 3: intent: \"wish\", expected bug, usability"),
            ("text,intent\n  ,bug\n", "line 2: text: empty"),
        ] {
            let error = read(csv.as_bytes(), 0, 1.0).expect_err(csv).to_string();
            assert!(error.contains(says), "{csv}: {error}");
        }
    }
}
