//! Alarms out of counters: what is judged, and what a judgement says.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Facts;
use super::build::{evidence, finding};
use crate::analysis::alarm::cells::{Allocation, ArmCell, Linkage, Linked, Picture, Said, ShareCell, Stratum};
use crate::analysis::alarm::families::{self, EventCells, Member};
use crate::analysis::alarm::guards::{self, Guard};
use crate::analysis::alarm::latch::{Event, Latch};
use crate::analysis::alarm::{Process, Side as Way, Verdict, evaluate};
use crate::analysis::stats::srm;
use crate::analysis::usage::{Arm, Channel, SEGMENT_OTHER, SEGMENT_UNTOLD, Share, Side};
use crate::domain::alarm::{AlarmRules, Grade};
use crate::domain::finding::{Against, Direction, Finding, Interval, What};
use crate::time::DAY_MS;

/// People who did not turn, of whom it takes so many to tell how usual an event is.
const OTHERS_MIN: i64 = 20;
/// The subject of the alarm on the whole rollout.
pub const WHOLE: &str = "rollout";
/// The subject of the mirror: improvement.
pub const BETTER: &str = "better";

/// What the next look at a rollout's alarms goes on from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Watch {
    /// Whether each subject is raised.
    pub latches: BTreeMap<String, Latch>,
    /// The largest evidence so far that a stage is not allocated as planned, by stage.
    pub mismatch: BTreeMap<String, f64>,
}

/// One subject, judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// [`WHOLE`], [`BETTER`], `segment/NAME` or `event/NAME`.
    pub subject: String,
    /// What its cells come to.
    pub verdict: Verdict,
    /// The grade that is shown: the latched one where it is raised.
    pub shown: Grade,
    /// The first epoch that was judged.
    pub from_epoch: u32,
    /// What is to be told.
    pub event: Option<Event>,
}

/// A look at a rollout's alarms.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Look {
    /// Each subject; those of a family only where they are called or raised.
    pub judged: Vec<Judged>,
    /// What the next look goes on from.
    pub watch: Watch,
}

/// Looks at the alarms of a rollout, going on from an earlier look. The result depends on the counters and the earlier
/// look alone; looking twice tells nothing twice.
pub fn look(rules: &AlarmRules, facts: &Facts<'_>, before: &Watch) -> Look {
    let picture = picture(facts, before);
    let epoch = u32::from(facts.clock.epoch(facts.now));
    let mut next = before.clone();
    for (stage, ln_e) in guards::ln_mismatches(&picture.allocations) {
        let most = next.mismatch.entry(stage).or_default();
        *most = most.max(ln_e);
    }
    let mut judged = Vec::new();
    for (subject, way) in [(WHOLE, Way::Worse), (BETTER, Way::Better)] {
        let latch = before.latches.get(subject).cloned().unwrap_or_default();
        let mut verdict = evaluate(rules, &picture, way, latch.from_epoch, latch.rearms);
        verdict.grade = rules.grade(latch.unseen(verdict.ln_e), verdict.people, latch.rearms);
        judged.push(step(&mut next, epoch, subject.into(), verdict));
    }
    let segments = families::segments(rules, &picture, Way::Worse, 0);
    let events = families::events(rules, &event_cells(facts), Way::Worse, 0);
    // A single segment is the whole.
    if segments.len() > 1 {
        judged.extend(members(&mut next, epoch, "segment", segments));
    }
    judged.extend(members(&mut next, epoch, "event", events));
    Look { judged, watch: next }
}

fn step(next: &mut Watch, epoch: u32, subject: String, verdict: Verdict) -> Judged {
    let latch = next.latches.get(&subject).cloned().unwrap_or_default();
    let from_epoch = latch.from_epoch;
    let (latch, event) = latch.step(epoch, &verdict);
    let shown = latch.shown(&verdict);
    next.latches.insert(subject.clone(), latch);
    Judged { subject, verdict, shown, from_epoch, event }
}

/// Of a family, who is called: what is not keeps no latch.
fn members(next: &mut Watch, epoch: u32, kind: &str, family: Vec<Member>) -> Vec<Judged> {
    let named = family.into_iter().map(|m| (format!("{kind}/{}", m.name), m));
    let mut judged = Vec::new();
    for (subject, member) in named {
        let raised = next.latches.contains_key(&subject);
        if member.called || raised {
            // Only what e-BH calls may go on to be told; what was seen once takes twice the evidence each time, and as it is
            // judged from the beginning, evidence that was seen is no news.
            let latch = next.latches.get(&subject).cloned().unwrap_or_default();
            let was_seen = latch.rearms > 0 && member.verdict.ln_e < latch.seen_ln_e + ln_two(latch.rearms);
            let grade = if member.called && !was_seen { member.verdict.grade } else { Grade::None };
            judged.push(step(next, epoch, subject, Verdict { grade, ..member.verdict }));
        }
    }
    judged
}

/// `ln` of the factor by which an alarm takes more evidence after so many acknowledgements.
fn ln_two(rearms: u32) -> f64 {
    f64::from(rearms) * std::f64::consts::LN_2
}

/// The counters as alarms take them.
fn picture(facts: &Facts<'_>, before: &Watch) -> Picture {
    let segment = |n: u32| segment(facts, n);
    let (worse, better) = (facts.cells.label(Side::Negative), facts.cells.label(Side::Positive));
    let mut arms: BTreeMap<(u8, Share, u32, Channel), ArmCell> = BTreeMap::new();
    for (cells, negative) in [(&worse, true), (&better, false)] {
        for c in cells.iter().filter(|c| c.p.is_some()) {
            let cell = arms.entry((c.epoch, c.stage, c.segment, c.channel)).or_insert_with(|| ArmCell {
                epoch: c.epoch.into(),
                stratum: Stratum {
                    stage: c.stage.words(),
                    segment: segment(c.segment),
                    channel: c.channel.as_str().into(),
                },
                ..ArmCell::default()
            });
            let (exposed, control) = (count(c.exposed), count(c.n - c.exposed));
            if negative {
                (cell.exposed.negative, cell.control.negative) = (exposed, control);
            } else {
                (cell.exposed.positive, cell.control.positive) = (exposed, control);
            }
        }
    }
    let mut shares: BTreeMap<(u8, u32, &str), ShareCell> = BTreeMap::new();
    for (side, negative) in [(Side::Negative, true), (Side::Positive, false)] {
        for c in facts.cells.hex(side) {
            let cell = shares.entry((c.epoch, c.segment, c.channel.as_str())).or_insert_with(|| ShareCell {
                epoch: c.epoch.into(),
                stratum: Stratum {
                    stage: String::new(),
                    segment: segment(c.segment),
                    channel: c.channel.as_str().into(),
                },
                people: count(c.n),
                said: Said::default(),
            });
            *if negative { &mut cell.said.negative } else { &mut cell.said.positive } = count(c.a);
        }
    }
    Picture {
        arms: arms.into_values().collect(),
        shares: shares.into_values().collect(),
        baseline: facts.usual.clone(),
        allocations: allocations(facts, before),
        linkage: linkage(facts),
    }
}

/// Of statements whose sender says what the person had, how many are of people whose exposure is known, by channel and arm.
/// Where no sender says it, nothing can be told.
fn linkage(facts: &Facts<'_>) -> Vec<Linkage> {
    let mut all: BTreeMap<Channel, Linkage> = BTreeMap::new();
    for ((channel, arm), (n, linked)) in facts.cells.told() {
        let of =
            all.entry(channel).or_insert_with(|| Linkage { channel: channel.as_str().into(), ..Linkage::default() });
        *match arm {
            Arm::Treated => &mut of.exposed,
            Arm::Control => &mut of.control,
        } = Linked { linked: count(linked), all: count(n) };
    }
    all.into_values().collect()
}

/// The plan, by stage and segment, with who was evaluated. A stage of which only one arm is ever told has no other to compare
/// with, whatever the plan says: some report those alone who got the change.
fn allocations(facts: &Facts<'_>, before: &Watch) -> Vec<Allocation> {
    let whole = facts.cells.evaluated();
    facts
        .cells
        .evaluated_in()
        .into_iter()
        .filter(|((stage, _), _)| {
            let (exposed, control) = whole.get(stage).copied().unwrap_or_default();
            exposed > 0 && control > 0
        })
        .filter_map(|((stage, segment), (exposed, control))| {
            Some(Allocation {
                planned: stage.p()?,
                stage: stage.words(),
                segment: self::segment(facts, segment),
                exposed: count(exposed),
                control: count(control),
                ln_mismatch_max: before.mismatch.get(&stage.words()).copied().unwrap_or_default(),
            })
        })
        .collect()
}

/// Each event: people who turned, by whether they had met it, against how many of those who did not turn have met it.
fn event_cells(facts: &Facts<'_>) -> Vec<EventCells> {
    let of = |event: u32, name: &String| {
        let tables = facts.cells.tables_by_stratum(event, Side::Negative);
        // Of a stratum in which hardly anybody is left it is not known how usual the event is.
        let known = tables.iter().filter(|(_, [_, b, _, d])| b + d >= OTHERS_MIN);
        let met = known.map(|((stage, segment), [_, b, _, d])| Allocation {
            stage: stage.words(),
            segment: self::segment(facts, *segment),
            planned: (*b as f64 + 0.5) / ((b + d) as f64 + 1.0),
            ..Allocation::default()
        });
        let cells =
            facts.cells.turned_with(event, Side::Negative).into_iter().map(|((epoch, stage, segment), (n, a))| {
                let said = |n: i64| Said { negative: count(n), positive: 0 };
                ArmCell {
                    epoch: epoch.into(),
                    stratum: Stratum {
                        stage: stage.words(),
                        segment: self::segment(facts, segment),
                        channel: String::new(),
                    },
                    exposed: said(a),
                    control: said(n - a),
                }
            });
        EventCells { event: name.clone(), cells: cells.collect(), met: met.collect() }
    };
    facts.cells.events().into_iter().filter_map(|e| facts.events.get(&e).map(|name| of(e, name))).collect()
}

fn count(n: i64) -> u64 {
    n.max(0).unsigned_abs()
}

/// The name of a segment; two have none.
fn segment(facts: &Facts<'_>, n: u32) -> String {
    match n {
        SEGMENT_UNTOLD => String::new(),
        SEGMENT_OTHER => "other".into(),
        n => facts.segments.get(&n).cloned().unwrap_or_else(|| n.to_string()),
    }
}

pub(super) fn all(facts: &Facts<'_>) -> Vec<Finding> {
    let loud = |j: &&Judged| j.subject == WHOLE || j.shown > Grade::None;
    let mut found: Vec<Finding> = facts.judged.iter().filter(loud).map(|j| said(facts, j)).collect();
    found.extend(allocation(facts));
    found
}

fn said(facts: &Facts<'_>, judged: &Judged) -> Finding {
    let v = &judged.verdict;
    let by_label = match v.process {
        Process::Label => true,
        Process::Both => v.ln_e_label >= v.ln_e_share,
        Process::None | Process::Share => false,
    };
    let most = |starts: &[f64]| {
        let first = starts.iter().enumerate().max_by(|(i, a), (j, b)| a.total_cmp(b).then(j.cmp(i)));
        first.filter(|(_, p)| **p > 0.5).map(|(epoch, _)| epoch)
    };
    let from = facts.clock.epoch_ms.max(1);
    let began_day = (!by_label).then(|| most(&v.starts)).flatten().map(|epoch| {
        i64::try_from(epoch).unwrap_or(i64::MAX).saturating_add(judged.from_epoch.into()).saturating_mul(from) / DAY_MS
    });
    let what = What::Alarm {
        direction: if v.side == Way::Worse { Direction::Worse } else { Direction::Better },
        against: if by_label { Against::Control } else { Against::Usual },
        grade: judged.shown,
        ln_e: v.ln_e,
        rate: v
            .rate_ratio
            .filter(|_| by_label)
            .and_then(|r| Some(Interval { value: r.ratio?, low: r.low, high: r.high? })),
        shares: v
            .share
            .filter(|_| !by_label)
            .and_then(|s| Some((if s.people > 0 { s.hits as f64 / s.people as f64 } else { return None }, s.usual?))),
        at_least: v.rate_ratio.filter(|r| by_label && r.high.is_none() && r.low > 1.0).map(|r| r.low),
        began_day,
        // What was seen against the usual share needs no arms.
        unreliable: unreliable(&v.guards).filter(|_| by_label || v.ln_e_share.is_none()),
    };
    let counters = [
        ("ln_e", json!([v.ln_e_label, v.ln_e_share])),
        ("people", json!(v.people)),
        ("share", json!(v.share)),
        ("starts", json!(v.starts)),
        ("guards", json!(v.guards)),
    ];
    let method = "e-process over arms (label) and against the usual share (HEX), statistics 3; holds at every look";
    finding(what, &judged.subject, judged.shown > Grade::None, evidence(facts, method, counters))
}

/// Why the comparison of arms does not count.
fn unreliable(guards: &[Guard]) -> Option<String> {
    guards.iter().find_map(|g| match g {
        Guard::Allocation { stage, .. } => {
            Some(format!("at {stage} the allocation does not match the plan, so that the arms are not compared"))
        }
        Guard::Linkage { channel, .. } => {
            Some(format!("the arms differ in how many statements of {channel} are known to be whose"))
        }
        Guard::Unjudged { .. } | Guard::NoBaseline => None,
    })
}

/// Whether people went to the arms as planned, stage by stage.
fn allocation(facts: &Facts<'_>) -> Vec<Finding> {
    let of = |(stage, (exposed, control)): (Share, (i64, i64))| {
        let p = stage.p().filter(|p| *p > 0.0 && *p < 1.0)?;
        let planned = vec![p, 1.0 - p];
        let ln_e =
            srm::ln_bayes_factor(&[count(exposed), count(control)], &planned, srm::CONCENTRATION_DEFAULT).ok()?;
        let most = facts.mismatch.get(&stage.words()).copied().unwrap_or_default().max(ln_e);
        let p = (-most).exp().min(1.0);
        let counts = vec![exposed, control];
        let rests = evidence(
            facts,
            "sequential SRM, Lindon and Malek 2022",
            [("stage", json!(stage.words())), ("ln_e", json!(most))],
        );
        let is_off = p <= facts.rules.mismatch;
        Some(finding(What::Allocation { counts, planned, p, is_off }, &stage.words(), is_off, rests))
    };
    let any = |(_, (exposed, control)): &(Share, (i64, i64))| exposed + control > 0;
    facts.cells.evaluated().into_iter().filter(any).filter_map(of).collect()
}
