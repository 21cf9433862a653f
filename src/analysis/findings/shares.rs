//! How many are negative: against the control, from stage to stage, and lately.

use std::collections::BTreeMap;

use serde_json::json;

use super::Facts;
use super::build::{
    LEVEL, detectable, difference, evidence, finding, finite, interval, of_value, share, stratified, tables, too_few,
    wilson,
};
use crate::analysis::stats::decay::Decayed;
use crate::analysis::stats::{betabin_cs, net_sentiment};
use crate::analysis::usage::{Arm, CellKey, Place, Share, Shares, Side};
use crate::domain::finding::{Finding, Of, What};
use crate::time::HOUR_MS;

/// Fewer people than this are told by their words, not by a share.
const SHARE_MIN: i64 = 5;
/// From so many people who were asked on, the level is theirs alone.
const ASKED_MIN: i64 = 30;
/// Positive less negative takes so many.
const NET_MIN: i64 = 10;
/// An arm takes so many who spoke.
const ARM_MIN: i64 = 5;
/// A stage takes so many who spoke.
const STAGE_MIN: i64 = 10;
/// The trend takes as much weight.
const TREND_MIN: f64 = 8.0;
/// The trend forgets half in a day.
const HALF_LIFE_HOURS: f64 = 24.0;
/// A difference is told from three points on, a ratio outside of 0.8 to 1.25: a million people make any trifle sure.
const DIFFERENCE_MIN: f64 = 0.03;
/// See [`DIFFERENCE_MIN`].
const RATIO_TRIFLES: (f64, f64) = (0.8, 1.25);

pub(super) fn all(facts: &Facts<'_>) -> Vec<Finding> {
    let mut found = level(facts);
    found.extend(against_control(facts));
    found.extend(stages(facts));
    found.extend(trend(facts));
    found
}

/// Whether a ratio is more than a trifle and chance does not explain it.
pub(super) fn matters(ratio: &crate::domain::finding::Interval) -> bool {
    ratio.excludes(1.0) && (ratio.value < RATIO_TRIFLES.0 || ratio.value > RATIO_TRIFLES.1)
}

fn negative(shares: &Shares) -> Of {
    Of { part: shares.negative, whole: shares.n() }
}

/// The share of those who have the change, or of whom it is not known; who was asked goes before who spoke up.
fn level(facts: &Facts<'_>) -> Vec<Finding> {
    let has = |place: Place| !matches!(place, Some((_, Arm::Control)));
    let asked = facts.cells.shares(|place, _, channel| has(place) && channel.asked());
    let by_themselves = facts.cells.shares(|place, _, channel| has(place) && !channel.asked());
    let were_asked = asked.n() >= ASKED_MIN || (by_themselves.n() < SHARE_MIN && asked.n() >= SHARE_MIN);
    let shares = if were_asked { asked } else { by_themselves };
    let of = negative(&shares);
    let rests = |method: &str| {
        evidence(
            facts,
            method,
            [
                ("asked", json!([asked.negative, asked.positive, asked.other, asked.uncertain])),
                (
                    "by_themselves",
                    json!([
                        by_themselves.negative,
                        by_themselves.positive,
                        by_themselves.other,
                        by_themselves.uncertain
                    ]),
                ),
            ],
        )
    };
    if of.whole < SHARE_MIN {
        let rests = rests("Wilson 1927");
        return vec![too_few("level", "", "people who spoke", of.whole, SHARE_MIN, rests)];
    }
    let mut found = Vec::new();
    if let (Some(once), Some(share)) = (wilson(of), share(of)) {
        let anytime = interval(once.value, betabin_cs::of(share, LEVEL));
        let what = What::NegativeShare { of, share: once, anytime, asked: were_asked };
        found.push(finding(what, "", true, rests("Wilson 1927; beta-binomial confidence sequence, Robbins 1970")));
    }
    let part = |n: i64| n.max(0).unsigned_abs();
    if of.whole >= NET_MIN
        && let Some(net) = net_sentiment::of(part(shares.positive), part(shares.negative), part(shares.n()), LEVEL)
    {
        let net = interval(net.net, net.interval);
        found.push(finding(What::Reception { net }, "", net.excludes(0.0), rests("multinomial standard error")));
    }
    found
}

/// Those who have it against those who were kept out at the same time.
fn against_control(facts: &Facts<'_>) -> Option<Finding> {
    let arm = |wanted: Arm| {
        facts
            .cells
            .shares(move |place, _, channel| matches!(place, Some((_, arm)) if arm == wanted) && !channel.asked())
    };
    let (exposed, control) = (negative(&arm(Arm::Treated)), negative(&arm(Arm::Control)));
    if facts.cells.exposed_by(Arm::Control, None) == 0 {
        return None;
    }
    // Of all people of an arm, by stage and segment: who turned and who did not. Whoever says nothing is not negative.
    let strata = strata(facts);
    let rests = evidence(
        facts,
        "Newcombe 1998; Mantel-Haenszel risk ratio, Greenland and Robins 1985",
        [("exposed", of_value(exposed)), ("control", of_value(control)), ("strata", json!(strata))],
    );
    let least = exposed.whole.min(control.whole);
    if least < ARM_MIN {
        return Some(too_few("against_control", "", "people who spoke in the smaller arm", least, ARM_MIN, rests));
    }
    let difference = difference(exposed, control)?;
    let strata_told = strata.len();
    let ratio = stratified(&tables(strata)).risk_ratio.and_then(|r| finite(r.value, r.interval));
    // Where people are of several stages or segments, a difference of all together may be that of their mix.
    let alone = strata_told <= 1 && difference.excludes(0.0) && difference.value.abs() >= DIFFERENCE_MIN;
    let told = alone || ratio.as_ref().is_some_and(matters);
    let what = What::AgainstControl { exposed, control, difference, ratio };
    let mut found = finding(what, "", told, rests);
    found.detectable = detectable(control, exposed.whole);
    Some(found)
}

/// Tables of the arms by stage and segment: exposed who turned negative, exposed who did not, control likewise.
fn strata(facts: &Facts<'_>) -> Vec<[i64; 4]> {
    let mut turned: BTreeMap<(Share, u32), [i64; 2]> = BTreeMap::new();
    for (key, n) in facts.cells.iter() {
        if let CellKey::Turned { side: Side::Negative, arm, stage, segment, .. } = key {
            turned.entry((*stage, *segment)).or_default()[usize::from(*arm == Arm::Control)] += n;
        }
    }
    let (treated, control) = (facts.cells.strata(Arm::Treated), facts.cells.strata(Arm::Control));
    treated
        .iter()
        .filter_map(|(at, t)| {
            let c = control.get(at)?;
            let [a, b] = turned.get(at).copied().unwrap_or_default();
            Some([a, t - a, b, c - b])
        })
        .collect()
}

/// Each stage against the one before it, within segment and channel.
fn stages(facts: &Facts<'_>) -> Vec<Finding> {
    facts.stages.windows(2).filter(|pair| pair[0] != pair[1]).map(|pair| stage(facts, pair[0], pair[1])).collect()
}

fn stage(facts: &Facts<'_>, before: Share, after: Share) -> Finding {
    let at = |stage: Share| move |place: Place| place == Some((stage, Arm::Treated));
    let (then, now) = (at(before), at(after));
    let of = |at: &dyn Fn(Place) -> bool| negative(&facts.cells.shares(|place, _, _| at(place)));
    let (was, is) = (of(&then), of(&now));
    let strata: Vec<[i64; 4]> = facts
        .cells
        .said_in()
        .into_iter()
        .map(|(segment, channel)| {
            let of = |at: &dyn Fn(Place) -> bool| {
                negative(&facts.cells.shares(|place, s, c| at(place) && s == segment && c == channel))
            };
            let (is, was) = (of(&now), of(&then));
            [is.part, is.whole - is.part, was.part, was.whole - was.part]
        })
        .collect();
    let rests = evidence(
        facts,
        "Mantel-Haenszel risk ratio, Greenland and Robins 1985; the later stage is the event",
        [("then", of_value(was)), ("now", of_value(is)), ("strata", json!(strata))],
    );
    let subject = after.words();
    let least = was.whole.min(is.whole);
    if least < STAGE_MIN {
        let of = "people who spoke at the smaller of both stages";
        return too_few("stage_over_stage", &subject, of, least, STAGE_MIN, rests);
    }
    match stratified(&tables(strata)).risk_ratio.and_then(|r| finite(r.value, r.interval)) {
        Some(ratio) => {
            let what = What::StageOverStage { stage: after.words(), before: before.words(), now: is, then: was, ratio };
            let mut found = finding(what, &subject, matters(&ratio), rests);
            found.detectable = detectable(was, is.whole);
            found
        }
        None => too_few("stage_over_stage", &subject, "negative people at one of both stages", 0, 1, rests),
    }
}

/// The share now, the last day weighing most.
fn trend(facts: &Facts<'_>) -> Option<Finding> {
    let hours = facts.cells.hours();
    let mut decayed = Decayed::default();
    for (hour, (negative, all)) in &hours {
        let at = Decayed { at: *hour as f64, num: *negative as f64, den: *all as f64 };
        decayed = decayed.merge(at, HALF_LIFE_HOURS);
    }
    // Up to now: where nobody spoke for a day, what was said weighs half.
    let now = Decayed { at: facts.now.0 as f64 / HOUR_MS as f64, num: 0.0, den: 0.0 };
    decayed = decayed.merge(now, HALF_LIFE_HOURS);
    let (share, weight) = (decayed.share()?, decayed.den);
    (weight >= TREND_MIN).then(|| {
        let rests = evidence(facts, "exponentially decayed share, half-life 24 h", [("hours", json!(hours))]);
        finding(What::Trend { share, weight }, "", true, rests)
    })
}
