//! The outside as small worlds behind HTTP: a GitHub and a Jira that remember, with people in them and faults as state.
//!
//! Each is a state struct behind a mutex, and a table from route to a plain function `(&mut State, &Ask) -> Answer`.
//! They run on a runtime of their own, so a test may block, kill and restart the service while they stay.
//! A world plays the provider, not the test: what a client may not rely on (fresh lists, an answer to each
//! request, page addresses that can be guessed) does not hold here either.
#![expect(clippy::unnecessary_wraps, reason = "effects share one signature")]
pub mod ask;
pub mod fault;
pub mod github;
pub mod jira;
pub mod model;
pub mod post;
pub mod server;

mod tests;
