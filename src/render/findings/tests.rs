//! Each kind of finding as people read it.

use super::*;
use crate::domain::finding::Evidence;

fn interval(value: f64, low: f64, high: f64) -> Interval {
    Interval { value, low, high }
}

fn of(part: i64, whole: i64) -> Of {
    Of { part, whole }
}

fn finding(what: What, standing: Standing) -> Finding {
    Finding {
        subject: String::new(),
        kind: what.name().into(),
        what: Some(what),
        standing,
        detectable: None,
        evidence: Evidence::default(),
    }
}

fn theme(id: &str) -> String {
    format!("theme {id}")
}

fn alarm(against: Against, rate: Option<Interval>, shares: Option<(f64, f64)>) -> What {
    What::Alarm {
        direction: Direction::Worse,
        against,
        grade: Grade::Alert,
        ln_e: 3.72,
        rate,
        at_least: None,
        shares,
        began_day: shares.map(|_| 4),
        unreliable: None,
    }
}

#[test]
fn each_kind_reads_as_a_sentence_made_of_its_figures() {
    let all = [
        alarm(Against::Control, Some(interval(1.527, 1.11, 2.01)), None),
        alarm(Against::Usual, None, Some((0.34, 0.25))),
        What::Allocation { counts: vec![5_000, 5_400], planned: vec![0.5, 0.5], p: 0.000_2, is_off: true },
        What::NegativeShare {
            of: of(12, 40),
            share: interval(0.3, 0.18, 0.454),
            anytime: interval(0.3, 0.13, 0.52),
            asked: true,
        },
        What::Reception { net: interval(0.3, 0.102, 0.498) },
        What::AgainstControl {
            exposed: of(56, 70),
            control: of(48, 80),
            difference: interval(0.2, 0.052, 0.334),
            ratio: Some(interval(1.33, 1.08, 1.65)),
        },
        What::StageOverStage {
            stage: "25 %".into(),
            before: "5 %".into(),
            now: of(30, 90),
            then: of(10, 60),
            ratio: interval(2.0, 1.06, 3.78),
        },
        What::Trend { share: 0.42, weight: 19.6 },
        What::Event {
            event: "error_timeout".into(),
            with: of(31, 412),
            without: of(95, 3_920),
            ratio: interval(3.105, 2.0, 4.8),
            odds: interval(3.28, 2.15, 4.98),
            q: 0.000_01,
            differs: false,
        },
        What::Retention {
            day: 14,
            negative: of(120, 240),
            others: of(1_891, 3_100),
            difference: interval(-0.11, -0.17, -0.05),
        },
        What::Adoption { event: "checkout".into(), of: of(120, 400), share: interval(0.3, 0.257, 0.347) },
        What::Conversion {
            event: "order".into(),
            exposed: 300,
            control: 900,
            difference: interval(0.6096, 0.3079, 0.9113),
            adjusted: true,
        },
        What::Performance {
            metric: "p95".into(),
            bad: of(61, 140),
            other: of(90, 400),
            odds: 2.4,
            p: 0.004,
            q: 0.008,
            lag_hours: Some(1),
        },
        What::Burst { theme: "t1".into(), ln_e: 5.0, of: of(40, 200), usual: 0.03 },
        What::Together {
            one: "t1".into(),
            other: "t2".into(),
            both: 30,
            lift: 12.5,
            odds: interval(25.6, 15.6, 42.0),
            q: 0.01,
        },
        What::Silent { of: of(40, 400), range: [0.12, 0.17, 0.3], weighted: Some(interval(0.28, 0.15, 0.4)) },
        What::Forecast { share: interval(0.31, 0.22, 0.42), chance: 0.24, above: 0.35, people: 60, rollouts: 12 },
        What::Priority { theme: "t1".into(), score: 29.7, reach: 462.3 },
    ];
    let lines: Vec<String> = all.into_iter().map(|w| line(&finding(w, Standing::Told), &theme)).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    Exposed people send negative feedback 1.5× as often as the control (95 % CI 1.1-2.0 however often one looks, stages compared like with like); evidence 41:1.
    Negative share 34 % against 25 % usual (+9 points); evidence 41:1, change most likely on day 5. No control group: the cause is not established.
    The allocation does not match the plan: 5000 and 5400 people where 50 and 50 % were planned (p < 0.001).
    12 of 40 people who were asked are negative (30 %, 95 % CI 18-45 %; 13-52 % however often one looks).
    Positive less negative: +30 points (95 % CI +10 to +50).
    Of exposed people who spoke 56 of 70 (80 %) are negative against 48 of 80 (60 %) of the control: +20 points (95 % CI +5 to +33); of all people of an arm, exposed ones were 1.3× as likely (95 % CI 1.1-1.6) to turn negative, compared within stage and segment.
    At 25 %, 30 of 90 (33 %) are negative; at 5 %, 10 of 60 (17 %): 2.0× as likely (95 % CI 1.1-3.8), compared within segment and channel.
    Lately 42 % are negative (the last day weighs most; like 20 people).
    People who met error_timeout were 3.1× more likely (95 % CI 2.0-4.8) to be negative (n = 412 with it, q < 0.001, compared within stage and segment).
    People negative by day 3 were 11 points less likely to come back by day 14 (95 % CI -17 to -5; 240 against 3100 people).
    120 of 400 exposed people used it (checkout: 30 %, 95 % CI 26-35 %).
    order: +0.6096 per exposed person against the control (95 % CI +0.3079 to +0.9113; 300 against 900 people, adjusted by what they did before).
    Feedback within 2 h of bad hours of p95 was more often negative (odds ratio 2.4, p = 0.004, 61 of 140 statements; it goes 1 h before). They move together; the rollout may drive both.
    “theme t1” is told much more often than usual: 40 of 200 (20 %) against 3 % usual; evidence 148:1.
    “theme t1” and “theme t2” come from the same people 12.5× as often as chance has it (30 people in both, odds ratio 25.6, 95 % CI 15.6-42.0).
    40 of 400 exposed people spoke; were the silent a quarter, half or just as likely to be negative, it would be 12, 17 or 30 % of all; weighted to the segments' sizes 28 % (95 % CI 15-40 %).
    At 100 % 31 % negative are to be expected (90 %: 22-42 %); chance above 35 %: 24 %; based on 60 people and 12 past rollouts.
    “theme t1”: priority 30 of 100, at least 462 people at 100 %.
    "#);
}

#[test]
fn what_chance_explains_is_said_with_what_would_have_been_seen() {
    let what = What::AgainstControl {
        exposed: of(5, 20),
        control: of(4, 20),
        difference: interval(0.05, -0.2, 0.3),
        ratio: None,
    };
    let mut quiet = finding(what, Standing::Chance);
    assert!(
        line(&quiet, &theme).ends_with("(95 % CI -20 to +30); chance alone could explain it."),
        "{}",
        line(&quiet, &theme)
    );
    quiet.detectable = Some(0.38);
    assert!(line(&quiet, &theme).ends_with("; a shift of 38 points or more would have been seen by now."));
}

#[test]
fn too_few_are_said_to_be_too_few_with_how_many_it_takes() {
    let few = Finding {
        subject: "error_timeout".into(),
        what: None,
        kind: "event".into(),
        standing: Standing::TooFew { of: "people who met it".into(), have: 3, need: 20 },
        detectable: None,
        evidence: Evidence::default(),
    };
    assert_eq!(
        line(&few, &theme),
        "People who met error_timeout: too few to compare, 3 people who met it of the 20 that it takes."
    );
}

#[test]
fn an_alarm_that_does_not_count_says_why_and_is_not_loud() {
    let mut what = alarm(Against::Control, Some(interval(2.0, 1.2, 3.0)), None);
    if let What::Alarm { unreliable, .. } = &mut what {
        *unreliable = Some("the allocation does not match the plan".into());
    }
    let said = finding(what, Standing::Told);
    assert!(line(&said, &theme).ends_with(". Not reliable: the allocation does not match the plan."));
    let Some(Block::Bullets(items)) = bullets(&[said], 9, &theme) else { panic!("a list") };
    assert!(matches!(items[0].as_slice(), [Inline::Text(_)]), "{items:?}");
}

#[test]
fn an_alarm_names_whom_it_is_about() {
    let about = |subject: &str, at_least: Option<f64>| {
        let mut what = alarm(Against::Control, at_least.is_none().then(|| interval(3.0, 1.5, 6.0)), None);
        if let What::Alarm { at_least: low, .. } = &mut what {
            *low = at_least;
        }
        line(&Finding { subject: subject.into(), ..finding(what, Standing::Told) }, &theme)
    };
    for (subject, at_least, says) in [
        (
            "event/error_timeout",
            None,
            "People who met error_timeout send negative feedback 3.0× as often as those who did not",
        ),
        ("segment/pro", None, "Exposed people of pro send negative feedback 3.0× as often as the control"),
        ("rollout", Some(2.7), "Exposed people send negative feedback at least 2.7× as often as the control (95 %,"),
    ] {
        assert!(about(subject, at_least).starts_with(says), "{}", about(subject, at_least));
    }
}

#[test]
fn a_loud_alarm_leads_with_its_grade_and_is_not_told_twice() {
    let loud = finding(alarm(Against::Usual, None, Some((0.34, 0.25))), Standing::Told);
    let chance = finding(What::Trend { share: 0.2, weight: 10.0 }, Standing::Chance);
    let told = finding(What::Trend { share: 0.3, weight: 10.0 }, Standing::Told);
    let all = [chance, told, loud];
    let paragraphs = alarms(&all);
    let [Block::Paragraph(words)] = paragraphs.as_slice() else { panic!("a paragraph") };
    assert_eq!(words[0], Inline::Strong("Alert:".into()));
    let Some(Block::Bullets(items)) = bullets(&all, 9, &theme) else { panic!("a list") };
    assert_eq!(items.len(), 2);
    assert!(
        matches!(&items[0][0], Inline::Text(t) if t.starts_with("Lately 30 %")),
        "what tells something comes first"
    );
    let Some(Block::Bullets(items)) = bullets(&all, 1, &theme) else { panic!("a list") };
    assert_eq!(items[1], [Inline::Emph("1 more are not shown".into())]);
    assert!(bullets(&[], 9, &theme).is_none());
}

#[test]
fn arms_stand_side_by_side() {
    let what = What::AgainstControl {
        exposed: of(56, 70),
        control: of(16, 80),
        difference: interval(0.6, 0.45, 0.7),
        ratio: None,
    };
    let Some(Block::Bullets(rows)) = arms(&[finding(what, Standing::Told)]) else { panic!("a picture") };
    assert_eq!(rows[0], [Inline::Text("🟥🟥🟥🟥🟥🟥🟥🟥⬜⬜ 56 of 70 (80 %) negative in exposed people".into())]);
    assert_eq!(rows[1], [Inline::Text("🟥🟥⬜⬜⬜⬜⬜⬜⬜⬜ 16 of 80 (20 %) negative in the control".into())]);
}

#[test]
fn no_line_says_caused() {
    for name in ["caused", "because of", "due to"] {
        assert!(!include_str!("../findings.rs").contains(&format!("{name} ")), "{name}");
    }
}
