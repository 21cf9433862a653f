//! GitLab: a project's feature flags as they are.
//!
//! After GitLab's REST API (`GET /api/v4/projects/{id}` and `/api/v4/projects/{id}/feature_flags`), as its documentation
//! has it. Pages are followed by the `Link` header.
//!
//! - Strategies belong to environments by patterns; `*` is for all of them, and for those that no other pattern names. A
//!   flag is told without an environment for those, and for each other pattern by that pattern. It reaches as many as the
//!   widest strategy for it does, those for `*` included.
//! - A flag without a strategy for an environment reaches nobody there.
//! - Who is in a list of users is told, and not how many they are of all.
//! - Its webhook tells a project by its path, and so does this client; the settings may name its number.
//! - A token sees far more projects than those that have flags: they have to be named.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use serde::Deserialize;

use super::ask::{Asker, Auth, Manner, Page};
use super::facts::{Round, seen, web, whole_flag};
use super::{After, FlagApi, Look};
use crate::domain::flag::FlagSeen;
use crate::http::RemoteError;
use crate::sources::flags::{name, percent};

/// How GitLab is asked.
pub(super) const MANNER: Manner = Manner {
    name: "gitlab",
    base: Some("https://gitlab.com"),
    prefix: &["api", "v4"],
    auth: Auth::Header("private-token"),
    projects: Some("the paths of the projects, such as acme/shop"),
    headers: &[],
    token: "an access token with the scope read_api and the role Developer",
};

/// Flags on a page; GitLab gives at most 100.
const PER_PAGE: &str = "100";
/// The pattern for all environments.
const EVERYWHERE: &str = "*";

/// The client.
pub(super) fn client(ask: Asker, projects: Vec<String>) -> Arc<dyn FlagApi> {
    Arc::new(GitLab { ask, projects })
}

#[derive(Debug)]
struct GitLab {
    ask: Asker,
    projects: Vec<String>,
}

#[derive(Deserialize)]
struct Project {
    path_with_namespace: String,
    web_url: Option<String>,
}

#[derive(Deserialize)]
struct Flag {
    name: String,
    active: bool,
    #[serde(default)]
    strategies: Vec<Strategy>,
}

#[derive(Deserialize)]
struct Strategy {
    name: String,
    parameters: Option<Parameters>,
    #[serde(default)]
    scopes: Vec<Scope>,
}

/// Text, as GitLab takes it.
#[derive(Deserialize)]
struct Parameters {
    percentage: Option<String>,
    rollout: Option<String>,
}

#[derive(Deserialize)]
struct Scope {
    environment_scope: String,
}

#[async_trait]
impl FlagApi for GitLab {
    async fn look(&self, _: After<'_>) -> Result<Look, RemoteError> {
        self.ask.begin();
        let mut round = Round::of(self.ask.name());
        for project in &self.projects {
            let told = self.see(project, &mut round.look).await;
            round.pass_over(told)?;
        }
        round.end()
    }
}

impl GitLab {
    /// The flags of a project as they are. Gives whether they are all.
    async fn see(&self, id: &str, look: &mut Look) -> Result<bool, RemoteError> {
        let project =
            self.ask.get::<Project>(&self.ask.at(["projects", id]), &format!("the project {id}")).await?.value;
        let path = name(&project.path_with_namespace);
        let url = project.web_url.as_ref().and_then(|url| web(format!("{url}/-/feature_flags")));
        let address = self.ask.at(["projects", id, "feature_flags"]);
        let mut first = address.clone();
        first.query_pairs_mut().append_pair("per_page", PER_PAGE);
        let whole = self
            .ask
            .list::<Vec<Flag>>(first, &format!("the flags of {id}"), |answer| {
                for flag in answer.value.iter() {
                    let Some(named) = seen(self.ask.name(), path.clone(), &flag.name, answer.at) else { continue };
                    let named = FlagSeen { url: url.clone(), ..named };
                    look.seen.extend(flag.states(&named));
                }
                let next = answer.place.next.as_ref().map(|query| {
                    let mut url = address.clone();
                    url.set_query(Some(query));
                    url
                });
                Page { held: answer.value.len(), total: answer.place.total, next }
            })
            .await?;
        look.whole.extend(path.filter(|_| whole));
        look.environments_by_flag = true;
        Ok(whole)
    }
}

impl Flag {
    /// The flag for each pattern that its strategies name, and for environments that none names.
    fn states(&self, flag: &FlagSeen) -> Vec<FlagSeen> {
        let patterns: BTreeSet<&str> = self.strategies.iter().flat_map(Strategy::patterns).collect();
        let named = patterns.iter().copied().filter(|p| *p != EVERYWHERE);
        [EVERYWHERE]
            .into_iter()
            .chain(named)
            .map(|pattern| FlagSeen {
                environment: Some(pattern).filter(|p| *p != EVERYWHERE).and_then(name),
                on: Some(self.active && (patterns.contains(pattern))),
                shares: whole_flag(self.share(pattern)),
                ..flag.clone()
            })
            .collect()
    }

    /// How many the widest strategy for these environments reaches.
    fn share(&self, pattern: &str) -> Option<f64> {
        let for_them = self.strategies.iter().filter(|s| s.patterns().any(|p| p == pattern || p == EVERYWHERE));
        for_them.filter_map(Strategy::reach).reduce(f64::max)
    }
}

impl Strategy {
    fn patterns(&self) -> impl Iterator<Item = &str> {
        self.scopes.iter().map(|s| s.environment_scope.as_str())
    }

    /// How many it reaches; `None` where it goes by names.
    fn reach(&self) -> Option<f64> {
        let parameters = self.parameters.as_ref();
        let text = match self.name.as_str() {
            "default" => return Some(100.0),
            "flexibleRollout" => parameters?.rollout.as_ref()?,
            "gradualRolloutUserId" => parameters?.percentage.as_ref()?,
            _ => return None,
        };
        percent(text.trim().parse().ok()?)
    }
}
