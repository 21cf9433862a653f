//! What a theme or a rollout comes to, in words of our own that each computed number is a part of, and in customers' words.
//!
//! Customers' words are taken as they stand, never put together anew. What a language model makes of them goes through
//! [`checked`] before anybody reads it; where it does not pass, what was computed here stands.

pub mod checked;
mod facts;
mod gist;
mod question;
mod quotes;
mod sentence;

pub use self::facts::{Concentration, Facts, Trait, concentrations};
pub use self::question::{Question, question};
pub use self::quotes::{Pool, Quote, across, quotes};
pub use self::sentence::{Measure, Number, Part, Sentence, Value, of_rollout, of_theme, where_it_is};

/// A summary as it is computed here.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The numbers.
    pub sentence: Sentence,
    /// Customers' words: the most telling first, each from another person.
    pub quotes: Vec<Quote>,
}
