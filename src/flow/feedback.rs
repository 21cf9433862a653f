//! Keeps customers' statements: redacted, attributed, under a pseudonym. Reading them comes later.

use std::collections::HashMap;

use anyhow::Result;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::Context;
use super::clean::{Cleaner, below};
use super::seal::Keys;
use crate::analysis::normalize;
use crate::crash_point;
use crate::domain::feedback::{AttributedBy, Belongs, Feedback, Statement};
use crate::id::{FeedbackId, RolloutId};
use crate::plan::attribution::{Attribution, Candidate, Candidates, attribute};
use crate::store::feedback::Incoming;
use crate::store::sealed::{self, Sealed};
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
    /// Who vouches for the names of people: `None` where the sender is a server of ours, else the public key that
    /// everybody can read. What is said under such a key never revises what a proven person said.
    pub unproven: Option<String>,
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
    // Redaction takes its time; the database's only writer must not wait for it.
    let seals = Keys::of(&ctx.config.analysis.seal_key);
    let ready = sent.into_iter().map(|one| prepare(ctx, one, &seals)).collect::<Result<Vec<_>>>()?;
    let mut tx = ctx.db.write().await?;
    if let Some(r) = &repeat
        && let Some((fingerprint, answer)) = keys::answered(&mut tx, r.scope, r.key).await?
    {
        let same = fingerprint == r.fingerprint;
        return Ok((if same { Outcome::Repeated(answer) } else { Outcome::KeyReused }, Vec::new()));
    }
    rollouts::let_none_begin(&mut tx).await?;
    let mut known: HashMap<Belongs, Candidates> = HashMap::new();
    let mut accepted = Vec::with_capacity(ready.len());
    for one in ready {
        accepted.push(keep(&mut tx, one, &mut known).await?);
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

/// Keeps one statement within a transaction of the caller's.
pub(super) async fn keep_one(ctx: &Context, tx: &mut Tx, sent: Sent) -> Result<Accepted> {
    let one = prepare(ctx, sent, &Keys::of(&ctx.config.analysis.seal_key))?;
    rollouts::let_none_begin(tx).await?;
    keep(tx, one, &mut HashMap::new()).await
}

/// The name under which a statement is kept whose sender calls it `key`.
pub(super) fn hashed(key: &str) -> String {
    hex::encode(Sha256::digest(key.as_bytes()))
}

/// A statement without personal data and secrets in any of its texts, under a pseudonym; and what was taken out, sealed.
fn prepare(ctx: &Context, sent: Sent, seals: &Keys) -> Result<(Incoming, Option<Sealed>)> {
    let now = ctx.now();
    let s = sent.statement;
    let id = FeedbackId::new(now, &*ctx.entropy);
    let mut cleaner = Cleaner::new(ctx.config.analysis.redact_names);
    let text = s.text.as_deref().map(|t| cleaner.clean("/text", t)).filter(|t| !t.is_empty());
    let (person, anonymous) = match (&s.user, &sent.unproven) {
        (Some(user), None) => (ctx.secrets.pseudonym(user), false),
        // Length first, so that no key and name pass for another pair.
        (Some(user), Some(key)) => (ctx.secrets.pseudonym(&format!("{}:{key}:{user}", key.len())), false),
        // Nobody says who it is: the same words are taken for the same person, so that copies count once.
        (None, _) => (
            text.as_deref().map_or_else(|| format!("a_{id}"), |t| format!("a_{:016x}", normalize::fingerprint(t))),
            true,
        ),
    };
    let attributes = s.attributes.iter().map(|(name, value)| {
        let name = cleaner.clean_name(name);
        let value = cleaner.clean(&below("/attributes", &name), value);
        (name, value)
    });
    let attributes = attributes.collect();
    let one = Incoming {
        dedupe_key: sent.dedupe_key.map_or_else(|| id.0.clone(), |k| hashed(&k)),
        feedback: Feedback {
            id,
            rollout: None,
            person,
            anonymous,
            text,
            rating: s.rating,
            variant: s.variant.as_deref().map(|v| cleaner.clean("/variant", v)),
            attributes,
            channel: cleaner.clean("/channel", &s.channel),
            occurred_at: UnixMs(s.occurred_at.0.min(now.0)),
            annotation: None,
            theme: None,
        },
        by: AttributedBy::Unattributed,
        belongs: s.belongs,
        locale: s.locale,
        url: s.url.as_deref().map(|u| cleaner.clean("/url", u)),
        metadata: s.metadata.map(|m| cleaner.clean_value("/metadata", m).to_string()),
        received_at: now,
    };
    let sealed = seals.seal(&cleaner.removed(), &one.feedback.id, &*ctx.entropy)?;
    Ok((one, sealed))
}

async fn keep(
    tx: &mut Tx,
    (mut one, sealed): (Incoming, Option<Sealed>),
    known: &mut HashMap<Belongs, Candidates>,
) -> Result<Accepted> {
    let by_time = one.belongs == Belongs::default();
    let found = match known.get(&one.belongs) {
        Some(found) if !by_time => found.clone(),
        Some(_) | None => {
            let found = look(tx, &one.belongs, one.feedback.occurred_at, one.received_at).await?;
            known.insert(one.belongs.clone(), found.clone());
            found
        }
    };
    let Attribution { rollout, by, why } = attribute(&one.belongs, &found);
    one.feedback.rollout.clone_from(&rollout);
    one.by = by;
    let (id, new) = feedback::insert(tx, &one).await?;
    if let Some(sealed) = sealed.filter(|_| new) {
        sealed::keep(tx, &id, &sealed, one.received_at).await?;
    }
    Ok(Accepted { id, attribution: Attributed { rollout, by, why }, duplicate: !new })
}

/// Looks up where something that was said or done at `at` may belong.
pub(super) async fn look(tx: &mut Tx, belongs: &Belongs, at: UnixMs, now: UnixMs) -> Result<Candidates> {
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
