//! What flag platforms tell adds up to what customers saw, however little of it each tells and however it arrives.
mod worlds;

use hearback::domain::flag::{ChangeKind, FlagChange, FlagSeen, Hand, Scope, Variant};
use hearback::domain::flag_state::FlagState;
use hearback::domain::policy::OpensOn;
use hearback::domain::rollout::{End, Rollout, fold};
use hearback::domain::signal::{Exposure, Signal, SignalKind, Subject};
use hearback::time::{DAY_MS, HOUR_MS, UnixMs};

use super::at;

const PRODUCTION: &str = "production";

fn subject_in(environment: &str) -> Subject {
    Subject::Flag {
        platform: "a-platform".into(),
        project: "shop".into(),
        environment: environment.into(),
        flag: "new-checkout".into(),
    }
}

fn change(kind: ChangeKind) -> FlagChange {
    FlagChange {
        project: Some("shop".into()),
        environment: Some(PRODUCTION.into()),
        ..FlagChange::new("a-platform", "new-checkout", kind)
    }
}

/// A change that names no environment.
fn everywhere(kind: ChangeKind) -> FlagChange {
    FlagChange { environment: None, ..change(kind) }
}

fn switched(on: bool) -> FlagChange {
    FlagChange { after: Some(on), ..change(if on { ChangeKind::Enabled } else { ChangeKind::Disabled }) }
}

fn reaches(percent: f64) -> FlagChange {
    FlagChange { percent_after: Some(percent), ..change(ChangeKind::RolloutChanged) }
}

fn rule_reaches(rule: &str, percent: f64) -> FlagChange {
    FlagChange { scope: Scope::Rule(rule.into()), ..reaches(percent) }
}

fn by(hand: Hand, change: FlagChange) -> FlagChange {
    FlagChange { hand, ..change }
}

fn seen(on: bool, shares: &[(&str, f64)], ms: i64) -> Signal {
    let shares = shares.iter().map(|(rule, share)| ((*rule).to_owned(), *share)).collect();
    FlagSeen {
        platform: "a-platform".into(),
        project: Some("shop".into()),
        environment: Some(PRODUCTION.into()),
        flag: "new-checkout".into(),
        on: Some(on),
        shares,
        variants: Vec::new(),
        archived: false,
        url: None,
        at: at(ms),
    }
    .signal(at(ms))
}

/// The same, put away.
fn put_away(mut seen: Signal) -> Signal {
    if let SignalKind::FlagSeen { archived, .. } = &mut seen.kind {
        *archived = true;
    }
    seen
}

/// A change that was heard as soon as it was made.
fn told(ms: i64, change: FlagChange) -> Signal {
    FlagChange { occurred_at: Some(at(ms)), ..change }.signal(at(ms))
}

fn late(signal: Signal, received_ms: i64) -> Signal {
    Signal { received_at: at(received_ms), ..signal }
}

/// The flag's rollouts in production, where customers are.
fn rollouts(signals: &[Signal]) -> Vec<Rollout> {
    fold(&subject_in(PRODUCTION), signals, OpensOn::Published, &|e| e == PRODUCTION)
}

fn steps(changes: &[(i64, FlagChange)]) -> Vec<Signal> {
    changes.iter().map(|(ms, change)| told(*ms, change.clone())).collect()
}

fn state(signals: &[Signal]) -> FlagState {
    FlagState::after(&subject_in(PRODUCTION), signals)
}

/// The stages of each rollout, as they read, and its end.
fn read(rollouts: &[Rollout]) -> Vec<String> {
    let ms = |t: UnixMs| t.since(at(0));
    rollouts
        .iter()
        .map(|r| {
            let stages = r.stages.iter().map(|s| match s.by {
                Hand::Person => format!("{} from {}", s.name, ms(s.from)),
                hand => format!("{} from {} {}", s.name, ms(s.from), hand.words()),
            });
            let end = r.ended.map(|(t, how)| format!("{how:?} at {}", ms(t)));
            stages.chain(end).collect::<Vec<_>>().join(", ")
        })
        .collect()
}

#[test]
fn off_and_on_again_begins_a_rollout_that_points_to_the_one_before() {
    let all = rollouts(&steps(&[
        (0, reaches(10.0)),
        (10, switched(true)),
        (20, reaches(50.0)),
        (30, reaches(100.0)),
        (40, switched(false)),
        (50, switched(true)),
    ]));
    assert_eq!(read(&all), ["10 % from 10, 50 % from 20, 100 % from 30, RolledBack at 40", "100 % from 50"]);
    assert_eq!((all[0].full_since, all[0].parent.as_ref()), (Some(at(30)), None));
    assert_eq!((all[1].full_since, all[1].parent.as_ref()), (Some(at(50)), Some(&all[0].id)));
    assert_eq!((all[0].generation, all[1].generation, all[0].id == all[1].id), (1, 2, false));
}

#[test]
fn what_arrives_late_is_placed_where_it_belongs_and_undoes_nothing() {
    let in_time = steps(&[
        (0, switched(true)),
        (0, reaches(10.0)),
        (10, reaches(50.0)),
        (20, switched(false)),
        (30, switched(true)),
    ]);
    let expected = ["10 % from 0, 50 % from 10, RolledBack at 20", "50 % from 30"];
    assert_eq!(read(&rollouts(&in_time)), expected);
    for which in 0..in_time.len() {
        let mut signals = in_time.clone();
        let moved = late(signals.remove(which), HOUR_MS);
        signals.push(moved);
        assert_eq!(read(&rollouts(&signals)), expected, "the change {which} came an hour late");
        assert_eq!(state(&signals), state(&in_time));
    }
    // What came too late to be dated by its platform is no later than what followed it.
    let mut signals = in_time.clone();
    signals[3] = late(signals[3].clone(), 5 * DAY_MS);
    assert_eq!(read(&rollouts(&signals)), ["10 % from 0, 50 % from 10, RolledBack at 30", "50 % from 30"]);
}

#[test]
fn changes_of_one_moment_are_ordered_by_the_platforms_number() {
    let numbered = |ms, sequence, change| told(ms, FlagChange { sequence: Some(sequence), ..change });
    let on_off_on = [numbered(0, 7, switched(true)), numbered(0, 8, switched(false)), numbered(0, 9, switched(true))];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let signals = order.map(|i| on_off_on[i].clone());
        assert_eq!(read(&rollouts(&signals)), ["some from 0, RolledBack at 0", "some from 0"], "{order:?}");
    }
    // Made, given a share and switched on in one click.
    let signals = steps(&[(0, switched(true)), (0, reaches(10.0)), (0, everywhere(ChangeKind::Created))]);
    assert_eq!(read(&rollouts(&signals)), ["10 % from 0"]);
}

#[test]
fn what_is_put_away_everywhere_ends_in_each_environment() {
    for (kind, end) in [(ChangeKind::Archived, End::Archived), (ChangeKind::Deleted, End::Deleted)] {
        for change in [everywhere(kind), change(kind)] {
            let signals = steps(&[(0, switched(true)), (0, reaches(10.0)), (10, change)]);
            assert_eq!(read(&rollouts(&signals)), [format!("10 % from 0, {end:?} at 10")]);
            assert_eq!((state(&signals).archived, state(&signals).exposure()), (true, Some(Exposure::Off)));
            let elsewhere = FlagState::after(&subject_in("staging"), &signals[2..]);
            assert_eq!(elsewhere.exposure(), Some(Exposure::Off));
        }
    }
}

#[test]
fn what_is_fetched_back_is_a_new_rollout_as_it_was() {
    let mut changes = vec![
        (0, switched(true)),
        (0, reaches(10.0)),
        (10, everywhere(ChangeKind::Archived)),
        (20, everywhere(ChangeKind::Restored)),
    ];
    let all = rollouts(&steps(&changes));
    assert_eq!(read(&all), ["10 % from 0, Archived at 10", "10 % from 20"]);
    assert_eq!(all[1].parent.as_ref(), Some(&all[0].id));
    // Whoever switches it on has it before them: that it was fetched back was not heard.
    changes[3] = (20, switched(true));
    assert_eq!(read(&rollouts(&steps(&changes))), ["10 % from 0, Archived at 10", "10 % from 20"]);
    // What was off comes back off.
    changes[3] = (20, everywhere(ChangeKind::Restored));
    changes.insert(2, (5, switched(false)));
    assert_eq!(read(&rollouts(&steps(&changes))), ["10 % from 0, RolledBack at 5"]);
}

#[test]
fn a_flag_made_anew_under_its_old_key_inherits_nothing() {
    // That the old one was deleted may not have been heard.
    for (gone, end) in [(everywhere(ChangeKind::Deleted), "Deleted"), (switched(false), "RolledBack")] {
        let all = rollouts(&steps(&[
            (0, switched(true)),
            (0, reaches(100.0)),
            (10, gone),
            (20, everywhere(ChangeKind::Created)),
            (30, switched(true)),
        ]));
        assert_eq!(read(&all), [format!("100 % from 0, {end} at 10"), "some from 30".to_owned()]);
    }
    // Nor that the new one was made.
    let gone = everywhere(ChangeKind::Deleted);
    let all = rollouts(&steps(&[(0, switched(true)), (0, reaches(100.0)), (10, gone), (30, switched(true))]));
    assert_eq!(read(&all), ["100 % from 0, Deleted at 10", "some from 30"]);
}

#[test]
fn a_flag_that_is_first_seen_opens_nothing_and_what_changes_then_does() {
    for (on, shares, change, opened) in [
        (true, &[("", 10.0)][..], reaches(50.0), "50 % from 10"),
        (true, &[("a", 10.0), ("b", 20.0)], rule_reaches("a", 50.0), "50 % from 10"),
        (false, &[("", 25.0)], switched(true), "25 % from 10"),
        (false, &[], switched(true), "some from 10"),
    ] {
        let mut signals = vec![seen(on, shares, 0)];
        assert_eq!(read(&rollouts(&signals)), [""; 0], "first seen {on} {shares:?}");
        signals.push(told(10, change));
        assert_eq!(read(&rollouts(&signals)), [opened]);
    }
    // It was there for nobody knows how long: only that it ends is news, and it ends nothing that was watched.
    assert_eq!(read(&rollouts(&[seen(true, &[("", 10.0)], 0), told(10, switched(false))])), [""; 0]);
    assert_eq!(
        read(&rollouts(&[seen(true, &[("a", 10.0), ("b", 20.0)], 0), told(10, rule_reaches("a", 15.0))])),
        [""; 0]
    );
}

#[test]
fn what_was_not_heard_is_made_good_by_what_is_seen() {
    let base = seen(false, &[("", 25.0)], 0);
    let missed_on =
        [base.clone(), seen(true, &[("", 25.0)], 10), seen(true, &[("", 25.0)], 20), told(30, reaches(50.0))];
    assert_eq!(read(&rollouts(&missed_on)), ["25 % from 10, 50 % from 30"]);
    let missed_off = [base.clone(), told(10, switched(true)), seen(false, &[("", 25.0)], 20)];
    assert_eq!(read(&rollouts(&missed_off)), ["25 % from 10, RolledBack at 20"]);
    let missed_archive = [base, told(10, switched(true)), put_away(seen(true, &[], 20))];
    assert_eq!(read(&rollouts(&missed_archive)), ["25 % from 10, Archived at 20"]);
}

#[test]
fn where_no_customers_are_nothing_opens_and_the_state_is_known() {
    let elsewhere = |change| FlagChange { environment: Some("staging".into()), ..change };
    let signals =
        steps(&[(0, elsewhere(switched(true))), (10, elsewhere(reaches(50.0))), (20, elsewhere(reaches(70.0)))]);
    let staging = subject_in("staging");
    assert_eq!(fold(&staging, &signals, OpensOn::Published, &|e| e == PRODUCTION), []);
    assert_eq!(FlagState::after(&staging, &signals).exposure(), Some(Exposure::Percent(70.0)));
    let watched = fold(&staging, &signals, OpensOn::Published, &|_| true);
    assert_eq!(read(&watched), ["some from 0, 50 % from 10, 70 % from 20"]);
}

#[test]
fn a_flag_reaches_as_many_as_its_widest_rule() {
    let all = rollouts(&steps(&[
        (0, rule_reaches("a", 10.0)),
        (0, rule_reaches("b", 50.0)),
        (10, switched(true)),
        (20, rule_reaches("a", 20.0)),
        (30, rule_reaches("b", 0.0)),
        (40, FlagChange { after: Some(false), ..rule_reaches("a", 100.0) }),
        (50, rule_reaches("c", 100.0)),
    ]));
    // A rule that is off reaches nobody, whatever its share; without any rule left, nobody sees the flag.
    assert_eq!(read(&all), ["50 % from 10, 20 % from 30, RolledBack at 40", "100 % from 50"]);
    // What was told of the whole flag is made of its rules from the first of them on.
    let signals = steps(&[(0, switched(true)), (10, reaches(50.0)), (20, rule_reaches("a", 30.0))]);
    assert_eq!(state(&signals).percent(), Some(30.0));
}

#[test]
fn what_no_rule_catches_counts_beside_the_rules() {
    let rest = |on| FlagChange { scope: Scope::Default, after: Some(on), ..change(ChangeKind::TargetingChanged) };
    let enabled = |on| FlagChange { scope: Scope::Default, ..switched(on) };
    let all = rollouts(&steps(&[
        (0, enabled(false)),
        (10, rule_reaches("a", 20.0)),
        (20, enabled(true)),
        (30, rest(false)),
        (40, rule_reaches("a", 0.0)),
    ]));
    assert_eq!(read(&all), ["20 % from 10, 100 % from 20, 20 % from 30, RolledBack at 40"]);
}

#[test]
fn a_change_that_tells_what_was_before_opens_only_what_it_changed() {
    let whole = |kind, before: (bool, f64), after: (bool, f64)| FlagChange {
        before: Some(before.0),
        after: Some(after.0),
        percent_before: Some(before.1),
        percent_after: Some(after.1),
        ..change(kind)
    };
    for (first, opened) in [
        (whole(ChangeKind::Enabled, (false, 50.0), (true, 50.0)), &["50 % from 0"][..]),
        (whole(ChangeKind::RolloutChanged, (true, 10.0), (true, 50.0)), &["50 % from 0"]),
        (whole(ChangeKind::RolloutChanged, (false, 10.0), (false, 50.0)), &[]),
        (whole(ChangeKind::TargetingChanged, (true, 50.0), (true, 50.0)), &[]),
        (whole(ChangeKind::VariantsChanged, (true, 100.0), (true, 100.0)), &[]),
        (whole(ChangeKind::TargetingChanged, (true, 0.0), (true, 50.0)), &["50 % from 0"]),
        (FlagChange { after: Some(true), ..change(ChangeKind::TargetingChanged) }, &[]),
        (FlagChange { percent_before: None, ..whole(ChangeKind::TargetingChanged, (true, 0.0), (true, 50.0)) }, &[]),
        (change(ChangeKind::MetadataChanged), &[]),
        (FlagChange { after: Some(true), ..change(ChangeKind::Created) }, &["some from 0"]),
        (whole(ChangeKind::Disabled, (true, 50.0), (false, 50.0)), &[]),
    ] {
        assert_eq!(read(&rollouts(&[told(0, first.clone())])), opened, "{first:?}");
    }
}

#[test]
fn a_stage_tells_whose_hand_began_it() {
    let all = rollouts(&steps(&[
        (0, switched(true)),
        (0, reaches(5.0)),
        (10, by(Hand::Ramp, reaches(50.0))),
        (20, by(Hand::Guard, reaches(5.0))),
        (30, by(Hand::Guard, switched(false))),
    ]));
    assert_eq!(read(&all), ["5 % from 0, 50 % from 10 by a ramp, 5 % from 20 by a safeguard, RolledBack at 30"]);
    // The same share again begins no stage, whoever sets it.
    let all = rollouts(&steps(&[(0, switched(true)), (10, reaches(5.0)), (20, by(Hand::Ramp, reaches(5.0)))]));
    assert_eq!(read(&all), ["some from 0, 5 % from 10"]);
}

#[test]
fn variants_stay_known_until_others_are_told() {
    let variants =
        |names: &[&str]| names.iter().map(|n| Variant { name: (*n).to_owned(), percent: None }).collect::<Vec<_>>();
    let vary = |names: &[&str]| FlagChange { variants: variants(names), ..change(ChangeKind::VariantsChanged) };
    let signals = steps(&[(0, vary(&["a", "b"])), (10, switched(true)), (20, vary(&["a", "c"])), (30, reaches(10.0))]);
    assert_eq!(state(&signals[..2]).variants, variants(&["a", "b"]));
    assert_eq!(state(&signals).variants, variants(&["a", "c"]));
}
