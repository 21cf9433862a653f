//! The worlds keep their own word, seen through the clients that the service uses.
mod client;
mod deliveries;
mod faults;
mod github;
mod jira;
mod receiver;
