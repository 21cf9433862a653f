//! Keeps a delivery: signature, form, then one durable row. Nothing is worked on here.

use std::fmt;

use anyhow::Result;
use secrecy::ExposeSecret;
use tracing::{info, warn};

use super::Context;
use crate::crash_point;
use crate::id::DeliveryId;
use crate::sources::signature::{self, Claim, Proof, SignatureError};
use crate::sources::{BadBody, Envelope, Headers, Incoming, Repeats, Source, digest};
use crate::store::deliveries::{self, Delivery, Outcome, Provenance};
use crate::store::refusals;
use crate::time::{MINUTE_MS, UnixMs};

/// What is turned away is noted at most this often for each source, ms: strangers must not make us write.
const NOTE_EVERY_MS: i64 = MINUTE_MS;

/// What became of a delivery at the door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// Durable now.
    Kept(DeliveryId),
    /// It was durable before.
    Duplicate,
}

/// Why a delivery was turned away. Nothing of it was kept.
#[derive(Debug)]
pub enum Refused {
    /// Nobody knows who sent it.
    Signature(SignatureError),
    /// It is not what the source sends.
    Body(BadBody),
    /// It could not be kept; the sender should try again.
    Store(anyhow::Error),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signature(e) => e.fmt(f),
            Self::Body(e) => e.fmt(f),
            Self::Store(e) => write!(f, "{e:#}"),
        }
    }
}

/// Checks a delivery and keeps it; on return it is durable. `connection` is the last part of the path, where there is
/// one: the sender's name for itself, or its secret.
pub async fn receive(
    ctx: &Context,
    source: &Source,
    connection: Option<&str>,
    headers: &Headers,
    body: &[u8],
) -> Result<Received, Refused> {
    let now = ctx.now();
    let secrets: Vec<String> =
        ctx.config.secrets_of(source.name).iter().map(|s| s.expose_secret().to_owned()).collect();
    let claim = Claim { headers, body, token: connection };
    let proof = match signature::verify(source.schemes, &claim, &secrets, now) {
        Ok(Proof::Signed) => Provenance::Signed,
        Ok(Proof::Shared) => Provenance::Shared,
        Err(e) => {
            ctx.telemetry.delivery(source.name, "refused");
            warn!(source = source.name, "refused a delivery: {e}");
            note(ctx, source.name, &e, now).await.map_err(Refused::Store)?;
            return Err(Refused::Signature(e));
        }
    };
    crash_point!("hb.hook.verified");
    // A secret in a path is not a name, and is kept nowhere.
    let connection = connection.filter(|c| !signature::is_secret(c, &secrets));
    let incoming =
        Incoming { mapping: ctx.config.mapping(source.name, connection), ..Incoming::new(headers, body, now) };
    let envelope = (source.envelope)(&incoming).map_err(Refused::Body)?;
    let reads = (source.reads)(&envelope.event);
    if reads {
        (source.parse)(&Incoming { event: &envelope.event, ..incoming }).map_err(Refused::Body)?;
    }
    let kept: serde_json::Map<String, serde_json::Value> =
        source.keeps.iter().filter_map(|name| Some(((*name).to_owned(), headers.get(name)?.into()))).collect();
    let delivery = Delivery {
        id: DeliveryId::new(now, &*ctx.entropy),
        source: source.name.to_owned(),
        dedupe_key: key(&envelope, now),
        body_hash: digest(body),
        event: envelope.event.clone(),
        headers: serde_json::Value::Object(kept).to_string(),
        // Of events that nobody reads, only that they came is kept.
        body: if reads { body.to_vec() } else { Vec::new() },
        received_at: now,
        proof,
        connection: connection.map(str::to_owned),
    };
    let before = match envelope.repeats {
        Repeats::Within { ms } => Some(key(&envelope, now.plus(-ms))),
        Repeats::Id | Repeats::Body => None,
    };
    let new = keep(ctx, &delivery, before.as_deref()).await.map_err(Refused::Store)?;
    crash_point!("hb.hook.stored");
    if !new {
        ctx.telemetry.delivery(source.name, Outcome::Duplicate.as_str());
        info!(source = source.name, delivery.key = %delivery.dedupe_key, "a delivery came again");
        return Ok(Received::Duplicate);
    }
    ctx.bell.mind.notify_one();
    Ok(Received::Kept(delivery.id))
}

/// What a delivery is told from others by. A repetition within a time has the key of that time or of the one before.
fn key(envelope: &Envelope, now: UnixMs) -> String {
    match envelope.repeats {
        Repeats::Id | Repeats::Body => envelope.key(),
        Repeats::Within { ms } => format!("{}@{}", envelope.key(), now.0.div_euclid(ms.max(1))),
    }
}

/// Keeps for `check` that something was turned away.
async fn note(ctx: &Context, source: &'static str, why: &SignatureError, now: UnixMs) -> Result<()> {
    let Some(times) = ctx.refused.due(source, now, NOTE_EVERY_MS) else { return Ok(()) };
    let mut tx = ctx.db.write().await?;
    refusals::add(&mut tx, source, times, now, &why.to_string()).await?;
    tx.commit().await
}

/// Keeps a delivery, unless it is here already, under its own key or the one that it would have had `before`.
async fn keep(ctx: &Context, delivery: &Delivery, before: Option<&str>) -> Result<bool> {
    let mut tx = ctx.db.write().await?;
    if let Some(key) = before
        && deliveries::known(&mut tx, &delivery.source, key).await?
    {
        return Ok(false);
    }
    let new = deliveries::insert(&mut tx, delivery).await?;
    tx.commit().await?;
    Ok(new)
}
