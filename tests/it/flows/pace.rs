//! How often hearback writes: to one ticket, and in one account.

use hearback::time::{HOUR_MS, MINUTE_MS, UnixMs};
use serde_json::json;

use super::house::{FIVE, House, TAG};
use crate::databases::{Kind, on_both};
use crate::worlds::github::{BOT, Call};

on_both![five_hundred_updates_in_a_minute_are_two_writes, an_account_never_makes_more_than_it_may];

async fn five_hundred_updates_in_a_minute_are_two_writes(kind: Kind) {
    let house = House::with_issues(kind, &[]).await;
    house.later(5 * MINUTE_MS).await;
    let number = house.theme().number;
    let before = house.github.issue_read(number);
    for n in 0..500 {
        let text = format!("The checkout crashes when I tap pay{}", if n % 2 == 0 { "" } else { ", every time" });
        house.post(json!({"release": TAG, "user": format!("u{n}"), "text": text})).await;
        house.clock.advance(MINUTE_MS / 500);
        if n % 20 == 0 {
            house.work().await;
        }
    }
    house.work().await;
    let within = house.github.issue_read(number).revisions.len() - before.revisions.len();
    assert!((1..=2).contains(&within), "{within} writes in the minute");
    house.later(2 * MINUTE_MS).await;
    let after = house.github.issue_read(number);
    assert!(after.body.contains("505 people say"), "{}", after.body);
    let (section, quotes) = (
        after.revisions.len() - before.revisions.len(),
        after.comments[0].revisions.len() - before.comments[0].revisions.len(),
    );
    assert!(section <= 2 && quotes <= 2, "{section} writes of the section, {quotes} of the quotes");
    house.finish().await;
}

/// The most of these moments in any span of this length.
fn most(moments: &[UnixMs], span_ms: i64) -> usize {
    moments
        .iter()
        .map(|from| moments.iter().filter(|at| (0..span_ms).contains(&at.since(*from))).count())
        .max()
        .unwrap_or(0)
}

async fn an_account_never_makes_more_than_it_may(kind: Kind) {
    let limits = [("github.creates_per_minute", "4"), ("github.creates_per_hour", "14")];
    let house = House::with(kind, &limits).await;
    for n in 0..10 {
        house.github.publish_release(&format!("v2.{n}.0")).await;
        house.work().await;
        for user in FIVE {
            let text =
                format!("Number {n}: {} is broken for me", ["search", "export", "login", "upload", "cart"][n % 5]);
            house.post(json!({"release": format!("v2.{n}.0"), "user": user, "text": text})).await;
        }
        house.work().await;
        house.clock.advance(7_000);
        house.work().await;
    }
    let made = |house: &House| {
        let issues = house.github.filed();
        let mut made: Vec<UnixMs> = issues.iter().map(|i| i.created_at).collect();
        made.extend(issues.iter().flat_map(|i| &i.comments).filter(|c| c.author == BOT).map(|c| c.created_at));
        made.sort_unstable();
        made
    };
    assert!(made(&house).len() <= 8, "{:?}", made(&house));
    for _ in 0..200 {
        house.clock.advance(MINUTE_MS);
        house.work().await;
    }
    let made = made(&house);
    assert!(made.len() > 14, "more than an hour's worth: {}", made.len());
    assert!(most(&made, MINUTE_MS) <= 4, "{made:?}");
    assert!(most(&made, HOUR_MS) <= 14, "{made:?}");
    assert_eq!(house.github.calls(Call::CreateIssue) + house.github.calls(Call::CreateComment), made.len());
    house.read_comments();
    house.finish().await;
}
