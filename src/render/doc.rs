//! A document before it is Markdown, ADF, wiki markup or HTML.
//!
//! Everything in it is text, never markup: each renderer escapes for its own language, so that what a customer wrote
//! stays what it is.

use serde::{Deserialize, Serialize};

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
