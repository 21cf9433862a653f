//! Strata compared like with like: one ratio over all strata, whether there is one at all, and whether it is the same in
//! each.
//!
//! Mantel and Haenszel (1959); variances by Greenland and Robins (1985, risk ratio) and Robins, Breslow and Greenland
//! (1986, odds ratio); homogeneity by Breslow and Day (1980) with Tarone's correction (1985).

use super::share::{Confidence, Interval};
use super::special::chi2_sf;
use super::table::Table;

/// A ratio over all strata; 1 is no difference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio {
    /// The ratio.
    pub value: f64,
    /// Its interval, symmetric on the log scale.
    pub interval: Interval,
    /// Standard error of its logarithm.
    pub log_se: f64,
}

/// A chi-squared statistic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chi2 {
    /// The statistic.
    pub statistic: f64,
    /// p by the chi-squared distribution.
    pub p: f64,
}

/// Whether the odds ratio differs between strata.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Homogeneity {
    /// Breslow and Day's statistic.
    pub breslow_day: f64,
    /// The same with Tarone's correction, which `p` is made from.
    pub tarone: f64,
    /// Strata that tell something, less one.
    pub df: u64,
    /// Below 0.05: the ratio differs between strata, and they should be listed.
    pub p: f64,
}

/// What all strata say together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stratified {
    /// Strata with people on both sides.
    pub strata: u64,
    /// None where no stratum has both a·d and b·c: the ratio would be 0, infinite or anything.
    pub odds_ratio: Option<Ratio>,
    /// None where one side has no negative at all.
    pub risk_ratio: Option<Ratio>,
    /// Whether event and negativity go together at all (Cochran, Mantel and Haenszel, without continuity correction).
    /// None where no stratum could have told.
    pub association: Option<Chi2>,
    /// None for fewer than two strata that tell something.
    pub homogeneity: Option<Homogeneity>,
}

/// A stratum as floating numbers, with its margins.
struct Row {
    a: f64,
    b: f64,
    c: f64,
    d: f64,
    with: f64,
    without: f64,
    negative: f64,
    n: f64,
    /// a d − b c, exact.
    cross: f64,
}

impl Row {
    fn of(t: &Table) -> Self {
        let [a, b, c, d] = [t.a, t.b, t.c, t.d].map(|cell| cell as f64);
        let cross = i128::from(t.a) * i128::from(t.d) - i128::from(t.b) * i128::from(t.c);
        Self { a, b, c, d, with: a + b, without: c + d, negative: a + c, n: a + b + c + d, cross: cross as f64 }
    }
}

/// Strata with nobody on one side say nothing and are left out.
pub fn compare(tables: &[Table], confidence: Confidence) -> Stratified {
    let rows: Vec<Row> = tables.iter().map(Row::of).filter(|r| r.with > 0.0 && r.without > 0.0).collect();
    let z = confidence.z();
    let odds = odds_ratio(&rows, z);
    Stratified {
        strata: rows.len() as u64,
        odds_ratio: odds,
        risk_ratio: risk_ratio(&rows, z),
        association: association(&rows),
        homogeneity: odds.and_then(|ratio| homogeneity(&rows, ratio.value)),
    }
}

fn ratio(value: f64, log_se: f64, z: f64) -> Ratio {
    Ratio { value, interval: Interval::around_log(value, z * log_se), log_se }
}

fn odds_ratio(rows: &[Row], z: f64) -> Option<Ratio> {
    let (mut r, mut s, mut pr, mut mixed, mut qs) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for row in rows {
        let (ri, si) = (row.a / row.n * row.d, row.b / row.n * row.c);
        let (p, q) = ((row.a + row.d) / row.n, (row.b + row.c) / row.n);
        r += ri;
        s += si;
        pr += p * ri;
        mixed += p * si + q * ri;
        qs += q * si;
    }
    let variance = pr / (2.0 * r * r) + mixed / (2.0 * r * s) + qs / (2.0 * s * s);
    (r > 0.0 && s > 0.0).then(|| ratio(r / s, variance.sqrt(), z))
}

fn risk_ratio(rows: &[Row], z: f64) -> Option<Ratio> {
    let (mut r1, mut r0, mut v) = (0.0, 0.0, 0.0);
    for row in rows {
        r1 += row.a / row.n * row.without;
        r0 += row.c / row.n * row.with;
        v += row.with / row.n * (row.without / row.n) * row.negative - row.a / row.n * row.c;
    }
    (r1 > 0.0 && r0 > 0.0).then(|| ratio(r1 / r0, (v.max(0.0) / (r1 * r0)).sqrt(), z))
}

fn association(rows: &[Row]) -> Option<Chi2> {
    let (mut excess, mut variance) = (0.0, 0.0);
    for row in rows {
        excess += row.cross / row.n;
        if row.n > 1.0 {
            let positive = row.n - row.negative;
            variance += row.with / row.n * (row.without / row.n) * row.negative * (positive / (row.n - 1.0));
        }
    }
    let statistic = excess * excess / variance;
    (variance > 0.0).then(|| Chi2 { statistic, p: chi2_sf(statistic, 1.0) })
}

fn homogeneity(rows: &[Row], odds_ratio: f64) -> Option<Homogeneity> {
    let (mut strata, mut breslow_day, mut excess, mut variance) = (0_u64, 0.0, 0.0, 0.0);
    for row in rows.iter().filter(|r| r.negative > 0.0 && r.negative < r.n) {
        // Each cell by itself, and the difference from the smallest: as differences from margins they would cancel.
        let cells = [
            (row.a, expected(row.with, row.negative, row.without - row.negative, odds_ratio), 1.0),
            (row.b, expected(row.with, row.n - row.negative, row.negative - row.with, 1.0 / odds_ratio), -1.0),
            (row.c, expected(row.without, row.negative, row.with - row.negative, 1.0 / odds_ratio), -1.0),
            (row.d, expected(row.without, row.n - row.negative, row.negative - row.without, odds_ratio), 1.0),
        ];
        let smallest = cells.iter().fold(cells[0], |least, cell| if cell.1 < least.1 { *cell } else { least });
        let by = smallest.2 * (smallest.0 - smallest.1);
        let v = 1.0 / cells.iter().map(|cell| 1.0 / cell.1.max(f64::MIN_POSITIVE)).sum::<f64>();
        strata += 1;
        breslow_day += by * by / v;
        excess += by;
        variance += v;
    }
    if strata < 2 || !(variance > 0.0 && breslow_day.is_finite()) {
        return None;
    }
    let df = strata - 1;
    let tarone = (breslow_day - excess * excess / variance).max(0.0);
    Some(Homogeneity { breslow_day, tarone, df, p: chi2_sf(tarone, df as f64) })
}

/// A cell under a common odds ratio with its stratum's margins: the root between the cell's bounds of a quadratic, in the
/// form that does not cancel. `rest` is the stratum less the cell's row and column.
fn expected(row: f64, column: f64, rest: f64, odds_ratio: f64) -> f64 {
    let q = 1.0 - odds_ratio;
    let b = rest + odds_ratio * (row + column);
    let c = -odds_ratio * row * column;
    let root = (b * b - 4.0 * q * c).max(0.0).sqrt();
    if b >= 0.0 { -2.0 * c / (b + root) } else { (root - b) / (2.0 * q) }
}
