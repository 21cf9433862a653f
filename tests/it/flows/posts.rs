//! Check runs and reactions: what is written, and what comes of answers that are lost.

use hearback::domain::post::{CheckRun, Conclusion, Content, Note, NoteLevel, Reactable, Reaction, WantedPost};
use hearback::domain::repo::RepoName;
use hearback::flow::posts;
use hearback::time::{HOUR_MS, MINUTE_MS};

use super::house::House;
use crate::databases::{Kind, on_both};
use crate::worlds::fault::Fault;
use crate::worlds::github::Call;

on_both![
    a_check_run_takes_as_many_calls_as_its_notes_need,
    a_check_run_whose_outcome_is_unknown_is_adopted,
    other_content_is_another_run,
    a_reaction_that_can_t_be_given_fails_nothing,
    a_locked_thread_is_told_by_check,
    a_limit_holds_the_account_back,
];

const SHA: &str = "ee0a3fb31ac16e11b9dbb596ad16d4af654d08f8";

fn check(notes: u64, title: &str) -> WantedPost {
    let note = |line| Note {
        path: ".github/hearback.yml".into(),
        from_line: line,
        to_line: line,
        column: None,
        level: NoteLevel::Failure,
        message: format!("line {line} is wrong"),
    };
    WantedPost {
        key: format!("check:policy:acme/shop@{SHA}"),
        repo: RepoName::parse("acme/shop").unwrap(),
        rollout: None,
        content: Content::CheckRun(CheckRun {
            name: "hearback".into(),
            sha: SHA.into(),
            conclusion: Conclusion::Failure,
            title: title.into(),
            summary: "What is wrong.".into(),
            notes: (1..=notes).map(note).collect(),
        }),
    }
}

fn comment(number: u64, text: &str) -> WantedPost {
    let content = Content::Comment { number, text: text.into() };
    WantedPost { key: format!("answer:acme/shop#{number}"), content, ..check(0, "") }
}

async fn want(house: &House, post: &WantedPost) -> bool {
    let mut tx = house.ctx.db.write().await.unwrap();
    let new = posts::want(&house.ctx, &mut tx, post).await.unwrap();
    tx.commit().await.unwrap();
    house.work().await;
    new
}

/// Each check run that is there: its title, and how many annotations it has.
fn runs(house: &House) -> Vec<(String, usize)> {
    let told = |run: &serde_json::Value| {
        let notes = run["output"]["annotations"].as_array().map_or(0, Vec::len);
        (run["output"]["title"].as_str().unwrap_or_default().to_owned(), notes)
    };
    house.github.check_runs().iter().map(told).collect()
}

async fn a_check_run_takes_as_many_calls_as_its_notes_need(kind: Kind) {
    let house = House::new(kind).await;
    assert!(want(&house, &check(120, "120 lines are wrong")).await);
    assert_eq!(runs(&house), [("120 lines are wrong".to_owned(), 120)]);
    assert_eq!((house.github.calls(Call::CheckRun), house.github.calls(Call::EditCheckRun)), (1, 2));
    assert!(!want(&house, &check(120, "120 lines are wrong")).await, "it says so already");
    let run = house.github.check_runs().remove(0);
    assert_eq!((run["conclusion"].as_str(), run["head_sha"].as_str()), (Some("failure"), Some(SHA)));
    house.finish().await;
}

async fn a_check_run_whose_outcome_is_unknown_is_adopted(kind: Kind) {
    let house = House::with(kind, &[("outbox.settle", "5m")]).await;
    house.github.fail_next(Call::CheckRun, Fault::DropAfter);
    house.github.fail_next(Call::EditCheckRun, Fault::DropBefore);
    want(&house, &check(60, "60 lines are wrong")).await;
    assert_eq!(runs(&house), [("60 lines are wrong".to_owned(), 50)]);
    house.later(HOUR_MS).await;
    house.later(HOUR_MS).await;
    assert_eq!(runs(&house), [("60 lines are wrong".to_owned(), 60)], "the same run, and what was missing");
    house.finish().await;
}

async fn other_content_is_another_run(kind: Kind) {
    let house = House::new(kind).await;
    want(&house, &check(1, "1 line is wrong")).await;
    want(&house, &check(2, "2 lines are wrong")).await;
    assert_eq!(runs(&house).len(), 1, "not before the coalescing time is over");
    want(&house, &check(0, "all is well")).await;
    house.later(2 * MINUTE_MS).await;
    assert_eq!(runs(&house), [("1 line is wrong".to_owned(), 1), ("all is well".to_owned(), 0)]);
    house.finish().await;
}

async fn a_reaction_that_can_t_be_given_fails_nothing(kind: Kind) {
    let house = House::new(kind).await;
    let content = Content::Reaction { to: Reactable::IssueComment(77), with: Reaction::Eyes };
    want(&house, &WantedPost { key: "reaction:x:eyes".into(), content, ..check(0, "") }).await;
    assert_eq!(house.wrong().await.iter().filter(|line| line.contains("reaction")).count(), 0);
    assert_eq!(house.ledger.column("SELECT state FROM posts").await, ["done"]);
    house.finish().await;
}

async fn a_locked_thread_is_told_by_check(kind: Kind) {
    let house = House::new(kind).await;
    let number = house.github.person_posts_issue("A question", "Hm.").await;
    house.github.person_locks(number).await;
    want(&house, &comment(number, "An answer.")).await;
    let wrong = house.wrong().await;
    assert!(wrong.iter().any(|line| line.contains("answer:acme/shop#") && line.contains("unlock it")), "{wrong:#?}");
    assert_eq!(house.ledger.column("SELECT state FROM posts").await, ["failed"]);
    house.finish().await;
}

async fn a_limit_holds_the_account_back(kind: Kind) {
    let house = House::new(kind).await;
    let number = house.github.person_posts_issue("A question", "Hm.").await;
    house.github.fail_next(Call::CreateComment, Fault::Status(429));
    want(&house, &comment(number, "An answer.")).await;
    assert_eq!(house.github.comments_read(number).len(), 0);
    let held = house.ledger.column("SELECT scope FROM pauses").await;
    assert_eq!(held, ["github:acme"]);
    house.later(HOUR_MS).await;
    assert_eq!(house.github.comments_read(number).len(), 1);
    house.finish().await;
}
