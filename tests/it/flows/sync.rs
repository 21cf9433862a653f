//! What people do with tickets: closed, opened again, left alone, moved, and kept in step in two trackers.

use hearback::domain::handling::Resolution;
use hearback::domain::ticket::{Ticket, TrackerName};
use hearback::flagapi::Platforms;
use hearback::store::tickets;
use hearback::time::{HOUR_MS, MINUTE_MS};
use serde_json::json;

use super::house::{FIVE, GENERIC_SECRET, House, TAG};
use crate::databases::{Kind, on_both};
use crate::service::HOOK_SECRET;
use crate::worlds::jira::{Call as JiraCall, EMAIL, FakeJira, Flavour, TOKEN};

on_both![
    a_closed_issue_is_opened_again_when_enough_others_say_it,
    an_issue_that_is_not_planned_is_left_alone_until_somebody_opens_it,
    what_people_do_is_kept_among_the_decisions,
    a_transferred_issue_is_followed,
    a_moved_jira_issue_is_followed,
    a_theme_that_comes_back_opens_its_old_issue,
    a_theme_that_comes_back_to_a_muted_issue_stays_quiet,
    two_trackers_are_linked_and_kept_in_step,
    out_of_step_each_tracker_is_its_own,
    a_workflow_without_a_way_out_is_told_and_harms_nothing,
];

/// Settings under which a Jira keeps tickets beside GitHub.
fn both<'a>(jira: &'a FakeJira, trackers: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("jira.base_url", jira.url()),
        ("jira.email", EMAIL),
        ("jira.token", TOKEN),
        ("jira.project", "SHOP"),
        ("jira.webhook_secrets", HOOK_SECRET),
        ("policy.trackers", trackers),
    ]
}

/// A house with a Jira on the same clock, and the issues about the checkout filed.
pub async fn with_jira(kind: Kind, trackers: &str, more: &[(&str, &str)]) -> (House, FakeJira) {
    let clock = House::clock();
    let jira = FakeJira::start_at(Flavour::Cloud, clock.clone()).await;
    let mut settings = both(&jira, trackers);
    settings.extend(more);
    let house = House::at(kind, &settings, Platforms::default(), clock).await;
    jira.deliver_to(&format!("{}/hooks/jira", house.url()), HOOK_SECRET);
    house.github.publish_release(TAG).await;
    house.work().await;
    house.crash(&FIVE).await;
    house.later(2 * MINUTE_MS).await;
    (house, jira)
}

/// The key of the theme's issue in Jira.
pub async fn theme_key(house: &House) -> String {
    let all = house.tickets().await;
    let ticket = all.into_iter().find(|t| t.theme.is_some() && t.tracker == TrackerName::Jira);
    ticket.and_then(|t| t.key).expect("an issue about the theme in Jira")
}

/// The status of the theme's issue in Jira.
async fn status(house: &House, jira: &FakeJira) -> String {
    jira.issue_read(&theme_key(house).await).status.0
}

/// Every ticket of every rollout.
async fn all_tickets(house: &House) -> Vec<Ticket> {
    let mut tx = house.ctx.db.read().await.unwrap();
    let mut all = Vec::new();
    for id in house.ledger.column("SELECT id FROM rollouts ORDER BY created_ms, id").await {
        all.extend(tickets::of_rollout(&mut tx, &hearback::id::RolloutId(id)).await.unwrap());
    }
    all
}

async fn a_closed_issue_is_opened_again_when_enough_others_say_it(kind: Kind) {
    let house = House::with_issues(kind, &[]).await;
    let number = house.theme().number;
    house.read_comments();
    house.later(MINUTE_MS).await;
    house.github.person_closes(number).await;
    house.work().await;
    house.later(MINUTE_MS).await;

    // Who said so before says nothing new, and four others are not enough.
    house.crash(&["ana", "ben"]).await;
    house.crash(&["ivo", "hana", "jo", "kim"]).await;
    let closed = house.github.issue_read(number);
    assert!(!closed.open, "{closed:#?}");
    assert!(closed.body.contains("9 people say"), "it is kept true: {}", closed.body);
    assert_eq!(closed.comments.len(), 1, "without a word");

    house.crash(&["lea"]).await;
    let again = house.github.issue_read(number);
    assert!(again.open, "{again:#?}");
    assert!(
        again.body.contains("**Open again:** 5 people say it since it was closed as completed by ada"),
        "{}",
        again.body
    );
    let ticket = house.theme_ticket().await;
    assert_eq!(
        (ticket.handling.decided.resolution, ticket.handling.decided.by.as_str()),
        (Resolution::Open, "hearback")
    );

    // The next person to close it is heard as the first was.
    house.later(MINUTE_MS).await;
    house.github.person_closes(number).await;
    house.work().await;
    house.later(HOUR_MS).await;
    assert!(!house.github.issue_read(number).open);
    house.finish().await;
}

async fn an_issue_that_is_not_planned_is_left_alone_until_somebody_opens_it(kind: Kind) {
    let house = House::with_issues(kind, &[]).await;
    let number = house.theme().number;
    house.later(MINUTE_MS).await;
    house.github.person_closes_as(number, "not_planned").await;
    house.work().await;
    house.later(MINUTE_MS).await;
    let before = house.github.issue_read(number);
    house.crash(&["ivo", "hana", "jo", "kim", "lea", "max"]).await;
    house.later(HOUR_MS).await;
    let after = house.github.issue_read(number);
    assert_eq!((after.open, &after.body), (false, &before.body), "nothing is written");
    assert_eq!((after.comments.len(), &after.comments[0].body), (1, &before.comments[0].body));
    assert!(house.report().body.contains("11 people"), "the report tells all the same: {}", house.report().body);

    house.github.person_reopens(number).await;
    house.work().await;
    house.later(2 * MINUTE_MS).await;
    let open = house.github.issue_read(number);
    assert!(open.open && open.body.contains("11 people say"), "{}", open.body);
    house.finish().await;
}

async fn what_people_do_is_kept_among_the_decisions(kind: Kind) {
    let house = House::with_issues(kind, &[]).await;
    let number = house.theme().number;
    house.later(MINUTE_MS).await;
    house.github.person_retitles(number, "Pay button: crash").await;
    house.github.person_labels(number, "p1").await;
    house.later(MINUTE_MS).await;
    house.github.person_closes_as(number, "duplicate").await;
    house.work().await;
    house.later(MINUTE_MS).await;
    house.github.person_reopens(number).await;
    house.work().await;
    house.later(2 * MINUTE_MS).await;
    house.read_comments();
    house.github.person_deletes(number).await;
    house.work().await;
    let said = house
        .ledger
        .column(
            "SELECT verdict || ': ' || why FROM decisions WHERE subject LIKE '%as it is handled' ORDER BY at_ms, id",
        )
        .await;
    assert_eq!(
        said,
        [
            "retitled: ada gave it another title, which stays",
            "labelled: ada gave it a label",
            "closed: ada closed as a duplicate",
            "reopened: ada opened again",
            "dismissed: ada deleted it",
        ]
    );
    assert!(house.outcomes().await.iter().all(|(outcome, _)| outcome != "failed"));
    house.later(2 * MINUTE_MS).await;
    house.finish().await;
}

async fn a_transferred_issue_is_followed(kind: Kind) {
    let house = House::with_issues(kind, &[]).await;
    let number = house.theme().number;
    house.read_comments();
    let web = house.github.in_repo("acme/web");
    house.later(MINUTE_MS).await;
    let there = house.github.person_transfers(number, &web).await;
    house.work().await;
    let ticket = house.theme_ticket().await;
    assert_eq!((ticket.target.as_str(), ticket.key), ("acme/web", Some(there.to_string())));
    assert!(
        ticket.url.as_deref().unwrap_or_default().ends_with(&format!("/acme/web/issues/{there}")),
        "{:?}",
        ticket.url
    );
    house.later(MINUTE_MS).await;
    house.crash(&["ivo"]).await;
    assert!(web.issue_read(there).body.contains("6 people say"), "{}", web.issue_read(there).body);
    assert_eq!(web.issue_read(there).comments.len(), 1);
    assert_eq!(house.github.posts_to_create(), 2);
    web.person_closes(there).await;
    house.work().await;
    assert_eq!(house.theme_ticket().await.handling.decided.resolution, Resolution::Completed);
    house.later(2 * MINUTE_MS).await;
    house.finish().await;
}

async fn a_moved_jira_issue_is_followed(kind: Kind) {
    let (house, jira) = with_jira(kind, "jira", &[]).await;
    let key = theme_key(&house).await;
    let moved = jira.move_project(&key, "OPS").await;
    house.work().await;
    let ticket = house.theme_ticket().await;
    assert_eq!((ticket.target.as_str(), ticket.key.as_deref()), ("OPS", Some(moved.as_str())));
    assert!(ticket.url.as_deref().unwrap_or_default().ends_with(&moved), "{:?}", ticket.url);
    house.crash(&["ivo"]).await;
    let text = jira.issue_read(&moved).description.unwrap().plain();
    assert!(text.contains("6 people say"), "{text}");
    assert_eq!(jira.posts_to_create(), 2);
    house.later(MINUTE_MS).await;
    jira.person_transitions(&moved, "Done").await;
    house.work().await;
    assert_eq!(house.theme_ticket().await.handling.decided.resolution, Resolution::Completed);
    house.later(2 * MINUTE_MS).await;
    jira.finish();
    house.finish().await;
}

/// These people say of a flag that the checkout crashes.
async fn complain(house: &House, people: &[&str]) {
    for user in people {
        house.post(json!({"flag": "new-checkout", "user": user, "text": "The checkout crashes when I tap pay"})).await;
    }
    house.work().await;
    house.later(2 * MINUTE_MS).await;
}

const OF_FLAGS: &[(&str, &str)] = &[("sources.generic.secrets", GENERIC_SECRET), ("policy.repository", "acme/shop")];

/// A flag's theme is filed, closed for `reason`, and the flag rolled back and out again. Gives the issue's number.
async fn closed_and_out_again(house: &House, reason: &str) -> u64 {
    house.roll_out("new-checkout", 25.0).await;
    house.work().await;
    house.later(MINUTE_MS).await;
    complain(house, &FIVE).await;
    let number = house.theme().number;
    house.later(MINUTE_MS).await;
    house.github.person_closes_as(number, reason).await;
    house.work().await;
    house.roll_out("new-checkout", 0.0).await;
    house.work().await;
    house.later(HOUR_MS).await;
    house.roll_out("new-checkout", 25.0).await;
    house.work().await;
    house.later(MINUTE_MS).await;
    number
}

async fn a_theme_that_comes_back_opens_its_old_issue(kind: Kind) {
    let house = House::with(kind, OF_FLAGS).await;
    let number = closed_and_out_again(&house, "completed").await;
    assert!(!house.github.issue_read(number).open);
    // The very same people: the change was said to be mended.
    complain(&house, &FIVE).await;
    house.later(5 * MINUTE_MS).await;
    let issue = house.github.issue_read(number);
    assert!(issue.open, "{issue:#?}");
    assert!(
        issue.body.contains("**Open again:** 5 people say it since it was closed as completed by ada"),
        "{}",
        issue.body
    );
    let rollouts = house.ledger.column("SELECT id FROM rollouts ORDER BY generation").await;
    assert!(issue.body.contains(&format!("rollout `{}`", rollouts[1])), "both windows are linked: {}", issue.body);
    assert!(issue.body.contains("5 people say the same; "), "{}", issue.body);
    let about_themes = all_tickets(&house).await.into_iter().filter(|t| t.theme.is_some()).count();
    assert_eq!(about_themes, 1, "none is filed anew");
    let reports: Vec<String> =
        house.github.filed().into_iter().filter(|i| i.number != number).map(|i| i.body).collect();
    assert_eq!(reports.len(), 2);
    assert!(reports[1].contains(&format!("/issues/{number}")), "the later report leads to it: {}", reports[1]);

    complain(&house, &["ivo"]).await;
    house.later(2 * MINUTE_MS).await;
    let issue = house.github.issue_read(number);
    assert!(issue.body.contains("6 people say the same; "), "{}", issue.body);
    house.read_comments();
    house.finish().await;
}

async fn a_theme_that_comes_back_to_a_muted_issue_stays_quiet(kind: Kind) {
    let house = House::with(kind, OF_FLAGS).await;
    let number = closed_and_out_again(&house, "not_planned").await;
    let before = house.github.issue_read(number);
    complain(&house, &FIVE).await;
    complain(&house, &["ivo", "hana"]).await;
    house.later(HOUR_MS).await;
    let after = house.github.issue_read(number);
    assert_eq!((after.open, &after.body, after.comments.len()), (false, &before.body, before.comments.len()));
    assert_eq!(all_tickets(&house).await.iter().filter(|t| t.theme.is_some()).count(), 1);
    house.read_comments();
    house.finish().await;
}

async fn two_trackers_are_linked_and_kept_in_step(kind: Kind) {
    let (house, jira) = with_jira(kind, "github,jira", &[]).await;
    house.github.tell_own_writes(true);
    let (number, key) = (house.theme().number, theme_key(&house).await);
    let body = house.github.issue_read(number).body;
    assert!(body.contains(&format!("[{key}](")) || body.contains(&key), "GitHub shows Jira's: {body}");
    let text = jira.issue_read(&key).description.unwrap().shape(true).to_string();
    assert!(text.contains(&format!("acme/shop#{number}")) || text.contains(&format!("/issues/{number}")), "{text}");

    let transitions = jira.calls(JiraCall::Transition);
    house.later(MINUTE_MS).await;
    house.github.person_closes(number).await;
    house.work().await;
    house.later(2 * MINUTE_MS).await;
    assert_eq!(status(&house, &jira).await, "Done");
    assert_eq!(jira.calls(JiraCall::Transition), transitions + 1, "one write for one change");

    house.later(MINUTE_MS).await;
    jira.person_transitions(&key, "In Progress").await;
    house.work().await;
    house.later(2 * MINUTE_MS).await;
    assert!(house.github.issue_read(number).open);
    assert_eq!(status(&house, &jira).await, "In Progress", "work under way is open work");

    house.later(MINUTE_MS).await;
    jira.person_transitions(&key, "Done").await;
    house.work().await;
    house.later(HOUR_MS).await;
    let issue = house.github.issue_read(number);
    assert_eq!((issue.open, issue.state_reason.as_deref()), (false, Some("completed")));
    assert_eq!(jira.calls(JiraCall::Transition), transitions + 1, "nothing comes back");
    let decided: Vec<Resolution> = house.tickets().await.iter().map(|t| t.handling.decided.resolution).collect();
    assert_eq!(decided.iter().filter(|r| **r == Resolution::Completed).count(), 2, "{decided:?}");
    house.read_comments();
    jira.finish();
    house.finish().await;
}

async fn out_of_step_each_tracker_is_its_own(kind: Kind) {
    let (house, jira) = with_jira(kind, "github,jira", &[("policy.sync", "false")]).await;
    let number = house.theme().number;
    house.later(MINUTE_MS).await;
    house.github.person_closes(number).await;
    house.work().await;
    house.later(HOUR_MS).await;
    assert_eq!(status(&house, &jira).await, "To Do");
    assert!(!house.github.issue_read(number).open);
    assert_eq!(jira.calls(JiraCall::Transition), 0);
    house.read_comments();
    jira.finish();
    house.finish().await;
}

async fn a_workflow_without_a_way_out_is_told_and_harms_nothing(kind: Kind) {
    let (house, jira) = with_jira(kind, "github,jira", &[]).await;
    jira.demand("Done", "resolution");
    let number = house.theme().number;
    house.later(MINUTE_MS).await;
    house.github.person_closes(number).await;
    house.work().await;
    house.later(HOUR_MS).await;
    assert_eq!(status(&house, &jira).await, "To Do");
    let ticket =
        house.tickets().await.into_iter().find(|t| t.theme.is_some() && t.tracker == TrackerName::Jira).unwrap();
    let error = ticket.error.unwrap_or_default();
    assert!(error.contains("needs a value for resolution"), "{error}");
    house.crash(&["ivo"]).await;
    let text = jira.issue_read(&theme_key(&house).await).description.unwrap().plain();
    assert!(text.contains("6 people say"), "it is kept true: {text}");

    // By hand, as the sentence asks: that is heard, and agrees.
    jira.person_transitions(&theme_key(&house).await, "Done").await;
    house.work().await;
    house.later(HOUR_MS).await;
    assert!(!house.github.issue_read(number).open);
    house.read_comments();
    jira.finish();
    house.finish().await;
}
