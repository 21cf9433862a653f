//! By what people are kept apart: the arm, the stage, the channel, and how what they say is classed.

use serde::{Deserialize, Serialize};

use crate::domain::annotation::{Annotation, Sentiment};
use crate::domain::feedback::Rating;
use crate::domain::signal::Exposure;
use crate::time::{DAY_MS, HOUR_MS, UnixMs};

/// The segment of people of whom nothing is told.
pub const SEGMENT_UNTOLD: u32 = 0;
/// The segment of people whose class is none of those that a rollout keeps apart.
pub const SEGMENT_OTHER: u32 = 1;

/// A reading is believed from this confidence on.
const CONFIDENCE_MIN: f64 = 0.6;
/// Scores at least this far from 0 have a side.
const SCORE_MIN: f64 = 0.2;
/// Of a mark's polarity: 2 and 4 of 5.
const MARK_MIN: f64 = 0.5;
/// A mark on 0 to 10: at most this is a detractor's.
const DETRACTOR_MAX: f64 = 6.0;
/// At least this is a promoter's.
const PROMOTER_MIN: f64 = 9.0;
/// Marks are decimal fractions; equal ones must not differ by how they are written.
const SLACK: f64 = 1e-9;

/// Epochs of a window that are kept apart; what comes later counts in the last.
const EPOCHS_MAX: i64 = 64;
/// A window is looked at in this many epochs, unless they would be too short or too long.
const EPOCHS: i64 = 14;

/// What a person got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Arm {
    /// The change.
    Treated,
    /// The flag was evaluated, and they did not get the change.
    Control,
}

/// A stage, by the share of customers that was configured to get the change in it: basis points, or not told. Stages with
/// the same share are one, so that its share can't differ from its people's chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Share(pub u16);

impl Share {
    /// Some, and the source does not say how many.
    pub const UNTOLD: Self = Self(u16::MAX);
    /// Everybody.
    pub const ALL: Self = Self(10_000);

    /// The stage of an exposure.
    pub fn of(exposure: Exposure) -> Self {
        match exposure {
            Exposure::Off => Self(0),
            Exposure::On => Self::ALL,
            Exposure::Some => Self::UNTOLD,
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "clamped to what a share below everybody can be"
            )]
            Exposure::Percent(p) => Self((p * 100.0).round().clamp(1.0, 9_999.0) as u16),
        }
    }

    /// The chance of a person to get the change, 0 to 1; `None` where it is not told.
    pub fn p(self) -> Option<f64> {
        (self != Self::UNTOLD).then(|| f64::from(self.0) / 10_000.0)
    }

    /// The way people read it: `5 %`, `some`, `100 %`.
    pub fn words(self) -> String {
        self.p().map_or_else(|| "some".into(), |p| format!("{} %", (p * 10_000.0).round() / 100.0))
    }
}

/// How a statement reached us, as far as it bears on who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Channel {
    /// The person was asked: a survey, a prompt.
    Asked,
    /// The widget in the product.
    Widget,
    /// A help desk, a chat with support, a mail.
    Support,
    /// A store or a review site.
    Review,
    /// Anything else that the person began.
    Other,
    /// Brought in afterwards: it stands in shares and never in alarms.
    Imported,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Asked, Self::Widget, Self::Support, Self::Review, Self::Other, Self::Imported];

    /// The class of a channel by its name.
    pub fn of(name: &str) -> Self {
        const KNOWN: [(&str, Channel); 24] = [
            ("import", Channel::Imported),
            ("backfill", Channel::Imported),
            ("survey", Channel::Asked),
            ("prompt", Channel::Asked),
            ("nps", Channel::Asked),
            ("csat", Channel::Asked),
            ("ces", Channel::Asked),
            ("typeform", Channel::Asked),
            ("delighted", Channel::Asked),
            ("qualtrics", Channel::Asked),
            ("widget", Channel::Widget),
            ("support", Channel::Support),
            ("zendesk", Channel::Support),
            ("intercom", Channel::Support),
            ("freshdesk", Channel::Support),
            ("helpscout", Channel::Support),
            ("mail", Channel::Support),
            ("chat", Channel::Support),
            ("ticket", Channel::Support),
            ("review", Channel::Review),
            ("appstore", Channel::Review),
            ("store", Channel::Review),
            ("play", Channel::Review),
            ("trustpilot", Channel::Review),
        ];
        let name: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        KNOWN.iter().find(|(part, _)| name.contains(part)).map_or(Self::Other, |(_, is)| *is)
    }

    /// The name that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Widget => "widget",
            Self::Support => "support",
            Self::Review => "review",
            Self::Other => "other",
            Self::Imported => "imported",
        }
    }

    /// Reads [`Self::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.as_str() == text)
    }

    /// Whether the person was asked: what is volunteered and what is asked for are never one share.
    pub fn asked(self) -> bool {
        self == Self::Asked
    }
}

/// How a statement counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Class {
    /// Unhappy.
    Negative,
    /// Happy.
    Positive,
    /// Not read surely enough: counted, and in no share.
    Uncertain,
    /// Read surely, and neither.
    Other,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Negative, Self::Positive, Self::Uncertain, Self::Other];
}

/// The class of a statement by its reading and its mark. A low mark is negative whatever the words seem to say, and so are
/// words that are surely negative under a high mark; what is not read surely is uncertain unless a mark tells. What a person
/// said of a reading is certain, however weak the words are.
pub fn class_of(reading: &Annotation, rating: Option<Rating>) -> Class {
    let sure = reading.confidence >= CONFIDENCE_MIN;
    let marked = rating.map(marked);
    let score = match reading.sentiment {
        Sentiment::Negative if reading.confidence >= 1.0 => -1.0,
        Sentiment::Positive if reading.confidence >= 1.0 => 1.0,
        _ if sure => reading.score,
        _ => 0.0,
    };
    match marked {
        Some(Class::Negative) => Class::Negative,
        _ if score <= -SCORE_MIN => Class::Negative,
        Some(Class::Positive) => Class::Positive,
        _ if score >= SCORE_MIN => Class::Positive,
        Some(_) => Class::Other,
        None if sure => Class::Other,
        None => Class::Uncertain,
    }
}

/// The class of a mark: at most 2 of 5, a thumb down, or at most 6 on 0 to 10 is negative.
fn marked(rating: Rating) -> Class {
    let (bad, good) = if rating.scale >= 10.0 {
        // 11 is 0 to 10 shifted by one.
        let ten =
            if (rating.scale - 11.0).abs() < SLACK { rating.value - 1.0 } else { rating.value / rating.scale * 10.0 };
        (ten <= DETRACTOR_MAX + SLACK, ten >= PROMOTER_MIN - SLACK)
    } else {
        let polarity = rating.polarity();
        (polarity <= -MARK_MIN + SLACK, polarity >= MARK_MIN - SLACK)
    };
    match (bad, good) {
        (true, _) => Class::Negative,
        (false, true) => Class::Positive,
        (false, false) => Class::Other,
    }
}

/// Where a rollout's epochs and cohorts begin. Fixed when the rollout is first counted: a window that is made longer gets
/// more epochs, not longer ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RolloutClock {
    /// Since when customers are exposed.
    pub origin: UnixMs,
    /// Length of an epoch, ms.
    pub epoch_ms: i64,
}

impl RolloutClock {
    /// For a window of this length, ms; 0 where no date closes it.
    pub fn new(origin: UnixMs, window_ms: i64) -> Self {
        let epoch_ms = if window_ms > 0 { (window_ms / EPOCHS).clamp(HOUR_MS, DAY_MS) } else { DAY_MS };
        Self { origin, epoch_ms }
    }

    /// The epoch in which something arrived.
    pub fn epoch(&self, received: UnixMs) -> u8 {
        index(received.since(self.origin), self.epoch_ms, EPOCHS_MAX - 1)
    }

    /// The last epoch there is.
    pub fn last_epoch() -> u8 {
        u8::try_from(EPOCHS_MAX - 1).unwrap_or(u8::MAX)
    }

    /// The day of the rollout on which somebody was first exposed.
    pub fn cohort(&self, exposed: UnixMs) -> u8 {
        index(exposed.since(self.origin), DAY_MS, i64::from(u8::MAX))
    }

    /// When a cohort's day is over.
    pub fn cohort_ends(&self, cohort: u8) -> UnixMs {
        self.origin.plus((i64::from(cohort) + 1) * DAY_MS)
    }
}

fn index(since: i64, length: i64, max: i64) -> u8 {
    u8::try_from(since.div_euclid(length.max(1)).clamp(0, max)).unwrap_or(u8::MAX)
}
