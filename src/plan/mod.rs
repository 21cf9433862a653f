//! Decisions: synchronous pure functions that return data and their reason.

pub mod attribution;
pub mod flags;
pub mod likely;
pub mod pace;
pub mod preview;
pub mod pulls;
pub mod returns;
pub mod sync;
pub mod tickets;
pub mod verdict;
pub mod windows;
