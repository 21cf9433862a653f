//! hearback tells what customers think of a rollout.
pub mod config;
pub mod domain;
pub mod id;
pub mod plan;
pub mod sources;
pub mod store;
pub mod time;
