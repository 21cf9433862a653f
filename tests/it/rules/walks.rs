//! Random lives of a window: every step is one that its state allows, and the kept history is the window.
use hearback::domain::policy::{CloseWhen, Policy};
use hearback::domain::rollout::{Rollout, fold};
use hearback::domain::signal::{About, Exposure, Signal, SignalKind, Subject};
use hearback::domain::window::{Transition, Window, WindowState};
use hearback::plan::windows::{Heard, Wish, asked, next, wakes_at};
use hearback::time::{DAY_MS, HOUR_MS, UnixMs};
use proptest::prelude::*;

use super::{START, at};

/// What happens at one moment of a life.
#[derive(Clone, Debug)]
enum Event {
    Exposed(Exposure),
    Archived,
    Asked(Wish),
    Heard(Heard),
    Nothing,
}

fn events() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => prop_oneof![
            Just(Exposure::Off), Just(Exposure::Percent(5.0)), Just(Exposure::Percent(50.0)), Just(Exposure::On)
        ].prop_map(Event::Exposed),
        1 => Just(Event::Archived),
        2 => prop_oneof![
            Just(Wish::Close), Just(Wish::Reopen), (HOUR_MS..9 * DAY_MS).prop_map(|by_ms| Wish::Extend { by_ms })
        ].prop_map(Event::Asked),
        2 => (0_i64..20, any::<bool>()).prop_map(|(people, unread)| Event::Heard(Heard { people, unread })),
        2 => Just(Event::Nothing),
    ]
}

prop_compose! {
    fn policies()(
        window in prop_oneof![Just(0), Just(7 * DAY_MS)],
        soak in prop_oneof![Just(0), Just(2 * DAY_MS)],
        responses in prop_oneof![Just(0), Just(10)],
        all in any::<bool>(),
    ) -> Policy {
        let close_when = if all { CloseWhen::All } else { CloseWhen::Any };
        Policy { window_ms: window, soak_ms: soak, responses, close_when, ..Policy::default() }
    }
}

fn subject() -> Subject {
    Subject::Flag { platform: "p".into(), project: String::new(), environment: String::new(), flag: "f".into() }
}

fn signal(kind: SignalKind, when: UnixMs) -> Signal {
    let about = About::default();
    Signal { subject: subject(), kind, occurred_at: Some(when), received_at: when, actor: None, about }
}

/// The first rollout of what was heard so far: the one whose window is watched here.
fn first(signals: &[Signal], policy: &Policy) -> Option<Rollout> {
    fold(&subject(), signals, policy.opens_on, &|_| true).into_iter().next()
}

fn allowed(step: &Transition) -> bool {
    match step.from {
        None => step.seq == 1 && step.to == WindowState::Planned,
        Some(from) => from == step.to || from.may_become(step.to),
    }
}

proptest! {
    #[test]
    fn every_step_is_allowed_and_the_history_is_the_window(
        policy in policies(),
        life in prop::collection::vec((0..3 * DAY_MS, events()), 1..25),
    ) {
        let mut signals = vec![signal(SignalKind::Exposed { exposure: Exposure::Percent(5.0) }, START)];
        let (mut now, mut heard) = (START, Heard::default());
        let mut history: Vec<Transition> = Vec::new();
        let mut window: Option<Window> = None;
        for (ms, event) in life {
            now = now.plus(ms);
            match &event {
                Event::Exposed(exposure) => signals.push(signal(SignalKind::Exposed { exposure: *exposure }, now)),
                Event::Archived => signals.push(signal(SignalKind::Archived, now)),
                Event::Heard(h) => heard = *h,
                Event::Asked(_) | Event::Nothing => {}
            }
            let rollout = first(&signals, &policy).expect("a rollout that began at the start");
            let mut w = window.unwrap_or_else(|| Window::unborn(rollout.id.clone()));
            if let Event::Asked(wish) = event && let Ok(step) = asked(&w, wish, &policy, "ada", now) {
                prop_assert!(allowed(&step), "{step:?}");
                w = w.after(&step);
                history.push(step);
            }
            let mut steps = 0;
            while let Some(step) = next(&w, &rollout, &policy, heard, now) {
                prop_assert!(allowed(&step), "{step:?}");
                prop_assert!(step.at <= now, "a step in the future: {step:?}");
                w = w.after(&step);
                history.push(step);
                steps += 1;
                prop_assert!(steps <= 6, "takes no rest: {history:?}");
            }
            // A fixpoint: asked again with the same facts it stays silent, and it is not woken for what has passed.
            prop_assert_eq!(next(&w, &rollout, &policy, heard, now), None);
            if let Some(wakes) = wakes_at(&w, &rollout, &policy, now) {
                prop_assert!(wakes > now);
                // Nothing is due before: whoever sleeps until then misses nothing.
                prop_assert_eq!(next(&w, &rollout, &policy, heard, UnixMs(wakes.0 - 1)), None);
            } else {
                prop_assert_eq!(next(&w, &rollout, &policy, heard, at(3_650 * DAY_MS)), None);
            }
            prop_assert_eq!(&Window::rebuild(rollout.id.clone(), &history), &w);
            let over = rollout.ended.is_some_and(|(t, _)| w.reopened_at.is_none_or(|r| t > r));
            prop_assert!(!(over && matches!(w.state, WindowState::Open | WindowState::Soaking | WindowState::Reopened)));
            window = Some(w);
        }
    }
}
