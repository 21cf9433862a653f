//! Issues that people wrote themselves, and how a ticket of ours stands to them.

use serde::{Deserialize, Serialize};

use crate::time::UnixMs;

/// What happens where people have an issue about the same already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Existing {
    /// One that surely says the same becomes the ticket: ours is a comment on it. Less sure ones are mentioned.
    Link,
    /// Ours is filed, and names those that may say the same.
    Mention,
    /// Nobody looks.
    Off,
}

/// An issue that somebody else wrote, as its tracker lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// The tracker's name of it: `41`, `SHOP-7`.
    pub key: String,
    /// Where people open it.
    pub url: String,
    /// Somebody's words: data.
    pub title: String,
    /// How its text begins; somebody's words too.
    pub text: String,
    /// Names of its labels.
    pub labels: Vec<String>,
    /// Whether it is open.
    pub open: bool,
    /// When it last changed.
    pub updated_at: UnixMs,
}

/// An issue that a ticket of ours names. Its title is somebody's words and is not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Related {
    /// The tracker's name of it.
    pub key: String,
    /// Where people open it.
    pub url: String,
}

/// How a ticket stands to people's own issues.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// Whether the ticket is somebody's own issue: what we say of it is a comment.
    pub linked: bool,
    /// Issues that our text names.
    pub related: Vec<Related>,
    /// The tracker's id of the comment that holds our section, where it is linked and written.
    pub comment: Option<String>,
}
