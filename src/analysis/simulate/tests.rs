use super::*;

fn outcomes(scenario: &str, volume: u32, day_sd: f64, rollouts: u32) -> Row {
    let cell = Cell { scenario: scenario.parse().expect("a scenario"), volume, day_sd };
    let rules = AlarmRules::default();
    let outcomes: Vec<Outcome> = (0..rollouts).map(|i| watch(&rules, &cell, 1, i)).collect();
    row(&cell, &outcomes)
}

/// 5 % of rollouts, and three standard errors of that.
fn bound(rollouts: u32) -> f64 {
    0.05 + 3.0 * (0.05 * 0.95 / f64::from(rollouts)).sqrt()
}

#[test]
fn quiet_rollouts_raise_no_more_than_one_alarm_in_twenty() {
    for (scenario, volume, day_sd, rollouts) in [("null", 14, 0.2, 2_000), ("null-control", 40, 0.2, 500)] {
        let row = outcomes(scenario, volume, day_sd, rollouts);
        assert!(row.rate <= bound(rollouts), "{row:?}");
        // With each acknowledged at once, all alarms together are at most twice as many.
        assert!(row.alarms_per_rollout <= 2.0 * bound(rollouts), "{row:?}");
    }
}

#[test]
fn brigades_bots_and_channels_raise_no_alarm() {
    for scenario in ["brigade", "bots", "mix"] {
        let row = outcomes(scenario, 40, 0.0, 100);
        assert!(row.quiet && row.rate <= bound(100), "{row:?}");
    }
}

#[test]
fn what_happens_is_found() {
    for (scenario, volume) in [("shift:45", 60), ("ratio:5", 150)] {
        let row = outcomes(scenario, volume, 0.0, 40);
        assert!(row.rate > 0.8 && row.median_delay_hours.is_some_and(|h| h > 1.0), "{row:?}");
    }
}

#[test]
fn a_rollout_is_the_same_whenever_it_is_drawn() {
    let cell = Cell { scenario: Scenario::Shift { points: 35.0, day: 0.0 }, volume: 60, day_sd: 0.2 };
    let rules = AlarmRules::default();
    let forward: Vec<Outcome> = (0..20).map(|i| watch(&rules, &cell, 7, i)).collect();
    let mut back: Vec<Outcome> = (0..20).rev().map(|i| watch(&rules, &cell, 7, i)).collect();
    back.reverse();
    assert_eq!(forward, back);
}

#[test]
fn alarms_before_the_onset_are_told_apart() {
    let cell = Cell { scenario: Scenario::Shift { points: 20.0, day: 5.0 }, volume: 60, day_sd: 0.0 };
    let at = |alarm_hours| Outcome { alarm_hours, alarms: 1 };
    let row = row(&cell, &[at(Some(100.0)), at(Some(130.0)), at(Some(200.0)), at(None)]);
    assert_eq!((row.alarmed, row.too_early, row.median_delay_hours), (2, 1, Some(80.0)));
}
