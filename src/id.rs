//! Names for things: typed, sortable by the time they were made, and readable in a log.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use ulid::Ulid;

use crate::time::UnixMs;

/// Where randomness comes from; tests pass a seeded one.
pub trait Entropy: Send + Sync + fmt::Debug {
    /// 128 bits that nobody can guess.
    fn bits(&self) -> u128;
}

/// The operating system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    fn bits(&self) -> u128 {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).expect("the operating system gives randomness");
        u128::from_le_bytes(bytes)
    }
}

/// Repeatable bits for tests: a counter through SHA-256, so that ids differ and every run is the same.
#[derive(Debug, Default)]
pub struct CountingEntropy(std::sync::atomic::AtomicU64);

impl Entropy for CountingEntropy {
    fn bits(&self) -> u128 {
        let n = self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let hash = Sha256::digest(n.to_le_bytes());
        u128::from_le_bytes(hash[..16].try_into().expect("16 of 32 bytes"))
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// What every such id begins with.
            pub const PREFIX: &'static str = $prefix;

            /// A new id: time first, so that ids sort by age.
            pub fn new(now: UnixMs, entropy: &dyn Entropy) -> Self {
                let ms = u64::try_from(now.0).unwrap_or(0);
                Self(format!("{}{}", $prefix, Ulid::from_parts(ms, entropy.bits()).to_string().to_lowercase()))
            }

            /// The id that always belongs to `key`: the same key gives the same id on every machine.
            pub fn of_key(key: &str) -> Self {
                Self(format!("{}{}", $prefix, &hex::encode(Sha256::digest(key.as_bytes()))[..20]))
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

ids! {
    /// A rollout. Made from its identity, so that the same release is the same rollout after a restore.
    RolloutId = "ro_";
    /// A look at what was sealed.
    RevealId = "rv_";
    /// One received request.
    DeliveryId = "dl_";
    /// One normalised fact from a source.
    SignalId = "sg_";
    /// One customer statement.
    FeedbackId = "fb_";
    /// Feedback of one rollout that says the same thing.
    ThemeId = "th_";
    /// An issue that hearback keeps true.
    TicketId = "tk_";
    /// A planned effect on the outside world.
    ActionId = "ac_";
    /// An answer, a reaction or a check run. Made from its key, so that it is known again after a restore.
    PostId = "po_";
    /// A command that somebody gave.
    CommandId = "cm_";
    /// An ingest key (not the key itself).
    KeyId = "ky_";
    /// What the counters of a rollout say about one subject: the same id while it is worked out anew.
    FindingId = "fi_";
    /// A recorded decision.
    DecisionId = "de_";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_the_time_they_were_made() {
        let entropy = CountingEntropy::default();
        let early = FeedbackId::new(UnixMs(1_000), &entropy);
        let late = FeedbackId::new(UnixMs(2_000), &entropy);
        assert!(early < late, "{early} {late}");
        assert!(early.as_str().starts_with(FeedbackId::PREFIX));
    }

    #[test]
    fn the_same_key_gives_the_same_id() {
        assert_eq!(RolloutId::of_key("a"), RolloutId::of_key("a"));
        assert_ne!(RolloutId::of_key("a"), RolloutId::of_key("b"));
    }
}
