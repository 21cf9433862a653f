use proptest::prelude::*;

use super::*;

/// Items, hits and baseline share.
type Cell = (u64, u64, f64);

/// The process over these epochs with the last one open, and what that one holds.
fn over(epochs: &[Vec<Cell>], spread: f64, sigma_day: f64) -> (Hex, Vec<Tally>) {
    let mut shares: Vec<f64> = epochs.iter().flatten().map(|c| c.2).collect();
    shares.sort_by(f64::total_cmp);
    shares.dedup();
    let at = |share: f64| shares.iter().position(|s| s.to_bits() == share.to_bits()).expect("a share of the list");
    let tallies = |epoch: &Vec<Cell>| -> Vec<Tally> {
        epoch.iter().map(|&(items, hits, share)| Tally { stratum: at(share), items, hits }).collect()
    };
    let mut process = Hex::new(&shares, spread, sigma_day, Restarts::default());
    let Some((open, closed)) = epochs.split_last() else { return (process, Vec::new()) };
    for epoch in closed {
        process.close(&tallies(epoch));
    }
    (process, tallies(open))
}

#[test]
#[expect(clippy::unreadable_literal, reason = "values as another implementation printed them")]
fn evidence_matches_independent_values() {
    // mpmath with 50 digits, each start, size and drift by itself.
    type Case<'a> = (&'a [&'a [Cell]], f64, f64, f64, &'a [f64]);
    let late: Vec<&[Cell]> =
        std::iter::repeat_n(&[(10, 2, 0.3)][..], 5).chain(std::iter::repeat_n(&[(10, 6, 0.3)][..], 3)).collect();
    let cases: [Case<'_>; 7] = [
        (&[&[(30, 9, 0.25)]], 0.2, 0.15, -0.2736646717039831, &[1.0]),
        (
            &[&[(30, 9, 0.25)], &[(28, 13, 0.25)], &[(35, 20, 0.25)]],
            0.2,
            0.15,
            2.988089877196172,
            &[0.6803001163594269, 0.2619902933796206, 0.05770959026095254],
        ),
        (
            &[&[(14, 4, 0.25), (6, 3, 0.45)], &[(0, 0, 0.25)], &[(20, 11, 0.25), (9, 7, 0.45)]],
            0.15,
            0.1,
            2.2451007509868495,
            &[0.5616887404530826, 0.2191556297734587, 0.2191556297734587],
        ),
        (&[&[(5, 5, 0.25)]], 0.3, 0.0, 3.1104776028406533, &[1.0]),
        (
            &[&[(400, 100, 0.25)], &[(420, 160, 0.25)]],
            0.12,
            0.2,
            0.24615789530979387,
            &[0.6641036780743994, 0.3358963219256006],
        ),
        (
            &late,
            1.0,
            0.15,
            2.234936774226378,
            &[
                0.03838849492596761,
                0.004683359834406053,
                0.008826528969370504,
                0.02150506058896836,
                0.08208529087368507,
                0.7728631204617264,
                0.059970872899989015,
                0.011677271445886959,
            ],
        ),
        (
            &[&[(71000, 18000, 0.25)], &[(70000, 21000, 0.25)]],
            0.12,
            0.2,
            -0.4501616450757852,
            &[0.8405298457234098, 0.15947015427659017],
        ),
    ];
    for (epochs, spread, sigma_day, want, starts) in cases {
        let epochs: Vec<Vec<Cell>> = epochs.iter().map(|e| e.to_vec()).collect();
        let (process, open) = over(&epochs, spread, sigma_day);
        let got = process.ln_e(&open);
        assert!((got - want).abs() <= 1e-9 * want.abs().max(1.0), "{epochs:?}: {got}, expected {want}");
        let placed = process.starts(&open);
        assert_eq!(placed.len(), starts.len());
        assert!(placed.iter().zip(starts).all(|(g, w)| (g - w).abs() <= 1e-9), "{placed:?}, expected {starts:?}");
    }
}

#[test]
fn before_anything_happened_there_is_no_evidence() {
    let process = Hex::new(&[0.25], 0.2, 0.15, Restarts::default());
    assert!(process.ln_e(&[]).abs() < 1e-12);
}

#[test]
fn both_ways_of_blurring_agree() {
    // Just below and just above the range up to which likelihoods are added as they are.
    let evidence = |items: u64| {
        let (process, open) = over(&[vec![(items, items / 4, 0.25)]], 0.1, 0.2);
        process.ln_e(&open)
    };
    let all: Vec<f64> = (800..1_400).step_by(4).map(evidence).collect();
    assert!(all.windows(2).all(|pair| (pair[0] - pair[1]).abs() < 1e-3), "{all:?}");
}

fn counts(most: u64) -> impl Strategy<Value = Vec<Vec<Cell>>> {
    let cell =
        (0..=most, 0..=most, 0_u8..4).prop_map(|(a, b, stratum)| (a.max(b), a.min(b), 0.1 + 0.2 * f64::from(stratum)));
    prop::collection::vec(prop::collection::vec(cell, 0..4), 1..18)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn evidence_is_a_number_at_any_size(
        epochs in counts(1_000_000_000), spread in 0.0..4.0_f64, sigma_day in 0.0..1.0_f64
    ) {
        let (process, open) = over(&epochs, spread, sigma_day);
        prop_assert!(process.ln_e(&open).is_finite());
        prop_assert!(process.starts(&open).iter().all(|p| (0.0..=1.0).contains(p)));
    }

    #[test]
    fn folding_and_reading_at_every_step_changes_nothing(epochs in counts(500)) {
        let shares: Vec<f64> = (0..4).map(|i| 0.1 + 0.2 * f64::from(i)).collect();
        let at = |share: f64| shares.iter().position(|s| (s - share).abs() < 1e-9).expect("a share of the list");
        let mut process = Hex::new(&shares, 0.2, 0.15, Restarts::default());
        let mut closed: Vec<Vec<Tally>> = Vec::new();
        for epoch in &epochs {
            let open: Vec<Tally> =
                epoch.iter().map(|&(items, hits, share)| Tally { stratum: at(share), items, hits }).collect();
            let mut anew = Hex::new(&shares, 0.2, 0.15, Restarts::default());
            for counts in &closed {
                anew.close(counts);
            }
            prop_assert_eq!(process.ln_e(&open).to_bits(), anew.ln_e(&open).to_bits());
            process.close(&open);
            closed.push(open);
        }
    }

    #[test]
    fn the_order_inside_an_epoch_does_not_show(epochs in counts(500)) {
        let turned: Vec<Vec<Cell>> = epochs.iter().map(|e| e.iter().rev().copied().collect()).collect();
        let ((a, open_a), (b, open_b)) = (over(&epochs, 0.2, 0.15), over(&turned, 0.2, 0.15));
        let (a, b) = (a.ln_e(&open_a), b.ln_e(&open_b));
        prop_assert!((a - b).abs() <= 1e-9 * a.abs().max(1.0), "{} {}", a, b);
    }
}
