//! Seals what redaction took out of statements, and opens it for a named person with a reason.
//!
//! The keys are settings and never in the database: whoever has only one of the two has nothing. The first key seals, all
//! open, so that one can be replaced by another. Without a key nothing is kept, and redaction is final. AES-256-GCM-SIV
//! (RFC 8452): a nonce that comes twice gives away only that the same was sealed twice. A seal is bound to its statement.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use sha2::Sha256;
use tracing::info;

use super::Context;
use super::clean::{Removed, below};
use crate::id::{Entropy, FeedbackId, RevealId};
use crate::store::sealed::{self, Reveal, Sealed, Texts};
use crate::time::UnixMs;

/// How a seal is made; stands before each.
const FORM: u8 = 1;
/// Digits of a key's name.
const KEY_ID_DIGITS: usize = 8;

/// The keys of `analysis.seal_key`, the one that seals first.
#[derive(Debug)]
pub struct Keys(Vec<Key>);

struct Key {
    id: String,
    key: LessSafeKey,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({})", self.id)
    }
}

impl Key {
    fn of(secret: &SecretString) -> Self {
        let derived = |purpose: &[u8]| {
            let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().trim().as_bytes())
                .expect("HMAC takes keys of any length");
            mac.update(purpose);
            mac.finalize().into_bytes()
        };
        let key = UnboundKey::new(&AES_256_GCM_SIV, &derived(b"hearback seal key 1")).expect("32 bytes make a key");
        let id = hex::encode(derived(b"hearback seal id 1"))[..KEY_ID_DIGITS].to_owned();
        Self { id, key: LessSafeKey::new(key) }
    }
}

/// Why a seal did not open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SealError {
    /// No key is set.
    NoKey,
    /// The key that it was sealed with is not among those that are set.
    OtherKey {
        /// Its name.
        key_id: String,
    },
    /// Its key does not open it.
    Broken {
        /// The key's name.
        key_id: String,
    },
}

impl std::fmt::Display for SealError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoKey => {
                f.write_str("analysis.seal_key is not set: set the key that was set when the statement came")
            }
            Self::OtherKey { key_id } => write!(
                f,
                "it was sealed with the key {key_id}, which analysis.seal_key does not hold: add that key to the list, after the one that seals"
            ),
            Self::Broken { key_id } => write!(
                f,
                "the key {key_id} does not open it: the row in the database was changed, damaged, or belongs to another statement; restore it from a backup"
            ),
        }
    }
}

impl std::error::Error for SealError {}

impl Keys {
    /// The keys of some secrets, the one that seals first.
    pub fn of(secrets: &[SecretString]) -> Self {
        Self(secrets.iter().map(Key::of).collect())
    }

    /// Seals what was taken out of a statement. `None` where nothing was, or there is no key.
    pub fn seal(&self, removed: &Removed, feedback: &FeedbackId, entropy: &dyn Entropy) -> Result<Option<Sealed>> {
        let Some(first) = self.0.first().filter(|_| !removed.is_empty()) else { return Ok(None) };
        let mut nonce = [0; NONCE_LEN];
        nonce.copy_from_slice(&entropy.bits().to_le_bytes()[..NONCE_LEN]);
        let mut inside = serde_json::to_vec(removed).context("writing what was taken out")?;
        first
            .key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), bound_to(feedback), &mut inside)
            .map_err(|_| anyhow::anyhow!("sealing what was taken out of {feedback} failed"))?;
        let sealed = [&[FORM][..], &nonce, &inside].concat();
        Ok(Some(Sealed { key_id: first.id.clone(), sealed }))
    }

    /// Opens what was sealed for a statement.
    pub fn open(&self, sealed: &Sealed, feedback: &FeedbackId) -> Result<Removed, SealError> {
        let key_id = sealed.key_id.clone();
        if self.0.is_empty() {
            return Err(SealError::NoKey);
        }
        let Some(key) = self.0.iter().find(|k| k.id == key_id) else { return Err(SealError::OtherKey { key_id }) };
        let open = || {
            let rest = sealed.sealed.strip_prefix(&[FORM])?;
            let (nonce, inside) = rest.split_at_checked(NONCE_LEN)?;
            let mut inside = inside.to_vec();
            let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
            let plain = key.key.open_in_place(nonce, bound_to(feedback), &mut inside).ok()?;
            serde_json::from_slice(plain).ok()
        };
        open().ok_or(SealError::Broken { key_id })
    }
}

fn bound_to(feedback: &FeedbackId) -> Aad<&[u8]> {
    Aad::from(feedback.as_str().as_bytes())
}

/// A statement's texts as they were given, of those that lost something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revealed {
    /// Each by its name, or by its path where it stands inside another.
    pub texts: BTreeMap<String, String>,
    /// When somebody looked, as it is recorded.
    pub at: UnixMs,
}

/// Opens what was taken out of a statement for a person, and records that. The record is durable before anything is given.
pub async fn reveal(ctx: &Context, id: &FeedbackId, who: &str, why: &str) -> Result<Revealed> {
    let keys = Keys::of(&ctx.config.analysis.seal_key);
    let mut tx = ctx.db.write().await?;
    let Some(kept) = sealed::texts(&mut tx, id).await? else {
        bail!("no statement {id} is kept; `GET /v1/rollouts/ROLLOUT/feedback` lists them");
    };
    let Some(sealed) = sealed::get(&mut tx, id).await? else {
        bail!(
            "nothing is sealed for {id}: nothing was taken out of it, or analysis.seal_key was not set when it came, and what was taken out is gone"
        );
    };
    let removed = keys.open(&sealed, id).with_context(|| format!("opening what is sealed for {id}"))?;
    let texts = restore(&kept, &removed).with_context(|| {
        format!("the texts of {id} are not those from which this was taken: they were changed since")
    })?;
    let at = ctx.now();
    let reveal = Reveal {
        id: RevealId::new(at, &*ctx.entropy),
        feedback: id.clone(),
        key_id: sealed.key_id,
        who: who.to_owned(),
        why: why.to_owned(),
        at,
    };
    sealed::record_reveal(&mut tx, &reveal).await?;
    tx.commit().await?;
    info!(feedback.id = %id, reveal.id = %reveal.id, "somebody looked at what was taken out of a statement");
    Ok(Revealed { texts, at })
}

/// Puts everything back. `None` where a text is not what it was.
fn restore(kept: &Texts, removed: &Removed) -> Option<BTreeMap<String, String>> {
    let mut all: BTreeMap<String, &str> = BTreeMap::new();
    let metadata: Value = kept.metadata.as_deref().and_then(|m| serde_json::from_str(m).ok()).unwrap_or_default();
    let fields = [("/text", &kept.text), ("/variant", &kept.variant), ("/url", &kept.url)];
    all.extend(fields.into_iter().filter_map(|(place, text)| Some((place.to_owned(), text.as_deref()?))));
    all.insert("/channel".into(), &kept.channel);
    all.extend(kept.attributes.iter().map(|(name, text)| (below("/attributes", name), text.as_str())));
    let mut texts = BTreeMap::new();
    for place in removed.places() {
        let inside = place.strip_prefix("/metadata").and_then(|below| metadata.pointer(below)).and_then(Value::as_str);
        let text = all.get(place).copied().or(inside)?;
        texts.insert(place.trim_start_matches('/').to_owned(), removed.restore(place, text)?);
    }
    Some(texts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::clean::Cleaner;
    use crate::id::CountingEntropy;

    fn keys(secrets: &[&str]) -> Keys {
        Keys::of(&secrets.iter().map(|s| SecretString::from(*s)).collect::<Vec<_>>())
    }

    fn removed() -> Removed {
        let mut cleaner = Cleaner::new(false);
        cleaner.clean("/text", "write to a@example.com");
        cleaner.removed()
    }

    #[test]
    fn the_first_key_seals_and_all_open() {
        let (entropy, id) = (CountingEntropy::default(), FeedbackId("fb_1".into()));
        let old = keys(&["the old one"]).seal(&removed(), &id, &entropy).unwrap().unwrap();
        let both = keys(&["the new one", "the old one"]);
        let new = both.seal(&removed(), &id, &entropy).unwrap().unwrap();
        assert_ne!(old.key_id, new.key_id);
        for sealed in [&old, &new] {
            assert_eq!(both.open(sealed, &id), Ok(removed()));
            assert!(!sealed.sealed.windows(7).any(|w| w == b"example"), "{sealed:?}");
        }
        assert_eq!(keys(&["the new one"]).open(&old, &id), Err(SealError::OtherKey { key_id: old.key_id.clone() }));
        assert_eq!(keys(&[]).open(&old, &id), Err(SealError::NoKey));
        let again = both.seal(&removed(), &id, &entropy).unwrap().unwrap();
        assert_ne!(again.sealed, new.sealed, "each seal has a nonce of its own");
    }

    #[test]
    fn without_a_key_or_anything_removed_there_is_no_seal() {
        let (entropy, id) = (CountingEntropy::default(), FeedbackId("fb_1".into()));
        assert_eq!(keys(&[]).seal(&removed(), &id, &entropy).unwrap(), None);
        assert_eq!(keys(&["one"]).seal(&Removed::default(), &id, &entropy).unwrap(), None);
    }

    #[test]
    fn a_seal_that_was_touched_or_moved_does_not_open() {
        let (entropy, id) = (CountingEntropy::default(), FeedbackId("fb_1".into()));
        let keys = keys(&["one"]);
        let sealed = keys.seal(&removed(), &id, &entropy).unwrap().unwrap();
        let broken = Err(SealError::Broken { key_id: sealed.key_id.clone() });
        assert_eq!(keys.open(&sealed, &FeedbackId("fb_2".into())), broken, "another statement's");
        for at in 0..sealed.sealed.len() {
            let mut other = sealed.clone();
            other.sealed[at] ^= 1;
            assert_eq!(keys.open(&other, &id), broken, "byte {at}");
            other.sealed.truncate(at);
            assert_eq!(keys.open(&other, &id), broken, "cut at {at}");
        }
    }

    #[test]
    fn a_key_never_shows() {
        assert!(!format!("{:?}", keys(&["hunter2hunter2"])).contains("hunter2"));
    }
}
