//! What makes a comparison of arms unreliable: an allocation that is not as planned, and arms that differ in how many of
//! their statements are known to be whose.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::cells::{Allocation, Linkage};
use crate::analysis::stats::special::lpoch;
use crate::analysis::stats::srm;
use crate::domain::alarm::AlarmRules;

/// Of the shares of statements whose person is known: nothing is known of them (Jeffreys).
const LINKAGE_PRIOR: f64 = 0.5;

/// What has to be told with a verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "guard")]
pub enum Guard {
    /// A stage exposes another share of people than planned: the comparison of arms is unreliable and does not count.
    Allocation {
        /// The stage.
        stage: String,
        /// `ln` of the evidence against the plan.
        ln_e: f64,
    },
    /// The arms differ in how many statements are known to be whose: the channel is left out of the comparison of arms.
    Linkage {
        /// The channel.
        channel: String,
        /// `ln` of the evidence.
        ln_e: f64,
    },
    /// People came in ways of which nothing is known to be usual: they are not judged against a baseline.
    Unjudged {
        /// How many.
        people: u64,
    },
    /// Nothing is known to be usual: the window's first people are, and only a later change can be seen.
    NoBaseline,
}

/// `ln` of the evidence that people are not exposed by the plan: a Dirichlet-multinomial around the plan against the plan.
/// Its inverse, at its smallest so far, is a p that holds at every look (Lindon and Malek 2022).
pub fn ln_mismatch(planned: f64, exposed: u64, control: u64) -> f64 {
    if planned <= 0.0 || planned >= 1.0 {
        // Everybody or nobody: who was evaluated otherwise was so in another stage.
        return 0.0;
    }
    srm::ln_bayes_factor(&[exposed, control], &[planned, 1.0 - planned], srm::CONCENTRATION_DEFAULT).unwrap_or(0.0)
}

/// `ln` of the evidence that statements of exposed people are linked to a person more, or less, often than the others'.
pub fn ln_linkage(linkage: &Linkage) -> f64 {
    let part = |linked: u64, all: u64| {
        let (linked, unlinked) = (linked.min(all) as f64, all.saturating_sub(linked) as f64);
        lpoch(LINKAGE_PRIOR, linked) + lpoch(LINKAGE_PRIOR, unlinked) - lpoch(2.0 * LINKAGE_PRIOR, linked + unlinked)
    };
    let (e, c) = (linkage.exposed, linkage.control);
    part(e.linked, e.all) + part(c.linked, c.all) - part(e.linked + c.linked, e.all + c.all)
}

/// By stage, the largest [`ln_mismatch`] so far: what goes into the next [`Allocation::ln_mismatch_max`]. Segments for
/// which the same is planned are judged together: each by itself would be one more chance to find something.
pub fn ln_mismatches(allocations: &[Allocation]) -> BTreeMap<String, f64> {
    let mut sums: BTreeMap<(&str, u64), (u64, u64)> = BTreeMap::new();
    let mut most: BTreeMap<String, f64> = BTreeMap::new();
    for a in allocations {
        let sum = sums.entry((&a.stage, a.planned.to_bits())).or_default();
        (sum.0, sum.1) = (sum.0 + a.exposed, sum.1 + a.control);
        let before = most.entry(a.stage.clone()).or_default();
        *before = before.max(a.ln_mismatch_max);
    }
    for ((stage, planned), (exposed, control)) in sums {
        let now = most.entry(stage.to_owned()).or_default();
        *now = now.max(ln_mismatch(f64::from_bits(planned), exposed, control));
    }
    most
}

/// What is wrong with the comparison of arms.
pub fn of_arms(rules: &AlarmRules, allocations: &[Allocation], linkage: &[Linkage]) -> Vec<Guard> {
    let against = ln_mismatches(allocations).into_iter().filter(|(_, ln_e)| *ln_e >= -rules.mismatch.ln());
    let mismatched = against.map(|(stage, ln_e)| Guard::Allocation { stage, ln_e });
    let unlinked = linkage.iter().filter_map(|l| {
        let ln_e = ln_linkage(l);
        (ln_e >= rules.linkage.ln()).then(|| Guard::Linkage { channel: l.channel.clone(), ln_e })
    });
    mismatched.chain(unlinked).collect()
}

#[cfg(test)]
mod tests {
    use super::super::cells::Linked;
    use super::*;

    #[test]
    #[expect(clippy::unreadable_literal, reason = "values as another implementation printed them")]
    fn evidence_against_a_plan_matches_independent_values() {
        // mpmath.
        for (planned, exposed, control, want) in [
            (0.5, 5000, 5000, -0.3465860902799362),
            (0.5, 5300, 4700, 8.65521461358961),
            (0.05, 260, 4740, -0.13917940368457396),
            (0.05, 400, 4600, 14.59298311816052),
            (0.5, 0, 0, 0.0),
        ] {
            let got = ln_mismatch(planned, exposed, control);
            assert!((got - want).abs() <= 1e-8 * f64::max(1.0, f64::abs(want)), "{exposed}: {got}, expected {want}");
        }
    }

    fn linkage(exposed: (u64, u64), control: (u64, u64)) -> Linkage {
        let linked = |(linked, all)| Linked { linked, all };
        Linkage { channel: "widget".into(), exposed: linked(exposed), control: linked(control) }
    }

    #[test]
    fn a_widget_that_only_exposed_people_have_is_seen() {
        assert!(ln_linkage(&linkage((80, 100), (82, 100))) < 0.0);
        assert!(ln_linkage(&linkage((95, 100), (40, 100))) > 20_f64.ln());
        assert!(ln_linkage(&linkage((1_000_000_000, 2_000_000_000), (5, 10))).is_finite());
        assert!(ln_linkage(&linkage((0, 0), (0, 0))).abs() < 1e-12);
    }

    #[test]
    fn a_plan_once_found_wrong_stays_so() {
        let rules = AlarmRules::default();
        let fair =
            Allocation { stage: "5 %".into(), planned: 0.05, exposed: 50, control: 950, ..Allocation::default() };
        assert_eq!(of_arms(&rules, std::slice::from_ref(&fair), &[]), []);
        let once = Allocation { ln_mismatch_max: 7.0, ..fair };
        let guards = of_arms(&rules, &[once], &[]);
        assert_eq!(guards, [Guard::Allocation { stage: "5 %".into(), ln_e: 7.0 }]);
    }
}
