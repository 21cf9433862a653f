//! Flagsmith: its features as they are.
//!
//! After Flagsmith's Admin API (`GET /api/v1/projects/`, `/api/v1/environments/?project=`,
//! `/api/v1/projects/{id}/features/?environment=` and `/api/v1/environments/{key}/featurestates/?feature=`) as
//! `projects/views.py`, `environments/views.py` and `features/views.py` of Flagsmith/flagsmith have it.
//!
//! - Its webhook tells projects and environments by their names, and so does this client.
//! - A list of features holds each feature's state in one environment, without the shares of its variants: those are asked
//!   for feature by feature, and only multivariate features have them. Variants take their shares, and the rest gets the
//!   control value: a multivariate feature reaches as many as its variants do, any other reaches everybody while on.
//! - What a segment or an identity gets besides is not counted.
//! - A feature that is put away there is still delivered as before: it is not put away here.
//! - An organisation's key may send 500 requests a minute.

use std::sync::Arc;

use async_trait::async_trait;
use serde::Deserialize;
use url::Url;

use super::ask::{Asker, Auth, Manner, Page};
use super::facts::{Round, seen, whole_flag};
use super::{After, FlagApi, Look};
use crate::domain::flag::{FlagSeen, Variant};
use crate::http::RemoteError;
use crate::sources::flags::{name, percent};
use crate::time::UnixMs;

/// How Flagsmith is asked.
pub(super) const MANNER: Manner = Manner {
    name: "flagsmith",
    base: Some("https://api.flagsmith.com"),
    prefix: &["api", "v1"],
    auth: Auth::Scheme("Api-Key"),
    projects: None,
    headers: &[],
    token: "an organisation's API key that may view the projects and their environments",
};

/// Features on a page; Flagsmith gives at most 999.
const PER_PAGE: &str = "200";
/// Environments of a project that are asked for.
const ENVIRONMENTS_MAX: usize = 30;
/// Multivariate features whose shares are asked for in one look, in all environments: a third of what a minute allows.
const SHARES_MAX: usize = 150;
/// Variants of one feature that are kept.
const VARIANTS_MAX: usize = 50;
/// What those are called who get no variant.
const CONTROL: &str = "control";
/// How Flagsmith calls a feature that has variants.
const MULTIVARIATE: &str = "MULTIVARIATE";

/// The client.
pub(super) fn client(ask: Asker, projects: Vec<String>) -> Arc<dyn FlagApi> {
    Arc::new(Flagsmith { ask, projects })
}

#[derive(Debug)]
struct Flagsmith {
    ask: Asker,
    projects: Vec<String>,
}

/// A page of a list.
#[derive(Deserialize)]
struct Listed<T> {
    count: Option<usize>,
    next: Option<String>,
    results: Vec<T>,
}

#[derive(Clone, Deserialize)]
struct Project {
    id: i64,
    name: String,
}

#[derive(Clone, Deserialize)]
struct Environment {
    id: i64,
    name: String,
    api_key: String,
}

#[derive(Clone, Deserialize)]
struct Feature {
    id: i64,
    name: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    multivariate_options: Vec<Choice>,
    environment_feature_state: Option<State>,
}

/// One of the values that a feature gives.
#[derive(Clone, Deserialize)]
struct Choice {
    id: i64,
    string_value: Option<String>,
    integer_value: Option<i64>,
    boolean_value: Option<bool>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Clone, Deserialize)]
struct State {
    enabled: bool,
}

/// A feature's state with the shares of its variants.
#[derive(Clone, Deserialize)]
struct Shares {
    feature: i64,
    #[serde(default)]
    multivariate_feature_state_values: Vec<Share>,
}

#[derive(Clone, Deserialize)]
struct Share {
    multivariate_feature_option: i64,
    percentage_allocation: f64,
}

#[async_trait]
impl FlagApi for Flagsmith {
    async fn look(&self, _: After<'_>) -> Result<Look, RemoteError> {
        self.ask.begin();
        let (mut round, mut questions) = (Round::of(self.ask.name()), SHARES_MAX);
        for project in &self.projects(&mut round).await? {
            let told = self.see(project, &mut questions, &mut round.look.seen).await;
            round.add(&project.name, told)?;
        }
        round.end()
    }
}

impl Flagsmith {
    /// The projects to ask for: all, or those of these ids or names.
    async fn projects(&self, round: &mut Round) -> Result<Vec<Project>, RemoteError> {
        let listed = self.ask.get::<Vec<Project>>(&self.ask.at(["projects", ""]), "the projects").await?.value;
        if self.projects.is_empty() {
            return Ok(listed.to_vec());
        }
        let mut found = Vec::new();
        for wanted in &self.projects {
            let before = found.len();
            found.extend(listed.iter().filter(|p| p.id.to_string() == *wanted || p.name == *wanted).cloned());
            if found.len() == before {
                let what = format!(
                    "the project {wanted}: sources.flagsmith.api_token sees none of that id or name. Check \
                     sources.flagsmith.projects"
                );
                round.pass_over::<()>(Err(RemoteError::Gone { what }))?;
            }
        }
        Ok(found)
    }

    /// The features of a project as they are. Gives whether they are all.
    async fn see(
        &self,
        project: &Project,
        questions: &mut usize,
        all: &mut Vec<FlagSeen>,
    ) -> Result<bool, RemoteError> {
        let mut first = self.ask.at(["environments", ""]);
        first.query_pairs_mut().append_pair("project", &project.id.to_string());
        let (environments, _) =
            self.all::<Environment>(&first, &format!("the environments of {}", project.name)).await?;
        if environments.len() > ENVIRONMENTS_MAX {
            tracing::warn!(source = self.ask.name(), "{} has more than {ENVIRONMENTS_MAX} environments", project.name);
        }
        let mut whole = !environments.is_empty();
        for (environment, _) in environments.iter().take(ENVIRONMENTS_MAX) {
            whole &= self.see_in(project, environment, questions, all).await?;
        }
        Ok(whole)
    }

    /// The same in one environment.
    async fn see_in(
        &self,
        project: &Project,
        environment: &Environment,
        questions: &mut usize,
        all: &mut Vec<FlagSeen>,
    ) -> Result<bool, RemoteError> {
        let mut first = self.ask.at(["projects", &project.id.to_string(), "features", ""]);
        first
            .query_pairs_mut()
            .append_pair("environment", &environment.id.to_string())
            .append_pair("page_size", PER_PAGE);
        let what = format!("the features of {}", project.name);
        let (features, mut whole) = self.all::<Feature>(&first, &what).await?;
        for (feature, at) in features {
            // Without one, the environment is still being made.
            let Some(state) = &feature.environment_feature_state else { continue };
            let shares = match feature.kind.as_deref() {
                Some(MULTIVARIATE) if *questions == 0 => {
                    whole = false;
                    continue;
                }
                Some(MULTIVARIATE) => {
                    *questions -= 1;
                    self.shares(environment, &feature).await?
                }
                _ => Vec::new(),
            };
            let Some(flag) = seen(self.ask.name(), name(&project.name), &feature.name, at) else { continue };
            all.push(FlagSeen {
                environment: name(&environment.name),
                on: Some(state.enabled),
                shares: whole_flag(feature.share(&shares)),
                variants: feature.variants(&shares),
                ..flag
            });
        }
        Ok(whole)
    }

    /// The shares of a feature's variants in an environment.
    async fn shares(&self, environment: &Environment, feature: &Feature) -> Result<Vec<Share>, RemoteError> {
        let mut url = self.ask.at(["environments", &environment.api_key, "featurestates", ""]);
        url.query_pairs_mut().append_pair("feature", &feature.id.to_string());
        let answer = self.ask.get::<Listed<Shares>>(&url, "the shares of a feature").await?;
        let shares = answer.value.results.iter().find(|s| s.feature == feature.id);
        Ok(shares.map(|s| s.multivariate_feature_state_values.clone()).unwrap_or_default())
    }

    /// A list, each of its things with the moment when it was told, and whether it was read to its end.
    async fn all<T>(&self, first: &Url, what: &str) -> Result<(Vec<(T, UnixMs)>, bool), RemoteError>
    where
        T: for<'de> Deserialize<'de> + Clone + Send + Sync + 'static,
    {
        let (mut all, mut page) = (Vec::new(), 1);
        let whole = self
            .ask
            .list::<Listed<T>>(at_page(first, page), what, |answer| {
                let listed = &answer.value;
                all.extend(listed.results.iter().map(|thing| (thing.clone(), answer.at)));
                page += 1;
                let next = listed.next.is_some().then(|| at_page(first, page));
                Page { held: listed.results.len(), total: listed.count, next }
            })
            .await?;
        Ok((all, whole))
    }
}

fn at_page(first: &Url, page: usize) -> Url {
    let mut url = first.clone();
    url.query_pairs_mut().append_pair("page", &page.to_string());
    url
}

impl Feature {
    /// How many it reaches while on.
    fn share(&self, shares: &[Share]) -> Option<f64> {
        match self.kind.as_deref() {
            // Thirds need not add up to 100 to the last digit.
            Some(MULTIVARIATE) => percent(shares.iter().map(|s| s.percentage_allocation).sum::<f64>().min(100.0)),
            _ => Some(100.0),
        }
    }

    fn variants(&self, shares: &[Share]) -> Vec<Variant> {
        let called = |share: &Share| {
            let choice = self.multivariate_options.iter().find(|c| c.id == share.multivariate_feature_option);
            choice.and_then(Choice::shown).unwrap_or_else(|| "variant".to_owned())
        };
        let variants = shares.iter().take(VARIANTS_MAX);
        let variants =
            variants.map(|share| Variant { name: called(share), percent: percent(share.percentage_allocation) });
        let rest = self.share(shares).filter(|_| !shares.is_empty()).map(|p| 100.0 - p);
        variants.chain(rest.map(|p| Variant { name: CONTROL.to_owned(), percent: Some(p) })).collect()
    }
}

impl Choice {
    /// Its value.
    fn shown(&self) -> Option<String> {
        let value = match self.kind.as_deref() {
            Some("int") => self.integer_value.map(|n| n.to_string()),
            Some("bool") => self.boolean_value.map(|b| b.to_string()),
            _ => self.string_value.clone(),
        };
        name(&value?)
    }
}
