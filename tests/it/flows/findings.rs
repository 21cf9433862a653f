//! What the counters say, and alarms: raised once, told on the ticket with its figures, armed anew once somebody has seen it.

use hearback::domain::feedback::Belongs;
use hearback::domain::usage::{Usage, UsageRecord};
use hearback::flow::findings;
use hearback::flow::usage::take;
use hearback::time::{Clock as _, DAY_MS, HOUR_MS, MINUTE_MS};
use serde_json::{Value, json};

use super::house::{GENERIC_SECRET, House};
use crate::databases::{Kind, on_both};

on_both![
    harm_is_raised_once_and_told_with_its_evidence,
    a_quiet_rollout_alarms_nobody,
    an_alarm_that_was_seen_is_armed_anew_and_takes_more,
    the_same_counters_give_the_same_bytes,
];

const FLAG: &str = "new-checkout";
const SETTINGS: &[(&str, &str)] = &[("sources.generic.secrets", GENERIC_SECRET), ("policy.trackers", "local")];

/// A house in which a flag is on for half of all people, a thousand of whom are known.
async fn house(kind: Kind) -> House {
    let house = House::with(kind, SETTINGS).await;
    house.roll_out(FLAG, 50.0).await;
    house.work().await;
    let opened = house.clock.now();
    house.clock.advance(3 * HOUR_MS);
    let seen = |n: usize, variant: &str| UsageRecord {
        user: Some(format!("user {n}")),
        belongs: Belongs { flag: Some(FLAG.into()), ..Belongs::default() },
        environment: None,
        what: Usage::Exposure { variant: Some(variant.into()) },
        occurred_at: opened.plus(MINUTE_MS),
        message_id: None,
    };
    let met = |n: usize| UsageRecord {
        belongs: Belongs::default(),
        what: Usage::Event { name: "error_timeout".into(), value: None },
        occurred_at: opened.plus(2 * MINUTE_MS),
        ..seen(n, "on")
    };
    let mut records: Vec<UsageRecord> = (0..500).map(|n| seen(n, "on")).collect();
    records.extend((500..1_000).map(|n| seen(n, "off")));
    records.extend((0..60).map(met));
    take(&house.ctx, records, None).await.unwrap();
    house
}

/// People `from` to `to` say that it crashes, each in other words.
async fn complain(house: &House, from: usize, to: usize) {
    for n in from..to {
        let text = format!("Checkout crashed for the {n}th time when I wanted to pay, this is terrible");
        house.post(json!({"flag": FLAG, "user": format!("user {n}"), "text": text, "channel": "widget"})).await;
    }
    house.work().await;
}

async fn said(house: &House) -> Vec<Value> {
    let id = house.rollout().await;
    let body: Value = serde_json::from_str(&house.get(&format!("/v1/rollouts/{id}/findings")).await).unwrap();
    body["findings"].as_array().unwrap().clone()
}

fn named<'a>(all: &'a [Value], name: &str) -> &'a Value {
    let names: Vec<&Value> = all.iter().map(|f| &f["name"]).collect();
    all.iter().find(|f| f["name"] == name).unwrap_or_else(|| panic!("{name} in {names:?}"))
}

async fn raised(house: &House) -> Vec<String> {
    house
        .ledger
        .column("SELECT verdict || ': ' || subject FROM decisions WHERE subject LIKE 'alarm %' ORDER BY id")
        .await
}

async fn harm_is_raised_once_and_told_with_its_evidence(kind: Kind) {
    let house = house(kind).await;
    complain(&house, 0, 40).await;
    complain(&house, 500, 504).await;
    let id = house.rollout().await;
    findings::refresh_open(&house.ctx).await.unwrap();
    assert_eq!(
        raised(&house).await.iter().filter(|d| d.ends_with("alarm rollout")).count(),
        1,
        "{:?}",
        raised(&house).await
    );

    let all = said(&house).await;
    let alarm = named(&all, "alarm/rollout");
    let line = alarm["line"].as_str().unwrap();
    assert!(line.starts_with("Exposed people send negative feedback"), "{line}");
    assert!(line.contains("as often as the control (95 % CI"), "{line}");
    assert_eq!(alarm["what"]["grade"], "critical");
    let event = named(&all, "event/error_timeout");
    assert_eq!(event["standing"]["standing"], "told", "{event}");
    assert!(event["line"].as_str().unwrap().starts_with("People who met error_timeout were"), "{event}");
    assert_eq!(event["evidence"]["counters"]["strata"], json!([[40, 20, 0, 440]]));
    let statements = event["evidence"]["feedback"].as_array().unwrap();
    assert!(
        !statements.is_empty() && statements.iter().all(|id| id.as_str().unwrap().starts_with("fb_")),
        "{statements:?}"
    );
    assert!(!event["evidence"]["engines"].as_array().unwrap().is_empty());

    let report = house.get(&format!("/v1/rollouts/{id}/report?format=md")).await;
    assert!(report.contains("**Critical:** Exposed people send negative feedback"), "{report}");
    assert!(report.contains("What they did, and whether it is real"), "{report}");
    assert!(!report.contains("caused"), "{report}");
    house.later(2 * MINUTE_MS).await;
    house.finish().await;
}

async fn a_quiet_rollout_alarms_nobody(kind: Kind) {
    let house = house(kind).await;
    // Of those who met nothing: six who all met one error would be a finding.
    complain(&house, 200, 206).await;
    complain(&house, 500, 506).await;
    findings::refresh_open(&house.ctx).await.unwrap();
    assert_eq!(raised(&house).await, [""; 0]);
    let all = said(&house).await;
    assert_eq!(named(&all, "alarm/rollout")["what"]["grade"], "none");
    assert_eq!(named(&all, "against_control")["standing"]["standing"], "chance");
    house.later(2 * MINUTE_MS).await;
    house.finish().await;
}

async fn an_alarm_that_was_seen_is_armed_anew_and_takes_more(kind: Kind) {
    let house = house(kind).await;
    complain(&house, 0, 40).await;
    let id = house.rollout().await;
    let path = format!("/v1/rollouts/{id}/acknowledge");
    house.clock.advance(MINUTE_MS);
    assert_eq!(house.tell(&path, &json!({"alarm": "better"})).await, 409, "nothing of the kind is raised");
    assert_eq!(house.tell(&path, &json!({"alarm": "rollout"})).await, 200);
    assert_eq!(house.tell(&path, &json!({"alarm": "rollout"})).await, 409, "it was seen already");
    findings::refresh_open(&house.ctx).await.unwrap();
    assert_eq!(named(&said(&house).await, "alarm/rollout")["what"]["grade"], "none");
    let whole = |d: &[String]| d.iter().filter(|d| d.ends_with("alarm rollout")).cloned().collect::<Vec<_>>();
    assert_eq!(whole(&raised(&house).await), ["critical: alarm rollout", "acknowledged: alarm rollout"]);

    house.clock.advance(DAY_MS);
    findings::refresh_open(&house.ctx).await.unwrap();
    assert_eq!(whole(&raised(&house).await).len(), 2, "what was seen is not told again");
    complain(&house, 60, 110).await;
    findings::refresh_open(&house.ctx).await.unwrap();
    let after = whole(&raised(&house).await);
    assert_eq!(after.len(), 3, "{after:?}");
    house.later(2 * MINUTE_MS).await;
    house.finish().await;
}

async fn the_same_counters_give_the_same_bytes(kind: Kind) {
    let house = house(kind).await;
    complain(&house, 0, 30).await;
    let rows = "SELECT kind || ' ' || subject || ' ' || hash || ' ' || at_ms FROM findings ORDER BY kind, subject";
    findings::refresh_open(&house.ctx).await.unwrap();
    let first = house.ledger.column(rows).await;
    assert!(first.len() > 5, "{first:?}");
    house.clock.advance(MINUTE_MS);
    findings::refresh_open(&house.ctx).await.unwrap();
    let moved = |row: &String| row.starts_with("trend");
    let still = |rows: Vec<String>| rows.into_iter().filter(|r| !moved(r)).collect::<Vec<_>>();
    assert_eq!(still(house.ledger.column(rows).await), still(first), "nothing is written where nothing changed");
    house.later(2 * MINUTE_MS).await;
    house.finish().await;
}
