//! The whole of hearback against fake worlds, real databases and the real binary.
mod cli;
mod config;
mod crash;
mod databases;
mod e2e;
mod flagapi;
mod flows;
mod layers;
mod redact;
mod rules;
mod service;
mod sources;
mod store;
mod trackers;
mod unleash;
mod worlds;
