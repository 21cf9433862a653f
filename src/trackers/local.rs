//! A folder of Markdown files: for where no tracker is connected yet.

use std::path::PathBuf;

/// Writes tickets into a folder.
#[derive(Clone, Debug)]
pub struct LocalTracker {
    /// The folder.
    pub dir: PathBuf,
}
