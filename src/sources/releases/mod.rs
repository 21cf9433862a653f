//! Platforms that publish releases.

pub mod github;
pub mod mentions;
