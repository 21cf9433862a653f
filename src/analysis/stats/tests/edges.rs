//! What happens where there is little or nothing to say.

use crate::analysis::stats::ccf::{ccf, prewhitened};
use crate::analysis::stats::cuped::{self, PairSums};
use crate::analysis::stats::forecast::{CAP_DEFAULT, Prior, discount, forecast};
use crate::analysis::stats::km::{Curve, KmError};
use crate::analysis::stats::logit::{Cells, LogitError};
use crate::analysis::stats::moments::{Moments, Sums};
use crate::analysis::stats::poststrat::{self, PoststratError, Stratum};
use crate::analysis::stats::priority::{self, Problem};
use crate::analysis::stats::rake::{self, RakeError};
use crate::analysis::stats::share::{Confidence, Interval, Share};
use crate::analysis::stats::srm::{self, SrmError};
use crate::analysis::stats::table::Table;
use crate::analysis::stats::{
    autoregression, betabin_cs, circular_shift, cosine, detectable, fisher, jeffreys, kleinberg, mantel_haenszel,
    net_sentiment, newcombe, nonresponse, overlap, poisson_midp, ratio_of_means, welch, wilson,
};

const C: Confidence = Confidence::P95;

fn share(part: u64, whole: u64) -> Share {
    Share::new(part, whole).expect("a part of a whole")
}

#[test]
fn nothing_counted_leaves_a_share_open() {
    let all = Interval { low: 0.0, high: 1.0 };
    assert_eq!([wilson::of, jeffreys::of, betabin_cs::of].map(|of| of(share(0, 0), C)), [all; 3]);
    assert_eq!(Share::new(2, 1), None);
    assert_eq!(newcombe::difference(share(0, 0), share(1, 2), C), None);
    assert_eq!(net_sentiment::of(0, 0, 0, C), None);
    assert_eq!(net_sentiment::of(3, 3, 5, C), None, "more voices than items");
    assert_eq!(nonresponse::shares(share(0, 0), 10, &nonresponse::TILTS), None);
}

#[test]
fn one_item_has_no_spread() {
    let one = Sums::default().with(500_000).moments().expect("a sum");
    assert_eq!((one.n, one.mean, one.m2), (1, 0.5, 0.0));
    assert_eq!(welch::test(&one, &Moments { n: 9, mean: 0.0, m2: 1.0 }, C), None);
    let flat = Moments { n: 9, mean: 0.1, m2: 0.0 };
    assert_eq!(welch::test(&flat, &flat, C), None, "no spread at all");
    assert_eq!(ratio_of_means::compare(&flat, &Moments { n: 9, mean: 0.0, m2: 1.0 }, C), None, "a mean of 0");
    assert_eq!(Sums { n: 2, sum_micro: 3, sumsq_micro2: -1 }.moments(), None);
    let same = PairSums { n: 3, x: 3.0, y: 6.0, xx: 3.0, yy: 14.0, xy: 6.0 };
    let done = cuped::difference(&same, &same, C).expect("two people each");
    assert_eq!((done.theta, done.difference), (0.0, 0.0), "what never varies explains nothing");
}

#[test]
fn empty_sides_of_a_table_say_nothing() {
    assert_eq!(fisher::p_two_sided(&Table::default()), 1.0);
    assert_eq!(fisher::p_two_sided(&Table::new([0, 0, 5, 7])), 1.0);
    let none = mantel_haenszel::compare(&[Table::new([1, 2, 0, 0]), Table::default()], C);
    assert_eq!((none.strata, none.odds_ratio, none.risk_ratio), (0, None, None));
    assert_eq!((none.association, none.homogeneity), (None, None));
    let lone = mantel_haenszel::compare(&[Table::new([31, 381, 95, 3825]), Table::new([1, 2, 0, 0])], C);
    assert_eq!((lone.strata, lone.homogeneity), (1, None), "one stratum can't differ from itself");
}

#[test]
fn a_stratum_without_anybody_on_one_side_takes_no_degree_of_freedom() {
    let two = [Table::new([31, 381, 95, 3825]), Table::new([12, 80, 60, 2100])];
    let with = mantel_haenszel::compare(&[two[0], Table::new([5, 4, 0, 0]), two[1]], C);
    assert_eq!(with, mantel_haenszel::compare(&two, C));
    assert_eq!(with.homogeneity.expect("two strata").df, 1);
}

#[test]
fn separated_outcomes_get_a_ridge_and_say_so() {
    let rows = vec![vec![1.0, 0.0], vec![1.0, 1.0]];
    let cells = Cells::new(rows.clone(), &[0, 20], &[20, 20]).expect("cells");
    assert_eq!(cells.fit_with(0.0), Err(LogitError::Separated));
    let fit = cells.fit().expect("a ridge");
    assert!(fit.ridge > 0.0 && fit.beta.iter().chain(&fit.se).all(|v| v.is_finite()), "{fit:?}");
    let twice: Vec<Vec<f64>> = vec![vec![1.0, 1.0], vec![1.0, 1.0]];
    assert_eq!(Cells::new(twice, &[3, 4], &[9, 9]).expect("cells").fit(), Err(LogitError::Singular));
    assert_eq!(Cells::new(rows.clone(), &[3], &[9, 9]), Err(LogitError::Shape));
    assert_eq!(Cells::new(rows, &[10, 4], &[9, 9]), Err(LogitError::Counts));
}

#[test]
fn classes_that_are_too_small_are_named() {
    let stratum = |population, responders| Stratum { population, responders, sum: 1.0, sum_squares: 1.0 };
    assert_eq!(poststrat::mean(&[], C), Err(PoststratError::Empty));
    assert_eq!(poststrat::mean(&[stratum(9, 5), stratum(9, 1)], C), Err(PoststratError::TooFew(1)));
    assert_eq!(poststrat::mean(&[stratum(9, 10)], C), Err(PoststratError::TooMany(0)));
    let ones = vec![vec![1.0, 1.0], vec![0.0, 0.0]];
    assert_eq!(rake::rake(&ones, &[5.0, 5.0], &[4.0, 6.0]), Err(RakeError::EmptyRow(1)));
    assert_eq!(rake::rake(&ones, &[5.0], &[4.0, 6.0]), Err(RakeError::Shape));
    assert_eq!(rake::rake(&ones, &[5.0, 5.0], &[4.0, 5.0]), Err(RakeError::Margins));
    let apart = vec![vec![1.0, 0.0], vec![0.0, 1.0]];
    let raked = rake::rake(&apart, &[6.0, 4.0], &[4.0, 6.0]).expect("answers everywhere");
    assert!(!raked.fits, "no weights can bring these to both margins");
}

#[test]
fn series_that_never_change_have_no_correlation() {
    let (flat, wave) = ([1.0; 20], std::array::from_fn::<f64, 20, _>(|t| (t as f64).sin()));
    assert_eq!(autoregression::levinson(&flat, 2), None);
    assert_eq!(autoregression::levinson(&wave, 20), None, "not longer than the order");
    assert_eq!(ccf(&flat, &wave, 3), None);
    assert_eq!(prewhitened(&wave, &flat, 1, 3), None);
    assert_eq!(ccf(&[], &[], 3), None);
    assert_eq!(ccf(&wave, &wave, 30).expect("a wave").len(), 61, "lags beyond the series are 0");
    assert_eq!(circular_shift::test(&[], &[], &[], 0), None);
    assert_eq!(circular_shift::test(&[true], &[2], &[1], 0), None);
    let quiet = circular_shift::test(&[false, false], &[1, 0], &[1, 1], 23).expect("two hours");
    assert_eq!((quiet.excess, quiet.p), (0.0, 1.0), "no bad hour");
}

#[test]
fn the_leading_series_is_told_by_its_lag() {
    let noise = |seed: u64, t: u64| {
        let mixed = (seed + t).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        ((mixed ^ (mixed >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    };
    let x: Vec<f64> = (0..336).map(|t| noise(1, t)).collect();
    let y: Vec<f64> = (0..336_u64).map(|t| noise(9_999, t) + if t < 3 { 0.0 } else { noise(1, t - 3) }).collect();
    assert_eq!(prewhitened(&x, &y, 2, 6).expect("series").lag(), Some(3));
    assert_eq!(prewhitened(&y, &x, 2, 6).expect("series").lag(), Some(-3));
    let apart: Vec<f64> = (0..336).map(|t| noise(77_777, t)).collect();
    assert_eq!(prewhitened(&x, &apart, 2, 6).expect("series").lag(), None);
}

#[test]
fn a_quantile_that_is_not_reached_is_none() {
    let curve = Curve::of(&[1.0, 2.0], &[1, 0], &[5, 5]).expect("buckets");
    assert_eq!(curve.quantile(0.5), None);
    assert_eq!(Curve::of(&[], &[], &[]).expect("no buckets").quantile(0.5), None);
    assert_eq!(Curve::of(&[2.0, 1.0], &[1, 0], &[5, 5]), Err(KmError::Edges));
    assert_eq!(Curve::of(&[1.0], &[1, 0], &[5, 5]), Err(KmError::Shape));
}

#[test]
fn allocations_that_are_no_plan_are_refused() {
    assert_eq!(srm::ln_bayes_factor(&[1], &[1.0], 1e4), Err(SrmError::Arms));
    assert_eq!(srm::ln_bayes_factor(&[1, 2], &[0.5, 0.6], 1e4), Err(SrmError::Shares));
    assert_eq!(srm::ln_bayes_factor(&[1, 2], &[0.5, 0.5], 0.0), Err(SrmError::Concentration));
    assert_eq!(srm::ln_bayes_factor(&[5, 1], &[1.0, 0.0], 1e4), Ok(f64::INFINITY), "somebody where nobody should be");
    assert_eq!(srm::chi2_p(&[0, 0], &[0.5, 0.5]), Ok(1.0));
}

#[test]
fn few_past_rollouts_leave_the_default_prior() {
    assert_eq!(Prior::of_past(&[share(1, 4), share(2, 5)]), Prior::DEFAULT);
    assert_eq!(Prior::of_past(&[share(0, 4), share(0, 5), share(0, 6)]), Prior::DEFAULT, "all alike");
    let past = Prior::of_past(&[share(50, 400), share(90, 380), share(140, 400), share(60, 410)]);
    assert!(past.from_past && past.beta.a > 0.0, "{past:?}");
    assert!((0..=1_000_000_000).step_by(9_999_999).all(|n| discount(n, CAP_DEFAULT) * n as f64 <= CAP_DEFAULT));
    assert_eq!(forecast(Prior::DEFAULT.beta, share(0, 0), 1.0, 0, &[0.5], 0.35), None, "no future");
}

#[test]
fn counts_so_fine_that_they_are_smooth_join_the_exact_ones() {
    let beta = Prior::DEFAULT.beta;
    let at = |future| forecast(beta, share(30, 100), 0.2, future, &[0.05, 0.5, 0.95], 0.35).expect("future items");
    let (exact, smooth) = (at(2_000_000), at(2_000_001));
    for (e, s) in exact.quantiles.iter().zip(&smooth.quantiles) {
        assert!((e - s).abs() < 1e-6, "{e} {s}");
    }
    assert!((exact.above - smooth.above).abs() < 5e-6, "{exact:?} {smooth:?}");
}

#[test]
fn sets_that_cannot_be_are_refused() {
    assert_eq!(overlap::of(3, 4, 5, 100), None);
    assert_eq!(overlap::of(60, 60, 10, 100), None);
    let none = overlap::of(0, 0, 0, 10).expect("empty sets");
    assert_eq!((none.jaccard, none.lift, none.phi), (None, None, None));
    assert!(overlap::of(120, 80, 30, 4_000).expect("sets").p() < 1e-9);
    assert_eq!(cosine::of_sums(&[0.0, 0.0], &[1.0, 0.0]), None);
    assert_eq!(cosine::of_sums(&[1.0], &[1.0, 0.0]), None);
    assert_eq!(cosine::of_sums(&[1e300, 0.0], &[1e-300, 0.0]), Some(1.0));
}

#[test]
fn what_nobody_has_is_not_pressing() {
    let problem = Problem {
        affected: share(0, 0),
        audience: 0,
        severity: 1.0,
        negativity: 1.0,
        paid: 1.0,
        ln_e: f64::NEG_INFINITY,
    };
    assert_eq!(priority::of(&problem).score, 0.0);
    let whole = Problem { affected: share(9, 9), audience: 9, ln_e: 1e9, ..problem };
    let most = priority::of(&whole).score;
    assert!(most > 80.0 && most <= 100.0, "{most}");
    // Five loud users do not outrank a measured problem.
    let loud = Problem { affected: share(5, 5), audience: 80_000, ln_e: 0.5, ..problem };
    let measured = Problem { affected: share(9_000, 10_000), ln_e: 9.0, ..loud };
    assert!(priority::of(&loud).score < priority::of(&measured).score);
}

#[test]
fn bursts_need_something_to_burst() {
    assert!(kleinberg::bursts(&[], 2.0, 1.0).is_empty());
    assert_eq!(kleinberg::bursts(&[share(0, 5), share(0, 0)], 2.0, 1.0), [false, false]);
    assert_eq!(poisson_midp::upper(0, 0.0), 0.5);
    assert_eq!(poisson_midp::upper(1, 0.0), 0.0);
    assert_eq!(poisson_midp::upper(1, f64::INFINITY), 1.0);
}

#[test]
fn more_items_show_smaller_rises() {
    let rise = |n0, n| detectable::smallest_rise(share(n0 / 4, n0), n, 0.8, C);
    let many = rise(2_000, 2_000).expect("enough");
    // Fleiss' formula by hand: about four points.
    assert!((many - 0.039).abs() < 0.002, "{many}");
    assert!(rise(2_000, 200).expect("enough") > many && rise(200_000, 2_000).expect("enough") < many);
    assert_eq!(rise(4, 1), None, "nothing would be seen");
    assert_eq!(detectable::smallest_rise(share(0, 0), 10, 0.8, C), None);
    assert_eq!(detectable::answers_needed(0.5, 0.05, C), Some(385));
    assert_eq!(detectable::answers_needed(0.5, 0.0, C), None);
}
