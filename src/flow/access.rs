//! Ingest keys: made here, shown once, kept as a hash.

use anyhow::Result;
use sha2::{Digest, Sha256};

use super::Context;
use crate::config::KeyKind;
use crate::id::KeyId;
use crate::store::keys::{self, StoredKey};

/// Characters of a key that people may see later.
const HINT_CHARS: usize = 11;

/// The hash under which a key is kept.
pub fn hash(key: &str) -> String {
    hex::encode(Sha256::digest(key.as_bytes()))
}

/// Makes a key and keeps its hash. Gives the key itself, for the only time.
/// `events`: a public key may tell what people do, too.
pub async fn make_key(ctx: &Context, kind: KeyKind, origins: Vec<String>, events: bool) -> Result<(StoredKey, String)> {
    let prefix = match kind {
        KeyKind::Public => "hb_pub_",
        KeyKind::Secret => "hb_sec_",
    };
    let key = format!("{prefix}{:032x}", ctx.entropy.bits());
    let stored = StoredKey {
        id: KeyId::new(ctx.now(), &*ctx.entropy),
        kind: kind.as_str().to_owned(),
        hint: key.chars().take(HINT_CHARS).collect(),
        origins,
        events,
        created_at: ctx.now(),
        revoked_at: None,
    };
    let mut tx = ctx.db.write().await?;
    keys::insert(&mut tx, &stored, &hash(&key)).await?;
    tx.commit().await?;
    Ok((stored, key))
}

/// All keys that were made here, oldest first.
pub async fn all_keys(ctx: &Context) -> Result<Vec<StoredKey>> {
    let mut tx = ctx.db.read().await?;
    keys::all(&mut tx).await
}

/// Takes a key back. `false` where there is none with that id.
pub async fn revoke_key(ctx: &Context, id: &KeyId) -> Result<bool> {
    let mut tx = ctx.db.write().await?;
    let done = keys::revoke(&mut tx, id, ctx.now()).await?;
    tx.commit().await?;
    Ok(done)
}
