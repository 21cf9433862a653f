//! When a window opens, soaks and closes: each rule for itself, and together.
use hearback::domain::flag::Hand;
use hearback::domain::policy::{CloseWhen, Policy};
use hearback::domain::rollout::{End, Rollout, Stage};
use hearback::domain::signal::{About, Exposure, Subject};
use hearback::domain::window::{Cause, Transition, Window, WindowState};
use hearback::id::RolloutId;
use hearback::plan::windows::{Heard, Wish, asked, next, wakes_at};
use hearback::time::{DAY_MS, HOUR_MS, UnixMs};

use super::{START, at};

const QUIET: Heard = Heard { people: 0, unread: false };
const NEVER: i64 = i64::MAX;

/// A release that came out for everybody at the start.
fn plain() -> Rollout {
    let stage = Stage { name: "released".into(), exposure: Exposure::On, from: START, until: None, by: Hand::Person };
    Rollout {
        id: RolloutId("ro_1".into()),
        subject: Subject::Release { origin: "github:1".into(), release: "7".into() },
        generation: 1,
        parent: None,
        started_at: Some(START),
        stages: vec![stage],
        full_since: None,
        ended: None,
        about: About::default(),
    }
}

/// One that some have since the start, and everybody since `full`.
fn staged(full: Option<i64>) -> Rollout {
    let mut rollout = plain();
    rollout.stages[0].exposure = Exposure::Some;
    if let Some(ms) = full {
        rollout.stages.push(Stage {
            name: "released".into(),
            exposure: Exposure::On,
            from: at(ms),
            until: None,
            by: Hand::Person,
        });
    }
    Rollout { full_since: full.map(at), ..rollout }
}

fn ended(rollout: Rollout, ms: i64, how: End) -> Rollout {
    Rollout { ended: Some((at(ms), how)), ..rollout }
}

fn policy(window_days: i64, soak_days: i64, responses: i64, close_when: CloseWhen) -> Policy {
    Policy { window_ms: window_days * DAY_MS, soak_ms: soak_days * DAY_MS, responses, close_when, ..Policy::default() }
}

/// Takes every step that is due.
fn settle(mut window: Window, rollout: &Rollout, policy: &Policy, heard: Heard, now: UnixMs) -> (Window, Vec<Cause>) {
    let mut causes = Vec::new();
    while let Some(step) = next(&window, rollout, policy, heard, now) {
        assert_eq!(step.seq, window.seq + 1);
        window = window.after(&step);
        causes.push(step.cause);
        assert!(causes.len() <= 8, "no rest: {causes:?}");
    }
    (window, causes)
}

/// A window that opened at the start.
fn open(rollout: &Rollout, policy: &Policy) -> Window {
    settle(Window::unborn(rollout.id.clone()), rollout, policy, QUIET, START).0
}

/// When and why the window of `rollout` closes where nothing arrives: it looks only when it is woken.
fn closes(mut window: Window, rollout: &Rollout, policy: &Policy, people: i64) -> (i64, Option<Cause>) {
    let heard = Heard { people, unread: false };
    let mut now = window.reopened_at.unwrap_or(START);
    for _ in 0..8 {
        let (settled, causes) = settle(window, rollout, policy, heard, now);
        window = settled;
        if window.state == WindowState::Closed {
            return (now.since(START), causes.into_iter().rev().nth(1));
        }
        match wakes_at(&window, rollout, policy, now) {
            Some(wakes) => {
                assert!(wakes > now, "woken for what has passed");
                now = wakes;
            }
            None => return (NEVER, None),
        }
    }
    panic!("woken without end: {window:?}");
}

fn step(window: &Window, wish: Wish, policy: &Policy, ms: i64) -> Window {
    window.after(&asked(window, wish, policy, "ada", at(ms)).expect("a step that can be taken"))
}

#[test]
fn each_close_rule_holds_for_itself_and_together() {
    use CloseWhen::{All, Any};
    let (date, soak, all) = (Some(Cause::DateReached), Some(Cause::Soaked), Some(Cause::AllRulesHold));
    let answered = |people| Some(Cause::ResponsesReached { people });
    for (what, rollout, rules, people, (closes_at, cause)) in [
        ("default, plain release: by date", plain(), policy(7, 2, 0, Any), 0, (7 * DAY_MS, date.clone())),
        (
            "default, promoted on day 1: soaked",
            staged(Some(DAY_MS)),
            policy(7, 2, 0, Any),
            0,
            (3 * DAY_MS, soak.clone()),
        ),
        (
            "default, promoted on day 6: by date",
            staged(Some(6 * DAY_MS)),
            policy(7, 2, 0, Any),
            0,
            (7 * DAY_MS, date.clone()),
        ),
        ("default, never promoted: by date", staged(None), policy(7, 2, 0, Any), 0, (7 * DAY_MS, date.clone())),
        ("date alone", staged(Some(0)), policy(7, 0, 0, Any), 99, (7 * DAY_MS, date.clone())),
        ("soak alone", staged(Some(DAY_MS)), policy(0, 2, 0, Any), 0, (3 * DAY_MS, soak.clone())),
        ("soak alone, plain release", plain(), policy(0, 2, 0, Any), 0, (2 * DAY_MS, soak.clone())),
        ("soak alone, never for everybody", staged(None), policy(0, 2, 0, Any), 0, (NEVER, None)),
        ("responses alone, enough", plain(), policy(0, 0, 5, Any), 5, (0, answered(5))),
        ("responses alone, too few", plain(), policy(0, 0, 5, Any), 4, (NEVER, None)),
        ("responses before the date", plain(), policy(7, 2, 5, Any), 6, (0, answered(6))),
        ("no rule at all", plain(), policy(0, 0, 0, Any), 99, (NEVER, None)),
        ("no rule at all, all of them", plain(), policy(0, 0, 0, All), 99, (NEVER, None)),
        ("all: date alone", plain(), policy(7, 0, 0, All), 0, (7 * DAY_MS, date)),
        ("all: soak alone", plain(), policy(0, 2, 0, All), 0, (2 * DAY_MS, soak)),
        ("all: date and soak, plain release", plain(), policy(7, 2, 0, All), 0, (7 * DAY_MS, all.clone())),
        ("all: soak after the date", staged(Some(6 * DAY_MS)), policy(7, 2, 0, All), 0, (8 * DAY_MS, all.clone())),
        ("all: a soak that can't end yet", staged(None), policy(7, 2, 0, All), 0, (NEVER, None)),
        ("all: too few answers", plain(), policy(7, 2, 5, All), 4, (NEVER, None)),
        ("all: everything holds", staged(Some(DAY_MS)), policy(7, 2, 5, All), 5, (7 * DAY_MS, all)),
    ] {
        let got = closes(Window::unborn(rollout.id.clone()), &rollout, &rules, people);
        assert_eq!(got, (closes_at, cause), "{what}");
    }
}

#[test]
fn an_end_closes_whatever_the_other_rules_say() {
    for rules in [policy(7, 2, 5, CloseWhen::All), policy(0, 0, 0, CloseWhen::Any)] {
        for how in [End::RolledBack, End::Deleted, End::Archived] {
            let window = open(&staged(None), &rules);
            let over = ended(staged(None), HOUR_MS, how);
            let (window, causes) = settle(window, &over, &rules, QUIET, at(2 * HOUR_MS));
            assert_eq!(causes, [Cause::Ended { how }, Cause::AllRead]);
            assert_eq!((window.state, window.closed_at), (WindowState::Closed, Some(at(2 * HOUR_MS))));
            assert_eq!(next(&window, &over, &rules, QUIET, UnixMs::NEVER), None);
        }
    }
}

#[test]
fn what_came_in_is_read_before_a_window_is_closed() {
    let (rollout, rules) = (plain(), Policy::default());
    let unread = Heard { people: 3, unread: true };
    let (window, _) = settle(open(&rollout, &rules), &rollout, &rules, unread, at(7 * DAY_MS));
    assert_eq!((window.state, window.closed_at), (WindowState::Closing, None));
    // Only reading helps, and whoever has read wakes it.
    assert_eq!(wakes_at(&window, &rollout, &rules, at(7 * DAY_MS)), None);
    let (window, causes) = settle(window, &rollout, &rules, QUIET, at(7 * DAY_MS + 1));
    assert_eq!((window.state, causes), (WindowState::Closed, vec![Cause::AllRead]));
}

#[test]
fn a_rollout_that_nobody_saw_is_cancelled_and_may_still_turn_out_to_be_seen() {
    let planned = Rollout { started_at: None, stages: Vec::new(), ..plain() };
    let rules = Policy::default();
    let (window, _) = settle(Window::unborn(planned.id.clone()), &planned, &rules, QUIET, START);
    assert_eq!((window.state, wakes_at(&window, &planned, &rules, START)), (WindowState::Planned, None));
    let gone = ended(planned, HOUR_MS, End::RolledBack);
    let (window, _) = settle(window, &gone, &rules, QUIET, at(HOUR_MS));
    assert_eq!((window.state, window.closed_at), (WindowState::Cancelled, Some(at(HOUR_MS))));
    let seen = ended(plain(), HOUR_MS, End::RolledBack);
    let (window, causes) = settle(window, &seen, &rules, QUIET, at(2 * HOUR_MS));
    assert_eq!(causes, [Cause::Exposed, Cause::Ended { how: End::RolledBack }, Cause::AllRead]);
    assert_eq!((window.state, window.opened_at), (WindowState::Closed, Some(START)));
}

#[test]
fn a_window_soaks_while_everybody_has_it() {
    let rules = Policy::default();
    let (window, causes) = settle(open(&staged(None), &rules), &staged(Some(HOUR_MS)), &rules, QUIET, at(HOUR_MS));
    assert_eq!((window.state, causes), (WindowState::Soaking, vec![Cause::FullyExposed]));
    let (window, causes) = settle(window, &staged(None), &rules, QUIET, at(2 * HOUR_MS));
    assert_eq!((window.state, causes), (WindowState::Open, vec![Cause::Narrowed]));
    let again = staged(Some(3 * HOUR_MS));
    assert_eq!(closes(window, &again, &rules, 0), (3 * HOUR_MS + 2 * DAY_MS, Some(Cause::Soaked)));
}

#[test]
fn a_history_begins_when_the_rollout_does() {
    let (rollout, rules) = (plain(), Policy::default());
    let mut window = Window::unborn(rollout.id.clone());
    let mut history: Vec<Transition> = Vec::new();
    while let Some(step) = next(&window, &rollout, &rules, QUIET, at(DAY_MS)) {
        window = window.after(&step);
        history.push(step);
    }
    assert_eq!(history.iter().map(|s| s.at).collect::<Vec<_>>(), [START, START]);
    assert_eq!((window.opened_at, window.closes_at), (Some(START), at(7 * DAY_MS)));
}

#[test]
fn a_reopened_window_ignores_the_end_that_its_person_knows() {
    let rules = Policy::default();
    let over = ended(plain(), HOUR_MS, End::RolledBack);
    let (closed, _) = settle(open(&plain(), &rules), &over, &rules, QUIET, at(HOUR_MS));
    let window = step(&closed, Wish::Reopen, &rules, DAY_MS);
    assert_eq!((window.state, window.closed_at, window.closes_at), (WindowState::Reopened, None, at(8 * DAY_MS)));
    assert_eq!(next(&window, &over, &rules, Heard { people: 99, unread: true }, at(2 * DAY_MS)), None);
    assert_eq!(closes(window.clone(), &over, &rules, 0), (8 * DAY_MS, Some(Cause::DateReached)));
    // A rollback that happened before, and is told only now, is known too; one that happens now is not.
    let told_late = ended(plain(), DAY_MS - 1, End::RolledBack);
    assert_eq!(next(&window, &told_late, &rules, QUIET, at(2 * DAY_MS)), None);
    let newer = ended(plain(), DAY_MS + 1, End::RolledBack);
    let step = next(&window, &newer, &rules, QUIET, at(2 * DAY_MS)).expect("a step");
    assert_eq!((step.to, step.cause), (WindowState::Closing, Cause::Ended { how: End::RolledBack }));
}

#[test]
fn a_reopened_window_is_closed_by_its_date_or_where_it_has_none_by_a_new_soak() {
    let full = staged(Some(0));
    for (what, rules, closes_at) in [
        ("its date goes before the soak", policy(7, 2, 1, CloseWhen::Any), 17 * DAY_MS),
        ("the same where all must hold", policy(7, 2, 1, CloseWhen::All), 17 * DAY_MS),
        ("without a date the soak begins anew", policy(0, 2, 1, CloseWhen::Any), 12 * DAY_MS),
        ("the same where all must hold, without a date", policy(0, 2, 1, CloseWhen::All), 12 * DAY_MS),
        ("the answers that closed it do not close it again", policy(0, 0, 1, CloseWhen::Any), NEVER),
    ] {
        let (closed, _) =
            settle(open(&full, &rules), &full, &rules, Heard { people: 1, unread: false }, at(9 * DAY_MS));
        assert_eq!(closed.state, WindowState::Closed, "{what}");
        let window = step(&closed, Wish::Reopen, &rules, 10 * DAY_MS);
        assert_eq!(closes(window.clone(), &full, &rules, 1).0, closes_at, "{what}");
        // A person closes it at any time.
        assert_eq!(step(&window, Wish::Close, &rules, 11 * DAY_MS).state, WindowState::Closing, "{what}");
    }
}

#[test]
fn more_time_that_a_person_gives_is_given() {
    let full = staged(Some(0));
    let any = policy(7, 2, 5, CloseWhen::Any);
    let (window, _) = settle(open(&full, &any), &full, &any, QUIET, at(DAY_MS));
    assert_eq!(window.state, WindowState::Soaking);
    let longer = step(&window, Wish::Extend { by_ms: 3 * DAY_MS }, &any, DAY_MS);
    assert_eq!((longer.state, longer.closes_at), (WindowState::Soaking, at(10 * DAY_MS)));
    assert_eq!(closes(longer.clone(), &full, &any, 9), (10 * DAY_MS, Some(Cause::DateReached)));
    let back = ended(full.clone(), 4 * DAY_MS, End::RolledBack);
    assert_eq!(longer.extended_at, Some(at(DAY_MS)));
    let (stopped, _) = settle(longer, &back, &any, QUIET, at(4 * DAY_MS));
    let reopened = step(&stopped, Wish::Reopen, &any, 5 * DAY_MS);
    assert_eq!((reopened.extended_at, reopened.closes_at), (None, at(12 * DAY_MS)), "its date is a new one");
    assert_eq!(stopped.state, WindowState::Closed, "a rollback closes an extended window too");
    // Where all rules must hold and the date is long past, more time begins now.
    let all = policy(7, 2, 5, CloseWhen::All);
    let (held, _) = settle(open(&full, &all), &full, &all, QUIET, at(20 * DAY_MS));
    let longer = step(&held, Wish::Extend { by_ms: DAY_MS }, &all, 20 * DAY_MS);
    assert_eq!(longer.closes_at, at(21 * DAY_MS));
    let (longer, causes) = settle(longer, &full, &all, Heard { people: 5, unread: false }, at(20 * DAY_MS));
    assert_eq!((longer.state, causes), (WindowState::Soaking, vec![]));
}

#[test]
fn what_cannot_be_asked_is_refused_with_what_can() {
    let rules = Policy::default();
    let window = |state| Window { state, ..Window::unborn(RolloutId("ro_1".into())) };
    let more = Wish::Extend { by_ms: DAY_MS };
    for state in WindowState::ALL {
        use WindowState::{Closed, Closing, Open, Reopened, Soaking};
        for (wish, fits) in [
            (Wish::Close, matches!(state, Open | Soaking | Reopened)),
            (Wish::Reopen, matches!(state, Closing | Closed)),
            (more, matches!(state, Open | Soaking | Reopened)),
            (Wish::Extend { by_ms: 0 }, false),
        ] {
            let got = asked(&window(state), wish, &rules, "ada", START);
            assert_eq!(got.is_ok(), fits, "{wish:?} of {state:?}: {got:?}");
        }
    }
    let refused = asked(&window(WindowState::Closed), more, &rules, "ada", START).unwrap_err();
    assert_eq!(refused, "The window is closed and can't be extended. Reopen it instead.");
}
