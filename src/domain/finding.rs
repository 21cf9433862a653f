//! A statistical statement about a rollout, with what it rests on.
//!
//! A finding is data: the figures, how many they come from, and the counters that they were worked out from. What it
//! says in words is made of these figures alone, and it never says *caused*.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::alarm::Grade;
use crate::id::FeedbackId;

/// An interval about an estimate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The estimate.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Interval {
    /// Whether the whole interval lies on one side of `neutral`.
    pub fn excludes(&self, neutral: f64) -> bool {
        self.low > neutral || self.high < neutral
    }
}

/// `part` people of `whole`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Of {
    /// Of these.
    pub part: i64,
    /// Out of these.
    pub whole: i64,
}

/// What an alarm compares with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Against {
    /// People who don't have it at the same time.
    Control,
    /// What was usual before.
    Usual,
}

/// Which way an alarm looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// More negative than before.
    Worse,
    /// More positive than before.
    Better,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum What {
    /// How loud the alarm is.
    Alarm {
        /// Worse or better.
        direction: Direction,
        /// What it compares with.
        against: Against,
        /// How loud.
        grade: Grade,
        /// Natural logarithm of the evidence against "nothing changed".
        ln_e: f64,
        /// Times as often as the control, with an interval that holds however often somebody looks.
        rate: Option<Interval>,
        /// Times as often at the least, where nobody but exposed people spoke, so that there is no ratio.
        at_least: Option<f64>,
        /// The share now and the usual share, where it compares with before.
        shares: Option<(f64, f64)>,
        /// The day after the opening (0 is the first) on which a change most likely began.
        began_day: Option<i64>,
        /// Why the alarm does not count; `None` where it does.
        unreliable: Option<String>,
    },
    /// The allocation of people to the arms.
    Allocation {
        /// Exposed and control people.
        counts: Vec<i64>,
        /// Shares as planned.
        planned: Vec<f64>,
        /// How little the plan explains the counts, however often somebody looks, 0 to 1.
        p: f64,
        /// Whether that is too little by the rules in force.
        is_off: bool,
    },
    /// Share of people who are negative.
    NegativeShare {
        /// Who.
        of: Of,
        /// The share, with an interval for one look.
        share: Interval,
        /// The same, with an interval that holds however often somebody looks.
        anytime: Interval,
        /// Whether people were asked, rather than spoke up by themselves.
        asked: bool,
    },
    /// Positive less negative.
    Reception {
        /// From -1 to 1.
        net: Interval,
    },
    /// Exposed people's negative share less the control's.
    AgainstControl {
        /// Exposed people.
        exposed: Of,
        /// People in the control.
        control: Of,
        /// Difference of the shares.
        difference: Interval,
        /// Times as likely, compared within stage and segment; `None` where that can't be told.
        ratio: Option<Interval>,
    },
    /// A stage against the one before it.
    StageOverStage {
        /// The later one.
        stage: String,
        /// The earlier one.
        before: String,
        /// Negative people at the later one.
        now: Of,
        /// Negative people at the earlier one.
        then: Of,
        /// Times as likely, compared within segment and channel.
        ratio: Interval,
    },
    /// The negative share that counts the latest most.
    Trend {
        /// The share, the latest day weighing most.
        share: f64,
        /// People that it weighs up to.
        weight: f64,
    },
    /// People who met an event, and how much more often they are negative.
    Event {
        /// Its name.
        event: String,
        /// Negative people among those who met it.
        with: Of,
        /// Negative people among the others.
        without: Of,
        /// Times as likely, compared within stage and segment.
        ratio: Interval,
        /// Odds ratio of the same.
        odds: Interval,
        /// False discovery rate among the rollout's events at which it would be told.
        q: f64,
        /// Whether it differs by stage or segment.
        differs: bool,
    },
    /// People's coming back by what they said at first.
    Retention {
        /// Day after exposure, 7 or 14.
        day: i64,
        /// Negative people who came back.
        negative: Of,
        /// Others who came back.
        others: Of,
        /// Difference of the shares.
        difference: Interval,
    },
    /// People who used what they were exposed to.
    Adoption {
        /// The event that counts as use.
        event: String,
        /// Who.
        of: Of,
        /// The share.
        share: Interval,
    },
    /// A value per person in the arms, adjusted by what they did before.
    Conversion {
        /// The event whose value it is.
        event: String,
        /// Exposed people.
        exposed: i64,
        /// People in the control.
        control: i64,
        /// Difference of the means.
        difference: Interval,
        /// Whether what people did before was taken into account.
        adjusted: bool,
    },
    /// Feedback in bad hours of a metric.
    Performance {
        /// Its name.
        metric: String,
        /// Negative statements in and shortly after bad hours.
        bad: Of,
        /// Negative statements in the other hours.
        other: Of,
        /// Odds ratio.
        odds: f64,
        /// Share of the shifts in time that look as bad.
        p: f64,
        /// False discovery rate among the metrics.
        q: f64,
        /// Hours by which the metric goes before, where that stands out.
        lag_hours: Option<i64>,
    },
    /// A theme that is told much more often than usual.
    Burst {
        /// The theme's id.
        theme: String,
        /// Natural logarithm of the evidence.
        ln_e: f64,
        /// Statements of the theme, of all.
        of: Of,
        /// The usual share.
        usual: f64,
    },
    /// Two themes whose people are the same more often than chance has it.
    Together {
        /// One theme's id.
        one: String,
        /// The other's.
        other: String,
        /// People in both.
        both: i64,
        /// Times as many as chance has it.
        lift: f64,
        /// Odds ratio.
        odds: Interval,
        /// False discovery rate among the pairs.
        q: f64,
    },
    /// What the share would be if the silent were heard.
    Silent {
        /// Who spoke, of the exposed.
        of: Of,
        /// The share of negative people if the silent are a quarter, half, as likely to be negative as who spoke.
        range: [f64; 3],
        /// The share weighted to the segments' sizes, where that could be done.
        weighted: Option<Interval>,
    },
    /// What is to be expected at 100 %.
    Forecast {
        /// The negative share, with the central 90 %.
        share: Interval,
        /// Chance that it exceeds `above`.
        chance: f64,
        /// The share that would be bad.
        above: f64,
        /// People it rests on.
        people: i64,
        /// Past rollouts it rests on.
        rollouts: i64,
    },
    /// How much a theme hurts, for the order of work.
    Priority {
        /// The theme's id.
        theme: String,
        /// 0 to 100; it orders work and is no probability.
        score: f64,
        /// People that it reaches at 100 %, at the least.
        reach: f64,
    },
}

impl What {
    /// The name of the kind, as it is stored and sent.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Alarm { .. } => "alarm",
            Self::Allocation { .. } => "allocation",
            Self::NegativeShare { .. } => "level",
            Self::Reception { .. } => "reception",
            Self::AgainstControl { .. } => "against_control",
            Self::StageOverStage { .. } => "stage_over_stage",
            Self::Trend { .. } => "trend",
            Self::Event { .. } => "event",
            Self::Retention { .. } => "retention",
            Self::Adoption { .. } => "adoption",
            Self::Conversion { .. } => "conversion",
            Self::Performance { .. } => "performance",
            Self::Burst { .. } => "burst",
            Self::Together { .. } => "together",
            Self::Silent { .. } => "silent",
            Self::Forecast { .. } => "forecast",
            Self::Priority { .. } => "priority",
        }
    }
}

/// Whether there was enough to say something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "standing")]
pub enum Standing {
    /// It may be told as a difference.
    Told,
    /// It was looked at, and chance alone could explain it.
    Chance,
    /// Too few to compare.
    TooFew {
        /// What there are too few of: `people who hit error_timeout`.
        of: String,
        /// How many there are.
        have: i64,
        /// How many it takes.
        need: i64,
    },
}

/// What a finding rests on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The counters, by name, as they went into the formula.
    pub counters: BTreeMap<String, Value>,
    /// The method and where it is from.
    pub method: String,
    /// Engines that read the statements.
    pub engines: Vec<String>,
    /// Statements that show it, at most [`STATEMENTS_MAX`].
    pub feedback: Vec<FeedbackId>,
}

/// Statements that a finding names.
pub const STATEMENTS_MAX: usize = 20;

/// A statistical statement about a rollout.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// What it is about within its kind: an event's name, a theme's id, a stage; empty for the whole rollout. With the
    /// kind it makes the finding's name.
    pub subject: String,
    /// What was found; `None` where there were too few.
    pub what: Option<What>,
    /// The kind, also where there were too few.
    pub kind: String,
    /// Whether there was enough.
    #[serde(flatten)]
    pub standing: Standing,
    /// The smallest shift of the share, 0 to 1, that would have been seen with 80 % power by now.
    pub detectable: Option<f64>,
    /// What it rests on.
    pub evidence: Evidence,
}

impl Finding {
    /// The name within the rollout: `event/error_timeout`.
    pub fn name(&self) -> String {
        if self.subject.is_empty() { self.kind.clone() } else { format!("{}/{}", self.kind, self.subject) }
    }
}
