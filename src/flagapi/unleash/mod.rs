//! Unleash, open source and enterprise: its event log, and its flags as they are.
//!
//! After Unleash's Admin API (`GET /api/admin/search/events`, `/api/admin/projects/{id}/features` and
//! `/api/admin/projects/{id}/features/{name}`) as Unleash 8.2 answers it.
//!
//! - A list of flags tells whether they are on, and not their strategies. Those are asked for flag by flag: once, then
//!   whenever the log names the flag. The flags are listed before the log is read, so that what the log does not name
//!   has not changed since.
//! - A flag that is put away is in no list. A project that does not exist has an empty one.
//! - A token of a viewer is enough, as long as it is no token of an SDK.

mod log;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use serde::Deserialize;

use super::ask::{Answer, Asker, Auth, Manner};
use super::facts::{Round, seen, web};
use super::{After, FlagApi, Look};
use crate::domain::flag::FlagSeen;
use crate::http::RemoteError;
use crate::sources::flags::name;
use crate::sources::flags::unleash::Strategy;
use crate::time::{HOUR_MS, UnixMs};
use log::Log;

/// How Unleash is asked.
pub(super) const MANNER: Manner = Manner {
    name: "unleash",
    base: None,
    prefix: &["api", "admin"],
    auth: Auth::Bare,
    projects: None,
    headers: &[],
    token: "a personal access token, or an admin token, that may read the projects",
};

/// Flags whose strategies are asked for in one look; the others' turn comes in the next.
const DETAILS_MAX: usize = 200;
/// For how long strategies are taken as they were, where the log names no change, ms: an import or a restored database
/// may have changed them without a word.
const DETAILS_FRESH_MS: i64 = 6 * HOUR_MS;

/// The client.
pub(super) fn client(ask: Asker, projects: Vec<String>) -> Arc<dyn FlagApi> {
    Arc::new(Unleash { ask, projects, details: Mutex::default(), told: Mutex::default() })
}

#[derive(Debug)]
struct Unleash {
    ask: Asker,
    projects: Vec<String>,
    /// What the strategies of a flag were, by project and name.
    details: Mutex<BTreeMap<(String, String), Detail>>,
    /// The events that were told in the last look, by their id.
    told: Mutex<BTreeSet<i64>>,
}

/// A flag's strategies as they were.
#[derive(Clone, Debug)]
struct Detail {
    flag: Arc<Feature>,
    at: UnixMs,
}

#[derive(Deserialize)]
struct Projects {
    projects: Vec<Project>,
}

#[derive(Deserialize)]
struct Project {
    id: String,
    #[serde(rename = "archivedAt")]
    archived_at: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Features {
    features: Vec<Feature>,
}

/// A flag: listed, its environments are without strategies.
#[derive(Debug, Deserialize)]
struct Feature {
    name: String,
    #[serde(default)]
    environments: Vec<Environment>,
}

#[derive(Debug, Deserialize)]
struct Environment {
    name: String,
    enabled: bool,
    #[serde(default)]
    strategies: Vec<Strategy>,
}

#[async_trait]
impl FlagApi for Unleash {
    async fn look(&self, after: After<'_>) -> Result<Look, RemoteError> {
        self.ask.begin();
        let projects = self.projects().await?;
        let (mut lists, mut round) = (Vec::new(), Round::of(self.ask.name()));
        for project in &projects {
            let url = self.ask.at(["projects", project, "features"]);
            let told = self.ask.get::<Features>(&url, &format!("the flags of {project}")).await;
            lists.extend(round.pass_over(told)?.map(|list| (project, list)));
        }
        if lists.is_empty() && round.misses() {
            return round.end();
        }
        let log = Log::read(&self.ask, &self.projects, after).await?;
        self.forget_changed(&log, &lists);
        let mut look = Look { cursor: log.newest.map(|id| id.to_string()), ..Look::default() };
        let mut questions = DETAILS_MAX;
        for (project, list) in &lists {
            let whole = self.see(project, list, &mut questions, &mut look.seen).await?;
            look.whole.extend(name(project).filter(|_| whole));
        }
        look.events = log.events.into_values().map(|(_, body)| body).collect();
        Ok(look)
    }
}

impl Unleash {
    /// The projects to ask for.
    async fn projects(&self) -> Result<Vec<String>, RemoteError> {
        if !self.projects.is_empty() {
            return Ok(self.projects.clone());
        }
        let listed = self.ask.get::<Projects>(&self.ask.at(["projects"]), "the projects").await?;
        Ok(listed.value.projects.iter().filter(|p| p.archived_at.is_none()).map(|p| p.id.clone()).collect())
    }

    /// Forgets the strategies of flags that changed, or that are no more.
    fn forget_changed(&self, log: &Log, lists: &[(&String, Answer<Features>)]) {
        let listed: BTreeSet<(&str, &str)> = lists
            .iter()
            .flat_map(|(project, list)| list.value.features.iter().map(|f| (project.as_str(), f.name.as_str())))
            .collect();
        // Of what is read again, the strategies were asked for when it was read first.
        let told: BTreeSet<i64> = log.events.keys().copied().collect();
        let told_before = std::mem::replace(&mut *self.told.lock().unwrap_or_else(PoisonError::into_inner), told);
        let news = log.events.iter().filter(|(id, _)| !told_before.contains(id));
        let changed: BTreeSet<&str> = news.map(|(_, (flag, _))| flag.as_str()).collect();
        self.details().retain(|(project, flag), _| {
            log.whole && !changed.contains(flag.as_str()) && listed.contains(&(project.as_str(), flag.as_str()))
        });
    }

    /// The flags of a project as they are. Gives whether none is left out.
    async fn see(
        &self,
        project: &str,
        list: &Answer<Features>,
        questions: &mut usize,
        all: &mut Vec<FlagSeen>,
    ) -> Result<bool, RemoteError> {
        let mut whole = !list.value.features.is_empty();
        for listed in &list.value.features {
            let key = (project.to_owned(), listed.name.clone());
            let known = self.details().get(&key).cloned();
            let fresh = known.as_ref().is_some_and(|d| list.at.since(d.at) < DETAILS_FRESH_MS && d.has_all_of(listed));
            if fresh || *questions == 0 {
                match known {
                    // Whether it is on is told by the list, which is younger.
                    Some(detail) => all.extend(self.states(project, listed, Some(&detail.flag), list.at)),
                    None => whole = false,
                }
                continue;
            }
            *questions -= 1;
            let url = self.ask.at(["projects", project, "features", &listed.name]);
            match self.ask.get::<Feature>(&url, &format!("a flag of {project}")).await {
                Ok(answer) => {
                    all.extend(self.states(project, &answer.value, None, answer.at));
                    self.details().insert(key, Detail { flag: answer.value, at: answer.at });
                }
                // Put away since it was listed.
                Err(RemoteError::Gone { .. }) => {}
                Err(e) => return Err(e),
            }
        }
        Ok(whole)
    }

    /// A flag in each of its environments, with the strategies that are known of it.
    fn states(&self, project: &str, flag: &Feature, known: Option<&Feature>, at: UnixMs) -> Vec<FlagSeen> {
        let url = web(self.ask.page(["projects", project, "features", &flag.name]));
        flag.environments
            .iter()
            .filter_map(|environment| {
                let strategies = match known {
                    None => &environment.strategies,
                    Some(known) => &known.environments.iter().find(|e| e.name == environment.name)?.strategies,
                };
                Some(FlagSeen {
                    environment: name(&environment.name),
                    on: Some(environment.enabled),
                    shares: strategies.iter().filter_map(|s| Some((s.key()?, s.reach()?))).collect(),
                    variants: strategies.iter().map(Strategy::variants).find(|v| !v.is_empty()).unwrap_or_default(),
                    url: url.clone(),
                    ..seen(self.ask.name(), name(project), &flag.name, at)?
                })
            })
            .collect()
    }

    fn details(&self) -> MutexGuard<'_, BTreeMap<(String, String), Detail>> {
        self.details.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Detail {
    /// Whether it knows each environment of the flag as it is listed.
    fn has_all_of(&self, listed: &Feature) -> bool {
        listed.environments.iter().all(|e| self.flag.environments.iter().any(|known| known.name == e.name))
    }
}
