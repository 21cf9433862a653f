//! The whole of hearback against fake worlds, real databases and the real binary.
mod jira;
mod config;
mod layers;
mod rules;
mod sources;
mod store;
mod trackers;
mod worlds;
