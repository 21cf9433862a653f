//! The one place where a summary meets the vectors of themes.

use crate::analysis::themes::{self, Direction};
use crate::domain::theme::ThemeVector;

/// What a text says, for comparing.
pub(super) struct Gist(Option<Direction>);

/// What a text in `language` (ISO 639-1, or `und`) says.
pub(super) fn gist(text: &str, language: &str) -> Gist {
    Gist(themes::direction(text, language))
}

/// How near a text is to the centre of a theme, 0 to 1.
pub(super) fn nearness(gist: &Gist, theme: &ThemeVector) -> f64 {
    gist.0.as_ref().map_or(0.0, |d| themes::nearness(d, theme))
}

/// How near two texts are, 0 to 1.
pub(super) fn likeness(a: &Gist, b: &Gist) -> f64 {
    a.0.as_ref().zip(b.0.as_ref()).map_or(0.0, |(a, b)| themes::likeness(a, b))
}
