//! Whatever the counts, up to a billion: intervals hold their estimate, probabilities stay between 0 and 1, and nothing is
//! infinite or not a number.

use proptest::prelude::*;

use crate::analysis::stats::betabin::Beta;
use crate::analysis::stats::forecast::forecast;
use crate::analysis::stats::moments::Sums;
use crate::analysis::stats::share::{Confidence, Interval, Share};
use crate::analysis::stats::special::{betainc, betaincinv};
use crate::analysis::stats::table::Table;
use crate::analysis::stats::{
    asymp_cs, betabin_cs, fdr, fisher, jeffreys, mantel_haenszel, newcombe, poisson_midp, srm, welch, wilson,
};

/// Counts of all sizes, the ends among them.
fn count() -> impl Strategy<Value = u64> {
    prop_oneof![0_u64..4, 0_u64..1_000, 0_u64..=1_000_000_000, Just(999_999_999), Just(1_000_000_000)]
}

fn share() -> impl Strategy<Value = Share> {
    (count(), count()).prop_map(|(a, b)| Share::new(a.min(b), a.max(b)).expect("a part of a whole"))
}

fn confidence() -> impl Strategy<Value = Confidence> {
    (0.5..0.9999_f64).prop_map(|c| Confidence::new(c).expect("between 0 and 1"))
}

fn table() -> impl Strategy<Value = Table> {
    [count(), count(), count(), count()].prop_map(Table::new)
}

fn shape() -> impl Strategy<Value = f64> {
    (-1.0..9.0_f64).prop_map(|e| 10.0_f64.powf(e))
}

fn within(i: Interval) -> bool {
    0.0 <= i.low && i.low <= i.high && i.high <= 1.0
}

fn finite(i: Interval) -> bool {
    i.low.is_finite() && i.high.is_finite() && i.low <= i.high
}

proptest! {
    #[test]
    fn every_interval_of_a_share_holds_the_share(share in share(), confidence in confidence()) {
        let intervals = [
            wilson::of(share, confidence),
            jeffreys::of(share, confidence),
            betabin_cs::of(share, confidence),
        ];
        for i in intervals {
            prop_assert!(within(i), "{:?} {:?}", share, i);
        }
        if let Some(p) = share.value() {
            for i in [intervals[0], intervals[2]] {
                prop_assert!(i.low <= p && p <= i.high, "{:?} {:?}", share, i);
            }
            // What may be looked at all the time is wider than what is looked at once.
            prop_assert!(intervals[2].high - intervals[2].low >= 0.999 * (intervals[1].high - intervals[1].low));
        }
    }

    #[test]
    fn more_confidence_is_a_wider_interval(share in share(), low in 0.5..0.9_f64) {
        let at = |c| Confidence::new(c).expect("between 0 and 1");
        let width = |i: Interval| i.high - i.low;
        for of in [wilson::of, jeffreys::of, betabin_cs::of] {
            prop_assert!(width(of(share, at(low))) <= width(of(share, at(low + 0.09))) + 1e-12);
        }
    }

    #[test]
    fn a_difference_turns_around_with_its_sides(one in share(), other in share()) {
        let there = newcombe::difference(one, other, Confidence::P95);
        let back = newcombe::difference(other, one, Confidence::P95);
        prop_assert_eq!(there.is_some(), one.whole() > 0 && other.whole() > 0);
        if let (Some(d), Some(b)) = (there, back) {
            prop_assert!(d.interval.low <= d.value && d.value <= d.interval.high);
            prop_assert!((-1.0..=1.0).contains(&d.interval.low) && (-1.0..=1.0).contains(&d.interval.high));
            prop_assert!((d.value + b.value).abs() < 1e-12 && (d.interval.low + b.interval.high).abs() < 1e-12);
        }
    }

    #[test]
    fn a_table_always_has_finite_ratios_and_a_p(table in table()) {
        let r = table.ratios(Confidence::P95);
        prop_assert!(finite(r.odds_interval) && finite(r.risk_interval), "{:?} {:?}", table, r);
        prop_assert!((0.0..=1.0).contains(&r.p_wald));
        let p = fisher::p_two_sided(&table);
        prop_assert!((0.0..=1.0).contains(&p), "{:?} {}", table, p);
        // Rows and columns can be exchanged.
        let turned = fisher::p_two_sided(&Table { a: table.d, b: table.c, c: table.b, d: table.a });
        prop_assert!((p - turned).abs() <= 1e-6 * p.max(turned) + 1e-300, "{:?}: {} {}", table, p, turned);
    }

    #[test]
    fn strata_never_give_what_is_no_number(tables in prop::collection::vec(table(), 0..5)) {
        let s = mantel_haenszel::compare(&tables, Confidence::P95);
        for r in [s.odds_ratio, s.risk_ratio].into_iter().flatten() {
            prop_assert!(r.value.is_finite() && r.log_se.is_finite() && finite(r.interval), "{:?} {:?}", tables, r);
        }
        if let Some(chi2) = s.association {
            prop_assert!(chi2.statistic.is_finite() && (0.0..=1.0).contains(&chi2.p), "{:?} {:?}", tables, chi2);
        }
        if let Some(h) = s.homogeneity {
            prop_assert!(h.tarone.is_finite() && (0.0..=1.0).contains(&h.p), "{:?} {:?}", tables, h);
        }
    }

    #[test]
    fn means_of_many_or_few_stay_finite(n1 in 2_u64..=1_000_000_000, n0 in 2_u64..=1_000_000_000, x in -1_000_000_i64..=1_000_000) {
        let sums = |n: u64, x: i64| Sums {
            n,
            sum_micro: i128::from(n) * i128::from(x) / 2,
            sumsq_micro2: i128::from(n) * 1_000_000_000_000,
        };
        let (one, other) = (sums(n1, x).moments().expect("sums"), sums(n0, -x).moments().expect("sums"));
        let w = welch::test(&one, &other, Confidence::P95).expect("spread on both sides");
        prop_assert!(finite(w.interval) && w.df.is_finite() && (0.0..=1.0).contains(&w.p), "{:?}", w);
        let cs = asymp_cs::difference(&one, &other, 5_000.0, Confidence::P95).expect("spread on both sides");
        prop_assert!(finite(cs) && cs.low <= w.difference && w.difference <= cs.high);
    }

    #[test]
    fn quantiles_undo_the_distribution(a in shape(), b in shape(), p in 1e-6..0.999_999_f64) {
        let x = betaincinv(a, b, p);
        prop_assert!((0.0..=1.0).contains(&x));
        // The next numbers enclose p: at small shapes all the probability can lie between two of them.
        let (below, above) = (betainc(a, b, x.next_down().max(0.0)), betainc(a, b, x.next_up().min(1.0)));
        prop_assert!(below - 1e-9 <= p && p <= above + 1e-9, "{} {} {}: {} is from {} to {}", a, b, p, x, below, above);
    }

    #[test]
    fn the_distribution_never_falls(a in shape(), b in shape(), x in 0.0..=1.0_f64, y in 0.0..=1.0_f64) {
        let (low, high) = (betainc(a, b, x.min(y)), betainc(a, b, x.max(y)));
        prop_assert!(0.0 <= low && low <= high + 1e-12 && high <= 1.0, "{} {} {} {}", a, b, low, high);
        let mirrored = 1.0 - betainc(b, a, 1.0 - x);
        // 1 − x is rounded, which is much where the density is high.
        prop_assert!((betainc(a, b, x) - mirrored).abs() < 1e-6, "{} {} {}", a, b, x);
    }

    #[test]
    fn counts_against_a_rate_give_a_probability_that_falls(k in count(), mean in 0.0..1e9_f64) {
        let p = poisson_midp::upper(k, mean);
        prop_assert!((0.0..=1.0).contains(&p), "{} {} {}", k, mean, p);
        prop_assert!(poisson_midp::upper(k + 1, mean) <= p + 1e-12);
    }

    #[test]
    fn allocation_as_planned_is_never_held_against_it(n in count(), share in 0.01..0.99_f64) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most a billion")]
        let first = (n as f64 * share).round() as u64;
        let ln = srm::ln_bayes_factor(&[first, n - first], &[share, 1.0 - share], 10_000.0).expect("two arms");
        prop_assert!(ln.is_finite() && ln < 0.1, "{}", ln);
    }

    #[test]
    fn q_values_keep_the_order_of_p_and_are_no_smaller(p in prop::collection::vec(0.0..=1.0_f64, 0..50)) {
        let q = fdr::bh(&p);
        for i in 0..p.len() {
            prop_assert!(p[i] <= q[i] + 1e-15 && q[i] <= 1.0);
            for j in 0..p.len() {
                prop_assert!(p[i] > p[j] || q[i] <= q[j]);
            }
        }
    }

    #[test]
    fn a_larger_e_value_is_never_dropped_for_a_smaller(e in prop::collection::vec(0.0..500.0_f64, 0..40), alpha in 0.01..0.5_f64) {
        let kept = fdr::ebh(&e, alpha);
        let least = kept.iter().map(|i| e[*i]).fold(f64::INFINITY, f64::min);
        prop_assert!((0..e.len()).all(|i| kept.contains(&i) || e[i] <= least));
        prop_assert!(kept.iter().all(|i| e[*i] * alpha * kept.len() as f64 >= e.len() as f64 * (1.0 - 1e-9)));
    }

    #[test]
    fn beta_binomial_probabilities_are_probabilities(share in share(), a in shape(), b in shape()) {
        let ln = Beta { a, b }.ln_pmf(share);
        prop_assert!(ln.is_finite() && ln <= 1e-9, "{:?} {} {} {}", share, a, b, ln);
    }

    #[test]
    fn a_forecast_of_few_or_of_a_billion_is_in_order(
        early in share(),
        a in 0.1..1e4_f64,
        b in 0.1..1e4_f64,
        discount in 0.0..=1.0_f64,
        future in prop_oneof![1_u64..500, 2_000_001_u64..=1_000_000_000],
    ) {
        let f = forecast(Beta { a, b }, early, discount, future, &[0.05, 0.5, 0.95], 0.35).expect("future items");
        prop_assert!(f.quantiles.is_sorted() && f.quantiles.iter().all(|q| (0.0..=1.0).contains(q)), "{:?}", f);
        prop_assert!((0.0..=1.0).contains(&f.above) && (0.0..=1.0).contains(&f.mean), "{:?}", f);
    }
}
