//! Small rollouts, person by person, and what is found in them.

use super::*;
use crate::analysis::alarm::guards::Guard;
use crate::analysis::alarm::latch::Event;
use crate::analysis::usage::{Arm, Channel, Class, Item, Moment, Participant, Said};
use crate::domain::alarm::Grade;
use crate::domain::finding::{Standing, What};
use crate::domain::series::Bad;
use crate::render::findings::line;
use crate::time::{DAY_MS, HOUR_MS};

const OPENED: UnixMs = UnixMs(1_700_000_000_000);

/// A rollout that people are added to.
struct Rollout {
    cells: Cells,
    clock: RolloutClock,
    stages: Vec<Share>,
    events: BTreeMap<u32, String>,
    usual: Baseline,
    judged: Vec<Judged>,
    series: Vec<Series>,
    themes: Vec<ThemeFacts>,
    pairs: Vec<Pair>,
    past: Vec<(i64, i64)>,
    now: UnixMs,
}

/// One person's story.
#[derive(Clone, Copy)]
struct Person {
    arm: Arm,
    stage: Share,
    event: bool,
    says: Option<Class>,
    channel: Channel,
    comes_back: bool,
}

const QUIET: Person = Person {
    arm: Arm::Treated,
    stage: Share(5_000),
    event: false,
    says: None,
    channel: Channel::Widget,
    comes_back: true,
};

impl Rollout {
    fn new() -> Self {
        Self {
            cells: Cells::default(),
            clock: RolloutClock::new(OPENED, 14 * DAY_MS),
            stages: vec![Share(5_000)],
            events: BTreeMap::from([(1, "error_timeout".to_owned())]),
            usual: Baseline::default(),
            judged: Vec::new(),
            series: Vec::new(),
            themes: Vec::new(),
            pairs: Vec::new(),
            past: Vec::new(),
            now: OPENED.plus(40 * DAY_MS),
        }
    }

    fn with(mut self, n: usize, person: Person) -> Self {
        for _ in 0..n {
            let mut row = Participant::default();
            row.expose(OPENED, person.stage, person.arm);
            if person.event {
                row.does(1, OPENED.plus(HOUR_MS), 1_000);
            }
            if let Some(class) = person.says {
                let at = OPENED.plus(2 * HOUR_MS);
                let when = Moment { at, received: at, backfill: false };
                row.said = Said::of([Item { when, class, channel: person.channel, score_micro: 0, told: None }]);
            }
            let day = crate::analysis::usage::Days::day(OPENED);
            row.days.add(day);
            row.days.add(day + 2);
            if person.comes_back {
                row.days.add(day + 5);
                row.days.add(day + 10);
            }
            self.cells.merge(&Cells::change(None, Some(&row), &self.clock));
        }
        self
    }

    fn with_facts<T>(&self, work: impl FnOnce(&Facts<'_>) -> T) -> T {
        let engines = vec!["rules/2".to_owned()];
        work(&Facts {
            now: self.now,
            clock: &self.clock,
            cells: &self.cells,
            stages: &self.stages,
            events: &self.events,
            segments: &BTreeMap::new(),
            usual: &self.usual,
            rules: &AlarmRules::default(),
            judged: &self.judged,
            mismatch: &BTreeMap::new(),
            series: &self.series,
            themes: &self.themes,
            pairs: &self.pairs,
            past: &self.past,
            engines: &engines,
            negative: &[FeedbackId("f1".into())],
        })
    }

    fn found(&self) -> Vec<Finding> {
        self.with_facts(work_out)
    }

    fn look(&mut self, before: &Watch) -> Watch {
        let look = self.with_facts(|facts| look(&AlarmRules::default(), facts, before));
        self.judged = look.judged;
        look.watch
    }

    fn the(&self, name: &str) -> Finding {
        let found = self.found();
        let names: Vec<String> = found.iter().map(Finding::name).collect();
        found.into_iter().find(|f| f.name() == name).unwrap_or_else(|| panic!("{name} in {names:?}"))
    }
}

fn said(finding: &Finding) -> String {
    line(finding, &|id| format!("theme {id}"))
}

fn negative() -> Person {
    Person { says: Some(Class::Negative), ..QUIET }
}

fn positive() -> Person {
    Person { says: Some(Class::Positive), ..QUIET }
}

#[test]
fn nobody_has_no_findings_that_say_something() {
    for finding in Rollout::new().found() {
        assert!(matches!(finding.standing, Standing::TooFew { .. }), "{finding:?}");
    }
}

#[test]
fn five_people_are_told_by_their_words() {
    let few = Rollout::new().with(4, negative());
    assert_eq!(
        said(&few.the("level")),
        "Negative share: too few to compare, 4 people who spoke of the 5 that it takes."
    );
}

#[test]
fn who_was_asked_goes_before_who_spoke_up_once_there_are_thirty() {
    let asked = |class| Person { channel: Channel::Asked, says: Some(class), ..QUIET };
    let rollout = Rollout::new().with(60, negative()).with(29, asked(Class::Positive));
    assert!(said(&rollout.the("level")).starts_with("60 of 60 people who spoke up by themselves are negative"));
    let rollout = rollout.with(1, asked(Class::Negative));
    assert!(said(&rollout.the("level")).starts_with("1 of 30 people who were asked are negative"));
}

#[test]
fn an_event_that_goes_with_turning_negative_is_told_and_one_that_does_not_is_not() {
    let met = |says| Person { event: true, says, ..QUIET };
    let real =
        Rollout::new().with(20, met(Some(Class::Negative))).with(80, met(None)).with(30, negative()).with(870, QUIET);
    let finding = real.the("event/error_timeout");
    assert_eq!(finding.standing, Standing::Told);
    assert_eq!(
        said(&finding),
        "People who met error_timeout were 6.0× more likely (95 % CI 3.5-10) to be negative (n = 100 with it, q < \
         0.001, compared within stage and segment)."
    );
    let chance =
        Rollout::new().with(6, met(Some(Class::Negative))).with(94, met(None)).with(54, negative()).with(846, QUIET);
    assert_eq!(chance.the("event/error_timeout").standing, Standing::Chance);
}

#[test]
fn an_event_is_not_looked_at_below_its_smallest_sample() {
    let met = |says| Person { event: true, says, ..QUIET };
    let rare = Rollout::new().with(10, met(Some(Class::Negative))).with(9, met(None)).with(100, QUIET);
    let Standing::TooFew { have, need, .. } = rare.the("event/error_timeout").standing else { panic!("too few") };
    assert_eq!((have, need), (19, 20));
}

#[test]
fn what_somebody_did_after_they_turned_does_not_count() {
    let mut rollout = Rollout::new().with(100, QUIET);
    for _ in 0..40 {
        let mut row = Participant::default();
        row.expose(OPENED, Share(5_000), Arm::Treated);
        let at = OPENED.plus(HOUR_MS);
        let when = Moment { at, received: at, backfill: false };
        row.said =
            Said::of([Item { when, class: Class::Negative, channel: Channel::Widget, score_micro: 0, told: None }]);
        row.does(1, OPENED.plus(2 * HOUR_MS), 1_000);
        rollout.cells.merge(&Cells::change(None, Some(&row), &rollout.clock));
    }
    assert!(
        rollout.found().iter().all(|f| f.kind != "event" || f.standing != Standing::Told),
        "a person who complains and then looks around is no evidence"
    );
}

#[test]
fn exposed_people_are_compared_with_the_control_within_strata() {
    let control = |says| Person { arm: Arm::Control, says, ..QUIET };
    let rollout = Rollout::new()
        .with(40, negative())
        .with(20, positive())
        .with(940, QUIET)
        .with(10, control(Some(Class::Negative)))
        .with(30, control(Some(Class::Positive)))
        .with(960, control(None));
    let finding = rollout.the("against_control");
    assert_eq!(finding.standing, Standing::Told);
    let Some(What::AgainstControl { ratio: Some(ratio), difference, .. }) = finding.what else { panic!("a ratio") };
    assert!((ratio.value - 4.0).abs() < 1e-9, "{ratio:?}");
    assert!((difference.value - (40.0 / 60.0 - 10.0 / 40.0)).abs() < 1e-9, "{difference:?}");
    assert!(finding.detectable.is_some());
}

#[test]
fn no_control_no_comparison() {
    let rollout = Rollout::new().with(40, negative());
    assert!(rollout.found().iter().all(|f| f.kind != "against_control" && f.kind != "conversion"));
}

#[test]
fn stages_are_compared_and_equal_shares_are_one_stage() {
    let late = Person { stage: Share(10_000), ..QUIET };
    let mut rollout = Rollout::new()
        .with(5, negative())
        .with(45, positive())
        .with(30, Person { says: Some(Class::Negative), ..late })
        .with(20, Person { says: Some(Class::Positive), ..late });
    rollout.stages = vec![Share(5_000), Share(10_000)];
    let finding = rollout.the("stage_over_stage/100 %");
    assert_eq!(finding.standing, Standing::Told);
    assert!(
        said(&finding).starts_with("At 100 %, 30 of 50 (60 %) are negative; at 50 %, 5 of 50 (10 %): 6.0×"),
        "{}",
        said(&finding)
    );
}

#[test]
fn retention_counts_only_who_is_old_enough() {
    let mut rollout = Rollout::new()
        .with(30, Person { comes_back: false, ..negative() })
        .with(10, negative())
        .with(100, QUIET)
        .with(10, Person { comes_back: false, ..QUIET });
    let finding = rollout.the("retention/day 14");
    assert_eq!(finding.standing, Standing::Told);
    let Some(What::Retention { negative, others, .. }) = &finding.what else { panic!("retention") };
    assert_eq!((negative.part, negative.whole, others.part, others.whole), (10, 40, 100, 110));
    rollout.now = OPENED.plus(10 * DAY_MS);
    assert!(matches!(rollout.the("retention/day 14").standing, Standing::TooFew { have: 0, .. }));
}

#[test]
fn the_silent_have_a_range_that_ends_at_who_spoke() {
    let rollout = Rollout::new().with(20, negative()).with(20, positive()).with(360, QUIET);
    let Some(What::Silent { of, range, .. }) = rollout.the("silent").what else { panic!("silent") };
    assert_eq!((of.part, of.whole), (40, 400));
    assert!((range[2] - 0.5).abs() < 1e-9 && range[0] < range[1] && range[1] < range[2], "{range:?}");
}

#[test]
fn a_forecast_says_what_it_rests_on_and_there_is_none_at_100_percent() {
    let mut rollout = Rollout::new().with(20, negative()).with(40, positive());
    rollout.past = (0..12).map(|i| (20 + i, 100)).collect();
    let text = said(&rollout.the("forecast"));
    assert!(text.ends_with("based on 60 people and 12 past rollouts."), "{text}");
    rollout.past.truncate(2);
    let text = said(&rollout.the("forecast"));
    assert!(text.ends_with("based on 60 people and no past rollout."), "{text}");
    rollout.stages.push(Share::ALL);
    assert!(rollout.found().iter().all(|f| f.kind != "forecast"));
}

#[test]
fn bad_hours_that_bring_bad_feedback_are_told() {
    let mut rollout = Rollout::new();
    let first = OPENED.0 / HOUR_MS;
    let slow = |hour: i64| hour % 17 == 3;
    for i in 0..240 {
        let hour = first + i;
        let negative = if slow(i) { 6 } else { 1 };
        rollout.cells.add(crate::analysis::usage::CellKey::Hour { hour, negative: true }, negative);
        rollout.cells.add(crate::analysis::usage::CellKey::Hour { hour, negative: false }, 8);
    }
    let hours = (0..240).map(|i| (first + i, if slow(i) { 900.0 } else { 200.0 + (i % 5) as f64 })).collect();
    rollout.series = vec![Series { metric: "p95".into(), bad: Bad::High, hours }];
    let finding = rollout.the("performance/p95");
    assert_eq!(finding.standing, Standing::Told, "{finding:?}");
    assert!(said(&finding).contains("They move together; the rollout may drive both"));
    let hours = (0..240).map(|i| (first + i, ((i * 7919) % 101) as f64)).collect();
    rollout.series = vec![Series { metric: "noise".into(), bad: Bad::High, hours }];
    assert_eq!(rollout.the("performance/noise").standing, Standing::Chance);
}

#[test]
fn themes_are_ordered_by_what_they_hurt_and_few_loud_ones_stand_behind() {
    let theme = |id: &str, people| ThemeFacts {
        id: id.into(),
        people,
        negative: people,
        mean_negativity: 0.8,
        severity: 1.0,
        paid_share: 0.0,
        burst: None,
        of_people: 100,
        feedback: vec![FeedbackId(format!("of {id}"))],
    };
    let mut rollout = Rollout::new().with(500, QUIET);
    rollout.themes =
        vec![theme("loud", 3), theme("measured", 60), ThemeFacts { burst: Some((5.0, 0.01)), ..theme("new", 20) }];
    let order: Vec<String> = rollout.found().into_iter().filter(|f| f.kind == "priority").map(|f| f.subject).collect();
    assert_eq!(order.last().map(String::as_str), Some("loud"));
    assert_eq!(rollout.the("burst/new").evidence.feedback, [FeedbackId("of new".into())]);
    assert!(rollout.found().iter().all(|f| f.name() != "burst/measured"));
}

#[test]
fn rollouts_that_upset_the_same_people_are_named_together() {
    let mut rollout = Rollout::new();
    let pair = |both| Pair {
        one: "checkout".into(),
        other_id: "ro_2".into(),
        other: "search".into(),
        negative_here: 120,
        negative_there: 80,
        negative_both: both,
        people: 4_000,
    };
    rollout.pairs = vec![pair(30)];
    assert_eq!(rollout.the("together/ro_2").standing, Standing::Told);
    rollout.pairs = vec![pair(4)];
    assert!(rollout.found().iter().all(|f| f.kind != "together"));
}

#[test]
fn the_same_facts_give_the_same_bytes() {
    let rollout = Rollout::new().with(40, negative()).with(20, positive()).with(300, QUIET);
    let bytes = || serde_json::to_string(&rollout.found()).expect("findings are data");
    assert_eq!(bytes(), bytes());
    let back: Vec<Finding> = serde_json::from_str(&bytes()).expect("and are read back");
    assert_eq!(back, rollout.found());
}

#[test]
fn every_finding_names_its_method_its_engines_and_its_counters() {
    for finding in Rollout::new().with(40, negative()).with(20, positive()).with(300, QUIET).found() {
        assert!(!finding.evidence.method.is_empty() && !finding.evidence.counters.is_empty(), "{finding:?}");
        assert_eq!(finding.evidence.engines, ["rules/2"]);
    }
}

#[test]
fn harm_against_the_control_is_raised_once_and_told_with_its_interval() {
    let control = |says| Person { arm: Arm::Control, says, ..QUIET };
    let mut rollout = Rollout::new()
        .with(60, negative())
        .with(940, QUIET)
        .with(15, control(Some(Class::Negative)))
        .with(985, control(None));
    let watch = rollout.look(&Watch::default());
    let whole = rollout.judged[0].clone();
    assert_eq!(whole.event, Some(Event::Raised { grade: Grade::Critical }), "{whole:?}");
    let finding = rollout.the("alarm/rollout");
    assert!(
        said(&finding).starts_with("Exposed people send negative feedback 4.0× as often as the control"),
        "{}",
        said(&finding)
    );
    let again = rollout.look(&watch);
    assert_eq!((rollout.judged[0].event, again == watch), (None, true), "looking twice tells nothing twice");
    assert_eq!(rollout.judged[0].shown, Grade::Critical);
}

#[test]
fn an_event_that_was_seen_is_raised_again_by_twice_the_evidence_and_not_by_the_same() {
    let met = |says| Person { event: true, says, ..QUIET };
    let mut rollout =
        Rollout::new().with(14, met(Some(Class::Negative))).with(46, met(None)).with(10, negative()).with(930, QUIET);
    let subject = "event/error_timeout";
    let of = |r: &Rollout| r.judged.iter().find(|j| j.subject == subject).and_then(|j| j.event);
    let mut watch = rollout.look(&Watch::default());
    assert!(matches!(of(&rollout), Some(Event::Raised { .. })), "{:?}", rollout.judged);
    let (seen, event) = watch.latches[subject].acknowledge(0, 63, 0.0);
    assert!(event.is_some());
    watch.latches.insert(subject.into(), seen);
    // Looked at until it is armed anew, and on: what was seen is no news.
    for _ in 0..4 {
        watch = rollout.look(&watch);
        assert!(!matches!(of(&rollout), Some(Event::Raised { .. })), "{:?}", rollout.judged);
    }
    assert_eq!(watch.latches[subject].rearms, 1);
    let mut worse = rollout.with(25, met(Some(Class::Negative)));
    worse.look(&watch);
    assert!(matches!(of(&worse), Some(Event::Raised { .. })), "{:?}", worse.judged);
}

/// A statement whose sender says what its person had, of somebody whose exposure is known or not.
fn told(rollout: &mut Rollout, n: usize, arm: Arm, linked: bool) {
    for _ in 0..n {
        let mut row = Participant::default();
        if linked {
            row.expose(OPENED, Share(5_000), arm);
        }
        let at = OPENED.plus(2 * HOUR_MS);
        let when = Moment { at, received: at, backfill: false };
        let told = Some(arm);
        row.said = Said::of([Item { when, class: Class::Negative, channel: Channel::Widget, score_micro: 0, told }]);
        rollout.cells.merge(&Cells::change(None, Some(&row), &rollout.clock));
    }
}

#[test]
fn arms_of_which_not_as_many_statements_are_known_to_be_whose_are_not_compared() {
    let control = |says| Person { arm: Arm::Control, says, ..QUIET };
    let quiet = || Rollout::new().with(900, QUIET).with(900, control(None));
    let grade = |linked: [usize; 4]| {
        let mut rollout = quiet();
        told(&mut rollout, linked[0], Arm::Treated, true);
        told(&mut rollout, linked[1], Arm::Treated, false);
        told(&mut rollout, linked[2], Arm::Control, true);
        told(&mut rollout, linked[3], Arm::Control, false);
        rollout.look(&Watch::default());
        let whole = &rollout.judged[0];
        (whole.verdict.ln_e_label.unwrap_or_default() > 20_f64.ln(), whole.verdict.guards.clone())
    };
    let (is_called, guards) = grade([60, 6, 10, 1]);
    assert!(is_called, "sixty against ten, nine in ten of both are known: {guards:?}");
    assert!(!guards.iter().any(|g| matches!(g, Guard::Linkage { .. })), "{guards:?}");
    let (is_called, guards) = grade([60, 6, 10, 50]);
    assert!(!is_called, "sixty against ten of sixty: who complains in the control is not known");
    let is_named = |g: &Guard| matches!(g, Guard::Linkage { channel, .. } if channel == "widget");
    assert!(guards.iter().any(is_named), "{guards:?}");
}

#[test]
fn the_audience_is_everybody_whether_those_without_the_change_are_told_or_not() {
    let control = Person { arm: Arm::Control, ..QUIET };
    let of = |rollout: Rollout| rollout.with_facts(super::outlook::audience);
    let stage = QUIET.stage;
    assert_eq!(of(Rollout::new()), None);
    assert_eq!(of(Rollout::new().with(100, QUIET).with(300, control)), Some(400));
    let whole = (100.0 / stage.p().unwrap()).round();
    assert!((of(Rollout::new().with(100, QUIET)).unwrap() as f64 - whole).abs() < 0.5, "{whole}");
}

#[test]
fn a_quiet_rollout_raises_nothing() {
    let control = |says| Person { arm: Arm::Control, says, ..QUIET };
    let mut rollout = Rollout::new()
        .with(20, negative())
        .with(980, QUIET)
        .with(20, control(Some(Class::Negative)))
        .with(980, control(None));
    rollout.look(&Watch::default());
    assert!(rollout.judged.iter().all(|j| j.event.is_none() && j.shown == Grade::None), "{:?}", rollout.judged);
}

#[test]
fn arms_that_are_not_as_planned_are_not_compared_and_that_is_said() {
    let control = |says| Person { arm: Arm::Control, says, ..QUIET };
    let mut rollout = Rollout::new().with(100, negative()).with(2_900, QUIET).with(1_000, control(None));
    let watch = rollout.look(&Watch::default());
    assert!(watch.mismatch["50 %"] > 7.0);
    let finding = rollout.the("alarm/rollout");
    assert!(
        matches!(finding.what, Some(What::Alarm { against: crate::domain::finding::Against::Usual, .. })),
        "{finding:?}"
    );
    let allocation = rollout.the("allocation/50 %");
    assert_eq!(allocation.standing, Standing::Told);
    assert!(said(&allocation).starts_with("The allocation does not match the plan: 3000 and 1000 people"));
    assert!(rollout.judged.iter().all(|j| j.event.is_none()), "{:?}", rollout.judged);
}

/// A quarter of two thousand people were negative before, day by day alike.
fn usual_quarter() -> Baseline {
    let said = |negative, positive| crate::analysis::alarm::cells::Said { negative, positive };
    let cell = crate::analysis::alarm::cells::BaselineCell {
        channel: "widget".into(),
        people: 2_000,
        said: said(500, 1_500),
        ..Default::default()
    };
    let day = crate::analysis::alarm::cells::Span { people: 80, said: said(20, 60) };
    Baseline { cells: vec![cell], days: vec![day; 25], windows: Vec::new() }
}

#[test]
fn where_only_exposed_people_are_told_nobody_is_compared_with_them() {
    let mut rollout = Rollout::new().with(40, negative()).with(160, QUIET);
    rollout.look(&Watch::default());
    assert!(rollout.judged.iter().all(|j| j.verdict.ln_e_label.is_none() && j.event.is_none()), "{:?}", rollout.judged);
}

#[test]
fn what_was_seen_against_the_usual_share_does_not_rest_on_the_allocation() {
    let control = Person { arm: Arm::Control, ..QUIET };
    let mut rollout = Rollout::new().with(120, negative()).with(80, positive()).with(2_800, QUIET).with(1_000, control);
    rollout.usual = usual_quarter();
    rollout.look(&Watch::default());
    assert!(matches!(rollout.judged[0].event, Some(Event::Raised { .. })), "{:?}", rollout.judged[0]);
    let text = said(&rollout.the("alarm/rollout"));
    assert!(!text.contains("Not reliable") && text.contains("No control group"), "{text}");
    assert!(
        said(&rollout.the("allocation/50 %"))
            .starts_with("The allocation does not match the plan: 3000 and 1000 people")
    );
}

#[test]
fn a_change_after_an_acknowledgement_is_dated_by_the_day_of_the_window() {
    let mut rollout = Rollout::new().with(120, negative()).with(80, positive());
    rollout.usual = usual_quarter();
    rollout.look(&Watch::default());
    assert!(said(&rollout.the("alarm/rollout")).contains("change most likely on day 1"));
    rollout.judged[0].from_epoch = 8;
    assert!(said(&rollout.the("alarm/rollout")).contains("change most likely on day 9"));
}

#[test]
fn a_mix_of_stages_is_no_difference_of_the_arms() {
    let at = |stage, arm, says| Person { stage: Share(stage), arm, says, ..QUIET };
    let (bad, good) = (Some(Class::Negative), Some(Class::Positive));
    let mut rollout = Rollout::new();
    // Half of everybody is negative at 5 %, a twentieth at 50 %, whichever arm they are in.
    for (stage, arm, n) in
        [(500, Arm::Treated, 1), (500, Arm::Control, 10), (5_000, Arm::Treated, 10), (5_000, Arm::Control, 1)]
    {
        let (negative, positive, quiet) = if stage == 500 { (50, 10, 40) } else { (5, 45, 50) };
        rollout = rollout
            .with(n * negative, at(stage, arm, bad))
            .with(n * positive, at(stage, arm, good))
            .with(n * quiet, at(stage, arm, None));
    }
    let finding = rollout.the("against_control");
    let Some(What::AgainstControl { difference, .. }) = &finding.what else { panic!("compared") };
    assert!(difference.excludes(0.0), "all together they differ: {difference:?}");
    assert_eq!(finding.standing, Standing::Chance);
}

#[test]
fn what_was_brought_in_afterwards_stands_in_tables_and_alarms_nobody() {
    let mut rollout = Rollout::new().with(40, Person { event: true, ..QUIET }).with(900, QUIET).with(10, negative());
    for _ in 0..20 {
        let mut row = Participant::default();
        row.expose(OPENED, Share(5_000), Arm::Treated);
        row.does(1, OPENED.plus(HOUR_MS), 1_000);
        let when = Moment { at: OPENED.plus(2 * HOUR_MS), received: OPENED.plus(9 * DAY_MS), backfill: true };
        row.said =
            Said::of([Item { when, class: Class::Negative, channel: Channel::Imported, score_micro: 0, told: None }]);
        rollout.cells.merge(&Cells::change(None, Some(&row), &rollout.clock));
    }
    rollout.look(&Watch::default());
    assert!(rollout.judged.iter().all(|j| j.event.is_none()), "{:?}", rollout.judged);
    assert_eq!(rollout.the("event/error_timeout").standing, Standing::Told);
}

#[test]
fn how_usual_an_event_is_is_not_told_by_nobody() {
    let mut rollout = Rollout::new().with(12, Person { event: true, ..negative() });
    rollout.look(&Watch::default());
    assert!(rollout.judged.iter().all(|j| j.event.is_none()), "{:?}", rollout.judged);
}

#[test]
fn without_a_control_the_window_is_held_against_what_was_usual() {
    let everybody = Person { stage: Share::ALL, ..QUIET };
    let mut rollout = Rollout::new()
        .with(120, Person { says: Some(Class::Negative), ..everybody })
        .with(80, Person { says: Some(Class::Positive), ..everybody });
    rollout.stages = vec![Share::ALL];
    rollout.usual = usual_quarter();
    rollout.look(&Watch::default());
    assert!(matches!(rollout.judged[0].event, Some(Event::Raised { .. })), "{:?}", rollout.judged[0]);
    let text = said(&rollout.the("alarm/rollout"));
    assert!(text.starts_with("Negative share 60 % against 25 % usual (+35 points)"), "{text}");
    assert!(text.ends_with("No control group: the cause is not established."), "{text}");
}
