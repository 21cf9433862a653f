//! Reading what customers say: pure, offline, the same bytes on every run.
//!
//! A statement is normalised and redacted before it is kept; a [`Reader`] then says what language it is in, how it feels,
//! what it wants and whether anybody meant it; [`themes`] says which statements say the same, and [`summary`] whose words
//! speak for them.
//!
//! ```text
//! text -> words -> language -> phrases of the language's file -> signs (negation, "but", emphasis)
//!                                    signs + hashed words, pairs, pieces + vector -> model -> feeling, intents, spam
//! ```
//!
//! The word lists are files of this crate, a language each; the weights of the model are one file, made by
//! [`model::learn`] from labelled texts. Which of both spoke stands in every annotation.

mod aspects;
mod hashing;
mod intent;
mod language;
mod lexicon;
pub mod lines;
pub mod model;
pub mod normalize;
mod reader;
pub mod redact;
mod sentiment;
mod signs;
mod spam;
pub mod stats;
pub mod summary;
pub mod themes;
pub mod vectors;
mod words;

pub use self::reader::{RULES, Reader};

/// The language of a text: ISO 639-1, or `und` where it can't be told.
pub fn language_of(text: &str) -> &'static str {
    language::detect(text, &words::Words::read(text), None)
}

#[cfg(test)]
mod tests;
