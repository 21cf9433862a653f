//! Which statements say the same thing. Incremental: a statement joins the nearest theme or begins one, and a theme keeps
//! its identity while items arrive.

use crate::domain::theme::{Theme, ThemeVector};
use crate::id::ThemeId;

/// What a statement is about, as weighted features and the phrases in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Features;

/// Where a statement goes.
#[derive(Clone, Debug, PartialEq)]
pub enum Placement {
    /// It says nothing that could be shared.
    Nothing,
    /// It says what a theme says.
    Join {
        /// Which.
        theme: ThemeId,
        /// How near, 0 to 1.
        similarity: f32,
    },
    /// Nobody said that yet.
    Start,
}

/// Reads the features of a (redacted) text.
pub fn features(_text: &str, _language: &str) -> Features {
    todo!()
}

/// Finds the theme that says the same.
pub fn place(_features: &Features, _themes: &[Theme]) -> Placement {
    todo!()
}

/// Adds a statement to a theme's memory.
pub fn absorb(_vector: &mut ThemeVector, _features: &Features) {
    todo!()
}

/// Takes a statement out of a theme's memory again.
pub fn release(_vector: &mut ThemeVector, _features: &Features) {
    todo!()
}

/// A name from phrases that people wrote.
pub fn name(_vector: &ThemeVector) -> String {
    todo!()
}
