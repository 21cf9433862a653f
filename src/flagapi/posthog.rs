//! PostHog: its feature flags as they are.
//!
//! After PostHog's private API (`GET /api/projects/{id}/feature_flags/`, limit and offset), as its documentation and
//! `posthog/api/feature_flag.py` of PostHog/posthog have it.
//!
//! - A flag is for those whom one of its condition sets takes; a set takes a share of them, and all of them where it names
//!   none. A flag reaches as many as its widest set does, and nobody without any. Sets have no ids: the share is the whole
//!   flag's.
//! - Environments are projects there: a flag has none. Its webhook tells a project by its id, and so does this client.
//! - Flags that are deleted are left out of the list.
//! - A key with the right to read flags need not have the one to list projects: they have to be named.

use std::sync::Arc;

use async_trait::async_trait;
use serde::Deserialize;

use super::ask::{Asker, Auth, Manner, Page};
use super::facts::{Round, at_offset, seen, web, whole_flag};
use super::{After, FlagApi, Look};
use crate::domain::flag::FlagSeen;
use crate::http::RemoteError;
use crate::sources::flags::name;
use crate::sources::flags::posthog::filters::Filters;

/// How PostHog is asked.
pub(super) const MANNER: Manner = Manner {
    name: "posthog",
    base: Some("https://us.posthog.com"),
    prefix: &["api"],
    auth: Auth::Scheme("Bearer"),
    projects: Some("the ids of the projects"),
    headers: &[],
    token: "a personal API key with the scope feature_flag:read",
};

/// Flags on a page.
const PER_PAGE: usize = 100;

/// The client.
pub(super) fn client(ask: Asker, projects: Vec<String>) -> Arc<dyn FlagApi> {
    Arc::new(PostHog { ask, projects })
}

#[derive(Debug)]
struct PostHog {
    ask: Asker,
    projects: Vec<String>,
}

#[derive(Deserialize)]
struct Listed {
    count: Option<usize>,
    next: Option<String>,
    results: Vec<Flag>,
}

#[derive(Deserialize)]
struct Flag {
    id: i64,
    key: String,
    active: bool,
    #[serde(default)]
    deleted: bool,
    filters: Option<Filters>,
}

#[async_trait]
impl FlagApi for PostHog {
    async fn look(&self, _: After<'_>) -> Result<Look, RemoteError> {
        self.ask.begin();
        let mut round = Round::of(self.ask.name());
        for project in &self.projects {
            let told = self.see(project, &mut round.look.seen).await;
            round.add(project, told)?;
        }
        round.end()
    }
}

impl PostHog {
    /// The flags of a project as they are. Gives whether they are all.
    async fn see(&self, project: &str, all: &mut Vec<FlagSeen>) -> Result<bool, RemoteError> {
        let first = self.ask.at(["projects", project, "feature_flags", ""]);
        let mut offset = 0;
        self.ask
            .list::<Listed>(at_offset(&first, PER_PAGE, 0), &format!("the flags of project {project}"), |answer| {
                let listed = &answer.value;
                offset += listed.results.len();
                all.extend(listed.results.iter().filter(|f| !f.deleted).filter_map(|flag| {
                    Some(FlagSeen {
                        on: Some(flag.active),
                        shares: whole_flag(flag.filters.as_ref().and_then(Filters::widest)),
                        variants: flag.filters.as_ref().map(Filters::variants).unwrap_or_default(),
                        url: web(self.ask.page(["project", project, "feature_flags", &flag.id.to_string()])),
                        ..seen(self.ask.name(), name(project), &flag.key, answer.at)?
                    })
                }));
                let next = listed.next.is_some().then(|| at_offset(&first, PER_PAGE, offset));
                Page { held: listed.results.len(), total: listed.count, next }
            })
            .await
    }
}
