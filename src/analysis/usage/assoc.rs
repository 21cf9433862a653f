//! From a log of what people had, did and said to tables of event against negative statements: what the counters do, from
//! end to end, for comparison with others.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::cells::Cells;
use super::participant::{Item, Moment, Participant, Said};
use super::strata::{Arm, Channel, Class, RolloutClock, Share};
use crate::time::UnixMs;

/// A log, in any order.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct AssocInput {
    /// Its lines.
    pub records: Vec<AssocRecord>,
}

/// One line of a log; `t` is a moment in any unit.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
#[expect(missing_docs, reason = "the fields of a log")]
pub enum AssocRecord {
    /// A person had the change, in a stratum.
    Exposure { user: String, t: i64, stratum: String },
    /// A person did something.
    Event { user: String, t: i64, event: String },
    /// A person said something negative.
    Negative { user: String, t: i64 },
}

/// The tables of an event, and what they come to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AssocTables {
    /// `[a, b, c, d]` of each stratum, by name.
    pub tables: Vec<[i64; 4]>,
    /// The risk ratio of Mantel and Haenszel; `None` where it is not finite.
    pub rr_mh: Option<f64>,
    /// Their odds ratio.
    pub or_mh: Option<f64>,
}

/// The tables of each event of a log.
pub fn assoc(input: &AssocInput) -> BTreeMap<String, AssocTables> {
    let (mut strata, mut events) = (BTreeSet::new(), BTreeSet::new());
    for record in &input.records {
        match record {
            AssocRecord::Exposure { stratum, .. } => drop(strata.insert(stratum.as_str())),
            AssocRecord::Event { event, .. } => drop(events.insert(event.as_str())),
            AssocRecord::Negative { .. } => {}
        }
    }
    let place = |set: &BTreeSet<&str>, name: &str| set.iter().position(|s| *s == name).unwrap_or(0);
    let clock = RolloutClock::new(UnixMs(0), 0);
    let mut people: BTreeMap<&str, Participant> = BTreeMap::new();
    let mut cells = Cells::default();
    for record in &input.records {
        let (AssocRecord::Exposure { user, .. } | AssocRecord::Event { user, .. } | AssocRecord::Negative { user, .. }) =
            record;
        let before = people.entry(user).or_default();
        let mut after = before.clone();
        match record {
            AssocRecord::Exposure { t, stratum, .. } => {
                let stage = Share(u16::try_from(place(&strata, stratum)).unwrap_or(u16::MAX));
                after.expose(UnixMs(*t), stage, Arm::Treated);
            }
            AssocRecord::Event { t, event, .. } => {
                after.does(u32::try_from(place(&events, event)).unwrap_or(u32::MAX), UnixMs(*t), 0);
            }
            AssocRecord::Negative { t, .. } => after.merge(&said(UnixMs(*t))),
        }
        cells.merge(&Cells::change(Some(before), Some(&after), &clock));
        *before = after;
    }
    events
        .iter()
        .enumerate()
        .map(|(i, name)| ((*name).to_owned(), told(cells.tables(u32::try_from(i).unwrap_or(u32::MAX)))))
        .collect()
}

fn said(at: UnixMs) -> Participant {
    let when = Moment { at, received: at, backfill: false };
    let item = Item { when, class: Class::Negative, channel: Channel::Other, score_micro: 0, told: None };
    Participant { said: Said::of([item]), ..Participant::default() }
}

fn told(tables: Vec<[i64; 4]>) -> AssocTables {
    let (mut rr, mut or) = ((0.0, 0.0), (0.0, 0.0));
    for [a, b, c, d] in tables.iter().map(|t| t.map(|n| n as f64)) {
        let n = a + b + c + d;
        rr = (rr.0 + a * (c + d) / n, rr.1 + c * (a + b) / n);
        or = (or.0 + a * d / n, or.1 + b * c / n);
    }
    let ratio = |(above, below): (f64, f64)| Some(above / below).filter(|r| r.is_finite());
    AssocTables { rr_mh: ratio(rr), or_mh: ratio(or), tables }
}
