use proptest::prelude::*;

use super::*;
use crate::analysis::alarm::cells::{
    Allocation, ArmCell, Baseline, BaselineCell, Linkage, Linked, Said, ShareCell, Span, Stratum,
};

fn stratum(stage: &str) -> Stratum {
    Stratum { stage: stage.into(), segment: "pro".into(), channel: "widget".into() }
}

fn said(negative: u64) -> Said {
    Said { negative, positive: 0 }
}

fn baseline() -> Baseline {
    let span = Span { people: 20, said: said(5) };
    Baseline {
        cells: vec![BaselineCell {
            segment: "pro".into(),
            channel: "widget".into(),
            people: 2_000,
            said: Said { negative: 500, positive: 600 },
        }],
        days: vec![span; 28],
        windows: Vec::new(),
    }
}

fn share_cell(epoch: u32, people: u64, negative: u64) -> ShareCell {
    ShareCell { epoch, stratum: stratum("all"), people, said: said(negative) }
}

fn arm_cell(epoch: u32, exposed: u64, control: u64) -> ArmCell {
    ArmCell { epoch, stratum: stratum("25 %"), exposed: said(exposed), control: said(control) }
}

fn quarter() -> Allocation {
    Allocation {
        stage: "25 %".into(),
        segment: "pro".into(),
        planned: 0.25,
        exposed: 2_500,
        control: 7_500,
        ..Allocation::default()
    }
}

fn worse(picture: &Picture) -> Verdict {
    evaluate(&AlarmRules::default(), picture, Side::Worse, 0, 0)
}

#[test]
fn an_empty_window_is_no_alarm() {
    let verdict = worse(&Picture { baseline: baseline(), ..Picture::default() });
    assert_eq!((verdict.grade, verdict.ln_e, verdict.people), (Grade::None, 0.0, 0));
    let verdict = worse(&Picture::default());
    assert_eq!((verdict.grade, verdict.ln_e), (Grade::None, 0.0));
    assert_eq!(verdict.guards, [Guard::NoBaseline]);
}

#[test]
fn five_of_five_is_an_alert_and_four_of_four_a_watch() {
    let of = |people| {
        worse(&Picture { shares: vec![share_cell(0, people, people)], baseline: baseline(), ..Picture::default() })
    };
    assert_eq!((of(5).grade, of(4).grade), (Grade::Alert, Grade::Watch));
}

#[test]
fn a_share_that_jumps_is_told_with_where_it_began() {
    let shares = (0..8).map(|e| share_cell(e, 40, if e < 5 { 10 } else { 24 })).collect();
    let verdict = worse(&Picture { shares, baseline: baseline(), ..Picture::default() });
    assert_eq!((verdict.grade, verdict.process), (Grade::Critical, Process::Share));
    assert!(verdict.starts[5] > 0.5, "{:?}", verdict.starts);
    let share = verdict.share.expect("a share");
    assert_eq!((share.people, share.hits), (320, 122));
    assert!((share.usual.expect("a baseline") - 0.25).abs() < 0.001);
}

#[test]
fn exposed_people_who_complain_more_are_told_with_the_ratio() {
    let arms = (0..4).map(|e| arm_cell(e, 20, 25)).collect();
    let verdict = worse(&Picture { arms, allocations: vec![quarter()], ..Picture::default() });
    assert_eq!((verdict.grade, verdict.process, verdict.people), (Grade::Critical, Process::Label, 80));
    let ratio = verdict.rate_ratio.expect("arms");
    assert!(ratio.low > 1.3 && ratio.ratio.is_some_and(|r| (r - 2.4).abs() < 0.01), "{ratio:?}");
}

#[test]
fn with_everybody_exposed_arms_say_nothing() {
    let all = Allocation { stage: "25 %".into(), segment: "pro".into(), planned: 1.0, ..Allocation::default() };
    let verdict = worse(&Picture { arms: vec![arm_cell(0, 500, 0)], allocations: vec![all], ..Picture::default() });
    assert_eq!((verdict.grade, verdict.ln_e_label), (Grade::None, None));
}

#[test]
fn an_allocation_that_is_not_as_planned_silences_the_arms() {
    let wrong = Allocation { exposed: 5_000, control: 5_000, ..quarter() };
    let verdict = worse(&Picture { arms: vec![arm_cell(0, 200, 200)], allocations: vec![wrong], ..Picture::default() });
    assert_eq!((verdict.grade, verdict.ln_e_label), (Grade::None, None));
    assert!(matches!(&verdict.guards[0], Guard::Allocation { stage, .. } if stage == "25 %"));
}

#[test]
fn a_channel_with_uneven_linkage_is_left_out() {
    let linkage = Linkage {
        channel: "widget".into(),
        exposed: Linked { linked: 195, all: 200 },
        control: Linked { linked: 80, all: 200 },
    };
    let picture = Picture {
        arms: vec![arm_cell(0, 200, 200)],
        allocations: vec![quarter()],
        linkage: vec![linkage],
        ..Picture::default()
    };
    let verdict = worse(&picture);
    assert_eq!((verdict.grade, verdict.ln_e_label), (Grade::None, Some(0.0)));
    assert!(matches!(&verdict.guards[0], Guard::Linkage { channel, .. } if channel == "widget"));
}

#[test]
fn with_both_the_evidence_is_their_mean() {
    let picture = Picture {
        arms: vec![arm_cell(0, 20, 25)],
        shares: vec![share_cell(0, 100, 45)],
        baseline: baseline(),
        allocations: vec![quarter()],
        ..Picture::default()
    };
    let v = worse(&picture);
    let (label, share) = (v.ln_e_label.expect("arms"), v.ln_e_share.expect("a share"));
    assert_eq!(v.process, Process::Both);
    assert!((v.ln_e.exp() - f64::midpoint(label.exp(), share.exp())).abs() < 1e-6 * v.ln_e.exp());
}

#[test]
fn a_channel_of_which_nothing_is_known_is_not_judged() {
    let mut new = share_cell(0, 50, 50);
    new.stratum.channel = "mail".into();
    let verdict = worse(&Picture { shares: vec![new], baseline: baseline(), ..Picture::default() });
    assert_eq!(verdict.grade, Grade::None);
    assert_eq!(verdict.guards, [Guard::Unjudged { people: 50 }]);
}

#[test]
fn without_a_baseline_a_change_within_the_window_shows() {
    let shares = |late| (0..10).map(|e| share_cell(e, 60, if e < 6 { 15 } else { late })).collect();
    let of = |late| worse(&Picture { shares: shares(late), ..Picture::default() });
    assert_eq!((of(15).grade, of(40).grade), (Grade::None, Grade::Critical));
}

#[test]
fn without_a_baseline_any_share_that_stays_is_usual() {
    for per_epoch in [3, 20, 1_000] {
        for percent in [0, 2, 50, 90, 97, 100] {
            let shares = (0..14).map(|e| share_cell(e, per_epoch, per_epoch * percent / 100)).collect();
            let verdict = worse(&Picture { shares, ..Picture::default() });
            assert!(verdict.grade == Grade::None, "{per_epoch} {percent}: {verdict:?}");
            assert_eq!(verdict.starts.len(), 14);
        }
    }
}

#[test]
fn praise_is_seen_by_the_mirror() {
    let mut cell = share_cell(0, 200, 20);
    cell.said.positive = 130;
    let picture = Picture { shares: vec![cell], baseline: baseline(), ..Picture::default() };
    let better = evaluate(&AlarmRules::default(), &picture, Side::Better, 0, 0);
    assert_eq!((better.grade, worse(&picture).grade), (Grade::Critical, Grade::None));
}

#[test]
fn armed_anew_only_later_epochs_count() {
    let shares: Vec<ShareCell> = (0..6).map(|e| share_cell(e, 40, if e < 3 { 40 } else { 10 })).collect();
    let picture = Picture { shares, baseline: baseline(), ..Picture::default() };
    let rules = AlarmRules::default();
    assert_eq!(evaluate(&rules, &picture, Side::Worse, 0, 0).grade, Grade::Critical);
    let anew = evaluate(&rules, &picture, Side::Worse, 3, 1);
    assert_eq!((anew.grade, anew.starts.len(), anew.people), (Grade::None, 3, 30));
}

fn cells() -> impl Strategy<Value = Vec<ShareCell>> {
    let cell = (0_u32..14, 0_u64..50, 0_u64..50, 0_usize..3).prop_map(|(epoch, a, b, segment)| {
        let mut cell = share_cell(epoch, a.max(b), a.min(b));
        ["pro", "free", "team"][segment].clone_into(&mut cell.stratum.segment);
        cell
    });
    prop::collection::vec(cell, 0..30)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn order_and_parts_of_cells_do_not_show(mut shares in cells(), cut in 0_usize..30) {
        let whole = worse(&Picture { shares: shares.clone(), baseline: baseline(), ..Picture::default() });
        shares.reverse();
        if let Some(cell) = shares.get(cut).cloned() {
            // One cell comes in two parts.
            let half = ShareCell { people: cell.people / 2, said: said(cell.said.negative / 2), ..cell.clone() };
            shares.push(ShareCell {
                people: cell.people - half.people,
                said: said(cell.said.negative - half.said.negative),
                ..cell
            });
            shares[cut] = half;
        }
        prop_assert_eq!(whole, worse(&Picture { shares, baseline: baseline(), ..Picture::default() }));
    }
}
