//! Feedback of one rollout that says the same thing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::annotation::Intent;
use super::tally::Tally;
use crate::id::ThemeId;
use crate::time::UnixMs;

/// What a theme remembers of the words in it: enough to place the next statement and to name it, bounded in size.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ThemeVector {
    /// Hashed features and their summed weights.
    pub features: BTreeMap<u32, f32>,
    /// Phrases that people wrote, and how many statements hold them.
    pub phrases: BTreeMap<String, u32>,
    /// Statements summed up here.
    pub items: u32,
}

/// A theme with its incremental state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Theme {
    /// Stays while items arrive.
    pub id: ThemeId,
    /// From phrases that people wrote; fixed once the theme is on a ticket.
    pub name: String,
    /// For placing the next statement.
    pub vector: ThemeVector,
    /// Distinct people in it, by sentiment.
    pub tally: Tally,
    /// Distinct people in it by intent.
    pub intents: BTreeMap<Intent, i64>,
    /// Sum of the sentiment confidences of what counts, for their mean.
    pub confidence_sum: f64,
    /// When the first statement was made.
    pub first_at: UnixMs,
    /// When the latest was.
    pub last_at: UnixMs,
}

impl Theme {
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
}
