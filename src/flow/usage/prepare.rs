//! What can be done with records before anything is looked up: people get their pseudonyms, and names lose personal data.

use std::collections::{BTreeMap, HashMap};

use super::kept_since;
use crate::analysis::usage::{EVERYWHERE, number_of, value_milli};
use crate::domain::feedback::Belongs;
use crate::domain::usage::{Usage, UsageRecord};
use crate::flow::Context;
use crate::flow::clean::Cleaner;
use crate::time::{MINUTE_MS, UnixMs};

/// A sender's clock may be this far ahead, ms.
const FUTURE_MAX_MS: i64 = 5 * MINUTE_MS;
/// Longest name of a segment, in characters.
const SEGMENT_MAX_CHARS: usize = 80;

/// A record without personal data, under a pseudonym.
#[derive(Clone, Debug)]
pub struct Ready {
    pub person: Option<String>,
    pub belongs: Belongs,
    pub environment: Option<String>,
    pub at: UnixMs,
    pub what: ReadyWhat,
}

/// What it tells, by numbers.
#[derive(Clone, Debug)]
pub enum ReadyWhat {
    Exposure { variant: Option<String> },
    Event { scope: u32, event: u32, name: String, value_milli: i64 },
    Segment { segment: u32, name: String },
}

impl Ready {
    /// The names that its numbers stand for.
    pub fn words(&self) -> Option<(u32, String)> {
        match &self.what {
            ReadyWhat::Exposure { .. } => None,
            ReadyWhat::Event { event, name, .. } => Some((*event, name.clone())),
            ReadyWhat::Segment { segment, name } => Some((*segment, name.clone())),
        }
    }
}

/// Makes records ready, or says why one can't be.
pub fn prepare(ctx: &Context, records: Vec<UsageRecord>, unproven: Option<&str>) -> Vec<Result<Ready, String>> {
    let now = ctx.now();
    let mut people: HashMap<String, String> = HashMap::new();
    let mut names: HashMap<String, String> = HashMap::new();
    let mut cleaner = Cleaner::new(ctx.config.analysis.redact_names);
    let mut clean = |name: &str| {
        if let Some(known) = names.get(name) {
            return known.clone();
        }
        let safe = cleaner.clean_name(name);
        names.insert(name.to_owned(), safe.clone());
        safe
    };
    let mut all = Vec::with_capacity(records.len());
    for record in records {
        if record.occurred_at.since(now) > FUTURE_MAX_MS {
            all.push(Err("occurred_at lies in the future; send RFC 3339 with the offset, or milliseconds".into()));
            continue;
        }
        if record.occurred_at < kept_since(now) {
            all.push(Err("occurred_at is more than 35 days ago, and nothing of that time is counted any more".into()));
            continue;
        }
        let what = match record.what {
            Usage::Exposure { variant } => ReadyWhat::Exposure { variant },
            Usage::Event { name, value } => {
                let name = clean(&name);
                let event = number_of("event", &name);
                let scope = scope_of(&record.belongs).map_or(EVERYWHERE, |wanted| scope(&wanted));
                ReadyWhat::Event { scope, event, name, value_milli: value_milli(value) }
            }
            Usage::Traits { attributes } => {
                let Some(name) = segment(&ctx.config.people.segment, &attributes) else {
                    let wanted = ctx.config.people.segment.join(", ");
                    all.push(Err(format!("it tells none of {wanted}, which people.segment names")));
                    continue;
                };
                let name = clean(&name);
                ReadyWhat::Segment { segment: number_of("segment", &name), name }
            }
        };
        let person = record
            .user
            .map(|user| people.entry(user).or_insert_with_key(|user| pseudonym(ctx, user, unproven)).clone());
        all.push(Ok(Ready {
            person,
            belongs: record.belongs,
            environment: record.environment,
            at: UnixMs(record.occurred_at.0.min(now.0)),
            what,
        }));
    }
    all
}

/// Who it is, exactly as statements know them.
fn pseudonym(ctx: &Context, user: &str, unproven: Option<&str>) -> String {
    match unproven {
        None => ctx.secrets.pseudonym(user),
        Some(key) => ctx.secrets.pseudonym(&format!("{}:{key}:{user}", key.len())),
    }
}

/// What a record names, as one text: what exposures wait for, and what ties events to rollouts.
pub fn scope_of(belongs: &Belongs) -> Option<String> {
    let Belongs { rollout, flag, release } = belongs;
    (rollout.as_ref().map(|id| format!("rollout:{id}")))
        .or_else(|| flag.as_ref().map(|key| format!("flag:{key}")))
        .or_else(|| release.as_ref().map(|tag| format!("release:{tag}")))
}

/// The number of what a record names.
pub fn scope(wanted: &str) -> u32 {
    number_of("scope", wanted)
}

/// The segment that attributes make: the values of those that `people.segment` names, in its order.
pub fn segment(wanted: &[String], attributes: &BTreeMap<String, String>) -> Option<String> {
    let value = |name: &String| attributes.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim());
    let values: Vec<&str> = wanted.iter().filter_map(value).filter(|v| !v.is_empty()).collect();
    let joined: String = values.join(" / ").chars().take(SEGMENT_MAX_CHARS).collect();
    (!joined.is_empty()).then_some(joined)
}
