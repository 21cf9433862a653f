//! Which tickets are wanted, and why each other one is not.
use std::collections::BTreeMap;

use hearback::domain::annotation::{Intent, Sentiment};
use hearback::domain::handling::Handling;
use hearback::domain::policy::{Policy, TicketMode};
use hearback::domain::repo::RepoName;
use hearback::domain::suggestion::{Answer, Said};
use hearback::domain::tally::Tally;
use hearback::domain::theme::{Theme, ThemeVector};
use hearback::domain::ticket::{Severity, Ticket, TicketState, TrackerName};
use hearback::domain::window::{Window, WindowState};
use hearback::id::{RolloutId, ThemeId, TicketId};
use hearback::plan::tickets::{Decision, Picture, Verdict, Why, may_file, plan, severity};
use proptest::prelude::*;

use super::START;

fn tally(negative: i64, positive: i64) -> Tally {
    Tally { negative, positive, ..Tally::default() }
}

fn theme(id: &str, intent: Intent, tally: Tally, confidence: f64) -> Theme {
    Theme {
        id: ThemeId(id.into()),
        name: id.into(),
        named_at: 0,
        vector: ThemeVector::default(),
        into: None,
        tally,
        intents: BTreeMap::from([(intent, tally.people())]),
        confidence_sum: confidence * tally.people() as f64,
        quarters: BTreeMap::new(),
        first_at: START,
        last_at: START,
    }
}

fn ticket(theme: Option<&str>, tracker: TrackerName, state: TicketState) -> Ticket {
    Ticket {
        id: TicketId(format!("tk_{theme:?}_{tracker:?}")),
        rollout: RolloutId("ro_1".into()),
        theme: theme.map(|t| ThemeId(t.into())),
        tracker,
        target: "old/place".into(),
        state,
        key: None,
        url: None,
        comment: None,
        section_hash: None,
        quotes_hash: None,
        written_at: None,
        error: None,
        created_at: START,
        handling: Handling::default(),
    }
}

fn window(state: WindowState) -> Window {
    Window { state, ..Window::unborn(RolloutId("ro_1".into())) }
}

/// The decision about a theme in the local tracker.
fn about(theme: &Theme, policy: &Policy, before: &[Ticket]) -> Option<Decision> {
    let picture = Picture {
        policy,
        watched: true,
        repo: None,
        jira_project: None,
        window: &window(WindowState::Open),
        tally: theme.tally,
        themes: std::slice::from_ref(theme),
        tickets: before,
        answers: &[],
        returned: &[],
    };
    plan(&picture).into_iter().find(|d| d.theme.is_some())
}

#[test]
fn a_theme_becomes_a_ticket_by_people_feeling_certainty_and_mode() {
    use Intent::{Bug, Praise, Request};
    use TicketMode::{Approve, Auto, Off, Suggest};
    let enough = Why::EnoughPeople { people: 5, min: 5 };
    let few = Why::TooFewPeople { people: 4, min: 5 };
    let yes = Why::WantsApproval { people: 5 };
    for (mode, intent, tally, confidence, wanted) in [
        (Auto, Bug, tally(5, 0), 0.9, Some((Verdict::File, enough.clone()))),
        (Auto, Bug, tally(4, 0), 0.9, Some((Verdict::Skip, few))),
        (Auto, Bug, tally(1, 0), 0.9, None),
        (Auto, Bug, tally(5, 0), 0.29, Some((Verdict::Skip, Why::Unsure { confidence: 0.29, min: 0.3 }))),
        (Auto, Bug, tally(5, 0), 0.31, Some((Verdict::File, enough.clone()))),
        (Auto, Praise, tally(1, 4), 0.9, Some((Verdict::Skip, Why::Praise { people: 5 }))),
        // Happy people who ask for something are heard; so are unhappy ones whose words pass for praise.
        (Auto, Request, tally(0, 5), 0.9, Some((Verdict::File, enough.clone()))),
        (Auto, Praise, tally(5, 0), 0.9, Some((Verdict::File, enough))),
        (Suggest, Bug, tally(5, 0), 0.9, Some((Verdict::Suggest, yes.clone()))),
        (Approve, Bug, tally(5, 0), 0.9, Some((Verdict::Suggest, yes))),
        (Off, Bug, tally(5, 0), 0.9, Some((Verdict::Skip, Why::SwitchedOff))),
    ] {
        let policy = Policy { tickets: mode, ..Policy::default() };
        let got = about(&theme("th", intent, tally, confidence), &policy, &[]).map(|d| (d.verdict, d.why));
        let told = |d: Option<(Verdict, Why)>| d.map(|(v, w)| (v, w.sentence(), w.evidence().to_string()));
        assert_eq!(told(got), told(wanted), "{mode:?} {intent:?} {tally:?} {confidence}");
    }
}

#[test]
fn what_was_done_before_decides() {
    for (state, verdict, why) in [
        (TicketState::Wanted, Verdict::Keep, Why::OnItsWay),
        (TicketState::Filed, Verdict::Keep, Why::FiledBefore),
        (TicketState::Dismissed, Verdict::Skip, Why::DeletedByPerson),
        (TicketState::Failed, Verdict::Skip, Why::FailedBefore),
    ] {
        for mode in [TicketMode::Off, TicketMode::Auto] {
            for people in [0, 1, 50] {
                let policy = Policy { tickets: mode, ..Policy::default() };
                let before = [ticket(Some("th"), TrackerName::Local, state)];
                let got = about(&theme("th", Intent::Bug, tally(people, 0), 0.9), &policy, &before).unwrap();
                let target = got.target.as_str();
                assert_eq!(
                    (got.verdict, &got.why, target),
                    (verdict, &why, "old/place"),
                    "{state:?} {mode:?} {people}"
                );
            }
        }
    }
    // A ticket elsewhere, or on something else, decides nothing here.
    for other in [
        ticket(Some("th"), TrackerName::Jira, TicketState::Filed),
        ticket(None, TrackerName::Local, TicketState::Dismissed),
    ] {
        let got = about(&theme("th", Intent::Bug, tally(5, 0), 0.9), &Policy::default(), &[other]).unwrap();
        assert_eq!(got.verdict, Verdict::File);
    }
}

#[test]
fn a_report_tells_what_was_heard_and_at_the_end_that_nothing_was() {
    for (mode, people, state, verdict, why) in [
        (TicketMode::Auto, 0, WindowState::Open, Verdict::Skip, Why::NothingHeard),
        (TicketMode::Auto, 0, WindowState::Closing, Verdict::Skip, Why::NothingHeard),
        (TicketMode::Auto, 0, WindowState::Closed, Verdict::File, Why::EndWithoutSignal),
        (TicketMode::Auto, 0, WindowState::Cancelled, Verdict::Skip, Why::NothingHeard),
        (TicketMode::Auto, 1, WindowState::Open, Verdict::File, Why::SomethingHeard { people: 1 }),
        (TicketMode::Suggest, 1, WindowState::Open, Verdict::File, Why::SomethingHeard { people: 1 }),
        (TicketMode::Approve, 0, WindowState::Closed, Verdict::File, Why::EndWithoutSignal),
        (TicketMode::Off, 9, WindowState::Closed, Verdict::Skip, Why::SwitchedOff),
    ] {
        let policy = Policy { tickets: mode, ..Policy::default() };
        let picture = Picture {
            policy: &policy,
            watched: true,
            repo: None,
            jira_project: None,
            window: &window(state),
            tally: tally(people, 0),
            themes: &[],
            tickets: &[],
            answers: &[],
            returned: &[],
        };
        let got = plan(&picture);
        assert_eq!(got.len(), 1);
        assert_eq!((got[0].verdict, &got[0].why), (verdict, &why), "{mode:?} {people} {state:?}");
    }
}

#[test]
fn a_tracker_that_does_not_know_where_says_what_to_set() {
    let own = RepoName::parse("acme/shop").unwrap();
    let fallback = RepoName::parse("acme/inbox").unwrap();
    let trackers = vec![TrackerName::GitHub, TrackerName::Jira, TrackerName::Local];
    let quiet = Policy { trackers: trackers.clone(), ..Policy::default() };
    let sorted = Policy { trackers, repository: Some(fallback), ..Policy::default() };
    let closed = window(WindowState::Closed);
    let targets = |policy: &Policy, repo: Option<&RepoName>, jira_project: Option<&str>| -> Vec<String> {
        let tally = Tally::default();
        let (themes, tickets, answers, returned) = (&[], &[], &[], &[]);
        let watched = true;
        let picture =
            Picture { policy, watched, repo, jira_project, window: &closed, tally, themes, tickets, answers, returned };
        let said = |d: Decision| if d.verdict == Verdict::File { d.target } else { d.why.sentence() };
        plan(&picture).into_iter().map(said).collect()
    };
    assert_eq!(targets(&sorted, Some(&own), Some("SHOP")), ["acme/shop", "SHOP", ""]);
    assert_eq!(targets(&sorted, None, Some("SHOP")), ["acme/inbox", "SHOP", ""]);
    let (repository, project) = (
        "no repository is known for this rollout; set policy.repository",
        "no Jira project is known; set jira.project",
    );
    assert_eq!(targets(&quiet, None, None), [repository, project, ""]);
}

#[test]
fn severity_follows_what_people_want_how_they_feel_and_how_many_they_are() {
    use Intent::{Bug, Other, Praise, Question, Request, Usability};
    use Severity::{High, Low, Medium};
    for (intent, unhappy, happy, grade) in [
        (Bug, 3, 3, High),
        (Bug, 2, 4, Medium),
        (Usability, 6, 0, Medium),
        (Usability, 0, 6, Medium),
        (Request, 6, 0, Medium),
        (Request, 0, 6, Low),
        (Question, 1, 5, Low),
        (Other, 3, 2, Medium),
        (Praise, 0, 6, Low),
        // Four times the people that were asked for: one grade more.
        (Bug, 5, 15, High),
        (Usability, 0, 20, High),
        (Request, 0, 20, Medium),
        (Request, 0, 19, Low),
        (Bug, 20, 0, High),
    ] {
        let theme = theme("th", intent, tally(unhappy, happy), 0.9);
        assert_eq!(severity(&theme, &Policy::default()), grade, "{intent:?} {unhappy} {happy}");
    }
    let empty = theme("th", Bug, Tally::default(), 0.0);
    assert_eq!((empty.intent(), severity(&empty, &Policy::default())), (None, Low));
}

fn answer(theme: &ThemeId, said: Said, people: i64) -> Answer {
    Answer { theme: theme.clone(), said, actor: "ada".into(), reason: "known".into(), people, at: START }
}

#[test]
fn what_a_person_said_stands_until_enough_new_people_say_it() {
    use TicketMode::{Approve, Auto, Off, Suggest};
    let said_yes = || Why::SaidYes { actor: "ada".into() };
    let refused = || Why::Refused { actor: "ada".into(), reason: "known".into(), min: 5 };
    let again = |fresh| Why::OfferedAgain { actor: "ada".into(), fresh };
    for (mode, said, then, now, wanted) in [
        (Suggest, Said::Yes, 5, 5, (Verdict::File, said_yes())),
        (Approve, Said::Yes, 5, 2, (Verdict::File, said_yes())),
        (Off, Said::Yes, 5, 5, (Verdict::Skip, Why::SwitchedOff)),
        (Suggest, Said::No, 5, 5, (Verdict::Skip, refused())),
        (Suggest, Said::No, 5, 9, (Verdict::Skip, refused())),
        (Suggest, Said::No, 5, 10, (Verdict::Suggest, again(5))),
        (Suggest, Said::No, 9, 5, (Verdict::Skip, refused())),
        // After a person's no, a person says yes.
        (Auto, Said::No, 5, 9, (Verdict::Skip, refused())),
        (Auto, Said::No, 5, 12, (Verdict::Suggest, again(7))),
        (Off, Said::No, 5, 12, (Verdict::Skip, Why::SwitchedOff)),
        (Suggest, Said::TakenBack, 5, 6, (Verdict::Suggest, Why::WantsApproval { people: 6 })),
        (Auto, Said::TakenBack, 5, 6, (Verdict::File, Why::EnoughPeople { people: 6, min: 5 })),
    ] {
        let theme = theme("th", Intent::Bug, tally(now, 0), 0.9);
        let policy = Policy { tickets: mode, ..Policy::default() };
        let answers = [answer(&theme.id, said, then)];
        let picture = Picture {
            policy: &policy,
            watched: true,
            repo: None,
            jira_project: None,
            window: &window(WindowState::Open),
            tally: theme.tally,
            themes: std::slice::from_ref(&theme),
            tickets: &[],
            answers: &answers,
            returned: &[],
        };
        let decision = plan(&picture).into_iter().find(|d| d.theme.is_some()).expect("a decision");
        assert_eq!((decision.verdict, decision.why), wanted, "{mode:?} {said:?} {then} {now}");
    }
}

#[test]
fn what_was_planned_under_other_rules_is_filed_by_those_of_now() {
    use TicketMode::{Approve, Auto, Off, Suggest};
    let id = hearback::id::ThemeId("th".into());
    for (mode, watched, of_theme, said, wanted) in [
        (Auto, true, true, None, true),
        (Auto, true, false, None, true),
        (Auto, false, true, None, false),
        (Auto, false, true, Some(Said::Yes), true),
        (Off, true, true, None, false),
        (Off, true, false, None, false),
        (Off, true, true, Some(Said::Yes), true),
        (Suggest, true, false, None, true),
        (Suggest, true, true, None, false),
        (Suggest, true, true, Some(Said::No), false),
        (Approve, true, true, Some(Said::Yes), true),
        (Approve, false, false, None, false),
    ] {
        let policy = Policy { tickets: mode, ..Policy::default() };
        let answers: Vec<Answer> = said.map(|said| answer(&id, said, 1)).into_iter().collect();
        let may = may_file(&policy, watched, of_theme.then_some(&id), &answers);
        assert_eq!(may, wanted, "{mode:?} {watched} {of_theme} {said:?}");
    }
}

/// What the store makes of a plan: every ticket that is to be filed is wanted from then on.
fn carried_out(decisions: &[Decision], mut tickets: Vec<Ticket>) -> Vec<Ticket> {
    for d in decisions.iter().filter(|d| d.verdict == Verdict::File) {
        let mut wanted = ticket(d.theme.as_ref().map(ThemeId::as_str), d.tracker, TicketState::Wanted);
        wanted.target.clone_from(&d.target);
        tickets.push(wanted);
    }
    tickets
}

proptest! {
    #[test]
    fn planning_is_a_fixpoint_and_every_subject_is_decided_once(
        drawn in prop::collection::vec((0_usize..6, 0_i64..12, 0_i64..12, 0.0..1.0_f64), 0..8),
        filed in prop::collection::vec((0_usize..8, 0_usize..3, 0_usize..4), 0..6),
        mode in prop_oneof![Just(TicketMode::Off), Just(TicketMode::Suggest), Just(TicketMode::Auto)],
        (repo, jira, closed) in any::<(bool, bool, bool)>(),
        said in prop::collection::vec((0_usize..8, 0_usize..3, 0_i64..12), 0..4),
    ) {
        let trackers = [TrackerName::GitHub, TrackerName::Jira, TrackerName::Local];
        let states = [TicketState::Wanted, TicketState::Filed, TicketState::Dismissed, TicketState::Failed];
        let themes: Vec<Theme> = drawn.iter().enumerate()
            .map(|(i, (intent, n, p, c))| theme(&format!("th_{i}"), Intent::ALL[*intent], tally(*n, *p), *c)).collect();
        let mut before: Vec<Ticket> = Vec::new();
        for (t, tracker, state) in filed {
            let subject = themes.get(t).map(|t| t.id.as_str());
            if before.iter().all(|b| (b.tracker, b.subject()) != (trackers[tracker], subject.unwrap_or("report"))) {
                before.push(ticket(subject, trackers[tracker], states[state]));
            }
        }
        let answers: Vec<Answer> = said.iter()
            .filter_map(|(t, s, people)| Some(answer(&themes.get(*t)?.id, [Said::Yes, Said::No, Said::TakenBack][*s], *people)))
            .collect();
        let policy = Policy { tickets: mode, trackers: trackers.to_vec(), ..Policy::default() };
        let name = RepoName::parse("acme/shop").filter(|_| repo);
        let window = window(if closed { WindowState::Closed } else { WindowState::Open });
        let mut tally = Tally::default();
        for t in &themes {
            for s in Sentiment::ALL { tally.add(s, t.tally.of(s)); }
        }
        let picture = Picture {
            policy: &policy, watched: true, repo: name.as_ref(), jira_project: jira.then_some("SHOP"), window: &window, tally,
            themes: &themes, tickets: &before, answers: &answers, returned: &[],
        };
        let first = plan(&picture);
        prop_assert_eq!(&plan(&picture), &first);
        let mut subjects: Vec<_> = first.iter().map(|d| (d.tracker, d.theme.clone())).collect();
        let all = subjects.len();
        subjects.sort();
        subjects.dedup();
        prop_assert_eq!(subjects.len(), all, "decided twice");
        let after = carried_out(&first, before.clone());
        let second = plan(&Picture { tickets: &after, ..picture });
        prop_assert!(second.iter().all(|d| d.verdict != Verdict::File), "filed twice: {:?}", second);
        for (a, b) in first.iter().zip(&second) {
            let kept = if a.verdict == Verdict::File { (Verdict::Keep, &a.target) } else { (a.verdict, &a.target) };
            prop_assert_eq!(kept, (b.verdict, &b.target));
        }
    }
}
