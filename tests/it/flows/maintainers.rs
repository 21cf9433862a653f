//! Issues as people live with them: edited, deleted, moved, closed to us.

use hearback::domain::ticket::TicketState;
use hearback::flow::{check, steer};
use hearback::id::ThemeId;
use hearback::time::{DAY_MS, HOUR_MS};

use super::house::House;
use crate::databases::{Kind, on_both};
use crate::worlds::github::Call;

on_both![
    more_feedback_edits_the_same_issue,
    maintainer_edits_outside_the_markers_survive,
    an_issue_that_a_person_deleted_is_not_filed_again,
    an_issue_that_is_gone_without_a_word_is_not_filed_again,
    quotes_that_a_person_deleted_stay_deleted,
    a_closed_issue_stays_closed_and_true,
    an_issue_that_can_not_be_read_yet_is_not_taken_for_deleted,
    a_renamed_repository_is_followed,
    a_repository_that_is_gone_ends_in_a_failure_by_name,
    disabled_issues_end_in_a_failure_by_name_and_retry_revives,
    policy_off_files_nothing,
    policy_suggest_files_the_report_with_what_it_would_file,
    policy_approve_waits_for_a_yes,
];

async fn more_feedback_edits_the_same_issue(kind: Kind) {
    let house = House::with_issues(kind, &[]).await;
    let before = house.theme();
    assert!(before.body.contains("5 people say"), "{}", before.body);
    house.crash(&["ivo", "hana"]).await;
    let after = house.theme();
    assert_eq!(after.number, before.number);
    assert!(after.body.contains("7 people say"), "{}", after.body);
    assert_eq!(house.github.posts_to_create(), 2);
    let comments = house.github.comments_read(after.number);
    assert_eq!(comments.len(), 1, "the quotes, edited and not repeated: {comments:#?}");
    house.finish().await;
}

async fn maintainer_edits_outside_the_markers_survive(kind: Kind) {
    let house = House::with_issues(kind, &[]).await;
    let number = house.theme().number;
    let (above, below) =
        ("## Triage\r\n\r\n- [x] seen by Ada\r\n\r\n", "\r\n\r\nSee also #7 & <details>\t</details>  \r\n");
    house.github.person_edits_issue(number, |body| format!("{above}{body}{below}")).await;
    house.github.person_retitles(number, "Pay button: crash").await;
    house.github.person_labels(number, "p1").await;
    house.work().await;
    house.crash(&["ivo"]).await;
    let issue = house.theme();
    assert!(issue.body.starts_with(above), "{:?}", issue.body);
    assert!(issue.body.ends_with(below), "{:?}", issue.body);
    assert!(issue.body.contains("6 people say"), "{}", issue.body);
    assert_eq!(issue.title, "Pay button: crash");
    assert_eq!(issue.labels, ["hearback", "p1"]);
    house.read_comments();
    house.finish().await;
}

async fn an_issue_that_a_person_deleted_is_not_filed_again(kind: Kind) {
    let house = House::with_issues(kind, &[]).await;
    house.read_comments();
    house.github.person_deletes(house.theme().number).await;
    house.work().await;
    assert_eq!(house.theme_ticket().await.state, TicketState::Dismissed);
    house.crash(&["ivo", "hana"]).await;
    assert_eq!(house.github.posts_to_create(), 2);
    assert_eq!(house.github.filed().len(), 1, "the report stays");
    assert_eq!(house.wrong().await, Vec::<String>::new());
    house.finish().await;
}

async fn an_issue_that_is_gone_without_a_word_is_not_filed_again(kind: Kind) {
    let house = House::with_issues(kind, &[]).await;
    house.read_comments();
    house.github.deliveries_fail(true);
    house.github.person_deletes(house.theme().number).await;
    house.later(HOUR_MS).await;
    house.crash(&["ivo"]).await;
    assert_eq!(house.theme_ticket().await.state, TicketState::Dismissed);
    house.crash(&["hana"]).await;
    assert_eq!(house.github.posts_to_create(), 2);
    house.finish().await;
}

async fn quotes_that_a_person_deleted_stay_deleted(kind: Kind) {
    let house = House::with_issues(kind, &[]).await;
    let number = house.theme().number;
    let quotes = house.github.comments_read(number);
    house.github.person_deletes_comment(quotes[0].id).await;
    house.work().await;
    for people in [["ivo", "hana"], ["jo", "kim"], ["lea", "max"]] {
        house.crash(&people).await;
    }
    assert_eq!(house.github.comments_read(number).len(), 0);
    assert!(house.theme().body.contains("11 people say"), "the section is kept true: {}", house.theme().body);
    assert_eq!(house.github.calls(Call::CreateComment), 1);
    house.finish().await;
}

async fn a_closed_issue_stays_closed_and_true(kind: Kind) {
    let house = House::with_issues(kind, &[]).await;
    let number = house.theme().number;
    house.github.person_closes(number).await;
    house.work().await;
    house.crash(&["ivo"]).await;
    let issue = house.theme();
    assert!(!issue.open, "a person's decision stands");
    assert!(issue.body.contains("6 people say"), "{}", issue.body);
    house.read_comments();
    house.finish().await;
}

async fn an_issue_that_can_not_be_read_yet_is_not_taken_for_deleted(kind: Kind) {
    let house = House::with_release(kind, &[]).await;
    // Replicas: what was just made answers 404 by its number.
    house.github.read_lag(20_000);
    house.crash(&super::house::FIVE).await;
    house.later(10 * 60_000).await;
    let states: Vec<TicketState> = house.tickets().await.into_iter().map(|t| t.state).collect();
    assert_eq!(states, [TicketState::Filed, TicketState::Filed]);
    assert_eq!(house.github.posts_to_create(), 2);
    assert_eq!(house.github.comments_read(house.theme().number).len(), 1);
    house.finish().await;
}

async fn a_renamed_repository_is_followed(kind: Kind) {
    let house = House::with_issues(kind, &[]).await;
    house.github.rename_repo("acme/store");
    house.crash(&["ivo"]).await;
    house.later(HOUR_MS).await;
    assert!(house.theme().body.contains("6 people say"), "{}", house.theme().body);
    assert_eq!(house.theme_ticket().await.target, "acme/store");
    assert_eq!(house.github.posts_to_create(), 2);
    // A later rollout there files in the new place, and the old name in its delivery does no harm.
    house.github.publish_release("v1.5.0").await;
    house.later(HOUR_MS).await;
    assert_eq!(house.wrong().await, Vec::<String>::new());
    house.read_comments();
    house.finish().await;
}

async fn a_repository_that_is_gone_ends_in_a_failure_by_name(kind: Kind) {
    let house = House::with_issues(kind, &[]).await;
    house.read_comments();
    house.github.remove_repo();
    house.crash(&["ivo"]).await;
    house.later(DAY_MS).await;
    let wrong = house.wrong().await;
    assert!(wrong.iter().any(|w| w.starts_with("ticket ") && w.contains("check --retry")), "{wrong:#?}");
    assert!(wrong.iter().any(|w| w.starts_with("github acme/shop")), "{wrong:#?}");
    let ticket = house.theme_ticket().await;
    assert_eq!(ticket.state, TicketState::Failed, "not taken for a deleted issue: {ticket:?}");
    house.finish().await;
}

async fn disabled_issues_end_in_a_failure_by_name_and_retry_revives(kind: Kind) {
    let house = House::with_release(kind, &[]).await;
    house.github.disable_issues();
    house.crash(&super::house::FIVE).await;
    let wrong = house.wrong().await;
    assert!(wrong.iter().any(|w| w.starts_with("ticket ") && w.to_lowercase().contains("issues")), "{wrong:#?}");
    assert_eq!(house.github.filed().len(), 0);

    house.github.lock().repos.values_mut().for_each(|repo| repo.has_issues = true);
    assert_eq!(check::retry_failed(&house.ctx).await.unwrap(), 2);
    house.later(5 * 60_000).await;
    assert_eq!(house.github.filed().len(), 2);
    assert_eq!(house.wrong().await, Vec::<String>::new());
    house.read_comments();
    house.finish().await;
}

async fn policy_off_files_nothing(kind: Kind) {
    let house = House::with_issues(kind, &[("policy.tickets", "off")]).await;
    house.later(10 * DAY_MS).await;
    assert_eq!(house.windows().await, ["closed"]);
    assert_eq!(house.github.posts_to_create(), 0);
    let why = house.ledger.column("SELECT DISTINCT why FROM decisions").await;
    assert_eq!(why, ["policy.tickets is off"]);
    house.finish().await;
}

async fn suggests(house: House) {
    let report = house.report();
    assert_eq!(house.github.filed().len(), 1);
    assert!(report.body.contains("Would be filed"), "{}", report.body);
    assert!(report.body.contains("5 distinct people say it"), "{}", report.body);
    house.finish().await;
}

async fn policy_suggest_files_the_report_with_what_it_would_file(kind: Kind) {
    suggests(House::with_issues(kind, &[("policy.tickets", "suggest")]).await).await;
}

async fn policy_approve_waits_for_a_yes(kind: Kind) {
    let house = House::with_issues(kind, &[("policy.tickets", "approve")]).await;
    assert_eq!(house.github.filed().len(), 1);
    assert!(house.report().body.contains("Would be filed"), "{}", house.report().body);
    let rollout = house.rollout().await;
    let unknown = steer::approve(&house.ctx, &rollout, &ThemeId("th_nobody".into()), "ada").await.unwrap_err();
    assert!(unknown.to_string().contains("has no theme th_nobody"), "{unknown}");

    let theme = house.ledger.column("SELECT id FROM themes ORDER BY people DESC LIMIT 1").await.remove(0);
    for (again, wanted) in [(false, 1), (true, 0)] {
        let n = steer::approve(&house.ctx, &rollout, &ThemeId(theme.clone()), "ada").await.unwrap();
        assert_eq!(n, wanted, "{again}");
        house.later(5 * 60_000).await;
        assert_eq!(house.github.filed().len(), 2);
    }
    let why = house.ledger.column("SELECT why FROM decisions WHERE verdict = 'file' ORDER BY at_ms DESC LIMIT 1").await;
    assert_eq!(why, ["ada said yes"]);
    house.read_comments();
    house.finish().await;
}
