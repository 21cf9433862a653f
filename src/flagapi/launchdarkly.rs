//! LaunchDarkly: its flags as they are. Its audit log is not read: an entry of it may leave out environments, and what
//! the flags are tells the same.
//!
//! After LaunchDarkly's REST API, version 20240415 (`GET /api/v2/projects`, `/api/v2/projects/{key}/environments` and
//! `/api/v2/flags/{key}`), as its `OpenAPI` description has it.
//!
//! - Flags come without environments unless these are named. Without `summary=0` an environment comes without what it
//!   serves. Assumed, since other clients found it and no document says it: three environments can be named at a time, and
//!   a page holds at most 100 flags.
//! - What a flag serves, and to how many, is read as its webhook sends it.
//! - Flags that are put away are left out of the list, and so are told as gone.
//! - A reader's token is enough. The limits are renewed every ten seconds, and how high they are is not documented.

use std::sync::Arc;

use async_trait::async_trait;
use serde::Deserialize;
use url::Url;

use super::ask::{Asker, Auth, Manner, Page};
use super::facts::{Round, at_offset, seen, web, whole_flag};
use super::{After, FlagApi, Look};
use crate::domain::flag::FlagSeen;
use crate::http::RemoteError;
use crate::sources::flags::launchdarkly::flag::{Flag, Setting};
use crate::sources::flags::name;
use crate::time::UnixMs;

/// How LaunchDarkly is asked.
pub(super) const MANNER: Manner = Manner {
    name: "launchdarkly",
    base: Some("https://app.launchdarkly.com"),
    prefix: &["api", "v2"],
    auth: Auth::Bare,
    projects: None,
    headers: &[("ld-api-version", "20240415")],
    token: "an access token with the role Reader",
};

/// Of any list.
const PER_PAGE: usize = 100;
/// Environments that one question may name.
const ENVIRONMENTS_AT_ONCE: usize = 3;
/// Environments of a project that are asked for: those that LaunchDarkly calls critical, then the others.
const ENVIRONMENTS_MAX: usize = 30;

/// The client.
pub(super) fn client(ask: Asker, projects: Vec<String>) -> Arc<dyn FlagApi> {
    Arc::new(LaunchDarkly { ask, projects })
}

#[derive(Debug)]
struct LaunchDarkly {
    ask: Asker,
    projects: Vec<String>,
}

/// A page of any list.
#[derive(Deserialize)]
struct Listed<T> {
    items: Vec<T>,
    #[serde(rename = "totalCount")]
    total: Option<usize>,
}

#[derive(Clone, Deserialize)]
struct Project {
    key: String,
}

#[derive(Clone, Deserialize)]
struct Environment {
    key: String,
    #[serde(default)]
    critical: bool,
}

#[async_trait]
impl FlagApi for LaunchDarkly {
    async fn look(&self, _: After<'_>) -> Result<Look, RemoteError> {
        self.ask.begin();
        let mut round = Round::of(self.ask.name());
        for project in &self.projects().await? {
            let told = self.see(project, &mut round.look.seen).await;
            round.add(project, told)?;
        }
        round.end()
    }
}

impl LaunchDarkly {
    /// The projects to ask for.
    async fn projects(&self) -> Result<Vec<String>, RemoteError> {
        if !self.projects.is_empty() {
            return Ok(self.projects.clone());
        }
        Ok(self.all::<Project>(&["projects"], "the projects").await?.into_iter().map(|p| p.key.clone()).collect())
    }

    /// The environments of a project to ask for.
    async fn environments(&self, project: &str) -> Result<Vec<String>, RemoteError> {
        let what = format!("the environments of {project}");
        let mut all = self.all::<Environment>(&["projects", project, "environments"], &what).await?;
        all.sort_by_key(|e| !e.critical);
        if all.len() > ENVIRONMENTS_MAX {
            tracing::warn!(source = self.ask.name(), "{project} has more than {ENVIRONMENTS_MAX} environments");
        }
        Ok(all.into_iter().take(ENVIRONMENTS_MAX).map(|e| e.key.clone()).collect())
    }

    /// A whole list.
    async fn all<T>(&self, path: &[&str], what: &str) -> Result<Vec<T>, RemoteError>
    where
        T: for<'de> Deserialize<'de> + Clone + Send + Sync + 'static,
    {
        let mut all = Vec::new();
        let first = self.ask.at(path.iter().copied());
        self.ask
            .list::<Listed<T>>(at_offset(&first, PER_PAGE, 0), what, |answer| {
                all.extend_from_slice(&answer.value.items);
                answer.value.page(&first, all.len())
            })
            .await?;
        Ok(all)
    }

    /// The flags of a project as they are. Gives whether they are all.
    async fn see(&self, project: &str, all: &mut Vec<FlagSeen>) -> Result<bool, RemoteError> {
        let environments = self.environments(project).await?;
        let mut whole = !environments.is_empty();
        for environments in environments.chunks(ENVIRONMENTS_AT_ONCE) {
            whole &= self.see_in(project, environments, all).await?;
        }
        Ok(whole)
    }

    /// The same in these environments.
    async fn see_in(
        &self,
        project: &str,
        environments: &[String],
        all: &mut Vec<FlagSeen>,
    ) -> Result<bool, RemoteError> {
        let mut first = self.ask.at(["flags", project]);
        first.query_pairs_mut().append_pair("summary", "0").extend_pairs(environments.iter().map(|e| ("env", e)));
        let mut offset = 0;
        let what = format!("the flags of {project}");
        self.ask
            .list::<Listed<Flag>>(at_offset(&first, PER_PAGE, 0), &what, |answer| {
                for flag in answer.value.items.iter().filter(|f| f.archived != Some(true)) {
                    let held = flag.environments.as_ref();
                    let settings = environments.iter().filter_map(|e| Some((e, held?.get(e)?)));
                    all.extend(settings.filter_map(|(e, setting)| self.state(project, flag, e, setting, answer.at)));
                }
                offset += answer.value.items.len();
                answer.value.page(&first, offset)
            })
            .await
    }

    fn state(&self, project: &str, flag: &Flag, environment: &str, setting: &Setting, at: UnixMs) -> Option<FlagSeen> {
        let site = setting.site.as_ref().and_then(|link| link.href.as_deref()).filter(|path| path.starts_with('/'));
        Some(FlagSeen {
            environment: name(environment),
            on: setting.on,
            shares: whole_flag(setting.percent()),
            variants: flag.variants(setting),
            url: site.and_then(|path| web(self.ask.page(path.trim_matches('/').split('/')))),
            ..seen(self.ask.name(), name(project), flag.key.as_deref()?, at)?
        })
    }
}

impl<T> Listed<T> {
    /// The page, of which the list was read as far as `offset` with it.
    fn page(&self, first: &Url, offset: usize) -> Page {
        let more = match self.total {
            Some(total) => offset < total,
            None => self.items.len() >= PER_PAGE,
        };
        Page { held: self.items.len(), total: self.total, next: more.then(|| at_offset(first, PER_PAGE, offset)) }
    }
}
