//! Words out: what issues, comments and reports say, in each tracker's language.

pub mod adf;
pub mod answer;
pub mod brought;
pub mod doc;
pub mod findings;
pub mod html;
pub mod issue;
pub mod living;
pub mod markdown;
pub mod markers;
pub mod picture;
pub mod policy_check;
pub mod reception;
pub mod report;
#[cfg(test)]
mod sample;
pub mod statements;
pub mod summary;
pub mod tame;
pub mod tasks;
pub mod track;
pub mod wiki;
