//! What the counters of a rollout rest on: when its epochs begin, and which names their numbers stand for.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::strata::{RolloutClock, SEGMENT_OTHER, SEGMENT_UNTOLD};

/// Events of a rollout that are told apart.
pub const EVENTS_MAX: usize = 64;
/// Segments of a rollout that are told apart.
pub const SEGMENTS_MAX: usize = 24;
/// Numbers below this are taken: nothing told, and other.
const FIRST_NUMBER: u32 = 16;

/// The number of a name: the same on every machine, whatever came first. Two names can share one; whoever keeps names sees
/// that and refuses the second.
pub fn number_of(kind: &str, name: &str) -> u32 {
    let hash = Sha256::digest(format!("{kind}:{name}").as_bytes());
    u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]).max(FIRST_NUMBER)
}

/// What is noted of a rollout that is counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Register {
    /// Its epochs.
    pub clock: RolloutClock,
    /// The events that are told apart, by number: the first that anybody did, by name where several came at once.
    #[serde(default)]
    pub events: BTreeMap<u32, String>,
    /// Its segments likewise.
    #[serde(default)]
    pub segments: BTreeMap<u32, String>,
    /// How often people did something that is not told apart, because there was no more room.
    #[serde(default)]
    pub untracked: u64,
    /// What read its statements. Shares that different engines read are not to be compared without a word.
    #[serde(default)]
    pub engines: BTreeSet<String>,
    /// Whether rows of its people were let go: its counters stand as they are, for whoever came anew would count again.
    #[serde(default)]
    pub let_go: bool,
}

impl Register {
    /// Of a rollout that is counted from now on.
    pub fn new(clock: RolloutClock) -> Self {
        Self {
            clock,
            events: BTreeMap::new(),
            segments: BTreeMap::new(),
            untracked: 0,
            engines: BTreeSet::new(),
            let_go: false,
        }
    }

    /// Tells an event apart from now on, where there is room. Gives whether it is.
    pub fn track(&mut self, event: u32, name: &str) -> bool {
        admit(&mut self.events, EVENTS_MAX, event, name)
    }

    /// Tells a segment apart from now on, where there is room. Gives whether it is.
    pub fn divide(&mut self, segment: u32, name: &str) -> bool {
        admit(&mut self.segments, SEGMENTS_MAX, segment, name)
    }

    /// The segment in which people of one are counted.
    pub fn class(&self, segment: u32) -> u32 {
        if self.segments.contains_key(&segment) { segment } else { SEGMENT_OTHER }
    }

    /// What a segment is called.
    pub fn segment_name(&self, segment: u32) -> &str {
        match segment {
            SEGMENT_UNTOLD => "",
            SEGMENT_OTHER => "other",
            id => self.segments.get(&id).map_or("other", String::as_str),
        }
    }

    /// The number of an event that is told apart.
    pub fn event(&self, name: &str) -> Option<u32> {
        self.events.iter().find(|(_, n)| *n == name).map(|(id, _)| *id)
    }
}

fn admit(known: &mut BTreeMap<u32, String>, max: usize, id: u32, name: &str) -> bool {
    if let Some(kept) = known.get(&id) {
        return kept == name;
    }
    if known.len() >= max {
        return false;
    }
    known.insert(id, name.to_owned());
    true
}
