//! Reads kept deliveries: facts become signals, signals fold into rollouts. One transaction a delivery, so that a
//! delivery's outcome and its effect are there together or not at all.

use anyhow::{Context as _, Result};
use tracing::{error, info};

use super::retry::SUSPENDED_MS;
use super::{Context, comments, desk, mentions, policies, poll, suggest, usage};
use crate::analysis::redact;
use crate::crash_point;
use crate::domain::flag_state::FlagState;
use crate::domain::rollout::fold;
use crate::domain::signal::{Signal, Subject};
use crate::id::{RolloutId, SignalId};
use crate::sources::{self, Envelope, Fact, Headers, Incoming, InstallationState, Meaning, Repeats, flags};
use crate::store::deliveries::{self, Delivery, Outcome, Provenance};
use crate::store::flags as flags_known;
use crate::store::mentions as store_mentions;
use crate::store::{Tx, actions, feedback, installations, pauses, rollouts, signals};
use crate::time::{DAY_MS, HOUR_MS, SECOND_MS};

/// Deliveries taken at once.
const BATCH: i64 = 32;
/// How long a batch is held; after a crash it is taken again when this is over, ms.
const LEASE_MS: i64 = 5 * SECOND_MS;
/// A delivery that fails this often, over more than half a day, is given up, by name.
const ATTEMPTS_MAX: i64 = 24;
/// No delivery that came less long ago is given up, ms: attempts also count for what only stood behind a bad one.
const GIVE_UP_AFTER_MS: i64 = 12 * HOUR_MS;
/// Longest wait between two attempts, ms; it doubles from [`LEASE_MS`].
const WAIT_MAX_MS: i64 = HOUR_MS;
/// Statements that came this long before their rollout still join it, ms.
const LATE_JOIN_MAX_MS: i64 = 30 * DAY_MS;

/// Reads what waits. Gives how many deliveries ended.
pub async fn ingest_waiting(ctx: &Context) -> Result<usize> {
    let now = ctx.now();
    let mut tx = ctx.db.write().await?;
    let batch = deliveries::claim(&mut tx, now, now.plus(LEASE_MS), BATCH).await?;
    tx.commit().await?;
    crash_point!("hb.ingest.claimed");
    let mut ended = 0;
    for (i, (delivery, attempts)) in batch.into_iter().enumerate() {
        // Whoever took the batch before did not live to say what was wrong; what comes behind the first is not to blame.
        let applied = if i == 0 && attempts > ATTEMPTS_MAX {
            Err(anyhow::anyhow!("each attempt ended without a word"))
        } else {
            apply(ctx, &delivery).await
        };
        match applied {
            Ok(()) => ended += 1,
            Err(e) if attempts >= ATTEMPTS_MAX && ctx.now().since(delivery.received_at) > GIVE_UP_AFTER_MS => {
                error!(delivery.id = %delivery.id, "gave up on a delivery after {attempts} attempts: {e:#}");
                let mut tx = ctx.db.write().await?;
                let detail = format!("gave up after {attempts} attempts; the log says why");
                deliveries::finish(&mut tx, &delivery.id, Outcome::Failed, &detail, ctx.now()).await?;
                tx.commit().await?;
                ended += 1;
            }
            Err(e) => {
                error!(delivery.id = %delivery.id, "a delivery waits for another attempt: {e:#}");
                let wait = (LEASE_MS << attempts.clamp(0, 20)).min(WAIT_MAX_MS);
                let mut tx = ctx.db.write().await?;
                deliveries::postpone(&mut tx, &delivery.id, ctx.now().plus(wait)).await?;
                tx.commit().await?;
            }
        }
    }
    Ok(ended)
}

async fn apply(ctx: &Context, delivery: &Delivery) -> Result<()> {
    let source = sources::source(&delivery.source)
        .with_context(|| format!("the source {} is no longer part of hearback", delivery.source))?;
    let mut tx = ctx.db.write().await?;
    let (outcome, detail) = decide(ctx, &mut tx, source, delivery).await?;
    crash_point!("hb.ingest.applied");
    if !deliveries::finish(&mut tx, &delivery.id, outcome, &detail, ctx.now()).await? {
        // Another worker was faster, because this one's lease ended: what it did stands, and nothing is done twice.
        return Ok(());
    }
    tx.commit().await?;
    crash_point!("hb.ingest.committed");
    if delivery.event == "issues" {
        ctx.bell.ticks.notify_one();
    }
    ctx.telemetry.delivery(source.name, outcome.as_str());
    info!(delivery.id = %delivery.id, source = source.name, event = %delivery.event, "{}: {detail}", outcome.as_str());
    Ok(())
}

async fn decide(
    ctx: &Context,
    tx: &mut Tx,
    source: &sources::Source,
    delivery: &Delivery,
) -> Result<(Outcome, String)> {
    let asked = delivery.proof == Provenance::Asked;
    let as_they_are = asked && delivery.event == flags::SEEN;
    if !as_they_are && !(source.reads)(&delivery.event) {
        return Ok((Outcome::Ignored, format!("events of the kind {} are not used", delivery.event)));
    }
    let headers = Headers(serde_json::from_str(&delivery.headers).context("reading a delivery's headers")?);
    let incoming = Incoming {
        event: &delivery.event,
        mapping: ctx.config.mapping(source.name, delivery.connection.as_deref()),
        ..Incoming::new(&headers, &delivery.body, delivery.received_at)
    };
    let meaning = if as_they_are { flags::seen(&delivery.body) } else { (source.parse)(&incoming) };
    let (facts, hint) = match meaning {
        Err(bad) => return Ok((Outcome::Failed, bad.to_string())),
        Ok(Meaning::Ignored(why)) => return Ok((Outcome::Ignored, why)),
        Ok(Meaning::Facts(facts)) => (facts, None),
        Ok(Meaning::Hint { facts, why }) => (facts, Some(why)),
    };
    let of_flags = facts.iter().any(|f| matches!(f, Fact::Flag(_)));
    let only_a_hint = hint.is_some() || (delivery.proof == Provenance::Shared && of_flags);
    if only_a_hint && !asked && poll::ask_soon(ctx, tx, source.name).await? {
        return Ok((Outcome::Applied, format!("{} is asked what changed", source.name)));
    }
    if facts.is_empty() {
        return Ok((Outcome::Ignored, hint.unwrap_or_else(|| "it tells nothing".into())));
    }
    let unique = match (source.envelope)(&incoming) {
        Ok(envelope @ Envelope { repeats: Repeats::Id, .. }) => envelope.key(),
        Ok(Envelope { repeats: Repeats::Within { .. }, .. }) => delivery.dedupe_key.clone(),
        Ok(Envelope { repeats: Repeats::Body, .. }) | Err(_) => delivery.body_hash.clone(),
    };
    // Where nothing proves the sender's id, the same body under a new id is a replay.
    if unique == delivery.body_hash
        && let Some(twin) = deliveries::earlier_twin(tx, source.name, &delivery.body_hash, &delivery.id).await?
    {
        return Ok((Outcome::Duplicate, format!("the same body as {twin}")));
    }
    let mut said = Vec::new();
    for fact in facts {
        said.push(match fact {
            Fact::Signal(signal) => hear(ctx, tx, &signal, Some(delivery), &unique).await?,
            Fact::Flag(change) => hear(ctx, tx, &change.signal(delivery.received_at), Some(delivery), &unique).await?,
            Fact::Seen(seen) => hear(ctx, tx, &seen.signal(delivery.received_at), Some(delivery), &unique).await?,
            Fact::Named(mention) => mentions::keep(ctx, tx, &mention).await?,
            Fact::Head(head) => {
                store_mentions::keep_head(tx, &head).await?;
                format!("its latest commit is {}", head.sha.get(..7).unwrap_or_default())
            }
            Fact::Policy(news) => policies::hear(ctx, tx, &news).await?,
            Fact::Installation { id, account, state } => installation(ctx, tx, id, &account, state).await?,
            Fact::Repositories { added, removed, .. } => {
                if !added.is_empty() {
                    actions::revive_failed(tx, ctx.now()).await?;
                }
                format!("{} repositories added, {} removed", added.len(), removed.len())
            }
            Fact::Comment(comment) => comments::hear(ctx, tx, &comment).await?,
            Fact::IssueEdited(edit) => suggest::boxes::heard(ctx, tx, &edit, &unique).await?,
            Fact::Ticket(change) => desk::changed(ctx, tx, &change).await?,
        });
    }
    Ok((Outcome::Applied, said.join("; ")))
}

/// Keeps a signal and folds its subject anew. Gives a sentence of what followed.
pub async fn hear(
    ctx: &Context,
    tx: &mut Tx,
    signal: &Signal,
    delivery: Option<&Delivery>,
    unique: &str,
) -> Result<String> {
    // Addresses stand in tickets; what a sender put into one may be a secret.
    let mut signal = signal.clone();
    signal.about.url = signal.about.url.map(|u| redact::redact(&u).text);
    let signal = &signal;
    signals::lock_subject(tx, &signal.subject).await?;
    let id = SignalId::new(ctx.now(), &*ctx.entropy);
    if !signals::insert(tx, &id, signal, delivery.map(|d| &d.id), unique).await? {
        return Ok(format!("{} was known already", signal.kind.as_str()));
    }
    let subjects = match &signal.subject {
        Subject::Tag { tag, .. } => match signals::release_of_tag(tx, &signal.subject).await? {
            Some(release) => vec![release],
            None => return Ok(format!("kept until a release with the tag {tag} comes")),
        },
        Subject::FlagEverywhere { platform, project, flag } => {
            flags_known::environments(tx, platform, project, flag).await?
        }
        subject => vec![subject.clone()],
    };
    let mut touched = Vec::new();
    for subject in &subjects {
        touched.extend(refold(ctx, tx, subject).await?);
    }
    let unsure = match &subjects[..] {
        [subject @ Subject::Flag { .. }] => {
            flags_known::get(tx, subject).await?.is_some_and(|k| k.state.exposure().is_none())
        }
        _ => false,
    };
    Ok(match touched.last() {
        None if unsure => format!(
            "{} opens no rollout: whether the flag is on is not known until it is switched, or its platform is asked (api_token)",
            signal.kind.as_str()
        ),
        Some(rollout) => format!("{} is part of the rollout {rollout}", signal.kind.as_str()),
        None => format!("{} opens no rollout", signal.kind.as_str()),
    })
}

/// Brings the rollouts of a subject to what its signals say.
pub(super) async fn refold(ctx: &Context, tx: &mut Tx, subject: &Subject) -> Result<Vec<RolloutId>> {
    let now = ctx.now();
    let known = signals::of_subject(tx, subject).await?;
    let policy = policies::of_subject(ctx, tx, subject, &known).await?;
    let folded = fold(subject, &known, policy.opens_on, &|environment| policy.watches(environment));
    flags_known::set(tx, subject, &FlagState::after(subject, &known), now).await?;
    for rollout in &folded {
        if rollouts::upsert(tx, rollout, now).await? {
            rollouts::begin_alone(tx).await?;
            let since = now.plus(-LATE_JOIN_MAX_MS);
            let joined =
                feedback::join_late(tx, &rollout.id, subject.flag(), rollout.about.tag.as_deref(), since).await?;
            let exposures = usage::join(ctx, tx, rollout).await?;
            info!(rollout.id = %rollout.id, feedback.joined = joined, exposures.joined = exposures, "new rollout: {}", rollout.label());
        } else {
            usage::redate(tx, rollout).await?;
        }
    }
    if let Subject::Flag { flag, .. } = subject {
        mentions::wake_releases(tx, flag, now).await?;
    }
    Ok(folded.into_iter().map(|r| r.id).collect())
}

async fn installation(ctx: &Context, tx: &mut Tx, id: i64, account: &str, state: InstallationState) -> Result<String> {
    let now = ctx.now();
    installations::set(tx, id, account, state.as_str(), now).await?;
    let scope = format!("github:{}", account.to_lowercase());
    match state {
        InstallationState::Active => {
            pauses::lift(tx, &scope).await?;
            actions::revive_failed(tx, now).await?;
        }
        InstallationState::Suspended | InstallationState::Deleted => {
            // Not for ever: the word that it may act again can be lost, so it is tried now and then.
            let reason = format!("the App is {} for {account}", state.as_str());
            pauses::hold(tx, &scope, now.plus(SUSPENDED_MS), &reason).await?;
        }
    }
    Ok(format!("the installation for {account} is {}", state.as_str()))
}
