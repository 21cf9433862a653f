//! One attempt at one post.

use anyhow::Result;
use tracing::warn;

use crate::crash_point;
use crate::domain::post::{CheckRun, Content, Post};
use crate::flow::Context;
use crate::flow::deliver::{FULL, SETTLES, made_beside};
use crate::github::GitHub;
use crate::http::RemoteError;
use crate::id::RolloutId;
use crate::render::markers::{self, Marker, MarkerKind};
use crate::store::posts;
use crate::time::UnixMs;

/// How an attempt ended.
pub(super) enum Attempt {
    /// It is what was wanted.
    Done {
        /// GitHub's id of it.
        remote: Option<String>,
        /// What to call it.
        outcome: &'static str,
        /// Whether anything was sent.
        wrote: bool,
    },
    /// Not yet, and why; nothing was sent.
    NotYet(UnixMs, &'static str),
    /// The lease went to somebody else: whatever follows is theirs.
    LostLease,
    /// The call failed; `sent` where it may have made something.
    Failed {
        /// How.
        error: RemoteError,
        /// Whether a request left that makes something.
        sent: bool,
    },
}

/// The marker that an answer of ours carries.
pub fn marker(ctx: &Context, post: &Post) -> Marker {
    // An answer belongs to a thread, whichever rollout it is about by now.
    let none = RolloutId("none".into());
    Marker::sign(&ctx.secrets.marker, MarkerKind::Answer, "github", &none, post.id.as_str())
}

pub(super) async fn attempt(ctx: &Context, post: &Post) -> Result<Attempt> {
    let failed = |error| Ok(Attempt::Failed { error, sent: false });
    let Some(github) = ctx.github.as_deref() else {
        let problem = "GitHub is not configured; fill in [github] in the settings".to_owned();
        return failed(RemoteError::Refused { problem });
    };
    if post.written_hash.as_deref() == Some(&post.wanted_hash) && post.remote.is_some() {
        return Ok(Attempt::Done { remote: post.remote.clone(), outcome: "unchanged", wrote: false });
    }
    let Ok(content) = serde_json::from_str::<Content>(&post.payload) else {
        return failed(RemoteError::Refused { problem: "another version of hearback wrote what is wanted".into() });
    };
    match content {
        Content::Comment { number, text } => comment(ctx, github, post, number, &text).await,
        Content::DiscussionComment { discussion, text } => in_discussion(ctx, github, post, &discussion, &text).await,
        Content::CheckRun(run) => check(ctx, github, post, &run).await,
        Content::Reaction { to, with } => Ok(match github.react(&post.repo, to, with).await {
            Ok(()) => Attempt::Done { remote: None, outcome: "reacted", wrote: true },
            // A sign that can't be given is missed by nobody: the answer says the same.
            Err(error @ (RemoteError::Gone { .. } | RemoteError::Refused { .. } | RemoteError::Moved { .. })) => {
                warn!(post.key = %post.key, "left a reaction out: {error}");
                Attempt::Done { remote: None, outcome: "left_out", wrote: false }
            }
            // The same reaction twice is one: nothing has to settle.
            Err(error) => Attempt::Failed { error, sent: false },
        }),
    }
}

/// Notes that a request leaves, and makes sure that nobody else may send it.
async fn may_send(ctx: &Context, post: &Post) -> Result<bool> {
    let until = ctx.now().plus(ctx.config.outbox.request_timeout.ms());
    let mut tx = ctx.db.write().await?;
    let marked = posts::mark_sent(&mut tx, post, ctx.now(), until).await?;
    tx.commit().await?;
    crash_point!("hb.posts.intent");
    Ok(marked && holds(ctx, post).await?)
}

async fn holds(ctx: &Context, post: &Post) -> Result<bool> {
    let until = ctx.now().plus(ctx.config.outbox.request_timeout.ms());
    let mut tx = ctx.db.read().await?;
    posts::holds(&mut tx, post, until).await
}

/// When an earlier request of unknown outcome has settled; `None` where there is none or it has.
fn settles_at(ctx: &Context, post: &Post) -> Option<UnixMs> {
    post.sent_at.map(|sent| sent.plus(ctx.config.outbox.settle.ms())).filter(|at| *at > ctx.now())
}

async fn comment(ctx: &Context, github: &GitHub, post: &Post, number: u64, text: &str) -> Result<Attempt> {
    let marker = marker(ctx, post);
    let wanted = markers::wrap(&marker, text);
    let known = match &post.remote {
        Some(remote) => match known_comment(github, post, remote).await {
            Ok(known) => known,
            Err(error) => return Ok(Attempt::Failed { error, sent: false }),
        },
        None => None,
    };
    let found = if known.is_some() {
        known
    } else {
        if let Some(at) = settles_at(ctx, post) {
            return Ok(Attempt::NotYet(at, SETTLES));
        }
        match ours(github, post, number, &marker).await {
            Ok(found) => found,
            Err(error) => return Ok(Attempt::Failed { error, sent: false }),
        }
    };
    crash_point!("hb.posts.looked");
    let Some((id, body)) = found else {
        if let Some(at) = made_beside(ctx, &post.scope).await? {
            return Ok(Attempt::NotYet(at, FULL));
        }
        if !may_send(ctx, post).await? {
            return Ok(Attempt::LostLease);
        }
        let made = github.create_comment(&post.repo, number, &wanted).await;
        crash_point!("hb.posts.sent");
        return Ok(match made {
            Ok(id) => Attempt::Done { remote: Some(id.to_string()), outcome: "commented", wrote: true },
            Err(failure) => Attempt::Failed { error: failure.error, sent: true },
        });
    };
    let remote = Some(id.to_string());
    if body.trim_end() == wanted.trim_end() {
        return Ok(Attempt::Done { remote, outcome: "unchanged", wrote: false });
    }
    if !holds(ctx, post).await? {
        return Ok(Attempt::LostLease);
    }
    let edited = github.edit_comment(&post.repo, id, &wanted).await;
    crash_point!("hb.posts.sent");
    Ok(match edited {
        Ok(()) => Attempt::Done { remote, outcome: "edited", wrote: true },
        // The same content written twice is the same: nothing has to settle.
        Err(failure) => Attempt::Failed { error: failure.error, sent: false },
    })
}

/// The comment that was written before, as it is; `None` where somebody deleted it: what is answered later is said anew.
async fn known_comment(github: &GitHub, post: &Post, remote: &str) -> Result<Option<(u64, String)>, RemoteError> {
    let Ok(id) = remote.parse() else { return Ok(None) };
    match github.comment(&post.repo, id).await {
        Ok(comment) => Ok(Some((id, comment.body))),
        Err(gone) if gone.is_gone() => Ok(None),
        Err(failure) => Err(failure.error),
    }
}

/// Our comment in the thread, by its marker and our account.
async fn ours(
    github: &GitHub,
    post: &Post,
    number: u64,
    marker: &Marker,
) -> Result<Option<(u64, String)>, RemoteError> {
    let me = github.login().await?;
    let all = github.comments(&post.repo, number).await?;
    let ours = all.into_iter().find(|c| c.author.eq_ignore_ascii_case(me) && markers::holds(&c.body, marker));
    Ok(ours.map(|c| (c.id, c.body)))
}

async fn check(ctx: &Context, github: &GitHub, post: &Post, run: &CheckRun) -> Result<Attempt> {
    if let Some(at) = settles_at(ctx, post) {
        return Ok(Attempt::NotYet(at, SETTLES));
    }
    // Annotations are only ever added to: other content is another run, and the newest of a name is what GitHub shows.
    let external = format!("{}:{}", post.id, &post.wanted_hash[..post.wanted_hash.len().min(16)]);
    let found = match github.find_check(&post.repo, run, &external).await {
        Ok(found) => found,
        Err(error) => return Ok(Attempt::Failed { error, sent: false }),
    };
    let made = if let Some(made) = found {
        made
    } else {
        if !may_send(ctx, post).await? {
            return Ok(Attempt::LostLease);
        }
        match github.create_check(&post.repo, run, &external).await {
            Ok(made) => made,
            Err(error) => return Ok(Attempt::Failed { error, sent: true }),
        }
    };
    Ok(match github.add_notes(&post.repo, run, made).await {
        Ok(()) => Attempt::Done { remote: Some(made.id.to_string()), outcome: "checked", wrote: true },
        // The next try finds it and adds what is missing.
        Err(error) => Attempt::Failed { error, sent: true },
    })
}

async fn in_discussion(ctx: &Context, github: &GitHub, post: &Post, discussion: &str, text: &str) -> Result<Attempt> {
    let marker = marker(ctx, post);
    let wanted = markers::wrap(&marker, text);
    if let Some(at) = settles_at(ctx, post) {
        return Ok(Attempt::NotYet(at, SETTLES));
    }
    let found = async {
        let me = github.login().await?.trim_end_matches("[bot]").to_owned();
        let all = github.discussion_comments(&post.repo, discussion).await?;
        let is_me = |author: &str| author.trim_end_matches("[bot]").eq_ignore_ascii_case(&me);
        Ok::<_, RemoteError>(all.into_iter().find(|c| is_me(&c.author) && markers::holds(&c.body, &marker)))
    };
    let found = match found.await {
        Ok(found) => found,
        Err(error) => return Ok(Attempt::Failed { error, sent: false }),
    };
    if found.is_none()
        && let Some(at) = made_beside(ctx, &post.scope).await?
    {
        return Ok(Attempt::NotYet(at, FULL));
    }
    if !may_send(ctx, post).await? {
        return Ok(Attempt::LostLease);
    }
    let written = match &found {
        None => github.comment_in_discussion(&post.repo, discussion, &wanted).await,
        Some(ours) => github.edit_in_discussion(&post.repo, &ours.id, &wanted).await.map(|()| ours.id.clone()),
    };
    Ok(match written {
        Ok(id) => Attempt::Done { remote: Some(id), outcome: "commented", wrote: true },
        Err(error) => Attempt::Failed { error, sent: found.is_none() },
    })
}
