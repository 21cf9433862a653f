//! What hearback owns in a text that people write too.
//!
//! A marker names the rollout and the subject and carries a MAC, so that nobody else's text passes for ours.

use crate::id::RolloutId;

/// What a marker begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkerKind {
    /// The section of an issue.
    Section,
    /// The comment that holds the quotes.
    Quotes,
}

/// A signed marker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    /// What it begins.
    pub kind: MarkerKind,
    /// The rollout.
    pub rollout: RolloutId,
    /// `report`, or a theme's id.
    pub subject: String,
    /// Hex, truncated.
    pub mac: String,
}

impl Marker {
    /// Signs a marker. `tracker` is part of what is signed, so that a marker copied from elsewhere does not pass.
    pub fn sign(_secret: &[u8], _kind: MarkerKind, _tracker: &str, _rollout: &RolloutId, _subject: &str) -> Self {
        todo!()
    }

    /// The line that begins what is ours, as an HTML comment.
    pub fn begin(&self) -> String {
        todo!()
    }

    /// One short text that is in every ticket with this marker and in no other: for searches and Jira's properties.
    pub fn token(&self) -> String {
        todo!()
    }
}

/// The line that ends what is ours.
pub const END: &str = "<!-- hearback:end -->";

/// A whole text that holds nothing but the section.
pub fn wrap(_marker: &Marker, _section: &str) -> String {
    todo!()
}

/// `text` with the section between its markers replaced; everything else byte for byte. Where the markers are gone or
/// damaged, the section is put at the end; `None` is never given for a text that has room.
pub fn splice(_text: &str, _marker: &Marker, _section: &str) -> String {
    todo!()
}

/// Whether `text` holds this very marker, at a place where it counts.
pub fn holds(_text: &str, _marker: &Marker) -> bool {
    todo!()
}
