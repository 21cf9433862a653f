//! Platforms that publish releases.

pub mod github;
