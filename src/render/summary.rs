//! A summary as people read it, and as data.

use serde_json::{Value, json};

use super::doc::{Block, Inline};
use super::issue::QUOTE_MAX;
use super::tame::{self, shortened};
use crate::analysis::summary::{Quote, Summary, Value as Computed};

/// Quotes of one theme in a report.
const QUOTES_MAX: usize = 2;
/// What stands with words that a language model put together.
pub const REPHRASED: &str = "Rephrased by a language model, numbers and quotes checked.";

/// A summary as it is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// What was computed, with the quotes that are shown.
    pub computed: Summary,
    /// The same in other words, where a language model gave some that passed the check.
    pub rephrased: Option<Rephrased>,
}

/// Words of a language model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rephrased {
    /// The words, checked.
    pub text: String,
    /// Whose they are.
    pub model: String,
}

impl Told {
    /// The words that are shown.
    pub fn text(&self) -> String {
        self.rephrased.as_ref().map_or_else(|| self.computed.sentence.text(), |r| r.text.clone())
    }
}

/// The words in a line; behind those of a language model it is said that they are.
pub fn words(told: &Told) -> Vec<Inline> {
    let mut line = vec![Inline::Text(told.text())];
    if told.rephrased.is_some() {
        line.extend([Inline::Text(" ".into()), Inline::Emph(REPHRASED.into())]);
    }
    line
}

/// Somebody's words with the id of the statement.
pub fn quote(quote: &Quote) -> Block {
    let text = shortened(&tame::clean(&quote.text), QUOTE_MAX);
    Block::Quote { text, source: vec![Inline::Code(quote.id.0.clone())] }
}

/// A theme of a report: the words, its name where they may not hold it, and what some wrote.
pub fn theme(name: &str, told: &Told) -> Vec<Block> {
    let mut line = words(told);
    if told.rephrased.is_some() {
        line.splice(0..0, [Inline::Strong(name.to_owned()), Inline::Text(": ".into())]);
    }
    let mut blocks = vec![Block::Paragraph(line)];
    blocks.extend(told.computed.quotes.iter().take(QUOTES_MAX).map(quote));
    blocks
}

/// The summary as data: the words, each number with what it counts, and the quotes with their ids.
pub fn data(told: &Told) -> Value {
    let numbers: Vec<Value> = told
        .computed
        .sentence
        .numbers()
        .map(|n| {
            let (value, whole) = match n.value {
                Computed::Count(n) => (json!(n), None),
                Computed::Share { part, whole } => (json!(part), Some(whole)),
                Computed::Day(at) => (json!(at.rfc3339()), None),
                Computed::Lasting(ms) => (json!(ms), None),
            };
            json!({"of": n.of.name(), "value": value, "whole": whole, "shown": n.value.words()})
        })
        .collect();
    json!({
        "text": told.text(),
        "computed": told.computed.sentence.text(),
        "rephrased_by": told.rephrased.as_ref().map(|r| &r.model),
        "numbers": numbers,
        "quotes": told.computed.quotes.iter().map(|q| json!({"id": q.id, "text": q.text})).collect::<Vec<_>>(),
    })
}
