//! Counts what people do beside what they say. Records are taken in batches; each is one transaction that reads the rows of
//! the people in it, folds the records into them in memory, and writes what differs, rows and counters together.
//!
//! ```text
//! records -> pseudonym, clean names -> exposures find their rollout as statements do
//!         -> Person (lately, any rollout) -> Participant (in a rollout) -> Cells (differences) -> the store
//! ```
//!
//! Nothing is counted twice and no order is needed ([`crate::analysis::usage`]), so a request that failed half-way may be
//! sent again as it is. What a record costs is what its person's rows cost: those of the rollouts that they take part in.

mod exposures;
mod fold;
mod forget;
mod heard;
mod packed;
mod prepare;

use std::collections::BTreeMap;

use anyhow::Result;

use super::Context;
use crate::analysis::usage::{Cells, Register};
use crate::domain::usage::UsageRecord;
use crate::id::RolloutId;
use crate::store::{Tx, rollouts, usage};
use crate::time::{DAY_MS, UnixMs};

use self::exposures::Resolver;
pub(super) use self::exposures::join;
use self::fold::Fold;
pub(super) use self::forget::redate;
pub use self::forget::{forget, let_go, recount};
pub use self::heard::hear;
use self::prepare::{Ready, ReadyWhat, prepare};

/// Records taken in one transaction: the embedded database has one writer, which statements wait for, too.
const BATCH: usize = 2_000;
/// What somebody did longer ago is not taken, ms; and nothing is kept of a person beside rollouts for longer.
const KEPT_MS: i64 = 35 * DAY_MS;

/// What became of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// It counts: an exposure in this rollout, anything else wherever its person takes part.
    Counted(Option<RolloutId>),
    /// It names what is not known yet, and is kept until that comes.
    Waits,
    /// It counts nowhere, and why.
    Ignored(String),
}

/// Takes records. Gives what became of each, in their order. `unproven` is the public key that they came under, where they
/// did: its people are others than those of the same name under a secret key.
pub async fn take(ctx: &Context, records: Vec<UsageRecord>, unproven: Option<&str>) -> Result<Vec<Told>> {
    let mut told = Vec::with_capacity(records.len());
    let ready = prepare(ctx, records, unproven);
    for batch in ready.chunks(BATCH) {
        told.extend(take_batch(ctx, batch, unproven.is_some()).await?);
    }
    Ok(told)
}

/// `unproven` records use the names that are known and bring none: whoever reads a page has its key, and there is room for
/// so many names only.
async fn take_batch(ctx: &Context, batch: &[Result<Ready, String>], unproven: bool) -> Result<Vec<Told>> {
    let mut tx = ctx.db.write().await?;
    rollouts::let_none_begin(&mut tx).await?;
    usage::alone(&mut tx).await?;
    let mut words: BTreeMap<u32, String> = batch.iter().flatten().filter_map(Ready::words).collect();
    let known = if unproven { usage::known(&mut tx, &words).await? } else { usage::name(&mut tx, &words).await? };
    words.retain(|id, _| known.contains(id));
    let mut persons: Vec<&str> = batch.iter().flatten().filter_map(|r| r.person.as_deref()).collect();
    persons.sort_unstable();
    persons.dedup();
    let mut fold = Fold::load(ctx, &mut tx, &persons).await?;
    fold.named(words);
    let mut resolver = Resolver::default();
    let mut told = Vec::with_capacity(batch.len());
    for record in batch {
        let record = match record {
            Ok(record) => record,
            Err(why) => {
                told.push(Told::Ignored(why.clone()));
                continue;
            }
        };
        let Some(person) = &record.person else {
            told.push(Told::Ignored("it names no user, so that it can't be joined with what anybody said".into()));
            continue;
        };
        told.push(match &record.what {
            ReadyWhat::Exposure { variant } => {
                resolver.expose(ctx, &mut tx, &mut fold, record, person, variant.as_deref()).await?
            }
            ReadyWhat::Event { scope, event, value_milli, .. } => {
                if !known.contains(event) {
                    not_kept("event", unproven)
                } else if fold.person(person).does(*scope, *event, record.at, *value_milli) {
                    fold.person(person).active(record.at);
                    Told::Counted(None)
                } else {
                    not_kept("event", false)
                }
            }
            ReadyWhat::Segment { segment, .. } => {
                if known.contains(segment) {
                    fold.person(person).belong(*segment, record.at);
                    Told::Counted(None)
                } else {
                    not_kept("segment", unproven)
                }
            }
        });
    }
    fold.settle(&mut tx).await?;
    fold.save(&mut tx).await?;
    tx.commit().await?;
    Ok(told)
}

/// What is said of a record whose name is not kept.
fn not_kept(what: &str, unproven: bool) -> Told {
    Told::Ignored(if unproven {
        format!("the name of its {what} is new, and a secret key has to tell it first")
    } else {
        format!("there are too many different {what}s; send fewer names")
    })
}

/// The counters of a rollout and what they rest on; `None` where nothing was counted yet.
pub async fn counted(tx: &mut Tx, rollout: &RolloutId) -> Result<Option<(Register, Cells)>> {
    let registers = usage::registers(tx, &[rollout.as_str()]).await?;
    let Some(register) = registers.get(rollout.as_str()) else { return Ok(None) };
    let mut cells = Cells::default();
    for (key, n) in usage::cells(tx, rollout).await? {
        // A counter of another version counts what nobody reads.
        if let Ok(key) = key.parse() {
            cells.add(key, n);
        }
    }
    Ok(Some((serde_json::from_str(register)?, cells)))
}

/// The first moment of which anything is kept of a person beside rollouts.
fn kept_since(now: UnixMs) -> UnixMs {
    now.plus(-KEPT_MS)
}
