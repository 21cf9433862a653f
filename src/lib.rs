//! hearback tells what customers think of a rollout.
pub mod analysis;
pub mod config;
pub mod domain;
pub mod flow;
pub mod github;
pub mod http;
pub mod id;
pub mod jira;
pub mod plan;
pub mod render;
pub mod sources;
pub mod store;
pub mod telemetry;
pub mod time;
pub mod trackers;
pub mod web;
