use super::*;
use crate::domain::annotation::{Annotation, Details, Intent, Sentiment};
use crate::domain::pattern::Pattern;
use crate::domain::policy::TicketMode;
use crate::domain::rollout::Stage;
use crate::domain::signal::{About, Exposure, Subject};
use crate::domain::ticket::TrackerName;
use crate::id::{FeedbackId, RolloutId};
use crate::time::{DAY_MS, HOUR_MS};

const BEGAN: UnixMs = UnixMs(100 * DAY_MS);

fn rollout(rolled_back: Option<UnixMs>) -> Rollout {
    let stage = Stage {
        name: "25 %".into(),
        exposure: Exposure::Some,
        from: BEGAN,
        until: None,
        by: crate::domain::flag::Hand::default(),
    };
    Rollout {
        id: RolloutId("ro_1".into()),
        subject: Subject::Flag {
            platform: "generic".into(),
            project: String::new(),
            environment: "production".into(),
            flag: "new-checkout".into(),
        },
        generation: 1,
        parent: None,
        started_at: Some(BEGAN),
        stages: vec![stage],
        full_since: None,
        ended: rolled_back.map(|at| (at, End::RolledBack)),
        about: About::default(),
    }
}

/// Somebody says, so many hours after the begin, that the checkout crashes.
fn crash(n: i64) -> Feedback {
    Feedback {
        id: FeedbackId(format!("fb_{n:03}")),
        rollout: Some(RolloutId("ro_1".into())),
        person: format!("p_{n}"),
        anonymous: false,
        text: Some("it crashes".into()),
        rating: None,
        variant: None,
        attributes: BTreeMap::new(),
        channel: "api".into(),
        occurred_at: BEGAN.plus(n * HOUR_MS),
        annotation: Some(Annotation {
            language: "en".into(),
            sentiment: Sentiment::Negative,
            score: -0.8,
            confidence: 0.9,
            intent: Intent::Bug,
            intent_confidence: 0.9,
            spam: false,
            fingerprint: 0,
            engine: "test".into(),
            details: Details::default(),
        }),
        theme: Some(ThemeId("th_1".into())),
    }
}

fn past(people: i64, rolled_back: Option<i64>) -> Past {
    Past {
        rollout: rollout(rolled_back.map(|h| BEGAN.plus(h * HOUR_MS))),
        home: RepoName::parse("acme/shop"),
        said: (1..=people).rev().map(crash).collect(),
    }
}

fn policy() -> Policy {
    Policy { trackers: vec![TrackerName::GitHub], ..Policy::default() }
}

fn said(policy: &Policy, past: &[Past]) -> String {
    Preview::of(policy, past, None, 90, BEGAN.plus(20 * DAY_MS)).sentence()
}

#[test]
fn a_policy_tells_what_it_would_have_filed() {
    assert_eq!(said(&policy(), &[]), "There is no rollout of the last 90 days on which this policy can be tried.");
    let all = [past(6, Some(12)), past(4, None)];
    assert_eq!(
        said(&policy(), &all),
        "This policy would have filed 3 issues in the last 90 days, 2 of them before the rollback."
    );
    let eager = Policy { min_people: 3, ..policy() };
    assert_eq!(
        said(&eager, &all),
        "This policy would have filed 4 issues in the last 90 days, 2 of them before the rollback."
    );
    let off = Policy { tickets: TicketMode::Off, ..policy() };
    assert_eq!(said(&off, &all), "This policy would have filed 0 issues in the last 90 days.");
    let asking = Policy { tickets: TicketMode::Suggest, ..policy() };
    assert_eq!(
        said(&asking, &all),
        "This policy would have filed 2 issues in the last 90 days, 1 of them before the rollback. \
         In the report 1 theme would have waited for a yes."
    );
    let deaf = Policy { flags: Some(vec![Pattern("old-*".into())]), ..policy() };
    assert_eq!(
        said(&deaf, &all),
        "This policy would have filed 0 issues in the last 90 days. It does not watch 2 of 2 rollouts."
    );
    let both = Policy { trackers: vec![TrackerName::GitHub, TrackerName::Local], ..policy() };
    assert_eq!(
        said(&both, &all),
        "This policy would have filed 6 issues in the last 90 days, 4 of them before the rollback."
    );
}

#[test]
fn a_ticket_is_filed_when_the_last_person_who_is_asked_for_speaks() {
    let outcome = replay(&past(6, Some(5)), &policy(), None, BEGAN.plus(DAY_MS));
    let hours: Vec<i64> = outcome.filed.iter().map(|w| w.at.since(BEGAN) / HOUR_MS).collect();
    assert_eq!(hours, [1], "the report; the fifth person spoke when it was taken back already");
    let outcome = replay(&past(6, Some(6)), &policy(), None, BEGAN.plus(DAY_MS));
    let told: Vec<(bool, i64)> =
        outcome.filed.iter().map(|w| (w.theme.is_some(), w.at.since(BEGAN) / HOUR_MS)).collect();
    assert_eq!(told, [(false, 1), (true, 5)]);
}

#[test]
fn who_speaks_after_the_window_counts_no_more() {
    let short = Policy { window_ms: 3 * HOUR_MS, ..policy() };
    let outcome = replay(&past(6, None), &short, None, BEGAN.plus(DAY_MS));
    assert_eq!(outcome.filed.len(), 1, "{outcome:?}");
    let few = Policy { min_people: 2, ..short };
    assert_eq!(replay(&past(6, None), &few, None, BEGAN.plus(DAY_MS)).filed.len(), 2);
}

#[test]
fn a_quiet_rollout_has_its_end_reported() {
    let outcome = replay(&past(0, None), &policy(), None, BEGAN.plus(20 * DAY_MS));
    assert_eq!(outcome.filed.len(), 1);
    assert_eq!(replay(&past(0, None), &policy(), None, BEGAN.plus(DAY_MS)).filed, []);
}
