//! From deliveries to rollouts: repeated, reordered, missed.

use hearback::domain::rollout::Rollout;
use hearback::flow::sweep;
use hearback::store::{rollouts, schedules};
use hearback::time::{Clock as _, MINUTE_MS};

use super::house::{House, TAG};
use crate::databases::{Kind, on_both};
use crate::worlds::github::Call;

on_both![
    a_second_delivery_of_the_same_id_changes_nothing,
    reordered_and_repeated_deliveries_end_in_the_same_rollout,
    deliveries_missed_while_away_are_asked_for_again,
    a_start_looks_for_missed_deliveries_though_a_dead_process_held_the_sweep,
    a_statement_and_its_release_at_the_same_moment_find_each_other,
    an_event_of_a_kind_that_is_not_used_is_ignored_by_name,
];

async fn rollout(house: &House) -> Rollout {
    let id = house.rollout().await;
    let mut tx = house.ctx.db.read().await.unwrap();
    rollouts::get(&mut tx, &id).await.unwrap().unwrap()
}

async fn a_second_delivery_of_the_same_id_changes_nothing(kind: Kind) {
    let house = House::with_issues(kind, &[]).await;
    let before = (house.ledger.sizes().await, rollout(&house).await, house.report().body);
    let sent = house.github.deliveries();
    assert!(sent.len() >= 2, "a release is told of twice");
    for delivery in sent.iter().chain(sent.iter().rev()) {
        assert_eq!(house.github.replay(delivery).await.status, 200);
    }
    house.later(60_000).await;
    assert_eq!((house.ledger.sizes().await, rollout(&house).await, house.report().body), before);
    house.read_comments();
    house.finish().await;
}

async fn reordered_and_repeated_deliveries_end_in_the_same_rollout(kind: Kind) {
    let in_order = House::new(kind).await;
    tell(&in_order).await;
    in_order.work().await;
    let expected = rollout(&in_order).await;
    assert_eq!(expected.stages.len(), 2, "a pre-release, then the release: {expected:#?}");

    let shuffled = House::new(kind).await;
    shuffled.github.deliveries_fail(true);
    tell(&shuffled).await;
    shuffled.github.deliveries_fail(false);
    let sent = shuffled.github.deliveries();
    for delivery in sent.iter().rev().chain(&sent).chain(sent.iter().rev()) {
        assert_eq!(shuffled.github.replay(delivery).await.status, 200);
        shuffled.work().await;
    }
    assert_eq!(rollout(&shuffled).await, expected);
    assert_eq!(shuffled.windows().await, in_order.windows().await);
    in_order.finish().await;
    shuffled.finish().await;
}

/// Three hours in the life of a release.
async fn tell(house: &House) {
    house.github.publish_release_with(TAG, "notes", true).await;
    house.clock.advance(3_600_000);
    house.github.deploy("production", TAG, "success").await;
    house.clock.advance(3_600_000);
    house.github.publish_release(TAG).await;
    house.clock.advance(3_600_000);
}

async fn deliveries_missed_while_away_are_asked_for_again(kind: Kind) {
    let house = House::new(kind).await;
    house.github.deliveries_fail(true);
    house.github.publish_release(TAG).await;
    house.work().await;
    assert_eq!(house.ledger.number("SELECT COUNT(*) FROM deliveries").await, 0);

    // Away still: what is asked for again fails again, and is not lost for that.
    house.sweep().await;
    house.github.deliveries_fail(false);
    house.clock.advance(6 * 60_000);
    house.sweep().await;
    house.work().await;
    let outcomes: Vec<String> = house.outcomes().await.into_iter().map(|(outcome, _)| outcome).collect();
    assert_eq!(outcomes, ["applied", "applied"]);
    assert_eq!(house.windows().await, ["open"]);

    let asked = house.github.deliveries().len();
    house.clock.advance(6 * 60_000);
    house.sweep().await;
    assert_eq!(house.github.deliveries().len(), asked, "what arrived is not asked for again");
    house.finish().await;
}

async fn a_start_looks_for_missed_deliveries_though_a_dead_process_held_the_sweep(kind: Kind) {
    let house = House::new(kind).await;
    house.github.deliveries_fail(true);
    house.github.publish_release(TAG).await;
    house.github.deliveries_fail(false);
    let now = house.clock.now();
    let mut tx = house.ctx.db.write().await.unwrap();
    let taken = schedules::take(&mut tx, "github.deliveries", "dead", now, now.plus(10 * MINUTE_MS)).await.unwrap();
    assert!(taken.is_some());
    tx.commit().await.unwrap();
    house.sweep().await;
    assert_eq!(house.github.calls(Call::Deliveries), 0, "somebody else sweeps, as far as can be told");
    sweep::hasten(&house.ctx).await.unwrap();
    house.sweep().await;
    house.work().await;
    assert_eq!(house.windows().await, ["open"]);
    house.finish().await;
}

async fn a_statement_and_its_release_at_the_same_moment_find_each_other(kind: Kind) {
    let house = House::new(kind).await;
    for n in 0..20 {
        let tag = format!("v{n}");
        house.github.publish_release(&tag).await;
        let said = serde_json::json!({"release": tag, "user": "ana", "text": "The checkout crashes when I tap pay"});
        tokio::join!(house.post(said), house.work());
        house.work().await;
    }
    assert_eq!(house.ledger.number("SELECT COUNT(*) FROM feedback WHERE rollout_id IS NULL").await, 0);
    assert_eq!(house.ledger.number("SELECT COUNT(*) FROM rollouts WHERE items = 1").await, 20);
    assert_eq!(house.github.filed().len(), 20, "a report each");
    house.later(2 * MINUTE_MS).await;
    house.finish().await;
}

async fn an_event_of_a_kind_that_is_not_used_is_ignored_by_name(kind: Kind) {
    let house = House::with_release(kind, &[]).await;
    house.github.send_event("star", serde_json::json!({"action": "created"})).await;
    house.work().await;
    let (outcome, detail) = house.outcomes().await.pop().unwrap();
    assert_eq!(outcome, "ignored");
    assert!(detail.contains("star"), "{detail}");
    house.finish().await;
}
