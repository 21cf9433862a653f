//! Themes that are told more often than usual, what hurts most, and whom rollouts share.

use serde_json::json;

use super::Facts;
use super::build::{LEVEL, count, evidence, finding, finite, of_value, share};
use super::outlook::audience;
use crate::analysis::stats::{fdr, overlap, priority};
use crate::domain::finding::{Evidence, Finding, Of, STATEMENTS_MAX, What};
use crate::id::FeedbackId;

/// The order of work names so many.
const PRIORITIES_MAX: usize = 20;
/// Fewer are one person's remark, not a theme.
const THEME_MIN: i64 = 2;
/// A pair takes so many people in both.
const BOTH_MIN: i64 = 5;
/// False discoveries among pairs.
const FDR_MAX: f64 = 0.10;
/// ln of the evidence from which a burst is told: 20 to 1.
const BURST_LN: f64 = 2.995_732_273_553_991;

/// What is known of a theme.
#[derive(Clone, Debug, PartialEq)]
pub struct ThemeFacts {
    /// Its id.
    pub id: String,
    /// Distinct people in it.
    pub people: i64,
    /// Of these, negative ones.
    pub negative: i64,
    /// Mean of how negative they are, 0 to 1.
    pub mean_negativity: f64,
    /// How much it hurts, 0 to 1.
    pub severity: f64,
    /// Share of its people who pay; 0 where that is not known.
    pub paid_share: f64,
    /// ln of the evidence that it is told more often than usual, and the usual share; `None` where nothing was usual.
    pub burst: Option<(f64, f64)>,
    /// People in any theme, so that a share can be told.
    pub of_people: i64,
    /// Its statements, the latest first.
    pub feedback: Vec<FeedbackId>,
}

/// Another rollout whose people are also this one's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// This rollout's label.
    pub one: String,
    /// The other's id.
    pub other_id: String,
    /// The other's label.
    pub other: String,
    /// Negative people here, of those who had both.
    pub negative_here: i64,
    /// Negative people there, of those who had both.
    pub negative_there: i64,
    /// Negative people in both.
    pub negative_both: i64,
    /// People who had both.
    pub people: i64,
}

pub(super) fn all(facts: &Facts<'_>) -> Vec<Finding> {
    let mut found: Vec<Finding> = facts.themes.iter().filter_map(|t| burst(facts, t)).collect();
    found.extend(priorities(facts));
    found.extend(pairs(facts));
    found
}

/// What a theme rests on: its own statements.
fn rests<const N: usize>(
    facts: &Facts<'_>,
    theme: &ThemeFacts,
    method: &str,
    counters: [(&str, serde_json::Value); N],
) -> Evidence {
    let feedback = theme.feedback.iter().take(STATEMENTS_MAX).cloned().collect();
    Evidence { feedback, ..evidence(facts, method, counters) }
}

fn burst(facts: &Facts<'_>, theme: &ThemeFacts) -> Option<Finding> {
    let (ln_e, usual) = theme.burst?;
    let of = Of { part: theme.people, whole: theme.of_people };
    let method = "hierarchical e-process on the theme's share (statistics 5.4)";
    let rests = rests(facts, theme, method, [("of", of_value(of)), ("usual", json!(usual))]);
    let what = What::Burst { theme: theme.id.clone(), ln_e, of, usual };
    let is_told = ln_e >= BURST_LN && theme.people >= i64::try_from(facts.rules.min_people).unwrap_or(i64::MAX);
    is_told.then(|| finding(what, &theme.id, true, rests))
}

/// Themes in the order in which they hurt.
fn priorities(facts: &Facts<'_>) -> Vec<Finding> {
    let exposed = facts.cells.exposed_by(crate::analysis::usage::Arm::Treated, None);
    let mut all: Vec<(f64, Finding)> = facts
        .themes
        .iter()
        .filter(|t| t.negative > 0 && t.people >= THEME_MIN)
        .filter_map(|t| {
            let exposed = exposed.max(t.people);
            let audience = audience(facts).unwrap_or(exposed).max(exposed);
            let scored = priority::of(&priority::Problem {
                affected: share(Of { part: t.people, whole: exposed })?,
                audience: count(audience),
                severity: t.severity,
                negativity: t.mean_negativity,
                paid: t.paid_share,
                ln_e: t.burst.map_or(0.0, |(ln_e, _)| ln_e),
            });
            let what = What::Priority { theme: t.id.clone(), score: scored.score, reach: scored.reach };
            let counters = [
                ("affected", of_value(Of { part: t.people, whole: exposed })),
                ("audience", json!(audience)),
                ("severity", json!(t.severity)),
                ("mean_negativity", json!(t.mean_negativity)),
                ("paid_share", json!(t.paid_share)),
                ("confidence", json!(scored.evidence)),
            ];
            Some((scored.score, finding(what, &t.id, true, rests(facts, t, "priority score (statistics 7)", counters))))
        })
        .collect();
    all.sort_by(|(a, x), (b, y)| b.total_cmp(a).then_with(|| x.subject.cmp(&y.subject)));
    all.into_iter().take(PRIORITIES_MAX).map(|(_, f)| f).collect()
}

/// Rollouts whose negative people are the same more often than chance has it.
fn pairs(facts: &Facts<'_>) -> Vec<Finding> {
    let looked: Vec<_> = facts
        .pairs
        .iter()
        .filter(|p| p.negative_both >= BOTH_MIN)
        .filter_map(|p| {
            let of = [p.negative_here, p.negative_there, p.negative_both, p.people].map(count);
            Some((p, overlap::of(of[0], of[1], of[2], of[3])?))
        })
        .collect();
    let q = fdr::bh(&looked.iter().map(|(_, o)| o.p()).collect::<Vec<_>>());
    let told = looked.iter().zip(q).filter_map(|((pair, over), q)| {
        let ends = crate::analysis::stats::share::Interval::around_log(over.log_odds_ratio.exp(), LEVEL.z() * over.se);
        let odds = finite(over.log_odds_ratio.exp(), ends)?;
        let what = What::Together {
            one: pair.one.clone(),
            other: pair.other.clone(),
            both: pair.negative_both,
            lift: over.lift.unwrap_or(1.0),
            odds,
            q,
        };
        let counters = [(
            "here_there_both_all",
            json!([pair.negative_here, pair.negative_there, pair.negative_both, pair.people]),
        )];
        let rests = evidence(facts, "Haldane log odds ratio; Benjamini and Hochberg 1995 over pairs", counters);
        Some(finding(what, &pair.other_id, q <= FDR_MAX && odds.low > 1.0, rests))
    });
    told.collect()
}
