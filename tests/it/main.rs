//! The whole of hearback against fake worlds, real databases and the real binary.
mod jira;
mod layers;
mod rules;
mod store;
mod trackers;
mod worlds;
