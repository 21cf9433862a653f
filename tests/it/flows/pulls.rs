//! Numbers that another system has added up: asked for by the hour, kept once, and the system left alone when it says so.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use hearback::domain::series::{HourPoint, Hours, Pulled};
use hearback::flow::{Context, pull};
use hearback::http::RemoteError;
use hearback::pull::{About, Puller, Pullers};
use hearback::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use serde_json::json;

use super::house::{GENERIC_SECRET, House};
use crate::databases::{Kind, on_both};

on_both![
    hours_are_asked_for_until_they_are_known_and_kept_once,
    the_last_hour_before_a_window_closes_is_asked_for_when_it_is_over,
    a_system_that_asks_to_wait_is_left_alone_and_asked_for_the_same_hours_again,
];

const SETTINGS: &[(&str, &str)] = &[
    ("sources.generic.secrets", GENERIC_SECRET),
    ("policy.trackers", "local"),
    ("usage.shop.kind", "prometheus"),
    ("usage.shop.address", "http://127.0.0.1:9/"),
    ("usage.shop.query", "errors"),
    ("usage.shop.metric", "errors"),
    ("usage.shop.bad", "high"),
];

/// Tells 2 for each hour, apart from its first `busy` answers.
#[derive(Debug)]
struct Shop {
    busy: usize,
    asked: AtomicUsize,
}

#[async_trait]
impl Puller for Shop {
    async fn pull(&self, about: About<'_>, hours: Hours) -> Result<Pulled, RemoteError> {
        assert_eq!((about.flag, about.environment), (Some("new-checkout"), Some("production")));
        if self.asked.fetch_add(1, Ordering::SeqCst) < self.busy {
            return Err(RemoteError::Wait { ms: 7 * MINUTE_MS, reason: "busy".into() });
        }
        let points = (0..hours.ms() / HOUR_MS).map(|i| HourPoint {
            metric: "errors".into(),
            hour_ms: hours.from.plus(i * HOUR_MS).0,
            sum: 4.0,
            n: 2,
        });
        Ok(Pulled { hours: points.collect(), ..Pulled::default() })
    }

    async fn check(&self) -> Result<String, RemoteError> {
        Ok("answers".into())
    }

    fn needs_flag(&self) -> bool {
        true
    }

    fn spacing_ms(&self) -> i64 {
        0
    }
}

async fn house(kind: Kind, busy: usize) -> (House, Context, Arc<Shop>) {
    let house = House::with(kind, SETTINGS).await;
    house.roll_out("new-checkout", 50.0).await;
    house.work().await;
    house.clock.advance(2 * HOUR_MS);
    let shop = Arc::new(Shop { busy, asked: AtomicUsize::new(0) });
    let pullers: Pullers = BTreeMap::from([("shop".to_owned(), shop.clone() as Arc<dyn Puller>)]);
    let ctx = Context { pullers: Arc::new(pullers), ..house.ctx.clone() };
    (house, ctx, shop)
}

async fn hours_are_asked_for_until_they_are_known_and_kept_once(kind: Kind) {
    let (house, ctx, shop) = house(kind, 0).await;
    let rows = "SELECT COUNT(*) FROM metric_hours WHERE metric = 'errors' AND sum = 4 AND n = 2";
    let next = pull::pull_due(&ctx).await.unwrap();
    assert_eq!(next, ctx.clock.now().plus(MINUTE_MS));
    let first = house.ledger.number(rows).await;
    assert_eq!(first, 7 * 24, "the week before comes first, a week at a time");
    assert_eq!(pull::pull_due(&ctx).await.unwrap(), next, "it is not due yet");
    assert_eq!(shop.asked.load(Ordering::SeqCst), 1);
    for _ in 0..2 {
        house.clock.advance(HOUR_MS + MINUTE_MS);
        pull::pull_due(&ctx).await.unwrap();
    }
    let known = house.ledger.number(rows).await;
    assert!((first + 3..=first + 5).contains(&known), "{known}: no hour twice, none left out");
    house.finish().await;
}

async fn the_last_hour_before_a_window_closes_is_asked_for_when_it_is_over(kind: Kind) {
    let (house, ctx, shop) = house(kind, 0).await;
    house.work().await;
    pull::pull_due(&ctx).await.unwrap();
    let id = house.rollout().await;
    assert_eq!(house.tell(&format!("/v1/rollouts/{id}/close"), &json!({})).await, 200);
    house.work().await;
    house.later(12 * HOUR_MS).await;
    assert_eq!(house.windows().await, ["closed"]);
    let closed = house.ledger.number("SELECT closed_ms FROM windows").await;
    for _ in 0..3 {
        pull::pull_due(&ctx).await.unwrap();
        house.clock.advance(HOUR_MS);
    }
    let last = house.ledger.number("SELECT MAX(hour_ms) FROM metric_hours").await;
    assert_eq!(last, (closed - 1).div_euclid(HOUR_MS) * HOUR_MS, "the hour in which it closed, and none after it");
    let asked = shop.asked.load(Ordering::SeqCst);
    house.clock.advance(2 * HOUR_MS);
    pull::pull_due(&ctx).await.unwrap();
    assert_eq!(shop.asked.load(Ordering::SeqCst), asked, "all is known");
    house.later(2 * MINUTE_MS).await;
    house.finish().await;
}

async fn a_system_that_asks_to_wait_is_left_alone_and_asked_for_the_same_hours_again(kind: Kind) {
    let (house, ctx, shop) = house(kind, 1).await;
    pull::pull_due(&ctx).await.unwrap();
    assert_eq!(house.ledger.number("SELECT COUNT(*) FROM metric_hours").await, 0);
    house.clock.advance(2 * MINUTE_MS);
    pull::pull_due(&ctx).await.unwrap();
    assert_eq!(shop.asked.load(Ordering::SeqCst), 1, "it wanted to be left alone");
    house.clock.advance(DAY_MS);
    pull::pull_due(&ctx).await.unwrap();
    assert_eq!(shop.asked.load(Ordering::SeqCst), 2);
    assert_eq!(house.ledger.number("SELECT COUNT(*) FROM metric_hours").await, 7 * 24);
    house.finish().await;
}
