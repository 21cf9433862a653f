//! A document before it is Markdown, ADF, wiki markup or HTML.
//!
//! Everything in it is text, never markup: each renderer escapes for its own language, so that what a customer wrote
//! stays what it is.

use serde::{Deserialize, Serialize};

use super::tame::{address, clean};

/// A document.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Doc {
    /// Its parts, in order.
    pub blocks: Vec<Block>,
}

/// A part of a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// A heading of level 1 to 6.
    Heading {
        /// 1 is the largest.
        level: u8,
        /// What it says.
        text: Vec<Inline>,
    },
    /// A paragraph.
    Paragraph(Vec<Inline>),
    /// A list.
    Bullets(Vec<Vec<Inline>>),
    /// A list of boxes.
    Tasks(Vec<Task>),
    /// A table; each row has as many cells as the head.
    Table {
        /// The names of the columns.
        head: Vec<String>,
        /// Rows of cells.
        rows: Vec<Vec<Vec<Inline>>>,
    },
    /// Somebody's words.
    Quote {
        /// What they said; may have several lines.
        text: String,
        /// Where it comes from.
        source: Vec<Inline>,
    },
}

/// A line with a box, which people tick where their tracker lets them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Whether it is ticked.
    pub done: bool,
    /// What it says.
    pub text: Vec<Inline>,
    /// By what a tick is known as ours, as [`super::tasks::Mark::line`] writes it; only Markdown carries it.
    pub mark: Option<String>,
}

impl Task {
    /// The line with a box drawn, for where nobody can tick it.
    pub(super) fn drawn(&self) -> Vec<Inline> {
        let square = if self.done { "☑ " } else { "☐ " };
        std::iter::once(Inline::Text(square.into())).chain(self.text.iter().cloned()).collect()
    }
}

/// A part of a line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Inline {
    /// Plain.
    Text(String),
    /// Stressed much.
    Strong(String),
    /// Stressed.
    Emph(String),
    /// An id or a term, letter for letter.
    Code(String),
    /// A link that the program made.
    Link {
        /// What is shown.
        text: String,
        /// Where it leads: `http` or `https`.
        url: String,
    },
    /// A new line within a paragraph.
    Break,
}

/// Inlines with neighbouring texts made one, so that nothing comes to be at a seam that no renderer looks at. A link
/// that leads nowhere safe is text, and so is what is styled and shows nothing.
pub(super) fn joined(inlines: &[Inline]) -> Vec<Inline> {
    let mut whole: Vec<Inline> = Vec::with_capacity(inlines.len());
    for part in inlines {
        let text = match part {
            Inline::Text(text) => text,
            Inline::Link { text, url } if address(url).is_none() => text,
            Inline::Strong(text) | Inline::Emph(text) | Inline::Code(text) if clean(text).trim().is_empty() => text,
            Inline::Link { .. } | Inline::Strong(_) | Inline::Emph(_) | Inline::Code(_) | Inline::Break => {
                whole.push(part.clone());
                continue;
            }
        };
        match whole.last_mut() {
            Some(Inline::Text(before)) => before.push_str(text),
            Some(_) | None if text.is_empty() => {}
            Some(_) | None => whole.push(Inline::Text(text.clone())),
        }
    }
    whole
}

/// What a document too long for its place ends with.
const CUT: &str = "The rest did not fit here; the report on the dashboard has all of it.";

/// A document in a form that measures at most `max`: blocks are left out from the end, whole, and a sentence says so.
/// `form` gives the form and its measure.
pub(super) fn fitted<T>(doc: &Doc, max: usize, form: impl Fn(&Doc) -> (T, usize)) -> T {
    let (all, length) = form(doc);
    if length <= max {
        return all;
    }
    let note = || Block::Paragraph(vec![Inline::Emph(CUT.into())]);
    let mut kept = doc.blocks.clone();
    loop {
        shrink(&mut kept);
        let blocks = kept.iter().cloned().chain([note()]).collect();
        let (cut, length) = form(&Doc { blocks });
        if length <= max || kept.is_empty() {
            return cut;
        }
    }
}

/// Takes the last half of the rows or items away where the last block has several, else the whole of it.
fn shrink(blocks: &mut Vec<Block>) {
    match blocks.last_mut() {
        Some(Block::Table { rows, .. }) if rows.len() > 1 => rows.truncate(rows.len() / 2),
        Some(Block::Bullets(items)) if items.len() > 1 => items.truncate(items.len() / 2),
        Some(Block::Tasks(tasks)) if tasks.len() > 1 => tasks.truncate(tasks.len() / 2),
        Some(_) | None => drop(blocks.pop()),
    }
}
