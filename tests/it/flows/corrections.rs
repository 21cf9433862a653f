//! A person's word on a reading goes before the engine's: it counts at once, it stays, and `hearback train` learns from it.

use hearback::store::corrections;
use serde_json::{Value, json};

use super::house::{House, TAG};
use crate::databases::{Kind, on_both};

on_both![what_a_person_says_counts_and_stays, what_nobody_meant_counts_no_more];

/// Has a person correct a statement. Gives the status.
async fn correct(house: &House, id: &str, what: &Value) -> u16 {
    house.tell(&format!("/v1/feedback/{id}/reading"), what).await
}

/// Three people and one of them is heard wrongly. Gives the statements' ids.
async fn said(house: &House) -> Vec<String> {
    let mut ids = Vec::new();
    for (user, text) in [
        ("ana", "The checkout crashes when I tap pay"),
        ("ben", "The checkout crashes when I tap pay, every time"),
        ("cleo", "Oh wonderful, the checkout is so great that I ordered elsewhere"),
    ] {
        let answer = house.post(json!({"release": TAG, "user": user, "text": text})).await;
        ids.push(answer["accepted"][0]["id"].as_str().unwrap().to_owned());
    }
    house.work().await;
    ids
}

async fn counted(house: &House) -> Value {
    let id = house.rollout().await;
    let report: Value = serde_json::from_str(&house.get(&format!("/v1/rollouts/{id}/report")).await).unwrap();
    json!({"sentiment": report["sentiment"], "statements": report["statements"], "spam": report["spam"]})
}

async fn reading(house: &House, id: &str) -> Value {
    let rollout = house.rollout().await;
    let all: Value = serde_json::from_str(&house.get(&format!("/v1/rollouts/{rollout}/feedback")).await).unwrap();
    let one = all["feedback"].as_array().unwrap().iter().find(|f| f["id"] == id).unwrap().clone();
    one["annotation"].clone()
}

async fn what_a_person_says_counts_and_stays(kind: Kind) {
    let house = House::with_release(kind, &[]).await;
    let ids = said(&house).await;
    let before = counted(&house).await;
    assert_eq!(before["sentiment"]["positive"], 1, "irony without a mark of it is read as it is written: {before}");

    let word = json!({"sentiment": "negative", "intents": ["bug", "usability"], "who": "ana"});
    assert_eq!(correct(&house, &ids[2], &word).await, 200);
    house.work().await;
    let after = counted(&house).await;
    assert_eq!(after["sentiment"], json!({"negative": 3, "mixed": 0, "neutral": 0, "positive": 0}));
    assert_eq!((&after["statements"], &after["spam"]), (&before["statements"], &before["spam"]), "counted once");
    let read = reading(&house, &ids[2]).await;
    assert_eq!((&read["sentiment"]["label"], &read["intent"]["label"]), (&json!("negative"), &json!("bug")), "{read}");
    assert!(read["engine"].as_str().unwrap().ends_with(" person"), "{read}");

    // A second word replaces the first, and what it leaves out is the engine's again.
    assert_eq!(correct(&house, &ids[2], &json!({"sentiment": "mixed"})).await, 200);
    house.work().await;
    assert_eq!(counted(&house).await["sentiment"], json!({"negative": 2, "mixed": 1, "neutral": 0, "positive": 0}));
    let mut tx = house.ctx.db.read().await.unwrap();
    let kept = corrections::with_texts(&mut tx).await.unwrap();
    assert_eq!(kept.len(), 1);
    assert!(kept[0].0.starts_with("Oh wonderful") && kept[0].2.intents.is_none(), "{kept:?}");
    drop(tx);
    assert_eq!(correct(&house, "fb_00000000000000000000", &json!({"spam": true})).await, 404);
    house.later(2 * 60_000).await;
    house.finish().await;
}

async fn what_nobody_meant_counts_no_more(kind: Kind) {
    let house = House::with_release(kind, &[]).await;
    let ids = said(&house).await;
    assert_eq!(correct(&house, &ids[0], &json!({"spam": true})).await, 200);
    house.work().await;
    let after = counted(&house).await;
    assert_eq!(
        (&after["sentiment"]["negative"], &after["spam"], &after["statements"]),
        (&json!(1), &json!(1), &json!(3))
    );
    assert_eq!(correct(&house, &ids[0], &json!({"spam": false})).await, 200);
    house.work().await;
    let again = counted(&house).await;
    assert_eq!((&again["sentiment"]["negative"], &again["spam"]), (&json!(2), &json!(0)));
    house.later(2 * 60_000).await;
    house.finish().await;
}
