//! Use cases: load, decide, save. Only these see both the store and the outside world, and no call to the outside is
//! made while a transaction is open.
//!
//! `receive` keeps a delivery, `ingest` reads it, `poll` asks flag platforms what no delivery told, `policies`
//! reads what repositories say in `.github/hearback.yml`, `mentions` joins
//! releases and pull requests to flags, `feedback` keeps statements, which `clean` redacts and `seal` makes reversible for
//! whoever has the key, `analyze` reads them, `correct` keeps what a person says of a reading, `reconcile` plans what the
//! tickets should say, `suggest` hears what people say of those that wait for a yes, `rephrase` asks a language model for other
//! words, `comments` hears what people write in threads, `commands` does what they ask for and
//! `standing` knows who may, `retract` takes statements back, `retry` says
//! what follows from a failed request,
//! `deliver` makes it so, `existing` looks for people's own issues about the same before, `desk` hears what people do with
//! tickets, `posts` writes what is no ticket, `sweep` looks for what was
//! missed, `lineage` shows rollouts together, `usage` counts what people do beside what they say, `pull` asks other systems for numbers,
//! `findings` tells what the counts say and raises alarms, and `check` says what is wrong. With the feature `encoder`, `encoded` places statements by
//! a sentence encoder.

pub mod access;
pub mod account;
pub mod analyze;
pub mod check;
pub mod clean;
pub mod commands;
pub mod comments;
pub mod correct;
pub mod deliver;
mod desk;
#[cfg(feature = "encoder")]
pub mod encoded;
mod existing;
pub mod feedback;
pub mod findings;
pub mod ingest;
pub mod lineage;
pub mod mentions;
pub mod open;
pub mod policies;
pub mod poll;
pub mod posts;
pub mod pull;
pub mod receive;
pub mod reception;
pub mod reconcile;
pub mod rephrase;
pub mod reports;
mod retract;
mod retry;
pub mod seal;
mod standing;
pub mod steer;
pub mod suggest;
mod summaries;
pub mod sweep;
pub mod themes;
pub mod usage;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::sync::Notify;

use crate::analysis::Reader;
use crate::analysis::themes::Embedder;
use crate::config::Config;
use crate::flagapi::Platforms;
use crate::github::GitHub;
use crate::id::Entropy;
use crate::llm::Llm;
use crate::pull::Pullers;
use crate::store::{Db, meta};
use crate::telemetry::Telemetry;
use crate::time::{Clock, UnixMs};
use crate::trackers::Trackers;

/// What every use case needs.
#[derive(Clone, Debug)]
pub struct Context {
    /// What is remembered.
    pub db: Db,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where ids come from.
    pub entropy: Arc<dyn Entropy>,
    /// The settings.
    pub config: Arc<Config>,
    /// Secrets that this installation made for itself.
    pub secrets: Secrets,
    /// What reads statements.
    pub reader: Arc<Reader>,
    /// What tells which statements say the same.
    pub embedder: Arc<dyn Embedder>,
    /// Where tickets live.
    pub trackers: Arc<Trackers>,
    /// GitHub beyond its tickets: what it delivered. `None` where it is not configured.
    pub github: Option<Arc<GitHub>>,
    /// The language model that may put summaries in other words, where one is configured.
    pub llm: Option<Arc<Llm>>,
    /// The flag platforms that can be asked.
    pub platforms: Arc<Platforms>,
    /// The systems that count usage already.
    pub pullers: Arc<Pullers>,
    /// What was turned away and is not noted yet.
    pub refused: Arc<Turned>,
    /// The counters.
    pub telemetry: Telemetry,
    /// Rung when there is something to do.
    pub bell: Arc<Bell>,
    /// This process among others.
    pub owner: Arc<str>,
}

impl Context {
    /// The present moment.
    pub fn now(&self) -> UnixMs {
        self.clock.now()
    }
}

/// Wakes the loops that work; they look by themselves now and then as well.
#[derive(Debug, Default)]
pub struct Bell {
    /// Deliveries, statements or rollouts to look at.
    pub mind: Notify,
    /// Actions to perform.
    pub hands: Notify,
    /// Summaries to put in other words.
    pub words: Notify,
    /// Commands in comments to do.
    pub commands: Notify,
    /// Policies to read.
    pub policies: Notify,
    /// Answers, reactions and check runs to write.
    pub posts: Notify,
    /// Boxes that people ticked.
    pub ticks: Notify,
}

/// Counts what was turned away at the door, until it is time to note it.
#[derive(Debug, Default)]
pub struct Turned(Mutex<BTreeMap<&'static str, (i64, Option<UnixMs>)>>);

impl Turned {
    /// Counts one more from a source. Gives how many are to be noted, where the last note is `every_ms` ago.
    pub fn due(&self, source: &'static str, now: UnixMs, every_ms: i64) -> Option<i64> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (times, noted) = counts.entry(source).or_default();
        *times += 1;
        if noted.is_some_and(|at| now.since(at) < every_ms) {
            return None;
        }
        *noted = Some(now);
        Some(std::mem::take(times))
    }
}

/// Secrets that this installation made for itself and keeps in its database.
#[derive(Clone)]
pub struct Secrets {
    /// Signs markers in tickets.
    pub marker: Arc<[u8]>,
    person: Arc<[u8]>,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets(…)")
    }
}

impl Secrets {
    /// Reads them, or makes them at the first start.
    pub async fn load(db: &Db, entropy: &dyn Entropy) -> Result<Self> {
        let fresh = || format!("{:032x}{:032x}", entropy.bits(), entropy.bits());
        let mut tx = db.write().await?;
        let marker = meta::get_or_make(&mut tx, "secret.marker", &fresh()).await?;
        let person = meta::get_or_make(&mut tx, "secret.person", &fresh()).await?;
        tx.commit().await?;
        Ok(Self { marker: marker.into_bytes().into(), person: person.into_bytes().into() })
    }

    /// What a form carries, so that only who read the page can send it: for one thing, on one day.
    pub fn form_token(&self, what: &str, day: i64) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.marker).expect("HMAC takes keys of any length");
        // What a marker signs begins with a length, so that neither passes for the other.
        mac.update(format!("a form of the dashboard\n{day}\n{what}").as_bytes());
        hex::encode(mac.finalize().into_bytes())
    }

    /// The pseudonym of a person: always the same for the same name, and not to be turned back without the secret.
    pub fn pseudonym(&self, user: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.person).expect("HMAC takes keys of any length");
        mac.update(user.as_bytes());
        format!("p_{}", hex::encode(&mac.finalize().into_bytes()[..16]))
    }
}
