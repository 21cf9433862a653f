//! Who comes back, who uses it, and what it brings.

use std::collections::BTreeMap;

use serde_json::json;

use super::Facts;
use super::build::{LEVEL, count, difference, evidence, finding, finite, of_value, too_few, wilson};
use crate::analysis::stats::{cuped, fdr};
use crate::analysis::usage::{Arm, Class, Cuped, Retained, Share};
use crate::domain::finding::{Finding, Of, What};

/// Either class takes so many people whose coming back is known.
const CLASS_MIN: i64 = 20;
/// A share of users takes so many exposed people.
const EXPOSED_MIN: i64 = 5;
/// A mean takes so many people in each arm.
const ARM_MIN: i64 = 30;
/// A value takes so many people who did it.
const USED_MIN: i64 = 5;
/// Numbers are kept in thousandths.
const MILLI: f64 = 1_000.0;
/// False discoveries among events.
const FDR_MAX: f64 = 0.10;

pub(super) fn all(facts: &Facts<'_>) -> Vec<Finding> {
    let mut found = retention(facts);
    found.extend(adoption(facts));
    found.extend(conversions(facts));
    found
}

/// Coming back by what had been said by day 3, among those who were still there by then.
fn retention(facts: &Facts<'_>) -> Vec<Finding> {
    let retained = facts.cells.retained(facts.clock, facts.now);
    if retained.is_empty() {
        return Vec::new();
    }
    let negative = retained.get(&Some(Class::Negative)).copied().unwrap_or_default();
    let mut others = Retained::default();
    for (class, of) in &retained {
        // Of the uncertain it is not known in which of both classes they are.
        if !matches!(class, Some(Class::Negative | Class::Uncertain)) {
            others.week1 += of.week1;
            others.week1_back += of.week1_back;
            others.week2 += of.week2;
            others.week2_back += of.week2_back;
        }
    }
    let week1 = |r: &Retained| Of { part: r.week1_back, whole: r.week1 };
    let week2 = |r: &Retained| Of { part: r.week2_back, whole: r.week2 };
    [(7, week1(&negative), week1(&others)), (14, week2(&negative), week2(&others))]
        .into_iter()
        .filter_map(|(day, negative, others)| returned(facts, day, negative, others))
        .collect()
}

fn returned(facts: &Facts<'_>, day: i64, negative: Of, others: Of) -> Option<Finding> {
    let method = "landmark at day 3; Newcombe 1998";
    let rests = evidence(facts, method, [("negative", of_value(negative)), ("others", of_value(others))]);
    let subject = format!("day {day}");
    let least = negative.whole.min(others.whole);
    if least < CLASS_MIN {
        let of = "people of the smaller class old enough to have come back";
        return Some(too_few("retention", &subject, of, least, CLASS_MIN, rests));
    }
    let difference = difference(negative, others)?;
    let told = difference.excludes(0.0);
    Some(finding(What::Retention { day, negative, others, difference }, &subject, told, rests))
}

/// Of the exposed, how many did each tracked event.
fn adoption(facts: &Facts<'_>) -> Vec<Finding> {
    let mut found: Vec<(i64, Finding)> = Vec::new();
    for event in facts.cells.events() {
        let Some(name) = facts.events.get(&event) else { continue };
        let (part, whole) = facts.cells.used(event, Arm::Treated);
        let of = Of { part, whole };
        if whole < EXPOSED_MIN || part == 0 {
            continue;
        }
        let Some(share) = wilson(of) else { continue };
        let rests = evidence(facts, "Wilson 1927", [("used", of_value(of))]);
        found.push((part, finding(What::Adoption { event: name.clone(), of, share }, name, true, rests)));
    }
    found.sort_by(|(a, x), (b, y)| b.cmp(a).then_with(|| x.subject.cmp(&y.subject)));
    found.into_iter().map(|(_, f)| f).collect()
}

/// A value per person in the arms, stage by stage, adjusted by what people did before.
fn conversions(facts: &Facts<'_>) -> Vec<Finding> {
    if facts.cells.exposed_by(Arm::Control, None) == 0 {
        return Vec::new();
    }
    let mut looked = Vec::new();
    for event in facts.cells.events() {
        let Some(name) = facts.events.get(&event) else { continue };
        let arms = [Arm::Treated, Arm::Control].map(|arm| facts.cells.cuped(event, arm));
        let used = facts.cells.used(event, Arm::Treated).0 + facts.cells.used(event, Arm::Control).0;
        if used >= USED_MIN {
            looked.extend(conversion(facts, name, &arms));
        }
    }
    let q = fdr::bh(&looked.iter().map(|(p, _)| *p).collect::<Vec<_>>());
    let judged = looked.into_iter().zip(q).map(|((_, mut found), q)| {
        if q > FDR_MAX && found.what.is_some() {
            found.standing = crate::domain::finding::Standing::Chance;
        }
        found.evidence.counters.insert("q".into(), json!(q));
        found
    });
    judged.collect()
}

fn conversion(facts: &Facts<'_>, name: &str, arms: &[BTreeMap<Share, Cuped>; 2]) -> Option<(f64, Finding)> {
    // Stages in which both arms were there; each compared by itself, then put together by their precision.
    let mut at = Vec::new();
    let (mut exposed, mut control, mut adjusted) = (0, 0, false);
    for (stage, t) in &arms[0] {
        let Some(c) = arms[1].get(stage) else { continue };
        exposed += t.n;
        control += c.n;
        if let Some(d) = cuped::difference(&sums(t), &sums(c), LEVEL).filter(|d| d.se > 0.0 && d.se.is_finite()) {
            adjusted |= d.theta != 0.0;
            at.push((d.difference, d.se));
        }
    }
    let sums = json!(arms.each_ref().map(|arm| {
        arm.iter()
            .map(|(s, c)| (s.words(), [c.n, c.x, c.xx, c.y, c.xy].map(|n| json!(n)), c.yy.to_string()))
            .collect::<Vec<_>>()
    }));
    let rests = evidence(facts, "CUPED, Deng et al. 2013; stages weighted by their precision", [("sums", sums)]);
    let least = exposed.min(control);
    if least < ARM_MIN {
        let of = "people in the smaller arm";
        return Some((1.0, too_few("conversion", name, of, least, ARM_MIN, rests)));
    }
    let weight: f64 = at.iter().map(|(_, se)| se.powi(-2)).sum();
    let value = at.iter().map(|(d, se)| d * se.powi(-2)).sum::<f64>() / weight;
    let se = weight.sqrt().recip();
    let ends = crate::analysis::stats::share::Interval::around(value, LEVEL.z() * se);
    let difference = finite(value, ends)?;
    let p = crate::analysis::stats::special::norm_sf((value / se).abs()) * 2.0;
    let what = What::Conversion { event: name.into(), exposed, control, difference, adjusted };
    Some((p, finding(what, name, difference.excludes(0.0), rests)))
}

/// Sums in units of the value, as the method takes them.
fn sums(c: &Cuped) -> cuped::PairSums {
    cuped::PairSums {
        n: count(c.n),
        x: c.x as f64,
        y: c.y as f64 / MILLI,
        xx: c.xx as f64,
        yy: c.yy as f64 / (MILLI * MILLI),
        xy: c.xy as f64 / MILLI,
    }
}
