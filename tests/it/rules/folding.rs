//! Signals fold into the same rollouts whatever happened to them on their way.
use hearback::domain::policy::OpensOn;
use hearback::domain::rollout::{End, LATE_DELIVERY_MAX_MS, Rollout, fold};
use hearback::domain::signal::{About, Exposure, Signal, SignalKind, Subject};
use hearback::time::{DAY_MS, HOUR_MS, MINUTE_MS, UnixMs};
use proptest::prelude::*;

use super::at;

fn release() -> Subject {
    Subject::Release { origin: "github:1".into(), release: "7".into() }
}

fn flag(environment: &str) -> Subject {
    Subject::Flag {
        platform: "generic".into(),
        project: String::new(),
        environment: environment.into(),
        flag: "new-checkout".into(),
    }
}

/// A signal that came as soon as it happened.
fn signal(subject: &Subject, kind: SignalKind, when: UnixMs) -> Signal {
    Signal {
        subject: subject.clone(),
        kind,
        occurred_at: Some(when),
        received_at: when,
        actor: None,
        about: About { tag: Some("v1".into()), ..About::default() },
    }
}

fn exposed(exposure: Exposure) -> SignalKind {
    SignalKind::Exposed { exposure }
}

fn published(prerelease: bool) -> SignalKind {
    SignalKind::Published { prerelease }
}

fn deployed(environment: &str, production: bool) -> SignalKind {
    SignalKind::Deployed { environment: environment.into(), production }
}

fn folded(subject: &Subject, signals: &[Signal], opens_on: OpensOn) -> Vec<Rollout> {
    fold(subject, signals, opens_on, &|e| e == "production")
}

fn of(subject: &Subject, steps: &[(i64, SignalKind)], opens_on: OpensOn) -> Vec<Rollout> {
    let signals: Vec<Signal> = steps.iter().map(|(ms, kind)| signal(subject, kind.clone(), at(*ms))).collect();
    folded(subject, &signals, opens_on)
}

fn stages(rollout: &Rollout) -> Vec<(&str, i64, Option<i64>)> {
    rollout.stages.iter().map(|s| (s.name.as_str(), s.from.since(at(0)), s.until.map(|u| u.since(at(0))))).collect()
}

#[test]
fn a_flag_goes_through_its_stages_to_everybody() {
    let steps = [
        (0, exposed(Exposure::Percent(5.0))),
        (10, exposed(Exposure::Percent(5.0))),
        (20, exposed(Exposure::Percent(25.0))),
        (30, exposed(Exposure::On)),
    ];
    let all = of(&flag("production"), &steps, OpensOn::Published);
    let [rollout] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!(stages(rollout), [("5 %", 0, Some(20)), ("25 %", 20, Some(30)), ("100 %", 30, None)]);
    assert_eq!((rollout.started_at, rollout.full_since, rollout.ended), (Some(at(0)), Some(at(30)), None));
    assert_eq!(rollout.stage_at(at(25)).map(|s| s.name.as_str()), Some("25 %"));
    assert_eq!(rollout.stage_at(at(-1)).map(|s| s.name.as_str()), None);
}

#[test]
fn fewer_than_everybody_is_no_longer_full() {
    let steps = [(0, exposed(Exposure::On)), (10, exposed(Exposure::Percent(50.0)))];
    let all = of(&flag("production"), &steps, OpensOn::Published);
    assert_eq!((all.len(), all[0].full_since, all[0].ended), (1, None, None));
}

#[test]
fn off_and_on_again_is_a_new_rollout_that_points_to_the_old_one() {
    let steps = [(0, exposed(Exposure::On)), (10, exposed(Exposure::Off)), (20, exposed(Exposure::On))];
    let all = of(&flag("production"), &steps, OpensOn::Published);
    let [first, second] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((first.generation, first.ended), (1, Some((at(10), End::RolledBack))));
    assert_eq!((second.generation, second.parent.as_ref(), second.ended), (2, Some(&first.id), None));
    assert_ne!(first.id, second.id);
    assert_eq!(stages(first), [("100 %", 0, Some(10))]);
}

#[test]
fn what_ends_a_rollout_is_told_apart() {
    let (on, off) = (exposed(Exposure::On), exposed(Exposure::Off));
    let production = flag("production");
    for (subject, steps, ended) in [
        (&production, vec![on.clone(), off.clone()], (10, End::RolledBack)),
        (&production, vec![on.clone(), SignalKind::Archived], (10, End::Archived)),
        (&production, vec![on.clone(), SignalKind::Deleted], (10, End::Deleted)),
        (&production, vec![on, off, SignalKind::Deleted], (10, End::Deleted)),
        (&release(), vec![published(false), SignalKind::Unpublished], (10, End::RolledBack)),
        (&release(), vec![published(false), SignalKind::Deleted], (10, End::Deleted)),
        (&release(), vec![published(false), SignalKind::Unpublished, SignalKind::Deleted], (10, End::Deleted)),
    ] {
        let timed: Vec<(i64, SignalKind)> = (0..).step_by(10).zip(steps).collect();
        let all = of(subject, &timed, OpensOn::Published);
        assert_eq!((all.len(), all[0].ended), (1, Some((at(ended.0), ended.1))), "{timed:?}");
    }
}

#[test]
fn environments_without_customers_open_nothing() {
    let steps = [(0, exposed(Exposure::On)), (10, exposed(Exposure::Off))];
    assert_eq!(of(&flag("staging"), &steps, OpensOn::Published), []);
    assert_eq!(of(&flag("production"), &[(0, SignalKind::Created)], OpensOn::Published), []);
}

#[test]
fn one_click_on_publish_is_one_rollout() {
    let steps = [(0, published(false)), (0, SignalKind::Promoted), (5, SignalKind::Edited)];
    let all = of(&release(), &steps, OpensOn::Published);
    assert_eq!((all.len(), all[0].generation, all[0].full_since), (1, 1, None));
    assert_eq!(stages(&all[0]), [("released", 0, None)]);
}

#[test]
fn a_promoted_pre_release_reaches_everybody_then() {
    let steps = [(0, published(true)), (DAY_MS, SignalKind::Promoted)];
    let all = of(&release(), &steps, OpensOn::Published);
    assert_eq!(all.len(), 1);
    assert_eq!(stages(&all[0]), [("pre-release", 0, Some(DAY_MS)), ("released", DAY_MS, None)]);
    assert_eq!((all[0].started_at, all[0].full_since), (Some(at(0)), Some(at(DAY_MS))));
}

#[test]
fn a_release_that_opens_on_deployment_is_planned_until_then() {
    let planned = of(&release(), &[(0, published(false))], OpensOn::Deployed);
    assert_eq!((planned.len(), planned[0].started_at), (1, None));
    let steps = [
        (0, published(false)),
        (10, deployed("canary", false)),
        (20, deployed("production", true)),
        // Trying something in staging takes the release from nobody.
        (30, deployed("staging", false)),
    ];
    let all = of(&release(), &steps, OpensOn::Deployed);
    assert_eq!(stages(&all[0]), [("canary", 10, Some(20)), ("production", 20, None)]);
    assert_eq!((all.len(), all[0].started_at, all[0].full_since), (1, Some(at(10)), Some(at(20))));
    let gone = of(&release(), &[(0, published(false)), (10, SignalKind::Unpublished)], OpensOn::Deployed);
    assert_eq!((gone[0].started_at, gone[0].ended), (None, Some((at(10), End::RolledBack))));
}

#[test]
fn a_published_release_is_named_by_where_it_was_deployed() {
    let steps = [(0, published(false)), (10, deployed("production", true)), (20, deployed("staging", false))];
    let all = of(&release(), &steps, OpensOn::Published);
    assert_eq!(stages(&all[0]), [("production", 0, None)]);
}

#[test]
fn a_flag_made_anew_under_its_old_key_is_watched_again() {
    let steps = [(0, exposed(Exposure::On)), (10, SignalKind::Deleted), (20, exposed(Exposure::On))];
    let all = of(&flag("production"), &steps, OpensOn::Published);
    let ends: Vec<Option<End>> = all.iter().map(|r| r.ended.map(|(_, how)| how)).collect();
    assert_eq!(ends, [Some(End::Deleted), None]);
}

#[test]
fn a_deleted_release_stays_deleted_whatever_the_clocks_say() {
    // GitHub's clock is ten minutes ahead of ours, and it tells no time of a deletion.
    let mut born = signal(&release(), published(false), at(10 * MINUTE_MS));
    born.received_at = at(0);
    let mut gone = signal(&release(), SignalKind::Deleted, at(MINUTE_MS));
    gone.occurred_at = None;
    let all = folded(&release(), &[gone, born], OpensOn::Published);
    assert_eq!((all.len(), all[0].started_at), (1, Some(at(0))));
    assert_eq!(all[0].ended, Some((at(MINUTE_MS), End::Deleted)));
}

#[test]
fn a_window_is_dated_by_the_source_unless_that_makes_no_sense() {
    for (occurred, received, started, why) in [
        (0, MINUTE_MS, 0, "late by a minute"),
        (0, LATE_DELIVERY_MAX_MS, 0, "redelivered within GitHub's three days"),
        (0, LATE_DELIVERY_MAX_MS + 1, LATE_DELIVERY_MAX_MS + 1, "too old to date a window"),
        (2 * MINUTE_MS, 0, 0, "a clock somewhat ahead dates nothing in the future"),
        (HOUR_MS, 0, 0, "a clock far ahead is not believed"),
    ] {
        let mut one = signal(&release(), published(false), at(occurred));
        one.received_at = at(received);
        let all = folded(&release(), &[one], OpensOn::Published);
        assert_eq!(all[0].started_at, Some(at(started)), "{why}");
    }
}

#[test]
fn what_comes_very_late_is_dated_no_later_than_what_followed_it() {
    let production = flag("production");
    let mut first = signal(&production, exposed(Exposure::Percent(5.0)), at(0));
    first.received_at = at(5 * DAY_MS);
    let second = signal(&production, exposed(Exposure::Percent(25.0)), at(HOUR_MS));
    let all = folded(&production, &[second, first], OpensOn::Published);
    assert_eq!((all.len(), all[0].started_at), (1, Some(at(HOUR_MS))));
    let mut off = signal(&production, exposed(Exposure::Off), at(HOUR_MS));
    off.received_at = at(5 * DAY_MS);
    let on = |ms| signal(&production, exposed(Exposure::On), at(ms));
    let all = folded(&production, &[on(0), on(2 * HOUR_MS), off], OpensOn::Published);
    assert_eq!(all[0].ended, Some((at(2 * HOUR_MS), End::RolledBack)));
    assert_eq!((all.len(), all[1].started_at), (2, Some(at(2 * HOUR_MS))));
}

fn kinds() -> impl Strategy<Value = SignalKind> {
    prop_oneof![
        any::<bool>().prop_map(published),
        Just(SignalKind::Promoted),
        Just(SignalKind::Edited),
        Just(SignalKind::Created),
        Just(SignalKind::Unpublished),
        Just(SignalKind::Archived),
        Just(SignalKind::Deleted),
        ("(production|staging|canary)", any::<bool>()).prop_map(|(e, p)| deployed(&e, p)),
        (0_u8..=20).prop_map(|p| exposed(Exposure::from_percent(f64::from(p) * 5.0).unwrap_or(Exposure::Off))),
    ]
}

/// Often the same moment for several, as with a source that tells whole seconds.
fn moments() -> impl Strategy<Value = i64> {
    prop_oneof![0..6 * DAY_MS, (0_i64..4).prop_map(|d| d * DAY_MS)]
}

fn lateness() -> impl Strategy<Value = i64> {
    prop_oneof![-MINUTE_MS..5 * DAY_MS, Just(0), Just(-HOUR_MS), Just(4 * DAY_MS)]
}

prop_compose! {
    fn signals(subject: Subject)(
        drawn in prop::collection::vec((kinds(), moments(), lateness(), any::<bool>(), "v[1-3]"), 0..12)
    ) -> Vec<Signal> {
        drawn.into_iter().map(|(kind, ms, late, timed, tag)| {
            let mut s = signal(&subject, kind, at(ms));
            s.received_at = at(ms + late);
            s.occurred_at = timed.then_some(at(ms));
            s.about.tag = Some(tag);
            s
        }).collect()
    }
}

proptest! {
    #[test]
    fn any_order_and_any_repetition_fold_to_the_same_rollouts(
        (original, shuffled) in prop_oneof![Just(release()), Just(flag("production")), Just(flag("staging"))]
            .prop_flat_map(signals)
            .prop_flat_map(|all| {
                let repeats = prop::collection::vec(any::<prop::sample::Index>(), 0..4);
                (Just(all.clone()), Just(all).prop_shuffle(), repeats)
            })
            .prop_map(|(original, mut shuffled, repeats)| {
                if !shuffled.is_empty() {
                    for r in repeats {
                        let again = r.get(&shuffled).clone();
                        shuffled.insert(r.index(shuffled.len()), again);
                    }
                }
                (original, shuffled)
            }),
        opens_on in prop_oneof![Just(OpensOn::Published), Just(OpensOn::Deployed)],
    ) {
        let Some(subject) = original.first().map(|s| s.subject.clone()) else { return Ok(()) };
        prop_assert_eq!(folded(&subject, &original, opens_on), folded(&subject, &shuffled, opens_on));
    }

    #[test]
    fn rollouts_of_a_subject_follow_one_another(
        all in prop_oneof![Just(release()), Just(flag("production"))].prop_flat_map(signals),
        opens_on in prop_oneof![Just(OpensOn::Published), Just(OpensOn::Deployed)],
    ) {
        let Some(subject) = all.first().map(|s| s.subject.clone()) else { return Ok(()) };
        let rollouts = folded(&subject, &all, opens_on);
        let latest = all.iter().map(|s| s.received_at).max();
        for (i, r) in rollouts.iter().enumerate() {
            prop_assert_eq!(r.generation as usize, i + 1);
            prop_assert_eq!(r.parent.as_ref(), i.checked_sub(1).map(|p| &rollouts[p].id));
            prop_assert!(r.ended.is_some() || i + 1 == rollouts.len(), "two live rollouts of one subject");
            prop_assert!(r.started_at <= latest, "started in the future");
            prop_assert_eq!(r.started_at.is_some(), !r.stages.is_empty());
            prop_assert_eq!(r.started_at, r.stages.first().map(|s| s.from));
            for pair in r.stages.windows(2) {
                prop_assert_eq!(pair[0].until, Some(pair[1].from));
                prop_assert!(pair[0].from <= pair[1].from && pair[0].exposure != pair[1].exposure);
            }
            if let (Some((ended, _)), Some(stage)) = (r.ended, r.stage()) {
                prop_assert!(stage.from <= ended);
                prop_assert_eq!(stage.until, Some(ended));
            }
            if let Some(next) = rollouts.get(i + 1).and_then(|n| n.started_at) {
                prop_assert!(r.ended.is_none_or(|(ended, _)| ended <= next), "it began before the one before it ended");
            }
        }
    }
}
