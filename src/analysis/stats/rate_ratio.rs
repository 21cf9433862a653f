//! An interval for a rate ratio that holds at every moment at once: the two-sided mixture of the label process,
//! inverted. It covers the true ratio for all time with the probability `1 - alpha` (Howard et al. 2021).

use super::label::Labels;
use super::mixture::{STEP, STEPS};
use super::special::logsumexp;

/// Logarithms of ratios beyond this are taken as without end.
const LN_RATIO_MAX: f64 = 15.0;

/// How much more often exposed people send something than the others.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct RateRatio {
    /// The most likely ratio; `None` where no event, or every event, is from exposed people.
    pub ratio: Option<f64>,
    /// The lower end of the interval, 0 where there is none.
    pub low: f64,
    /// The upper end; `None` where there is none.
    pub high: Option<f64>,
}

/// The ratio and its interval for the miscoverage `alpha`, from the events of all epochs and strata.
pub fn interval(cells: &[Labels], alpha: f64) -> RateRatio {
    let strata = by_share(cells);
    let score = |ln_ratio: f64| -> f64 {
        strata.iter().map(|c| c.exposed as f64 - c.events as f64 * tilted(c.share, ln_ratio)).sum()
    };
    let (events, exposed) = strata.iter().fold((0, 0), |(n, a), c| (n + c.events, a + c.exposed));
    let ln_best = match exposed {
        0 => -LN_RATIO_MAX,
        all if all == events => LN_RATIO_MAX,
        _ => bisect(-LN_RATIO_MAX, LN_RATIO_MAX, |at| score(at) > 0.0),
    };
    let bound = -alpha.ln();
    let inside = |ln_ratio: f64| ln_against(&strata, ln_ratio) < bound;
    let low = if inside(-LN_RATIO_MAX) { 0.0 } else { bisect(ln_best, -LN_RATIO_MAX, inside).exp() };
    let high = (!inside(LN_RATIO_MAX)).then(|| bisect(ln_best, LN_RATIO_MAX, inside).exp());
    RateRatio { ratio: (exposed > 0 && exposed < events).then(|| ln_best.exp()), low, high }
}

/// Cells of one share added up: the likelihood needs no more. Those without anything to compare with are left out.
fn by_share(cells: &[Labels]) -> Vec<Labels> {
    let mut strata: Vec<Labels> = Vec::new();
    for cell in cells.iter().filter(|c| c.share > 0.0 && c.share < 1.0) {
        match strata.iter_mut().find(|s| s.share.to_bits() == cell.share.to_bits()) {
            Some(same) => {
                same.events += cell.events;
                same.exposed += cell.exposed;
            }
            None => strata.push(*cell),
        }
    }
    strata
}

/// The probability that an event is from an exposed person at this rate ratio.
fn tilted(share: f64, ln_ratio: f64) -> f64 {
    let ratio = ln_ratio.exp();
    ratio * share / (1.0 - share + ratio * share)
}

/// The logarithm of the evidence against this rate ratio.
fn ln_against(strata: &[Labels], ln_ratio: f64) -> f64 {
    let shares: Vec<f64> = strata.iter().map(|c| tilted(c.share, ln_ratio)).collect();
    let against = |step: f64| -> f64 {
        let growth = step.exp_m1();
        let of = |(c, q): (&Labels, &f64)| c.exposed as f64 * step - c.events as f64 * (q * growth).ln_1p();
        strata.iter().zip(&shares).map(of).sum()
    };
    let both_ways = STEPS.map(|m| m as f64 * STEP).into_iter().flat_map(|l| [l, -l]);
    let terms: Vec<f64> = both_ways.map(against).collect();
    logsumexp(terms.iter().copied()) - (terms.len() as f64).ln()
}

/// The point between `holds` and `fails` where a condition stops to hold, as near as floats tell.
fn bisect(mut holds: f64, mut fails: f64, condition: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..200 {
        let middle = 0.5 * (holds + fails);
        if middle.to_bits() == holds.to_bits() || middle.to_bits() == fails.to_bits() {
            break;
        }
        if condition(middle) { holds = middle } else { fails = middle }
    }
    0.5 * (holds + fails)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn near(got: Option<f64>, want: Option<f64>) -> bool {
        match (got, want) {
            (Some(got), Some(want)) => (got - want).abs() <= 1e-9 * want.abs().max(1.0),
            (got, want) => got == want,
        }
    }

    #[test]
    #[expect(clippy::unreadable_literal, reason = "values as another implementation printed them")]
    fn intervals_match_independent_values() {
        // scipy's brentq.
        type Case<'a> = (&'a [(u64, u64, f64)], Option<f64>, f64, Option<f64>);
        let cases: [Case<'_>; 4] = [
            (
                &[(40, 2, 0.05), (35, 12, 0.25), (50, 31, 0.5)],
                Some(1.5273309272409947),
                0.7757998423195593,
                Some(2.955511306091233),
            ),
            (&[(20, 0, 0.05)], None, 0.0, Some(5.906674032738361)),
            (&[(10, 10, 0.25)], None, 4.0216513696299945, None),
            (
                &[(400, 110, 0.25), (500, 300, 0.5)],
                Some(1.3411158085024024),
                1.063935385326817,
                Some(1.6881196166485655),
            ),
        ];
        for (cells, ratio, low, high) in cases {
            let cells: Vec<Labels> =
                cells.iter().map(|&(events, exposed, share)| Labels { events, exposed, share }).collect();
            let got = interval(&cells, 0.05);
            let fits = near(got.ratio, ratio) && near(Some(got.low), Some(low)) && near(got.high, high);
            assert!(fits, "{cells:?}: {got:?}");
        }
    }

    #[test]
    fn nothing_known_is_any_ratio() {
        let nothing = RateRatio { ratio: None, low: 0.0, high: None };
        assert_eq!(interval(&[], 0.05), nothing);
        assert_eq!(interval(&[Labels { events: 9, exposed: 9, share: 1.0 }], 0.05), nothing);
    }

    proptest! {
        #[test]
        fn the_ratio_lies_inside_of_its_interval(
            cells in prop::collection::vec((0_u64..100_000_000, 0_u64..100_000_000, 0.01..0.99_f64), 1..6)
        ) {
            let cells: Vec<Labels> =
                cells.iter().map(|&(a, b, share)| Labels { events: a + b, exposed: a, share }).collect();
            let got = interval(&cells, 0.05);
            prop_assert!(got.low.is_finite() && got.high.is_none_or(f64::is_finite));
            if let Some(ratio) = got.ratio {
                prop_assert!(got.low <= ratio && got.high.is_none_or(|high| ratio <= high), "{:?}", got);
            }
        }
    }
}
