//! What people do, beside what they say: counted the same whatever the order, the repeats and who counts it.

use std::collections::BTreeMap;

use hearback::analysis::usage::{Arm, Share, Side};
use hearback::config::KeyKind;
use hearback::domain::feedback::Belongs;
use hearback::domain::usage::{Usage, UsageRecord};
use hearback::flow::usage::{self, Told, take};
use hearback::id::RolloutId;
use hearback::store::usage::baseline;
use hearback::time::{Clock as _, DAY_MS, HOUR_MS, MINUTE_MS, UnixMs};
use serde_json::{Value, json};

use super::house::{GENERIC_SECRET, House};
use crate::databases::{Kind, on_both};

on_both![
    any_order_any_repeats_and_two_who_count_at_once_come_to_the_same,
    an_exposure_that_comes_last_joins_what_was_said_and_done_before,
    a_correction_moves_counters_and_what_nobody_meant_counts_nowhere,
    forgetting_a_person_leaves_what_there_would_be_without_them,
    exposures_wait_for_a_rollout_that_is_not_known_yet,
    exposures_of_another_environment_wait_on,
    an_exposure_belongs_to_the_rollout_in_whose_time_it_was,
    a_public_key_tells_events_only_where_it_may,
    names_that_only_a_public_key_tells_are_not_kept,
    the_service_takes_events_and_says_what_became_of_each,
    people_of_whom_nothing_was_heard_for_long_are_let_go,
];

const FLAG: &str = "new-checkout";
const SETTINGS: &[(&str, &str)] = &[("sources.generic.secrets", GENERIC_SECRET), ("policy.trackers", "local")];

/// A house in which a flag was on for 5 % and is on for 25 % since two days.
async fn house(kind: Kind) -> House {
    let house = House::with(kind, SETTINGS).await;
    for percent in [5.0, 25.0] {
        house.roll_out(FLAG, percent).await;
        house.work().await;
        house.clock.advance(2 * DAY_MS);
        house.work().await;
    }
    house
}

fn flag() -> Belongs {
    Belongs { flag: Some(FLAG.into()), ..Belongs::default() }
}

fn record(user: &str, at: UnixMs, what: Usage) -> UsageRecord {
    let belongs = if matches!(what, Usage::Exposure { .. }) { flag() } else { Belongs::default() };
    UsageRecord { user: Some(user.into()), belongs, environment: None, what, occurred_at: at, message_id: None }
}

fn exposure(user: &str, at: UnixMs, variant: &str) -> UsageRecord {
    record(user, at, Usage::Exposure { variant: Some(variant.into()) })
}

fn event(user: &str, at: UnixMs, name: &str, value: Option<f64>) -> UsageRecord {
    record(user, at, Usage::Event { name: name.into(), value })
}

fn plan(user: &str, at: UnixMs, plan: &str) -> UsageRecord {
    record(user, at, Usage::Traits { attributes: BTreeMap::from([("plan".into(), plan.into())]) })
}

/// Numbers that look like chance and are the same on each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

/// What some people do in the last ten days: the six before the flag was on are among them.
fn log(now: UnixMs, people: u64) -> Vec<UsageRecord> {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut log = Vec::new();
    let at = |dice: &mut Dice| now.plus(-i64::try_from(dice.below(10 * 24 * 60)).unwrap() * MINUTE_MS);
    for n in 0..people {
        let user = format!("user {n}");
        log.push(plan(&user, at(&mut dice), ["free", "pro", "team"][usize::try_from(dice.below(3)).unwrap()]));
        for _ in 0..dice.below(4) {
            let variant = ["on", "off", "off"][usize::try_from(dice.below(3)).unwrap()];
            log.push(exposure(&user, at(&mut dice), variant));
        }
        for _ in 0..dice.below(12) {
            let value = (dice.below(2) == 0).then(|| dice.below(10_000) as f64 / 100.0);
            let name = ["error_timeout", "checkout_completed", "search"][usize::try_from(dice.below(3)).unwrap()];
            let mut event = event(&user, at(&mut dice), name, value);
            if dice.below(4) == 0 {
                event.belongs = flag();
            }
            log.push(event);
        }
    }
    log
}

fn shuffled(log: &[UsageRecord], seed: u64) -> Vec<UsageRecord> {
    let mut dice = Dice(seed);
    let mut all = log.to_vec();
    for i in (1..all.len()).rev() {
        all.swap(i, usize::try_from(dice.below(i as u64 + 1)).unwrap());
    }
    all
}

/// Some of the people speak; what they say is read.
async fn speak(house: &House, people: u64) {
    for n in 0..people {
        let text = match n % 3 {
            0 => "The checkout crashes when I tap pay, this is terrible and useless",
            1 => "I love the new checkout, it is great",
            _ => "Where do I find my invoices?",
        };
        let at = house.clock.now().plus(-i64::try_from(n * 37 % 48).unwrap() * HOUR_MS);
        let value = [1, 5, 3][usize::try_from(n % 3).unwrap()];
        let mark = json!({"value": value, "scale": 5});
        house
            .post(json!({"flag": FLAG, "user": format!("user {}", n * 2), "text": text, "rating": mark,
                          "attributes": {"plan": "pro"}, "occurred_at": at.rfc3339(), "channel": "widget"}))
            .await;
    }
    house.work().await;
}

/// The only rollout's counters, as lines; and checked against what its people's rows come to.
async fn counters(house: &House) -> Vec<String> {
    let id = house.rollout().await;
    let mut tx = house.ctx.db.read().await.unwrap();
    let (register, cells) = usage::counted(&mut tx, &id).await.unwrap().expect("something was counted");
    assert_eq!(usage::recount(&mut tx, &id, &register).await.unwrap(), cells, "counters are the sum over people");
    cells.iter().map(|(key, n)| format!("{key} {n}")).collect()
}

async fn any_order_any_repeats_and_two_who_count_at_once_come_to_the_same(kind: Kind) {
    let (ordered, other) = (house(kind).await, house(kind).await);
    let now = ordered.clock.now();
    let log = log(now, 60);
    for record in &log {
        take(&ordered.ctx, vec![record.clone()], None).await.unwrap();
    }
    speak(&ordered, 20).await;

    speak(&other, 20).await;
    let all = shuffled(&log, 7);
    let (left, right) = all.split_at(all.len() / 2);
    let again = shuffled(&log, 11)[..100].to_vec();
    let mut tasks = Vec::new();
    for part in [left.to_vec(), right.to_vec(), again] {
        let ctx = other.ctx.clone();
        tasks.push(tokio::spawn(async move {
            for batch in part.chunks(17) {
                take(&ctx, batch.to_vec(), None).await.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let (a, b) = (counters(&ordered).await, counters(&other).await);
    assert!(a.len() > 100, "{a:#?}");
    assert_eq!(a, b);
    for house in [ordered, other] {
        house.later(2 * MINUTE_MS).await;
        house.finish().await;
    }
}

async fn an_exposure_that_comes_last_joins_what_was_said_and_done_before(kind: Kind) {
    let house = house(kind).await;
    let now = house.clock.now();
    let id = house.rollout().await;
    house
        .post(json!({"flag": FLAG, "user": "ana", "text": "Terrible, it crashes all the time, I hate it",
                      "rating": {"value": 1, "scale": 5}, "channel": "widget"}))
        .await;
    house.work().await;
    let done = [
        event("ana", now.plus(-3 * HOUR_MS), "error_timeout", None),
        event("ana", now.plus(-9 * DAY_MS), "checkout_completed", None),
    ];
    take(&house.ctx, done.to_vec(), None).await.unwrap();
    let mut tx = house.ctx.db.read().await.unwrap();
    let (_, cells) = usage::counted(&mut tx, &id).await.unwrap().unwrap();
    assert_eq!((cells.exposed_by(Arm::Treated, None), cells.label(Side::Negative).len()), (0, 0));
    assert_eq!(cells.shares(|place, _, _| place.is_none()).negative, 1, "nobody knows yet what they got");
    drop(tx);

    let told = take(&house.ctx, vec![exposure("ana", now.plus(-DAY_MS), "on")], None).await.unwrap();
    assert_eq!(told, [Told::Counted(Some(id.clone()))]);
    let mut tx = house.ctx.db.read().await.unwrap();
    let (register, cells) = usage::counted(&mut tx, &id).await.unwrap().unwrap();
    let label = cells.label(Side::Negative);
    assert_eq!((label.len(), label[0].p, label[0].n, label[0].exposed), (1, Some(0.25), 1, 1));
    let error = register.event("error_timeout").expect("it is told apart");
    assert_eq!(cells.tables(error), [[1, 0, 0, 0]]);
    assert_eq!(register.event("checkout_completed"), None, "they did it only before");
    drop(tx);
    house.finish().await;
}

async fn a_correction_moves_counters_and_what_nobody_meant_counts_nowhere(kind: Kind) {
    let house = house(kind).await;
    let now = house.clock.now();
    let id = house.rollout().await;
    take(&house.ctx, vec![exposure("ana", now.plus(-DAY_MS), "on")], None).await.unwrap();
    let said = house.post(json!({"flag": FLAG, "user": "ana", "text": "I hate it, it crashes, terrible"})).await;
    let item = said["accepted"][0]["id"].as_str().unwrap().to_owned();
    house.work().await;
    let shares = |house: &House| {
        let (ctx, id) = (house.ctx.clone(), id.clone());
        async move {
            let mut tx = ctx.db.read().await.unwrap();
            let (_, cells) = usage::counted(&mut tx, &id).await.unwrap().unwrap();
            let day = ctx.now().0.div_euclid(DAY_MS);
            let days = baseline::days(&mut tx, day, day).await.unwrap();
            let of = |f: fn(&baseline::BaselineCell) -> i64| days.iter().map(f).sum::<i64>();
            let shares = cells.shares(|_, _, _| true);
            (
                (shares.negative, shares.positive),
                (cells.label(Side::Negative).len(), cells.label(Side::Positive).len()),
                (of(|c| c.neg), of(|c| c.pos), of(|c| c.n)),
            )
        }
    };
    assert_eq!(shares(&house).await, ((1, 0), (1, 0), (1, 0, 1)));
    let path = format!("/v1/feedback/{item}/reading");
    assert_eq!(house.tell(&path, &json!({"sentiment": "positive", "who": "ben"})).await, 200);
    house.work().await;
    assert_eq!(shares(&house).await, ((0, 1), (0, 1), (0, 1, 1)));
    assert_eq!(house.tell(&path, &json!({"spam": true, "who": "ben"})).await, 200);
    house.work().await;
    assert_eq!(shares(&house).await, ((0, 0), (0, 0), (0, 0, 0)));
    counters(&house).await;
    house.later(2 * MINUTE_MS).await;
    house.finish().await;
}

async fn forgetting_a_person_leaves_what_there_would_be_without_them(kind: Kind) {
    let (with, without) = (house(kind).await, house(kind).await);
    let log = log(with.clock.now(), 20);
    let gone = "user 6";
    for (house, all) in [(&with, true), (&without, false)] {
        let records = log.iter().filter(|r| all || r.user.as_deref() != Some(gone));
        take(&house.ctx, records.cloned().collect(), None).await.unwrap();
        for n in [2, 6, 8] {
            if all || n != 6 {
                house.post(json!({"flag": FLAG, "user": format!("user {n}"), "text": "I hate it, terrible"})).await;
            }
        }
        house.work().await;
    }
    let person = with.ctx.secrets.pseudonym(gone);
    assert_ne!(counters(&with).await, counters(&without).await);
    let mut tx = with.ctx.db.write().await.unwrap();
    usage::forget(&mut tx, &person).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(counters(&with).await, counters(&without).await);
    let sql =
        "SELECT day || ' ' || segment || ' ' || channel || ' ' || n || ' ' || neg || ' ' || pos FROM baseline_cells
               ORDER BY day, segment, channel";
    assert_eq!(with.ledger.column(sql).await, without.ledger.column(sql).await);
    for sql in ["SELECT person FROM people", "SELECT person FROM participants", "SELECT person FROM waiting_exposures"]
    {
        assert!(!with.ledger.column(sql).await.contains(&person), "{sql}");
    }
    for house in [with, without] {
        house.finish().await;
    }
}

async fn exposures_wait_for_a_rollout_that_is_not_known_yet(kind: Kind) {
    let house = House::with(kind, SETTINGS).await;
    let now = house.clock.now();
    let early = [exposure("ana", now, "on"), exposure("ben", now, "off"), event("ana", now, "error_timeout", None)];
    let told = take(&house.ctx, early.to_vec(), None).await.unwrap();
    assert_eq!(told, [Told::Waits, Told::Waits, Told::Counted(None)]);
    house.roll_out(FLAG, 50.0).await;
    house.work().await;
    let mut tx = house.ctx.db.read().await.unwrap();
    let id: RolloutId = house.rollout().await;
    let (register, cells) = usage::counted(&mut tx, &id).await.unwrap().unwrap();
    assert_eq!(cells.evaluated()[&Share(5_000)], (1, 1));
    assert_eq!(cells.used(register.event("error_timeout").unwrap(), Arm::Treated), (1, 1));
    drop(tx);
    assert_eq!(house.ledger.number("SELECT COUNT(*) FROM waiting_exposures").await, 0);
    house.finish().await;
}

async fn exposures_of_another_environment_wait_on(kind: Kind) {
    let house = House::with(kind, SETTINGS).await;
    let now = house.clock.now();
    let mut early = [exposure("ana", now, "on"), exposure("ben", now, "on")];
    early[0].environment = Some("somewhere-else".into());
    assert_eq!(take(&house.ctx, early.to_vec(), None).await.unwrap(), [Told::Waits, Told::Waits]);
    house.roll_out(FLAG, 50.0).await;
    house.work().await;
    let waiting = house.ledger.column("SELECT environment FROM waiting_exposures").await;
    assert_eq!(waiting, ["somewhere-else"]);
    assert_eq!(house.ledger.number("SELECT COUNT(*) FROM participants").await, 1);
    house.finish().await;
}

async fn an_exposure_belongs_to_the_rollout_in_whose_time_it_was(kind: Kind) {
    let house = House::with(kind, SETTINGS).await;
    let first = house.clock.now();
    for percent in [50.0, 0.0, 25.0] {
        house.roll_out(FLAG, percent).await;
        house.work().await;
        house.later(DAY_MS).await;
    }
    let ids = house.ledger.column("SELECT id FROM rollouts ORDER BY generation").await;
    assert_eq!(ids.len(), 2, "{ids:?}");
    let to = |told: &[Told]| match told {
        [Told::Counted(Some(id))] => id.0.clone(),
        told => format!("{told:?}"),
    };
    let at = |ms: i64| vec![exposure("ana", first.plus(ms), "on")];
    for (ms, belongs) in [
        (2 * DAY_MS + HOUR_MS, Some(&ids[1])),
        (HOUR_MS, Some(&ids[0])),
        (2 * DAY_MS - MINUTE_MS, Some(&ids[1])),
        (DAY_MS + MINUTE_MS, Some(&ids[0])),
        (DAY_MS + 6 * HOUR_MS, None),
        (-HOUR_MS, None),
    ] {
        let told = take(&house.ctx, at(ms), None).await.unwrap();
        match belongs {
            Some(id) => assert_eq!(&to(&told), id, "{ms}"),
            None => assert!(matches!(&told[..], [Told::Ignored(_)]), "{ms}: {told:?}"),
        }
    }
    // In one request, too.
    let both = [at(HOUR_MS), at(2 * DAY_MS + HOUR_MS)].concat();
    let told = take(&house.ctx, both, None).await.unwrap();
    assert_eq!([to(&told[..1]), to(&told[1..])], [ids[0].clone(), ids[1].clone()]);
    let mut tx = house.ctx.db.read().await.unwrap();
    for (id, stage) in ids.iter().zip([5_000, 2_500]) {
        let (_, cells) = usage::counted(&mut tx, &RolloutId(id.clone())).await.unwrap().unwrap();
        assert_eq!(cells.evaluated()[&Share(stage)], (1, 0), "{id}");
    }
    drop(tx);
    house.later(2 * MINUTE_MS).await;
    house.finish().await;
}

async fn a_public_key_tells_events_only_where_it_may(kind: Kind) {
    let house = house(kind).await;
    let origin = "https://shop.example";
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let tell = async |key: &str| {
        let body = json!([{"type": "exposure", "user": "ana", "flag": FLAG, "variant": "on"},
                          {"type": "usage", "user": "ana", "event": "never_told_by_a_server"}]);
        let request = client.post(format!("{}/v1/events", house.url())).bearer_auth(key).header("origin", origin);
        let answer = request.json(&body).send().await.unwrap();
        let allowed = answer.headers().get("access-control-allow-origin").cloned();
        (answer.status().as_u16(), allowed, answer.json::<Value>().await.unwrap())
    };
    let make = async |events: bool| {
        let origins = vec![origin.to_owned()];
        hearback::flow::access::make_key(&house.ctx, KeyKind::Public, origins, events).await.unwrap().1
    };
    let (status, _, problem) = tell(&make(false).await).await;
    assert!(status == 403 && problem["detail"].as_str().unwrap().contains("feedback only"), "{status} {problem}");
    let (status, allowed, answer) = tell(&make(true).await).await;
    assert_eq!((status, allowed.unwrap().to_str().unwrap()), (200, origin));
    assert_eq!((&answer["counted"], &answer["ignored"][0]["records"]), (&json!(1), &json!(1)), "{answer}");
    let person = house.ledger.column("SELECT person FROM participants").await;
    assert_ne!(person, [house.ctx.secrets.pseudonym("ana")], "nobody vouches for the name");
    house.finish().await;
}

async fn names_that_only_a_public_key_tells_are_not_kept(kind: Kind) {
    let house = house(kind).await;
    let now = house.clock.now();
    let words = || house.ledger.number("SELECT COUNT(*) FROM words");
    let all = [event("ana", now, "search", None), plan("ana", now, "pro")];
    let told = take(&house.ctx, all.to_vec(), Some("key")).await.unwrap();
    for told in told {
        assert!(matches!(&told, Told::Ignored(why) if why.contains("secret key")), "{told:?}");
    }
    assert_eq!(words().await, 0);
    take(&house.ctx, all.to_vec(), None).await.unwrap();
    let told = take(&house.ctx, all.to_vec(), Some("key")).await.unwrap();
    assert_eq!((told, words().await), (vec![Told::Counted(None), Told::Counted(None)], 2));
    house.finish().await;
}

async fn the_service_takes_events_and_says_what_became_of_each(kind: Kind) {
    let house = house(kind).await;
    let body = json!([
        {"type": "exposure", "user": "ana", "flag": FLAG, "variant": "on"},
        {"type": "exposure", "user": "ana", "flag": "never-heard-of"},
        {"type": "usage", "user": "ana", "event": "error_timeout"},
        {"type": "usage", "event": "error_timeout"},
    ]);
    let answer: Value = serde_json::from_str(&house.send("/v1/events", &body).await).unwrap();
    assert_eq!(
        (&answer["received"], &answer["counted"], &answer["waiting"], &answer["refused"]),
        (&json!(4), &json!(2), &json!(1), &json!(1)),
        "{answer}"
    );
    assert_eq!((&answer["refusals"][0]["record"], &answer["refusals"][0]["field"]), (&json!(3), &json!("user")));
    let otlp = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [{
    "eventName": "feature_flag.evaluation", "timeUnixNano": (house.clock.now().0 * 1_000_000).to_string(),
    "attributes": [
        {"key": "feature_flag.key", "value": {"stringValue": FLAG}},
        {"key": "feature_flag.context.id", "value": {"stringValue": "ben"}},
        {"key": "feature_flag.result.variant", "value": {"stringValue": "off"}},
    ]}]}]}]});
    assert_eq!(house.send("/v1/logs", &otlp).await, "{}");
    let id = house.rollout().await;
    let mut tx = house.ctx.db.read().await.unwrap();
    let (_, cells) = usage::counted(&mut tx, &id).await.unwrap().unwrap();
    assert_eq!((cells.exposed_by(Arm::Treated, None), cells.exposed_by(Arm::Control, None)), (1, 1));
    drop(tx);
    house.finish().await;
}

async fn people_of_whom_nothing_was_heard_for_long_are_let_go(kind: Kind) {
    let house = house(kind).await;
    let now = house.clock.now();
    let id = house.rollout().await;
    take(&house.ctx, vec![exposure("ana", now, "on"), event("ana", now, "search", None)], None).await.unwrap();
    let sizes = || async {
        let people = house.ledger.number("SELECT COUNT(*) FROM people").await;
        (people, house.ledger.number("SELECT COUNT(*) FROM participants").await)
    };
    house.later(30 * DAY_MS).await;
    usage::let_go(&house.ctx).await.unwrap();
    assert_eq!(sizes().await, (1, 1));
    house.later(60 * DAY_MS).await;
    usage::let_go(&house.ctx).await.unwrap();
    assert_eq!(sizes().await, (0, 0));
    let mut tx = house.ctx.db.read().await.unwrap();
    let (_, cells) = usage::counted(&mut tx, &id).await.unwrap().unwrap();
    assert_eq!(cells.exposed_by(Arm::Treated, None), 1, "what was counted stays");
    drop(tx);
    let late = take(&house.ctx, vec![exposure("ben", now, "on")], None).await.unwrap();
    assert!(matches!(&late[..], [Told::Ignored(why)] if why.contains("35 days")), "{late:?}");
    let again = take(&house.ctx, vec![exposure("ana", house.clock.now(), "on")], None).await.unwrap();
    assert!(matches!(&again[..], [Told::Ignored(why)] if why.contains("closed long ago")), "{again:?}");
    assert_eq!(house.ledger.number("SELECT COUNT(*) FROM participants").await, 0, "nobody counts again");
    house.finish().await;
}
