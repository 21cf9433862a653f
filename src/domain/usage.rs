//! What a person did: saw a variant, used the feature, hit an error, bought.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::feedback::Belongs;
use crate::time::UnixMs;

/// Longest name of an event, in characters.
pub const EVENT_NAME_MAX_CHARS: usize = 200;

/// One thing that a person did, as a source tells it: checked, before anything is concluded from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UsageRecord {
    /// The sender's name of the person; never stored as it is. Without one a record counts towards totals only.
    pub user: Option<String>,
    /// Where the sender says it belongs. An event that names nothing counts for every rollout that its person takes
    /// part in.
    pub belongs: Belongs,
    /// The environment that it happened in, where the source tells one.
    pub environment: Option<String>,
    /// What happened.
    pub what: Usage,
    /// When; the time of arrival where the source does not say.
    pub occurred_at: UnixMs,
    /// The sender's own id of the record: a second one with the same id changes nothing.
    pub message_id: Option<String>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Usage {
    /// A flag was evaluated for the person, or a release reached them.
    Exposure {
        /// The variant that they got; `None` where the source names none.
        variant: Option<String>,
    },
    /// Something that the person did or met.
    Event {
        /// Its name: `checkout_completed`, `error_timeout`.
        name: String,
        /// A number that comes with it: an amount, a duration in ms.
        value: Option<f64>,
    },
    /// What is known of the person: plan, country, platform.
    Traits {
        /// By name.
        attributes: BTreeMap<String, String>,
    },
}
