//! Records what came of a command, and has it answered: a sign under the comment, and one comment in the thread that tells
//! the latest answers.

use anyhow::Result;
use serde_json::json;

use super::Order;
use crate::command::{self, Command};
use crate::domain::comment::ThreadKind;
use crate::domain::post::{Content, Reaction, WantedPost};
use crate::flow::{Context, comments, posts};
use crate::id::{DecisionId, RolloutId};
use crate::render::answer::{self, Answer, SHOWN};
use crate::render::markdown;
use crate::store::Tx;
use crate::store::commands::{self as store, Outcome};
use crate::store::decisions::{self, Decision};

/// What came of a command.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    /// How it ended.
    pub outcome: Outcome,
    /// The rollout that it was about.
    pub rollout: Option<RolloutId>,
    /// What is said: the answer, then its parts. Nothing is said where that was said already.
    pub says: Vec<String>,
    /// Where more is told.
    pub link: Option<String>,
}

impl Reply {
    pub fn done(rollout: &RolloutId, says: impl Into<String>) -> Self {
        Self { outcome: Outcome::Done, rollout: Some(rollout.clone()), says: vec![says.into()], link: None }
    }

    pub fn unclear(says: impl Into<String>) -> Self {
        Self { outcome: Outcome::Unclear, rollout: None, says: vec![says.into()], link: None }
    }
}

/// Ends a command with what is said to it.
pub(super) async fn say(ctx: &Context, order: &Order<'_>, reply: Reply) -> Result<()> {
    let mut tx = ctx.db.write().await?;
    if end(ctx, &mut tx, order, reply).await? {
        tx.commit().await?;
    }
    Ok(())
}

/// Refuses a command. That is said once in a thread; everybody gets the sign.
pub(super) async fn refuse(ctx: &Context, order: &Order<'_>, command: &Command, why: &str) -> Result<()> {
    let mut tx = ctx.db.write().await?;
    let aim = super::aim::of_thread(&mut tx, ctx, &order.comment.thread).await?;
    let rollout = aim.rollouts.first().map(|r| &r.id);
    if let Some(rollout) = rollout {
        let why = format!("{} asked for {} in {} and may not", order.actor(), command.name(), order.given.thread);
        decide(ctx, &mut tx, rollout, "command", "refused", &why, order).await?;
    }
    let says = if store::has_refused(&mut tx, &order.given.thread).await? { vec![] } else { vec![why.to_owned()] };
    let reply = Reply { outcome: Outcome::Refused, rollout: rollout.cloned(), says, link: None };
    if end(ctx, &mut tx, order, reply).await? {
        tx.commit().await?;
    }
    Ok(())
}

/// Records why something was done, or not, to a rollout.
pub(super) async fn decide(
    ctx: &Context,
    tx: &mut Tx,
    rollout: &RolloutId,
    subject: &str,
    verdict: &str,
    why: &str,
    order: &Order<'_>,
) -> Result<()> {
    let decision = Decision {
        subject: subject.into(),
        verdict: verdict.into(),
        why: why.into(),
        evidence: json!({"actor": order.actor(), "thread": order.given.thread, "comment": order.comment.url})
            .to_string(),
        at_ms: ctx.now().0,
    };
    decisions::record(tx, &DecisionId::new(ctx.now(), &*ctx.entropy), rollout, &decision).await?;
    Ok(())
}

/// Ends a command in a transaction. Gives `false` where it ended before: then nothing of the transaction may stay.
pub(super) async fn end(ctx: &Context, tx: &mut Tx, order: &Order<'_>, reply: Reply) -> Result<bool> {
    let Reply { outcome, rollout, says, link } = reply;
    let now = ctx.now();
    // A customer's words are kept as a statement, redacted, and nowhere else.
    let line = match command::understand(order.line) {
        Ok(Command::Feedback { .. }) => "/hearback feedback …".to_owned(),
        _ => order.line.to_owned(),
    };
    let by = order.given.author.clone();
    let told = (!says.is_empty()).then_some(Answer { line, by, at: now, says, link });
    let kept = told.as_ref().map(serde_json::to_string).transpose()?;
    if !store::end(tx, &order.given.id, outcome, kept.as_deref(), rollout.as_ref(), now).await? {
        return Ok(false);
    }
    let sign = if outcome == Outcome::Done { Reaction::ThumbsUp } else { Reaction::Confused };
    comments::react(ctx, tx, order.comment, sign).await?;
    if told.is_some() {
        publish(ctx, tx, order, rollout.as_ref()).await?;
    }
    ctx.bell.mind.notify_one();
    Ok(true)
}

/// Has the thread's comment tell the latest answers.
async fn publish(ctx: &Context, tx: &mut Tx, order: &Order<'_>, rollout: Option<&RolloutId>) -> Result<()> {
    let limit = i64::try_from(SHOWN).unwrap_or(i64::MAX);
    let kept = store::answers(tx, &order.given.thread, limit).await?;
    let latest: Vec<Answer> = kept.iter().filter_map(|text| serde_json::from_str(text).ok()).collect();
    let text = markdown::render(&answer::comment(&latest));
    let thread = &order.comment.thread;
    let content = match thread.kind {
        ThreadKind::Discussion => Content::DiscussionComment { discussion: thread.node.clone(), text },
        ThreadKind::Issue | ThreadKind::Pull => Content::Comment { number: thread.number, text },
    };
    let key = format!("answer:{}", order.given.thread);
    let post = WantedPost { key, repo: thread.repo.clone(), rollout: rollout.cloned(), content };
    posts::want(ctx, tx, &post).await?;
    Ok(())
}
