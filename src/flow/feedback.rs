//! Keeps customers' statements: redacted, attributed, under a pseudonym. Reading them comes later.

use std::collections::HashMap;

use anyhow::Result;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::Context;
use crate::analysis::{normalize, redact};
use crate::crash_point;
use crate::domain::feedback::{AttributedBy, Belongs, Feedback, Statement};
use crate::id::{FeedbackId, RolloutId};
use crate::plan::attribution::{Attribution, Candidate, Candidates, attribute};
use crate::store::{Tx, feedback, keys, rollouts, windows};
use crate::time::UnixMs;

/// Rollouts of one flag or tag that are looked at, newest first.
const CANDIDATES_MAX: i64 = 20;

/// What became of one statement.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Accepted {
    /// Its id.
    pub id: FeedbackId,
    /// Where it belongs, by what, and why.
    pub attribution: Attributed,
    /// Whether the same statement was kept before, and this one added nothing.
    pub duplicate: bool,
}

/// Where a statement belongs, as the sender is told.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Attributed {
    /// The rollout; `null` where it can't be told.
    pub rollout: Option<RolloutId>,
    /// By what.
    pub by: AttributedBy,
    /// The reason as a sentence.
    pub why: String,
}

/// A statement and what makes it the same when it is sent twice; `None` where each sending is a new one.
#[derive(Clone, Debug)]
pub struct Sent {
    /// What was said.
    pub statement: Statement,
    /// Equal for the same statement sent twice.
    pub dedupe_key: Option<String>,
}

/// How a repeated request is known.
#[derive(Clone, Debug)]
pub struct Repeat<'a> {
    /// Whose keys these are.
    pub scope: &'a str,
    /// The sender's idempotency key.
    pub key: &'a str,
    /// SHA-256 of the body.
    pub fingerprint: &'a str,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Durable now; the answer.
    Kept(String),
    /// The same request was answered before; that answer again.
    Repeated(String),
    /// The idempotency key was used for another body.
    KeyReused,
}

/// Keeps the statements of one request, all or none, and the answer for a repeated one.
pub async fn accept(ctx: &Context, sent: Vec<Sent>, repeat: Option<Repeat<'_>>) -> Result<(Outcome, Vec<Accepted>)> {
    let mut tx = ctx.db.write().await?;
    if let Some(r) = &repeat
        && let Some((fingerprint, answer)) = keys::answered(&mut tx, r.scope, r.key).await?
    {
        let same = fingerprint == r.fingerprint;
        return Ok((if same { Outcome::Repeated(answer) } else { Outcome::KeyReused }, Vec::new()));
    }
    rollouts::let_none_begin(&mut tx).await?;
    let mut known: HashMap<Belongs, Candidates> = HashMap::new();
    let mut accepted = Vec::with_capacity(sent.len());
    for one in sent {
        accepted.push(keep(ctx, &mut tx, one, &mut known).await?);
    }
    let answer = serde_json::to_string(&serde_json::json!({ "accepted": accepted }))?;
    if let Some(r) = &repeat
        && !keys::keep_answer(&mut tx, r.scope, r.key, r.fingerprint, &answer, ctx.now()).await?
    {
        // A request with the same key was faster: its answer stands, and what was written here is undone.
        drop(tx);
        let mut tx = ctx.db.read().await?;
        let earlier = keys::answered(&mut tx, r.scope, r.key).await?;
        return Ok(match earlier {
            Some((fingerprint, answer)) if fingerprint == r.fingerprint => (Outcome::Repeated(answer), Vec::new()),
            _ => (Outcome::KeyReused, Vec::new()),
        });
    }
    crash_point!("hb.feedback.kept");
    tx.commit().await?;
    crash_point!("hb.feedback.committed");
    ctx.bell.mind.notify_one();
    Ok((Outcome::Kept(answer), accepted))
}

async fn keep(ctx: &Context, tx: &mut Tx, sent: Sent, known: &mut HashMap<Belongs, Candidates>) -> Result<Accepted> {
    let now = ctx.now();
    let s = sent.statement;
    let id = FeedbackId::new(now, &*ctx.entropy);
    let at = UnixMs(s.occurred_at.0.min(now.0));
    let by_time = s.belongs == Belongs::default();
    let found = match known.get(&s.belongs) {
        Some(found) if !by_time => found.clone(),
        Some(_) | None => {
            let found = look(tx, &s.belongs, at, now).await?;
            known.insert(s.belongs.clone(), found.clone());
            found
        }
    };
    let Attribution { rollout, by, why } = attribute(&s.belongs, &found);
    let text = s.text.as_deref().map(|t| redact::redact(&normalize::normalize(t)).text).filter(|t| !t.is_empty());
    let (person, anonymous) = match &s.user {
        Some(user) => (ctx.secrets.pseudonym(user), false),
        // Nobody says who it is: the same words are taken for the same person, so that copies count once.
        None => (
            text.as_deref().map_or_else(|| format!("a_{id}"), |t| format!("a_{:016x}", normalize::fingerprint(t))),
            true,
        ),
    };
    let dedupe_key = sent.dedupe_key.map_or_else(|| id.0.clone(), |k| hex::encode(Sha256::digest(k.as_bytes())));
    let incoming = feedback::Incoming {
        feedback: Feedback {
            id,
            rollout: rollout.clone(),
            person,
            anonymous,
            text,
            rating: s.rating,
            variant: s.variant,
            attributes: s.attributes.into_iter().map(|(k, v)| (k, redact::redact(&v).text)).collect(),
            channel: s.channel,
            occurred_at: at,
            annotation: None,
            theme: None,
        },
        dedupe_key,
        by,
        belongs: s.belongs,
        locale: s.locale,
        url: s.url.map(|u| redact::redact(&u).text),
        metadata: s.metadata.map(|m| redact::redact(&m.to_string()).text),
        received_at: now,
    };
    let (id, new) = feedback::insert(tx, &incoming).await?;
    Ok(Accepted { id, attribution: Attributed { rollout, by, why }, duplicate: !new })
}

/// Looks up where a statement may belong.
async fn look(tx: &mut Tx, belongs: &Belongs, at: UnixMs, now: UnixMs) -> Result<Candidates> {
    let mut found = Candidates::default();
    if let Some(name) = &belongs.rollout {
        let id = RolloutId(name.clone());
        found.named = rollouts::get(tx, &id).await?.map(|r| r.id);
    } else if let Some(flag) = &belongs.flag {
        let ids = rollouts::of_flag(tx, flag, None, CANDIDATES_MAX).await?;
        found.of_flag = latest_of_each_subject(tx, ids).await?;
    } else if let Some(tag) = &belongs.release {
        let ids = rollouts::of_tag(tx, tag, CANDIDATES_MAX).await?;
        found.of_release = latest_of_each_subject(tx, ids).await?;
    } else {
        found.collecting = windows::collecting_at(tx, at, now, 2).await?;
    }
    Ok(found)
}

/// Of rollouts, newest first, the first of each subject.
async fn latest_of_each_subject(tx: &mut Tx, ids: Vec<RolloutId>) -> Result<Vec<Candidate>> {
    let mut latest: Vec<(String, Candidate)> = Vec::new();
    for id in ids {
        let Some(rollout) = rollouts::get(tx, &id).await? else { continue };
        let subject = rollout.subject.key();
        if latest.iter().all(|(s, _)| *s != subject) {
            let collecting = windows::get(tx, &id).await?.is_some_and(|w| w.state.collects());
            latest.push((subject, Candidate { rollout: id, collecting }));
        }
    }
    Ok(latest.into_iter().map(|(_, c)| c).collect())
}
