//! Which statements say the same thing.
//!
//! A statement is a [`Direction`] in the [`Space`] of the word vectors, or of a sentence encoder where one is configured
//! ([`Embedder`]); words of other languages are read by what they mean in English, so that the same thing said in two
//! languages is one theme. While statements arrive, each joins the nearest theme
//! or begins one ([`place`]), and nothing else changes: no other theme is renamed or moved. Now and then all statements are
//! looked at together ([`batch`]), and [`regroup`] carries what is found over to the themes that there are. Themes with a
//! ticket and themes in a person's hands stay. What people decided is kept apart (see
//! [`crate::domain::regrouping`]) and worked in afterwards, so that it can be taken back without a rest.

pub mod batch;
pub mod book;
mod direction;
mod naming;
mod placing;
pub mod regroup;
mod space;
mod threads;

pub(super) use self::direction::UNIT;
pub use self::direction::{Direction, direction, in_english};
pub(super) use self::naming::in_words;
pub use self::naming::{Phrases, READ_MAX, Said, name, phrases};
pub use self::placing::{Placement, absorb, alike, middle_of, nearness, place, release, resemblance};
pub use self::space::{Cuts, Embedder, NotEmbedded, Space, Text, WordVectors};
pub use self::threads::in_parallel;

/// How near two statements are, 0 to 1.
pub fn likeness(a: &Direction, b: &Direction) -> f64 {
    a.cosine(b).max(0.0)
}

/// Whether a theme may be named anew: not while it has as many statements as when it was named, but for twice as many.
pub fn is_named_anew(named_at: u32, items: u32) -> bool {
    items > 0 && (named_at == 0 || items >= named_at.saturating_mul(2))
}

/// Statements from which it is worth looking at all of them together.
const TOGETHER_FROM: i64 = 20;

/// Whether all statements should be looked at together: when there are half as many again as the last time, so that what
/// it costs stays in proportion to what arrives.
pub fn is_due(items: i64, last: i64) -> bool {
    items >= TOGETHER_FROM && items >= last.saturating_add(last / 2)
}
