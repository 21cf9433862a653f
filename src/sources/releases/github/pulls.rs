//! Pull requests. What they say counts once they are merged: before, anybody may write anything into one; merging is done
//! by somebody who may write to the repository. A policy that an open one proposes is judged, and not in force.

use serde::Deserialize;

use super::{Login, Repository, web_address};
use crate::domain::mention::{Mention, MentionId, MentionKind, PullHead};
use crate::domain::repo_policy::{PolicyNews, PolicyPlace};
use crate::sources::releases::mentions;
use crate::sources::{BadBody, Fact, Meaning, clean, read_json};
use crate::time::UnixMs;

/// Longest title that is kept, in characters; GitHub takes 256.
const TITLE_MAX: usize = 256;

#[derive(Deserialize)]
struct PullRequestEvent {
    action: String,
    pull_request: PullRequest,
    repository: Repository,
    sender: Option<Login>,
}

#[derive(Deserialize)]
struct PullRequest {
    number: i64,
    title: String,
    body: Option<String>,
    user: Option<Login>,
    author_association: Option<String>,
    html_url: Option<String>,
    #[serde(default)]
    merged: bool,
    merged_at: Option<String>,
    updated_at: Option<String>,
    head: Option<Head>,
}

/// The latest commit of a pull request.
#[derive(Deserialize)]
struct Head {
    sha: String,
}

impl PullRequestEvent {
    /// Whether an author whom the repository gave no role writes: who wrote a pull request may still change its text after
    /// somebody else merged it. Everybody else who can has write access.
    fn is_by_an_outsider(&self) -> bool {
        let pull = &self.pull_request;
        let author = pull.user.as_ref().map(|u| &u.login);
        let of_the_house = ["OWNER", "MEMBER", "COLLABORATOR"];
        let has_role = pull.author_association.as_deref().is_some_and(|role| of_the_house.contains(&role));
        !has_role && (author.is_none() || author == self.sender.as_ref().map(|s| &s.login))
    }
}

/// What `pull_request` tells.
pub(super) fn pull_request(body: &[u8], received_at: UnixMs) -> Result<Meaning, BadBody> {
    let e: PullRequestEvent = read_json(body)?;
    if let ("opened" | "synchronize" | "reopened", Some(head)) = (e.action.as_str(), &e.pull_request.head) {
        return policy(&e, head);
    }
    if !matches!(e.action.as_str(), "closed" | "edited") {
        return Ok(Meaning::Ignored(format!("pull_request.{} is not used", clean(&e.action, super::NAME_MAX))));
    }
    if !e.pull_request.merged {
        return Ok(Meaning::Ignored("a pull request that is not merged: anybody may write one".into()));
    }
    if e.action == "edited" && e.is_by_an_outsider() {
        return Ok(Meaning::Ignored("an edit by an author without a role here, after it was merged".into()));
    }
    let pull = e.pull_request;
    let merged = pull.merged_at.as_deref().and_then(UnixMs::parse_rfc3339);
    let updated = pull.updated_at.as_deref().and_then(UnixMs::parse_rfc3339);
    let number = pull.number.to_string();
    let of = MentionId { origin: e.repository.origin(), kind: MentionKind::Pull, id: number.clone() };
    let repo = e.repository.name()?;
    let sha = pull.head.as_ref().and_then(|head| super::pushes::commit(&head.sha));
    let head = sha.map(|sha| Fact::Head(Box::new(PullHead { of: of.clone(), repo: repo.clone(), sha })));
    let named = Fact::Named(Box::new(Mention {
        of,
        repo,
        key: number,
        flags: mentions::named([pull.title.as_str(), pull.body.as_deref().unwrap_or_default()]),
        title: clean(&pull.title, TITLE_MAX),
        url: web_address(pull.html_url),
        at: merged.unwrap_or(received_at),
        written_at: updated.max(merged).unwrap_or(received_at),
    }));
    // The commit first: what the rest wakes finds it.
    Ok(Meaning::Facts(head.into_iter().chain([named]).collect()))
}

/// A pull request may change the repository's policy; which files it changes, its delivery does not tell.
fn policy(e: &PullRequestEvent, head: &Head) -> Result<Meaning, BadBody> {
    let Some(sha) = super::pushes::commit(&head.sha) else {
        return Err(BadBody::of("pull_request.head.sha", "expected a commit's hash"));
    };
    let place = PolicyPlace::Pull { number: e.pull_request.number.to_string(), sha };
    Ok(Meaning::Facts(vec![Fact::Policy(Box::new(PolicyNews { repo: e.repository.name()?, place }))]))
}
