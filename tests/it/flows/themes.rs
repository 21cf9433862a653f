//! Themes while statements arrive, what people decide about them, and all statements looked at together.

use hearback::flow::themes::{self, Wish, refused};
use hearback::id::{FeedbackId, ThemeId};
use hearback::store::themes as kept;
use serde_json::json;

use super::house::{FIVE, House, TAG};
use crate::databases::{Kind, on_both};

on_both![
    what_people_decide_is_done_and_undone_to_the_last_bit,
    what_cannot_be_is_said,
    vectors_of_another_make_are_replaced_and_nothing_else_is,
    a_theme_with_a_ticket_keeps_its_name_when_all_is_looked_at,
];

/// Everything that is kept about themes, as text.
async fn all(house: &House) -> Vec<String> {
    let mut all = house
        .ledger
        .column(
            "SELECT id || ' ' || COALESCE(placed_id, '-') || ' ' || COALESCE(theme_id, '-') || ' ' || counts FROM feedback ORDER BY id",
        )
        .await;
    all.extend(
        house
            .ledger
            .column(
                "SELECT id || ' ' || name || ' ' || named_at || ' ' || statements || ' ' || COALESCE(into_id, '-') || ' ' || people
                   || ' ' || negative || ' ' || confidence_sum || ' ' || first_ms || ' ' || last_ms || ' ' || vector || intents
                 FROM themes WHERE people > 0 ORDER BY id",
            )
            .await,
    );
    all
}

async fn shown(house: &House) -> Vec<(ThemeId, i64)> {
    let id = house.rollout().await;
    let shown = themes::shown(&house.ctx, &id).await.unwrap();
    shown.themes.into_iter().map(|t| (t.id, t.tally.people())).collect()
}

async fn house(kind: Kind) -> House {
    let house = House::with_issues(kind, &[]).await;
    for (user, text) in [
        ("kim", "Please add a dark mode"),
        ("lee", "a dark mode would be great"),
        ("max", "I want a dark mode please"),
        ("ned", "Search results are slow"),
    ] {
        house.post(json!({"release": TAG, "user": user, "text": text})).await;
    }
    house.work().await;
    house
}

async fn what_people_decide_is_done_and_undone_to_the_last_bit(kind: Kind) {
    let house = house(kind).await;
    let id = house.rollout().await;
    let ctx = &house.ctx;
    let before = all(&house).await;
    let themes = shown(&house).await;
    let [(crash, 5), (dark, 3), (search, 1)] = &themes[..] else { panic!("three themes: {themes:?}") };
    themes::decide(ctx, &id, Wish::Merge(search.clone(), dark.clone()), "ada").await.unwrap();
    assert_eq!(shown(&house).await, [(crash.clone(), 5), (dark.clone(), 4)]);
    let ids = house.ledger.column("SELECT id FROM feedback WHERE text LIKE '%crash%' ORDER BY id").await;
    let items = vec![FeedbackId(ids[0].clone()), FeedbackId(ids[1].clone())];
    let begun = themes::decide(ctx, &id, Wish::Split(crash.clone(), items), "ada").await.unwrap().unwrap();
    let item = FeedbackId(ids[2].clone());
    themes::decide(ctx, &id, Wish::Move(item, Some(dark.clone())), "ada").await.unwrap();
    let mut now = shown(&house).await;
    now.sort();
    let mut wanted = vec![(crash.clone(), 2), (dark.clone(), 5), (begun, 2)];
    wanted.sort();
    assert_eq!(now, wanted);
    for _ in 0..3 {
        themes::decide(ctx, &id, Wish::Undo, "ada").await.unwrap();
    }
    assert_eq!(all(&house).await, before);
    let decided = house.ledger.column("SELECT who FROM regroupings").await;
    assert_eq!(decided.len(), 6, "nothing is forgotten");
    house.later(2 * 60_000).await;
    house.read_comments();
    house.finish().await;
}

async fn what_cannot_be_is_said(kind: Kind) {
    let house = house(kind).await;
    let id = house.rollout().await;
    let before = all(&house).await;
    let nobody = ThemeId("th_nobody".into());
    let error = themes::decide(&house.ctx, &id, Wish::Merge(nobody.clone(), nobody), "ada").await.unwrap_err();
    assert!(refused(&error).is_some_and(|r| r.to_string().contains("th_nobody")), "{error}");
    let error = themes::decide(&house.ctx, &id, Wish::Undo, "ada").await.unwrap_err();
    assert!(refused(&error).is_some(), "{error}");
    assert_eq!(all(&house).await, before);
    house.later(2 * 60_000).await;
    house.read_comments();
    house.finish().await;
}

async fn vectors_of_another_make_are_replaced_and_nothing_else_is(kind: Kind) {
    let house = house(kind).await;
    let id = house.rollout().await;
    let ctx = &house.ctx;
    let mut tx = ctx.db.write().await.unwrap();
    let before = kept::every(&mut tx, &id).await.unwrap();
    for theme in &before {
        let mut old = theme.clone();
        // As it was written before there were word vectors.
        old.vector =
            serde_json::from_str(r#"{"features": {"7": 1.5}, "phrases": {"dark mode": 3}, "items": 3}"#).unwrap();
        kept::save(&mut tx, &id, &old).await.unwrap();
    }
    tx.commit().await.unwrap();
    house.post(json!({"release": TAG, "user": "oda", "text": "the invoice has the wrong address"})).await;
    house.work().await;
    let mut tx = ctx.db.read().await.unwrap();
    let mut after = kept::every(&mut tx, &id).await.unwrap();
    drop(tx);
    assert_eq!(after.len(), before.len() + 1, "the invoice is a theme of its own");
    after.retain(|t| before.iter().any(|b| b.id == t.id));
    assert!(after == before, "they are as they were");
    house.later(2 * 60_000).await;
    house.read_comments();
    house.finish().await;
}

async fn a_theme_with_a_ticket_keeps_its_name_when_all_is_looked_at(kind: Kind) {
    let house = house(kind).await;
    let told = house.theme_ticket().await.theme.unwrap();
    let name = async || house.ledger.column("SELECT name FROM themes WHERE people >= 5").await;
    let before = name().await;
    for n in 0..12 {
        let text = format!("the checkout crashes at payment number {}", ["one", "two", "three"][n % 3]);
        house.post(json!({"release": TAG, "user": format!("more-{n}"), "text": text})).await;
    }
    house.work().await;
    let gathered = house.ledger.column("SELECT CAST(statements AS TEXT) FROM gatherings").await;
    assert_eq!(gathered, ["21"], "there are many more than the last time");
    assert_eq!(name().await, before);
    assert!(
        shown(&house)
            .await
            .iter()
            .any(|(id, people)| *id == told && usize::try_from(*people).is_ok_and(|n| n >= FIVE.len()))
    );
    house.later(2 * 60_000).await;
    house.read_comments();
    house.finish().await;
}
