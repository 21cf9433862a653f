//! Reading what customers say: pure, offline, the same bytes on every run.
//!
//! A statement is normalised and redacted before it is kept; a [`Reader`] then says what language it is in, how it feels,
//! what it wants and whether anybody meant it; [`themes`] says which statements say the same, and [`summary`] whose words
//! speak for them. [`usage`] counts what people did beside what they said,
//! [`alarm`] tells whether it got worse, and [`findings`] what the counters say, by the methods in [`stats`].
//!
//! ```text
//! text -> words -> language -> phrases of the language's file -> signs (negation, "but", emphasis)
//!                                    signs + hashed words, pairs, pieces + vector -> model -> feeling, intents, spam
//! ```
//!
//! The word lists are files of this crate, a language each; the weights of the model are one file, made by
//! [`model::learn`] from labelled texts. Where a sentence encoder is configured, [`head`] may be asked how a statement
//! feels besides. Who spoke stands in every annotation.

pub mod alarm;
mod alone;
mod aspects;
pub mod findings;
mod hashing;
pub mod head;
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
pub mod simulate;
mod spam;
pub mod stats;
pub mod summary;
pub mod themes;
pub mod usage;
pub mod vectors;
pub mod wording;
mod words;

pub use self::reader::{RULES, Reader, Sitting};

/// The language of a text: ISO 639-1, or `und` where it can't be told.
pub fn language_of(text: &str) -> &'static str {
    let words = words::Words::read(text);
    language::detect(text, &words, &lexicon::known(&words), None)
}

#[cfg(test)]
mod tests;
