//! Values at large counts, which the golden vectors do not reach. Computed with mpmath 1.3 at 40 digits: quadrature of the
//! densities, sums of log-gammas, and for Fisher's test the sum over all tables.
#![expect(
    clippy::unreadable_literal,
    clippy::excessive_precision,
    reason = "values as another implementation printed them"
)]

use crate::analysis::stats::betabin::Beta;
use crate::analysis::stats::fisher;
use crate::analysis::stats::share::Share;
use crate::analysis::stats::special::{betainc, betaincinv, gammq, t_ppf, t_sf};
use crate::analysis::stats::srm;
use crate::analysis::stats::table::Table;

/// Relative: small probabilities count as much as large ones.
fn near(got: f64, want: f64, within: f64) -> bool {
    (got - want).abs() <= within * want.abs()
}

#[test]
fn incomplete_beta_holds_at_shapes_of_a_billion() {
    for (a, b, x, want) in [
        (1e9 + 0.5, 1e9 + 0.5, 0.50001, 0.8144533152913797),
        (250000000.5, 750000000.5, 0.25002, 0.92793208212467561),
        (1e9, 3e9, 0.2499, 1.2629486023635119e-48),
        (0.5, 1e9, 2e-9, 0.95449973618462804),
        (5000.5, 1e9, 4.9e-6, 0.076966141134262271),
        (3000.5, 2999.5, 0.49, 0.059121028293669494),
    ] {
        let got = betainc(a, b, x);
        assert!(near(got, want, 3e-11), "I_{x}({a}, {b}): {got} not {want}");
        let back = betaincinv(a, b, want);
        assert!(near(back, x, 1e-12), "quantile of {want} of Beta({a}, {b}): {back} not {x}");
    }
    // 1 − x is known to eight digits only, so this is too.
    assert!(near(betainc(1e9, 0.5, 1.0 - 1e-9), 0.15729921286841772, 1e-7));
}

#[test]
fn incomplete_gamma_holds_at_shapes_of_a_billion() {
    for (a, x, want) in [
        (1e9, 999950000.0, 0.94307865828083944),
        (1e9, 1000100000.0, 7.8295616195832682e-4),
        (5000.0, 5100.0, 0.079328881077618977),
        (1e6, 995000.0, 0.99999972504196407),
    ] {
        let got = gammq(a, x);
        assert!(near(got, want, 1e-11), "Q({a}, {x}): {got} not {want}");
    }
}

#[test]
fn student_holds_at_a_billion_degrees_of_freedom() {
    for (t, df, want) in
        [(1.96, 1e9, 0.024997895286864798), (5.0, 1e9, 2.8665162019758142e-7), (-2.5, 1e6, 0.99379025524891838)]
    {
        let got = t_sf(t, df);
        assert!(near(got, want, 1e-12), "P(T > {t}), {df}: {got} not {want}");
        let back = -t_ppf(want, df);
        assert!(near(back, t, 1e-10), "quantile of {want}, {df}: {back} not {t}");
    }
    assert_eq!(t_sf(40.0, 1e8), 0.0, "3.7e-350 is no number");
}

#[test]
fn counts_of_a_billion_keep_their_digits() {
    for (k, n, a, b, want) in [
        (300000000, 1000000000, 2.5, 6.5, -19.833579266897439),
        (0, 1000000000, 5e8, 1e9, -296234806.49441125),
        (1, 2, 849862080.3735062, 55225378.57813468, -2.166419295644824),
    ] {
        let got = Beta { a, b }.ln_pmf(Share::new(k, n).expect("a share"));
        assert!(near(got, want, 1e-12), "ln P({k} of {n}), Beta({a}, {b}): {got} not {want}");
    }
    let ln_bf = srm::ln_bayes_factor(&[500000000, 500040000], &[0.5, 0.5], 10000.0).expect("two arms");
    assert!(near(ln_bf, -4.9565527285969845, 1e-11), "{ln_bf}");
    for (cells, want) in
        [([5150, 994850, 4850, 995150], 0.00272024696554865), ([400, 99600, 520, 149480], 0.0336278919974992)]
    {
        let got = fisher::p_two_sided(&Table::new(cells));
        assert!(near(got, want, 1e-10), "{cells:?}: {got} not {want}");
    }
}
