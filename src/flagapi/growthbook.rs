//! GrowthBook: its features as they are.
//!
//! After GrowthBook's REST API (`GET /api/v1/features`, limit and offset), as `listFeatures.ts` and `getApiFeatureObj` of
//! growthbook/growthbook have it: the very object that its webhook sends. The second version of the list tells rules of
//! all environments in one and is not used.
//!
//! - The list holds features that are put away, marked as such.
//! - A feature that is off in an environment gives nothing there, whatever its rules say. How many it reaches while on is
//!   read as its webhook sends it.
//! - A key may send 60 requests a minute; a page holds at most 100 features.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use serde::Deserialize;

use super::ask::{Answer, Asker, Auth, Manner, Page};
use super::facts::{at_offset, seen, whole_flag};
use super::{After, FlagApi, Look};
use crate::domain::flag::FlagSeen;
use crate::http::RemoteError;
use crate::sources::flags::growthbook::feature::Feature;
use crate::sources::flags::name;

/// How GrowthBook is asked.
pub(super) const MANNER: Manner = Manner {
    name: "growthbook",
    base: Some("https://api.growthbook.io"),
    prefix: &["api", "v1"],
    auth: Auth::Scheme("Bearer"),
    projects: None,
    headers: &[],
    token: "a secret API key, read-only",
};

/// Features on a page.
const PER_PAGE: usize = 100;

/// The client.
pub(super) fn client(ask: Asker, projects: Vec<String>) -> Arc<dyn FlagApi> {
    Arc::new(GrowthBook { ask, projects })
}

#[derive(Debug)]
struct GrowthBook {
    ask: Asker,
    projects: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    features: Vec<Feature>,
    #[serde(default)]
    has_more: bool,
    total: Option<usize>,
}

#[async_trait]
impl FlagApi for GrowthBook {
    async fn look(&self, _: After<'_>) -> Result<Look, RemoteError> {
        self.ask.begin();
        let mut look = Look::default();
        if self.projects.is_empty() {
            let whole = self.see(None, &mut look.seen).await?;
            // Of a project that has no feature left nothing is listed.
            let projects: BTreeSet<String> = look.seen.iter().map(|f| f.project.clone().unwrap_or_default()).collect();
            look.whole = if whole { projects } else { BTreeSet::new() };
        }
        for project in &self.projects {
            let whole = self.see(Some(project), &mut look.seen).await?;
            look.whole.extend(name(project).filter(|_| whole));
        }
        Ok(look)
    }
}

impl GrowthBook {
    /// The features of a project, or all. Gives whether they are all.
    async fn see(&self, project: Option<&str>, all: &mut Vec<FlagSeen>) -> Result<bool, RemoteError> {
        let mut first = self.ask.at(["features"]);
        if let Some(project) = project {
            first.query_pairs_mut().append_pair("projectId", project);
        }
        let what = project.map_or_else(|| "the features".to_owned(), |p| format!("the features of {p}"));
        let mut offset = 0;
        self.ask
            .list::<Listed>(at_offset(&first, PER_PAGE, 0), &what, |answer| {
                let listed = &answer.value;
                offset += listed.features.len();
                all.extend(listed.features.iter().flat_map(|feature| self.states(feature, answer)));
                let next = listed.has_more.then(|| at_offset(&first, PER_PAGE, offset));
                Page { held: listed.features.len(), total: listed.total, next }
            })
            .await
    }

    fn states(&self, feature: &Feature, answer: &Answer<Listed>) -> Vec<FlagSeen> {
        let project = feature.project.as_deref().and_then(name);
        let id = feature.id.as_deref().unwrap_or_default();
        let Some(flag) = seen(self.ask.name(), project, id, answer.at) else { return Vec::new() };
        let basis = feature.basis(feature);
        feature
            .environments
            .iter()
            .flatten()
            .map(|(environment, setting)| FlagSeen {
                environment: name(environment),
                on: setting.enabled,
                shares: whole_flag(setting.percent(&basis)),
                variants: setting.variants(),
                archived: feature.archived == Some(true),
                ..flag.clone()
            })
            .collect()
    }
}
