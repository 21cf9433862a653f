//! Filed once all the same: lists that lag, answers that are lost, and the sweeper for what remains.

use hearback::time::MINUTE_MS;

use super::house::{FIVE, House};
use crate::databases::{Kind, on_both};
use crate::worlds::fault::Fault;
use crate::worlds::github::{BOT, Call};

on_both![
    after_a_lost_answer_nothing_is_sent_until_lists_can_be_trusted,
    two_issues_with_one_marker_become_one,
    an_issue_that_somebody_copied_is_not_adopted,
];

async fn after_a_lost_answer_nothing_is_sent_until_lists_can_be_trusted(kind: Kind) {
    let house = House::with_release(kind, &[]).await;
    house.github.list_lag(60_000);
    house.github.fail_next(Call::CreateIssue, Fault::DropAfter);
    house
        .post(serde_json::json!({"release": "v1.4.0", "user": "ana", "text": "The checkout crashes when I tap pay"}))
        .await;
    house.work().await;
    assert_eq!(house.github.posts_to_create(), 1);
    house.clock.advance(119_000);
    house.work().await;
    assert_eq!(house.github.posts_to_create(), 1, "the settle time is not over");
    house.later(2 * MINUTE_MS).await;
    house.later(5 * MINUTE_MS).await;
    assert_eq!(house.github.posts_to_create(), 1, "what was made is adopted");
    assert_eq!(house.tickets().await[0].key.as_deref(), Some(house.report().number.to_string().as_str()));
    house.finish().await;
}

async fn two_issues_with_one_marker_become_one(kind: Kind) {
    let house = House::with_issues(kind, &[]).await;
    let first = house.theme();
    // As if a process had stalled between its last look at the lease and its request.
    let double = {
        let mut world = house.github.lock();
        let repo = world.repos.values_mut().next().unwrap();
        let number = repo.issues.keys().next_back().unwrap() + 1;
        let mut twin = repo.issues[&first.number].clone();
        (twin.number, twin.id) = (number, twin.id + 1_000_000);
        twin.comments.clear();
        twin.created_at = twin.created_at.plus(1_000);
        repo.issues.insert(number, twin);
        number
    };
    house.clock.advance(11 * MINUTE_MS);
    house.sweep().await;
    let closed = house.github.issue_read(double);
    assert_eq!((closed.open, closed.state_reason.as_deref()), (false, Some("duplicate")));
    assert!(
        closed.comments.iter().any(|c| c.author == BOT && c.body.contains(&format!("#{}", first.number))),
        "{closed:#?}"
    );
    assert!(house.github.issue_read(first.number).open);
    house.crash(&["ivo"]).await;
    assert!(house.github.issue_read(first.number).body.contains("6 people say"));
    assert_eq!(house.github.issue_read(double).comments.len(), closed.comments.len(), "it is told once");
    house.clock.advance(11 * MINUTE_MS);
    house.sweep().await;
    assert_eq!(house.github.issue_read(double).comments.len(), closed.comments.len());
    house.finish().await;
}

async fn an_issue_that_somebody_copied_is_not_adopted(kind: Kind) {
    let house = House::with_issues(kind, &[]).await;
    let body = house.theme().body;
    let copy = house.github.person_posts_issue("mine", &body).await;
    house.clock.advance(11 * MINUTE_MS);
    house.sweep().await;
    house.crash(&["ivo"]).await;
    let copied = house.github.issue_read(copy);
    assert_eq!((copied.body, copied.open, copied.comments.len()), (body, true, 0), "Olaf's issue is Olaf's");
    assert_eq!(house.heard().await.0, i64::try_from(FIVE.len()).unwrap() + 1);
    house.read_comments();
    house.finish().await;
}
