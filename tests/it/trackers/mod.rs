//! Trackers: one contract for all of them, and each against what can go wrong with it.
mod github;
mod github_faults;
mod jira;
mod local;
mod suite;
