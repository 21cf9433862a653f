//! What the silent may think, and what is to be expected at 100 %.

use std::collections::BTreeMap;

use serde_json::json;

use super::Facts;
use super::build::{LEVEL, count, evidence, finding, finite, of_value, share, too_few};
use crate::analysis::stats::share::Share as Part;
use crate::analysis::stats::{forecast, nonresponse, poststrat};
use crate::analysis::usage::{Arm, Place, Share};
use crate::domain::finding::{Finding, Interval, Of, What};

/// A range for the silent takes so many who spoke.
const SPOKE_MIN: i64 = 5;
/// A weighted segment takes so many who spoke.
const SEGMENT_MIN: i64 = 10;
/// A forecast takes so many who spoke.
const FORECAST_MIN: i64 = 5;
/// Statements to be expected where nobody knows how many it reaches.
const VOLUME: u64 = 400;
/// No more statements than this are expected: the forecast's range hardly changes with more.
const VOLUME_MAX: i64 = 100_000;
/// A negative share above this is bad.
const BAD_SHARE: f64 = 0.35;
/// Weighting that costs more than this in precision is not shown.
const DESIGN_EFFECT_MAX: f64 = 3.0;
/// Nor one that leaves fewer people's worth.
const N_EFFECTIVE_MIN: f64 = 20.0;

pub(super) fn all(facts: &Facts<'_>) -> Vec<Finding> {
    silent(facts).into_iter().chain(expected(facts)).collect()
}

/// People that the rollout reaches at 100 %; `None` where nobody is known to have it. In the latest stage that says how many
/// it exposes, those who got the change and those who did not are everybody; where only the former are told, they are as
/// large a part as the stage says.
pub(super) fn audience(facts: &Facts<'_>) -> Option<i64> {
    let exposed = facts.cells.exposed_by(Arm::Treated, None);
    if exposed == 0 {
        return None;
    }
    let evaluated = facts.cells.evaluated();
    let of = |stage: &Share| {
        let (has, has_not) = evaluated.get(stage).copied().unwrap_or_default();
        let part = stage.p().filter(|p| *p > 0.0 && has > 0)?;
        #[expect(clippy::cast_possible_truncation, reason = "people, rounded")]
        let whole = if has_not > 0 { has + has_not } else { (has as f64 / part).round() as i64 };
        Some(whole)
    };
    facts.stages.iter().rev().find_map(of).map(|whole| whole.max(exposed))
}

/// Statements to be expected at 100 %, where as many of all speak as of those who have it.
fn volume(facts: &Facts<'_>, spoke: i64) -> u64 {
    let exposed = facts.cells.exposed_by(Arm::Treated, None).max(spoke).max(1);
    audience(facts).map_or(VOLUME, |all| {
        count(
            (i128::from(spoke) * i128::from(all) / i128::from(exposed))
                .clamp(1, i128::from(VOLUME_MAX))
                .try_into()
                .unwrap_or(VOLUME_MAX),
        )
    })
}

fn has(place: Place) -> bool {
    matches!(place, Some((_, Arm::Treated)))
}

fn silent(facts: &Facts<'_>) -> Option<Finding> {
    let exposed = facts.cells.exposed_by(Arm::Treated, None);
    if exposed == 0 {
        return None;
    }
    let shares = facts.cells.shares(|place, _, _| has(place));
    let of = Of { part: shares.n().min(exposed), whole: exposed };
    let segments = segments(facts);
    let rests = evidence(
        facts,
        "bounds by the silent's odds; weighting classes (statistics 6)",
        [("spoke", of_value(of)), ("negative", json!(shares.negative)), ("segments", json!(segments))],
    );
    if shares.n() < SPOKE_MIN {
        return Some(too_few("silent", "", "exposed people who spoke", shares.n(), SPOKE_MIN, rests));
    }
    let spoke = share(Of { part: shares.negative, whole: of.part })?;
    let range = nonresponse::shares(spoke, count(exposed), &nonresponse::TILTS)?.try_into().ok()?;
    let what = What::Silent { of, range, weighted: weighted(&segments) };
    Some(finding(what, "", true, rests))
}

/// Exposed people, who spoke of them, and negative ones, by segment; small ones together.
fn segments(facts: &Facts<'_>) -> Vec<[i64; 3]> {
    let mut by: BTreeMap<u32, i64> = BTreeMap::new();
    for ((_, segment), n) in facts.cells.strata(Arm::Treated) {
        *by.entry(segment).or_default() += n;
    }
    let (mut kept, mut rest) = (Vec::new(), [0; 3]);
    for (segment, exposed) in by {
        let shares = facts.cells.shares(|place, s, _| has(place) && s == segment);
        let row = [exposed.max(shares.n()), shares.n(), shares.negative];
        if shares.n() >= SEGMENT_MIN {
            kept.push(row);
        } else {
            rest.iter_mut().zip(row).for_each(|(sum, n)| *sum += n);
        }
    }
    if rest[1] >= SEGMENT_MIN {
        kept.push(rest);
    } else if rest[0] > 0
        && let Some(last) = kept.last_mut()
    {
        last.iter_mut().zip(rest).for_each(|(sum, n)| *sum += n);
    }
    kept
}

/// The share weighted to the segments' sizes, where that is worth its price.
fn weighted(segments: &[[i64; 3]]) -> Option<Interval> {
    if segments.len() < 2 {
        return None;
    }
    let strata: Vec<poststrat::Stratum> = segments
        .iter()
        .map(|[exposed, spoke, negative]| poststrat::Stratum {
            population: count(*exposed),
            responders: count(*spoke),
            sum: *negative as f64,
            sum_squares: *negative as f64,
        })
        .collect();
    let found = poststrat::mean(&strata, LEVEL).ok()?;
    (found.deff <= DESIGN_EFFECT_MAX && found.n_eff >= N_EFFECTIVE_MIN)
        .then(|| finite(found.mean, found.interval))
        .flatten()
}

fn expected(facts: &Facts<'_>) -> Option<Finding> {
    let all = facts.stages.contains(&Share::ALL);
    let shares = facts.cells.shares(|place, _, _| !matches!(place, Some((_, Arm::Control))));
    if all || facts.stages.is_empty() {
        return None;
    }
    let rests = evidence(
        facts,
        "empirical Bayes with a capped early stage, beta-binomial (statistics 7)",
        [("spoke", json!([shares.negative, shares.n()])), ("past", json!(facts.past))],
    );
    if shares.n() < FORECAST_MIN {
        return Some(too_few("forecast", "", "people who spoke", shares.n(), FORECAST_MIN, rests));
    }
    let past: Vec<Part> =
        facts.past.iter().filter_map(|(part, whole)| share(Of { part: *part, whole: *whole })).collect();
    let early = share(Of { part: shares.negative, whole: shares.n() })?;
    let prior = forecast::Prior::of_past(&past);
    let discount = forecast::discount(early.whole(), forecast::CAP_DEFAULT);
    let found = forecast::forecast(prior.beta, early, discount, volume(facts, shares.n()), &[0.05, 0.95], BAD_SHARE)?;
    let [low, high] = found.quantiles.as_slice() else { return None };
    let share = Interval { value: found.mean, low: *low, high: *high };
    let rollouts = if prior.from_past { i64::try_from(past.len()).unwrap_or(i64::MAX) } else { 0 };
    let what = What::Forecast { share, chance: found.above, above: BAD_SHARE, people: shares.n(), rollouts };
    Some(finding(what, "", true, rests))
}
