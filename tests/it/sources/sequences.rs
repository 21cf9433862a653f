//! The facts of real payloads fold to the same rollouts, whatever order they arrive in and however often.
use std::collections::{BTreeMap, BTreeSet};

use hearback::domain::flag_state::FlagState;
use hearback::domain::policy::OpensOn;
use hearback::domain::rollout::{Rollout, fold};
use hearback::domain::signal::{Signal, Subject};
use hearback::sources::flags::PLATFORMS;
use hearback::sources::{Fact, Meaning, Source, all};
use hearback::time::{HOUR_MS, SECOND_MS, UnixMs};

use super::fuzz::bodies::Dice;
use super::payloads;

/// Platforms that tell no time of a change, by their names without marks: what they tell is ordered by its arrival, and
/// only what comes twice makes no difference.
const BY_ARRIVAL: &[&str] = &["gitlab", "gofeatureflag"];

/// Orders that each source's payloads arrive in.
const ORDERS: usize = 40;
const START: UnixMs = UnixMs(1_760_000_000_000);

fn is_ordered_by_arrival(source: &Source) -> bool {
    let name: String = source.name.chars().filter(char::is_ascii_alphanumeric).collect();
    BY_ARRIVAL.contains(&name.as_str())
}

/// What each payload of a source tells, as signals that arrived in the order of the payloads.
fn told(source: &'static Source) -> Vec<Vec<Signal>> {
    let facts = |meaning| match meaning {
        Ok(Meaning::Facts(facts) | Meaning::Hint { facts, .. }) => facts,
        Ok(Meaning::Ignored(_)) | Err(_) => Vec::new(),
    };
    let mut deliveries: Vec<Vec<Signal>> = payloads(source)
        .iter()
        .map(|p| facts(p.read()).into_iter().filter_map(|fact| signal(fact, UnixMs(0))).collect())
        .collect();
    deliveries.retain(|signals: &Vec<Signal>| !signals.is_empty());
    brought_near(&mut deliveries);
    for (i, signals) in (0..).zip(&mut deliveries) {
        for signal in signals {
            signal.received_at = arrival(i);
        }
    }
    deliveries
}

fn signal(fact: Fact, received_at: UnixMs) -> Option<Signal> {
    match fact {
        Fact::Signal(signal) => Some(*signal),
        Fact::Flag(change) => Some(change.signal(received_at)),
        Fact::Seen(seen) => Some(seen.signal(received_at)),
        Fact::Comment(_)
        | Fact::Named(_)
        | Fact::Head(_)
        | Fact::Policy(_)
        | Fact::Installation { .. }
        | Fact::Repositories { .. }
        | Fact::IssueEdited(_)
        | Fact::Ticket(_) => None,
    }
}

/// Payloads of several years are brought within minutes of one another, each before or after the others as it was: what
/// is days old on arrival is not dated by its source.
fn brought_near(deliveries: &mut [Vec<Signal>]) {
    let moments: BTreeSet<UnixMs> = deliveries.iter().flatten().filter_map(|s| s.occurred_at).collect();
    let near: BTreeMap<UnixMs, UnixMs> =
        (0..).zip(moments).map(|(i, moment)| (moment, START.plus(i * SECOND_MS))).collect();
    for signal in deliveries.iter_mut().flatten() {
        signal.occurred_at = signal.occurred_at.map(|t| near[&t]);
    }
}

fn arrival(place: i64) -> UnixMs {
    START.plus(HOUR_MS + place * SECOND_MS)
}

/// The subjects that rollouts are folded of, each with all that is told of it.
fn by_subject(signals: &[Signal]) -> Vec<(Subject, Vec<Signal>)> {
    let mut subjects: Vec<Subject> = Vec::new();
    for Signal { subject, .. } in signals {
        let folds = matches!(subject, Subject::Flag { .. } | Subject::Release { .. });
        if folds && !subjects.contains(subject) {
            subjects.push(subject.clone());
        }
    }
    subjects.sort_by_key(Subject::key);
    subjects
        .into_iter()
        .map(|subject| {
            let everywhere = subject.everywhere();
            let of = |s: &&Signal| s.subject == subject || Some(&s.subject) == everywhere.as_ref();
            let signals = signals.iter().filter(of).cloned().collect();
            (subject, signals)
        })
        .collect()
}

fn folded(signals: &[Signal]) -> Vec<(Subject, Vec<Rollout>, FlagState)> {
    by_subject(signals)
        .into_iter()
        .map(|(subject, signals)| {
            let rollouts = fold(&subject, &signals, OpensOn::Published, &|_| true);
            let state = FlagState::after(&subject, &signals);
            (subject, rollouts, state)
        })
        .collect()
}

/// Whether only the order of arrival tells a signal from one of another payload: it has no time, or the other has the
/// same, and no number tells them apart.
fn only_arrival_tells(signal: &Signal, others: &[Signal]) -> bool {
    let moment = |s: &Signal| (s.occurred_at, s.kind.sequence(), s.kind.rank());
    signal.occurred_at.is_none()
        || others.iter().any(|o| o.received_at != signal.received_at && moment(o) == moment(signal))
}

#[test]
fn any_order_and_any_repetition_of_a_sources_payloads_folds_to_the_same() {
    let mut shuffled_subjects = 0;
    for source in all() {
        let deliveries = told(source);
        let flat: Vec<Signal> = deliveries.concat();
        let expected = folded(&flat);
        shuffled_subjects += by_subject(&flat).iter().filter(|(_, signals)| signals.len() > 1).count();
        let mut dice = Dice::of(source.name, 0);
        for _ in 0..ORDERS {
            let mut order: Vec<usize> = (0..deliveries.len()).collect();
            order.extend((0..deliveries.len()).filter(|_| dice.once_in(3)));
            for i in (1..order.len()).rev() {
                order.swap(i, dice.below(i + 1));
            }
            let mut arrived = Vec::new();
            for (place, which) in (0..).zip(&order) {
                for signal in &deliveries[*which] {
                    let stays = only_arrival_tells(signal, &flat);
                    let received_at = if stays { signal.received_at } else { arrival(place) };
                    arrived.push(Signal { received_at, ..signal.clone() });
                }
            }
            assert_eq!(folded(&arrived), expected, "{}, arrived as {order:?}", source.name);
        }
    }
    assert!(shuffled_subjects > 1, "{shuffled_subjects} subjects with more than one signal");
}

#[test]
fn a_platform_tells_the_time_of_its_changes_or_is_known_not_to() {
    for source in PLATFORMS {
        let source = hearback::sources::source(source.name).expect("a platform is a source");
        let mut signals = told(source).concat();
        // A platform may tell of releases too.
        signals.retain(|s| s.subject.flag().is_some());
        let timed = signals.iter().filter(|s| s.occurred_at.is_some()).count();
        if signals.is_empty() {
            // It says that something changed, and is asked what.
        } else if is_ordered_by_arrival(source) {
            assert_eq!(timed, 0, "{} tells times: take it out of BY_ARRIVAL", source.name);
        } else {
            assert!(timed > 0, "{} tells no time: put it into BY_ARRIVAL", source.name);
        }
    }
}

/// What a platform without times tells is what it is by the order of arrival, so a late word is not put right.
#[test]
fn without_times_the_last_to_arrive_is_believed() {
    use hearback::domain::flag::{ChangeKind, FlagChange};
    use hearback::domain::rollout::End;
    let word = |on: bool, place: i64| {
        let kind = if on { ChangeKind::Enabled } else { ChangeKind::Disabled };
        let change = FlagChange { after: Some(on), ..FlagChange::new("gitlab", "new-checkout", kind) };
        change.signal(arrival(place))
    };
    for (signals, live) in [
        ([word(true, 0), word(false, 1), word(true, 2)], true),
        ([word(true, 0), word(true, 1), word(false, 2)], false),
        // Kept twice or not, the first arrival of each is the same.
        ([word(true, 0), word(false, 1), word(false, 1)], false),
    ] {
        let subject = signals[0].subject.clone();
        let rollouts = fold(&subject, &signals, OpensOn::Published, &|_| true);
        let ended = rollouts.last().expect("a rollout").ended.map(|(_, how)| how);
        assert_eq!(ended, if live { None } else { Some(End::RolledBack) });
        assert_eq!(FlagState::after(&subject, &signals).on, Some(live));
    }
}
