//! Decisions: synchronous pure functions that return data and their reason.

pub mod attribution;
pub mod flags;
pub mod pulls;
pub mod tickets;
pub mod verdict;
pub mod windows;
