//! Which rollout a thread, or a name in a command, is about.
//!
//! Only rollouts at home in the thread's repository can be meant: who may write in one repository steers no other's.

use anyhow::Result;

use crate::domain::comment::{Thread, ThreadKind};
use crate::domain::mention::{MentionId, MentionKind};
use crate::domain::repo::RepoName;
use crate::domain::rollout::Rollout;
use crate::domain::ticket::TrackerName;
use crate::flow::{Context, mentions};
use crate::id::{RolloutId, ThemeId};
use crate::store::{Tx, mentions as named, rollouts, tickets};

/// Rollouts that are looked through.
const LOOK_AT_MAX: i64 = 50;
/// Candidates that an answer lists.
pub(in crate::flow) const SHOWN: usize = 5;

/// What a thread is about.
#[derive(Clone, Debug, Default)]
pub(in crate::flow) struct Aim {
    /// The rollouts, the latest first.
    pub rollouts: Vec<Rollout>,
    /// The theme, where the thread is its ticket.
    pub theme: Option<ThemeId>,
}

/// What a thread is about: the rollout whose ticket or report it is, or those that this pull request brought.
pub(in crate::flow) async fn of_thread(tx: &mut Tx, ctx: &Context, thread: &Thread) -> Result<Aim> {
    let number = thread.number.to_string();
    if thread.kind != ThreadKind::Discussion
        && let Some(ticket) = tickets::by_key(tx, TrackerName::GitHub, &thread.repo.to_string(), &number).await?
        && let Some(rollout) = rollouts::get(tx, &ticket.rollout).await?
    {
        return Ok(Aim { rollouts: vec![rollout], theme: ticket.theme });
    }
    if thread.kind != ThreadKind::Pull {
        return Ok(Aim::default());
    }
    let of = MentionId { origin: thread.origin.clone(), kind: MentionKind::Pull, id: number };
    let ids = named::rollouts_named(tx, &of, LOOK_AT_MAX).await?;
    let mut found = at_home(tx, ctx, &thread.repo, ids).await?;
    // What still lasts is meant rather than what is over.
    if found.iter().any(|r| r.ended.is_none()) {
        found.retain(|r| r.ended.is_none());
    }
    Ok(Aim { rollouts: found, theme: None })
}

/// The rollouts of that name: by their id, a flag's key or a release's tag; the latest of each subject.
pub(in crate::flow) async fn named(tx: &mut Tx, ctx: &Context, repo: &RepoName, name: &str) -> Result<Vec<Rollout>> {
    let mut ids = vec![RolloutId(name.to_owned())];
    ids.extend(rollouts::of_flag(tx, name, None, LOOK_AT_MAX).await?);
    ids.extend(rollouts::of_tag(tx, name, LOOK_AT_MAX).await?);
    let mut latest: Vec<Rollout> = Vec::new();
    for rollout in at_home(tx, ctx, repo, ids).await? {
        match latest.iter_mut().find(|known| known.subject == rollout.subject) {
            Some(known) if known.generation < rollout.generation => *known = rollout,
            Some(_) => {}
            None => latest.push(rollout),
        }
    }
    Ok(latest)
}

/// The latest rollouts of a repository, for somebody to choose from.
pub(in crate::flow) async fn candidates(tx: &mut Tx, ctx: &Context, repo: &RepoName) -> Result<Vec<Rollout>> {
    let ids = rollouts::page(tx, None, LOOK_AT_MAX).await?.into_iter().map(|(id, _)| id).collect();
    let mut found = at_home(tx, ctx, repo, ids).await?;
    found.truncate(SHOWN);
    Ok(found)
}

async fn at_home(tx: &mut Tx, ctx: &Context, repo: &RepoName, ids: Vec<RolloutId>) -> Result<Vec<Rollout>> {
    let mut found = Vec::new();
    for id in ids {
        let Some(rollout) = rollouts::get(tx, &id).await? else { continue };
        if is_at_home(tx, ctx, repo, &rollout).await? {
            found.push(rollout);
        }
    }
    Ok(found)
}

/// Whether a rollout belongs to a repository: its own is that, its flag is named there, or its tickets are filed there. One
/// that belongs to none is at home where tickets without a repository go.
async fn is_at_home(tx: &mut Tx, ctx: &Context, repo: &RepoName, rollout: &Rollout) -> Result<bool> {
    let same = |other: &str| other.eq_ignore_ascii_case(&repo.to_string());
    match mentions::home(tx, rollout).await? {
        Some(home) if same(&home.to_string()) => return Ok(true),
        None if ctx.config.policy().repository.is_some_and(|default| same(&default.to_string())) => return Ok(true),
        Some(_) | None => {}
    }
    let filed = tickets::of_rollout(tx, &rollout.id).await?;
    Ok(filed.iter().any(|t| t.tracker == TrackerName::GitHub && same(&t.target)))
}
