//! What merges, merges in any order and any grouping.

use proptest::prelude::*;

use crate::analysis::stats::decay::Decayed;
use crate::analysis::stats::minhash::MinHash;
use crate::analysis::stats::moments::{Moments, Sums};

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
}

fn sums(scores: &[i64]) -> Sums {
    scores.iter().fold(Sums::default(), |all, x| all.with(*x))
}

fn same(a: &Moments, b: &Moments) -> bool {
    a.n == b.n && close(a.mean, b.mean) && close(a.m2, b.m2)
}

fn scores() -> impl Strategy<Value = Vec<i64>> {
    prop::collection::vec(-1_000_000_i64..=1_000_000, 0..40)
}

fn items() -> impl Strategy<Value = Vec<(f64, bool)>> {
    prop::collection::vec((0.0..500.0_f64, any::<bool>()), 0..30)
}

fn faded(items: &[(f64, bool)]) -> Decayed {
    items.iter().fold(Decayed::default(), |all, (t, x)| all.with(*t, f64::from(u8::from(*x)), 24.0))
}

fn alike(a: &Decayed, b: &Decayed) -> bool {
    (a.at - b.at).abs() < 1e-12 || a.at == b.at && close(a.num, b.num) && close(a.den, b.den)
}

fn sketch(members: &[u64]) -> MinHash {
    let mut sketch = MinHash::default();
    for m in members {
        sketch.insert(*m);
    }
    sketch
}

proptest! {
    #[test]
    fn sums_add_up_exactly_however_they_are_split(x in scores(), y in scores(), z in scores()) {
        let (a, b, c) = (sums(&x), sums(&y), sums(&z));
        let whole = sums(&[x, y, z].concat());
        prop_assert_eq!(a.merge(b).merge(c), whole);
        prop_assert_eq!(a.merge(b.merge(c)), whole);
        prop_assert_eq!(c.merge(a).merge(b), whole);
        prop_assert_eq!(whole.merge(Sums::default()), whole);
    }

    #[test]
    fn moments_merge_as_their_sums_do(x in scores(), y in scores(), z in scores()) {
        let [a, b, c] = [&x, &y, &z].map(|s| sums(s).moments().expect("sums of numbers"));
        let whole = sums(&[x, y, z].concat()).moments().expect("sums of numbers");
        prop_assert!(same(&a.merge(b).merge(c), &whole));
        prop_assert!(same(&a.merge(b.merge(c)), &whole));
        prop_assert!(same(&c.merge(b).merge(a), &whole));
        prop_assert!(same(&whole.merge(Moments::default()), &whole));
    }

    #[test]
    fn a_fading_share_is_the_same_in_any_order(x in items(), y in items()) {
        let forth = faded(&[x.clone(), y.clone()].concat());
        let back: Vec<_> = x.iter().chain(&y).rev().copied().collect();
        prop_assert!(alike(&forth, &faded(&back)));
        prop_assert!(alike(&forth, &faded(&x).merge(faded(&y), 24.0)));
        prop_assert!(alike(&forth, &faded(&y).merge(faded(&x), 24.0)));
        if let Some(share) = forth.share() {
            prop_assert!((0.0..=1.0).contains(&share));
        }
    }

    #[test]
    fn sketches_merge_in_any_order_any_number_of_times(
        x in prop::collection::vec(any::<u64>(), 0..50),
        y in prop::collection::vec(any::<u64>(), 0..50),
    ) {
        let (a, b) = (sketch(&x), sketch(&y));
        let both = sketch(&[x, y].concat());
        prop_assert_eq!(a.merge(&b), both.clone());
        prop_assert_eq!(b.merge(&a), both.clone());
        prop_assert_eq!(both.merge(&a).merge(&b), both.clone());
        prop_assert_eq!(both.merge(&MinHash::default()), both);
    }
}

#[test]
fn a_sketch_tells_the_overlap_within_its_error() {
    let members = |range: std::ops::Range<u64>| sketch(&range.collect::<Vec<_>>());
    // 5 000 of 15 000 are in both: a third, ± 4 standard errors of 0.042.
    let told = members(0..10_000).jaccard(&members(5_000..15_000)).expect("members");
    assert!((told - 1.0 / 3.0).abs() < 0.167, "{told}");
    assert_eq!(members(0..100).jaccard(&members(0..100)), Some(1.0));
    assert_eq!(MinHash::default().jaccard(&MinHash::default()), None);
}
