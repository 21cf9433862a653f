//! `kill -9` while a command in a comment is done and answered: it is done once, and answered in one comment.

use super::stage::Stage;
use crate::databases::{Kind, Ledger};
use crate::service::Service;
use crate::worlds::github::BOT;

/// The process dies at `point` after it passed there `passes` times.
async fn dies(kind: Kind, point: &str, passes: u32) {
    let fatal = if passes == 0 { format!("{point}=return") } else { format!("{point}={passes}*off->1*return") };
    let stage = Stage::new(kind).await;
    stage.github.tell_own_writes(true);
    let mut first = Service::start(&stage.settings.clone().failpoints(&fatal)).await;
    stage.deliver_to(&first);
    stage.github.publish_release("v1.4.0").await;
    stage.quiet().await;
    let number = stage.github.person_posts_issue("How does it do?", "I would like to know.").await;
    stage.github.comments_as("wendy", number, "Let us see.\n\n/hearback extend 3d v1.4.0").await;
    first.wait_dead().await;
    stage.github.settle().await;

    let second = Service::start(&stage.settings).await;
    stage.deliver_to(&second);
    stage.quiet().await;
    holds(&stage, number).await;
    for delivery in stage.github.deliveries() {
        assert_eq!(stage.github.replay(&delivery).await.status, 200);
    }
    stage.quiet().await;
    holds(&stage, number).await;
    stage.github.finish();
}

/// What has to be true at the end.
async fn holds(stage: &Stage, number: u64) {
    let comments = stage.github.comments_read(number);
    let ours: Vec<&str> = comments.iter().filter(|c| c.author == BOT).map(|c| c.body.as_str()).collect();
    assert!(ours.len() == 1 && ours[0].contains("v1.4.0: open until"), "one answer: {ours:#?}");
    let mut signs: Vec<&str> = comments[0].reactions.iter().map(|(_, sign)| sign.as_str()).collect();
    signs.sort_unstable();
    assert_eq!(signs, ["+1", "eyes"]);
    let ledger = Ledger::open(&stage.database).await;
    let extended = "SELECT COUNT(*) FROM transitions WHERE actor = 'github:wendy'";
    assert_eq!(ledger.number(extended).await, 1, "the window is extended once");
    assert_eq!(ledger.number("SELECT COUNT(*) FROM commands WHERE outcome = 'done'").await, 1);
    assert_eq!(ledger.unfinished().await, Vec::<String>::new());
    ledger.db().close().await;
}

/// A test on each database for each case, and the table of points that they cover.
macro_rules! cases {
    ($($name:ident: $point:literal, $passes:literal;)*) => {
        /// The points that a case dies at.
        pub const COVERED: &[&str] = &[$($point),*];

        mod sqlite {
            use super::*;
            $(#[tokio::test]
            async fn $name() {
                dies(Kind::Sqlite, $point, $passes).await;
            })*
        }

        mod postgres {
            use super::*;
            $(#[tokio::test]
            async fn $name() {
                dies(Kind::Postgres, $point, $passes).await;
            })*
        }
    };
}

cases! {
    command_claimed: "hb.commands.claimed", 0;
    command_recorded_and_not_committed: "hb.commands.recorded", 0;
    command_recorded: "hb.commands.committed", 0;
    reaction_claimed: "hb.posts.claimed", 0;
    second_post_claimed: "hb.posts.claimed", 1;
    third_post_claimed: "hb.posts.claimed", 2;
    answer_looked: "hb.posts.looked", 0;
    answer_intended: "hb.posts.intent", 0;
    answer_sent: "hb.posts.sent", 0;
    reaction_recorded_and_not_committed: "hb.posts.recorded", 0;
    second_post_recorded_and_not_committed: "hb.posts.recorded", 1;
    third_post_recorded_and_not_committed: "hb.posts.recorded", 2;
}
