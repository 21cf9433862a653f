//! Fisher's exact test of a 2×2 table, two-sided: the probability of all tables with the same margins that are no more
//! likely than this one.
//!
//! Sums outward from the observed table and from its mirror beyond the mode until nothing is added: the number of terms
//! grows with the square root of the margins, not with the margins.

use super::special::{deviance, ln_binomial_at_mean};
use super::table::Table;

/// How much more likely than the observed one a table may be and still count as no more likely: rounding.
const SAME: f64 = 1e-7;

/// Two-sided p, 0 to 1; 1 where a margin is empty. Too small for a number is 0.
pub fn p_two_sided(table: &Table) -> f64 {
    let margins = Margins::of(table);
    let observed = margins.ln_pmf(table.a);
    let mode = margins.mode();
    if margins.ln_pmf(mode) <= observed + SAME {
        return 1.0;
    }
    let as_rare = |x: u64| margins.ln_pmf(x) <= observed + SAME;
    let (low, high) = if table.a < mode {
        (Some(table.a), first(mode, margins.max(), as_rare))
    } else {
        // Mirrored: the distance below the mode at which the tables are as rare.
        (first(0, mode - margins.min(), |by| as_rare(mode - by)).map(|by| mode - by), Some(table.a))
    };
    let down = low.map_or(0.0, |x| margins.sum(x, Towards::Min));
    let up = high.map_or(0.0, |x| margins.sum(x, Towards::Max));
    (down + up).min(1.0)
}

/// The first of an ascending range at which a claim holds that stays true once it is.
fn first(from: u64, to: u64, holds: impl Fn(u64) -> bool) -> Option<u64> {
    if !holds(to) {
        return None;
    }
    let (mut no, mut yes) = (from, to);
    while no < yes {
        let middle = no + (yes - no) / 2;
        if holds(middle) {
            yes = middle;
        } else {
            no = middle + 1;
        }
    }
    Some(yes)
}

#[derive(Clone, Copy)]
enum Towards {
    Min,
    Max,
}

/// What stays the same: people with the event, people without, and the negative ones among all.
struct Margins {
    with: u64,
    without: u64,
    negative: u64,
}

impl Margins {
    fn of(t: &Table) -> Self {
        Self { with: t.a + t.b, without: t.c + t.d, negative: t.a + t.c }
    }

    fn min(&self) -> u64 {
        self.negative.saturating_sub(self.without)
    }

    fn max(&self) -> u64 {
        self.negative.min(self.with)
    }

    fn mode(&self) -> u64 {
        let all = u128::from(self.with) + u128::from(self.without) + 2;
        let at = (u128::from(self.with) + 1) * (u128::from(self.negative) + 1) / all;
        u64::try_from(at).unwrap_or(u64::MAX).clamp(self.min(), self.max())
    }

    /// `ln P(x)`, as three binomial probabilities (Loader), x from min to max.
    fn ln_pmf(&self, x: u64) -> f64 {
        let all = self.with + self.without;
        if all == 0 {
            return 0.0;
        }
        let n = all as f64;
        let p = self.negative as f64 / n;
        let q = (all - self.negative) as f64 / n;
        // x − with · negative / all; the other three cells differ from their expectations by as much.
        let by = (signed(x) * signed(all) - signed(self.with) * signed(self.negative)) as f64 / n;
        let (with, without) = (self.with as f64, self.without as f64);
        let x1 = x as f64;
        let x0 = (self.negative - x) as f64;
        ln_binomial_at_mean(x1, with) - deviance(x1, with * p, by) - deviance(with - x1, with * q, -by)
            + ln_binomial_at_mean(x0, without)
            - deviance(x0, without * p, -by)
            - deviance(without - x0, without * q, by)
            - ln_binomial_at_mean(self.negative as f64, n)
    }

    /// Σ P from x outward.
    fn sum(&self, x: u64, towards: Towards) -> f64 {
        let mut term = self.ln_pmf(x).exp();
        let mut sum = term;
        let (with, without, negative) = (self.with as f64, self.without as f64, self.negative as f64);
        let mut at = x;
        while term > sum * 1e-17 {
            let k = at as f64;
            match towards {
                Towards::Min if at > self.min() => {
                    term *= k * (without - negative + k) / ((with - k + 1.0) * (negative - k + 1.0));
                    at -= 1;
                }
                Towards::Max if at < self.max() => {
                    term *= (with - k) * (negative - k) / ((k + 1.0) * (without - negative + k + 1.0));
                    at += 1;
                }
                Towards::Min | Towards::Max => break,
            }
            sum += term;
        }
        sum
    }
}

fn signed(n: u64) -> i128 {
    i128::from(n)
}
