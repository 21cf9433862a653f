//! Which quotes speak for a theme.

use crate::domain::feedback::Feedback;
use crate::domain::theme::ThemeVector;
use crate::id::FeedbackId;

/// A sentence or two of one statement, letter for letter.
#[derive(Clone, Debug, PartialEq)]
pub struct Quote {
    /// Whose words.
    pub id: FeedbackId,
    /// The words, redacted.
    pub text: String,
}

/// Chooses at most `max` quotes: near the theme's centre, different from each other, from different people.
pub fn quotes(_pool: &[Feedback], _theme: &ThemeVector, _max: usize) -> Vec<Quote> {
    todo!()
}
