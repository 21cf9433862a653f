//! Flags, stage by stage: told by webhooks, or found by asking the platform.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use hearback::domain::flag::FlagSeen;
use hearback::flagapi::{After, FlagApi, Look, Platforms};
use hearback::http::RemoteError;
use hearback::store::{deliveries, flags};
use hearback::time::{Clock as _, DAY_MS, MINUTE_MS, UnixMs};
use serde_json::{Value, json};

use super::house::House;
use crate::databases::{Kind, on_both};

on_both![
    each_change_of_exposure_is_a_stage_and_on_again_is_a_new_rollout,
    what_comes_late_is_placed_where_it_belongs,
    archiving_closes_the_window_in_every_environment,
    nobody_is_exposed_where_no_customers_live,
    a_secret_in_the_path_is_believed_and_kept_nowhere,
    a_hint_is_acted_on_only_when_the_platform_says_so_too,
    what_no_delivery_told_is_read_when_asked_and_counted,
    the_first_look_opens_nothing_and_what_changes_after_it_does,
    a_flag_that_is_no_longer_listed_is_put_away,
    a_flag_that_is_no_longer_listed_in_an_environment_is_off_there,
    a_time_far_ahead_does_not_outlast_what_comes_after_it,
    a_platform_that_cannot_be_asked_says_so_in_the_check,
    the_check_tells_of_each_platform_what_came_and_whether_it_was_believed,
];

const SECRET: &str = "unleash sends this along";
const SETTINGS: &[(&str, &str)] = &[("sources.unleash.secrets", SECRET), ("policy.trackers", "local")];

/// An event of Unleash's log. It happened `id` minutes after the house's clock began.
fn event(id: i64, kind: &str, environment: Option<&str>, before: Option<Value>, after: Option<Value>) -> Value {
    let at = UnixMs::parse_rfc3339("2026-10-09T10:00:00Z").unwrap().plus(id * MINUTE_MS);
    json!({"id": id, "type": kind, "createdBy": "rae", "createdByUserId": 7, "createdAt": at.rfc3339(), "data": after.unwrap_or_default(),
           "preData": before.unwrap_or_default(), "tags": [], "featureName": "new-checkout", "project": "shop", "environment": environment})
}

fn strategy(rollout: i64) -> Value {
    json!({"id": "s-1", "name": "flexibleRollout", "constraints": [], "parameters": {"rollout": rollout.to_string()}})
}

/// On at 10 %, 50 %, 100 %, off, on again, then archived.
fn story() -> Vec<Value> {
    let production = Some("production");
    vec![
        event(1, "feature-created", None, None, Some(json!({"name": "new-checkout"}))),
        event(2, "feature-strategy-add", production, None, Some(strategy(10))),
        event(3, "feature-environment-enabled", production, None, None),
        event(4, "feature-strategy-update", production, Some(strategy(10)), Some(strategy(50))),
        event(5, "feature-strategy-update", production, Some(strategy(50)), Some(strategy(100))),
        event(6, "feature-environment-disabled", production, None, None),
        event(7, "feature-environment-enabled", production, None, None),
    ]
}

/// Lets the coalescing time pass, then asserts that nothing is left.
async fn end(house: House) {
    house.later(2 * MINUTE_MS).await;
    house.finish().await;
}

async fn tell(house: &House, events: &[Value]) {
    for event in events {
        assert_eq!(house.hook("unleash", Some(SECRET), event).await, 200);
        house.work().await;
    }
}

async fn each_change_of_exposure_is_a_stage_and_on_again_is_a_new_rollout(kind: Kind) {
    let house = House::with(kind, SETTINGS).await;
    let story = story();
    tell(&house, &story[..3]).await;
    assert_eq!(house.stages("new-checkout").await, ["new-checkout in production: 10 %"]);
    assert_eq!(house.windows().await, ["open"]);
    tell(&house, &story[3..5]).await;
    assert_eq!(house.windows().await, ["soaking"], "100 % starts the soak");
    tell(&house, &story[5..6]).await;
    assert_eq!(house.stages("new-checkout").await, ["new-checkout in production: 10 % 50 % 100 %, RolledBack"]);
    assert_eq!(house.windows().await, ["closed"]);
    tell(&house, &story[6..]).await;
    let both = ["new-checkout in production: 10 % 50 % 100 %, RolledBack", "new-checkout in production: 100 %"];
    assert_eq!(house.stages("new-checkout").await, both);
    let parents = house.ledger.column("SELECT CAST(generation AS TEXT) FROM rollouts ORDER BY generation").await;
    assert_eq!(parents, ["1", "2"]);
    end(house).await;
}

async fn what_comes_late_is_placed_where_it_belongs(kind: Kind) {
    let in_order = House::with(kind, SETTINGS).await;
    tell(&in_order, &story()).await;
    let mut shuffled: Vec<Value> = story().into_iter().rev().collect();
    shuffled.extend(story());
    shuffled.swap(0, 3);
    let house = House::with(kind, SETTINGS).await;
    tell(&house, &shuffled).await;
    assert_eq!(house.stages("new-checkout").await, in_order.stages("new-checkout").await);
    let mut windows = (house.windows().await, in_order.windows().await);
    windows.0.sort();
    windows.1.sort();
    assert_eq!(windows.0, windows.1);
    end(in_order).await;
    end(house).await;
}

async fn archiving_closes_the_window_in_every_environment(kind: Kind) {
    let settings = [SETTINGS, &[("policy.environments", "production,eu")]].concat();
    let house = House::with(kind, &settings).await;
    tell(&house, &story()[..3]).await;
    let eu = Some("eu");
    tell(&house, &[event(8, "feature-strategy-add", eu, None, Some(strategy(100)))]).await;
    tell(&house, &[event(9, "feature-environment-enabled", eu, None, None)]).await;
    let open = ["new-checkout in eu: 100 %", "new-checkout in production: 10 %"];
    let mut seen = house.stages("new-checkout").await;
    seen.sort();
    assert_eq!(seen, open);
    tell(&house, &[event(10, "feature-archived", None, None, None)]).await;
    assert_eq!(house.windows().await, ["closed", "closed"]);
    let mut seen = house.stages("new-checkout").await;
    seen.sort();
    assert_eq!(seen, open.map(|o| format!("{o}, Archived")));
    end(house).await;
}

async fn nobody_is_exposed_where_no_customers_live(kind: Kind) {
    let house = House::with(kind, SETTINGS).await;
    let development = Some("development");
    tell(
        &house,
        &[
            event(1, "feature-strategy-add", development, None, Some(strategy(100))),
            event(2, "feature-environment-enabled", development, None, None),
        ],
    )
    .await;
    assert_eq!(house.stages("new-checkout").await, Vec::<String>::new());
    let mut tx = house.ctx.db.read().await.unwrap();
    let known = flags::named(&mut tx, "new-checkout", 10).await.unwrap();
    drop(tx);
    assert_eq!(known.len(), 1, "what is known of it is kept all the same");
    assert_eq!(known[0].state.on, Some(true));
    end(house).await;
}

async fn a_secret_in_the_path_is_believed_and_kept_nowhere(kind: Kind) {
    let settings = [("sources.unleash.secrets", "a-long-token-1"), ("policy.trackers", "local")];
    let house = House::with(kind, &settings).await;
    let story = story();
    assert_eq!(house.hook("unleash", None, &story[0]).await, 401);
    assert_eq!(house.hook("unleash/another-token", None, &story[0]).await, 401);
    assert_eq!(house.hook("unleash/a-long-token-1", None, &story[1]).await, 200);
    assert_eq!(house.hook("unleash/team-a", Some("Bearer a-long-token-1"), &story[2]).await, 200);
    house.work().await;
    assert_eq!(house.stages("new-checkout").await, ["new-checkout in production: 10 %"]);
    let kept = house.ledger.column("SELECT COALESCE(connection, '-') FROM deliveries ORDER BY 1").await;
    assert_eq!(kept, ["-", "team-a"]);
    end(house).await;
}

/// A flag platform that answers what a test says.
#[derive(Debug, Default)]
struct Scripted {
    events: Mutex<Vec<Value>>,
    seen: Mutex<Vec<FlagSeen>>,
    broken: Mutex<Option<RemoteError>>,
}

#[async_trait]
impl FlagApi for Scripted {
    async fn look(&self, _after: After<'_>) -> Result<Look, RemoteError> {
        if let Some(error) = self.broken.lock().unwrap().clone() {
            return Err(error);
        }
        let seen = self.seen.lock().unwrap().clone();
        Ok(Look {
            events: self.events.lock().unwrap().iter().map(|e| e.to_string().into_bytes()).collect(),
            whole: if seen.is_empty() { BTreeSet::new() } else { BTreeSet::from(["shop".to_owned()]) },
            seen,
            environments_by_flag: false,
            cursor: None,
        })
    }
}

fn seen(flag: &str, on: bool, percent: f64, at: UnixMs) -> FlagSeen {
    FlagSeen {
        platform: "unleash".into(),
        project: Some("shop".into()),
        environment: Some("production".into()),
        flag: flag.into(),
        on: Some(on),
        shares: BTreeMap::from([("s-1".to_owned(), percent)]),
        variants: Vec::new(),
        archived: false,
        url: None,
        at,
    }
}

async fn house_with(kind: Kind) -> (House, Arc<Scripted>) {
    let platform = Arc::new(Scripted::default());
    let platforms = Platforms::default().with("unleash", platform.clone(), MINUTE_MS);
    (House::asking(kind, SETTINGS, platforms).await, platform)
}

async fn a_hint_is_acted_on_only_when_the_platform_says_so_too(kind: Kind) {
    let (house, platform) = house_with(kind).await;
    let story = story();
    house.ask().await;
    // Somebody who knows the secret sends what never happened.
    tell(&house, &story[1..3]).await;
    house.ask().await;
    assert_eq!(house.stages("new-checkout").await, Vec::<String>::new());
    assert!(house.outcomes().await.iter().all(|(_, detail)| detail == "unleash is asked what changed"));
    // Now it did.
    *platform.events.lock().unwrap() = story[..4].to_vec();
    tell(&house, &story[3..4]).await;
    house.ask().await;
    assert_eq!(house.stages("new-checkout").await, ["new-checkout in production: 10 % 50 %"]);
    end(house).await;
}

fn missed(house: &House) -> String {
    let text = house.ctx.telemetry.render();
    text.lines().find(|l| l.starts_with("hearback_missed_event_total{")).unwrap_or("none").to_owned()
}

async fn what_no_delivery_told_is_read_when_asked_and_counted(kind: Kind) {
    let (house, platform) = house_with(kind).await;
    let story = story();
    *platform.events.lock().unwrap() = story[..3].to_vec();
    tell(&house, &story[..3]).await;
    // Long ago, so that nothing can still be on its way.
    house.clock.advance(10 * MINUTE_MS);
    house.ask().await;
    assert_eq!(house.stages("new-checkout").await, ["new-checkout in production: 10 %"]);
    assert_eq!(missed(&house), "none", "each was delivered");
    // The webhook breaks.
    *platform.events.lock().unwrap() = story[..6].to_vec();
    house.clock.advance(10 * MINUTE_MS);
    house.ask().await;
    assert_eq!(house.stages("new-checkout").await, ["new-checkout in production: 10 % 50 % 100 %, RolledBack"]);
    assert_eq!(house.windows().await, ["closed"]);
    assert_eq!(missed(&house), "hearback_missed_event_total{source=\"unleash\"} 3");
    // Asked again, nothing is new, and what arrives late after all changes nothing.
    let before = house.stages("new-checkout").await;
    house.clock.advance(MINUTE_MS);
    house.ask().await;
    tell(&house, &story[3..6]).await;
    house.ask().await;
    assert_eq!(house.stages("new-checkout").await, before);
    assert_eq!(missed(&house), "hearback_missed_event_total{source=\"unleash\"} 3");
    end(house).await;
}

async fn the_first_look_opens_nothing_and_what_changes_after_it_does(kind: Kind) {
    let (house, platform) = house_with(kind).await;
    let now = || house.clock.now();
    *platform.seen.lock().unwrap() = vec![seen("old", true, 100.0, now()), seen("half", true, 50.0, now())];
    house.ask().await;
    assert_eq!(house.ledger.number("SELECT COUNT(*) FROM rollouts").await, 0);
    assert_eq!(house.ledger.number("SELECT COUNT(*) FROM flags").await, 2);
    assert_eq!(missed(&house), "none");
    house.clock.advance(2 * MINUTE_MS);
    *platform.seen.lock().unwrap() = vec![seen("old", true, 100.0, now()), seen("half", true, 75.0, now())];
    house.ask().await;
    assert_eq!(house.stages("half").await, ["half in production: 75 %"]);
    assert_eq!(house.stages("old").await, Vec::<String>::new());
    assert_eq!(missed(&house), "hearback_missed_event_total{source=\"unleash\"} 1");
    let deliveries = house.ledger.number("SELECT COUNT(*) FROM deliveries").await;
    house.clock.advance(2 * MINUTE_MS);
    house.ask().await;
    assert_eq!(house.ledger.number("SELECT COUNT(*) FROM deliveries").await, deliveries, "nothing is new");
    end(house).await;
}

async fn a_flag_that_is_no_longer_listed_is_put_away(kind: Kind) {
    let (house, platform) = house_with(kind).await;
    let now = || house.clock.now();
    *platform.seen.lock().unwrap() = vec![seen("stays", true, 100.0, now()), seen("goes", true, 10.0, now())];
    house.ask().await;
    house.clock.advance(2 * MINUTE_MS);
    *platform.seen.lock().unwrap() = vec![seen("stays", true, 100.0, now()), seen("goes", true, 20.0, now())];
    house.ask().await;
    assert_eq!(house.windows().await, ["open"]);
    // A token that suddenly sees nothing does not mean that everything is gone.
    house.clock.advance(2 * MINUTE_MS);
    platform.seen.lock().unwrap().clear();
    house.ask().await;
    assert_eq!(house.windows().await, ["open"]);
    house.clock.advance(2 * MINUTE_MS);
    *platform.seen.lock().unwrap() = vec![seen("stays", true, 100.0, now())];
    house.ask().await;
    assert_eq!(house.stages("goes").await, ["goes in production: 20 %, Archived"]);
    assert_eq!(house.windows().await, ["closed"]);
    end(house).await;
}

async fn a_flag_that_is_no_longer_listed_in_an_environment_is_off_there(kind: Kind) {
    let settings = [SETTINGS, &[("policy.environments", "production,eu")]].concat();
    let platform = Arc::new(Scripted::default());
    let platforms = Platforms::default().with("unleash", platform.clone(), MINUTE_MS);
    let house = House::asking(kind, &settings, platforms).await;
    let now = || house.clock.now();
    let in_eu = |flag, percent| FlagSeen { environment: Some("eu".into()), ..seen(flag, true, percent, now()) };
    *platform.seen.lock().unwrap() = vec![seen("a", true, 10.0, now()), in_eu("a", 10.0), seen("b", true, 5.0, now())];
    house.ask().await;
    house.clock.advance(2 * MINUTE_MS);
    *platform.seen.lock().unwrap() = vec![seen("a", true, 20.0, now()), in_eu("a", 20.0), seen("b", true, 5.0, now())];
    house.ask().await;
    house.clock.advance(2 * MINUTE_MS);
    // Production is listed still, so that a flag which is not listed there is off; nothing of eu is, and nothing is concluded.
    *platform.seen.lock().unwrap() = vec![in_eu("a", 20.0), seen("b", true, 5.0, now())];
    house.ask().await;
    let mut told = house.stages("a").await;
    told.sort();
    assert_eq!(told, ["a in eu: 20 %", "a in production: 20 %, RolledBack"]);
    house.clock.advance(2 * MINUTE_MS);
    *platform.seen.lock().unwrap() = vec![seen("a", false, 20.0, now()), seen("b", true, 5.0, now())];
    house.ask().await;
    let mut told = house.stages("a").await;
    told.sort();
    assert_eq!(told, ["a in eu: 20 %", "a in production: 20 %, RolledBack"]);
    end(house).await;
}

async fn a_time_far_ahead_does_not_outlast_what_comes_after_it(kind: Kind) {
    let house = House::with(kind, SETTINGS).await;
    let story = story();
    let mut ahead = story[2].clone();
    ahead["createdAt"] = json!("2062-10-09T10:00:00Z");
    tell(&house, &[story[1].clone(), ahead]).await;
    house.clock.advance(10 * MINUTE_MS);
    tell(&house, &story[5..6]).await;
    assert_eq!(house.windows().await, ["closed"]);
    end(house).await;
}

async fn a_platform_that_cannot_be_asked_says_so_in_the_check(kind: Kind) {
    let (house, platform) = house_with(kind).await;
    let wait = RemoteError::Wait { ms: DAY_MS, reason: "a limit".into() };
    *platform.broken.lock().unwrap() = Some(wait);
    house.ask().await;
    let wrong = house.wrong().await;
    assert!(wrong.iter().any(|l| l.starts_with("asking unleash: failed: asked to wait")), "{wrong:?}");
    // It is not asked before that, whatever a delivery says.
    tell(&house, &story()[..1]).await;
    house.ask().await;
    *platform.broken.lock().unwrap() = None;
    platform.seen.lock().unwrap().push(seen("new-checkout", true, 10.0, house.clock.now()));
    house.clock.advance(DAY_MS / 2);
    house.ask().await;
    assert_eq!(house.ledger.number("SELECT COUNT(*) FROM flags").await, 0);
    house.clock.advance(DAY_MS);
    house.ask().await;
    assert_eq!(house.ledger.number("SELECT COUNT(*) FROM flags").await, 1);
    end(house).await;
}

async fn the_check_tells_of_each_platform_what_came_and_whether_it_was_believed(kind: Kind) {
    let house = House::with(kind, SETTINGS).await;
    let line = async || house.check().await.into_iter().find(|l| l.what == "source unleash").unwrap();
    assert_eq!(line().await.says, "no delivery came yet");
    for _ in 0..3 {
        assert_eq!(house.hook("unleash", Some("wrong"), &story()[0]).await, 401);
    }
    let after_refusal = line().await;
    assert!(!after_refusal.ok && after_refusal.says.contains("turned away, the last at 2026-10-09 10:00 UTC"));
    assert_eq!(house.ledger.number("SELECT times FROM refusals").await, 1, "noted once a minute");
    house.clock.advance(2 * MINUTE_MS);
    assert_eq!(house.hook("unleash", Some("wrong"), &story()[0]).await, 401);
    assert_eq!(house.ledger.number("SELECT times FROM refusals").await, 4);
    house.clock.advance(MINUTE_MS);
    tell(&house, &story()[..1]).await;
    let after_delivery = line().await;
    assert!(after_delivery.ok, "{after_delivery:?}");
    assert!(after_delivery.says.contains("it came with the secret and is not signed"), "{after_delivery:?}");
    let others = house.check().await.into_iter().find(|l| l.what == "other sources").unwrap();
    assert!(others.says.contains("generic"), "{others:?}");
    let mut tx = house.ctx.db.read().await.unwrap();
    assert!(deliveries::last_sent(&mut tx, "unleash").await.unwrap().is_some());
    drop(tx);
    end(house).await;
}
