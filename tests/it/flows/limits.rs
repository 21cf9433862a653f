//! What GitHub holds back, and what fails for good.

use hearback::domain::ticket::TicketState;
use hearback::flow::check;
use hearback::time::{DAY_MS, HOUR_MS};

use super::house::{FIVE, House};
use crate::databases::{Kind, on_both};
use crate::worlds::fault::Fault;
use crate::worlds::github::Call;

on_both![
    the_primary_limit_holds_the_account_until_it_resets,
    the_secondary_limit_holds_the_account_for_as_long_as_it_asks,
    a_suspended_installation_holds_and_then_goes_on,
    an_installation_that_lost_its_word_is_tried_again,
    twenty_failures_give_up_by_name_and_retry_revives,
    a_refused_field_fails_at_once_by_name,
    an_outage_delays_and_loses_nothing,
];

/// Nothing more is sent while the account is held, and all is well afterwards.
async fn held(kind: Kind, fault: Fault, for_ms: i64) {
    let house = House::with_release(kind, &[]).await;
    house.github.fail_next(Call::CreateIssue, fault);
    for user in FIVE {
        house
            .post(serde_json::json!({"release": "v1.4.0", "user": user, "text": "The checkout crashes when I tap pay"}))
            .await;
    }
    house.work().await;
    assert_eq!(house.github.posts_to_create(), 1, "the first was held, the second not even tried");
    let paused: Vec<_> = house.check().await.into_iter().filter(|l| l.what.starts_with("pause github:acme")).collect();
    assert_eq!(paused.len(), 1, "{paused:#?}");
    house.clock.advance(for_ms - 2_000);
    house.work().await;
    assert_eq!(house.github.posts_to_create(), 1);
    house.later(4_000).await;
    house.later(5 * 60_000).await;
    assert_eq!(house.github.posts_to_create(), 3);
    assert_eq!(house.github.filed().len(), 2);
    let tried = house.ledger.number("SELECT COALESCE(MAX(attempts), 0) FROM actions").await;
    assert_eq!(tried, 0, "to be asked to wait is no failure");
    house.read_comments();
    house.finish().await;
}

async fn the_primary_limit_holds_the_account_until_it_resets(kind: Kind) {
    held(kind, Fault::PrimaryLimit { reset_in_s: 1_800 }, 1_800_000).await;
}

async fn the_secondary_limit_holds_the_account_for_as_long_as_it_asks(kind: Kind) {
    held(kind, Fault::SecondaryLimit { retry_after: Some("120") }, 120_000).await;
}

async fn a_suspended_installation_holds_and_then_goes_on(kind: Kind) {
    let house = House::with_release(kind, &[]).await;
    house.github.suspend_installation().await;
    house.work().await;
    house.crash(&FIVE).await;
    assert_eq!(house.github.posts_to_create(), 0);
    let wrong = house.wrong().await;
    assert!(wrong.iter().any(|w| w.contains("suspended")), "{wrong:#?}");

    house.github.unsuspend_installation().await;
    house.work().await;
    assert_eq!(house.github.filed().len(), 2, "at once, without waiting for the end of the pause");
    assert_eq!(house.wrong().await, Vec::<String>::new());
    house.later(5 * 60_000).await;
    house.read_comments();
    house.finish().await;
}

async fn an_installation_that_lost_its_word_is_tried_again(kind: Kind) {
    let house = House::with_release(kind, &[]).await;
    house.github.deliveries_fail(true);
    house.github.suspend_installation().await;
    house.crash(&FIVE).await;
    assert_eq!(house.github.filed().len(), 0);
    house.github.unsuspend_installation().await;
    house.later(3 * HOUR_MS).await;
    assert_eq!(house.github.filed().len(), 2, "no delivery told of the end, so it is tried now and then");
    house.read_comments();
    house.finish().await;
}

async fn twenty_failures_give_up_by_name_and_retry_revives(kind: Kind) {
    let house = House::with_release(kind, &[]).await;
    house.github.fail_always(Call::CreateIssue, Fault::Status(503));
    house.crash(&["ana"]).await;
    for _ in 0..40 {
        house.later(HOUR_MS).await;
    }
    let report = house.tickets().await.remove(0);
    assert_eq!(report.state, TicketState::Failed);
    assert_eq!(house.github.posts_to_create(), 20);
    let wrong = house.wrong().await;
    assert!(wrong.iter().any(|w| w.starts_with("ticket ") && w.contains("check --retry")), "{wrong:#?}");
    house.later(DAY_MS).await;
    assert_eq!(house.github.posts_to_create(), 20, "given up is given up");

    house.github.heal();
    assert_eq!(check::retry_failed(&house.ctx).await.unwrap(), 1);
    house.later(HOUR_MS).await;
    assert_eq!(house.github.filed().len(), 1);
    assert_eq!(house.wrong().await, Vec::<String>::new());
    house.finish().await;
}

async fn a_refused_field_fails_at_once_by_name(kind: Kind) {
    let house = House::with_release(kind, &[]).await;
    house.github.fail_always(Call::CreateIssue, Fault::Validation { field: "title", code: "invalid" });
    house.crash(&["ana"]).await;
    house.later(HOUR_MS).await;
    assert_eq!(house.github.posts_to_create(), 1);
    let wrong = house.wrong().await;
    assert!(wrong.iter().any(|w| w.starts_with("ticket ") && w.contains("title")), "{wrong:#?}");
    house.github.heal();
    house.finish().await;
}

async fn an_outage_delays_and_loses_nothing(kind: Kind) {
    let house = House::with_release(kind, &[]).await;
    house.github.fail_everything(Fault::Status(502));
    house.crash(&FIVE).await;
    house.later(HOUR_MS).await;
    assert_eq!(house.github.filed().len(), 0);
    house.github.heal();
    house.later(3 * HOUR_MS).await;
    assert_eq!(house.github.filed().len(), 2);
    assert_eq!(house.theme_ticket().await.state, TicketState::Filed);
    house.read_comments();
    house.finish().await;
}
