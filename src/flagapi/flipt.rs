//! Flipt 1: its flags as they are. Flipt 2 keeps them in Git, and is not asked.
//!
//! After Flipt's REST API (`GET /api/v1/namespaces/{key}/flags` and `/api/v1/namespaces/{key}/flags/{key}/rollouts`), as
//! its documentation for version 1 has it.
//!
//! - A boolean flag gives its default, `enabled`, to whom none of its rollouts takes, and these count whether it is enabled
//!   or not: such a flag is always on, and its default is a share of all or nothing.
//! - Rollouts are tried by their rank. One by threshold takes a share of customers, and all thresholds of a flag take the
//!   same first (`internal/server/evaluation` of flipt-io/flipt hashes the flag and the customer, not the rollout): a wider
//!   one after a narrower one takes the rest up to its share. One that gives *false* takes its share
//!   from all that stands behind it. One by segment says whom, and not how many.
//! - Its webhook does not tell a flag with variants from a boolean one, and so both are told alike: the default is a share.
//!   How its rules spread variants is not told.
//! - There are no environments; a namespace is what comes nearest, and is told as the project.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use serde::Deserialize;
use url::Url;

use super::ask::{Asker, Auth, Manner, Page};
use super::facts::{Round, seen, web};
use super::{After, FlagApi, Look};
use crate::domain::flag::FlagSeen;
use crate::domain::flag_state::DEFAULT_SHARE;
use crate::http::RemoteError;
use crate::sources::flags::{name, percent};
use crate::time::UnixMs;

/// How Flipt is asked.
pub(super) const MANNER: Manner = Manner {
    name: "flipt",
    base: None,
    prefix: &["api", "v1"],
    auth: Auth::Scheme("Bearer"),
    projects: None,
    headers: &[],
    token: "a token of Flipt's that may read the namespaces",
};

/// Of any list.
const PER_PAGE: &str = "100";
/// Flags whose rollouts are asked for in one look.
const ROLLOUTS_MAX: usize = 500;
/// How Flipt calls a flag that has rollouts.
const BOOLEAN: &str = "BOOLEAN_FLAG_TYPE";

/// The client.
pub(super) fn client(ask: Asker, mut namespaces: Vec<String>) -> Arc<dyn FlagApi> {
    if namespaces.is_empty() {
        namespaces.push("default".to_owned());
    }
    Arc::new(Flipt { ask, namespaces })
}

#[derive(Debug)]
struct Flipt {
    ask: Asker,
    namespaces: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Flags {
    #[serde(rename = "flags")]
    listed: Vec<Flag>,
    #[serde(default)]
    next_page_token: String,
    total_count: Option<usize>,
}

#[derive(Clone, Deserialize)]
struct Flag {
    key: String,
    #[serde(default)]
    enabled: bool,
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rollouts {
    rules: Vec<Rollout>,
    #[serde(default)]
    next_page_token: String,
    total_count: Option<usize>,
}

#[derive(Clone, Deserialize)]
struct Rollout {
    id: String,
    #[serde(default)]
    rank: i64,
    threshold: Option<Threshold>,
}

#[derive(Clone, Deserialize)]
struct Threshold {
    #[serde(default)]
    percentage: f64,
    #[serde(default)]
    value: bool,
}

#[async_trait]
impl FlagApi for Flipt {
    async fn look(&self, _: After<'_>) -> Result<Look, RemoteError> {
        self.ask.begin();
        let (mut round, mut questions) = (Round::of(self.ask.name()), ROLLOUTS_MAX);
        for namespace in &self.namespaces {
            let told = self.see(namespace, &mut questions, &mut round.look.seen).await;
            round.add(namespace, told)?;
        }
        round.end()
    }
}

impl Flipt {
    /// The flags of a namespace as they are. Gives whether they are all.
    async fn see(&self, namespace: &str, questions: &mut usize, all: &mut Vec<FlagSeen>) -> Result<bool, RemoteError> {
        let first = self.ask.at(["namespaces", namespace, "flags"]);
        let mut flags: Vec<(Flag, UnixMs)> = Vec::new();
        let mut whole = self
            .ask
            .list::<Flags>(at_token(&first, ""), &format!("the flags of {namespace}"), |answer| {
                let Flags { listed, next_page_token, total_count } = &*answer.value;
                flags.extend(listed.iter().map(|flag| (flag.clone(), answer.at)));
                Page { held: listed.len(), total: *total_count, next: next(&first, next_page_token) }
            })
            .await?;
        for (flag, at) in flags {
            let mut shares = shares(flag.enabled, &[]);
            if flag.kind.as_deref() == Some(BOOLEAN) {
                if *questions == 0 {
                    whole = false;
                    continue;
                }
                *questions -= 1;
                let mut rollouts = match self.rollouts(namespace, &flag.key).await {
                    Ok(rollouts) => rollouts,
                    // Deleted since it was listed.
                    Err(RemoteError::Gone { .. }) => continue,
                    Err(e) => return Err(e),
                };
                rollouts.sort_by_key(|r| r.rank);
                shares = self::shares(flag.enabled, &rollouts);
            }
            let Some(named) = seen(self.ask.name(), name(namespace), &flag.key, at) else { continue };
            let mut page = self.ask.page([]);
            page.set_fragment(Some(&format!("/namespaces/{namespace}/flags/{}", flag.key)));
            all.push(FlagSeen { on: Some(true), shares, url: web(page), ..named });
        }
        Ok(whole)
    }

    /// The rollouts of a flag.
    async fn rollouts(&self, namespace: &str, flag: &str) -> Result<Vec<Rollout>, RemoteError> {
        let first = self.ask.at(["namespaces", namespace, "flags", flag, "rollouts"]);
        let mut all = Vec::new();
        self.ask
            .list::<Rollouts>(at_token(&first, ""), "the rollouts of a flag", |answer| {
                let Rollouts { rules, next_page_token, total_count } = &*answer.value;
                all.extend_from_slice(rules);
                Page { held: rules.len(), total: *total_count, next: next(&first, next_page_token) }
            })
            .await?;
        Ok(all)
    }
}

fn next(first: &Url, token: &str) -> Option<Url> {
    (!token.is_empty()).then(|| at_token(first, token))
}

fn at_token(first: &Url, token: &str) -> Url {
    let mut url = first.clone();
    url.query_pairs_mut().append_pair("limit", PER_PAGE);
    if !token.is_empty() {
        url.query_pairs_mut().append_pair("pageToken", token);
    }
    url
}

/// How many each rollout reaches where that is told, and the default.
fn shares(enabled: bool, rollouts: &[Rollout]) -> BTreeMap<String, f64> {
    let mut shares = BTreeMap::new();
    // As many as the thresholds so far took, gave true to, and gave false to.
    let (mut taken, mut reached, mut refused) = (0.0_f64, 0.0, 0.0);
    for rollout in rollouts {
        let Some((threshold, share)) = rollout.threshold.as_ref().and_then(|t| Some((t, percent(t.percentage)?)))
        else {
            continue;
        };
        let more = (share - taken).max(0.0);
        taken += more;
        *(if threshold.value { &mut reached } else { &mut refused }) += more;
        let own = match (threshold.value, refused > 0.0) {
            (true, true) => reached,
            (true, false) => share,
            (false, _) => 0.0,
        };
        shares.extend(name(&rollout.id).map(|id| (id, own)));
    }
    shares.insert(DEFAULT_SHARE.to_owned(), if enabled { 100.0 - refused } else { 0.0 });
    shares
}
