//! When a window closes, and what its report says then.

use hearback::time::{DAY_MS, HOUR_MS};
use serde_json::json;

use super::house::{FIVE, House, TAG};
use crate::databases::{Kind, on_both};

on_both![
    a_quiet_rollout_files_nothing_until_it_closes,
    a_window_closes_at_its_date,
    a_window_closes_when_enough_people_answered,
    a_window_closes_when_everybody_had_it_for_the_soak,
    a_rollback_closes_the_window,
    a_deletion_closes_the_window,
    a_statement_after_the_end_still_counts,
    a_later_answer_of_a_person_revises_the_earlier,
    a_statement_before_the_release_joins_it,
];

/// What has to be true of a closed window: the report says so, and why, and everybody who spoke is in it.
async fn closed(house: &House, cause: &str, people: i64) {
    assert_eq!(house.windows().await, ["closed"]);
    let body = house.report().body;
    assert!(body.contains("The window: closed since"), "{body}");
    assert!(body.contains(cause), "{cause:?} is named:\n{body}");
    let who = match people {
        0 => "nobody answered".to_owned(),
        1 => "1 distinct person".to_owned(),
        n => format!("{n} distinct people"),
    };
    assert!(body.contains(&who), "{body}");
}

async fn a_quiet_rollout_files_nothing_until_it_closes(kind: Kind) {
    let house = House::with_release(kind, &[]).await;
    for _ in 0..6 {
        house.later(DAY_MS).await;
        assert_eq!(house.github.filed().len(), 0, "nobody answered, and the window is open");
    }
    house.later(2 * DAY_MS).await;
    assert_eq!(house.github.filed().len(), 1, "no signal is worth telling");
    closed(&house, "its date has come", 0).await;
    house.later(30 * DAY_MS).await;
    assert_eq!(house.github.posts_to_create(), 1);
    house.finish().await;
}

async fn a_window_closes_at_its_date(kind: Kind) {
    let house = House::with_issues(kind, &[("policy.window", "2d")]).await;
    assert_eq!(house.windows().await, ["open"]);
    house.later(2 * DAY_MS).await;
    house.later(HOUR_MS).await;
    closed(&house, "its date has come", 5).await;
    assert_eq!(house.github.filed().len(), 2);
    house.read_comments();
    house.finish().await;
}

async fn a_window_closes_when_enough_people_answered(kind: Kind) {
    let house = House::with_release(kind, &[("policy.responses", "5")]).await;
    house.crash(&FIVE[..4]).await;
    assert_eq!(house.windows().await, ["open"]);
    house.crash(&FIVE[4..]).await;
    closed(&house, "5 people answered", 5).await;
    house.read_comments();
    house.finish().await;
}

async fn a_window_closes_when_everybody_had_it_for_the_soak(kind: Kind) {
    let house = House::with(kind, &[("policy.window", "60d"), ("policy.soak", "2d")]).await;
    house.github.publish_release_with(TAG, "", true).await;
    house.later(DAY_MS).await;
    house.crash(&["ana"]).await;
    assert_eq!(house.windows().await, ["open"], "a pre-release reaches some");
    house.github.publish_release(TAG).await;
    house.later(DAY_MS).await;
    assert_eq!(house.windows().await, ["soaking"]);
    house.later(DAY_MS).await;
    house.later(HOUR_MS).await;
    closed(&house, "everybody had it for the whole soak", 1).await;
    house.finish().await;
}

async fn a_rollback_closes_the_window(kind: Kind) {
    let house = House::with_issues(kind, &[]).await;
    house.github.unpublish(TAG).await;
    house.later(5 * 60_000).await;
    closed(&house, "it was rolled back", 5).await;
    house.read_comments();
    house.finish().await;
}

async fn a_deletion_closes_the_window(kind: Kind) {
    let house = House::with_issues(kind, &[]).await;
    house.github.delete_release(TAG).await;
    house.later(5 * 60_000).await;
    closed(&house, "it was deleted", 5).await;
    house.read_comments();
    house.finish().await;
}

async fn a_statement_after_the_end_still_counts(kind: Kind) {
    let house = House::with_issues(kind, &[("policy.window", "1d")]).await;
    house.later(2 * DAY_MS).await;
    closed(&house, "its date has come", 5).await;
    house.crash(&["ivo"]).await;
    closed(&house, "its date has come", 6).await;
    assert!(house.theme().body.contains('6'), "{}", house.theme().body);
    assert_eq!(house.github.posts_to_create(), 2, "the same issues say so");
    house.read_comments();
    house.finish().await;
}

async fn a_later_answer_of_a_person_revises_the_earlier(kind: Kind) {
    let house = House::with_issues(kind, &[]).await;
    house.post(json!({"release": TAG, "user": "ana", "text": "It works now, thank you, the checkout is great!"})).await;
    house.work().await;
    house.later(2 * 60_000).await;
    assert_eq!(house.heard().await, (5, 6), "five people, six statements");
    // One that is sent late and was said earlier changes nothing.
    let body = house.theme().body;
    let early = json!({"release": TAG, "user": "ana", "text": "The checkout crashes when I tap pay",
                       "occurred_at": "2026-10-09T09:59:00Z"});
    house.post(early).await;
    house.work().await;
    house.later(2 * 60_000).await;
    assert_eq!(house.heard().await, (5, 7));
    assert_eq!(house.theme().body, body);
    house.read_comments();
    house.finish().await;
}

async fn a_statement_before_the_release_joins_it(kind: Kind) {
    let house = House::new(kind).await;
    let answer =
        house.post(json!({"release": TAG, "user": "ana", "text": "The checkout crashes when I tap pay"})).await;
    assert_eq!(answer["accepted"][0]["attribution"]["by"], "unattributed", "{answer}");
    house.work().await;
    house.github.publish_release(TAG).await;
    house.work().await;
    assert_eq!(house.heard().await, (1, 1));
    house.finish().await;
}
