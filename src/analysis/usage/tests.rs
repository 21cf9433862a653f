use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::domain::annotation::{Annotation, Details, Intent, Sentiment};
use crate::domain::feedback::Rating;
use crate::domain::signal::Exposure;
use crate::time::{DAY_MS, HOUR_MS, UnixMs};

const GOLDEN: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/fixtures/golden/25_stream_assoc.json"));

/// What is known of a person, as small steps: each alone in a row of its own.
#[derive(Clone, Debug)]
enum Step {
    Exposed(i64, u16, Arm),
    Did(u32, i64, i64),
    Segment(u32, i64),
    Active(u32),
    Said(Item),
}

impl Step {
    fn row(&self) -> Participant {
        let mut row = Participant::default();
        match *self {
            Self::Exposed(at, stage, arm) => row.expose(UnixMs(at), Share(stage), arm),
            Self::Did(event, at, value) => row.does(event, UnixMs(at), value),
            Self::Segment(segment, at) => row.belong(segment, UnixMs(at)),
            Self::Active(day) => row.days.add(day),
            Self::Said(item) => row.said = Said::of([item]),
        }
        row
    }
}

const HOURS: i64 = 24 * 40;

fn step() -> impl Strategy<Value = Step> {
    let hour = || (0..HOURS).prop_map(|h| h * HOUR_MS);
    let class = prop::sample::select(Class::ALL.to_vec());
    let channel = prop::sample::select(Channel::ALL.to_vec());
    let told = prop::sample::select(vec![None, Some(Arm::Treated), Some(Arm::Control)]);
    prop_oneof![
        (hour(), prop::sample::select(vec![500, 2_500, 10_000, u16::MAX]), any::<bool>())
            .prop_map(|(at, stage, on)| Step::Exposed(at, stage, if on { Arm::Treated } else { Arm::Control })),
        (0..4_u32, hour(), -5_000_000_000..5_000_000_000_i64).prop_map(|(e, at, v)| Step::Did(e, at, v)),
        (0..3_u32, hour()).prop_map(|(s, at)| Step::Segment(s, at)),
        (0..40_u32).prop_map(Step::Active),
        (hour(), 0..48_i64, any::<bool>(), class, channel, -1_000_000..1_000_000_i32, told).prop_map(
            |(at, late, backfill, class, channel, score_micro, told)| {
                let when = Moment { at: UnixMs(at), received: UnixMs(at + late * HOUR_MS), backfill };
                Step::Said(Item { when, class, channel, score_micro, told })
            }
        ),
    ]
}

/// Steps of a handful of people.
fn log() -> impl Strategy<Value = Vec<(u8, Step)>> {
    prop::collection::vec((0..5_u8, step()), 0..80)
}

fn clock() -> RolloutClock {
    RolloutClock::new(UnixMs(5 * DAY_MS), 7 * DAY_MS)
}

/// Counts a log as it comes, record by record.
fn streamed(log: &[(u8, Step)]) -> (BTreeMap<u8, Participant>, Cells) {
    let (mut people, mut cells) = (BTreeMap::<u8, Participant>::new(), Cells::default());
    for (who, step) in log {
        let before = people.get(who).cloned();
        let mut after = before.clone().unwrap_or_default();
        after.merge(&step.row());
        cells.merge(&Cells::change(before.as_ref(), Some(&after), &clock()));
        people.insert(*who, after);
    }
    (people, cells)
}

fn whole<'a>(people: impl IntoIterator<Item = &'a Participant>) -> Cells {
    let mut cells = Cells::default();
    people.into_iter().for_each(|p| cells.merge(&Cells::of(p, &clock())));
    cells
}

#[test]
fn tables_of_a_log_are_those_of_others() {
    let golden: Value = serde_json::from_str(GOLDEN).unwrap();
    for case in golden["cases"].as_array().unwrap() {
        let input: AssocInput = serde_json::from_value(case["in"].clone()).unwrap();
        let mut reversed = input.clone();
        reversed.records.reverse();
        reversed.records.extend(input.records.clone());
        for input in [input, reversed] {
            let got = serde_json::to_value(assoc(&input)).unwrap();
            for (event, want) in case["out"].as_object().unwrap() {
                assert_eq!(got[event]["tables"], want["tables"], "{event}");
                for ratio in ["rr_mh", "or_mh"] {
                    let (got, want) = (got[event][ratio].as_f64().unwrap(), want[ratio].as_f64().unwrap());
                    assert!((got - want).abs() <= 1e-9 * want.abs().max(1.0), "{event} {ratio}: {got} {want}");
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn any_order_and_any_repeats_count_the_same(
        (log, other) in log().prop_flat_map(|log| (Just(log.clone()), Just(log).prop_shuffle())),
        again in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let mut other = other;
        if !log.is_empty() {
            other.extend(again.iter().map(|i| i.get(&log).clone()));
        }
        let (people, cells) = streamed(&log);
        let (people_of_other, cells_of_other) = streamed(&other);
        // How many statements there are is told anew with each reading, and not merged.
        prop_assert_eq!(&people, &people_of_other);
        prop_assert_eq!(&cells, &cells_of_other);
        prop_assert_eq!(&cells, &whole(people.values()));
    }

    #[test]
    fn parts_that_were_counted_apart_merge_into_the_whole(log in log(), cut in 0..80_usize) {
        let (left, right) = log.split_at(cut.min(log.len()));
        let (mut merged, _) = streamed(left);
        for (who, row) in streamed(right).0 {
            merged.entry(who).or_default().merge(&row);
        }
        let (people, cells) = streamed(&log);
        prop_assert_eq!(&merged, &people);
        prop_assert_eq!(whole(merged.values()), cells);
    }

    #[test]
    fn merging_knows_no_order_and_no_repeats(a in log(), b in log(), c in log()) {
        let row = |log: &[(u8, Step)]| log.iter().fold(Participant::default(), |mut p, (_, s)| { p.merge(&s.row()); p });
        let joined = |parts: &[&Participant]| parts.iter().fold(Participant::default(), |mut p, x| { p.merge(x); p });
        let (a, b, c) = (row(&a), row(&b), row(&c));
        prop_assert_eq!(joined(&[&joined(&[&a, &b]), &c]), joined(&[&a, &joined(&[&b, &c])]));
        prop_assert_eq!(joined(&[&a, &b]), joined(&[&b, &a]));
        prop_assert_eq!(joined(&[&a, &a]), joined(&[&a]));
    }

    #[test]
    fn forgetting_a_person_leaves_what_there_would_be_without_them(log in log(), who in 0..5_u8) {
        let (people, mut cells) = streamed(&log);
        if let Some(gone) = people.get(&who) {
            cells.merge(&Cells::change(Some(gone), None, &clock()));
        }
        let without: Vec<(u8, Step)> = log.into_iter().filter(|(w, _)| *w != who).collect();
        prop_assert_eq!(cells, streamed(&without).1);
    }

    #[test]
    fn keys_come_back_as_they_were_written(log in log()) {
        for (key, _) in streamed(&log).1.iter() {
            prop_assert_eq!(key.to_string().parse::<CellKey>(), Ok(*key), "{}", key);
        }
    }

    #[test]
    fn no_counter_of_people_is_below_zero_and_tables_add_up(log in log()) {
        let (_, cells) = streamed(&log);
        for event in 0..4 {
            for (at, table) in cells.tables_by_stratum(event, Side::Negative) {
                prop_assert!(table.iter().all(|n| *n >= 0), "{:?}", table);
                prop_assert_eq!(table.iter().sum::<i64>(), cells.strata(Arm::Treated)[&at]);
            }
        }
        let shares = cells.shares(|_, _, _| true);
        let hours: i64 = cells.hours().values().map(|(_, all)| all).sum();
        prop_assert_eq!(hours, shares.n());
        prop_assert!(cells.hex(Side::Negative).iter().all(|c| 0 <= c.a && c.a <= c.n));
        prop_assert!(cells.label(Side::Positive).iter().all(|c| 0 <= c.exposed && c.exposed <= c.n));
    }
}

/// What becomes of a row when it is told after each of these steps what its person did.
fn told(steps: &[Step]) -> Participant {
    let (mut person, mut row) = (Person::default(), Participant::default());
    for step in steps {
        match *step {
            Step::Exposed(..) => row.merge(&step.row()),
            Step::Did(event, at, value) => {
                let scope = [EVERYWHERE, 77, 99][event as usize % 3];
                assert!(person.does(scope, event / 2, UnixMs(at), value));
            }
            Step::Segment(segment, at) => person.belong(segment, UnixMs(at)),
            Step::Active(day) => person.active(UnixMs(i64::from(day) * DAY_MS)),
            Step::Said(_) => {}
        }
        person.tell(&mut row, &[77], UnixMs(HOURS * HOUR_MS), 0, |event| event < 2, |segment| segment.min(1));
    }
    row
}

proptest! {
    #[test]
    fn a_row_is_told_the_same_in_whatever_order_its_person_did_things(
        (log, other) in prop::collection::vec(step(), 0..60).prop_flat_map(|l| (Just(l.clone()), Just(l).prop_shuffle())),
    ) {
        prop_assert_eq!(told(&log), told(&other));
        prop_assert_eq!(told(&log), told(&[log.clone(), other].concat()));
    }
}

#[test]
fn what_somebody_always_did_counts_once_they_do_it_again() {
    let since = 10 * DAY_MS + 12 * HOUR_MS;
    let steps = [
        Step::Did(0, since - 3 * DAY_MS, 1),
        Step::Did(0, since - HOUR_MS, 2),
        Step::Did(0, since + HOUR_MS, 3),
        Step::Did(0, since + 2 * HOUR_MS, 4),
        Step::Exposed(since, 500, Arm::Treated),
    ];
    // Of a day the first and the last time are kept: the last stands for what came after the change.
    let did = told(&steps).events[&0];
    assert_eq!(did, Did { first: Some((UnixMs(since + 2 * HOUR_MS), 4)), before: 1 });
    assert_eq!(told(&steps[..2]).events.len() + told(&[&steps[..2], &steps[4..]].concat()).events.len(), 1);
}

#[test]
fn of_a_day_it_does_not_matter_which_times_came_first() {
    let since = 10 * DAY_MS + 12 * HOUR_MS;
    let steps = [
        Step::Exposed(since, 500, Arm::Treated),
        Step::Did(0, since + HOUR_MS, 2),
        Step::Did(0, since + 2 * HOUR_MS, 3),
        Step::Did(0, since - HOUR_MS, 1),
    ];
    let mut other = steps.clone();
    other.reverse();
    assert_eq!(told(&steps), told(&other));
}

fn item(at: i64, class: Class) -> Item {
    let when = Moment { at: UnixMs(at), received: UnixMs(at), backfill: false };
    Item { when, class, channel: Channel::Widget, score_micro: 0, told: None }
}

#[test]
fn who_is_let_in_later_has_it_from_then_on() {
    let mut p = Participant::default();
    p.expose(UnixMs(10), Share(500), Arm::Control);
    p.expose(UnixMs(20), Share(2_500), Arm::Treated);
    p.said = Said::of([item(15, Class::Negative)]);
    let cells = Cells::of(&p, &clock());
    assert_eq!((cells.exposed_by(Arm::Treated, None), cells.exposed_by(Arm::Control, None)), (1, 0));
    assert_eq!(cells.evaluated()[&Share(500)], (0, 1));
    assert_eq!(cells.evaluated()[&Share(2_500)], (1, 0));
    let label = cells.label(Side::Negative);
    assert_eq!((label[0].stage, label[0].p, label[0].n, label[0].exposed), (Share(500), Some(0.05), 1, 0));
    assert_eq!(cells.hex(Side::Negative), [], "they did not have it when they spoke");
    p.said = Said::of([item(25, Class::Negative)]);
    let label = Cells::of(&p, &clock()).label(Side::Negative);
    assert_eq!((label[0].p, label[0].n, label[0].exposed), (Some(0.25), 1, 1));
}

#[test]
fn what_was_brought_in_afterwards_stands_in_shares_and_alarms_nobody() {
    let mut p = Participant::default();
    p.expose(UnixMs(0), Share(500), Arm::Treated);
    let mut late = item(5, Class::Negative);
    late.when.backfill = true;
    p.said = Said::of([late]);
    let cells = Cells::of(&p, &clock());
    assert_eq!(cells.shares(|_, _, _| true).negative, 1);
    assert_eq!((cells.hex(Side::Negative), cells.label(Side::Negative)), (vec![], vec![]));
}

#[test]
fn people_who_were_gone_before_the_landmark_are_not_compared() {
    let clock = RolloutClock::new(UnixMs(0), 7 * DAY_MS);
    let of = |days: &[u32], said: &[Item]| {
        let mut p = Participant::default();
        p.expose(UnixMs(HOUR_MS), Share::ALL, Arm::Treated);
        for day in days {
            p.days.add(*day);
        }
        p.said = Said::of(said.iter().copied());
        p
    };
    let people = [
        of(&[0], &[item(2 * HOUR_MS, Class::Negative)]),
        of(&[0, 2, 9, 10], &[item(DAY_MS, Class::Negative)]),
        of(&[0, 1, 5], &[item(6 * DAY_MS, Class::Negative)]),
    ];
    let mut cells = Cells::default();
    for person in &people {
        cells.merge(&Cells::of(person, &clock));
    }
    let of = |days: i64| cells.retained(&clock, UnixMs(days * DAY_MS));
    let late = of(17);
    let negative = late[&Some(Class::Negative)];
    assert_eq!((negative.week2, negative.week2_back, negative.week1_back, negative.days), (1, 1, 0, 2));
    assert_eq!((late[&None].week1, late[&None].week1_back, late[&None].week2_back), (1, 1, 0));
    assert_eq!(of(9)[&None].week2, 0, "the second week is not over for them");
    assert_eq!(of(8)[&None].week1, 0);
}

#[test]
fn a_statement_is_classed_by_its_mark_and_by_what_is_read_surely() {
    let reading = |score: f64, confidence: f64| Annotation {
        language: "en".into(),
        sentiment: Sentiment::Neutral,
        score,
        confidence,
        intent: Intent::Other,
        intent_confidence: 0.0,
        spam: false,
        fingerprint: 0,
        engine: String::new(),
        details: Details::default(),
    };
    let mark = |value, scale| Some(Rating { value, scale });
    for (score, confidence, rating, class) in [
        (-0.2, 0.6, None, Class::Negative),
        (-0.9, 0.59, None, Class::Uncertain),
        (-0.19, 0.9, None, Class::Other),
        (0.5, 0.9, None, Class::Positive),
        (0.9, 0.9, mark(2.0, 5.0), Class::Negative),
        (-0.9, 0.9, mark(5.0, 5.0), Class::Negative),
        (-0.9, 0.5, mark(5.0, 5.0), Class::Positive),
        (0.0, 0.1, mark(3.0, 5.0), Class::Other),
        (0.0, 0.1, mark(6.0, 10.0), Class::Negative),
        (0.0, 0.1, mark(7.0, 10.0), Class::Other),
        (0.0, 0.1, mark(9.0, 10.0), Class::Positive),
        (0.0, 0.1, mark(7.0, 11.0), Class::Negative),
        (0.0, 0.1, mark(1.0, 2.0), Class::Negative),
        (0.0, 0.1, mark(2.0, 2.0), Class::Positive),
    ] {
        assert_eq!(class_of(&reading(score, confidence), rating), class, "{score} {confidence} {rating:?}");
    }
}

#[test]
fn sums_for_an_adjusted_comparison_are_those_of_the_people() {
    let people = [(Some(1_000), 0), (Some(25_500), 3), (None, 7), (Some(-2_000), 1), (None, 0)];
    let mut cells = Cells::default();
    let mut want = Cuped::default();
    for (y, x) in people {
        let mut p = Participant::default();
        p.expose(UnixMs(0), Share(500), Arm::Treated);
        if y.is_some() || x > 0 {
            p.events.insert(20, Did { first: y.map(|y| (UnixMs(5), y)), before: x });
        }
        cells.merge(&Cells::of(&p, &clock()));
        let (x, y) = (i64::from(x), y.unwrap_or(0));
        want.n += 1;
        (want.x, want.xx) = (want.x + x, want.xx + x * x);
        (want.y, want.yy, want.xy) = (want.y + y, want.yy + i128::from(y) * i128::from(y), want.xy + x * y);
    }
    assert_eq!(cells.cuped(20, Arm::Treated)[&Share(500)], want);
    assert_eq!(cells.used(20, Arm::Treated), (3, 5));
}

#[test]
fn a_million_people_with_the_largest_numbers_do_not_overflow() {
    for value in [value_milli(Some(f64::MAX)), value_milli(Some(f64::MIN)), i64::MAX, i64::MIN] {
        let mut p = Participant::default();
        p.expose(UnixMs(0), Share(500), Arm::Treated);
        p.events.insert(20, Did { first: Some((UnixMs(5), value)), before: 7 });
        let one = Cells::of(&p, &clock());
        let mut all = Cells::default();
        for (key, n) in one.iter() {
            let n = n.checked_mul(1_000_000).unwrap_or_else(|| panic!("{key} of {value} overflows"));
            all.add(*key, n);
        }
        let sums = [Sum::YyHigh, Sum::Xy, Sum::Y];
        let met = sums.map(|s| one.iter().any(|(k, _)| matches!(k, CellKey::Cuped { sum, .. } if *sum == s)));
        assert_eq!(met, [true; 3], "{value}");
        let cuped = all.cuped(20, Arm::Treated)[&Share(500)];
        assert_eq!((cuped.y.abs(), cuped.yy), (100_000_000_000_000_000, 10_i128.pow(28)), "{value}");
    }
}

#[test]
fn stages_and_channels_go_by_what_they_are() {
    for (exposure, p) in [
        (Exposure::Percent(5.0), Some(0.05)),
        (Exposure::Percent(0.001), Some(0.0001)),
        (Exposure::Percent(99.999), Some(0.9999)),
        (Exposure::On, Some(1.0)),
        (Exposure::Some, None),
    ] {
        assert_eq!(Share::of(exposure).p(), p, "{exposure:?}");
    }
    for (name, class) in [
        ("widget", Channel::Widget),
        ("Typeform survey", Channel::Asked),
        ("App Store", Channel::Review),
        ("help-scout", Channel::Support),
        ("api", Channel::Other),
        ("import", Channel::Imported),
    ] {
        assert_eq!(Channel::of(name), class, "{name}");
    }
    for class in Channel::ALL {
        assert_eq!(Channel::parse(class.as_str()), Some(class));
    }
}

#[test]
fn epochs_have_the_length_of_a_fourteenth_of_the_window_within_bounds() {
    for (window, epoch) in [(0, DAY_MS), (7 * DAY_MS, 12 * HOUR_MS), (HOUR_MS, HOUR_MS), (90 * DAY_MS, DAY_MS)] {
        assert_eq!(RolloutClock::new(UnixMs(0), window).epoch_ms, epoch);
    }
    let clock = clock();
    assert_eq!((clock.epoch(UnixMs(0)), clock.epoch(UnixMs(5 * DAY_MS + 12 * HOUR_MS))), (0, 1));
    assert_eq!(clock.epoch(UnixMs(1_000 * DAY_MS)), 63);
}
