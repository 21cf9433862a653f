//! The one place where a summary meets the vectors of themes. Quotes are compared by the word vectors, whatever placed the
//! statements: a summary is made anew so often that nothing slower will do.

use std::borrow::Cow;

use crate::analysis::themes::{self, Direction, Space, book};
use crate::domain::feedback::Feedback;
use crate::domain::theme::ThemeVector;

/// What a text says, for comparing.
pub(super) struct Gist(Option<Direction>);

/// What a text in `language` (ISO 639-1, or `und`) says.
pub(super) fn gist(text: &str, language: &str) -> Gist {
    Gist(themes::direction(text, language))
}

/// What a theme says: what it remembers, or where an encoder placed its statements, their own words.
pub(super) fn centre<'a>(theme: &'a ThemeVector, pool: &[Feedback]) -> Cow<'a, ThemeVector> {
    if theme.items == 0 || theme.made_by == Space::of_words().made_by {
        return Cow::Borrowed(theme);
    }
    Cow::Owned(themes::in_words(pool.iter().filter_map(book::says)))
}

/// How near a text is to the centre of a theme, 0 to 1.
pub(super) fn nearness(gist: &Gist, centre: &ThemeVector) -> f64 {
    gist.0.as_ref().map_or(0.0, |d| themes::nearness(&Space::of_words(), d, centre))
}

/// How near two texts are, 0 to 1.
pub(super) fn likeness(a: &Gist, b: &Gist) -> f64 {
    a.0.as_ref().zip(b.0.as_ref()).map_or(0.0, |(a, b)| themes::likeness(a, b))
}
