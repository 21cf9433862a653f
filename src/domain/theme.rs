//! Feedback of one rollout that says the same thing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::annotation::Intent;
use super::feedback::Feedback;
use super::tally::Tally;
use crate::id::ThemeId;
use crate::time::{HOUR_MS, UnixMs};

/// A quarter of a day, ms: by so much it is told apart when people spoke.
pub const QUARTER_MS: i64 = 6 * HOUR_MS;
/// Quarters in which anybody spoke that a theme keeps: two months.
pub const QUARTERS_MAX: usize = 240;

/// What a theme remembers of what was said: enough to place the next statement, the same size however much was said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ThemeVector {
    /// Which word vectors and rules made it. One of another make is worked out anew from the statements.
    pub made_by: String,
    /// Sum of the directions of its statements, copies once.
    pub sum: Vec<i64>,
    /// Statements summed up here.
    pub items: u32,
}

/// A theme with its incremental state.
///
/// A statement has a home, the theme whose vector it is summed up in, and a theme in which it counts. Both are the same but
/// where a person merged the home into another theme.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Theme {
    /// Stays while items arrive.
    pub id: ThemeId,
    /// From phrases that people wrote; fixed once the theme is on a ticket or in a person's hands.
    pub name: String,
    /// Statements at home here when the name was given; it may change when there are twice as many.
    pub named_at: u32,
    /// For placing the next statement.
    pub vector: ThemeVector,
    /// The theme in which its statements count; `None` where they count here.
    pub into: Option<ThemeId>,
    /// Distinct people in it, by sentiment.
    pub tally: Tally,
    /// Distinct people in it by intent.
    pub intents: BTreeMap<Intent, i64>,
    /// Sum of the sentiment confidences of what counts, for their mean; whole ten-thousandths, so that it is exact.
    pub confidence_sum: f64,
    /// Distinct people in it by when they spoke, in quarters of a day since 1970, UTC: the latest [`QUARTERS_MAX`].
    pub quarters: BTreeMap<i64, i64>,
    /// When the first statement was made.
    pub first_at: UnixMs,
    /// When the latest was.
    pub last_at: UnixMs,
}

impl Theme {
    /// A theme in which nothing was said yet.
    pub fn begun(id: ThemeId, at: UnixMs) -> Self {
        Self {
            id,
            name: String::new(),
            named_at: 0,
            vector: ThemeVector::default(),
            into: None,
            tally: Tally::default(),
            intents: BTreeMap::new(),
            confidence_sum: 0.0,
            quarters: BTreeMap::new(),
            first_at: at,
            last_at: at,
        }
    }

    /// What most people in it want; `None` where it is empty. The more urgent wins a tie.
    pub fn intent(&self) -> Option<Intent> {
        Intent::ALL
            .into_iter()
            .filter_map(|i| self.intents.get(&i).map(|n| (i, *n)))
            .filter(|(_, n)| *n > 0)
            .rev()
            .max_by_key(|(_, n)| *n)
            .map(|(i, _)| i)
    }

    /// Mean confidence in the sentiments, from 0 to 1; 0 where it is empty.
    pub fn confidence(&self) -> f64 {
        match self.tally.people() {
            0 => 0.0,
            n => (self.confidence_sum / n as f64).clamp(0.0, 1.0),
        }
    }

    /// Counts a statement that was read (takes it away where `n` is -1). Times only grow apart here.
    pub fn count(&mut self, item: &Feedback, n: i64) {
        let Some(reading) = &item.annotation else { return };
        self.tally.add(reading.sentiment, n);
        let wanted = self.intents.entry(reading.intent).or_default();
        *wanted += n;
        if *wanted == 0 {
            self.intents.remove(&reading.intent);
        }
        self.confidence_sum = exactly(self.confidence_sum + reading.confidence * n as f64);
        self.count_quarter(item.occurred_at, n);
        if n > 0 {
            self.first_at = self.first_at.min(item.occurred_at);
            self.last_at = self.last_at.max(item.occurred_at);
        }
    }

    fn count_quarter(&mut self, at: UnixMs, n: i64) {
        let quarter = at.0.div_euclid(QUARTER_MS);
        let people = self.quarters.get(&quarter).copied().unwrap_or_default() + n;
        // What was let go of can't be taken away.
        if people > 0 {
            self.quarters.insert(quarter, people);
        } else {
            self.quarters.remove(&quarter);
        }
        while self.quarters.len() > QUARTERS_MAX {
            self.quarters.pop_first();
        }
    }

    /// Counts these statements and nothing else. What remains of an empty theme is when it was.
    pub fn recount<'a>(&mut self, items: impl IntoIterator<Item = &'a Feedback>) {
        self.tally = Tally::default();
        self.intents.clear();
        self.confidence_sum = 0.0;
        self.quarters.clear();
        for (i, item) in items.into_iter().enumerate() {
            if i == 0 {
                (self.first_at, self.last_at) = (item.occurred_at, item.occurred_at);
            }
            self.count(item, 1);
        }
    }
}

/// To ten-thousandths: readings are told to four digits.
fn exactly(sum: f64) -> f64 {
    (sum * 10_000.0).round() / 10_000.0
}
