//! Keeps a delivery: signature, form, then one durable row. Nothing is worked on here.

use std::fmt;

use anyhow::Result;
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use tracing::{info, warn};

use super::Context;
use crate::crash_point;
use crate::id::DeliveryId;
use crate::sources::signature::SignatureError;
use crate::sources::{BadBody, Envelope, Headers, Source};
use crate::store::deliveries::{self, Delivery, Outcome};

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

/// Checks a delivery and keeps it; on return it is durable.
pub async fn receive(ctx: &Context, source: &Source, headers: &Headers, body: &[u8]) -> Result<Received, Refused> {
    let now = ctx.now();
    let secrets: Vec<String> =
        ctx.config.secrets_of(source.name).iter().map(|s| s.expose_secret().to_owned()).collect();
    (source.verify)(headers, body, &secrets, now).map_err(|e| {
        ctx.telemetry.delivery(source.name, "refused");
        warn!(source = source.name, "refused a delivery: {e}");
        Refused::Signature(e)
    })?;
    crash_point!("hb.hook.verified");
    let Envelope { id, event } = (source.envelope)(headers, body).map_err(Refused::Body)?;
    let reads = (source.reads)(&event);
    if reads {
        (source.parse)(&event, body, now).map_err(Refused::Body)?;
    }
    let kept: serde_json::Map<String, serde_json::Value> =
        source.keeps.iter().filter_map(|name| Some(((*name).to_owned(), headers.get(name)?.into()))).collect();
    let delivery = Delivery {
        id: DeliveryId::new(now, &*ctx.entropy),
        source: source.name.to_owned(),
        // The kind is part of the identity: some senders number events of different kinds alike.
        dedupe_key: format!("{event}/{id}"),
        body_hash: hex::encode(Sha256::digest(body)),
        event,
        headers: serde_json::Value::Object(kept).to_string(),
        // Of events that nobody reads, only that they came is kept.
        body: if reads { body.to_vec() } else { Vec::new() },
        received_at: now,
    };
    let new = keep(ctx, &delivery).await.map_err(Refused::Store)?;
    crash_point!("hb.hook.stored");
    if !new {
        ctx.telemetry.delivery(source.name, Outcome::Duplicate.as_str());
        info!(source = source.name, delivery.key = %delivery.dedupe_key, "a delivery came again");
        return Ok(Received::Duplicate);
    }
    ctx.bell.mind.notify_one();
    Ok(Received::Kept(delivery.id))
}

async fn keep(ctx: &Context, delivery: &Delivery) -> Result<bool> {
    let mut tx = ctx.db.write().await?;
    let new = deliveries::insert(&mut tx, delivery).await?;
    tx.commit().await?;
    Ok(new)
}
