//! hearback tells what customers think of a rollout.
pub mod domain;
pub mod id;
pub mod store;
pub mod time;
