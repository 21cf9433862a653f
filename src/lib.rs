//! hearback tells what customers think of a rollout.
//!
//! Releases and feature-flag changes go in, customers' words go in; out come issues and reports that say what customers
//! think, with evidence. This page is the map.
//!
//! # The way data flows
//!
//! ```text
//! request -> signature -> delivery row (dedupe) -> 200                      web, flow::receive
//!                             |
//!    flow::poll       flag platforms are asked -> delivery rows of what no request told
//!    flow::ingest     parse (pure) -> signals -> rollout                    one transaction
//!    flow::feedback   redact, attribute (pure) -> statement                 one transaction
//!    flow::usage      fold (pure) -> first moments, counters              one transaction
//!    flow::analyze    annotate (pure) -> themes, counts                     one transaction
//!    flow::reconcile  plan (pure): what is, what is wanted -> outbox        one transaction
//!    flow::deliver    one action -> tracker -> outcome; adopts what an earlier try already made
//! ```
//!
//! Take a release that is published on GitHub. [`web`] hands the raw bytes to [`flow::receive`], which checks the
//! signature and keeps one row: from there on nothing is lost. [`jobs`] wake; [`flow::ingest`] reads the row with
//! [`sources`], keeps the fact as a signal, and folds all signals of the release into a [`domain::rollout::Rollout`].
//! [`flow::reconcile`] finds that customers are exposed and opens the window with [`plan::windows`]. Statements come in
//! through [`flow::feedback`], under a pseudonym and without personal data; [`flow::analyze`] reads them with
//! [`analysis`], and each joins a theme. Once enough distinct people say the same, [`plan::tickets`] wants a ticket,
//! [`render`] writes what it should say, and the outbox holds the intent. [`flow::deliver`] looks in the tracker for the
//! signed marker, files the issue or adopts the one that is there, and records what came of it. Every later statement
//! changes what is wanted; only a difference is written, between the markers, and people's own text stays.
//!
//! Where the policy wants a person's yes, nothing but the report is filed by itself: what would be stands in it as boxes
//! ([`render::tasks`]), and [`flow::suggest`] hears who ticks one. Before anything is filed, people's own issues are looked
//! through, and [`plan::likely`] says which of them say the same already.
//!
//! What people do with a ticket comes back in as deliveries, which every tracker sends in its own words. [`plan::sync`] tells
//! what is decided by it, and which other tracker has to hear: a ticket that was closed stays quiet until others say the
//! same ([`plan::returns`]), one that is not planned is left alone. How much may be made in an account is counted by
//! [`plan::pace`].
//!
//! What people do comes in beside that, through [`flow::usage`]: of each person in a rollout a row of first moments is kept,
//! and [`analysis::usage`] makes counters of these rows that no order and no repeat changes. What people say is counted with
//! it whenever it is read, so that both can be compared.
//!
//! A flag is heard the same way: each platform's file in [`sources::flags`] turns what it sends into
//! [`domain::flag::FlagChange`]s, [`domain::flag_state`] adds up what is known of the flag in each environment, and the
//! fold makes a rollout of the time from first on for anybody to off, with a stage for each share of customers. Who signs
//! nothing gives a hint: where the platform can be asked, [`flow::poll`] asks it through [`flagapi`] before anything is
//! done, and now and then anyway, because webhooks get lost.
//!
//! A ticket's summary is computed. Where a language model is configured ([`llm`]), [`flow::rephrase`] asks it for other words
//! behind the ticket's back, and [`analysis::summary`] takes them only where every number and quote in them is what was
//! computed and said.
//!
//! What people do is told in many shapes ([`sources::usage`]): one record at a time, or added up already where it lives,
//! in Prometheus, PostHog or a warehouse, which [`plan::pulls`] says when to ask and [`pull`] asks. [`analysis::usage`] counts
//! it beside what the same people say, and [`analysis::findings`] tells what the counters come to.
//!
//! Whether a rollout made people unhappier is decided by [`analysis::alarm`] from counts alone, with evidence that may be
//! looked at after every statement; [`analysis::simulate`] draws rollouts and tells how often that would be a false alarm.
//!
//! What people write in threads is heard by [`flow::comments`]: [`command`] finds what it asks for, [`flow::commands`] asks what
//! its author may, does it once and answers, and what outsiders say of a rollout becomes a statement. Answers, reactions and
//! check runs are wanted as [`domain::post`]s and written by [`flow::posts`], with the care that tickets get.
//!
//! What release notes and merged pull requests name ([`sources::releases`]) ties a flag's rollouts to what brought them.
//!
//! # The rooms, lower layers first
//!
//! | layer | rooms | know nothing of |
//! |---|---|---|
//! | 0 vocabulary | [`time`], [`id`], [`domain`] | I/O |
//! | 1 pure verbs | [`sources`] (bytes to facts), [`analysis`] (words and numbers), [`plan`] (decisions), [`command`] (what people ask for in comments), [`render`] (words out) | I/O, each other's wires |
//! | 2 effects | [`config`], [`store`], [`http`], [`github`], [`jira`], [`flagapi`], [`llm`], [`pull`], [`trackers`], [`telemetry`], `encoder` (a feature) | each other, but for `http`, and `trackers` over `github` and `jira` |
//! | 3 use cases | [`flow`]: load, decide, save; no call to the outside in an open transaction | |
//! | 4 entrances | [`jobs`], [`web`], [`cli`], [`demo`], [`app`] | rules: one that needs a server to be tested is in the wrong place |
//!
//! Time comes through a [`time::Clock`], randomness through [`id::Entropy`]. Customers' text is data: never a format
//! string, a query, markup, a command or an instruction.
pub mod analysis;
pub mod app;
pub mod cli;
pub mod command;
pub mod config;
pub mod demo;
pub mod domain;
#[cfg(feature = "encoder")]
pub mod encoder;
pub mod flagapi;
pub mod flow;
pub mod github;
pub mod http;
pub mod id;
pub mod jira;
pub mod jobs;
pub mod llm;
pub mod plan;
pub mod pull;
pub mod render;
pub mod sources;
pub mod store;
pub mod telemetry;
pub mod time;
pub mod trackers;
pub mod web;
