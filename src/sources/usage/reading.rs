//! What was read of a request.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{FACTS_MAX, RECORDS_MAX};
use crate::domain::usage::{Usage, UsageRecord};
use crate::sources::BadBody;
use crate::time::UnixMs;

/// Refusals that are told one by one; more are counted.
const TOLD_MAX: usize = 20;

/// Why one record of a request is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Which record of the request, from 0.
    pub record: usize,
    /// The field, as a path such as `properties.flag`; empty where the whole record is meant.
    pub field: String,
    /// What is wrong with it, and what was expected.
    pub problem: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dot = if self.field.is_empty() { "" } else { "." };
        write!(f, "[{}]{dot}{}: {}", self.record, self.field, self.problem)
    }
}

/// What a request holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// What was told, in the order in which it was sent.
    pub records: Vec<UsageRecord>,
    /// Records that were sent: each gave some of `records`, was ignored, or was refused.
    pub sent: usize,
    /// How many of them are refused.
    pub refused: usize,
    /// Why: of the first twenty.
    pub refusals: Vec<Refusal>,
    /// How many were ignored, by the reason.
    pub ignored: BTreeMap<&'static str, usize>,
    /// The shapes that were met.
    pub shapes: BTreeSet<&'static str>,
    /// What follows from a record beside what it says, and was noted already: every event repeats a person's flags. Each
    /// with its place in `records` and its first time.
    derived: BTreeMap<String, (usize, UnixMs)>,
    /// The last record that was refused.
    last_refused: Option<usize>,
    /// Whether it may hold any number of records: it is a part of a file, not a request.
    is_part: bool,
}

impl Reading {
    /// Of a part of a file, which may hold any number of records.
    pub fn without_limits() -> Self {
        Self { is_part: true, ..Self::default() }
    }

    /// Refusals as a sentence, for an answer that has room for one.
    pub fn refused_in_words(&self) -> String {
        let told: Vec<String> = self.refusals.iter().take(3).map(ToString::to_string).collect();
        let more = self.refused.saturating_sub(told.len());
        match (told.is_empty(), more) {
            (true, _) => String::new(),
            (false, 0) => told.join("; "),
            (false, n) => format!("{}; and {n} more", told.join("; ")),
        }
    }

    /// Another record; whether it is taken. One above the limit is refused.
    pub(super) fn begin(&mut self) -> bool {
        self.sent += 1;
        let many = !self.is_part && (self.sent > RECORDS_MAX || self.records.len() >= FACTS_MAX);
        if many {
            let problem = format!(
                "expected at most {RECORDS_MAX} records, which tell at most {FACTS_MAX} facts, in one request: send the rest in another"
            );
            self.refuse("", problem);
        }
        !many
    }

    /// Refuses the record that began last. Several faults of one record are one refused record.
    pub(super) fn refuse(&mut self, field: &str, problem: impl Into<String>) {
        let record = self.sent.saturating_sub(1);
        if self.last_refused != Some(record) {
            self.last_refused = Some(record);
            self.refused += 1;
        }
        if self.refusals.len() < TOLD_MAX {
            self.refusals.push(Refusal { record, field: field.to_owned(), problem: problem.into() });
        }
    }

    /// Ignores the record that began last.
    pub(super) fn ignore(&mut self, why: &'static str) {
        *self.ignored.entry(why).or_default() += 1;
    }

    /// Takes what the record that began last tells, ignores it, or refuses it.
    pub(super) fn take_one(&mut self, read: Result<Result<UsageRecord, &'static str>, BadBody>) {
        match read {
            Ok(Ok(record)) => self.records.push(record),
            Ok(Err(why)) => self.ignore(why),
            Err(BadBody { field, problem }) => self.refuse(&field, problem),
        }
    }

    /// Takes what follows from a record beside what it says, once in a request: the first, whatever the order.
    pub(super) fn take_derived(&mut self, records: impl IntoIterator<Item = UsageRecord>) {
        for record in records {
            let UsageRecord { user: Some(user), belongs, environment, what, .. } = &record else { continue };
            let what = match what {
                Usage::Exposure { variant } => format!("{variant:?}"),
                Usage::Traits { attributes } => format!("{attributes:?}"),
                Usage::Event { .. } => continue,
            };
            let key = format!("{user:?}|{:?}|{environment:?}|{what}", belongs.flag);
            let at = record.occurred_at;
            let known = self.derived.get(&key).copied();
            if known.is_some_and(|(_, first)| first <= at) {
                continue;
            }
            // Whoever reads a long file takes records away in between: then there is nothing to put it in place of.
            let place = known
                .map(|(place, _)| place)
                .filter(|place| self.records.get(*place).is_some_and(|r| is_later(r, &record)))
                .unwrap_or(self.records.len());
            match self.records.get_mut(place) {
                Some(known) => *known = record,
                None => self.records.push(record),
            }
            self.derived.insert(key, (place, at));
        }
    }
}

/// Whether a record tells the same as another of a later time.
fn is_later(record: &UsageRecord, than: &UsageRecord) -> bool {
    (&record.user, &record.belongs, &record.environment, &record.what)
        == (&than.user, &than.belongs, &than.environment, &than.what)
        && record.occurred_at > than.occurred_at
}
